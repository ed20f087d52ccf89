//! A run with everything that does not depend on the moment shown: computed once for each scenario.
//!
//! A run may have a million events. What is kept of it is the trace and lists of numbers into it, each in order of time;
//! words are made when somebody looks. So a question about a moment is a binary search, never a walk through the run.
//! That takes some 75 bytes an event, most of them for the trace itself: 150 MB for the longest run there can be.

mod making;
mod remembered;

pub use making::Making;

use crate::sim::order;
use std::ops::Range;
use std::sync::Arc;

use crate::sim::explain::{Explanation, explain};
use crate::sim::scenario::Scenario;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Index, NodeId, NodeKind, Note, SpanId, SpanKind, Stop, Trace};

use super::goals::Reached;
use super::mark::Mark;
use super::path::Lives;
use super::steps::{self, Step, Steps};
use super::wires::{Columns, Flights};
use remembered::Remembered;

/// A call by what stays the same when later changes make the run anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey {
    /// The index of the change that sent the request; traffic has indices beyond the timeline.
    pub change: u32,
    /// How many calls of that index came before it.
    pub nth: u32,
}

/// An attempt by what stays the same when later changes make the run anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey {
    /// Its call.
    pub call: CallKey,
    /// The attempt's number, counted from 1.
    pub number: u32,
}

/// One try of a client, and how it ended. [`Run::explanation`] tells why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// Which.
    pub key: AttemptKey,
    /// Its span.
    pub span: SpanId,
    /// The call that it belongs to.
    pub call: SpanId,
    /// Whose.
    pub client: NodeId,
    /// Its start.
    pub start: SimTime,
    /// Its end; never, if the run was cut before.
    pub end: SimTime,
    /// The status that the client read.
    pub status: Option<u16>,
    /// How it is drawn.
    pub mark: Mark,
}

impl Attempt {
    /// True if it ends within the run.
    pub fn is_over(&self) -> bool {
        self.end != SimTime::NEVER
    }

    /// True if it has ended by then.
    pub fn ended(&self, at: SimTime) -> bool {
        self.is_over() && self.end <= at
    }
}

/// A call with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub key: CallKey,
    /// Its span.
    pub span: SpanId,
}

/// A run and what was computed of it.
#[derive(Debug)]
pub struct Run {
    /// What happened; it is [indexed](Trace::index).
    pub trace: Trace,
    /// All calls, in order of their start.
    pub calls: Vec<Call>,
    /// All attempts, in order of their start.
    pub attempts: Vec<Attempt>,
    /// What a person steps through; [`Run::step`] tells one.
    pub steps: Steps,
    /// Everything that crosses a wire, in order of departure; [`Run::flight`] tells one.
    pub flights: Flights,
    pub(super) columns: Columns,
    /// What nodes and wires were like over time.
    pub(super) lives: Lives,
    /// When each goal is reached.
    pub(super) reached: Reached,
    /// The places of the calls in [`Run::calls`], in order of their keys.
    by_key: Vec<u32>,
    /// The places of those attempts that end, in order of their ends.
    ends: Vec<u32>,
    /// For each of these marks, when attempts end with it, in order.
    marks: Vec<(Mark, Vec<SimTime>)>,
    /// The ends of those attempts that fail, in order, each with the newest call that has failed by then.
    failures: Vec<(SimTime, u32)>,
    /// The starts of the calls that ask for something to be created, in order.
    creations: Vec<SimTime>,
    /// The events with which an order is stored.
    commits: Vec<u32>,
    /// The events with which a client begins to wait for its next attempt.
    waits: Vec<u32>,
    last: SimTime,
    digest: u64,
    explained: Remembered,
}

impl PartialEq for Run {
    /// A scenario has one run.
    fn eq(&self, other: &Self) -> bool {
        self.trace.scenario == other.trace.scenario && self.trace.events.len() == other.trace.events.len()
    }
}

/// How many events a run has at the most where every single one is shown: 60,000 requests, all the way to the database and
/// back, are 1.7 million.
pub const MOST_EVENTS: usize = 2_000_000;

impl Run {
    /// Runs a scenario, up to [`MOST_EVENTS`]; [`Run::is_cut`] tells whether that was all. [`Making`] does it in pieces.
    pub fn new(scenario: &Scenario) -> Self {
        Self::up_to(scenario, MOST_EVENTS)
    }

    /// Runs a scenario, up to so many events.
    pub fn up_to(scenario: &Scenario, most: usize) -> Self {
        Making::new(scenario, most).finish()
    }

    /// True if more would have happened than is shown.
    pub fn is_cut(&self) -> bool {
        self.trace.stop == Stop::EventLimit
    }

    /// The trace's digest.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The moment of the last thing that happens.
    pub fn last(&self) -> SimTime {
        self.last
    }

    /// How far the time axis reaches: past what is known, and never past the horizon.
    ///
    /// It doubles from 12 s on, so that it stands still while a person looks, and does not tell how long the run will take.
    pub fn extent(&self, known: SimTime) -> SimTime {
        const LEAST: SimTime = SimTime::from_secs(12);
        let horizon = SimTime::ZERO + self.trace.scenario.horizon;
        let reach = known + SimDuration::from_nanos(known.as_nanos() / 12);
        let mut extent = LEAST;
        while extent < reach {
            extent = extent + extent.since(SimTime::ZERO);
        }
        extent.min(horizon)
    }

    /// Why an attempt ended so; none while it is open. Made when it is asked for; the last ones are remembered.
    pub fn explanation(&self, attempt: &Attempt) -> Option<Arc<Explanation>> {
        attempt.is_over().then(|| self.explained.of(attempt.span, || explain(&self.trace, attempt.span)))
    }

    /// The call of that key.
    pub fn call(&self, key: CallKey) -> Option<&Call> {
        let place = self.by_key.binary_search_by_key(&key, |i| self.calls[*i as usize].key).ok()?;
        self.calls.get(self.by_key[place] as usize)
    }

    /// The key of a call's span.
    pub fn call_key(&self, span: SpanId) -> Option<CallKey> {
        self.calls.binary_search_by_key(&span, |c| c.span).ok().map(|i| self.calls[i].key)
    }

    /// How many calls have started by a moment: the first so many of [`Run::calls`].
    pub fn calls_by(&self, at: SimTime) -> usize {
        self.calls.partition_point(|c| self.trace.span(c.span).start <= at)
    }

    /// The attempt of that key.
    pub fn attempt(&self, key: AttemptKey) -> Option<&Attempt> {
        self.attempts_of(self.call(key.call)?.span).find(|a| a.key == key)
    }

    /// The attempt of that span.
    pub fn attempt_of(&self, span: SpanId) -> Option<&Attempt> {
        self.attempts.binary_search_by_key(&span, |a| a.span).ok().map(|i| &self.attempts[i])
    }

    /// The attempts of a call, in order of their start.
    pub fn attempts_of(&self, call: SpanId) -> impl DoubleEndedIterator<Item = &Attempt> {
        let spans: Vec<SpanId> = self.trace.children(call).map(|(id, _)| id).collect();
        spans.into_iter().filter_map(|span| self.attempt_of(span))
    }

    /// How many attempts have started by a moment: the first so many of [`Run::attempts`].
    pub fn attempts_by(&self, at: SimTime) -> usize {
        self.attempts.partition_point(|a| a.start <= at)
    }

    /// The attempt that ended last before or at a moment.
    pub fn last_answer(&self, at: SimTime) -> Option<&Attempt> {
        let ended = self.ends.partition_point(|i| self.attempts[*i as usize].end <= at);
        self.attempts.get(self.ends[ended.checked_sub(1)?] as usize)
    }

    /// The end of the first attempt that ends after a moment.
    pub fn next_answer(&self, after: SimTime) -> Option<SimTime> {
        let ended = self.ends.partition_point(|i| self.attempts[*i as usize].end <= after);
        self.ends.get(ended).map(|i| self.attempts[*i as usize].end)
    }

    /// The end of the last attempt that ended before a moment.
    pub fn previous_answer(&self, before: SimTime) -> Option<SimTime> {
        let ended = self.ends.partition_point(|i| self.attempts[*i as usize].end < before);
        Some(self.attempts[self.ends[ended.checked_sub(1)?] as usize].end)
    }

    /// The end of the first attempt after a moment that fails.
    pub fn next_failure(&self, after: SimTime) -> Option<SimTime> {
        self.failures.get(self.failures.partition_point(|(end, _)| *end <= after)).map(|(end, _)| *end)
    }

    /// The end of the last attempt before a moment that failed.
    pub fn previous_failure(&self, before: SimTime) -> Option<SimTime> {
        let ended = self.failures.partition_point(|(end, _)| *end < before);
        Some(self.failures[ended.checked_sub(1)?].0)
    }

    /// The newest call of which an attempt has failed by a moment.
    pub fn newest_failing(&self, at: SimTime) -> Option<&Call> {
        let ended = self.failures.partition_point(|(end, _)| *end <= at);
        self.calls.get(self.failures[ended.checked_sub(1)?].1 as usize)
    }

    /// The marks with which attempts end, each with the moments of these ends, in order.
    pub fn ends_by_mark(&self) -> &[(Mark, Vec<SimTime>)] {
        &self.marks
    }

    /// How many requests for something to be created have started by a moment.
    pub fn creations_by(&self, at: SimTime) -> usize {
        self.creations.partition_point(|start| *start <= at)
    }

    /// The events with which orders are stored, in order; [`Run::orders_by`] tells how many of them there are by a moment.
    pub fn commits(&self) -> &[u32] {
        &self.commits
    }

    /// How many orders are stored by a moment.
    pub fn orders_by(&self, at: SimTime) -> usize {
        self.commits.partition_point(|i| self.moment(*i) <= at)
    }

    /// The orders that a span and what it caused stored by a moment: when, and their numbers.
    pub fn orders_of(&self, span: SpanId, by: SimTime) -> Vec<(SimTime, u32)> {
        let notes = Index::new(&self.trace).notes_below(span).into_iter().take_while(|(_, e)| e.at <= by);
        notes
            .filter_map(|(_, e)| match e.note {
                Note::Committed(order) => Some((e.at, order)),
                _ => None,
            })
            .collect()
    }

    /// The events with which clients begin to wait for their next attempts, in order, as far as they are in a stretch of
    /// time: after `from`, and up to `to`.
    pub fn waits_in(&self, from: SimTime, to: SimTime) -> &[u32] {
        let first = self.waits.partition_point(|i| self.moment(*i) <= from);
        let last = self.waits.partition_point(|i| self.moment(*i) <= to);
        self.waits.get(first..last).unwrap_or_default()
    }

    /// How many waits for a next attempt have begun by a moment.
    pub fn waits_by(&self, at: SimTime) -> usize {
        self.waits.partition_point(|i| self.moment(*i) <= at)
    }

    /// The first so many waits: the events with which they begin.
    pub fn first_waits(&self, count: usize) -> &[u32] {
        &self.waits[..count.min(self.waits.len())]
    }

    /// The notes of a call and of its attempts about a wait for the next attempt: their events, in order.
    pub fn waits_of(&self, call: SpanId) -> Vec<usize> {
        let index = Index::new(&self.trace);
        let spans = std::iter::once(call).chain(self.attempts_of(call).map(|a| a.span));
        let mut waits: Vec<usize> = spans
            .flat_map(|span| index.notes(span).filter(|(_, e)| matches!(e.note, Note::RetryIn(..))))
            .map(|(i, _)| i)
            .collect();
        order::sort(&mut waits);
        waits
    }

    /// How many requests are under way at a gateway, or queries at a dependency.
    pub fn open(&self, node: NodeId, at: SimTime) -> usize {
        self.lives.open(node, self.trace.node(node).kind, at)
    }

    /// The step of that number, in words.
    pub fn step(&self, number: usize) -> Option<Step> {
        steps::step(self, self.steps.event(number)?)
    }

    /// The moment of a step.
    pub fn step_moment(&self, number: usize) -> Option<SimTime> {
        self.steps.event(number).map(|event| self.trace.events[event].at)
    }

    /// The step that a moment belongs to: the last one that has happened.
    pub fn step_at(&self, at: SimTime) -> Option<usize> {
        self.steps_by(at).checked_sub(1)
    }

    /// How many steps have happened by a moment.
    pub fn steps_by(&self, at: SimTime) -> usize {
        self.steps.before(self.trace.events.partition_point(|e| e.at <= at))
    }

    /// The events of a moment.
    pub fn events_at(&self, at: SimTime) -> Range<usize> {
        let from = self.trace.events.partition_point(|e| e.at < at);
        from..from + self.trace.events[from..].partition_point(|e| e.at <= at)
    }

    /// The first node of a kind.
    pub fn first(&self, kind: NodeKind) -> Option<NodeId> {
        self.trace.nodes.iter().position(|n| n.kind == kind).map(|i| NodeId(i as u16))
    }

    /// The tries of the gateways for an attempt, in order of their start.
    pub fn tries_of(&self, attempt: SpanId) -> Vec<SpanId> {
        let below = Index::new(&self.trace).below(attempt);
        below.into_iter().filter(|id| self.trace.span(*id).kind == SpanKind::Try).collect()
    }

    fn moment(&self, event: u32) -> SimTime {
        self.trace.events[event as usize].at
    }
}

#[cfg(test)]
mod tests;
