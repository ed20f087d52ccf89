//! The queue of events to come: least time first, ties in order of creation.
//!
//! Most events lie one of a few configured times ahead: the latency of a link, a timeout. Events of one such
//! delay come out in the order in which they went in, so that each delay has a plain queue (a lane) of its own;
//! only the heads of the lanes and what chance decided compete in the order of time. This is what timer
//! wheels are for, without their rounding.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::time::{SimDuration, SimTime};

/// The place of an event in the order: time, then sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    at: SimTime,
    sequence: u64,
}

impl Key {
    /// Later than every event.
    const LAST: Self = Self { at: SimTime::from_nanos(u64::MAX), sequence: u64::MAX };
}

/// The next event's place: in the order, and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next {
    key: Key,
    /// Its lane; none for the heap.
    lane: Option<usize>,
}

impl Next {
    /// When it is due.
    pub(crate) fn at(self) -> SimTime {
        self.key.at
    }
}

/// An event with its place in the order.
#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    key: Key,
    event: E,
}

/// An event in the heap: its place in the order, and where it lies. The heap moves its entries about, so they are small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ticket {
    key: Key,
    place: u32,
}

/// The most delays that have a lane; further ones share the heap.
const MOST_LANES: usize = 24;

/// Events to come.
#[derive(Clone, Debug)]
pub(crate) struct Schedule<E> {
    heap: BinaryHeap<Reverse<Ticket>>,
    /// The events of the heap, and the places that are free.
    events: Vec<E>,
    free: Vec<u32>,
    /// The delay of each lane.
    delays: Vec<SimDuration>,
    /// The first key of each lane.
    heads: Vec<Key>,
    lanes: Vec<VecDeque<Entry<E>>>,
    created: u64,
}

impl<E: Copy> Schedule<E> {
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            events: Vec::new(),
            free: Vec::new(),
            delays: Vec::new(),
            heads: Vec::new(),
            lanes: Vec::new(),
            created: 0,
        }
    }

    /// Adds an event. Two events of one moment come out in the order in which they were added.
    pub(crate) fn add(&mut self, at: SimTime, event: E) {
        self.created += 1;
        let place = match self.free.pop() {
            Some(place) => {
                self.events[place as usize] = event;
                place
            }
            None => {
                self.events.push(event);
                self.events.len() as u32 - 1
            }
        };
        self.heap.push(Reverse(Ticket { key: Key { at, sequence: self.created }, place }));
    }

    /// Adds an event that lies a configured time ahead; `now` never goes back between two calls.
    pub(crate) fn add_after(&mut self, now: SimTime, delay: SimDuration, event: E) {
        let Some(lane) = self.lane(delay) else {
            self.add(now + delay, event);
            return;
        };
        self.created += 1;
        let key = Key { at: now + delay, sequence: self.created };
        if self.lanes[lane].is_empty() {
            self.heads[lane] = key;
        }
        self.lanes[lane].push_back(Entry { key, event });
    }

    fn lane(&mut self, delay: SimDuration) -> Option<usize> {
        if let Some(lane) = self.delays.iter().position(|d| *d == delay) {
            return Some(lane);
        }
        // A lane that is empty may serve another delay.
        let lane = if self.lanes.len() < MOST_LANES {
            self.delays.push(delay);
            self.heads.push(Key::LAST);
            self.lanes.push(VecDeque::new());
            self.lanes.len() - 1
        } else {
            let free = self.lanes.iter().position(VecDeque::is_empty)?;
            self.delays[free] = delay;
            free
        };
        Some(lane)
    }

    /// The next event.
    #[inline]
    pub(crate) fn next(&self) -> Option<Next> {
        let mut next = match self.heap.peek() {
            Some(Reverse(ticket)) => Next { key: ticket.key, lane: None },
            None => Next { key: Key::LAST, lane: None },
        };
        for (lane, head) in self.heads.iter().enumerate() {
            if *head < next.key {
                next = Next { key: *head, lane: Some(lane) };
            }
        }
        (next.key != Key::LAST).then_some(next)
    }

    /// Takes the next event out; `next` is what [`Schedule::next`] has just told.
    #[inline]
    pub(crate) fn take(&mut self, next: Next) -> Option<E> {
        let Some(lane) = next.lane else {
            let Reverse(ticket) = self.heap.pop()?;
            self.free.push(ticket.place);
            return self.events.get(ticket.place as usize).copied();
        };
        let entries = self.lanes.get_mut(lane)?;
        let entry = entries.pop_front()?;
        self.heads[lane] = entries.front().map_or(Key::LAST, |e| e.key);
        Some(entry.event)
    }

    /// How many events are to come.
    pub(crate) fn len(&self) -> usize {
        self.heap.len() + self.lanes.iter().map(VecDeque::len).sum::<usize>()
    }

    /// The bytes that the events to come take.
    pub(crate) fn held(&self) -> usize {
        self.len() * size_of::<Entry<E>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Stream;

    fn pop<E: Copy>(schedule: &mut Schedule<E>) -> Option<(SimTime, E)> {
        let next = schedule.next()?;
        Some((next.at(), schedule.take(next)?))
    }

    #[test]
    fn ties_come_out_in_order_of_creation() {
        let mut schedule = Schedule::new();
        for (at, name) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b')] {
            schedule.add(SimTime::from_nanos(at), name);
        }
        let order: String = std::iter::from_fn(|| pop(&mut schedule)).map(|(_, name)| name).collect();
        assert_eq!(order, "abcd");
    }

    #[test]
    fn lanes_and_heap_keep_one_order() {
        let mut chance = Stream::new(1, "schedule", "test");
        let mut schedule = Schedule::new();
        let mut now = SimTime::ZERO;
        let mut added: Vec<(SimTime, u64)> = Vec::new();
        let mut out = Vec::new();
        for n in 0..20_000u64 {
            // More delays than lanes, so that lanes are given up and reused.
            let delay = SimDuration::from_nanos(chance.below(40) * 10);
            if chance.chance(0.3) {
                schedule.add(now + delay, n);
            } else {
                schedule.add_after(now, delay, n);
            }
            added.push((now + delay, n));
            if chance.chance(0.9) {
                assert_eq!(schedule.next().is_some(), schedule.len() > 0);
                let (at, event) = pop(&mut schedule).expect("an event was added just now");
                assert!(at >= now, "{at:?} comes after {now:?}");
                now = at;
                out.push((at, event));
            }
        }
        out.extend(std::iter::from_fn(|| pop(&mut schedule)));
        added.sort();
        out.sort_by_key(|(at, n)| (*at, *n));
        assert_eq!(out, added, "nothing is lost and nothing is moved");
        assert_eq!(schedule.len(), 0);
        assert!(schedule.next().is_none());
    }

    #[test]
    fn each_moment_keeps_the_order_in_which_its_events_were_added() {
        let mut schedule = Schedule::new();
        let second = SimDuration::from_secs(1);
        schedule.add(SimTime::from_secs(2), 0);
        schedule.add_after(SimTime::from_secs(1), second, 1);
        schedule.add_after(SimTime::ZERO, second.times(2), 2);
        schedule.add(SimTime::from_secs(2), 3);
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut schedule)).map(|(_, n)| n).collect();
        assert_eq!(order, [0, 1, 2, 3]);
    }
}
