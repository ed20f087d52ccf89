//! What a breaker has counted: attempts, failures and slow ones, in a window of attempts or of time.

use std::collections::VecDeque;

use super::{Over, Window};
use crate::sim::time::SimTime;

/// Counts of some attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) attempts: u32,
    pub(super) failures: u32,
    pub(super) slow: u32,
}

impl Counts {
    pub(super) fn add(&mut self, failed: bool, slow: bool) {
        self.attempts += 1;
        self.failures += u32::from(failed);
        self.slow += u32::from(slow);
    }

    fn subtract(&mut self, other: Self) {
        self.attempts -= other.attempts;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }

    /// True if the share of failures, or of slow ones, is one that opens.
    pub(super) fn trips(self, window: &Window) -> bool {
        let share = |n: u32| f64::from(n) / f64::from(self.attempts.max(1));
        let failed = share(self.failures);
        let over = if window.exceeds { failed > window.ratio } else { failed >= window.ratio };
        // A share of nothing opens nothing, even where the threshold is 0.
        (over && self.failures > 0)
            || window.slow.is_some_and(|slow| self.slow > 0 && share(self.slow) >= slow.ratio)
    }
}

/// The last attempts.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    sum: Counts,
    entries: Entries,
}

#[derive(Clone, Debug)]
enum Entries {
    Attempts { most: u32, last: VecDeque<Counts> },
    Time { slice: u64, present: u64, slices: Vec<Counts> },
}

impl Tally {
    pub(super) fn new(over: Over) -> Self {
        let entries = match over {
            Over::Attempts(most) => Entries::Attempts { most, last: VecDeque::new() },
            Over::Time { length, slices } => Entries::Time {
                slice: (length.as_nanos() / u64::from(slices.max(1))).max(1),
                present: 0,
                slices: vec![Counts::default(); slices.max(1) as usize],
            },
        };
        Self { sum: Counts::default(), entries }
    }

    pub(super) fn add(&mut self, now: SimTime, failed: bool, slow: bool) {
        let mut one = Counts::default();
        one.add(failed, slow);
        self.sum.add(failed, slow);
        match &mut self.entries {
            Entries::Attempts { most, last } => {
                last.push_back(one);
                if last.len() > *most as usize
                    && let Some(oldest) = last.pop_front()
                {
                    self.sum.subtract(oldest);
                }
            }
            Entries::Time { slice, present, slices } => {
                let arrived = now.as_nanos() / *slice;
                let count = slices.len() as u64;
                for passed in (*present + 1..=arrived).take(slices.len()) {
                    let old = std::mem::take(&mut slices[(passed % count) as usize]);
                    self.sum.subtract(old);
                }
                *present = arrived;
                slices[(arrived % count) as usize].add(failed, slow);
            }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.sum
    }

    pub(super) fn clear(&mut self) {
        self.sum = Counts::default();
        match &mut self.entries {
            Entries::Attempts { last, .. } => last.clear(),
            Entries::Time { slices, .. } => slices.fill(Counts::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimDuration;

    #[test]
    fn a_window_of_attempts_forgets_the_oldest() {
        let mut tally = Tally::new(Over::Attempts(3));
        for failed in [true, true, false, false] {
            tally.add(SimTime::ZERO, failed, false);
        }
        assert_eq!(tally.counts(), Counts { attempts: 3, failures: 1, slow: 0 });
    }

    #[test]
    fn a_window_of_time_forgets_slice_by_slice() {
        let mut tally = Tally::new(Over::Time { length: SimDuration::from_secs(10), slices: 10 });
        let mut at = |ms: u64| {
            tally.add(SimTime::from_millis(ms), true, false);
            tally.counts().attempts
        };
        assert_eq!([at(0), at(999), at(1_000), at(9_999)], [1, 2, 3, 4]);
        assert_eq!(at(10_000), 3, "the first second is gone");
        assert_eq!(at(19_500), 2, "only the second since 10 s is left");
        assert_eq!(at(500_000), 1);
    }
}
