//! reqwest-retry as a middleware of `reqwest`: its own backoff where it says the wait, a policy where it does not.
//!
//! Source: reqwest-retry 0.9.1, `middleware.rs`; retry-policies 0.5.2, `exponential_backoff.rs`, `retry_policy.rs`.

use super::tongue::{Page, Tongue, remembers_curve, remembers_wait};
use super::{Code, beyond_a_loop, obeys, on_errors};
use crate::sim::client::{DeadlineRule, Delay, Jitter, ObeyRetryAfter, Policy};

const T: Tongue = Tongue::Rust;

pub(super) fn code(policy: &Policy) -> Code {
    let mut missing = beyond_a_loop(policy);
    if obeys(policy) {
        missing.push("Retry-After: reqwest-retry's policies do not see the answer.".to_owned());
        missing.retain(|what| !what.starts_with("Counting") && !what.starts_with("Spreading"));
    }
    let forgets = remembers_wait(&policy.delay) || remembers_curve(&policy.delay);
    if forgets {
        missing.push("Waits that depend on the one before: reqwest-retry keeps none. They are spread between nothing and the plain wait here.".to_owned());
    }
    let native = native(policy);
    let mut page = Page::new(T);
    before(&mut page, policy, native.is_some());
    let waits = native.unwrap_or_else(|| {
        own(&mut page, policy, &mut missing);
        "Waits".to_owned()
    });
    page.block(
        "
/// For requests of that method.
pub fn client(
    inner: reqwest::ClientBuilder,
    method: &reqwest::Method,
) -> reqwest::Result<ClientWithMiddleware> {
",
    );
    page.line(1, &format!("let repeatable = {};", T.methods(policy)));
    page.line(1, &format!("let policy = {waits};"));
    page.line(1, "let middleware = RetryTransientMiddleware::new_with_policy_and_strategy(policy, Again { repeatable });");
    let limit = policy.attempt_timeout.map(|t| format!(".timeout(Duration::from_secs_f64({}))", T.time(t)));
    page.line(1, &format!("let inner = inner{}.build()?;", limit.unwrap_or_default()));
    page.line(1, "Ok(ClientBuilder::new(inner).with(middleware).build())");
    page.line(0, "}");
    page.finish(missing)
}

fn before(page: &mut Page, policy: &Policy, native: bool) {
    let (errors, any) = on_errors(policy);
    let again = T.condition("status", &policy.statuses);
    let again = again.replace("[].contains(&status)", "{ let _ = status; false }");
    let failed = match (errors, any) {
        (false, _) => "false",
        (true, true) => "true",
        (true, false) => "self.repeatable",
    };
    let uses = if native {
        "use reqwest_retry::policies::ExponentialBackoff;
use reqwest_retry::{Jitter, RetryTransientMiddleware, Retryable, RetryableStrategy};
"
    } else {
        "use reqwest_retry::{RetryDecision, RetryPolicy, RetryTransientMiddleware, Retryable, RetryableStrategy};
"
    };
    let system = if native { "Duration" } else { "{Duration, SystemTime}" };
    page.block(&format!(
        "// Cargo.toml: reqwest 0.13, reqwest-middleware 0.5, reqwest-retry 0.9, rand where it is named below.
use std::time::{system};

use reqwest_middleware::{{ClientBuilder, ClientWithMiddleware, Error}};
{uses}
fn again(status: u16) -> bool {{
    {again}
}}

struct Again {{
    repeatable: bool,
}}

impl RetryableStrategy for Again {{
    fn handle(&self, ended: &Result<reqwest::Response, Error>) -> Option<Retryable> {{
        let again = match ended {{
            Ok(response) => self.repeatable && again(response.status().as_u16()),
            Err(Error::Reqwest(_)) => {failed},
            Err(Error::Middleware(_)) => false,
        }};
        again.then_some(Retryable::Transient)
    }}
}}
"
    ));
}

/// reqwest-retry's own backoff, where it is the policy's.
fn native(policy: &Policy) -> Option<String> {
    let duration = |t| format!("Duration::from_secs_f64({})", T.time(t));
    if policy.first_retry_at_once {
        return None;
    }
    let builder = match &policy.delay {
        Delay::Fixed(wait) => {
            let wait = duration(*wait);
            format!("ExponentialBackoff::builder().retry_bounds({wait}, {wait}).jitter(Jitter::None)")
        }
        Delay::Exponential { base, factor, cap: Some(cap), jitter, cap_last }
            if base <= cap && (libm::trunc(*factor) - *factor).abs() < f64::EPSILON =>
        {
            let jitter = match jitter {
                Jitter::None => "None",
                Jitter::Full if !cap_last => "Full",
                Jitter::Bounded(least) if least.times(2) == *base => "Bounded",
                _ => return None,
            };
            let (base, cap) = (duration(*base), duration(*cap));
            format!(
                "ExponentialBackoff::builder().retry_bounds({base}, {cap}).base({factor}).jitter(Jitter::{jitter})"
            )
        }
        _ => return None,
    };
    let retries = policy.attempts.map_or("u32::MAX".to_owned(), |most| most.saturating_sub(1).to_string());
    match (policy.deadline, policy.deadline_rule) {
        (None, _) => Some(format!("{builder}.build_with_max_retries({retries})")),
        (Some(deadline), DeadlineRule::NoWaitAfter) => Some(format!(
            "{builder}.build_with_total_retry_duration_and_max_retries({}, {retries})",
            duration(deadline)
        )),
        _ => None,
    }
}

/// A policy of the waits' own.
fn own(page: &mut Page, policy: &Policy, missing: &mut Vec<String>) {
    let mut delay = policy.delay.clone();
    if let Delay::Exponential { jitter: jitter @ (Jitter::Decorrelated | Jitter::Smoothed), .. }
    | Delay::Linear { jitter: jitter @ (Jitter::Decorrelated | Jitter::Smoothed), .. } = &mut delay
    {
        *jitter = Jitter::Full;
    }
    let silent = ObeyRetryAfter { seconds: false, date: false, ..ObeyRetryAfter::default() };
    let own = Policy { delay, retry_after: silent, ..policy.clone() };
    let mut rest = Page::new(T);
    if let Some(most) = policy.attempts {
        rest.end_if(2, &format!("retry >= {most}"));
    }
    rest.wait(2, &own);
    rest.deadline(2, policy, missing);
    let rest = rest.into_text();
    let rest = rest.replace("return ended;", "return RetryDecision::DoNotRetry;");
    let rest = rest.replace("started.elapsed()", "started.elapsed().unwrap_or_default()");
    let started = if policy.deadline.is_some() { "started" } else { "_" };
    let (past, retry) =
        if rest.contains("retry") { ("past", "        let retry = past + 1;\n") } else { ("_", "") };
    page.block(&format!(
        "
struct Waits;

impl RetryPolicy for Waits {{
    fn should_retry(&self, {started}: SystemTime, {past}: u32) -> RetryDecision {{
{retry}{rest}        RetryDecision::Retry {{ execute_after: SystemTime::now() + Duration::from_secs_f64(wait) }}
    }}
}}
"
    ));
}
