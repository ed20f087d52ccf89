//! tenacity around `requests`: its own waits where they say it, a function where they do not.
//!
//! Source: tenacity 9.2.1, `tenacity/wait.py`, `stop.py`, `retry.py`, and recordings of it. The wait is told before
//! it is asked whether to stop, so that a wait can end the call.

use super::python;
use super::tongue::{Page, Tongue, remembers_curve, remembers_wait};
use super::{Code, beyond_a_loop, obeys, on_errors};
use crate::sim::client::{DeadlineRule, Delay, Jitter, Malformed, OverCap, Policy};

const T: Tongue = Tongue::Python;

pub(super) fn code(policy: &Policy) -> Code {
    let (errors, any) = on_errors(policy);
    let obey = &policy.retry_after;
    let mut missing = beyond_a_loop(policy);
    let native = native(policy);
    let mut page = Page::new(T);
    let end = obeys(policy)
        && (obey.malformed == Malformed::GiveUp || obey.cap.is_some() && obey.over_cap == OverCap::GiveUp);
    let stop = stop(policy, end);
    before(&mut page, policy, &native, &stop);
    page.line(0, "def request(method, url, **options):");
    page.line(1, &format!("repeatable = {}", T.methods(policy)));
    page.memory(1, policy);
    if let Some(limit) = policy.attempt_timeout {
        missing.push("A limit for a whole attempt: requests' timeout is one for each read.".to_owned());
        page.line(1, &format!("options.setdefault(\"timeout\", {})", T.time(limit)));
    }
    if policy.deadline.is_some() && policy.deadline_rule == DeadlineRule::Cut {
        missing.push("Cutting the attempt that is under way when the deadline passes.".to_owned());
    }
    if end {
        page.line(1, "over = False");
    }
    condition(&mut page, policy, errors, any);
    let wait = if let (Some(native), false) = (&native, obeys(policy)) {
        native.clone()
    } else {
        own_wait(&mut page, policy, native.as_deref(), end);
        "wait".to_owned()
    };
    page.line(1, "retrying = Retrying(");
    page.line(2, &format!("stop={stop},"));
    page.line(2, &format!("wait={wait},"));
    page.line(2, "retry=again,");
    page.line(2, "# The last answer, or the last error.");
    page.line(2, "retry_error_callback=lambda state: state.outcome.result(),");
    page.line(1, ")");
    page.line(1, "return retrying(requests.request, method, url, **options)");
    page.finish(missing)
}

/// What is imported.
fn before(page: &mut Page, policy: &Policy, native: &Option<String>, stop: &str) {
    let obey = &policy.retry_after;
    page.line(0, "# pip install requests tenacity  (9.2)");
    let random = native.is_none() && policy.delay.is_random();
    for (module, used) in [
        ("math", remembers_curve(&policy.delay)),
        ("random", random),
        ("re", obeys(policy) && obey.seconds),
        ("time", obeys(policy) && obey.date),
    ] {
        if used {
            page.line(0, &format!("import {module}"));
        }
    }
    if obeys(policy) && obey.date {
        page.line(0, "from email.utils import parsedate_to_datetime");
    }
    let mut names = vec!["Retrying"];
    let used = format!("{stop} {}", native.as_deref().unwrap_or_default());
    for name in [
        "stop_after_attempt",
        "stop_after_delay",
        "stop_before_delay",
        "stop_never",
        "wait_chain",
        "wait_exponential_jitter",
        "wait_fixed",
        "wait_none",
        "wait_random_exponential",
    ] {
        if used.contains(name) {
            names.push(name);
        }
    }
    if used.contains("wait_exponential(") {
        names.push("wait_exponential");
    }
    page.block(&format!("\nimport requests\nfrom tenacity import {}\n\n\n", names.join(", ")));
    if obeys(policy) && obey.date {
        page.block(python::READ_DATE);
    }
}

fn stop(policy: &Policy, end: bool) -> String {
    let mut parts = Vec::new();
    if let Some(most) = policy.attempts {
        parts.push(format!("stop_after_attempt({most})"));
    }
    if let Some(deadline) = policy.deadline {
        let rule = match policy.deadline_rule {
            DeadlineRule::Cut | DeadlineRule::NoRetryPast => "stop_before_delay",
            DeadlineRule::NoWaitAfter => "stop_after_delay",
        };
        parts.push(format!("{rule}({})", T.time(deadline)));
    }
    if parts.is_empty() {
        parts.push("stop_never".to_owned());
    }
    if end {
        parts.push("(lambda state: over)".to_owned());
    }
    parts.join(" | ")
}

/// What is tried again: an error of `requests`, or an answer of the list.
fn condition(page: &mut Page, policy: &Policy, errors: bool, any: bool) {
    page.line(0, "");
    page.line(1, "def again(state):");
    page.line(2, "if state.outcome.failed:");
    let failed = "isinstance(state.outcome.exception(), requests.RequestException)";
    match (errors, any) {
        (false, _) => page.line(3, "return False"),
        (true, true) => page.line(3, &format!("return {failed}")),
        (true, false) => page.line(3, &format!("return repeatable and {failed}")),
    }
    page.line(2, "response = state.outcome.result()");
    let mut known = T.condition("response.status_code", &policy.statuses);
    if policy.retry_after.repeats && obeys(policy) {
        let covered = policy.retry_after.statuses.as_ref().map(|s| T.condition("response.status_code", s));
        let asks = covered.map_or(String::new(), |c| format!("({c}) and "));
        known = format!("{known} or ({asks}\"Retry-After\" in response.headers)");
    }
    page.line(2, &format!("return repeatable and ({known})\n"));
}

/// The wait as a function: tenacity's own one, or the policy's formula, and what `Retry-After` makes of it.
fn own_wait(page: &mut Page, policy: &Policy, native: Option<&str>, end: bool) {
    let obey = &policy.retry_after;
    page.line(1, "def wait(state):");
    let mut kept = Vec::new();
    if remembers_wait(&policy.delay) {
        kept.push("last");
    }
    if remembers_curve(&policy.delay) {
        kept.push("reached");
    }
    if !kept.is_empty() {
        page.line(2, &format!("nonlocal {}", kept.join(", ")));
    }
    if end {
        page.block("        def end():\n            nonlocal over\n            over = True\n            return 0\n\n");
    }
    if let Some(native) = native {
        page.line(2, &format!("wait = {native}(state)"));
    } else {
        page.line(2, "retry = state.attempt_number");
        page.wait(2, policy);
    }
    if obeys(policy) {
        page.line(2, "response = None if state.outcome.failed else state.outcome.result()");
        let covered = obey.statuses.as_ref().map(|s| T.condition("response.status_code", s));
        let asks = covered.map_or(String::new(), |c| format!(" and ({c})"));
        let header = "response.headers.get(\"Retry-After\")";
        page.line(2, &format!("header = {header} if response is not None{asks} else None"));
        page.line(2, "if header:");
        python::asked(page, policy);
    }
    page.line(2, "return wait\n");
}

/// One of tenacity's own waits, where it is the policy's.
fn native(policy: &Policy) -> Option<String> {
    if policy.first_retry_at_once {
        return None;
    }
    match &policy.delay {
        Delay::None => Some("wait_none()".to_owned()),
        Delay::Fixed(wait) => Some(format!("wait_fixed({})", T.time(*wait))),
        Delay::List(waits) => {
            let waits: Vec<String> =
                waits.iter().map(|wait| format!("wait_fixed({})", T.time(*wait))).collect();
            Some(format!("wait_chain({})", waits.join(", ")))
        }
        Delay::Exponential { base, factor, cap, jitter, cap_last } => {
            let (base, max) =
                (T.time(*base), cap.map_or(String::new(), |cap| format!(", max={}", T.time(cap))));
            match jitter {
                Jitter::None => Some(format!("wait_exponential(multiplier={base}{max}, exp_base={factor})")),
                Jitter::Full if !cap_last => {
                    Some(format!("wait_random_exponential(multiplier={base}{max}, exp_base={factor})"))
                }
                Jitter::Additive(most) if *cap_last => Some(format!(
                    "wait_exponential_jitter(initial={base}{max}, exp_base={factor}, jitter={})",
                    T.time(*most)
                )),
                _ => None,
            }
        }
        Delay::Linear { .. } => None,
    }
}
