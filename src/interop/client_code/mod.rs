//! A policy as code: a loop in JavaScript, Python, Rust or Go, the options of a library that retries, the flags of
//! curl, or what a proxy is configured with.
//!
//! What a language's loop cannot say stands in a comment at its top, so that nobody takes the code for the whole
//! policy. The code is meant to be read and taken away. How far a language's text is tested, [`Checked`] says.

mod axios_retry;
mod backon;
mod envoy;
mod gaps;
mod go;
mod javascript;
mod ky;
mod nginx;
mod python;
mod reqwest_retry;
mod resilience4j;
mod rust;
mod shell;
mod steps;
mod tenacity;
mod tongue;
mod urllib3;
mod warnings;

pub use warnings::{Warning, warnings};

use crate::sim::client::{Delay, Fraction, Jitter, Policy, Repeat};
use crate::sim::message::Method;
use crate::sim::trace::Failure;

/// A language to write in, or a library or proxy to configure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A loop around `fetch`.
    JavaScript,
    /// The options of ky 2.1.
    Ky,
    /// The options of axios-retry 4.5.
    AxiosRetry,
    /// A loop around `requests`.
    Python,
    /// urllib3's `Retry` 2.8, in the adapter of `requests`.
    Urllib3,
    /// tenacity 9.2 around `requests`.
    Tenacity,
    /// A loop around `reqwest`.
    Rust,
    /// reqwest-retry 0.9 as a middleware of `reqwest`.
    ReqwestRetry,
    /// backon 1.6 around `reqwest`.
    Backon,
    /// A loop around Go's `net/http`.
    Go,
    /// Resilience4j 2.3 around Java's `HttpClient`.
    Resilience4j,
    /// The retry policy of an Envoy route.
    Envoy,
    /// nginx's `proxy_next_upstream`.
    Nginx,
    /// A call of curl.
    Shell,
}

/// How far the text of a language is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// A test runs it and compares it with the simulator, where what it needs is installed.
    Run,
    /// A test has its syntax checked, where a program for that is installed; it is not run.
    Parsed,
    /// It was compiled and run by hand with the versions that its text names; no test repeats that.
    Tried,
    /// It was written from the library's source, and neither compiled nor run with it.
    Unchecked,
}

impl Language {
    /// All of them, in the order of a picker.
    pub const ALL: [Self; 14] = [
        Self::JavaScript,
        Self::Ky,
        Self::AxiosRetry,
        Self::Python,
        Self::Urllib3,
        Self::Tenacity,
        Self::Rust,
        Self::ReqwestRetry,
        Self::Backon,
        Self::Go,
        Self::Resilience4j,
        Self::Envoy,
        Self::Nginx,
        Self::Shell,
    ];

    /// What a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Ky => "ky",
            Self::AxiosRetry => "axios-retry",
            Self::Python => "Python",
            Self::Urllib3 => "urllib3 Retry",
            Self::Tenacity => "tenacity",
            Self::Rust => "Rust",
            Self::ReqwestRetry => "reqwest-retry",
            Self::Backon => "backon",
            Self::Go => "Go",
            Self::Resilience4j => "Resilience4j",
            Self::Envoy => "Envoy",
            Self::Nginx => "nginx",
            Self::Shell => "curl",
        }
    }

    /// How far its text is tested.
    pub const fn checked(self) -> Checked {
        match self {
            Self::ReqwestRetry | Self::Backon => Checked::Tried,
            Self::Resilience4j => Checked::Unchecked,
            Self::Envoy | Self::Nginx => Checked::Parsed,
            _ => Checked::Run,
        }
    }
}

/// A policy in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The program's text, what is missing in it named at its top.
    pub text: String,
    /// What of the policy the text does not do, a sentence each.
    pub missing: Vec<String>,
}

/// Writes the policy in a language.
pub fn client_code(policy: &Policy, language: Language) -> Code {
    match language {
        Language::JavaScript => javascript::code(policy),
        Language::Ky => ky::code(policy),
        Language::AxiosRetry => axios_retry::code(policy),
        Language::Python => python::code(policy),
        Language::Urllib3 => urllib3::code(policy),
        Language::Tenacity => tenacity::code(policy),
        Language::Rust => rust::code(policy),
        Language::ReqwestRetry => reqwest_retry::code(policy),
        Language::Backon => backon::code(policy),
        Language::Go => go::code(policy),
        Language::Resilience4j => resilience4j::code(policy),
        Language::Envoy => envoy::code(policy),
        Language::Nginx => nginx::code(policy),
        Language::Shell => shell::code(policy),
    }
}

/// The last step of each: what is missing goes to the top, as comments.
fn finish(mark: &str, missing: Vec<String>, body: &str) -> Code {
    let mut text = String::new();
    if !missing.is_empty() {
        text.push_str(&format!("{mark} Not in this code:\n"));
        missing.iter().for_each(|what| text.push_str(&format!("{mark} - {what}\n")));
    }
    text.push_str(body);
    Code { text, missing }
}

/// What no plain loop has.
fn beyond_a_loop(policy: &Policy) -> Vec<String> {
    let mut missing = Vec::new();
    let mut add = |there: bool, what: &str| {
        if there {
            missing.push(what.to_owned());
        }
    };
    add(policy.budget.is_some(), "The retry budget: it belongs to all calls together, not to one.");
    add(policy.breaker.is_some(), "The circuit breaker: use a library that has one.");
    add(policy.throttle.is_some(), "The client's own throttling.");
    add(policy.rate_limit.is_some(), "The rate limit that learns from throttling answers.");
    add(policy.hedge.is_some(), "Hedged attempts.");
    add(
        policy.resend.is_some(),
        "Sending again on a dead kept connection: what lies below the loop does or does not.",
    );
    add(policy.slow_down.is_some(), "The longer wait after answers that ask to slow down.");
    add(policy.attempts_with_body.is_some(), "The lower limit of attempts for requests with a body.");
    add(policy.patience.is_some(), "The user who leaves.");
    let each = connection_errors(policy);
    add(
        each.is_none(),
        "Which failures of the network are repeated, one by one: this code repeats all of them or none.",
    );
    let parts = matches!(
        policy.delay,
        Delay::Exponential { jitter: Jitter::ProportionalParts(_), .. }
            | Delay::Linear { jitter: Jitter::ProportionalParts(_), .. }
    );
    add(parts, "Cutting the jitter of whole seconds to whole seconds: it is spread evenly here.");
    add(policy.retry_after.whole_seconds, "Counting the wait until a date in whole seconds.");
    add(policy.retry_after.jitter, "Spreading the wait of a Retry-After by chance.");
    missing
}

/// Whether failed connections are repeated; none where the kinds differ.
fn connection_errors(policy: &Policy) -> Option<Repeat> {
    let kinds = [
        Failure::Refused,
        Failure::NameNotResolved,
        Failure::ConnectTimeout,
        Failure::Closed,
        Failure::Reset,
        Failure::Truncated { reset: false },
        Failure::AttemptTimeout,
    ];
    let mut repeats = kinds.map(|kind| policy.connection_errors.on(kind)).into_iter();
    let first = repeats.next()?;
    repeats.all(|r| r == first).then_some(first)
}

/// What the loop makes of failed connections: repeat them, and whatever the method is.
fn on_errors(policy: &Policy) -> (bool, bool) {
    let repeat = connection_errors(policy).unwrap_or_else(|| policy.connection_errors.on(Failure::Refused));
    (repeat != Repeat::Never, repeat == Repeat::AnyMethod)
}

fn every_method(policy: &Policy) -> bool {
    Method::ALL.iter().all(|m| policy.methods.contains(m))
}

fn quoted(methods: &[Method]) -> String {
    methods.iter().map(|m| format!("\"{m}\"")).collect::<Vec<_>>().join(", ")
}

fn numbers(statuses: &[u16]) -> String {
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// Whole classes of a list of statuses, and the rest of it.
fn split(statuses: &[u16]) -> (Vec<u16>, Vec<u16>) {
    let whole = |class: u16| (class * 100..class * 100 + 100).all(|status| statuses.contains(&status));
    let classes: Vec<u16> = (1..10).filter(|class| whole(*class)).collect();
    let rest = statuses.iter().copied().filter(|status| !classes.contains(&(status / 100))).collect();
    (classes, rest)
}

/// True if the loop looks at `Retry-After` at all.
fn obeys(policy: &Policy) -> bool {
    policy.retry_after.seconds || policy.retry_after.date
}

/// The pattern of a number of seconds that the policy reads.
fn pattern(fraction: Fraction) -> &'static str {
    match fraction {
        Fraction::Malformed => r"^\d+$",
        Fraction::Read | Fraction::Cut => r"^\d+(\.\d+)?$",
    }
}

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod tests;
