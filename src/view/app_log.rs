//! What the application's own log would say of an attempt.
//!
//! No log was recorded: the application is simulated, and so are its lines. It writes what such an application knows:
//! that a request came, what it waits for, what failed, that its caller has gone, and what it answered after how long. It
//! does not know of faults by their names, nor of what its gateway made of the answer.

use crate::interop::har::date;
use crate::sim::order;
use crate::sim::time::SimTime;
use crate::sim::trace::{Note, QueryFailure, SpanId, SpanKind, Step};

use super::ledger::of_kind;
use super::run::{Attempt, Run};
use super::{format, names};

/// A line of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: SimTime,
    /// `INFO`, `WARN`, `ERROR`.
    pub level: &'static str,
    /// Which origin's: its name.
    pub origin: String,
    /// The line.
    pub text: String,
}

/// All lines about an attempt, in order of time.
pub fn lines(run: &Run, attempt: &Attempt) -> Vec<Line> {
    let trace = &run.trace;
    let mut all: Vec<Line> = Vec::new();
    for (id, span) in of_kind(trace, attempt.span, SpanKind::Work) {
        let origin = names::short(trace, span.node);
        let asked = trace.request(id).map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default();
        let mut stored = None;
        for (at, note) in notes(run, id) {
            let (level, words) = match note {
                Note::RequestRead => ("INFO", format!("{asked} started")),
                Note::Queued(0) => ("INFO", "waits for a worker".to_owned()),
                Note::Queued(before) => ("WARN", format!("waits for a worker, {before} before it")),
                Note::Committed(order) => {
                    stored = Some(order);
                    continue;
                }
                Note::QueryAnswered => match stored.take() {
                    Some(order) => ("INFO", format!("order {order} stored")),
                    None => continue,
                },
                Note::CallerLeft => ("WARN", "client closed the connection".to_owned()),
                Note::Step(step) => match step_words(step) {
                    Some(words) => words,
                    None => continue,
                },
                Note::Wrote(m) => {
                    let took = format::duration(at.since(span.start));
                    let status = trace.status(m);
                    let level = if status.is_some_and(|s| s >= 500) { "ERROR" } else { "INFO" };
                    (level, format!("{asked} {} in {took}", super::mark::label(status)))
                }
                _ => continue,
            };
            let text = format!("{} {level:<5} req-{:04x} {words}", date(trace.scenario.epoch, at), id.0);
            all.push(Line { at, level, origin: origin.clone(), text });
        }
    }
    order::by_key(&mut all, |line| line.at);
    all
}

/// The notes of a piece of work, and of what was stored by its queries, in order of time.
fn notes(run: &Run, work: SpanId) -> Vec<(SimTime, Note)> {
    let trace = &run.trace;
    let mut all: Vec<(SimTime, Note)> = trace.notes(work).map(|e| (e.at, e.note)).collect();
    for (query, _) in trace.children(work) {
        let told = trace.notes(query).filter(|e| {
            matches!(
                e.note,
                Note::Committed(_) | Note::Step(Step::KeyReplayed(_) | Step::KeyBusy | Step::KeyMismatch)
            )
        });
        all.extend(told.map(|e| (e.at, e.note)));
    }
    order::by_key(&mut all, |(at, _)| *at);
    all
}

fn step_words(step: Step) -> Option<(&'static str, String)> {
    let level = match step {
        // The kernel's, and what nobody logs.
        Step::SynDropped(_)
        | Step::Called(_)
        | Step::RowRead(_)
        | Step::RowWritten(_)
        | Step::Locked
        | Step::KeyClaimed
        | Step::Process(..) => return None,
        Step::QueryFailed(QueryFailure::PoolExhausted) => {
            return Some(("ERROR", "connection pool exhausted: no connection was free in time".to_owned()));
        }
        Step::QueryFailed(_) | Step::LockTimeout | Step::QueueTimeout(_) => "ERROR",
        Step::KeyReplayed(_) | Step::NoOrder(_) => "INFO",
        _ => "WARN",
    };
    Some((level, step.words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Scenario;
    use crate::view::samples::sent;

    #[test]
    fn the_application_logs_success_where_the_client_got_an_error() {
        let run = sent();
        let all = lines(&run, &run.attempts[0]);
        let text: Vec<&str> = all.iter().map(|l| l.text.as_str()).collect();
        assert!(text[0].contains(" INFO  req-") && text[0].ends_with("POST /orders started"), "{text:?}");
        assert!(text.iter().any(|l| l.contains(" WARN ") && l.ends_with("client closed the connection")));
        assert!(text.iter().any(|l| l.ends_with("order 1042 stored")));
        assert!(text.last().is_some_and(|l| l.contains("POST /orders 201 in 3.5")), "{text:?}");
        assert!(all.windows(2).all(|w| w[0].at <= w[1].at));
        assert!(all.iter().all(|l| l.origin == "A"));
    }

    #[test]
    fn failures_of_what_it_needs_are_errors() {
        let json = r#"{"timeline": [
            {"at": "0s", "do": {"inject": {"node": "database", "fault": {"dependency_down": {}}}}},
            {"at": "1s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
        let run = Run::new(&Scenario::from_json(json).expect("a scenario"));
        let all = lines(&run, &run.attempts[0]);
        assert!(all.iter().any(|l| l.level == "ERROR"), "{all:?}");
        assert!(all.iter().all(|l| !l.text.contains("fault")));
    }
}
