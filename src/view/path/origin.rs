//! An origin's workers, and a dependency's connections.

use crate::sim::explain::noticed;
use crate::sim::scenario::{DependencySettings, OriginSettings};
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, Outcome, Span, SpanId, SpanKind, Trace};

use super::{Body, Health, Slot, Tone, broken, quiet, well};
use crate::view::conditions::{self, ActiveFault};
use crate::view::mark::Mark;
use crate::view::run::Run;

/// The most slots for workers that an origin shows; more are told as a number alone.
const MOST_SLOTS: u32 = 16;

pub(super) fn origin(run: &Run, id: NodeId, at: SimTime, active: &[ActiveFault]) -> (Health, Body, String) {
    let trace = &run.trace;
    let name = &trace.node(id).id;
    let settings = conditions::origin(&trace.scenario, name, at);
    let workers = settings.workers.unwrap_or(OriginSettings::DEFAULT_WORKERS);
    let facts = run.facts.node(id);
    let running: Vec<SpanId> = facts.running_at(at).collect();
    let queue = facts.waiting.at(at);
    let busy = running.len() as u32;
    let lost = running.iter().filter(|work| caller_left(trace, trace.span(**work), at)).count() as u32;
    let slots = if workers <= MOST_SLOTS {
        (0..workers)
            .map(|i| match i {
                i if i < lost => Slot::Lost,
                i if i < busy => Slot::Busy,
                _ => Slot::Free,
            })
            .collect()
    } else {
        Vec::new()
    };
    let doing = match running.iter().min() {
        Some(work) => doing(trace, *work, trace.span(*work), at),
        None => done(run, id, at),
    };
    let health = broken(active, name).unwrap_or_else(|| match (busy, lost) {
        (0, _) => well("idle"),
        (_, 0) => quiet("busy"),
        _ => Health { word: "busy".to_owned(), tone: Tone::Mark(Mark::of(Some(504), true)) },
    });
    let mut spoken = format!("{busy} of {workers} workers busy");
    if lost > 0 {
        spoken.push_str(&format!(", {lost} of them for somebody who has left"));
    }
    spoken.push_str(&format!(". {doing}."));
    (health, Body::Origin { slots, busy, workers, queue, doing }, spoken)
}

/// True if whoever asked for this work does not wait for it any more.
fn caller_left(trace: &Trace, work: &Span, at: SimTime) -> bool {
    trace.spans.get(work.parent.0 as usize).is_some_and(|asked| asked.end <= at)
}

fn asked_for(trace: &Trace, span: SpanId) -> String {
    trace.request(span).map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default()
}

fn doing(trace: &Trace, id: SpanId, span: &Span, at: SimTime) -> String {
    let asked = trace.children(id).any(|(_, s)| s.kind == SpanKind::Query && s.start <= at && at < s.end);
    let what = if asked { "waits on the database" } else { "works on it" };
    let whom = if caller_left(trace, span, at) { ", nobody listens" } else { "" };
    format!("{}: {what}{whom}", asked_for(trace, id))
}

fn done(run: &Run, node: NodeId, at: SimTime) -> String {
    let trace = &run.trace;
    let over = &run.facts.node(node).over;
    let last = over.partition_point(|(end, _)| *end <= at).checked_sub(1);
    let Some((_, id)) = last.map(|i| over[i]) else { return "No request yet".to_owned() };
    let span = trace.span(id);
    let order = run.orders_of(id, at).first().map(|(_, order)| *order);
    let request = asked_for(trace, id);
    let wrote = trace.notes(id).find_map(|e| match e.note {
        Note::Wrote(message) if e.at <= at => trace.status(message),
        _ => None,
    });
    match (order, span.outcome) {
        (Some(order), _) => format!("{request}: stored order {order}"),
        (None, Outcome::Failed(failure)) => format!("{request}: {}", noticed(failure)),
        (None, _) => {
            wrote.map_or(format!("{request}: done"), |status| format!("{request}: answered {status}"))
        }
    }
}

pub(super) fn dependency(
    run: &Run,
    id: NodeId,
    at: SimTime,
    active: &[ActiveFault],
) -> (Health, Body, String) {
    let trace = &run.trace;
    let name = &trace.node(id).id;
    let settings = conditions::dependency(&trace.scenario, name, at);
    let connections = settings.connections.unwrap_or(DependencySettings::DEFAULT_CONNECTIONS);
    let queries = run.open(id, at) as u32;
    // The rest waits in line for a connection.
    let busy = queries.min(connections);
    let health = broken(active, name).unwrap_or_else(|| well("up"));
    let spoken = format!("{busy} of {connections} connections in use, {} waiting.", queries - busy);
    (health, Body::Dependency { busy: busy as usize, connections }, spoken)
}
