//! How long something takes: fixed, or drawn from a distribution.
//!
//! All draws go through `libm`, so that a browser and a machine agree to the bit. Left out: gamma, Weibull
//! and Erlang times.

use serde::{Deserialize, Serialize};

use super::ScenarioError;
use super::validate::{HOUR, within, wrong};
use crate::sim::random::Stream;
use crate::sim::time::SimDuration;

/// How long something takes. Every parameter that is a duration is at most an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Always this long.
    Fixed(SimDuration),
    /// Exponentially distributed with this mean.
    Exponential(SimDuration),
    /// Uniformly between two bounds.
    Uniform {
        /// The least.
        low: SimDuration,
        /// The most.
        high: SimDuration,
    },
    /// The logarithm is normal: what latencies of healthy services look like. Either the median or the mean
    /// is given.
    LogNormal {
        /// Half of all draws are shorter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        median: Option<SimDuration>,
        /// The mean: the median times exp(sigma² / 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<SimDuration>,
        /// The standard deviation of the natural logarithm; 0 to 4.
        sigma: f64,
    },
    /// Normal; what is drawn below zero counts without its sign, as in Brooker's simulators.
    Normal {
        /// The mean of the normal distribution, which is that of the times where the deviation is small against it.
        mean: SimDuration,
        /// The standard deviation.
        deviation: SimDuration,
    },
    /// A heavy tail: the chance to be longer than `x` is (scale / x) to the power of the shape.
    Pareto {
        /// The least.
        scale: SimDuration,
        /// How quickly the tail thins out: the mean is infinite up to 1, the variance up to 2; 0.1 to 100.
        shape: f64,
        /// What is longer counts as this long; at least the scale. An hour by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<SimDuration>,
    },
    /// Two exponential phases with balanced means (Tijms, "A First Course in Stochastic Models", 2003, app. B):
    /// the usual choice for work that varies more than exponentially.
    Hyperexponential {
        /// The mean.
        mean: SimDuration,
        /// C², the squared coefficient of variation: 1 is exponential; 1 to 1,000.
        c2: f64,
    },
    /// A histogram: one of several parts, by weight.
    Mixture(Mixture),
}

/// A histogram of up to 6 parts, written as a list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Part>", into = "Vec<Part>")]
pub struct Mixture {
    /// Weight, least and most of each part; the weight of a part that is not there is zero.
    parts: [(f64, SimDuration, SimDuration); Mixture::MOST],
}

/// A part of a [`Mixture`]: uniformly between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its weight against the others; 10⁻⁹ to 1,000,000.
    pub weight: f64,
    /// The least.
    pub low: SimDuration,
    /// The most; the same as `low` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<SimDuration>,
}

impl Part {
    fn high(&self) -> SimDuration {
        self.high.unwrap_or(self.low)
    }
}

impl Mixture {
    /// The most parts.
    pub const MOST: usize = 6;

    /// The parts, in the order written.
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let there = self.parts.iter().take_while(|(weight, ..)| *weight > 0.0);
        there.map(|&(weight, low, high)| Part { weight, low, high: (high != low).then_some(high) })
    }
}

impl TryFrom<Vec<Part>> for Mixture {
    type Error = String;

    fn try_from(list: Vec<Part>) -> Result<Self, String> {
        if list.is_empty() || list.len() > Self::MOST {
            return Err(format!("1 to {} parts, not {}", Self::MOST, list.len()));
        }
        let mut parts = [Default::default(); Self::MOST];
        for (place, part) in parts.iter_mut().zip(&list) {
            // Written so that a NaN fails.
            if !(part.weight >= 1e-9 && part.weight <= 1e6) {
                return Err(format!("a weight of 0.000000001 to 1000000, not {}", part.weight));
            }
            *place = (part.weight, part.low, part.high());
        }
        Ok(Self { parts })
    }
}

impl From<Mixture> for Vec<Part> {
    fn from(mixture: Mixture) -> Self {
        mixture.parts().collect()
    }
}

impl Distribution {
    /// Draws.
    pub(crate) fn draw(&self, chance: &mut Stream) -> SimDuration {
        match *self {
            Self::Fixed(time) => time,
            Self::Exponential(mean) => chance.exponential(mean),
            Self::Uniform { low, high } => chance.between(low, high),
            Self::LogNormal { median, mean, sigma } => {
                let factor = libm::exp(sigma * normal(chance));
                match (median, mean) {
                    (Some(median), _) => median.scaled(factor),
                    (None, mean) => mean.unwrap_or_default().scaled(factor * libm::exp(-sigma * sigma / 2.0)),
                }
            }
            Self::Normal { mean, deviation } => {
                let drawn = mean.as_secs_f64() + deviation.as_secs_f64() * normal(chance);
                SimDuration::from_secs_f64(drawn.abs())
            }
            Self::Pareto { scale, shape, cap } => {
                scale.scaled(libm::pow(1.0 - chance.unit(), -1.0 / shape)).min(cap.unwrap_or(HOUR))
            }
            Self::Hyperexponential { mean, c2 } => {
                let first = first_phase(c2);
                let share = if chance.unit() < first { first } else { 1.0 - first };
                chance.exponential(mean.scaled(0.5 / share))
            }
            Self::Mixture(mixture) => {
                let mut left = chance.unit() * mixture.parts().map(|p| p.weight).sum::<f64>();
                let drawn = mixture.parts().find(|part| {
                    left -= part.weight;
                    left < 0.0
                });
                let part = drawn.or(mixture.parts().last()).unwrap_or_default();
                chance.between(part.low, part.high())
            }
        }
    }

    /// The mean, in seconds; infinite never, since a Pareto tail is capped.
    pub fn mean_secs(&self) -> f64 {
        match *self {
            Self::Fixed(mean) | Self::Exponential(mean) | Self::Hyperexponential { mean, .. } => {
                mean.as_secs_f64()
            }
            Self::Uniform { low, high } => (low.as_secs_f64() + high.as_secs_f64()) / 2.0,
            Self::LogNormal { median: Some(median), sigma, .. } => {
                median.as_secs_f64() * libm::exp(sigma * sigma / 2.0)
            }
            Self::LogNormal { mean, .. } => mean.unwrap_or_default().as_secs_f64(),
            // The folded normal distribution (Leone, Nelson and Nottingham, Technometrics 3(4), 1961).
            Self::Normal { mean, deviation } => {
                let (m, d) = (mean.as_secs_f64(), deviation.as_secs_f64());
                if d <= 0.0 {
                    return m;
                }
                let folded = d * libm::sqrt(2.0 / core::f64::consts::PI) * libm::exp(-m * m / (2.0 * d * d));
                folded + m * libm::erf(m / (d * core::f64::consts::SQRT_2))
            }
            Self::Pareto { scale, shape, cap } => {
                // The mean of min(X, cap) is the integral of the tail up to the cap.
                let (scale, cap) = (scale.as_secs_f64(), cap.unwrap_or(HOUR).as_secs_f64());
                if scale <= 0.0 {
                    0.0
                } else if (shape - 1.0).abs() < 1e-9 {
                    scale * (1.0 + libm::log(cap / scale))
                } else {
                    scale * (shape - libm::pow(cap / scale, 1.0 - shape)) / (shape - 1.0)
                }
            }
            Self::Mixture(mixture) => {
                let sum: f64 = mixture.parts().map(|p| p.weight).sum();
                let middle = |p: &Part| (p.low.as_secs_f64() + p.high().as_secs_f64()) / 2.0;
                mixture.parts().map(|p| p.weight * middle(&p)).sum::<f64>() / sum
            }
        }
    }

    /// In words, for a label: `3.5 s`, `10 ms on average`.
    pub fn words(&self) -> String {
        match self {
            Self::Fixed(time) => time.spoken(),
            Self::Exponential(mean) => format!("{} on average", mean.spoken()),
            Self::Uniform { low, high } => format!("{} to {}", low.spoken(), high.spoken()),
            Self::LogNormal { median: Some(median), .. } => format!("{} at the median", median.spoken()),
            Self::LogNormal { mean, .. } => format!("{} on average", mean.unwrap_or_default().spoken()),
            Self::Normal { mean, .. } => format!("{} on average", mean.spoken()),
            Self::Pareto { scale, .. } => format!("{} or much longer", scale.spoken()),
            Self::Hyperexponential { mean, .. } => format!("{} on average", mean.spoken()),
            Self::Mixture(_) => {
                let mean = SimDuration::from_micros((self.mean_secs() * 1e6) as u64);
                format!("{} on average", mean.spoken())
            }
        }
    }

    /// Checks the parameters; `at` is the distribution's JSON pointer.
    ///
    /// # Errors
    /// The first parameter out of its range.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        let time = |name: &str, value| within(&format!("{at}/{name}"), value, SimDuration::ZERO, HOUR);
        match *self {
            Self::Fixed(d) => time("fixed", d),
            Self::Exponential(mean) => time("exponential", mean),
            Self::Uniform { low, high } => {
                time("uniform/high", high)?;
                within(&format!("{at}/uniform/low"), low, SimDuration::ZERO, high)
            }
            Self::LogNormal { median, mean, sigma } => {
                within(&format!("{at}/log_normal/sigma"), sigma, 0.0, 4.0)?;
                match (median, mean) {
                    (Some(median), None) => time("log_normal/median", median),
                    (None, Some(mean)) => time("log_normal/mean", mean),
                    _ => Err(wrong(
                        &format!("{at}/log_normal"),
                        serde_json::to_value(self).unwrap_or_default(),
                        "either a median or a mean",
                    )),
                }
            }
            Self::Normal { mean, deviation } => {
                time("normal/mean", mean)?;
                time("normal/deviation", deviation)
            }
            Self::Pareto { scale, shape, cap } => {
                time("pareto/scale", scale)?;
                within(&format!("{at}/pareto/shape"), shape, 0.1, 100.0)?;
                cap.map_or(Ok(()), |cap| within(&format!("{at}/pareto/cap"), cap, scale, HOUR))
            }
            Self::Hyperexponential { mean, c2 } => {
                time("hyperexponential/mean", mean)?;
                within(&format!("{at}/hyperexponential/c2"), c2, 1.0, 1_000.0)
            }
            Self::Mixture(mixture) => {
                for (i, part) in mixture.parts().enumerate() {
                    let at = format!("{at}/mixture/{i}");
                    within(&format!("{at}/low"), part.low, SimDuration::ZERO, HOUR)?;
                    if let Some(high) = part.high {
                        within(&format!("{at}/high"), high, part.low, HOUR)?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// The chance of the first of two phases with balanced means, for a squared coefficient of variation.
fn first_phase(c2: f64) -> f64 {
    (1.0 + libm::sqrt((c2 - 1.0) / (c2 + 1.0))) / 2.0
}

/// A standard normal number (Box and Muller 1958); two draws each time.
fn normal(chance: &mut Stream) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - chance.unit()));
    radius * libm::cos(core::f64::consts::TAU * chance.unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 100_000;

    fn read(json: &str) -> Distribution {
        let distribution: Distribution = serde_json::from_str(json).expect("a distribution");
        assert_eq!(distribution.check(""), Ok(()), "{json}");
        let written = serde_json::to_string(&distribution).expect("json");
        assert_eq!(serde_json::from_str::<Distribution>(&written).expect("reads back"), distribution);
        distribution
    }

    fn draws(distribution: &Distribution) -> Vec<f64> {
        let mut stream = Stream::new(11, "test", "distribution");
        (0..N).map(|_| distribution.draw(&mut stream).as_secs_f64()).collect()
    }

    /// The share of draws up to `x` lies within four standard errors of `share`.
    fn quantile(draws: &[f64], x: f64, share: f64) {
        let found = draws.iter().filter(|d| **d <= x).count() as f64 / draws.len() as f64;
        let error = (share * (1.0 - share) / draws.len() as f64).sqrt();
        assert!((found - share).abs() < 4.0 * error, "{found} of the draws up to {x}, expected {share}");
    }

    #[test]
    fn means_lie_within_four_standard_errors() {
        for json in [
            r#"{"log_normal": {"median": "1s", "sigma": 0.5}}"#,
            r#"{"log_normal": {"mean": "1s", "sigma": 0.5}}"#,
            r#"{"normal": {"mean": "1s", "deviation": "200ms"}}"#,
            r#"{"normal": {"mean": "1s", "deviation": "1s"}}"#,
            r#"{"pareto": {"scale": "1s", "shape": 3}}"#,
            r#"{"pareto": {"scale": "1s", "shape": 1, "cap": "20s"}}"#,
            r#"{"hyperexponential": {"mean": "1s", "c2": 4}}"#,
            r#"{"hyperexponential": {"mean": "1s", "c2": 1}}"#,
            r#"{"mixture": [{"weight": 9, "low": "1s", "high": "3s"}, {"weight": 1, "low": "10s"}]}"#,
        ] {
            let distribution = read(json);
            let draws = draws(&distribution);
            let n = N as f64;
            let mean = draws.iter().sum::<f64>() / n;
            let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0);
            let error = (variance / n).sqrt();
            let theory = distribution.mean_secs();
            assert!((mean - theory).abs() < 4.0 * error, "{json}: {mean} ± {error}, theory {theory}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_formula() {
        // exp(0.5 · 1.6449): the 95th percentile of the standard normal distribution.
        let log_normal = draws(&read(r#"{"log_normal": {"median": "1s", "sigma": 0.5}}"#));
        quantile(&log_normal, 1.0, 0.5);
        quantile(&log_normal, 2.276, 0.95);
        // 1 - (1/x)^2: half lie below the square root of 2, 99 % below 10.
        let pareto = draws(&read(r#"{"pareto": {"scale": "1s", "shape": 2}}"#));
        quantile(&pareto, core::f64::consts::SQRT_2, 0.5);
        quantile(&pareto, 10.0, 0.99);
        // 0.6745: the third quartile of the standard normal distribution.
        let normal = draws(&read(r#"{"normal": {"mean": "1s", "deviation": "200ms"}}"#));
        quantile(&normal, 1.0, 0.5);
        quantile(&normal, 1.134_898, 0.75);
        let mixture = draws(&read(
            r#"{"mixture": [{"weight": 3, "low": "1s"}, {"weight": 1, "low": "2s", "high": "4s"}]}"#,
        ));
        quantile(&mixture, 1.5, 0.75);
        quantile(&mixture, 3.0, 0.875);
    }

    #[test]
    fn a_hyperexponential_has_the_variance_asked_for() {
        let draws = draws(&read(r#"{"hyperexponential": {"mean": "1s", "c2": 4}}"#));
        let variance = draws.iter().map(|d| (d - 1.0) * (d - 1.0)).sum::<f64>() / N as f64;
        // With balanced means p = 0.8873, rates 1.7746 and 0.2254: E[(X-1)⁴] ≈ 837, so that the standard
        // error of the mean of (X-1)² over 100,000 draws is √((837 - 16) / 100,000) ≈ 0.091.
        assert!((variance - 4.0).abs() < 4.0 * 0.091, "C² {variance}");
    }

    #[test]
    fn a_cap_is_never_passed() {
        let draws = draws(&read(r#"{"pareto": {"scale": "1s", "shape": 0.5, "cap": "7s"}}"#));
        assert!(draws.iter().all(|d| (1.0..=7.0).contains(d)));
        // Of the tail (1/7)^0.5 = 37.8 % lie at the cap.
        quantile(&draws, 6.999_999, 1.0 - 0.377_964);
    }

    #[test]
    fn parameters_out_of_range_are_refused_with_their_place() {
        for (json, pointer) in [
            (r#"{"log_normal": {"sigma": 1}}"#, "/log_normal"),
            (r#"{"log_normal": {"mean": "1s", "median": "1s", "sigma": 1}}"#, "/log_normal"),
            (r#"{"log_normal": {"mean": "1s", "sigma": 5}}"#, "/log_normal/sigma"),
            (r#"{"pareto": {"scale": "2s", "shape": 1, "cap": "1s"}}"#, "/pareto/cap"),
            (r#"{"hyperexponential": {"mean": "1s", "c2": 0.5}}"#, "/hyperexponential/c2"),
            (r#"{"mixture": [{"weight": 1, "low": "2s", "high": "1s"}]}"#, "/mixture/0/high"),
        ] {
            let distribution: Distribution = serde_json::from_str(json).expect("a distribution");
            match distribution.check("/x") {
                Err(ScenarioError::Field { pointer: found, .. }) => {
                    assert_eq!(found, format!("/x{pointer}"), "{json}");
                }
                other => unreachable!("{json}: {other:?}"),
            }
        }
        for json in [r#"{"mixture": []}"#, r#"{"mixture": [{"weight": 0, "low": "1s"}]}"#] {
            assert!(serde_json::from_str::<Distribution>(json).is_err(), "{json}");
        }
    }
}
