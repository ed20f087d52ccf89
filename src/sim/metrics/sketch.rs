//! How long things took, as counts of durations of about the same length.
//!
//! Log-linear, as HdrHistogram has it: each power of two is cut into equal parts, so that the error is a share of
//! the value. Only the parts between the least and the greatest value take memory. Unlike a ready-made
//! histogram this one is small enough to keep for every stretch of a run, and two add up.

use crate::sim::time::SimDuration;

/// Counts of durations. `BITS`: each power of two has 2^BITS parts, so values are kept to a share of 2^-(BITS+1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch<const BITS: u32> {
    /// The part that the first count is of.
    first: u32,
    counts: Vec<u32>,
    total: u64,
}

impl<const BITS: u32> Sketch<BITS> {
    /// The part of a value: the exponent and the bits after the first.
    fn part(nanos: u64) -> u32 {
        let shift = (63 - (nanos | 1).leading_zeros()).saturating_sub(BITS);
        (shift << BITS) + (nanos >> shift) as u32
    }

    /// The middle of a part.
    fn middle(part: u32) -> u64 {
        let shift = (part >> BITS).saturating_sub(1);
        let low = u64::from(part - (shift << BITS)) << shift;
        low + (1u64 << shift) / 2
    }

    /// Counts a duration.
    pub fn record(&mut self, took: SimDuration) {
        let part = Self::part(took.as_nanos());
        self.add(part, 1);
    }

    fn add(&mut self, part: u32, count: u32) {
        if self.counts.is_empty() {
            self.first = part;
        }
        if part < self.first {
            let more = (self.first - part) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first = part;
        }
        let at = (part - self.first) as usize;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] = self.counts[at].saturating_add(count);
        self.total += u64::from(count);
    }

    /// Adds another sketch's counts.
    pub fn merge(&mut self, other: &Self) {
        for (i, count) in other.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.add(other.first + i as u32, *count);
        }
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The duration that a share of them, 0 to 1, does not exceed; none if there are none.
    pub fn quantile(&self, share: f64) -> Option<SimDuration> {
        let rank = libm::ceil(share.clamp(0.0, 1.0) * self.total as f64).max(1.0) as u64;
        let mut before = 0;
        let at = self.counts.iter().position(|count| {
            before += u64::from(*count);
            before >= rank
        })?;
        Some(SimDuration::from_nanos(Self::middle(self.first + at as u32)))
    }

    /// The bytes that it takes beside itself.
    pub(super) fn held(&self) -> usize {
        self.counts.capacity() * size_of::<u32>()
    }

    /// Gives back what it does not need.
    pub(super) fn trim(&mut self) {
        self.counts.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Stream;

    #[test]
    fn quantiles_are_as_exact_as_the_bits_say() {
        let mut chance = Stream::new(1, "test", "sketch");
        let (mut fine, mut coarse) = (Sketch::<9>::default(), Sketch::<3>::default());
        let mut exact: Vec<_> =
            (0..10_000).map(|_| chance.exponential(SimDuration::from_millis(100))).collect();
        for took in &exact {
            fine.record(*took);
            coarse.record(*took);
        }
        exact.sort();
        for (share, rank) in [(0.0, 1), (0.01, 100), (0.5, 5_000), (0.99, 9_900), (1.0, 10_000)] {
            let exact = exact[rank - 1].as_secs_f64();
            for (said, error) in [(fine.quantile(share), 1.0 / 1_024.0), (coarse.quantile(share), 1.0 / 16.0)]
            {
                let said = said.expect("there are durations").as_secs_f64();
                assert!((said - exact).abs() <= error * exact, "{share}: {said} and {exact}");
            }
        }
    }

    #[test]
    fn edges_and_sums() {
        let mut sketch = Sketch::<3>::default();
        assert_eq!(sketch.quantile(0.5), None);
        for nanos in [0, 7, 8, u64::MAX, 1_000] {
            sketch.record(SimDuration::from_nanos(nanos));
        }
        assert_eq!(sketch.quantile(0.0), Some(SimDuration::ZERO));
        assert_eq!(sketch.quantile(0.4), Some(SimDuration::from_nanos(7)));
        assert_eq!(sketch.quantile(0.6), Some(SimDuration::from_nanos(8)));
        // The last part: 15/16 to 16/16 of 2^64, the middle of it.
        assert_eq!(sketch.quantile(1.0), Some(SimDuration::from_nanos(31u64 << 59)));
        let mut twice = sketch.clone();
        twice.merge(&sketch);
        assert_eq!((twice.count(), twice.quantile(0.7)), (10, sketch.quantile(0.7)));
    }
}
