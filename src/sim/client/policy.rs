//! The one retry policy that every client is an instance of.

use serde::{Deserialize, Serialize};

use crate::sim::message::Method;
use crate::sim::random::Stream;
use crate::sim::time::SimDuration;

/// When a client tries a request again, and after which wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The most attempts at one request, the first included; 1 by default, up to 1,000.
    pub attempts: u32,
    /// The wait before each retry; none by default.
    pub delay: Delay,
    /// Which statuses are tried again; 502, 503 and 504 by default.
    pub statuses: Vec<u16>,
    /// Whether an attempt that got no answer (refused, reset, closed, timed out) is tried again; yes by default.
    pub connection_errors: bool,
    /// Which methods are tried again; all idempotent ones by default (RFC 9110 §9.2.2).
    pub methods: Vec<Method>,
    /// What a `Retry-After` in the answer changes.
    pub retry_after: ObeyRetryAfter,
    /// How long one attempt may take, 1 ms to 24 h; without limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<SimDuration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 1,
            delay: Delay::None,
            statuses: vec![502, 503, 504],
            connection_errors: true,
            methods: Method::ALL.into_iter().filter(|m| m.is_idempotent()).collect(),
            retry_after: ObeyRetryAfter::default(),
            attempt_timeout: None,
        }
    }
}

/// The wait between two attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Delay {
    /// No wait.
    #[default]
    None,
    /// Always this long.
    Fixed(SimDuration),
    /// Before retry n (counted from 1): the base times factorⁿ⁻¹, at most the cap, then jittered.
    Exponential {
        /// The first wait, up to 24 h.
        base: SimDuration,
        /// What the wait grows by each time; 1 to 100.
        #[serde(default = "two")]
        factor: f64,
        /// The longest wait; without limit by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<SimDuration>,
        /// How chance spreads it.
        #[serde(default)]
        jitter: Jitter,
    },
}

fn two() -> f64 {
    2.0
}

/// How chance spreads the waits of many clients.
///
/// Names after Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Uniformly between nothing and the wait.
    Full,
}

/// Which forms of `Retry-After` (RFC 9110 §10.2.3) a client obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObeyRetryAfter {
    /// A number of seconds replaces the wait; yes by default.
    pub seconds: bool,
    /// An HTTP-date replaces the wait; yes by default.
    pub date: bool,
    /// The longest wait that is obeyed; a longer one is cut to this. Without limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<SimDuration>,
}

impl Default for ObeyRetryAfter {
    fn default() -> Self {
        Self { seconds: true, date: true, cap: None }
    }
}

impl Policy {
    /// The wait before retry `n`, counted from 1, where no `Retry-After` says otherwise.
    pub fn wait(&self, n: u32, chance: &mut Stream) -> SimDuration {
        match self.delay {
            Delay::None => SimDuration::ZERO,
            Delay::Fixed(wait) => wait,
            Delay::Exponential { base, factor, cap, jitter } => {
                let grown = base.scaled(libm::pow(factor, f64::from(n.saturating_sub(1))));
                let wait = cap.map_or(grown, |cap| grown.min(cap));
                match jitter {
                    Jitter::None => wait,
                    Jitter::Full => chance.between(SimDuration::ZERO, wait),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_waits_double_up_to_the_cap() {
        let policy = Policy {
            delay: Delay::Exponential {
                base: SimDuration::from_secs(1),
                factor: 2.0,
                cap: Some(SimDuration::from_secs(10)),
                jitter: Jitter::None,
            },
            ..Policy::default()
        };
        let mut chance = Stream::new(1, "client", "jitter");
        let waits: Vec<u64> = (1..=6).map(|n| policy.wait(n, &mut chance).as_millis()).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        // The exponent grows past every number; the wait stays at the cap.
        assert_eq!(policy.wait(u32::MAX, &mut chance), SimDuration::from_secs(10));
    }

    #[test]
    fn full_jitter_spreads_evenly_between_nothing_and_the_wait() {
        let base = SimDuration::from_secs(1);
        let policy = Policy {
            delay: Delay::Exponential { base, factor: 2.0, cap: None, jitter: Jitter::Full },
            ..Policy::default()
        };
        let mut chance = Stream::new(1, "client", "jitter");
        let n = 10_000;
        let waits: Vec<f64> = (0..n).map(|_| policy.wait(2, &mut chance).as_secs_f64()).collect();
        assert!(waits.iter().all(|w| (0.0..2.0).contains(w)));
        let mean = waits.iter().sum::<f64>() / f64::from(n);
        // The standard error of the mean of U(0, 2) over n draws is 2 / sqrt(12 n).
        assert!((mean - 1.0).abs() < 4.0 * 2.0 / (12.0 * f64::from(n)).sqrt(), "mean {mean}");
    }
}
