//! The options of ky.
//!
//! Source: ky 2.1.0, `distribution/core/Ky.js`, `distribution/utils/normalize.js`, and recordings of it.

use super::gaps::{self, Obeys};
use super::tongue::{Page, Tongue, remembers_curve, remembers_wait};
use super::{Code, beyond_a_loop, numbers, obeys, on_errors, quoted, split};
use crate::sim::client::{DeadlineRule, Delay, Jitter, Malformed, OverCap, Policy, Repeat};
use crate::sim::trace::Failure;

const T: Tongue = Tongue::JavaScript;

const OBEYS: Obeys =
    Obeys { who: "ky", date: true, over_cap: OverCap::Cut, zero: true, malformed: Malformed::Ignore };

pub(super) fn code(policy: &Policy) -> Code {
    let (errors, _) = on_errors(policy);
    let missing = missing(policy);
    let mut page = Page::new(T);
    page.line(0, "// npm install ky@2");
    if obeys(policy) {
        page.line(
            0,
            "// Where Retry-After is absent, ky reads RateLimit-Reset and X-RateLimit-* in its place.",
        );
    }
    let guards = shown(policy, errors);
    page.line(
        0,
        if guards.is_some() { "import ky, { isHTTPError } from \"ky\";" } else { "import ky from \"ky\";" },
    );
    page.line(0, "");
    page.line(0, "export function request(url, options = {}) {");
    let remembers = remembers_wait(&policy.delay) || remembers_curve(&policy.delay);
    if remembers {
        memory(&mut page, policy);
    }
    page.line(1, "return ky(url, {");
    page.line(2, "...options,");
    let limit = policy.attempt_timeout.map_or("false".to_owned(), |limit| T.time(limit));
    page.line(2, &format!("timeout: {limit},"));
    if let Some(deadline) = policy.deadline.filter(|_| policy.deadline_rule == DeadlineRule::Cut) {
        page.line(2, &format!("totalTimeout: {},", T.time(deadline)));
    }
    page.line(2, "retry: {");
    page.line(3, &format!("limit: {},", gaps::retries(policy)));
    page.line(3, &format!("methods: [{}],", quoted(&policy.methods).to_lowercase()));
    page.line(3, &format!("statusCodes: {},", list(&repeated(policy))));
    retry_after(&mut page, policy);
    if remembers {
        page.line(3, "delay,");
    } else {
        delay(&mut page, policy);
    }
    let timeouts = policy.connection_errors.on(Failure::AttemptTimeout) != Repeat::Never;
    page.line(3, &format!("retryOnTimeout: {timeouts},"));
    if let Some(guards) = guards {
        page.line(3, &format!("shouldRetry: ({{ error }}) => {guards},"));
    }
    page.line(2, "},");
    page.line(1, "});");
    page.line(0, "}");
    page.finish(missing)
}

fn missing(policy: &Policy) -> Vec<String> {
    let mut missing = beyond_a_loop(policy);
    missing.extend(OBEYS.gaps(policy));
    missing.extend(gaps::errors_by_method(policy, "ky"));
    if policy.statuses.contains(&413) {
        missing.push("413 without a Retry-After: ky ends there.".to_owned());
    }
    if policy.deadline.is_some() && policy.deadline_rule != DeadlineRule::Cut {
        missing.push("The deadline: ky's totalTimeout cuts off the attempt that is under way.".to_owned());
    }
    if policy.statuses.iter().any(|status| *status < 300) {
        missing.push("Statuses below 300: ky takes them for success.".to_owned());
    }
    missing
}

/// The statuses that may be tried again, those with the header included.
fn repeated(policy: &Policy) -> Vec<u16> {
    let mut statuses = policy.statuses.clone();
    if only_told(policy) {
        statuses.extend(policy.retry_after.statuses.iter().flatten());
        statuses.sort_unstable();
        statuses.dedup();
    }
    statuses
}

/// True if the header alone makes statuses ones to try again.
fn only_told(policy: &Policy) -> bool {
    policy.retry_after.repeats && obeys(policy)
}

/// What ky is told not to repeat: `false` is no retry, and `undefined` its own rule.
fn shown(policy: &Policy, errors: bool) -> Option<String> {
    let told = only_told(policy).then(|| {
        let again = T.condition("error.response.status", &policy.statuses);
        format!("!({again}) && !error.response.headers.has(\"Retry-After\") ? false : undefined")
    });
    match (told, errors) {
        (None, true) => None,
        (None, false) => Some("(isHTTPError(error) ? undefined : false)".to_owned()),
        (Some(told), errors) => {
            Some(format!("(isHTTPError(error) ? ({told}) : {})", if errors { "undefined" } else { "false" }))
        }
    }
}

fn retry_after(page: &mut Page, policy: &Policy) {
    let obey = &policy.retry_after;
    if !obeys(policy) {
        return page.line(3, "afterStatusCodes: [],");
    }
    let statuses = obey.statuses.clone().unwrap_or_else(|| repeated(policy));
    page.line(3, &format!("afterStatusCodes: {},", list(&statuses)));
    if let Some(cap) = obey.cap {
        page.line(3, &format!("maxRetryAfter: {},", T.time(cap)));
    }
}

/// The wait in ky's own terms where it has them: its limit comes after its jitter.
fn delay(page: &mut Page, policy: &Policy) {
    let mut own = policy.delay.clone();
    let mut limit = None;
    let mut full = false;
    if let Delay::Exponential { cap, jitter, cap_last, .. } = &mut own {
        full = *jitter == Jitter::Full;
        if full {
            *jitter = Jitter::None;
        }
        if *cap_last || !full && *jitter == Jitter::None {
            limit = cap.take();
        }
    }
    let wait = T.wait(&own);
    let wait = if policy.first_retry_at_once { T.none_at_first(&wait) } else { wait };
    page.line(3, &format!("delay: (retry) => {wait},"));
    if let Some(limit) = limit {
        page.line(3, &format!("backoffLimit: {},", T.time(limit)));
    }
    if full {
        page.line(3, "jitter: true,");
    }
}

/// A wait that depends on the one before.
fn memory(page: &mut Page, policy: &Policy) {
    page.memory(1, policy);
    page.line(1, "const delay = (retry) => {");
    page.wait(2, policy);
    page.line(2, "return wait;");
    page.line(1, "};");
}

/// Statuses as a list.
fn list(statuses: &[u16]) -> String {
    let (classes, rest) = split(statuses);
    let mut parts: Vec<String> = classes
        .iter()
        .map(|class| format!("...Array.from({{ length: 100 }}, (_, i) => {} + i)", class * 100))
        .collect();
    if !rest.is_empty() {
        parts.push(numbers(&rest));
    }
    format!("[{}]", parts.join(", "))
}
