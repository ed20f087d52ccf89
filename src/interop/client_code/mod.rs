//! A policy as the code of a client: a loop in JavaScript, Python or Rust, or the flags of curl.
//!
//! What a language's loop cannot say stands in a comment at its top, so that nobody takes the code for the whole
//! policy. The code is meant to be read and taken away. Tests run JavaScript, Python and curl against an origin on
//! loopback, and compile and run the Rust with stand-ins for its crates.

mod javascript;
mod python;
mod rust;
mod shell;
mod tongue;
mod warnings;

pub use warnings::{Warning, warnings};

use crate::sim::client::{Delay, Fraction, Jitter, Policy, Repeat};
use crate::sim::message::Method;
use crate::sim::trace::Failure;

/// A language to write in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A loop around `fetch`.
    JavaScript,
    /// A loop around `requests`.
    Python,
    /// A loop around `reqwest`.
    Rust,
    /// A call of curl.
    Shell,
}

impl Language {
    /// All of them, in the order of a picker.
    pub const ALL: [Self; 4] = [Self::JavaScript, Self::Python, Self::Rust, Self::Shell];

    /// What a person calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Rust => "Rust",
            Self::Shell => "curl",
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
        Language::Python => python::code(policy),
        Language::Rust => rust::code(policy),
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
        "Which failures of the network are repeated, one by one: the loop repeats all of them or none.",
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
mod tests;
