//! A run in the making: simulated and gone through piece by piece, so that a page can go on meanwhile.

use crate::sim::order;
use std::collections::BTreeMap;

use crate::sim::Simulation;
use crate::sim::explain::outcome_of;
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;
use crate::sim::trace::{Digesting, Index, Indexing, Note, Outcome, Span, SpanId, SpanKind, Trace};

use super::{Attempt, AttemptKey, Call, CallKey, Remembered, Run};
use crate::view::goals::{Reached, Reaching};
use crate::view::mark::Mark;
use crate::view::path::Lives;
use crate::view::steps::Steps;
use crate::view::wires::{Columns, Flights};

/// A run that is not ready yet.
pub struct Making {
    stage: Stage,
    /// Where the present stage goes on.
    next: usize,
    most: usize,
    run: Run,
    indexing: Indexing,
    digesting: Digesting,
    reaching: Reaching,
    /// How many calls of a change there were so far.
    counted: BTreeMap<u32, u32>,
}

enum Stage {
    Simulate(Box<Simulation<Trace>>),
    Index,
    Events,
    Spans,
    Goals,
    Sort,
    Digest,
    Ready,
}

/// How much of the way the simulation is; the rest is for the lists.
const SIMULATED: f64 = 0.6;

impl Making {
    /// A run of a scenario at its start, up to so many events.
    pub fn new(scenario: &Scenario, most: usize) -> Self {
        let simulation = Simulation::new(scenario, Trace::new(scenario));
        Self { stage: Stage::Simulate(Box::new(simulation)), ..Self::of(Trace::new(scenario), most) }
    }

    /// The run that a trace tells.
    pub fn of_trace(trace: Trace) -> Self {
        Self::of(trace, usize::MAX)
    }

    fn of(trace: Trace, most: usize) -> Self {
        Self {
            stage: Stage::Index,
            next: 0,
            most,
            indexing: Indexing::new(&trace),
            digesting: Digesting::default(),
            reaching: Reaching::new(&trace.scenario),
            counted: BTreeMap::new(),
            run: Run {
                columns: Columns::new(&trace),
                lives: Lives::new(&trace),
                trace,
                calls: Vec::new(),
                attempts: Vec::new(),
                steps: Steps::default(),
                flights: Flights::default(),
                reached: Reached::default(),
                by_key: Vec::new(),
                ends: Vec::new(),
                marks: Vec::new(),
                failures: Vec::new(),
                creations: Vec::new(),
                commits: Vec::new(),
                waits: Vec::new(),
                last: SimTime::ZERO,
                digest: 0,
                explained: Remembered::default(),
            },
        }
    }

    /// True until all that happens is known.
    pub fn is_simulating(&self) -> bool {
        matches!(self.stage, Stage::Simulate(_))
    }

    /// How much is done, 0 to 1.
    pub fn share(&self) -> f64 {
        let part = |of: usize| self.next as f64 / of.max(1) as f64;
        let (spans, events) = (self.run.trace.spans.len(), self.run.trace.events.len());
        let (from, to, done) = match &self.stage {
            Stage::Simulate(simulation) => {
                let time = simulation.now().as_nanos() as f64;
                let horizon = self.run.trace.scenario.horizon.as_nanos().max(1) as f64;
                let events = simulation.observer().events.len() as f64 / self.most.max(1) as f64;
                (0.0, SIMULATED, (time / horizon).max(events))
            }
            Stage::Index => (SIMULATED, 0.7, 0.0),
            Stage::Events => (0.7, 0.8, part(events)),
            Stage::Spans => (0.8, 0.95, part(spans)),
            Stage::Goals | Stage::Sort | Stage::Digest => (0.95, 1.0, 0.0),
            Stage::Ready => (1.0, 1.0, 0.0),
        };
        from + (to - from) * done.min(1.0)
    }

    /// Does a piece: about so many events or spans. True once the run is ready.
    pub fn advance(&mut self, most: usize) -> bool {
        match &mut self.stage {
            Stage::Simulate(simulation) => {
                for _ in 0..most {
                    if simulation.observer().events.len() >= self.most {
                        simulation.limit_events(simulation.handled());
                    }
                    if simulation.step().is_none() {
                        break;
                    }
                }
                if simulation.stop() == crate::sim::trace::Stop::Running {
                    return false;
                }
            }
            Stage::Index => {
                if !self.indexing.advance(&self.run.trace, most) {
                    return false;
                }
            }
            Stage::Events => {
                let to = self.run.trace.events.len().min(self.next.saturating_add(most));
                (self.next..to).for_each(|i| self.take_event(i));
                self.next = to;
                if to < self.run.trace.events.len() {
                    return false;
                }
            }
            Stage::Spans => {
                let to = self.run.trace.spans.len().min(self.next.saturating_add(most));
                (self.next..to).for_each(|i| self.take_span(SpanId(i as u32)));
                self.next = to;
                if to < self.run.trace.spans.len() {
                    return false;
                }
            }
            Stage::Goals => {
                let to = self.run.calls.len().min(self.next.saturating_add(most));
                for i in self.next..to {
                    self.reaching.take_call(&self.run, self.run.calls[i].span);
                }
                self.next = to;
                if to < self.run.calls.len() {
                    return false;
                }
            }
            Stage::Sort => {
                let parts = self.run.lives.parts();
                let to = parts.min(self.next + 1 + most / SORTED);
                (self.next..to).for_each(|part| self.run.lives.sort(part));
                self.next = to;
                if to < parts {
                    return false;
                }
            }
            Stage::Digest => match self.digesting.advance(&self.run.trace, most) {
                None => return false,
                Some(digest) => self.run.digest = digest,
            },
            Stage::Ready => return true,
        }
        self.turn();
        matches!(self.stage, Stage::Ready)
    }

    /// Goes over to the next stage.
    fn turn(&mut self) {
        self.next = 0;
        self.stage = match std::mem::replace(&mut self.stage, Stage::Ready) {
            Stage::Simulate(simulation) => {
                self.run.trace = simulation.into_observer();
                self.indexing = Indexing::new(&self.run.trace);
                Stage::Index
            }
            Stage::Index => {
                let empty = Indexing::new(&Trace::new(&Scenario::default()));
                self.run.trace.index_with(std::mem::replace(&mut self.indexing, empty));
                Stage::Events
            }
            Stage::Events => Stage::Spans,
            Stage::Spans => {
                self.order();
                Stage::Goals
            }
            Stage::Goals => {
                self.run.reached = self.reaching.reached(&self.run);
                Stage::Sort
            }
            Stage::Sort => Stage::Digest,
            Stage::Digest | Stage::Ready => Stage::Ready,
        };
    }

    /// Does what is left, and gives the run.
    pub fn finish(mut self) -> Run {
        while !self.advance(usize::MAX) {}
        self.run
    }

    fn take_event(&mut self, number: usize) {
        let Run { trace, columns, steps, flights, commits, waits, lives, last, .. } = &mut self.run;
        let event = &trace.events[number];
        *last = (*last).max(event.at);
        if let Note::Departed { link, takes, .. } = event.note
            && columns.near_end(trace, event.span, link).is_some()
        {
            flights.push(number, event.at, takes);
            steps.push(number);
        } else if crate::view::steps::is_told(trace, event) {
            steps.push(number);
        }
        match event.note {
            Note::Committed(_) => commits.push(number as u32),
            Note::RetryIn(..) => waits.push(number as u32),
            _ => lives.take_event(trace, event),
        }
    }

    fn take_span(&mut self, id: SpanId) {
        let span = *self.run.trace.span(id);
        if span.end != SimTime::NEVER {
            self.run.last = self.run.last.max(span.end);
        }
        match span.kind {
            SpanKind::Call => {
                let before = self.counted.entry(span.detail).or_default();
                self.run.calls.push(Call { key: CallKey { change: span.detail, nth: *before }, span: id });
                *before += 1;
                if self.reaching.creates(span.detail) {
                    self.run.creations.push(span.start);
                }
            }
            SpanKind::Attempt => {
                if let Some(attempt) = attempt(&self.run, id, &span) {
                    self.run.attempts.push(attempt);
                }
            }
            _ => {}
        }
        let Run { trace, lives, .. } = &mut self.run;
        lives.take_span(trace, id, &span);
    }

    /// Makes the lists that are in another order than that of starts.
    fn order(&mut self) {
        let Run { calls, attempts, by_key, ends, marks, failures, .. } = &mut self.run;
        *by_key = (0..calls.len() as u32).collect();
        order::by_key(by_key, |i| calls[*i as usize].key);
        *ends = (0..attempts.len() as u32).filter(|i| attempts[*i as usize].is_over()).collect();
        order::by_key(ends, |i| attempts[*i as usize].end);
        let mut newest = 0;
        for attempt in ends.iter().map(|i| &attempts[*i as usize]) {
            match marks.iter_mut().find(|(mark, _)| *mark == attempt.mark) {
                Some((_, ends)) => ends.push(attempt.end),
                None => marks.push((attempt.mark, vec![attempt.end])),
            }
            if !attempt.mark.good() {
                let call = calls.binary_search_by_key(&attempt.call, |c| c.span).unwrap_or_default();
                newest = newest.max(call as u32);
                failures.push((attempt.end, newest));
            }
        }
        order::by_key(marks, |(mark, _)| (mark.kind, mark.timer));
    }
}

/// How many events or spans weigh as much as the sorting of a part.
const SORTED: usize = 50_000;

fn attempt(run: &Run, id: SpanId, span: &Span) -> Option<Attempt> {
    let call = run.call_key(span.parent)?;
    let over = !matches!(span.outcome, Outcome::Open | Outcome::Unfinished);
    let (status, timer) =
        if over { outcome_of(&run.trace, &Index::new(&run.trace), id) } else { (None, false) };
    Some(Attempt {
        key: AttemptKey { call, number: span.detail },
        span: id,
        call: span.parent,
        client: span.node,
        start: span.start,
        end: if over { span.end } else { SimTime::NEVER },
        status,
        mark: Mark::of(status, timer),
    })
}
