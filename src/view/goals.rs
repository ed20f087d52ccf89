//! Things to try next. They are ticked by what the run did, never by what a person pressed.

use crate::sim::time::SimTime;
use crate::sim::trace::{Note, SpanId, SpanKind};

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

/// The goals of the first scenario, as far as the run is known.
pub fn goals(run: &Run, known: SimTime) -> Vec<Goal> {
    let trace = &run.trace;
    let orders = |call: SpanId| {
        (trace.events.iter().take_while(|e| e.at <= known))
            .filter(|e| matches!(e.note, Note::Committed(_)) && trace.descends(e.span, call))
            .count()
    };
    let slow = |at: SimTime| !conditions::faults(&trace.scenario, at).is_empty();
    let calls: Vec<(SpanId, SimTime, SimTime)> = trace
        .of_kind(SpanKind::Call)
        .filter(|(id, s)| s.start <= known && trace.request(*id).is_some_and(|r| !r.method.is_idempotent()))
        .map(|(id, s)| (id, s.start, s.end))
        .collect();
    let answered = |call: SpanId| run.attempts.iter().filter(move |a| a.call == call && a.ended(known));
    let over = |end: SimTime| end <= known;
    vec![
        Goal {
            title: "Make it 504",
            done: run.attempts.iter().any(|a| a.ended(known) && a.status == Some(504)),
        },
        Goal { title: "Create an order twice", done: calls.iter().any(|(call, ..)| orders(*call) >= 2) },
        Goal {
            title: "Same click, one order",
            done: calls.iter().any(|(call, start, end)| {
                over(*end) && slow(*start) && orders(*call) == 1 && run.last() <= known
            }),
        },
        Goal {
            title: "Same fault, no 504",
            done: calls.iter().any(|(call, start, end)| {
                over(*end)
                    && slow(*start)
                    && answered(*call).next().is_some()
                    && answered(*call).all(|a| a.mark.good())
            }),
        },
    ]
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
