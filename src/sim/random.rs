//! Named random streams of one seed.
//!
//! Every actor draws from streams of its own, one for each purpose, so that changing one part of a
//! scenario never shifts the draws of another: two runs side by side meet the same traffic.

use rand_core::RngCore;
use rand_core::SeedableRng;
use rand_pcg::Pcg32;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::time::SimDuration;

/// A stream of random numbers, named by the entity that draws and by what for.
///
/// The generator is PCG XSH RR 64/32 (O'Neill 2014): 16 bytes of state, as quick in wasm as natively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(Pcg32);

impl Stream {
    /// The stream of `seed` that `owner` uses for `purpose`.
    pub fn new(seed: u64, owner: &str, purpose: &str) -> Self {
        let name = format!("{owner}\0{purpose}");
        let state = xxh3_64_with_seed(name.as_bytes(), seed);
        let stream = xxh3_64_with_seed(name.as_bytes(), !seed);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&state.to_le_bytes());
        bytes[8..].copy_from_slice(&stream.to_le_bytes());
        Self(Pcg32::from_seed(bytes))
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `share`; draws also where the answer is certain, so that a changed share never shifts later draws.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A whole number below `bound`, by multiplication (Lemire 2019, without the rejection step: the bias is below 2⁻⁵³).
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { ((self.unit() * bound as f64) as u64).min(bound - 1) }
    }

    /// A duration between `low` and `high`, uniformly.
    pub fn between(&mut self, low: SimDuration, high: SimDuration) -> SimDuration {
        let width = high.as_nanos().saturating_sub(low.as_nanos());
        low + SimDuration::from_nanos((self.unit() * width as f64) as u64)
    }

    /// An exponentially distributed duration.
    pub fn exponential(&mut self, mean: SimDuration) -> SimDuration {
        mean.scaled(-libm::log(1.0 - self.unit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_other_names_differ_and_the_same_name_repeats() {
        let draws = |seed, owner, purpose| {
            let mut s = Stream::new(seed, owner, purpose);
            (0..4).map(|_| s.unit()).collect::<Vec<_>>()
        };
        assert_eq!(draws(1, "A", "service"), draws(1, "A", "service"));
        for (seed, owner, purpose) in
            [(2, "A", "service"), (1, "B", "service"), (1, "A", "exception"), (1, "As", "ervice")]
        {
            assert_ne!(draws(1, "A", "service"), draws(seed, owner, purpose));
        }
    }

    #[test]
    fn the_mean_of_exponential_draws_lies_within_four_standard_errors() {
        let mut s = Stream::new(7, "test", "exponential");
        let n = 100_000;
        let mean = (0..n).map(|_| s.exponential(SimDuration::from_secs(1)).as_secs_f64()).sum::<f64>()
            / f64::from(n);
        assert!((mean - 1.0).abs() < 4.0 / f64::from(n).sqrt(), "mean {mean}");
    }
}
