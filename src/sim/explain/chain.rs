//! The links of the causal chain.

use super::cause::{Cause, acted, called, dialect_of, value};
use super::words::{answer, noticed};
use super::{Link, LinkKind};
use crate::sim::fault::{FaultKind, Place};
use crate::sim::order;
use crate::sim::trace::{BreakerState, Event, Index, NodeKind, Note, Outcome, SpanId, SpanKind, Trace};

/// The most links a chain has.
const MOST: usize = 6;

/// The chain of an attempt, in order of time.
pub(super) fn build(trace: &Trace, index: &Index<'_>, attempt: SpanId, cause: &Cause) -> Vec<Link> {
    let end = trace.span(attempt).end;
    let mut links = faults(trace, index, attempt, cause);
    let mut deciding = Vec::new();
    let mut after = Vec::new();
    for (i, event) in index.notes_below(attempt) {
        if let Some(link) = moment(trace, index, i, event, attempt, cause) {
            if link.kind == LinkKind::Afterwards { after.push(link) } else { deciding.push(link) }
        }
    }
    let retried = super::retried::link(trace, index, cause);
    // Tries before the last one are told only as far as there is room: the last ones decided.
    let room = MOST - 2 - links.len().min(2) - usize::from(retried.is_some());
    if deciding.len() > room {
        deciding.drain(..deciding.len() - room);
    }
    links.extend(deciding);
    links.extend(retried);
    if end != crate::sim::time::SimTime::NEVER {
        links.push(Link {
            at: end,
            event: None,
            kind: LinkKind::Answer,
            node: cause.gateway,
            text: answer(trace, attempt, cause),
            setting: None,
            rule: None,
        });
    }
    let room = MOST.saturating_sub(links.len()).max(1);
    // An order that was stored for nobody matters more than who is out of the rotation.
    order::by_key(&mut after, |l| matches!(l.event.map(|e| trace.events[e].note), Some(Note::PeerOut(_))));
    after.truncate(room);
    links.extend(after);
    order::by_key(&mut links, |l| l.at); // stable: links of one moment keep their causal order
    links
}

/// The faults that had an effect before the attempt ended, each once, the ones closest to the end last.
fn faults(trace: &Trace, index: &Index<'_>, attempt: SpanId, cause: &Cause) -> Vec<Link> {
    let end = trace.span(attempt).end;
    let mut seen: Vec<u32> = Vec::new();
    for (event, fault) in
        acted(index, cause.attempt.unwrap_or(attempt)).into_iter().chain(acted(index, attempt))
    {
        if trace.events[event].at <= end && !seen.contains(&fault) {
            seen.push(fault);
        }
    }
    seen.truncate(2);
    seen.iter()
        .map(|index| {
            let entry = &trace.faults[*index as usize];
            let place = match entry.place.strip_prefix("link:") {
                Some(node) => format!("the network in front of {node}"),
                None if entry.fault.kind().info().place == Place::Dependency => {
                    format!("the {}", entry.place)
                }
                None => format!("origin {}", entry.place),
            };
            let label = entry.fault.label();
            let text = match entry.change {
                Some(_) => format!("A fault is placed on {place}: {label}."),
                None => format!("From the start, {place} is broken: {label}."),
            };
            let event = entry.change.and_then(|change| {
                let from = trace.events.partition_point(|e| e.at < entry.since);
                let found = trace.events[from..].iter().position(|e| e.note == Note::Change(change));
                found.map(|i| from + i)
            });
            let node = entry.place.strip_prefix("link:").unwrap_or(&entry.place);
            Link {
                at: entry.since,
                event,
                kind: LinkKind::Fault,
                node: trace
                    .nodes
                    .iter()
                    .position(|n| n.id == node)
                    .map(|i| crate::sim::trace::NodeId(i as u16)),
                text,
                setting: None,
                rule: None,
            }
        })
        .collect()
}

/// The link that an event makes, if it makes one.
fn moment(
    trace: &Trace,
    index: &Index<'_>,
    at: usize,
    event: &Event,
    attempt: SpanId,
    cause: &Cause,
) -> Option<Link> {
    let span = trace.span(event.span);
    let end = trace.span(attempt).end;
    let over = event.at > end;
    let who = called(trace, span.node);
    let link = |kind, text: String| {
        Some(Link {
            at: event.at,
            event: Some(at),
            kind,
            node: Some(span.node),
            text,
            setting: None,
            rule: None,
        })
    };
    match event.note {
        Note::Asked if Some(event.span) == cause.work => {
            let database =
                trace.nodes.iter().find(|n| n.kind == NodeKind::Dependency).map_or("database", |n| &n.id);
            link(
                LinkKind::Mechanism,
                format!("{who} takes the request and waits for the {database}. Nothing goes back yet."),
            )
        }
        Note::FaultActed(fault) if span.kind == SpanKind::Work => {
            let text = match trace.faults[fault as usize].fault.kind() {
                FaultKind::UnhandledException => {
                    format!("The code on {who} throws. The framework rolls back and answers by itself.")
                }
                FaultKind::CrashAfterRead => format!("{who} has read the request when its worker dies."),
                FaultKind::SlowAnswer => format!("{who} has read the request and is slow to answer."),
                FaultKind::ApplicationError => format!("{who} answers with an error of its own."),
                _ => return None,
            };
            link(LinkKind::Mechanism, text)
        }
        Note::FaultActed(fault) if span.kind == SpanKind::Try => {
            let origin = called(trace, crate::sim::trace::NodeId(span.detail as u16));
            let text = match trace.faults[fault as usize].fault.kind() {
                FaultKind::Frozen => {
                    format!("{origin}'s kernel takes the request in, but the process stands still.")
                }
                FaultKind::BlackHole => format!("What {who} sends to {origin} vanishes on the way."),
                _ => return None,
            };
            // Said once: several packets may vanish.
            let first =
                index.notes(event.span).take_while(|(i, _)| *i < at).all(|(_, e)| e.note != event.note);
            first.then(|| link(LinkKind::Mechanism, text)).flatten()
        }
        Note::Queued(before) if span.kind == SpanKind::Work => link(
            LinkKind::Mechanism,
            format!("All workers of {who} are busy; {before} requests are waiting already."),
        ),
        Note::Step(step) => {
            let kind = if over { LinkKind::Afterwards } else { LinkKind::Mechanism };
            link(kind, format!("{}: {}.", capital(&who), step.words()))
        }
        Note::Noticed(failure) if span.kind == SpanKind::Try && !failure_is_told_by_a_timer(failure) => {
            link(LinkKind::Mechanism, format!("{who} notices: {}.", noticed(failure)))
        }
        Note::Decided(rule, setting) => {
            let rule = dialect_of(trace, span.node).and_then(|d| d.rules().get(usize::from(rule.0)))?;
            let value = setting.and_then(|s| value(trace, event.span, s));
            let text = match &value {
                // A switch has no value worth quoting.
                Some(v) if !matches!(v.value.as_str(), "on" | "off") => {
                    format!("`{} {}`: {}.", v.directive, v.value, rule.text)
                }
                _ => format!("{}.", sentence(rule.text, &who)),
            };
            let kind = if value.is_some() { LinkKind::Setting } else { LinkKind::Mechanism };
            link(kind, text).map(|l| Link { setting: value, rule: Some(rule), ..l })
        }
        Note::Committed(number) => {
            let told =
                matches!(trace.span(attempt).outcome, Outcome::Answer(m) if trace.status(m) == Some(201));
            if over {
                link(
                    LinkKind::Afterwards,
                    format!("{} stores order {number}. Nobody is listening.", capital(&who)),
                )
            } else if told {
                link(LinkKind::Mechanism, format!("{} stores order {number}.", capital(&who)))
            } else {
                link(
                    LinkKind::Mechanism,
                    format!("{} stores order {number}, but the client will not learn of it.", capital(&who)),
                )
            }
        }
        Note::WaitsForPlace(before) => link(
            LinkKind::Mechanism,
            format!("{who} has no place free at an upstream; {before} requests wait there already."),
        ),
        Note::TriesAgainIn(wait) => {
            link(LinkKind::Mechanism, format!("{who} waits {} and tries again.", wait.spoken()))
        }
        Note::Panicked => {
            link(LinkKind::Mechanism, format!("So few upstreams count as well that {who} asks any of them."))
        }
        Note::StaleFromStore(age) => {
            link(LinkKind::Mechanism, format!("{who} gives out what it stored {} ago.", age.spoken()))
        }
        Note::Breaker(node, BreakerState::Open) if node == span.node => {
            link(LinkKind::Afterwards, format!("{who} opens its circuit breaker."))
        }
        Note::Ejected(node, time) => {
            link(LinkKind::Afterwards, format!("{who} ejects {} for {}.", called(trace, node), time.spoken()))
        }
        Note::PeerOut(node) => {
            link(LinkKind::Afterwards, format!("{who} takes {} out of its rotation.", called(trace, node)))
        }
        _ => None,
    }
    .filter(|l| !over || l.kind == LinkKind::Afterwards)
}

/// True for failures whose rule (a timer ran out) already says what was noticed.
fn failure_is_told_by_a_timer(failure: crate::sim::trace::Failure) -> bool {
    use crate::sim::trace::Failure;
    matches!(failure, Failure::ReadTimeout | Failure::ConnectTimeout | Failure::CallerLeft)
}

/// A rule as a sentence; names of products keep the letter that they begin with.
fn sentence(text: &str, product: &str) -> String {
    if text.starts_with(product) { text.to_owned() } else { capital(text) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
