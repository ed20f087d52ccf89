//! A run as text: one line a moment, indented by who caused whom. Golden tests are written in it.

use std::fmt::Write as _;

use crate::sim::dialect::dialect;
use crate::sim::message::Message;
use crate::sim::scenario::Action;
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, Outcome, SpanId, SpanKind, Step, Trace};

/// Tells a run from its first event to its last. What crosses links is left out: departures and arrivals of
/// bytes double every line and say nothing that the ends do not.
pub fn story(trace: &Trace) -> String {
    // Starts and ends of spans, and notes, in order of time; ends come after the notes of their moment.
    let mut lines: Vec<(SimTime, u8, String)> = Vec::new();
    for (i, span) in trace.spans.iter().enumerate() {
        let id = SpanId(i as u32);
        let node = &trace.node(span.node).id;
        let what = match span.kind {
            SpanKind::Call => {
                trace.request(id).map_or("call".to_owned(), |r| format!("{} {}", r.method, r.path))
            }
            SpanKind::Attempt => format!("attempt {}", span.detail),
            SpanKind::GatewayRequest => "takes the request".to_owned(),
            SpanKind::Try => format!("tries {}", trace.node(NodeId(span.detail as u16)).id),
            SpanKind::Work => "takes the request".to_owned(),
            SpanKind::Query => "takes the query".to_owned(),
            SpanKind::Probe => format!("probes {}", trace.node(NodeId(span.detail as u16)).id),
            SpanKind::Refresh => "fetches a new answer for its store".to_owned(),
        };
        lines.push((span.start, 1, line(trace, id, span.start, node, &what)));
        let end = match span.outcome {
            Outcome::Open | Outcome::Unfinished => "is cut off by the end of the run".to_owned(),
            Outcome::Answer(m) => format!("ends with {}", told(trace, m)),
            Outcome::Broken(m, failure) => format!("ends with {}, broken off: {failure:?}", told(trace, m)),
            Outcome::Failed(failure) => format!("ends without an answer: {failure:?}"),
            Outcome::Done => "is done".to_owned(),
        };
        lines.push((span.end, 3, line(trace, id, span.end, node, &end)));
    }
    for event in &trace.events {
        if let Some(what) = note(trace, event.span, event.note) {
            let node = match event.note {
                Note::Step(Step::Process(node, _)) => &trace.node(node).id,
                _ if event.span == SpanId::NONE => "you",
                _ => &trace.node(trace.span(event.span).node).id,
            };
            let rank = if matches!(event.note, Note::Change(_)) { 0 } else { 2 };
            lines.push((event.at, rank, line(trace, event.span, event.at, node, &what)));
        }
    }
    lines.sort_by_key(|(at, rank, _)| (*at, *rank));
    let mut text = String::new();
    for (_, _, line) in lines {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "{:>12} s  the run stops: {:?}", seconds(trace.end), trace.stop);
    text
}

fn line(trace: &Trace, mut span: SpanId, at: SimTime, node: &str, what: &str) -> String {
    let mut depth = 0;
    while span != SpanId::NONE {
        depth += 1;
        span = trace.span(span).parent;
    }
    format!("{:>12} s  {}{node}: {what}", seconds(at), "  ".repeat(depth))
}

fn seconds(at: SimTime) -> String {
    let nanos = at.as_nanos();
    format!("{}.{:06}", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000)
}

fn told(trace: &Trace, message: Message) -> String {
    let template = trace.template(message);
    match template.status {
        Some(status) => format!("{status:03} {}", template.reason),
        None => "an answer without a status".to_owned(),
    }
}

fn note(trace: &Trace, span: SpanId, note: Note) -> Option<String> {
    let name = |node: NodeId| &trace.node(node).id;
    Some(match note {
        Note::Change(index) => match &trace.scenario.timeline.get(index as usize)?.action {
            Action::Send { client, request } => {
                format!("send {} {} as {client}", request.method, request.path)
            }
            Action::Inject { node, fault } => format!("break {node}: {}", fault.label()),
            Action::Repair { node, fault } => format!("repair {node}: {}", fault.info().title),
            Action::Set { node, to } => {
                format!("set {node}: {}", crate::sim::json::write(to))
            }
            Action::Deploy(deploy) => format!("deploy {}", deploy.origins.join(", ")),
        },
        Note::FaultActed(index) => format!("fault acts: {}", trace.faults[index as usize].fault.label()),
        Note::Connected => "is connected".to_owned(),
        Note::Queued(before) => format!("waits in line behind {before}"),
        Note::Started(busy) => format!("works on it ({busy} busy)"),
        Note::Asked => "asks the database".to_owned(),
        Note::Committed(number) => format!("stores order {number}"),
        Note::Noticed(failure) => format!("notices {failure:?}"),
        Note::Decided(rule, setting) => {
            let rule = trace
                .dialect(trace.span(span).node)
                .and_then(|d| dialect(d).rules().get(usize::from(rule.0)))?;
            match setting {
                Some(setting) => format!("decides by {} ({setting:?})", rule.id),
                None => format!("decides by {}", rule.id),
            }
        }
        Note::Picked(node) => format!("picks {}", name(node)),
        Note::PassedOver(node) => format!("passes over {}", name(node)),
        Note::PeerFailed(node, fails) => format!("counts {fails} failures of {}", name(node)),
        Note::PeerOut(node) => format!("takes {} out", name(node)),
        Note::PeerBack(node) => format!("trusts {} again", name(node)),
        Note::RetryIn(wait, reason) => format!("waits {wait} ({reason:?})"),
        Note::GaveUp(reason) => format!("does not try again ({reason:?})"),
        Note::CallerLeft => "notices that its caller has left".to_owned(),
        Note::Step(step) => step.words(),
        Note::Reused => "uses a kept connection".to_owned(),
        Note::LookedUp(time) => format!("looks the name up ({time})"),
        Note::Breaker(node, state) => format!("has the circuit breaker of {} {state:?}", name(node)),
        Note::BudgetRefused => "has no retry left in its budget".to_owned(),
        Note::Throttled(share) => format!("throttles itself ({share} of 1000)"),
        Note::Paced(wait) => format!("waits {wait} for its rate limit"),
        Note::Hedged => "sends another attempt beside the first".to_owned(),
        Note::WaitsForPlace(before) => format!("waits for a place behind {before}"),
        Note::GotPlace => "has a place".to_owned(),
        Note::Delayed(time) => format!("holds it back for {time}"),
        Note::FromStore(age) => format!("answers from its store ({age} old)"),
        Note::StaleFromStore(age) => format!("answers stale from its store ({age} old)"),
        Note::NotInStore => "has nothing in its store".to_owned(),
        Note::WaitsForFetch => "waits for another request's answer".to_owned(),
        Note::Stored => "stores the answer".to_owned(),
        Note::ProbedDown(node) => format!("takes {} out by its probes", name(node)),
        Note::ProbedUp(node) => format!("takes {} back by its probes", name(node)),
        Note::Ejected(node, time) => format!("ejects {} for {time}", name(node)),
        Note::Panicked => "asks anybody, since so few are well".to_owned(),
        Note::AllBack => "lets all back in".to_owned(),
        Note::TriesAgainIn(wait) => format!("tries again in {wait}"),
        Note::TriesNoMore(why) => format!("tries no more ({why:?})"),
        Note::Resent => "sends again by itself, since the kept connection was dead".to_owned(),
        // Told by the span's own start or end, or of no interest to a reader.
        Note::Departed { .. }
        | Note::RequestRead
        | Note::Released(_)
        | Note::QueryAnswered
        | Note::HeadRead
        | Note::Wrote(_)
        | Note::CallEnded => return None,
    })
}
