//! What a library does in its own way, where the policy has another one: a sentence for each difference.

use super::{connection_errors, every_method, obeys, on_errors};
use crate::sim::client::{Combine, Fraction, Malformed, OverCap, Policy};
use crate::sim::time::SimDuration;

/// Where attempts have no limit and a library needs one.
pub(super) const MANY: u32 = 1_000_000;

/// The retries of a policy.
pub(super) fn retries(policy: &Policy) -> u32 {
    policy.attempts.map_or(MANY, |most| most.saturating_sub(1))
}

/// How a library obeys `Retry-After`, where it cannot be told otherwise.
pub(super) struct Obeys {
    /// The library.
    pub who: &'static str,
    /// Whether it reads dates.
    pub date: bool,
    /// What it does with a wait over its cap.
    pub over_cap: OverCap,
    /// Whether it obeys a wait of no length.
    pub zero: bool,
    /// What it does with what it cannot read.
    pub malformed: Malformed,
}

impl Obeys {
    /// What the policy has otherwise.
    pub(super) fn gaps(&self, policy: &Policy) -> Vec<String> {
        let (who, obey) = (self.who, &policy.retry_after);
        let mut gaps = Vec::new();
        if !obeys(policy) {
            return gaps;
        }
        let mut add = |there: bool, what: String| {
            if there {
                gaps.push(what);
            }
        };
        let forms = if self.date { "seconds and dates" } else { "seconds alone" };
        add(
            !obey.seconds || obey.date != self.date,
            format!("The form of Retry-After: {who} reads {forms}."),
        );
        let over = match self.over_cap {
            OverCap::Cut => "cuts it",
            OverCap::Ignore => "takes its own wait",
            OverCap::GiveUp => "gives up",
        };
        add(
            obey.cap.is_some() && obey.over_cap != self.over_cap,
            format!("What a Retry-After over the cap does: {who} {over}."),
        );
        add(
            obey.combine != Combine::Replace,
            format!("Retry-After together with the policy's own wait: {who} replaces it."),
        );
        add(
            obey.over_backoff.is_some(),
            "The most by which Retry-After may exceed the policy's own wait.".to_owned(),
        );
        add(
            obey.fraction != Fraction::Malformed,
            format!("A Retry-After with a fraction: {who} does not read it."),
        );
        let zero = if self.zero { "comes back at once" } else { "takes its own wait" };
        add(obey.zero != self.zero, format!("A Retry-After of 0: {who} {zero}."));
        let malformed = match self.malformed {
            Malformed::Ignore => "ignores it",
            Malformed::GiveUp => "gives up",
            Malformed::AtOnce => "comes back at once",
        };
        add(obey.malformed != self.malformed, format!("A malformed Retry-After: {who} {malformed}."));
        gaps
    }
}

/// What is missing where each failed connection is asked for its method, or none is.
pub(super) fn errors_by_method(policy: &Policy, who: &str) -> Option<String> {
    let (errors, any) = on_errors(policy);
    (errors && any && !every_method(policy))
        .then(|| format!("Failed connections of every method: {who} looks at the method first."))
}

/// Takes out the sentence on single kinds of failures, where a library has its own.
pub(super) fn without_kinds(policy: &Policy, missing: &mut Vec<String>) {
    if connection_errors(policy).is_none() {
        missing.retain(|what| !what.starts_with("Which failures"));
    }
}

/// A duration in seconds with its unit, as proxies have it.
pub(super) fn seconds(time: SimDuration) -> String {
    format!("{}s", time.as_secs_f64())
}
