//! A run with everything that does not depend on the moment shown: computed once for each scenario.

use std::collections::BTreeMap;

use crate::sim::Simulation;
use crate::sim::explain::{Explanation, explain_with};
use crate::sim::scenario::Scenario;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Index, NodeId, NodeKind, Outcome, SpanId, SpanKind, Stop, Trace};

use super::mark::Mark;
use super::steps::{self, Step};
use super::wires::{self, Flight};

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

/// One try of a client, and how it ended.
#[derive(Clone, Debug, PartialEq)]
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
    /// Why it ended so; none while it is open.
    pub explanation: Option<Explanation>,
}

impl Attempt {
    /// True if it has ended by then.
    pub fn ended(&self, at: SimTime) -> bool {
        self.explanation.is_some() && self.end <= at
    }
}

/// A run and what was computed of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What happened.
    pub trace: Trace,
    /// The trace's digest.
    pub digest: u64,
    /// All calls with their keys, in order of their start.
    pub calls: BTreeMap<SpanId, CallKey>,
    /// All attempts, in order of their start.
    pub attempts: Vec<Attempt>,
    /// What a person steps through.
    pub steps: Vec<Step>,
    /// Everything that crosses a wire, in order of departure.
    pub flights: Vec<Flight>,
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.trace.scenario == other.trace.scenario
    }
}

/// How many events a run has at the most where every single one is shown; about a thousand requests.
pub const MOST_EVENTS: u64 = 20_000;

impl Run {
    /// Runs a scenario, up to [`MOST_EVENTS`]; [`Run::is_cut`] tells whether that was all.
    pub fn new(scenario: &Scenario) -> Self {
        let mut simulation = Simulation::new(scenario, Trace::new(scenario));
        simulation.limit_events(MOST_EVENTS);
        simulation.finish();
        let trace = simulation.into_observer();
        let calls = calls(&trace);
        let index = Index::new(&trace);
        let attempts: Vec<Attempt> = trace
            .of_kind(SpanKind::Attempt)
            .filter_map(|(id, _)| attempt(&trace, &index, &calls, id))
            .collect();
        Self {
            digest: trace.digest(),
            steps: steps::steps(&trace),
            flights: wires::flights(&trace),
            attempts,
            calls,
            trace,
        }
    }

    /// True if more would have happened than is shown.
    pub fn is_cut(&self) -> bool {
        self.trace.stop == Stop::EventLimit
    }

    /// The moment of the last thing that happens.
    pub fn last(&self) -> SimTime {
        let ends = self.trace.spans.iter().map(|s| s.end).filter(|end| *end != SimTime::NEVER).max();
        self.trace.events.last().map(|e| e.at).max(ends).unwrap_or_default()
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

    /// The attempt of that key.
    pub fn attempt(&self, key: AttemptKey) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.key == key)
    }

    /// The attempt that ended last before or at a moment.
    pub fn last_answer(&self, at: SimTime) -> Option<&Attempt> {
        self.attempts.iter().filter(|a| a.ended(at)).max_by_key(|a| a.end)
    }

    /// The end of the first attempt that ends after a moment.
    pub fn next_answer(&self, after: SimTime) -> Option<SimTime> {
        self.ends().filter(|end| *end > after).min()
    }

    /// The end of the last attempt that ended before a moment.
    pub fn previous_answer(&self, before: SimTime) -> Option<SimTime> {
        self.ends().filter(|end| *end < before).max()
    }

    fn ends(&self) -> impl Iterator<Item = SimTime> {
        self.attempts.iter().filter(|a| a.explanation.is_some()).map(|a| a.end)
    }

    /// The step that a moment belongs to: the last one that has happened.
    pub fn step_at(&self, at: SimTime) -> Option<usize> {
        self.steps.partition_point(|s| s.at <= at).checked_sub(1)
    }

    /// The first node of a kind.
    pub fn first(&self, kind: NodeKind) -> Option<NodeId> {
        self.trace.nodes.iter().position(|n| n.kind == kind).map(|i| NodeId(i as u16))
    }
}

fn calls(trace: &Trace) -> BTreeMap<SpanId, CallKey> {
    let mut count = BTreeMap::<u32, u32>::new();
    (trace.of_kind(SpanKind::Call))
        .map(|(id, span)| {
            let before = count.entry(span.detail).or_default();
            let key = CallKey { change: span.detail, nth: *before };
            *before += 1;
            (id, key)
        })
        .collect()
}

fn attempt(
    trace: &Trace,
    index: &Index<'_>,
    calls: &BTreeMap<SpanId, CallKey>,
    id: SpanId,
) -> Option<Attempt> {
    let span = trace.span(id);
    let explanation = match span.outcome {
        Outcome::Open | Outcome::Unfinished => None,
        Outcome::Answer(_) | Outcome::Broken(..) | Outcome::Failed(_) | Outcome::Done => {
            Some(explain_with(trace, index, id))
        }
    };
    let status = explanation.as_ref().and_then(|e| e.status);
    let timer = explanation.as_ref().is_some_and(|e| e.timer);
    Some(Attempt {
        key: AttemptKey { call: *calls.get(&span.parent)?, number: span.detail },
        span: id,
        call: span.parent,
        client: span.node,
        start: span.start,
        end: if explanation.is_some() { span.end } else { SimTime::NEVER },
        status,
        mark: Mark::of(status, timer),
        explanation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn the_first_request_gets_a_504_after_the_read_timeout() {
        let run = sent();
        let attempt = &run.attempts[0];
        assert_eq!(attempt.status, Some(504));
        assert_eq!(attempt.mark, Mark::of(Some(504), true));
        let took = attempt.end.since(attempt.start);
        assert!(took >= SimDuration::from_secs(2) && took < SimDuration::from_millis(2_010), "{took}");
        assert_eq!(run.next_answer(SimTime::ZERO), Some(attempt.end));
        assert_eq!(run.last_answer(attempt.end).map(|a| a.key), Some(attempt.key));
        assert_eq!(run.last_answer(SimTime::from_secs(1)), None);
    }

    #[test]
    fn steps_and_flights_are_in_order_of_time() {
        let run = sent();
        assert!(run.steps.len() > 20 && run.steps.is_sorted_by_key(|s| s.at));
        assert!(run.flights.len() > 10 && run.flights.is_sorted_by_key(|f| f.at));
        assert_eq!(run.step_at(run.last()), Some(run.steps.len() - 1));
        assert!(run.steps.iter().all(|s| !s.place.is_empty() && !s.what.is_empty()));
    }

    #[test]
    fn the_axis_reaches_past_what_is_known_and_not_past_the_horizon() {
        let run = sent();
        assert_eq!(run.extent(SimTime::ZERO), SimTime::from_secs(12));
        assert_eq!(run.extent(SimTime::from_secs(12)), SimTime::from_secs(24));
        assert_eq!(run.extent(run.last()), SimTime::from_secs(48));
        assert_eq!(run.extent(SimTime::from_secs(59)), SimTime::from_secs(60));
    }
}
