//! Where the transport jumps to: failures, changes, and the stretch that is played again and again.

use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

use super::form::Refusal;
use super::format;
use super::run::{Attempt, Run};

/// The nearest attempt behind or before a moment that ended and got nothing good.
pub fn failure(run: &Run, from: SimTime, forwards: bool) -> Option<&Attempt> {
    let at = if forwards { run.next_failure(from) } else { run.previous_failure(from) }?;
    run.last_answer(at)
}

/// The nearest change behind or before a moment, with its step if it has one.
pub fn change(run: &Run, from: SimTime, forwards: bool) -> Option<(SimTime, Option<usize>)> {
    let times = moments(&run.trace.scenario);
    let at = if forwards { times.filter(|t| *t > from).min() } else { times.filter(|t| *t < from).max() }?;
    let step = steps_before(run, at);
    Some((at, step_moment(run, step).filter(|s| *s == at).map(|_| step)))
}

fn step_moment(run: &Run, number: usize) -> Option<SimTime> {
    run.step_moment(number)
}

/// How many steps there are before a moment.
fn steps_before(run: &Run, at: SimTime) -> usize {
    let until = SimTime::from_nanos(at.as_nanos().saturating_sub(1));
    if at == SimTime::ZERO { 0 } else { run.steps_by(until) }
}

/// The moment of the first step after another moment.
pub(super) fn stop_after(run: &Run, at: SimTime) -> Option<SimTime> {
    step_moment(run, run.step_at(at).map_or(0, |i| i + 1))
}

/// The same, or that moment itself.
pub(super) fn stop_at_or_after(run: &Run, at: SimTime) -> Option<SimTime> {
    step_moment(run, steps_before(run, at))
}

/// The moment of the last step before another moment.
pub(super) fn stop_before(run: &Run, at: SimTime) -> Option<SimTime> {
    step_moment(run, steps_before(run, at).checked_sub(1)?)
}

fn moments(scenario: &Scenario) -> impl Iterator<Item = SimTime> + '_ {
    // What lies behind the end never happens, and the playhead does not go there.
    let end = SimTime::ZERO + scenario.horizon;
    scenario.timeline.iter().map(|c| c.at).filter(move |at| *at <= end)
}

/// The stretch that is played again and again; it has an end once a person has set one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Its start.
    pub from: SimTime,
    /// Its end; none while only the start is set.
    pub to: Option<SimTime>,
}

impl Loop {
    /// The step that is shown, up to the next one; behind the last step, from the one before it. None in an empty run.
    pub fn of_step(run: &Run, at: SimTime, step: Option<usize>) -> Option<Self> {
        let here = step.and_then(|i| step_moment(run, i)).unwrap_or(at);
        let (before, next) = (stop_before(run, here), stop_after(run, here));
        match (before, next) {
            (_, Some(next)) => Some(Self { from: here, to: Some(next) }),
            (Some(before), None) => Some(Self { from: before, to: Some(here) }),
            (None, None) => None,
        }
    }

    /// With its start at a moment; an end that is not behind it is dropped.
    pub fn starting(old: Option<Self>, at: SimTime) -> Self {
        Self { from: at, to: old.and_then(|l| l.to).filter(|to| *to > at) }
    }

    /// With its end at a moment; without a start it begins with the run.
    ///
    /// # Errors
    /// It would end before it starts.
    pub fn ending(old: Option<Self>, at: SimTime) -> Result<Self, Refusal> {
        let from = old.map_or(SimTime::ZERO, |l| l.from);
        if at <= from {
            return Err(Refusal(format!(
                "A loop cannot end at {}: it starts at {}. Expected a later moment.",
                format::moment(at),
                format::moment(from)
            )));
        }
        Ok(Self { from, to: Some(at) })
    }

    /// Start and end, once there are both.
    pub fn whole(self) -> Option<(SimTime, SimTime)> {
        self.to.map(|to| (self.from, to))
    }

    /// Where the playhead is once it has moved on to `to`: at the end it goes back to the start.
    pub fn advance(self, from: SimTime, to: SimTime) -> SimTime {
        match self.whole() {
            Some((start, end)) if from >= end => start,
            Some((_, end)) => to.min(end),
            None => to,
        }
    }

    /// What it is, in words.
    pub fn words(self) -> String {
        match self.to {
            Some(to) => format!("Loop from {} to {}", format::moment(self.from), format::moment(to)),
            None => format!("Loop from {}; its end is not set yet", format::moment(self.from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::mark::Kind;
    use crate::view::samples::sent;

    #[test]
    fn failures_are_found_in_both_directions_and_good_answers_are_none() {
        let run = sent();
        let failed: Vec<SimTime> =
            run.attempts.iter().filter(|a| a.mark.kind != Kind::Ok).map(|a| a.end).collect();
        assert!(failed.len() >= 2);
        let mut at = SimTime::ZERO;
        for end in &failed {
            at = failure(&run, at, true).expect("a failure").end;
            assert_eq!(at, *end);
        }
        assert_eq!(failure(&run, at, true).map(|a| a.end), None);
        assert_eq!(failure(&run, at, false).map(|a| a.end), failed.iter().rev().nth(1).copied());
        assert_eq!(failure(&run, SimTime::ZERO, false).map(|a| a.end), None);
    }

    #[test]
    fn changes_are_found_with_their_steps() {
        let mut scenario = sent().trace.scenario;
        scenario.timeline[1].at = SimTime::from_secs(5);
        let run = Run::new(&scenario);
        let (at, step) = change(&run, SimTime::ZERO, true).expect("the request");
        assert_eq!(at, SimTime::from_secs(5));
        assert!(run.step(step.expect("a step")).expect("a step").what.contains("you send"));
        assert_eq!(change(&run, at, true), None);
        assert_eq!(change(&run, at, false).map(|c| c.0), Some(SimTime::ZERO));
        scenario.timeline[1].at = SimTime::from_secs(90);
        assert_eq!(change(&Run::new(&scenario), SimTime::ZERO, true), None, "it never happens");
    }

    #[test]
    fn a_loop_goes_back_to_its_start_and_never_ends_before_it() {
        let [a, b, c] = [1, 2, 3].map(SimTime::from_secs);
        let open = Loop::starting(None, b);
        assert_eq!(open.whole(), None);
        assert!(Loop::ending(Some(open), a).is_err() && Loop::ending(Some(open), b).is_err());
        let whole = Loop::ending(Some(open), c).expect("later");
        assert_eq!(
            (whole.advance(a, b), whole.advance(b, SimTime::from_secs(9)), whole.advance(c, c)),
            (b, c, b)
        );
        assert_eq!(Loop::starting(Some(whole), c).to, None);
        assert_eq!(Loop::ending(None, a).expect("from the start").from, SimTime::ZERO);
        assert_eq!(open.advance(a, c), c, "without an end nothing is repeated");
    }

    #[test]
    fn a_step_is_looped_up_to_the_next_one() {
        let run = sent();
        let at = run.attempts[0].end;
        let here = run.step_at(at);
        let whole = Loop::of_step(&run, at, here).and_then(Loop::whole).expect("a stretch");
        assert!(whole.0 == at && whole.1 > at);
        let last =
            Loop::of_step(&run, run.last(), run.step_at(run.last())).and_then(Loop::whole).expect("one");
        assert!(last.0 < last.1 && last.1 <= run.last());
    }
}
