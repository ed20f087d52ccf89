//! A policy as the code of a client: a loop in JavaScript, Python or Rust, or the flags of curl.
//!
//! What a language's loop cannot say stands in a comment at its top, so that nobody takes the code for the whole
//! policy. The code is meant to be read and taken away; the JavaScript and the Python are run by tests.

mod javascript;
mod python;
mod rust;
mod shell;
mod warnings;

pub use warnings::{Warning, warnings};

use crate::sim::client::{Combine, Delay, Fraction, Jitter, Policy, Repeat};
use crate::sim::message::Method;
use crate::sim::time::SimDuration;
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

/// A list of statuses as a condition on `status`: classes as ranges, the rest as a list.
fn condition(
    statuses: &[u16],
    range: impl Fn(u16) -> String,
    list: impl Fn(&str) -> String,
    or: &str,
) -> String {
    let whole = |class: u16| (class * 100..class * 100 + 100).all(|status| statuses.contains(&status));
    let classes: Vec<u16> = (1..10).filter(|class| whole(*class)).collect();
    let rest: Vec<u16> =
        statuses.iter().copied().filter(|status| !classes.contains(&(status / 100))).collect();
    let mut parts: Vec<String> = classes.into_iter().map(|class| range(class * 100)).collect();
    if !rest.is_empty() || parts.is_empty() {
        parts.push(list(&numbers(&rest)));
    }
    parts.join(or)
}

/// How a language writes numbers and arithmetic.
struct Tongue {
    /// A duration in the language's unit of time.
    time: fn(SimDuration) -> String,
    /// A plain number.
    number: fn(f64) -> String,
    power: fn(&str, &str) -> String,
    least: fn(&str, &str) -> String,
    most: fn(&str, &str) -> String,
    tanh_sqrt: fn(&str) -> String,
    /// The retry's number as a number of the kind that waits are.
    retry: &'static str,
    random: &'static str,
    /// The item of a list at an index that may be past its end.
    item: fn(&[String]) -> String,
}

/// The wait before retry number `retry`, as an expression. `last` and `reached` are what it may have to remember.
fn wait(delay: &Delay, t: &Tongue) -> String {
    let (plain, cap, base, factor, jitter, cap_last) = match delay {
        Delay::None => return (t.time)(SimDuration::ZERO),
        Delay::Fixed(wait) => return (t.time)(*wait),
        Delay::List(waits) => return (t.item)(&waits.iter().map(|w| (t.time)(*w)).collect::<Vec<_>>()),
        Delay::Exponential { base, factor, cap, jitter, cap_last } => {
            let power = (t.power)(&(t.number)(*factor), &format!("{} - {}", t.retry, (t.number)(1.0)));
            (format!("{} * {power}", (t.time)(*base)), *cap, *base, *factor, *jitter, *cap_last)
        }
        Delay::Linear { base, step, cap, jitter } => {
            let grown = format!("({} - {}) * {}", t.retry, (t.number)(1.0), (t.time)(*step));
            (format!("{} + {grown}", (t.time)(*base)), *cap, *base, 1.0, *jitter, false)
        }
    };
    let late = cap_last || matches!(jitter, Jitter::Decorrelated | Jitter::Smoothed);
    let plain = match cap {
        Some(cap) if !late => (t.least)(&(t.time)(cap), &plain),
        _ => plain,
    };
    let (n, random) = (t.number, t.random);
    let spread = match jitter {
        Jitter::None => plain,
        Jitter::Full => format!("{random} * ({plain})"),
        Jitter::Equal => format!("({plain}) * ({} + {} * {random})", n(0.5), n(0.5)),
        Jitter::Decorrelated => {
            let base = (t.time)(base);
            format!("{base} + {random} * ({} * last - {base})", n(3.0))
        }
        Jitter::PlusMinus(share) => {
            format!("({plain}) * ({} + {} * {random})", n(1.0 - share), n(2.0 * share))
        }
        // The cut of the whole seconds is named as missing.
        Jitter::Proportional(share) | Jitter::ProportionalParts(share) => {
            format!("({plain}) * ({} + {} * {random})", n(1.0), n(share))
        }
        Jitter::Additive(most) => format!("{plain} + {} * {random}", (t.time)(most)),
        Jitter::Bounded(least) => {
            let least = (t.time)(least);
            format!("{least} + {random} * ({plain} - {least})")
        }
        Jitter::Smoothed => {
            let next = format!("{} * {}", (t.power)(&n(factor), "at"), (t.tanh_sqrt)("at"));
            format!("({next} - reached) * {} / {}", (t.time)(base), n(1.4))
        }
    };
    match cap {
        Some(cap) if late => (t.least)(&(t.time)(cap), &spread),
        _ => spread,
    }
}

/// True if the wait depends on the one before.
fn remembers_wait(delay: &Delay) -> bool {
    matches!(
        delay,
        Delay::Exponential { jitter: Jitter::Decorrelated, .. }
            | Delay::Linear { jitter: Jitter::Decorrelated, .. }
    )
}

/// True if the wait depends on how far its curve has come.
fn remembers_curve(delay: &Delay) -> bool {
    matches!(
        delay,
        Delay::Exponential { jitter: Jitter::Smoothed, .. } | Delay::Linear { jitter: Jitter::Smoothed, .. }
    )
}

/// The base of a delay that remembers.
fn base(delay: &Delay) -> SimDuration {
    match delay {
        Delay::Exponential { base, .. } | Delay::Linear { base, .. } => *base,
        _ => SimDuration::ZERO,
    }
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

/// The wait where `Retry-After` asked for one.
fn combined(combine: Combine, t: &Tongue) -> String {
    match combine {
        Combine::Replace => "asked".to_owned(),
        Combine::Maximum => (t.most)("wait", "asked"),
        Combine::Add => "wait + asked".to_owned(),
    }
}

#[cfg(test)]
mod tests;
