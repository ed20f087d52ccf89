//! A client: its attempts and its policy.

use crate::sim::client::Policy;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{BreakerState, NodeId, Note};

use super::lives::{Life, latest, so_far};
use super::{Body, Fact, Health, Ring, Tone, quiet, well};
use crate::view::run::{Attempt, Run};
use crate::view::{conditions, format, mark};

/// The most rings of attempts that a client shows.
const MOST_RINGS: usize = 8;

pub(super) fn client(run: &Run, id: NodeId, at: SimTime) -> (Health, Body, String) {
    let trace = &run.trace;
    let policy = conditions::policy(&trace.scenario, &trace.node(id).id, at);
    let name = policy_name(&policy);
    let life = run.lives.node(id);
    let call = life.and_then(|life| latest(&life.calls, at)).map(|(_, call)| *call);
    let Some(call_id) = call else {
        let facts = vec![fact("attempts", format!("up to {}", policy.most_attempts()))];
        let body = Body::Client { policy: name, attempts: vec![Ring::Future(1)], facts };
        return (well("ready"), body, "Nothing sent yet.".to_owned());
    };
    let call = trace.span(call_id);
    let policy = trace.policy_of(call_id).cloned().unwrap_or(policy);
    let mine: Vec<&Attempt> = run.attempts_of(call_id).take_while(|a| a.start <= at).collect();
    let waiting = waiting(run, &mine, at);
    let made = mine.len();
    let shown = &mine[made.saturating_sub(MOST_RINGS)..];
    let mut attempts: Vec<Ring> = shown
        .iter()
        .map(|a| {
            if a.ended(at) {
                Ring::Done { mark: a.mark, code: mark::label(a.status), number: a.key.number }
            } else {
                Ring::Open(a.key.number)
            }
        })
        .collect();
    if call.end > at {
        let most = policy.attempts.map_or(MOST_RINGS, |most| (most as usize).min(MOST_RINGS));
        attempts.extend((made + 1..=most).map(|n| Ring::Future(n as u32)));
    }
    let mut facts = Vec::new();
    if let Some(wait) = waiting {
        facts.push(fact("waits", format::duration(wait)));
    }
    facts.push(fact("attempt", format!("{made} of {}", policy.most_attempts())));
    if let Some(request) = trace.request(call_id) {
        let repeated = policy.allows_after(1, request.method) && policy.methods.contains(&request.method);
        facts.push(fact(
            request.method.as_str(),
            (if repeated { "repeated" } else { "not repeated" }).to_owned(),
        ));
    }
    facts.extend(life.map(|life| guards(life, at)).unwrap_or_default());
    let last = mine.iter().rev().find(|a| a.ended(at));
    let health = match last {
        _ if mine.last().is_some_and(|a| !a.ended(at)) => quiet("waiting"),
        Some(a) => Health { word: mark::label(a.status), tone: Tone::Mark(a.mark) },
        None => quiet("sending"),
    };
    let mut spoken = match (last, waiting) {
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
    if let Some(breaker) = facts.iter().find(|f| f.name == BREAKER) {
        spoken.push_str(&format!(" Its circuit breaker is {}.", breaker.value));
    }
    (health, Body::Client { policy: name, attempts, facts }, spoken)
}

const BREAKER: &str = "breaker";

/// What holds a client's attempts back, as far as it ever did.
fn guards(life: &Life, at: SimTime) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some((_, state)) = latest(&life.breaker, at) {
        facts.push(fact(BREAKER, breaker_word(*state).to_owned()));
    }
    let refused = so_far(&life.over_budget, at);
    if refused > 0 {
        facts.push(fact("budget", format!("{refused} refused")));
    }
    if let Some((_, chance)) = latest(&life.throttled, at) {
        facts.push(fact("throttled", format!("{} %", f64::from(*chance) / 10.0)));
    }
    if let Some((since, wait)) = latest(&life.held, at)
        && at < *since + *wait
    {
        facts.push(fact("own rate", format!("waits {}", format::duration(*wait))));
    }
    let hedged = so_far(&life.hedged, at);
    if hedged > 0 {
        facts.push(fact("hedged", hedged.to_string()));
    }
    facts
}

/// The state of a circuit breaker, in a word.
pub(super) fn breaker_word(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half-open",
    }
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
