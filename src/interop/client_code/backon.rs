//! backon around `reqwest`: its builder where it says the wait, an iterator where it does not.
//!
//! Source: backon 1.6.0, `backoff/exponential.rs`, `backoff/api.rs`, `retry.rs`, and recordings of it.

use super::rust;
use super::tongue::{Page, Tongue, remembers_curve};
use super::{Code, beyond_a_loop, obeys, on_errors};
use crate::sim::client::{Delay, Jitter, ObeyRetryAfter, Policy};

const T: Tongue = Tongue::Rust;

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    let (errors, any) = on_errors(policy);
    let native = native(policy);
    let mut page = Page::new(T);
    before(&mut page, policy, native.as_deref());
    let plain = Policy { deadline: None, ..policy.clone() };
    page.line(1, &format!("let repeatable = {};", T.methods(policy)));
    if policy.deadline.is_some() {
        page.line(1, "let started = std::time::Instant::now();");
    }
    page.line(1, "let attempt = || async {");
    let limit = policy.attempt_timeout.map(|t| format!(".timeout(Duration::from_secs_f64({}))", T.time(t)));
    page.line(
        2,
        &format!("let response = build(){}.send().await.map_err(Failed::Error)?;", limit.unwrap_or_default()),
    );
    page.line(2, "let status = response.status().as_u16();");
    let mut known = "again(status)".to_owned();
    if policy.retry_after.repeats && obeys(policy) {
        let covered = policy.retry_after.statuses.as_ref().map(|s| T.condition("status", s));
        let covered = covered.map_or(String::new(), |c| format!("({c}) && "));
        known = format!("again(status) || {covered}response.headers().contains_key(\"retry-after\")");
    }
    page.line(2, &format!("if {known} {{ Err(Failed::Answer(response)) }} else {{ Ok(response) }}"));
    page.line(1, "};");
    let waits = native.unwrap_or_else(|| iterator(&mut page, &plain));
    let again = match (errors, any) {
        (false, _) => "false",
        (true, true) => "true",
        (true, false) => "repeatable",
    };
    page.block(&format!(
        "    let ended = attempt
        .retry({waits})
        .sleep(tokio::time::sleep)
        .when(|failed| match failed {{
            Failed::Answer(_) => repeatable,
            Failed::Error(_) => {again},
        }})
"
    ));
    if obeys(policy) || policy.deadline.is_some() {
        adjust(&mut page, policy, &mut missing);
    }
    page.block(
        "        .await;
    match ended {
        Ok(response) | Err(Failed::Answer(response)) => Ok(response),
        Err(Failed::Error(error)) => Err(error),
    }
}
",
    );
    page.finish(missing)
}

fn before(page: &mut Page, policy: &Policy, native: Option<&str>) {
    let again = T.condition("status", &policy.statuses);
    let again = again.replace("[].contains(&status)", "{ let _ = status; false }");
    let builder = match native {
        Some(native) if native.starts_with("Constant") => "ConstantBuilder, Retryable",
        Some(_) => "ExponentialBuilder, Retryable",
        None => "Retryable",
    };
    let builder = if builder.contains(',') { format!("{{{builder}}}") } else { builder.to_owned() };
    let until = if obeys(policy) && policy.retry_after.date { rust::UNTIL } else { "" };
    page.block(&format!(
        "// Cargo.toml: backon 1.6, reqwest 0.13, tokio (time), rand and httpdate where they are named below.
use std::time::Duration;

use backon::{builder};

fn again(status: u16) -> bool {{
    {again}
}}
{until}
/// What may be tried again.
enum Failed {{
    Answer(reqwest::Response),
    Error(reqwest::Error),
}}

/// `build` makes the request anew for each attempt.
pub async fn request(
    build: impl Fn() -> reqwest::RequestBuilder,
    method: &reqwest::Method,
) -> reqwest::Result<reqwest::Response> {{
"
    ));
}

/// The builder, where it says the wait: it has no jitter but up to as much again, and that comes after its limit.
fn native(policy: &Policy) -> Option<String> {
    let retries = policy.attempts.map(|most| most.saturating_sub(1));
    let times = retries.map_or(".without_max_times()".to_owned(), |n| format!(".with_max_times({n})"));
    let duration = |t| format!("Duration::from_secs_f64({})", T.time(t));
    match &policy.delay {
        _ if policy.first_retry_at_once => None,
        Delay::Fixed(wait) => Some(format!("ConstantBuilder::new().with_delay({}){times}", duration(*wait))),
        Delay::Exponential { base, factor, cap, jitter, cap_last }
            if cap.is_none_or(|cap| *base <= cap) && base.as_nanos() > 0 =>
        {
            let jitter = match jitter {
                Jitter::None => "",
                Jitter::Proportional(1.0) if !cap_last || cap.is_none() => ".with_jitter()",
                _ => return None,
            };
            let most = cap.map_or(".without_max_delay()".to_owned(), |cap| {
                format!(".with_max_delay({})", duration(cap))
            });
            Some(format!(
                "ExponentialBuilder::new().with_min_delay({}).with_factor({factor:?}){most}{times}{jitter}",
                duration(*base)
            ))
        }
        _ => None,
    }
}

/// The waits one by one.
fn iterator(page: &mut Page, policy: &Policy) -> String {
    page.memory(1, policy);
    let range = policy.attempts.map_or("1u32..".to_owned(), |most| format!("1..{most}u32"));
    page.line(1, &format!("let waits = ({range}).map(move |retry| {{"));
    let own = Policy {
        retry_after: ObeyRetryAfter { seconds: false, date: false, ..ObeyRetryAfter::default() },
        ..policy.clone()
    };
    if !T.wait(&policy.delay).contains("retry")
        && !policy.first_retry_at_once
        && !remembers_curve(&policy.delay)
    {
        page.line(2, "let _ = retry;");
    }
    page.wait(2, &own);
    page.line(2, "Duration::from_secs_f64(wait)");
    page.line(1, "});");
    "waits".to_owned()
}

/// What `Retry-After` and the deadline make of the wait; none ends the call.
fn adjust(page: &mut Page, policy: &Policy, missing: &mut Vec<String>) {
    page.line(2, &format!(".adjust(|{}, wait| {{", if obeys(policy) { "failed" } else { "_" }));
    let mut rest = Page::new(T);
    if obeys(policy) {
        rest.line(2, "let mut wait = wait?.as_secs_f64();");
        rest.line(2, "let header = match failed {");
        let covered = policy.retry_after.statuses.as_ref();
        let covered = covered.map(|s| format!(" if {}", T.condition("r.status().as_u16()", s)));
        let value = "r.headers().get(\"retry-after\").and_then(|v| v.to_str().ok())";
        rest.line(3, &format!("Failed::Answer(r){} => {value},", covered.unwrap_or_default()));
        rest.line(3, "_ => None,");
        rest.line(2, "};");
        rest.line(2, "if let Some(header) = header.map(str::to_owned) {");
        rust::asked(&mut rest, policy);
        rest.line(2, "}");
    } else {
        rest.line(2, "let wait = wait?.as_secs_f64();");
    }
    rest.deadline(2, policy, missing);
    rest.line(2, "Some(Duration::from_secs_f64(wait))");
    for line in rest.into_text().replace("return ended;", "return None;").lines() {
        page.line(1, line);
    }
    page.line(2, "})");
}
