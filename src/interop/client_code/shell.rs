//! A call of curl: what its flags can say, and in comments what curl does instead.
//!
//! Source: curl 8.23.0, `curl --manual`, and recordings of it.

use super::{Code, beyond_a_loop, every_method, finish, obeys};
use crate::sim::client::{ConnectionErrors, DeadlineRule, Delay, Policy, Repeat};

/// What `--retry` repeats.
const STATUSES: [u16; 8] = [408, 429, 500, 502, 503, 504, 522, 524];

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    // curl does these by itself, or has a flag for them.
    let by_itself = ["Which failures", "Sending again", "Counting the wait"];
    missing.retain(|what| !by_itself.iter().any(|start| what.starts_with(start)));
    let mut flags = vec!["curl --include".to_owned()];
    let retries = policy.attempts.map(|most| most.saturating_sub(1));
    if retries != Some(0) {
        flags.push(format!("--retry {}", retries.unwrap_or(1_000_000)));
        retrying(policy, &mut flags, &mut missing);
    }
    let seconds = |t: crate::sim::time::SimDuration| format!("{}", t.as_secs_f64());
    if let Some(limit) = policy.attempt_timeout {
        flags.push(format!("--max-time {}", seconds(limit)));
    }
    if let Some(deadline) = policy.deadline {
        flags.push(format!("--retry-max-time {}", deadline.as_secs_f64().ceil()));
        if policy.deadline_rule != DeadlineRule::NoWaitAfter {
            missing.push(
                "The deadline as it stands: curl looks at the time before a wait, and may end past it."
                    .to_owned(),
            );
        }
    }
    finish("#", missing, &format!("{} \"$URL\"\n", flags.join(" ")))
}

fn retrying(policy: &Policy, flags: &mut Vec<String>, missing: &mut Vec<String>) {
    match &policy.delay {
        Delay::Fixed(wait) if wait.as_nanos() > 0 && wait.as_nanos().is_multiple_of(1_000_000_000) => {
            flags.push(format!("--retry-delay {}", wait.as_nanos() / 1_000_000_000));
        }
        Delay::Exponential { base, factor, cap, jitter, .. }
            if base.as_millis() == 1_000
                && (*factor - 2.0).abs() < f64::EPSILON
                && *jitter == crate::sim::client::Jitter::None
                && cap.is_none_or(|cap| cap.as_millis() >= 600_000) => {}
        _ => missing.push("The waits: curl's are 1 s, doubling up to 10 minutes, without jitter.".to_owned()),
    }
    if policy.statuses != STATUSES {
        let list = super::numbers(&STATUSES);
        missing.push(format!("The list of statuses: curl's is {list}."));
    }
    if !every_method(policy) {
        missing.push("The methods: curl repeats whatever was asked for, POST too.".to_owned());
    }
    if !obeys(policy) {
        missing.push("Ignoring Retry-After: curl obeys it.".to_owned());
    } else if policy.retry_after.cap.is_none_or(|cap| cap.as_secs_f64() < 21_600.0) {
        missing.push("The limit of Retry-After: curl's is six hours.".to_owned());
    }
    let errors = &policy.connection_errors;
    let never = |repeat: Repeat| repeat == Repeat::Never;
    if [errors.closed, errors.reset, errors.truncated].into_iter().all(|repeat| !never(repeat)) {
        flags.push("--retry-all-errors".to_owned());
    } else if !never(errors.refused) {
        flags.push("--retry-connrefused".to_owned());
    }
    if *errors == ConnectionErrors::all(Repeat::Never) {
        missing.push(
            "No retry without an answer: curl repeats time-outs and names that do not resolve.".to_owned(),
        );
    }
}
