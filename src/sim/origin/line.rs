//! The line of requests that wait for a worker, with its discipline.

use std::collections::VecDeque;

use super::codel::{Codel, Head};
use crate::sim::scenario::Discipline;
use crate::sim::time::{SimDuration, SimTime};

/// Who waits, since when.
#[derive(Clone, Debug)]
pub(crate) struct Line<T> {
    waiting: VecDeque<(T, SimTime)>,
    codel: Codel,
    last_empty: SimTime,
    /// Taken out and not to be served: what waited, and for how long.
    dropped: Vec<(T, SimDuration)>,
}

impl<T: Copy + PartialEq> Line<T> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            codel: Codel::default(),
            last_empty: SimTime::ZERO,
            dropped: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Someone joins. Tells how long it may wait at most, where the discipline has a limit of its own.
    pub(crate) fn push(&mut self, item: T, now: SimTime, discipline: Discipline) -> Option<SimDuration> {
        if self.waiting.is_empty() {
            self.last_empty = now;
        }
        self.waiting.push_back((item, now));
        match discipline {
            Discipline::Adaptive { shortest, longest } => {
                Some(if now.since(self.last_empty) > longest { shortest } else { longest })
            }
            _ => None,
        }
    }

    /// Who is next; those that are dropped on the way are told by [`Line::dropped`].
    pub(crate) fn take(&mut self, now: SimTime, discipline: Discipline) -> Option<T> {
        match discipline {
            Discipline::Fifo => self.waiting.pop_front(),
            Discipline::Lifo => self.waiting.pop_back(),
            Discipline::Adaptive { longest, .. } if now.since(self.last_empty) > longest => {
                self.waiting.pop_back()
            }
            Discipline::Adaptive { .. } => self.waiting.pop_front(),
            Discipline::Codel { target, interval } => {
                let Self { waiting, codel, dropped, .. } = self;
                let take = || {
                    let (item, since) = waiting.pop_front()?;
                    Some(Head { item: (item, since), since, last: waiting.is_empty() })
                };
                let drop = |(item, since): (T, SimTime)| dropped.push((item, now.since(since)));
                codel.serve(now, target, interval, take, drop)
            }
        }
        .map(|(item, _)| item)
    }

    /// What was dropped since the last time.
    pub(crate) fn dropped(&mut self) -> Vec<(T, SimDuration)> {
        std::mem::take(&mut self.dropped)
    }

    /// Someone leaves the line; tells how long it waited.
    pub(crate) fn remove(&mut self, item: T, now: SimTime) -> Option<SimDuration> {
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == item)?;
        self.waiting.remove(at).map(|(_, since)| now.since(since))
    }

    /// How long the oldest has waited.
    pub(crate) fn oldest(&self, now: SimTime) -> SimDuration {
        self.waiting.front().map_or(SimDuration::ZERO, |(_, since)| now.since(*since))
    }

    /// Everybody is gone.
    pub(crate) fn clear(&mut self) {
        *self = Self { last_empty: self.last_empty, ..Self::new() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::from_millis(ms)
    }

    const ADAPTIVE: Discipline = Discipline::Adaptive {
        shortest: SimDuration::from_millis(5),
        longest: SimDuration::from_millis(100),
    };

    #[test]
    fn each_discipline_has_its_order() {
        for (discipline, expected) in [(Discipline::Fifo, [1, 2, 3]), (Discipline::Lifo, [3, 2, 1])] {
            let mut line = Line::new();
            for item in [1, 2, 3] {
                line.push(item, at(item), discipline);
            }
            let order: Vec<u64> = std::iter::from_fn(|| line.take(at(10), discipline)).collect();
            assert_eq!(order, expected, "{discipline:?}");
        }
    }

    #[test]
    fn a_queue_that_was_not_empty_for_long_allows_short_waits_and_turns_around() {
        let mut line = Line::new();
        assert_eq!(line.push(1, at(0), ADAPTIVE), Some(SimDuration::from_millis(100)));
        assert_eq!(line.push(2, at(100), ADAPTIVE), Some(SimDuration::from_millis(100)));
        assert_eq!(line.push(3, at(101), ADAPTIVE), Some(SimDuration::from_millis(5)));
        assert_eq!(line.take(at(100), ADAPTIVE), Some(1));
        assert_eq!(line.take(at(101), ADAPTIVE), Some(3));
        assert_eq!(line.take(at(101), ADAPTIVE), Some(2));
        // Empty in between: patience is back.
        assert_eq!(line.push(4, at(300), ADAPTIVE), Some(SimDuration::from_millis(100)));
        assert_eq!(line.oldest(at(320)), SimDuration::from_millis(20));
        assert_eq!(line.remove(4, at(330)), Some(SimDuration::from_millis(30)));
        assert_eq!(line.remove(4, at(330)), None);
    }

    #[test]
    fn codel_drops_from_a_line_that_stands() {
        let codel = Discipline::Codel {
            target: SimDuration::from_millis(5),
            interval: SimDuration::from_millis(100),
        };
        let mut line = Line::new();
        for item in 0..100 {
            line.push(item, at(0), codel);
        }
        let served: Vec<u64> = (1..=30).filter_map(|i| line.take(at(10 * i), codel)).collect();
        let dropped: Vec<u64> = line.dropped().into_iter().map(|(item, _)| item).collect();
        // Above the target since 10 ms: the first drop at 110 ms, then at 210 and 280.7 ms (seen at 290).
        assert_eq!(dropped, [10, 21, 30]);
        assert_eq!(served.len(), 30);
    }
}
