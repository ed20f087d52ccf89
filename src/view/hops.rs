//! The raw bytes of an attempt, both ways, between each two that spoke: client and gateway, gateways in a row, each try
//! at an origin.

use crate::sim::client;
use crate::sim::dialect::{Hop as Between, RequestBytes, Seen, dialect};
use crate::sim::explain::noticed;
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, NodeId, Note, Outcome, Parcel, Span, SpanId, SpanKind};

use super::ledger::{Ledger, message};
use super::mark::Mark;
use super::raw::{self, Raw, Remark};
use super::run::{Attempt, Run};
use super::{conditions, format, mark, names, text};

/// What two of them said to each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// Who: `nginx → A`, and which try where there are more.
    pub label: String,
    /// How the answer is drawn; none before it is there.
    pub mark: Option<Mark>,
    /// `504 after 2.000 s`.
    pub came: String,
    /// The answer; nothing where none came.
    pub answer: Raw,
    /// What is to be said about it.
    pub answer_note: Option<Remark>,
    /// The request; nothing where it was never sent.
    pub request: Raw,
    /// How its lines are known, or why it was not sent.
    pub request_note: String,
}

/// The address that every request comes from, as the logs have it.
const FROM: &str = "127.0.0.1";
/// How many hops there are at the most; a gateway that tries for hours makes more.
const MOST: usize = 60;

/// All hops of an attempt that had begun by `known`.
pub fn hops(run: &Run, ledger: &Ledger, attempt: &Attempt, known: SimTime) -> Vec<Hop> {
    let trace = &run.trace;
    let asked = trace.request(attempt.span).cloned().unwrap_or_default();
    let policy = trace.policy_of(attempt.call).cloned().unwrap_or_default();
    let number = ledger.call(attempt).map_or(0, |c| c.number);
    let (request, passage) = client::sent(&asked, &policy, number);
    let to = (trace.children(attempt.span))
        .find(|(_, s)| s.kind == SpanKind::GatewayRequest)
        .map(|(_, s)| s.node)
        .or_else(|| run.first(crate::sim::trace::NodeKind::Gateway));
    let there = to.map(|node| names::short(trace, node)).unwrap_or_default();
    let label = format!("{} → {there}", names::short(trace, attempt.client));
    let mut all = vec![hop(run, attempt.span, label, &request, passage.seen, known)];
    if let Some(first) = all.first_mut().filter(|h| h.mark.is_some()) {
        first.mark = Some(attempt.mark);
    }
    below(run, attempt.span, &request, known, &mut all);
    all
}

/// The tries of the gateways below a span, each followed by what came of it further on.
fn below(run: &Run, span: SpanId, request: &RequestBytes, known: SimTime, all: &mut Vec<Hop>) {
    let trace = &run.trace;
    let begun = |s: &Span, kind| s.kind == kind && s.start <= known;
    for (gateway, passed) in trace.children(span).filter(|(_, s)| begun(s, SpanKind::GatewayRequest)) {
        let tries: Vec<(SpanId, &Span)> =
            trace.children(gateway).filter(|(_, s)| begun(s, SpanKind::Try)).collect();
        let Some(product) = trace.dialect(passed.node).map(dialect) else { continue };
        for (i, (id, span)) in tries.iter().enumerate() {
            if all.len() >= MOST {
                return;
            }
            let settings = conditions::gateway(&trace.scenario, &trace.node(passed.node).id, span.start);
            let passage = product.passage(&product.effective(&settings));
            let upstream = NodeId(span.detail as u16);
            let hop_between =
                Between { from: FROM.to_owned(), to: address(run, upstream), number: u64::from(id.0) };
            let sent = request.passed_on(passage, &hop_between);
            let which = if tries.len() > 1 { format!(" (try {})", i + 1) } else { String::new() };
            let label =
                format!("{} → {}{which}", names::short(trace, passed.node), names::short(trace, upstream));
            all.push(hop(run, *id, label, &sent, passage.seen, known));
            below(run, *id, &sent, known, all);
        }
    }
}

/// An upstream's address as the logs write it: the first node behind the gateways is 10.0.0.1.
fn address(run: &Run, upstream: NodeId) -> String {
    let before = run.trace.scenario.clients.len() + run.trace.scenario.gateways.len();
    format!("10.0.0.{}:8080", usize::from(upstream.0).saturating_sub(before) + 1)
}

fn hop(run: &Run, id: SpanId, label: String, request: &RequestBytes, seen: Seen, known: SimTime) -> Hop {
    let trace = &run.trace;
    let span = trace.span(id);
    let over = span.end <= known && !matches!(span.outcome, Outcome::Open | Outcome::Unfinished);
    let was_sent = (trace.notes(id))
        .take_while(|e| e.at <= known)
        .any(|e| matches!(e.note, Note::Departed { parcel: Parcel::Request, toward: true, .. }));
    let took = format::duration(span.end.min(known).since(span.start));
    let came = match span.outcome {
        _ if !over => format!("nothing yet, after {took}"),
        outcome => match message(outcome) {
            Some(m) => format!("{} after {took}", mark::label(trace.status(m))),
            None if late(run, id, known).is_some() => format!("none in {took}; written later"),
            None => format!("none, after {took}"),
        },
    };
    let (answer, answer_note) = if over { answer(run, id, span, known) } else { (Raw::new(), None) };
    Hop {
        label,
        mark: over.then(|| Mark::of(message(span.outcome).and_then(|m| trace.status(m)), false)),
        came,
        answer,
        answer_note,
        request: if was_sent { raw::message(&request.render()) } else { Raw::new() },
        request_note: match (was_sent, seen) {
            (false, _) if over => "It was never sent.".to_owned(),
            (false, _) => "It is not sent yet.".to_owned(),
            (true, Seen::Recorded) => "Simulated; lines and their order as recorded.".to_owned(),
            (true, Seen::Inferred) => "Simulated; lines inferred from documents and sources.".to_owned(),
            (true, Seen::Unknown) => {
                "Simulated; which lines it adds is not known, so only the ones that must be there.".to_owned()
            }
        },
    }
}

fn answer(run: &Run, id: SpanId, span: &Span, known: SimTime) -> (Raw, Option<Remark>) {
    let trace = &run.trace;
    let bad = |text: String| Some(Remark { text, bad: true });
    let said = |failure: Failure| text::capital(&format!("{}.", noticed(failure)));
    let bytes = |m| raw::message(&trace.render(m));
    match span.outcome {
        Outcome::Answer(m) => (bytes(m), None),
        Outcome::Broken(m, failure) => (bytes(m), bad(said(failure))),
        Outcome::Failed(failure) => match late(run, id, known) {
            Some((who, at, m)) => {
                let after = format::duration(at.since(span.end));
                let unread = format!("{} {who} wrote this {after} later, and nobody read it.", said(failure));
                (bytes(m), bad(unread))
            }
            None => (Raw::new(), bad(said(failure))),
        },
        Outcome::Open | Outcome::Done | Outcome::Unfinished => (Raw::new(), None),
    }
}

/// What the other side wrote after nobody waited any more: who, when, what.
fn late(run: &Run, id: SpanId, known: SimTime) -> Option<(String, SimTime, crate::sim::message::Message)> {
    let trace = &run.trace;
    let end = trace.span(id).end;
    let (child, other) = trace.children(id).last()?;
    let wrote = trace.notes(child).find_map(|e| match e.note {
        Note::Wrote(m) if e.at >= end && e.at <= known => Some((e.at, m)),
        _ => None,
    });
    wrote.map(|(at, m)| (names::short(trace, other.node), at, m))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Scenario;
    use crate::view::samples::sent;

    fn text(raw: &Raw) -> String {
        raw.iter().map(|p| p.text.as_str()).collect()
    }

    #[test]
    fn both_ends_of_the_first_attempt_are_shown() {
        let run = sent();
        let ledger = Ledger::new(&run);
        let attempt = &run.attempts[0];
        let all = hops(&run, &ledger, attempt, attempt.end);
        let labels: Vec<&str> = all.iter().map(|h| h.label.as_str()).collect();
        assert_eq!(labels, ["client → nginx", "nginx → A"]);
        assert!(
            text(&all[0].request)
                .starts_with("POST /orders HTTP/1.1\r\nHost: orders.example\r\nUser-Agent: curl/")
        );
        assert!(text(&all[0].answer).starts_with("HTTP/1.1 504 Gateway Time-out\r\n"));
        assert_eq!(all[0].mark, Some(attempt.mark));
        assert!(
            text(&all[1].request)
                .starts_with("POST /orders HTTP/1.0\r\nHost: orders\r\nConnection: close\r\n")
        );
        assert!(all[1].answer.is_empty() && all[1].came.starts_with("none, after 2.00"), "{:?}", all[1]);
        let late = hops(&run, &ledger, attempt, run.last());
        assert!(text(&late[1].answer).starts_with("HTTP/1.1 201 Created\r\n"));
        let note = late[1].answer_note.as_ref().expect("a note");
        assert!(
            note.bad && note.text.contains("A wrote this 1.5") && note.text.ends_with("nobody read it."),
            "{note:?}"
        );
    }

    #[test]
    fn nothing_is_shown_before_it_was_said() {
        let run = sent();
        let ledger = Ledger::new(&run);
        let early = hops(&run, &ledger, &run.attempts[0], SimTime::from_nanos(700_000));
        assert_eq!(early.len(), 1);
        assert!(early[0].request.is_empty() && early[0].answer.is_empty() && early[0].mark.is_none());
        assert_eq!(early[0].request_note, "It is not sent yet.");
        let half = hops(&run, &ledger, &run.attempts[0], SimTime::from_secs(1));
        assert_eq!(half.len(), 2);
        assert!(half.iter().all(|h| !h.request.is_empty() && h.answer.is_empty()));
        assert_eq!(half[0].came, "nothing yet, after 1.000 s");
    }

    #[test]
    fn gateways_in_a_row_and_each_try_are_hops_of_their_own() {
        let json = r#"{"gateways": [{"id": "edge", "dialect": "envoy"},
                {"id": "gw", "settings": {"next_upstream": ["error"]}}],
            "origins": [{"id": "A", "link": {"faults": [{"refused": {}}]}}, {"id": "B"}],
            "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
        let run = Run::new(&Scenario::from_json(json).expect("a scenario"));
        let ledger = Ledger::new(&run);
        let all = hops(&run, &ledger, &run.attempts[0], run.last());
        let labels: Vec<&str> = all.iter().map(|h| h.label.as_str()).collect();
        assert_eq!(labels, ["client → Envoy", "Envoy → nginx", "nginx → A (try 1)", "nginx → B (try 2)"]);
        assert!(text(&all[1].request).contains("\r\nx-request-id: "));
        assert!(all[2].request.is_empty() && all[2].request_note == "It was never sent.");
        assert!(text(&all[3].request).contains("\r\nx-request-id: "), "the second one passes it on");
        assert!(text(&all[3].answer).contains("\r\nX-Origin: B\r\n"));
    }
}
