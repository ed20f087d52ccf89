//! What happened in one stretch of time: in the run as a whole, and at each node.

use super::sketch::Sketch;
use crate::sim::time::{SimDuration, SimTime};

/// Attempts that ended, by status; 0 stands for those without an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(Vec<(u16, u32)>);

impl Answers {
    /// How many had a status; none if there was no such answer.
    pub fn get(&self, status: &u16) -> Option<&u32> {
        self.0.iter().find(|(s, _)| s == status).map(|(_, count)| count)
    }

    /// All statuses in order, with how many had each.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn total(&self) -> u32 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    #[inline]
    pub(super) fn add(&mut self, status: u16, more: u32) {
        // A run has a handful of statuses: looking through them is quicker than any map.
        match self.0.iter_mut().find(|(s, _)| *s == status) {
            Some((_, count)) => *count += more,
            None => {
                self.0.push((status, more));
                self.0.sort_unstable();
            }
        }
    }

    pub(super) fn held(&self) -> usize {
        self.0.capacity() * size_of::<(u16, u32)>()
    }

    pub(super) fn trim(&mut self) {
        self.0.shrink_to_fit();
    }
}

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Calls that began: the offered load.
    pub offered: u32,
    /// Attempts that began; more than calls where clients try again.
    pub attempts: u32,
    /// Of these, those that were not the first of their call.
    pub retries: u32,
    /// Tries that gateways began.
    pub tries: u32,
    /// Attempts that ended, by status; 0 for those without an answer.
    pub answers: Answers,
    /// Calls that ended with a status below 400: the goodput.
    pub good: u32,
    /// Calls that ended otherwise.
    pub failed: u32,
    /// Work that origins finished after their caller had left.
    pub wasted: u32,
    /// How long the calls took that ended, from their first attempt to their last answer; to 6 %.
    pub latency: Sketch<3>,
}

impl Bucket {
    /// The share of attempts that were not the first of their call; 0 where nothing was attempted.
    pub fn retry_share(&self) -> f64 {
        f64::from(self.retries) / f64::from(self.attempts.max(1))
    }

    /// Adds what happened in another stretch.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.tries += other.tries;
        self.good += other.good;
        self.failed += other.failed;
        self.wasted += other.wasted;
        for (status, count) in other.answers.iter() {
            self.answers.add(status, count);
        }
        self.latency.merge(&other.latency);
    }

    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.answers.held() + self.latency.held()
    }

    pub(super) fn trim(&mut self) {
        self.answers.trim();
        self.latency.trim();
    }
}

/// A whole number over a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Its integral: the number times the nanoseconds for which it held.
    pub(super) area: u64,
    /// The greatest that it was.
    pub most: u32,
}

impl Course {
    /// The mean over a stretch of that length; 0 over none.
    pub fn mean(self, length: SimDuration) -> f64 {
        self.area as f64 / (length.as_nanos().max(1)) as f64
    }
}

/// How it was at one node in one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeBucket {
    /// Requests in the node, waiting or worked on: calls of a client, requests of a gateway, works, queries.
    pub inside: Course,
    /// Those of them that waited for a worker.
    pub queue: Course,
    /// Busy workers; the mean over their number is the utilisation.
    pub busy: Course,
}

/// A whole number that changes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    now: u32,
    since: SimTime,
    course: Course,
}

impl Level {
    #[inline]
    pub(super) fn set(&mut self, at: SimTime, level: u32) {
        self.course = self.until(at);
        self.now = level;
        self.since = at;
        self.course.most = self.course.most.max(level);
    }

    #[inline]
    pub(super) fn more(&mut self, at: SimTime) {
        self.set(at, self.now.saturating_add(1));
    }

    #[inline]
    pub(super) fn less(&mut self, at: SimTime) {
        self.set(at, self.now.saturating_sub(1));
    }

    /// The course of the stretch so far.
    pub(super) fn until(&self, at: SimTime) -> Course {
        let held = at.since(self.since).as_nanos();
        Course {
            area: self.course.area.saturating_add(u64::from(self.now).saturating_mul(held)),
            ..self.course
        }
    }

    /// Ends a stretch; the next begins with the same number.
    pub(super) fn turn(&mut self, at: SimTime) -> Course {
        let course = self.until(at);
        *self = Self { now: self.now, since: at, course: Course { area: 0, most: self.now } };
        course
    }
}
