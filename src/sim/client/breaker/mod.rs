//! A circuit breaker in a client: after too many failures it refuses attempts for a while, then lets a few probe.
//!
//! It stands before every attempt. Where it refuses the first one, the call fails without touching the network;
//! where it refuses a retry, the call ends with what the attempt before it brought. Left out: breakers shared
//! among clients, manual states, Hystrix's pause of 0.5 s between two looks at its counters.

mod state;
mod window;

use serde::{Deserialize, Serialize};

pub(super) use state::{Circuit, Shift};

use super::backoff::Delay;
use super::statuses;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

const MILLISECOND: SimDuration = SimDuration::from_millis(1);
const HOUR: SimDuration = SimDuration::from_secs(3_600);

/// Settings of a circuit breaker; Resilience4j's by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// What opens it.
    pub trip: Trip,
    /// How long it stays open; the n-th time in a row as before the n-th retry. 60 s by default.
    pub open: Delay,
    /// How many attempts are let through at a time when it is half-open; 10 by default, 1 to 10,000. With a window
    /// all of them decide, by its ratio; otherwise one failure opens it again.
    pub permitted: u32,
    /// It becomes half-open by a timer rather than by the first attempt after the time; no by default.
    pub half_open_by_timer: bool,
    /// The time that it has been open is told by a clock of whole milliseconds, JavaScript's `Date.now()`; no by
    /// default. An attempt a moment before the time may then be let through.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_milliseconds: bool,
    /// Which statuses count as failures, as numbers or `"5xx"`; 500 to 599 by default. No answer always counts.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(with = "statuses")]
    pub failures: Vec<u16>,
}

/// What opens a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trip {
    /// So many failures one after the other; 1 to 10,000.
    Consecutive(u32),
    /// A share of failures among the last attempts.
    Window(Window),
}

/// A share of failures among the last attempts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Window {
    /// Which attempts are the last; 100 by default.
    pub over: Over,
    /// The share of failures that opens; 0.5 by default, 0 to 1.
    pub ratio: f64,
    /// The share must be exceeded, not only reached; no by default.
    pub exceeds: bool,
    /// How many attempts there must be before the share is looked at; 100 by default, 0 to 1,000,000. Never more
    /// than a window of attempts holds.
    pub minimum: u32,
    /// The share is looked at after failures only, not after every attempt; no by default.
    pub looks_at_failures: bool,
    /// What the breaker refused counts as an attempt that did not fail; no by default.
    pub counts_refused: bool,
    /// Closing does not forget what was counted; no by default.
    pub keeps: bool,
    /// Slow attempts, which open it too; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<Slow>,
}

/// Which attempts a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Over {
    /// The last ones, so many; 1 to 10,000.
    Attempts(u32),
    /// Those of the last so long, kept in slices that are forgotten one by one.
    Time {
        /// How long; 10 ms to 1 h.
        length: SimDuration,
        /// How many slices; 10 by default, 1 to 1,000.
        #[serde(default = "ten")]
        slices: u32,
    },
}

fn ten() -> u32 {
    10
}

/// When attempts are slow, and how many of them open a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Slow {
    /// An attempt that takes longer is slow; 60 s by default, up to 1 h.
    pub after: SimDuration,
    /// The share of slow attempts that opens, if reached; 1 by default, 0 to 1.
    pub ratio: f64,
}

impl Default for Slow {
    fn default() -> Self {
        Self { after: SimDuration::from_secs(60), ratio: 1.0 }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self {
            over: Over::Attempts(100),
            ratio: 0.5,
            exceeds: false,
            minimum: 100,
            looks_at_failures: false,
            counts_refused: false,
            keeps: false,
            slow: None,
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::resilience4j()
    }
}

impl Breaker {
    /// Resilience4j's defaults: half of the last 100 calls, open for 60 s, then ten.
    ///
    /// Source: `CircuitBreakerConfig`; slow calls (60 s, all of them) as there.
    pub fn resilience4j() -> Self {
        Self {
            trip: Trip::Window(Window { slow: Some(Slow::default()), ..Window::default() }),
            open: Delay::Fixed(SimDuration::from_secs(60)),
            permitted: 10,
            half_open_by_timer: false,
            whole_milliseconds: false,
            failures: (500..600).collect(),
        }
    }

    /// Hystrix's defaults: half of at least 20 requests within 10 s, open for 5 s, then one.
    ///
    /// Source: `HystrixCommandProperties` (`requestVolumeThreshold` 20, `errorThresholdPercentage` 50,
    /// `sleepWindowInMilliseconds` 5000, ten buckets in 10 s).
    pub fn hystrix() -> Self {
        let window = Window {
            over: Over::Time { length: SimDuration::from_secs(10), slices: 10 },
            minimum: 20,
            ..Window::default()
        };
        Self {
            trip: Trip::Window(window),
            open: Delay::Fixed(SimDuration::from_secs(5)),
            permitted: 1,
            ..Self::resilience4j()
        }
    }

    /// opossum's defaults: more than half of the calls within 10 s, so that the first failure opens; then 30 s, then one.
    ///
    /// Source: opossum 10.0.0, `lib/circuit.js`; recording: opens with the first failure.
    pub fn opossum() -> Self {
        let window = Window {
            over: Over::Time { length: SimDuration::from_secs(10), slices: 10 },
            exceeds: true,
            minimum: 0,
            looks_at_failures: true,
            counts_refused: true,
            keeps: true,
            ..Window::default()
        };
        Self {
            trip: Trip::Window(window),
            open: Delay::Fixed(SimDuration::from_secs(30)),
            permitted: 1,
            half_open_by_timer: true,
            ..Self::resilience4j()
        }
    }

    /// cockatiel's `ConsecutiveBreaker`: so many failures in a row, open for so long, then one.
    ///
    /// Source: cockatiel 4.0.0, `CircuitBreakerPolicy.js`; recording: five failures, `halfOpenAfter` 10 s.
    pub fn cockatiel_consecutive(failures: u32, half_open_after: Delay) -> Self {
        Self {
            trip: Trip::Consecutive(failures),
            open: half_open_after,
            permitted: 1,
            whole_milliseconds: true,
            ..Self::resilience4j()
        }
    }

    /// cockatiel's `SamplingBreaker`: more than a share of the calls of some time, at least so many a second.
    ///
    /// Source: cockatiel 4.0.0, `minimumRps` by default 5 over the threshold; recording: at 10 calls a second the
    /// default never opens.
    pub fn cockatiel_sampling(
        threshold: f64,
        length: SimDuration,
        minimum_rps: Option<f64>,
        half_open_after: Delay,
    ) -> Self {
        let minimum = minimum_rps.unwrap_or(5.0 / threshold) * length.as_secs_f64();
        let slices = (length.as_nanos() / 1_000_000_000).max(5) as u32;
        let window = Window {
            over: Over::Time { length, slices },
            ratio: threshold,
            exceeds: true,
            minimum: libm::ceil(minimum) as u32,
            looks_at_failures: true,
            ..Window::default()
        };
        Self { trip: Trip::Window(window), ..Self::cockatiel_consecutive(1, half_open_after) }
    }

    /// Checks the ranges; `at` is the field's JSON pointer.
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        match self.trip {
            Trip::Consecutive(failures) => {
                within(&format!("{at}/trip/consecutive"), failures, 1, 10_000)?;
            }
            Trip::Window(window) => window.check(&format!("{at}/trip/window"))?,
        }
        self.open.check(&format!("{at}/open"))?;
        within(&format!("{at}/permitted"), self.permitted, 1, 10_000)?;
        statuses::check(&format!("{at}/failures"), &self.failures)
    }
}

impl Window {
    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        match self.over {
            Over::Attempts(attempts) => within(&format!("{at}/over/attempts"), attempts, 1, 10_000)?,
            Over::Time { length, slices } => {
                within(&format!("{at}/over/time/length"), length, MILLISECOND.times(10), HOUR)?;
                within(&format!("{at}/over/time/slices"), slices, 1, 1_000)?;
            }
        }
        within(&format!("{at}/ratio"), self.ratio, 0.0, 1.0)?;
        within(&format!("{at}/minimum"), self.minimum, 0, 1_000_000)?;
        let Some(slow) = self.slow else { return Ok(()) };
        within(&format!("{at}/slow/after"), slow.after, SimDuration::ZERO, HOUR)?;
        within(&format!("{at}/slow/ratio"), slow.ratio, 0.0, 1.0)
    }
}
