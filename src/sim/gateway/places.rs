//! Places for a limited number of requests, and the line of those that wait for one.

use std::collections::VecDeque;

/// What somebody meets who comes to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It waits, with so many before it.
    Waits(u32),
    /// The line is full too.
    Full,
}

/// A line, first come first served. How many places there are, and whether one is free, is asked anew each time,
/// since settings and the number of upstreams change.
#[derive(Clone, Debug)]
pub(super) struct Line<T> {
    waiting: VecDeque<T>,
}

impl<T: Copy + PartialEq> Line<T> {
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::new() }
    }

    /// Somebody comes for whom there is no place now.
    pub(super) fn enter(&mut self, who: T, most: u32) -> Entry {
        let before = self.waiting.len() as u32;
        if before >= most {
            return Entry::Full;
        }
        self.waiting.push_back(who);
        Entry::Waits(before)
    }

    /// Who has waited the longest.
    pub(super) fn first(&self) -> Option<T> {
        self.waiting.front().copied()
    }

    /// Somebody gives up; true if it was waiting.
    pub(super) fn leave(&mut self, who: T) -> bool {
        let place = self.waiting.iter().position(|w| *w == who);
        place.is_some_and(|i| self.waiting.remove(i).is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// How many requests of each key are under way. Keys are small numbers (nodes).
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay {
    counts: Vec<u32>,
}

impl UnderWay {
    /// One more, unless there are `most` already; 0 stands for any number.
    pub(super) fn begin(&mut self, key: usize, most: u32) -> bool {
        if self.counts.len() <= key {
            self.counts.resize(key + 1, 0);
        }
        let room = most == 0 || self.counts[key] < most;
        self.counts[key] += u32::from(room);
        room
    }

    pub(super) fn end(&mut self, key: usize) {
        if let Some(count) = self.counts.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_come_first_served_and_a_full_line_turns_away() {
        let mut line = Line::new();
        assert_eq!(line.enter('b', 2), Entry::Waits(0));
        assert_eq!(line.enter('c', 2), Entry::Waits(1));
        assert_eq!(line.enter('d', 2), Entry::Full);
        assert_eq!(line.first(), Some('b'));
        assert!(line.leave('b') && !line.leave('b'));
        assert_eq!(line.first(), Some('c'));
        assert!(line.leave('c') && line.is_empty());
        assert_eq!(line.enter('e', 0), Entry::Full);
    }

    #[test]
    fn requests_of_each_key_are_counted_apart() {
        let mut under_way = UnderWay::default();
        assert_eq!([2, 2, 0, 2].map(|key| under_way.begin(key, 2)), [true, true, true, false]);
        under_way.end(2);
        assert!(under_way.begin(2, 2));
        assert!(under_way.begin(2, 0), "0 is no limit");
    }
}
