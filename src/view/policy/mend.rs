//! What is worth a second thought about a policy, each with the one change that mends it, where there is one.

use crate::interop::client_code::warnings;
use crate::sim::client::{Budget, Delay, FinagleBudget, Jitter, Policy, Trip};
use crate::sim::time::SimDuration;
use crate::view::format;
use crate::view::text::unbroken;

/// Something to think over.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// A short identifier.
    pub id: &'static str,
    /// What is wrong, in a few words.
    pub head: String,
    /// What follows from it.
    pub text: String,
    /// Where that is known from.
    pub source: &'static str,
    /// The change that mends it.
    pub mend: Option<Mend>,
}

/// A change that mends something.
#[derive(Clone, Debug, PartialEq)]
pub struct Mend {
    /// What it does, as a button says it.
    pub words: String,
    /// What it changes.
    pub to: Mended,
}

/// What a change mends.
#[derive(Clone, Debug, PartialEq)]
pub enum Mended {
    /// The policy becomes this one.
    Policy(Box<Policy>),
    /// The composer's requests carry a key.
    Key,
}

/// The wait and its cap where there is none.
const BASE: SimDuration = SimDuration::from_millis(500);
const CAP: SimDuration = SimDuration::from_secs(20);
/// The longest `Retry-After` that is obeyed.
const OBEYED: SimDuration = SimDuration::from_secs(30);
/// How long an attempt may take.
const LIMIT: SimDuration = SimDuration::from_secs(10);

/// What is worth a second thought. With a key, repeating a POST is not.
pub(super) fn advice(policy: &Policy, has_key: bool) -> Vec<Advice> {
    let told = warnings(policy, 1).into_iter().filter(|w| !(has_key && w.id == "not_idempotent"));
    told.map(|warning| {
        let text = unbroken(&format::spaced(&warning.text));
        let (head, text) = match text.split_once(": ") {
            Some((head, rest)) => (format!("{head}."), crate::view::text::capital(rest)),
            None => (text, String::new()),
        };
        Advice { id: warning.id, head, text, source: warning.source, mend: mend(policy, warning.id) }
    })
    .collect()
}

fn mend(policy: &Policy, id: &str) -> Option<Mend> {
    let mut next = policy.clone();
    let words = match id {
        "not_idempotent" => {
            return Some(Mend { words: "Send an Idempotency-Key".to_owned(), to: Mended::Key });
        }
        "unlimited" => {
            next.attempts = Some(4);
            "Four attempts at most".to_owned()
        }
        "no_budget" | "amplification" => {
            next.budget = Some(Budget::Finagle(FinagleBudget { ratio: 0.1, ..FinagleBudget::default() }));
            "Add a budget of 10 %".to_owned()
        }
        "no_wait" => {
            next.delay = Delay::Exponential {
                base: BASE,
                factor: 2.0,
                cap: Some(CAP),
                jitter: Jitter::Full,
                cap_last: false,
            };
            format!("Wait up to {BASE}, then twice as long each time")
        }
        "no_jitter" => {
            next.delay = with_jitter(&policy.delay)?;
            "Full jitter".to_owned()
        }
        "no_cap" => {
            let (Delay::Exponential { base, cap, .. } | Delay::Linear { base, cap, .. }) = &mut next.delay
            else {
                return None;
            };
            let most = CAP.max(*base);
            *cap = Some(most);
            format!("Cap of {most}")
        }
        "repeats_501" => {
            next.statuses.retain(|status| *status != 501);
            "Leave 501 out".to_owned()
        }
        "breaker_at_once" => match &mut next.breaker.as_mut()?.trip {
            Trip::Consecutive(failures) => {
                *failures = 5;
                "Open after 5 failures".to_owned()
            }
            Trip::Window(window) => {
                window.minimum = 10;
                "Look at 10 attempts first".to_owned()
            }
        },
        "retry_after_ignored" | "retry_after_form" => {
            (next.retry_after.seconds, next.retry_after.date) = (true, true);
            if next.retry_after.over_backoff.is_none() {
                next.retry_after.cap = next.retry_after.cap.or(Some(OBEYED));
            }
            "Obey both forms".to_owned()
        }
        "retry_after_uncapped" => {
            next.retry_after.cap = Some(OBEYED);
            format!("Obey {OBEYED} at most")
        }
        "no_timeout" => {
            next.attempt_timeout = Some(LIMIT);
            format!("{LIMIT} for each attempt")
        }
        "beyond_deadline" => fitting(policy, &mut next)?,
        _ => return None,
    };
    Some(Mend { words: unbroken(&format::spaced(&words)), to: Mended::Policy(Box::new(next)) })
}

/// The same waits at most, spread by chance; none for a list of waits, which has no chance.
fn with_jitter(delay: &Delay) -> Option<Delay> {
    match delay.clone() {
        Delay::Exponential { base, factor, cap, cap_last, .. } => {
            Some(Delay::Exponential { base, factor, cap, jitter: Jitter::Full, cap_last })
        }
        Delay::Linear { base, step, cap, .. } => {
            Some(Delay::Linear { base, step, cap, jitter: Jitter::Full })
        }
        Delay::Fixed(base) => {
            Some(Delay::Linear { base, step: SimDuration::ZERO, cap: Some(base), jitter: Jitter::Full })
        }
        Delay::None | Delay::List(_) => None,
    }
}

/// As many attempts as fit before the deadline; with one alone, a later deadline.
fn fitting(policy: &Policy, next: &mut Policy) -> Option<String> {
    let (attempts, limit, deadline) = (policy.attempts?, policy.attempt_timeout?, policy.deadline?);
    let longest = |attempts: u32| {
        let waits = (1..attempts.min(100)).map(|n| policy.delay.plain(n, None));
        waits.fold(limit.times(u64::from(attempts)), |sum, wait| sum + wait)
    };
    match (2..attempts).rev().find(|n| longest(*n) <= deadline) {
        Some(fit) => {
            next.attempts = Some(fit);
            Some(format!("{fit} attempts"))
        }
        None => {
            let most = longest(attempts);
            next.deadline = Some(most);
            (most <= SimDuration::from_secs(86_400)).then(|| format!("Deadline of {most}"))
        }
    }
}
