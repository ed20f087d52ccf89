//! When a gateway stops asking for a while.

use serde::{Deserialize, Serialize};

use super::group;
use crate::sim::time::SimDuration;

group! {
    /// A circuit breaker in front of all upstreams.
    Breaker,
    /// A circuit breaker in front of all upstreams.
    BreakerRule,
    {
        /// What opens it; never by default.
        trip: Trip,
        /// Over what is counted.
        window: Window,
        /// How many requests the window must hold before anything opens it; 0 to 1,000,000.
        least_requests: u32,
        /// How often it is looked whether it must open, when an answer has come; 0 for each time, at most 24 h.
        check_period: SimDuration,
        /// How long it stays open; 1 ms to 24 h.
        open_for: SimDuration,
        /// How it closes again.
        recovery: Recovery,
        /// The status for a request that it keeps away; 400 to 599.
        status: u16,
    }
}

/// What opens a breaker. Shares are from 0 to 1; a share opens it when it is *above* the one given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trip {
    /// Nothing.
    Never,
    /// The share of answers whose status lies in a range (Traefik `ResponseCodeRatio(from, to, 0, 600)`).
    StatusRatio {
        /// The first status of the range; 100 to 999.
        from: u16,
        /// The first status beyond it; 100 to 999.
        to: u16,
        /// The share.
        above: f64,
    },
    /// The share of 502 and 504, which stand for a failed network (Traefik `NetworkErrorRatio()`).
    NetworkErrorRatio {
        /// The share.
        above: f64,
    },
    /// How long answers take at a quantile (Traefik `LatencyAtQuantileMS(q)`).
    Latency {
        /// The quantile; 0 to 1.
        quantile: f64,
        /// The time; whole milliseconds are compared.
        above: SimDuration,
    },
    /// 5xx answers in a row.
    Consecutive {
        /// How many; 1 to 1,000,000.
        failures: u32,
    },
}

/// Over what a breaker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// The time before, in ten equal parts that go out one by one; 10 ms to 24 h.
    Time(SimDuration),
    /// The requests before; 1 to 1,000.
    Requests(u32),
}

/// How a breaker closes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recovery {
    /// Requests come back bit by bit: after a part `x` of this time, a share of `x / 2` may pass; 1 ms to 24 h.
    /// Traefik `recoveryDuration` (vulcand/oxy, `cbreaker/ratio.go`).
    Gradual(SimDuration),
    /// Half-open: this many requests may be under way as a trial; as many successes close it, one failure opens it
    /// again; 1 to 1,000. Nygard, "Release It!", 2007.
    HalfOpen(u32),
}
