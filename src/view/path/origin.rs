//! An origin's workers and its life, and a dependency's connections.

use crate::sim::explain::noticed;
use crate::sim::scenario::{DependencySettings, OriginSettings};
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, NodeKind, Note, Outcome, ProcessStep, SpanId, SpanKind, Trace};

use super::lives::{Life, latest};
use super::{Body, Fact, Health, Slot, Tone, broken, quiet, well};
use crate::view::conditions::{self, ActiveFault};
use crate::view::format;
use crate::view::mark::Mark;
use crate::view::run::Run;

/// The most slots for workers that an origin shows; more are told as a number alone.
const MOST_SLOTS: u32 = 16;

pub(super) fn origin(run: &Run, id: NodeId, at: SimTime, active: &[ActiveFault]) -> (Health, Body, String) {
    let trace = &run.trace;
    let name = &trace.node(id).id;
    let settings = conditions::origin(&trace.scenario, name, at);
    let workers = settings.workers.unwrap_or(OriginSettings::DEFAULT_WORKERS);
    let none = Life::default();
    let life = run.lives.node(id).unwrap_or(&none);
    let busy = life.busy.at(at) as u32;
    let lost = (life.lost.at(at) as u32).min(busy);
    let queue = life.waiting.at(at);
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
    let process = process(life, at);
    let doing = match (&process, life.newest_running(at)) {
        (Some((_, doing)), _) => doing.clone(),
        (None, Some(work)) => doing(trace, work, at),
        (None, None) => done(run, life, at),
    };
    let health = match (&process, broken(active, name)) {
        (Some((word, _)), Some(broken)) => Health { word: (*word).to_owned(), tone: broken.tone },
        (Some((word, _)), None) => quiet(word),
        (None, Some(broken)) => broken,
        (None, None) => match (busy, lost) {
            (0, _) => well("idle"),
            (_, 0) => quiet("busy"),
            _ => Health { word: "busy".to_owned(), tone: Tone::Mark(Mark::of(Some(504), true)) },
        },
    };
    let facts = pool(run, life, id, &settings, at);
    let mut spoken = format!("{busy} of {workers} workers busy");
    if lost > 0 {
        spoken.push_str(&format!(", {lost} of them for somebody who has left"));
    }
    if queue > 0 {
        spoken.push_str(&format!(", {queue} in the queue"));
    }
    spoken.push_str(&format!(". {doing}."));
    (health, Body::Origin { slots, busy, workers, queue, doing, facts }, spoken)
}

/// Where the process stands in its life, unless it simply runs: a word, and what that means now.
fn process(life: &Life, at: SimTime) -> Option<(&'static str, String)> {
    let (since, step) = *latest(&life.process, at)?;
    Some(match step {
        ProcessStep::Stopping => ("draining", "Finishes what it has begun; its port is closed".to_owned()),
        ProcessStep::Stopped => ("stopped", "Its port is closed".to_owned()),
        ProcessStep::DrainCut | ProcessStep::Killed => ("dead", "Killed; its port is closed".to_owned()),
        ProcessStep::Crashed => ("dead", "Crashed; its port is closed".to_owned()),
        ProcessStep::OutOfMemory => ("dead", "Killed by the kernel: out of memory".to_owned()),
        ProcessStep::RestartIn(wait) => ("dead", format!("Restarts at {}", format::moment(since + wait))),
        ProcessStep::Starting => ("starting", "Its port is still closed".to_owned()),
        ProcessStep::Ready => return None,
    })
}

/// The connections to the database, where there is a limit or somebody waits for one.
fn pool(run: &Run, life: &Life, id: NodeId, settings: &OriginSettings, at: SimTime) -> Vec<Fact> {
    let Some(pool) = settings.pool else { return Vec::new() };
    let trace = &run.trace;
    let dependencies =
        (0..trace.nodes.len() as u16).map(NodeId).filter(|n| trace.node(*n).kind == NodeKind::Dependency);
    let used: usize = dependencies.filter_map(|n| run.lives.way(id, n)).map(|way| way.used.at(at)).sum();
    let waiting = life.pooling.at(at);
    let value = if waiting > 0 {
        format!("{used} of {}, {waiting} wait", pool.size)
    } else {
        format!("{used} of {}", pool.size)
    };
    let full = "connections to the database".to_owned();
    vec![Fact { name: "pool".to_owned(), full, value, decided: false, important: waiting > 0 }]
}

fn asked_for(trace: &Trace, span: SpanId) -> String {
    trace.request(span).map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default()
}

fn doing(trace: &Trace, work: SpanId, at: SimTime) -> String {
    let span = trace.span(work);
    let what = match waits_on(trace, work, at) {
        Some(dependency) => format!("waits on {}", named(&trace.node(dependency).id)),
        None => "works on it".to_owned(),
    };
    let left = trace.spans.get(span.parent.0 as usize).is_some_and(|asked| asked.end <= at);
    let whom = if left { ", nobody listens" } else { "" };
    format!("{}: {what}{whom}", asked_for(trace, work))
}

/// Whom a piece of work waits on.
fn waits_on(trace: &Trace, work: SpanId, at: SimTime) -> Option<NodeId> {
    let mut queries = trace.children(work).filter(|(_, s)| s.kind == SpanKind::Query);
    queries.find(|(_, s)| s.start <= at && at < s.end).map(|(_, s)| s.node)
}

/// A dependency in a sentence: its article only where its name is a word.
fn named(id: &str) -> String {
    if id == "database" { "the database".to_owned() } else { id.to_owned() }
}

fn done(run: &Run, life: &Life, at: SimTime) -> String {
    let trace = &run.trace;
    let Some((_, id)) = latest(&life.over, at) else { return "No request yet".to_owned() };
    let request = asked_for(trace, *id);
    match (run.orders_of(*id, at).first(), trace.span(*id).outcome) {
        (Some((_, order)), _) => format!("{request}: stored order {order}"),
        (None, Outcome::Failed(failure)) => format!("{request}: {}", noticed(failure)),
        (None, _) => {
            let wrote = trace.notes(*id).find_map(|e| match e.note {
                Note::Wrote(message) if e.at <= at => trace.status(message),
                _ => None,
            });
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
    let none = Life::default();
    let life = run.lives.node(id).unwrap_or(&none);
    // The rest waits in line for a connection.
    let busy = life.busy.at(at) as u32;
    let waiting = life.waiting.at(at);
    let health = broken(active, name).unwrap_or_else(|| match (busy, waiting) {
        (0, _) => well("up"),
        (_, 0) => quiet("busy"),
        _ => quiet("full"),
    });
    let spoken = format!("{busy} of {connections} connections in use, {waiting} waiting.");
    (health, Body::Dependency { busy: busy as usize, connections, waiting }, spoken)
}
