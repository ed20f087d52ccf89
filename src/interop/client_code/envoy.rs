//! The retry policy of an Envoy route.
//!
//! Source: Envoy's API v3, `config.route.v3.RetryPolicy`, and `source/common/common/backoff_strategy.cc`: the wait is
//! uniformly below an interval that starts at the base and doubles up to the maximum. A reset header's wait is spread
//! upwards by up to half.

use super::gaps::{self, Obeys, seconds};
use super::{Code, beyond_a_loop, every_method, finish, numbers, obeys};
use crate::sim::client::{ConnectionErrors, DeadlineRule, Delay, Jitter, Malformed, OverCap, Policy, Repeat};
use crate::sim::time::SimDuration;

const OBEYS: Obeys =
    Obeys { who: "Envoy", date: false, over_cap: OverCap::Ignore, zero: false, malformed: Malformed::Ignore };

const DAY: SimDuration = SimDuration::from_secs(86_400);

pub(super) fn code(policy: &Policy) -> Code {
    let (mut on, mut missing) = conditions(policy);
    if !policy.statuses.is_empty() {
        on.insert(0, "retriable-status-codes");
    }
    let mut lines = vec!["route:".to_owned(), "  cluster: origin".to_owned()];
    let cuts = policy.deadline_rule == DeadlineRule::Cut;
    let timeout = policy.deadline.filter(|_| cuts).map_or("0s".to_owned(), seconds);
    lines.push(format!("  timeout: {timeout}"));
    if !on.is_empty() && gaps::retries(policy) > 0 {
        lines.push("  retry_policy:".to_owned());
        retries(policy, &on, &mut lines);
    } else if let Some(limit) = policy.attempt_timeout {
        missing
            .push(format!("The limit of {limit} for an attempt: without retries the route's timeout holds."));
    }
    missing.extend(waits(policy));
    if policy.deadline.is_some() && !cuts {
        missing.push("The deadline: a route's timeout cuts off the attempt that is under way.".to_owned());
    }
    lines.push(String::new());
    finish("#", missing, &lines.join("\n"))
}

fn retries(policy: &Policy, on: &[&str], lines: &mut Vec<String>) {
    let mut line = |text: String| lines.push(format!("    {text}"));
    line(format!("retry_on: {}", on.join(",")));
    line(format!("num_retries: {}", gaps::retries(policy)));
    if !policy.statuses.is_empty() {
        line(format!("retriable_status_codes: [{}]", numbers(&policy.statuses)));
    }
    if let Some(limit) = policy.attempt_timeout {
        line(format!("per_try_timeout: {}", seconds(limit)));
    }
    let (base, cap) = interval(&policy.delay);
    line("retry_back_off:".to_owned());
    line(format!("  base_interval: {}", seconds(base)));
    line(format!("  max_interval: {}", seconds(cap)));
    if obeys(policy) && policy.retry_after.seconds {
        line("rate_limited_retry_back_off:".to_owned());
        line("  reset_headers:".to_owned());
        line("  - name: Retry-After".to_owned());
        line("    format: SECONDS".to_owned());
        line(format!(
            "  max_interval: {}",
            seconds(policy.retry_after.cap.unwrap_or(DAY).max(SimDuration::from_millis(1)))
        ));
    }
    if !every_method(policy) {
        line("retriable_request_headers:".to_owned());
        for method in &policy.methods {
            line("- name: \":method\"".to_owned());
            line(format!("  string_match: {{ exact: {method} }}"));
        }
    }
}

/// Which conditions repeat failed connections, and what they do otherwise.
fn conditions(policy: &Policy) -> (Vec<&'static str>, Vec<String>) {
    let mut missing = beyond_a_loop(policy);
    gaps::without_kinds(policy, &mut missing);
    missing.retain(|what| !what.starts_with("Spreading") && !what.starts_with("Sending again"));
    let ConnectionErrors { refused, unreachable, connect_timeout, closed, reset, attempt_timeout, .. } =
        policy.connection_errors;
    let connect = [refused, unreachable, connect_timeout];
    let broken = [closed, reset, attempt_timeout];
    let some = |kinds: &[Repeat]| kinds.iter().any(|kind| *kind != Repeat::Never);
    let all = |kinds: &[Repeat]| kinds.iter().all(|kind| *kind != Repeat::Never);
    let mut on = Vec::new();
    if some(&broken) {
        on.push("reset");
    } else if some(&connect) {
        on.push("connect-failure");
    }
    let mut add = |there: bool, what: &str| {
        if there {
            missing.push(what.to_owned());
        }
    };
    add(
        some(&broken) && !(all(&broken) && all(&connect)) || some(&connect) && !all(&connect),
        "Failures of the network one by one: Envoy's `reset` is all of them, `connect-failure` those before a connection.",
    );
    add(
        policy.connection_errors.truncated != Repeat::Never,
        "Answers that break off in their body: Envoy has begun to pass them on.",
    );
    let any = [connect, broken].concat().contains(&Repeat::AnyMethod);
    add(any && !every_method(policy), "Failed connections of every method: Envoy looks at the method first.");
    add(policy.methods.is_empty(), "No method at all: without a list Envoy repeats each of them.");
    add(policy.attempts.is_none(), "Attempts without limit: a million stands here.");
    (on, missing)
}

/// Envoy's base and maximum nearest to the policy's wait.
fn interval(delay: &Delay) -> (SimDuration, SimDuration) {
    let least = |time: SimDuration| time.max(SimDuration::from_millis(1));
    match delay {
        Delay::None => (SimDuration::from_millis(1), SimDuration::from_millis(1)),
        Delay::Fixed(wait) => (least(*wait), least(*wait)),
        Delay::Exponential { base, cap, .. } | Delay::Linear { base, cap, .. } => {
            (least(*base), least(cap.unwrap_or(DAY)).max(least(*base)))
        }
        Delay::List(waits) => {
            let first = least(waits.first().copied().unwrap_or(SimDuration::ZERO));
            (first, waits.iter().copied().max().unwrap_or(first).max(first))
        }
    }
}

fn waits(policy: &Policy) -> Vec<String> {
    let mut missing = OBEYS.gaps(policy);
    let exact = matches!(
        policy.delay,
        Delay::Exponential { factor: 2.0, jitter: Jitter::Full, cap_last: false, base, cap, .. }
            if base.as_nanos() > 0 && cap.is_none_or(|cap| cap >= base)
    ) && !policy.first_retry_at_once;
    if !exact {
        missing.push("The waits: Envoy's are by chance between nothing and an interval that starts at the base and doubles up to its maximum.".to_owned());
    }
    if obeys(policy) {
        missing.push("Retry-After as it stands: Envoy adds up to half of it by chance.".to_owned());
        if policy.retry_after.statuses.is_some() {
            missing.push(
                "Obeying Retry-After on some statuses alone: Envoy obeys it on each that it repeats."
                    .to_owned(),
            );
        }
        if policy.retry_after.repeats {
            missing.push(
                "Repeating because of a Retry-After: Envoy looks at its own conditions alone.".to_owned(),
            );
        }
    }
    missing
}
