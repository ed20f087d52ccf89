//! A client: its attempts and its policy.

use crate::sim::client::Policy;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, Note};

use super::{Body, Fact, Health, Ring, Tone, quiet, well};
use crate::view::run::{Attempt, Run};
use crate::view::{conditions, format, mark};

/// The most rings of attempts to come that a client shows.
const MOST_RINGS: u32 = 8;
pub(super) fn client(run: &Run, id: NodeId, at: SimTime) -> (Health, Body, String) {
    let trace = &run.trace;
    let policy = conditions::policy(&trace.scenario, &trace.node(id).id, at);
    let name = policy_name(&policy);
    let calls = &run.facts.node(id).calls;
    let begun = calls.partition_point(|call| trace.span(*call).start <= at);
    let Some(call_id) = begun.checked_sub(1).map(|last| calls[last]) else {
        let facts = vec![fact("attempts", format!("up to {}", policy.most_attempts()))];
        let body = Body::Client { policy: name, attempts: vec![Ring::Future(1)], facts };
        return (well("ready"), body, "Nothing sent yet.".to_owned());
    };
    let policy = trace.policy_of(call_id).cloned().unwrap_or(policy);
    let mine: Vec<&Attempt> = run.attempts_of(call_id).filter(|a| a.start <= at).collect();
    let mut attempts: Vec<Ring> =
        mine.iter()
            .map(|a| {
                if a.ended(at) { Ring::Done(a.mark, mark::label(a.status)) } else { Ring::Open(a.key.number) }
            })
            .collect();
    if trace.span(call_id).end > at {
        let made = mine.len() as u32;
        attempts.extend(
            (made + 1..=policy.attempts.map_or(MOST_RINGS, |most| most.min(MOST_RINGS))).map(Ring::Future),
        );
    }
    let waiting = waiting(run, &mine, at);
    let mut facts = Vec::new();
    if let Some(wait) = waiting {
        facts.push(fact("waits", format::duration(wait)));
    }
    facts.push(fact("attempt", format!("{} of {}", mine.len(), policy.most_attempts())));
    if let Some(request) = trace.request(call_id) {
        let repeated = policy.allows_after(1, request.method) && policy.methods.contains(&request.method);
        facts.push(fact(
            request.method.as_str(),
            (if repeated { "repeated" } else { "not repeated" }).to_owned(),
        ));
    }
    let last = mine.iter().rev().find(|a| a.ended(at));
    let health = match last {
        _ if mine.last().is_some_and(|a| !a.ended(at)) => quiet("waiting"),
        Some(a) => Health { word: mark::label(a.status), tone: Tone::Mark(a.mark) },
        None => quiet("sending"),
    };
    let spoken = match (last, waiting) {
        (Some(a), Some(wait)) => {
            format!(
                "Got {} and waits {} before the next attempt.",
                mark::label(a.status),
                format::duration(wait)
            )
        }
        (Some(a), None) => format!("Last answer: {}.", mark::label(a.status)),
        (None, _) => "Waits for its first answer.".to_owned(),
    };
    (health, Body::Client { policy: name, attempts, facts }, spoken)
}

fn policy_name(policy: &Policy) -> String {
    conditions::preset_of(policy).map_or("own policy", |p| p.title).to_owned()
}

/// How long the client waits before its next attempt, if it waits now.
fn waiting(run: &Run, attempts: &[&Attempt], at: SimTime) -> Option<SimDuration> {
    let last = attempts.last().filter(|a| a.ended(at))?;
    let waits = run.waits_of(last.call).into_iter().rev().map(|i| &run.trace.events[i]);
    waits.filter(|e| e.at <= at && e.at >= last.end).find_map(|e| match e.note {
        Note::RetryIn(wait, _) => Some(wait),
        _ => None,
    })
}

fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_owned(), full: name.to_owned(), value, decided: false, important: true }
}
