//! Things to try next. They are ticked by what the run did, never by what a person pressed.

use crate::sim::order;
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;
use crate::sim::trace::SpanId;

use super::conditions;
use super::run::Run;

/// Something to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What.
    pub title: &'static str,
    /// The run has done it.
    pub done: bool,
}

const TITLES: [&str; 4] =
    ["Make it 504", "Create an order twice", "Same click, one order", "Same fault, no 504"];

/// The goals of the first scenario, as far as the run is known.
pub fn goals(run: &Run, known: SimTime) -> Vec<Goal> {
    let reached = run.reached.0.iter();
    TITLES.into_iter().zip(reached).map(|(title, at)| Goal { title, done: *at <= known }).collect()
}

/// When each goal is reached; never, if it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached([SimTime; 4]);

impl Default for Reached {
    fn default() -> Self {
        Self([SimTime::NEVER; 4])
    }
}

/// The search for the moments at which goals are reached, call by call.
#[derive(Clone, Debug)]
pub(super) struct Reaching {
    reached: Reached,
    /// From each moment on, whether anything is broken.
    broken: Vec<(SimTime, bool)>,
    /// For each request of the scenario, whether doing it twice does more than doing it once.
    creating: Vec<bool>,
}

impl Reaching {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let changes = scenario.timeline.iter().filter(|c| conditions::is_about_faults(&c.action));
        let mut moments: Vec<SimTime> = changes.map(|c| c.at).chain([SimTime::ZERO]).collect();
        order::sort(&mut moments);
        moments.dedup();
        let broken = moments.into_iter().map(|at| (at, !conditions::faults(scenario, at).is_empty()));
        let creating = scenario.requests();
        let creating = creating.iter().map(|r| r.is_some_and(|r| !r.method.is_idempotent())).collect();
        Self { reached: Reached::default(), broken: broken.collect(), creating }
    }

    /// True if a call of that detail asks for something that is created anew each time.
    pub(super) fn creates(&self, detail: u32) -> bool {
        self.creating.get(detail as usize) == Some(&true)
    }

    /// Looks at one call of a run.
    pub(super) fn take_call(&mut self, run: &Run, call: SpanId) {
        let span = run.trace.span(call);
        if !self.creates(span.detail) {
            return;
        }
        let before = self.broken.partition_point(|(at, _)| *at <= span.start);
        let slow = before.checked_sub(1).and_then(|i| self.broken.get(i)).is_some_and(|(_, broken)| *broken);
        let orders = run.orders_of(call, SimTime::NEVER);
        let [_, twice, once, good] = &mut self.reached.0;
        if let Some((at, _)) = orders.get(1) {
            *twice = (*twice).min(*at);
        }
        if slow && orders.len() == 1 && span.end <= run.last() {
            *once = run.last();
        }
        if slow && span.end < *good {
            let mut answered = run.attempts_of(call).filter(|a| a.ended(span.end)).peekable();
            if answered.peek().is_some() && answered.all(|a| a.mark.good()) {
                *good = span.end;
            }
        }
    }

    /// The moments, once all calls were looked at.
    pub(super) fn reached(&self, run: &Run) -> Reached {
        let mut reached = self.reached;
        let gateway_timeouts = run.attempts.iter().filter(|a| a.status == Some(504) && a.is_over());
        reached.0[0] = gateway_timeouts.map(|a| a.end).min().unwrap_or(SimTime::NEVER);
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn goals_are_ticked_by_what_was_shown() {
        let run = sent();
        let done = |at| goals(&run, at).into_iter().map(|g| g.done).collect::<Vec<_>>();
        assert_eq!(done(SimTime::from_secs(1)), [false; 4]);
        assert_eq!(done(run.attempts[0].end), [true, false, false, false]);
        assert_eq!(done(run.last()), [true, true, false, false]);
    }
}
