//! Stretches of time, arranged so that a moment's are found without a look at all the others.

use crate::sim::order;
use crate::sim::time::SimTime;

/// How many stretches hold at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    starts: Vec<SimTime>,
    ends: Vec<SimTime>,
}

impl Counts {
    /// Adds a stretch from its start up to, but not at, its end. In any order; [`Counts::sort`] has to follow.
    pub fn add(&mut self, start: SimTime, end: SimTime) {
        if start < end {
            self.starts.push(start);
            self.ends.push(end);
        }
    }

    /// Makes it ready for questions.
    pub fn sort(&mut self) {
        // Stable sorting is quick with what is nearly in order.
        order::sort(&mut self.starts);
        order::sort(&mut self.ends);
    }

    /// How many hold at a moment.
    pub fn at(&self, at: SimTime) -> usize {
        self.starts.partition_point(|s| *s <= at) - self.ends.partition_point(|e| *e <= at)
    }
}

/// How many entries one above them sums up.
const FAN: usize = 32;

/// The ends of stretches that are numbered in order of their starts; which of them hold at a moment is found by the
/// latest end of each block of them, and of each block of blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The ends themselves, then the latest of every [`FAN`], and so on, until one is left.
    levels: Vec<Vec<SimTime>>,
}

impl Ends {
    /// Adds the end of the next stretch.
    pub fn push(&mut self, end: SimTime) {
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        self.levels[0].push(end);
        let mut at = self.levels[0].len() - 1;
        let mut level = 1;
        while self.levels[level - 1].len() > 1 {
            at /= FAN;
            if level == self.levels.len() {
                // What was there before the level was needed is summed up as well.
                let first = self.levels[level - 1].iter().take(FAN).max().copied().unwrap_or_default();
                self.levels.push(vec![first]);
            }
            match self.levels[level].get_mut(at) {
                Some(latest) => *latest = end.max(*latest),
                None => self.levels[level].push(end),
            }
            level += 1;
        }
    }

    /// How many stretches there are.
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which of the first `begun` stretches end after a moment, in order of their starts.
    pub fn after(&self, at: SimTime, begun: usize) -> Vec<usize> {
        let mut found = Vec::new();
        if let Some(top) = self.levels.len().checked_sub(1) {
            self.collect(top, 0..self.levels[top].len(), at, begun.min(self.len()), &mut found);
        }
        found
    }

    fn collect(
        &self,
        level: usize,
        of: std::ops::Range<usize>,
        at: SimTime,
        begun: usize,
        found: &mut Vec<usize>,
    ) {
        let width = FAN.pow(level as u32);
        for i in of {
            if i * width >= begun {
                return;
            }
            if self.levels[level][i] > at {
                if level == 0 {
                    found.push(i);
                } else {
                    let below = i * FAN..((i + 1) * FAN).min(self.levels[level - 1].len());
                    self.collect(level - 1, below, at, begun, found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_at_a_moment_is_what_a_look_at_all_would_find() {
        let mut noise = 7u64;
        let mut random = move |below: u64| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (noise >> 33) % below
        };
        for count in [0, 1, 2, 31, 32, 33, 1_024, 1_025, 5_000] {
            let mut all: Vec<(SimTime, SimTime)> = (0..count)
                .map(|_| {
                    let start = random(1_000);
                    let long = if random(50) == 0 { 500 } else { 5 };
                    (SimTime::from_nanos(start), SimTime::from_nanos(start + random(long)))
                })
                .collect();
            all.sort_by_key(|(start, _)| *start);
            let (mut counts, mut ends) = (Counts::default(), Ends::default());
            for (start, end) in &all {
                counts.add(*start, *end);
                ends.push(*end);
            }
            counts.sort();
            for at in (0..1_600).step_by(13).map(SimTime::from_nanos) {
                let holds: Vec<usize> =
                    (0..all.len()).filter(|i| all[*i].0 <= at && at < all[*i].1).collect();
                let begun = all.partition_point(|(start, _)| *start <= at);
                assert_eq!(ends.after(at, begun), holds, "{count} at {at}");
                assert_eq!(counts.at(at), holds.len());
            }
        }
    }
}
