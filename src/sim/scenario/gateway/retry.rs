//! When and where a gateway tries again.

use serde::{Deserialize, Serialize};

use super::group;
use crate::sim::time::SimDuration;

group! {
    /// How a gateway tries again. How often and for how long is said by
    /// [`GatewaySettings::next_upstream_tries`](super::GatewaySettings::next_upstream_tries) and
    /// [`GatewaySettings::next_upstream_timeout`](super::GatewaySettings::next_upstream_timeout), after what by
    /// [`GatewaySettings::next_upstream`](super::GatewaySettings::next_upstream).
    Retry,
    /// How a gateway tries again.
    RetryRule,
    {
        /// Which upstream the next try goes to.
        again: Again,
        /// How long it waits before.
        wait: RetryWait,
        /// How many tries after the first may be under way at the gateway at a time (Envoy `max_retries`); 0 for
        /// any number, at most 1,000,000.
        concurrent: u32,
        /// How long one try may take until the head of its answer (Envoy `per_try_timeout`); 0 for ever, at most 24 h.
        per_try_timeout: SimDuration,
    }
}

/// Which upstream the next try of a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// One that this request has not tried yet (nginx); with none left, the request ends.
    Untried,
    /// The same, always (HAProxy without `option redispatch`).
    Same,
    /// The same, but the last try goes to another (HAProxy `option redispatch`).
    SameThenOther,
    /// Whichever the balance gives, perhaps the same (Envoy, Caddy, Traefik, Varnish).
    Any,
    /// Whichever the balance gives, but another than the one before as long as there is one (HAProxy `option
    /// redispatch` with `balance roundrobin`).
    Other,
}

/// How long a gateway waits before it tries again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryWait {
    /// Not at all.
    None,
    /// Always this long; 0 to 1 h. Caddy `lb_try_interval`, 250 ms.
    Fixed(SimDuration),
    /// This long where the next try goes to the same upstream, else not at all. HAProxy, 1 s or `timeout connect` if shorter.
    SameUpstream(SimDuration),
    /// Longer each time.
    Exponential {
        /// The first wait; 0 to 1 h.
        initial: SimDuration,
        /// By how much it grows; 1 to 100.
        factor: f64,
        /// The longest; 0 to 1 h.
        cap: SimDuration,
        /// How far a wait may lie from that, as a share of it; 0 to 1. Envoy: 1, downwards only is [`RetryWait::FullJitter`].
        jitter: f64,
    },
    /// A random wait from nothing up to a bound: `base × (2ⁿ − 1)`, at most `cap` (Envoy: 25 ms and 250 ms).
    FullJitter {
        /// The first bound; 0 to 1 h.
        base: SimDuration,
        /// The largest bound; 0 to 1 h.
        cap: SimDuration,
    },
}
