//! The wait before each retry: its formula, its cap, and how chance spreads it.
//!
//! Waits are measured from the end of one attempt to the start of the next, as client libraries do.

use serde::{Deserialize, Serialize};

use crate::sim::random::Stream;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

const DAY: SimDuration = SimDuration::from_secs(86_400);
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The wait between two attempts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Delay {
    /// No wait.
    #[default]
    None,
    /// Always this long, up to 24 h.
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
        /// The cap is applied to the jittered wait instead of the wait that is jittered; no by default.
        #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cap_last: bool,
    },
    /// Before retry n: the base and n - 1 times the step, at most the cap, then jittered.
    Linear {
        /// The first wait, up to 24 h.
        base: SimDuration,
        /// What the wait grows by each time, up to 24 h.
        step: SimDuration,
        /// The longest wait; without limit by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<SimDuration>,
        /// How chance spreads it.
        #[serde(default)]
        jitter: Jitter,
    },
    /// These waits, one after the other; the last one repeats. 1 to 100 of them.
    List(Vec<SimDuration>),
}

fn two() -> f64 {
    2.0
}

/// How chance spreads the waits of many clients.
///
/// The first five are named after Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Uniformly between nothing and the wait.
    Full,
    /// Half of the wait, and uniformly up to as much again.
    Equal,
    /// Uniformly between the base and three times the wait before; the factor has no part in it.
    Decorrelated,
    /// Uniformly this share below to this share above the wait; 0 to 1.
    PlusMinus(f64),
    /// The wait and uniformly up to this share of it on top; 0 to 10.
    Proportional(f64),
    /// The wait and uniformly up to this much on top, up to 24 h.
    Additive(SimDuration),
    /// Uniformly between this and the wait, up to 24 h.
    Bounded(SimDuration),
    /// With t = n - 1 + U(0, 1) and x(t) = factorᵗ tanh(√(4t)): the base times x's growth since the wait before, over 1.4.
    ///
    /// Polly's "decorrelated jitter V2", which cockatiel's `ExponentialBackoff` uses too.
    Smoothed,
    /// As `Proportional`, 0 to 10, but with the whole seconds and the rest of the wait spread each by itself, by the
    /// same draw, and what comes of the whole seconds cut to whole seconds.
    ///
    /// Source: tower 0.5 `retry/backoff.rs`, `ExponentialBackoff::jitter`. Recording: the waits of 3.2 s and up lie
    /// in heaps a second apart, those of 1.6 s within 0.6 s.
    ProportionalParts(f64),
}

/// What a sequence of waits remembers from one to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// The wait before, for [`Jitter::Decorrelated`].
    last: Option<SimDuration>,
    /// The point of the curve before, for [`Jitter::Smoothed`].
    reached: f64,
}

impl Delay {
    /// The wait before retry `n`, counted from 1. `base` stands in for the delay's own base or fixed wait, if given.
    pub fn wait(
        &self,
        n: u32,
        base: Option<SimDuration>,
        memory: &mut Memory,
        chance: &mut Stream,
    ) -> SimDuration {
        self.spread(self.plain(n, base), n, base, memory, chance)
    }

    /// The wait before retry `n` as the formula says it, before chance spreads it.
    pub fn plain(&self, n: u32, base: Option<SimDuration>) -> SimDuration {
        let earlier = n.saturating_sub(1);
        match self {
            Self::None => SimDuration::ZERO,
            Self::Fixed(wait) => base.unwrap_or(*wait),
            Self::Exponential { base: own, factor, cap, cap_last, .. } => {
                let grown = base.unwrap_or(*own).scaled(libm::pow(*factor, f64::from(earlier)));
                cap.filter(|_| !cap_last).map_or(grown, |cap| grown.min(cap))
            }
            Self::Linear { base: own, step, cap, .. } => {
                let grown = base.unwrap_or(*own) + step.times(u64::from(earlier));
                cap.map_or(grown, |cap| grown.min(cap))
            }
            Self::List(waits) => {
                waits.get(earlier as usize).or(waits.last()).copied().unwrap_or(SimDuration::ZERO)
            }
        }
    }

    /// Spreads a wait by chance, as this delay does.
    pub fn spread(
        &self,
        wait: SimDuration,
        n: u32,
        base: Option<SimDuration>,
        memory: &mut Memory,
        chance: &mut Stream,
    ) -> SimDuration {
        let (own, factor, cap, jitter, cap_last) = match self {
            Self::None | Self::Fixed(_) | Self::List(_) => return wait,
            Self::Exponential { base, factor, cap, jitter, cap_last } => {
                (*base, *factor, *cap, *jitter, *cap_last)
            }
            Self::Linear { base, cap, jitter, .. } => (*base, 1.0, *cap, *jitter, false),
        };
        let base = base.unwrap_or(own);
        let spread = match jitter {
            Jitter::None => wait,
            Jitter::Full => chance.between(SimDuration::ZERO, wait),
            Jitter::Equal => {
                let half = SimDuration::from_nanos(wait.as_nanos() / 2);
                half + chance.between(SimDuration::ZERO, half)
            }
            Jitter::Decorrelated => chance.between(base, memory.last.unwrap_or(base).times(3)),
            Jitter::PlusMinus(share) => chance.between(wait.scaled(1.0 - share), wait.scaled(1.0 + share)),
            Jitter::Proportional(share) => chance.between(wait, wait.scaled(1.0 + share)),
            Jitter::ProportionalParts(share) => {
                let share = chance.unit() * share;
                let (seconds, rest) = (wait.as_nanos() / SECOND, wait.as_nanos() % SECOND);
                let more = libm::floor(seconds as f64 * share) as u64;
                wait + SimDuration::from_secs(more) + SimDuration::from_nanos((rest as f64 * share) as u64)
            }
            Jitter::Additive(most) => wait + chance.between(SimDuration::ZERO, most),
            Jitter::Bounded(least) => chance.between(least.min(wait), least.max(wait)),
            Jitter::Smoothed => {
                let t = f64::from(n.saturating_sub(1)) + chance.unit();
                let reached = libm::pow(factor, t) * libm::tanh(libm::sqrt(4.0 * t));
                let growth = reached - memory.reached;
                memory.reached = reached;
                base.scaled(growth / 1.4)
            }
        };
        let late = cap_last || matches!(jitter, Jitter::Decorrelated | Jitter::Smoothed);
        let spread = cap.filter(|_| late).map_or(spread, |cap| spread.min(cap));
        memory.last = Some(spread);
        spread
    }

    /// True if chance has a part in it.
    pub fn is_random(&self) -> bool {
        match self {
            Self::None | Self::Fixed(_) | Self::List(_) => false,
            Self::Exponential { jitter, .. } | Self::Linear { jitter, .. } => *jitter != Jitter::None,
        }
    }

    /// Checks the ranges; `at` is the field's JSON pointer.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        let span = |at: &str, span: SimDuration| within(at, span, SimDuration::ZERO, DAY);
        let cap_of =
            |at: &str, cap: Option<SimDuration>| cap.map_or(Ok(()), |c| span(&format!("{at}/cap"), c));
        match self {
            Self::None => Ok(()),
            Self::Fixed(wait) => span(&format!("{at}/fixed"), *wait),
            Self::Exponential { base, factor, cap, jitter, .. } => {
                let at = format!("{at}/exponential");
                span(&format!("{at}/base"), *base)?;
                within(&format!("{at}/factor"), *factor, 1.0, 100.0)?;
                cap_of(&at, *cap)?;
                jitter.check(&format!("{at}/jitter"))
            }
            Self::Linear { base, step, cap, jitter } => {
                let at = format!("{at}/linear");
                span(&format!("{at}/base"), *base)?;
                span(&format!("{at}/step"), *step)?;
                cap_of(&at, *cap)?;
                jitter.check(&format!("{at}/jitter"))
            }
            Self::List(waits) => {
                if waits.is_empty() || waits.len() > 100 {
                    return Err(ScenarioError::Field {
                        pointer: format!("{at}/list"),
                        value: format!("a list of {}", waits.len()),
                        expected: "1 to 100 entries".to_owned(),
                    });
                }
                waits.iter().enumerate().try_for_each(|(i, wait)| span(&format!("{at}/list/{i}"), *wait))
            }
        }
    }
}

impl Jitter {
    fn check(self, at: &str) -> Result<(), ScenarioError> {
        match self {
            Self::PlusMinus(share) => within(&format!("{at}/plus_minus"), share, 0.0, 1.0),
            Self::Proportional(share) => within(&format!("{at}/proportional"), share, 0.0, 10.0),
            Self::ProportionalParts(share) => within(&format!("{at}/proportional_parts"), share, 0.0, 10.0),
            Self::Additive(most) => within(&format!("{at}/additive"), most, SimDuration::ZERO, DAY),
            Self::Bounded(least) => within(&format!("{at}/bounded"), least, SimDuration::ZERO, DAY),
            Self::None | Self::Full | Self::Equal | Self::Decorrelated | Self::Smoothed => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> SimDuration {
        SimDuration::from_millis(millis)
    }

    fn waits(delay: &Delay, retries: u32, seed: u64) -> Vec<SimDuration> {
        let mut chance = Stream::new(seed, "client", "jitter");
        let mut memory = Memory::default();
        (1..=retries).map(|n| delay.wait(n, None, &mut memory, &mut chance)).collect()
    }

    fn millis(delay: &Delay, retries: u32) -> Vec<u64> {
        waits(delay, retries, 1).iter().map(|w| w.as_millis()).collect()
    }

    fn exponential(base: u64, cap: Option<u64>, jitter: Jitter) -> Delay {
        Delay::Exponential { base: ms(base), factor: 2.0, cap: cap.map(ms), jitter, cap_last: false }
    }

    #[test]
    fn exponential_waits_double_up_to_the_cap() {
        let delay = exponential(1_000, Some(10_000), Jitter::None);
        assert_eq!(millis(&delay, 6), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        // The exponent grows past every number; the wait stays at the cap.
        assert_eq!(delay.plain(u32::MAX, None), ms(10_000));
    }

    #[test]
    fn linear_waits_grow_by_the_step_as_wget_s_do() {
        let delay =
            Delay::Linear { base: ms(1_000), step: ms(1_000), cap: Some(ms(3_000)), jitter: Jitter::None };
        assert_eq!(millis(&delay, 5), [1_000, 2_000, 3_000, 3_000, 3_000]);
    }

    #[test]
    fn the_last_wait_of_a_list_repeats() {
        let delay = Delay::List([1, 5, 30].into_iter().map(SimDuration::from_secs).collect());
        assert_eq!(millis(&delay, 5), [1_000, 5_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn full_jitter_spreads_evenly_between_nothing_and_the_wait() {
        let delay = exponential(1_000, None, Jitter::Full);
        let n = 10_000;
        let waits: Vec<f64> = (0..n).map(|seed| waits(&delay, 2, seed)[1].as_secs_f64()).collect();
        assert!(waits.iter().all(|w| (0.0..2.0).contains(w)));
        let mean = waits.iter().sum::<f64>() / n as f64;
        // The standard error of the mean of U(0, 2) over n draws is 2 / sqrt(12 n).
        assert!((mean - 1.0).abs() < 4.0 * 2.0 / (12.0 * n as f64).sqrt(), "mean {mean}");
    }

    #[test]
    fn a_cap_before_the_jitter_lowers_the_mean_and_one_after_it_does_not() {
        let capped = |cap_last| {
            let delay = Delay::Exponential {
                base: ms(8_000),
                factor: 2.0,
                cap: Some(ms(10_000)),
                jitter: Jitter::Full,
                cap_last,
            };
            (0..2_000).map(|seed| waits(&delay, 3, seed)[2].as_secs_f64()).sum::<f64>() / 2_000.0
        };
        // r min(10, 32) has the mean 5; min(10, 32 r) has 10 (1 - 10/64) = 8.4375.
        assert!((capped(false) - 5.0).abs() < 0.3, "{}", capped(false));
        assert!((capped(true) - 8.4375).abs() < 0.3, "{}", capped(true));
    }

    #[test]
    fn smoothed_waits_have_the_means_that_were_recorded() {
        // Recording: cockatiel 4.0.0, ExponentialBackoff(): means over 19 runs of the first seven waits.
        let recorded = [116.2, 139.5, 297.8, 570.4, 1_072.8, 1_951.2, 4_349.8];
        let delay = exponential(128, Some(30_000), Jitter::Smoothed);
        let runs: Vec<_> = (0..2_000).map(|seed| waits(&delay, 7, seed)).collect();
        for (i, recorded) in recorded.iter().enumerate() {
            let draws: Vec<f64> = runs.iter().map(|w| w[i].as_secs_f64() * 1e3).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let deviation =
                (draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / draws.len() as f64).sqrt();
            let margin = 3.9 * deviation / 19.0f64.sqrt();
            assert!((mean - recorded).abs() < margin, "wait {i}: {mean} ± {margin}, recorded {recorded}");
        }
    }

    #[test]
    fn tower_spreads_whole_seconds_in_whole_seconds() {
        // Recording: 54 waits of 1.6 s were 1,604 to 2,179 ms; of 52 waits of 3.2 s none lay between 3.27 and 4.27 s,
        // or between 4.33 and 5.33 s, but for some milliseconds.
        let delay = exponential(50, None, Jitter::ProportionalParts(0.99));
        let draws: Vec<_> = (0..1_000).map(|seed| waits(&delay, 7, seed)).collect();
        let (mut longest, mut heaps) = (0, [0; 3]);
        for wait in &draws {
            longest = longest.max(wait[5].as_millis());
            // 3.2 s: no, one or two seconds more, and up to 0.198 s.
            let more = wait[6].as_millis() - 3_200;
            assert!(more % 1_000 < 198, "{more}");
            heaps[(more / 1_000) as usize] += 1;
        }
        // 1.6 s: no whole second more, and 0.594 s at most.
        assert!((2_180..2_194).contains(&longest), "{longest}");
        // By the draw r, the seconds are 3 · 0.99 r cut: a third each, nearly, within four standard deviations of 15.
        assert!(heaps.iter().all(|n| (275..=395).contains(n)), "{heaps:?}");
    }

    #[test]
    fn the_json_of_each_form() {
        for (json, delay) in [
            (r#"{"fixed":"1s"}"#, Delay::Fixed(ms(1_000))),
            (r#"{"list":["1s","5s"]}"#, Delay::List(vec![ms(1_000), ms(5_000)])),
            (
                r#"{"linear":{"base":"1s","step":"2s","jitter":{"plus_minus":0.2}}}"#,
                Delay::Linear { base: ms(1_000), step: ms(2_000), cap: None, jitter: Jitter::PlusMinus(0.2) },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Delay>(json).expect(json), delay);
            assert_eq!(serde_json::to_string(&delay).expect(json), json);
        }
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn waits_stay_within_the_formula_s_bounds(seed: u64, base in 1u64..5_000, cap in 5_000u64..60_000, share in 0.0..1.0f64, extra in 0u64..3_000) {
                let plain = |n: usize| (base << n.min(40)).min(cap);
                for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::PlusMinus(share),
                    Jitter::Proportional(share), Jitter::ProportionalParts(share), Jitter::Additive(ms(extra)), Jitter::Bounded(ms(extra)), Jitter::Smoothed] {
                    let waits = waits(&exponential(base, Some(cap), jitter), 12, seed);
                    for (n, wait) in waits.iter().enumerate() {
                        let v = plain(n) * 1_000_000;
                        let (low, high) = match jitter {
                            Jitter::None => (v, v),
                            Jitter::Full => (0, v),
                            Jitter::Equal => (v / 2, v),
                            Jitter::Decorrelated => {
                                let before = if n == 0 { base * 1_000_000 } else { waits[n - 1].as_nanos() };
                                (base * 1_000_000, (3 * before).min(cap * 1_000_000))
                            }
                            Jitter::PlusMinus(r) => ((v as f64 * (1.0 - r)) as u64, (v as f64 * (1.0 + r)) as u64 + 1),
                            Jitter::Proportional(r) | Jitter::ProportionalParts(r) => (v, (v as f64 * (1.0 + r)) as u64 + 1),
                            Jitter::Additive(most) => (v, v + most.as_nanos()),
                            Jitter::Bounded(least) => (v.min(least.as_nanos()), v.max(least.as_nanos())),
                            Jitter::Smoothed => (0, cap * 1_000_000),
                        };
                        prop_assert!((low..=high).contains(&wait.as_nanos()), "{jitter:?} {n}: {wait} is not within {low}..={high} ns");
                    }
                }
            }
        }
    }
}
