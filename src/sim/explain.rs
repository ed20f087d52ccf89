//! Why an attempt ended as it did: the causal chain, as data.
//!
//! Works from the trace, after the fact. The run records which fault acted, what each node noticed and
//! which rule decided; here these become links in order of time, each with the sentence that a person
//! reads, the setting that decided, and the paragraphs of the reference that apply.

mod cause;
mod chain;
mod retried;
mod words;

use super::dialect::{Rule, Setting};
use super::time::SimTime;
use super::trace::{Index, NodeId, Outcome, SpanId, Trace};

pub use cause::Mechanism;
pub use words::noticed;

/// Why an attempt ended as it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The attempt.
    pub attempt: SpanId,
    /// How it ended.
    pub outcome: Outcome,
    /// The status that the client read, if any.
    pub status: Option<u16>,
    /// What happened, in one sentence: "nginx waited 2 s for A, then gave up."
    pub summary: String,
    /// True if a timer decided (drawn hatched).
    pub timer: bool,
    /// Fault, mechanism, setting, answer, afterwards; three to six links, in order of time.
    pub chain: Vec<Link>,
    /// The mechanism behind the outcome, if one is known.
    pub mechanism: Option<Mechanism>,
}

impl Explanation {
    /// Ids of the paragraphs of the reference that apply, the most fitting first.
    pub fn paragraphs(&self) -> Vec<&'static str> {
        match (self.status, self.mechanism) {
            (Some(status), Some(mechanism)) => crate::reference::for_mechanism(status, mechanism.name()),
            _ => Vec::new(),
        }
    }
}

/// What a link of the chain stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Something was broken.
    Fault,
    /// What followed from it.
    Mechanism,
    /// A setting that decided.
    Setting,
    /// The answer, or that there was none.
    Answer,
    /// What went on when the client already had its answer.
    Afterwards,
}

/// One link of the causal chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// When.
    pub at: SimTime,
    /// The index into [`Trace::events`](super::trace::Trace::events) that it rests on, if it rests on one.
    pub event: Option<usize>,
    /// What it stands for.
    pub kind: LinkKind,
    /// Where.
    pub node: Option<NodeId>,
    /// A sentence; names of settings and headers stand between backticks.
    pub text: String,
    /// The setting that decided.
    pub setting: Option<SettingValue>,
    /// The product's rule that decided.
    pub rule: Option<&'static Rule>,
}

/// A setting with the value that held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingValue {
    /// Under its neutral name.
    pub setting: Setting,
    /// As the product calls it: `proxy_read_timeout`.
    pub directive: &'static str,
    /// As the product writes it: `2s`.
    pub value: String,
    /// True if nobody configured it.
    pub is_default: bool,
}

/// Explains how an attempt ended. For a span that is no attempt, or that is still open, the chain is what is known so far.
pub fn explain(trace: &Trace, attempt: SpanId) -> Explanation {
    explain_with(trace, &Index::new(trace), attempt)
}

/// The same, for many attempts of one trace.
pub fn explain_with(trace: &Trace, index: &Index<'_>, attempt: SpanId) -> Explanation {
    let cause = cause::find(trace, index, attempt);
    let outcome = trace.span(attempt).outcome;
    let status = match outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
        _ => None,
    };
    let mechanism = cause.mechanism;
    Explanation {
        attempt,
        outcome,
        status,
        summary: words::summary(trace, index, &cause, outcome),
        timer: mechanism.is_some_and(Mechanism::is_timer),
        chain: chain::build(trace, index, attempt, &cause),
        mechanism,
    }
}

/// The status that the client of an attempt read, and whether a timer decided: an explanation's first part alone.
pub fn outcome_of(trace: &Trace, index: &Index<'_>, attempt: SpanId) -> (Option<u16>, bool) {
    let status = match trace.span(attempt).outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
        _ => None,
    };
    (status, cause::find(trace, index, attempt).mechanism.is_some_and(Mechanism::is_timer))
}

#[cfg(test)]
mod tests;
