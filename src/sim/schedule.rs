//! The queue of events to come: least time first, ties in order of creation.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::time::SimTime;

/// An event with its place in the order.
#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    at: SimTime,
    sequence: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

/// Events to come.
#[derive(Clone, Debug)]
pub(crate) struct Schedule<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    created: u64,
}

impl<E: Copy> Schedule<E> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new(), created: 0 }
    }

    /// Adds an event. Two events of one moment come out in the order in which they were added.
    pub(crate) fn add(&mut self, at: SimTime, event: E) {
        self.created += 1;
        self.heap.push(Reverse(Entry { at, sequence: self.created, event }));
    }

    /// Takes the next event out.
    pub(crate) fn pop(&mut self) -> Option<(SimTime, E)> {
        self.heap.pop().map(|Reverse(e)| (e.at, e.event))
    }

    /// When the next event is due.
    pub(crate) fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(e)| e.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_come_out_in_order_of_creation() {
        let mut schedule = Schedule::new();
        for (at, name) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b')] {
            schedule.add(SimTime::from_nanos(at), name);
        }
        let order: String = std::iter::from_fn(|| schedule.pop()).map(|(_, name)| name).collect();
        assert_eq!(order, "abcd");
    }
}
