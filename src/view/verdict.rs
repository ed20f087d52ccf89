//! The answer and why: what stands at the top of the explanation.

use crate::sim::explain::{Link, LinkKind};
use crate::sim::time::SimTime;

use super::mark::{self, Mark};
use super::run::{Attempt, AttemptKey, Run};
use super::text::{self, Piece};
use super::{format, names};

/// One link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainLink {
    /// Where the playhead goes when it is chosen.
    pub at: SimTime,
    /// The step that it rests on.
    pub step: Option<usize>,
    /// When, as text.
    pub time: String,
    /// What it stands for.
    pub kind: LinkKind,
    /// The same as a word.
    pub kind_word: &'static str,
    /// What it says.
    pub text: Vec<Piece>,
    /// Where it is known from, if a product's rule decided.
    pub source: String,
    /// The playhead stands here.
    pub here: bool,
    /// It lies behind the playhead.
    pub later: bool,
    /// What follows happened when the client had its answer already.
    pub before_afterwards: bool,
}

/// An answer and why it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Which attempt.
    pub key: AttemptKey,
    /// Its mark.
    pub mark: Mark,
    /// `504`, or `no answer`.
    pub code: String,
    /// The number, where there is one.
    pub status: Option<u16>,
    /// `Why 504?`
    pub title: String,
    /// What happened, in one sentence.
    pub summary: Vec<Piece>,
    /// `after 2.000 s`.
    pub after: String,
    /// What an effect adds: `Order 1042 was created.`
    pub effect: String,
    /// The causes, in order of time.
    pub chain: Vec<ChainLink>,
}

/// The answer of an attempt at a moment; none while it is open.
pub fn verdict(run: &Run, attempt: &Attempt, cursor: SimTime, step: Option<usize>) -> Option<Verdict> {
    let explanation = run.explanation(attempt)?;
    let code = mark::label(attempt.status);
    let here = here(run, &explanation.chain, cursor, step);
    let last = explanation.chain.len();
    let chain = explanation
        .chain
        .iter()
        .enumerate()
        .map(|(i, link)| ChainLink {
            at: link.at,
            step: link.event.and_then(|event| run.steps.of_event(event)),
            time: format::moment(link.at),
            kind: link.kind,
            kind_word: word(link.kind),
            text: text::pieces(&link.text),
            source: link.rule.map(|r| r.source.to_owned()).unwrap_or_default(),
            here: here == Some(i),
            later: link.at > cursor,
            before_afterwards: i + 1 < last && explanation.chain[i + 1].kind == LinkKind::Afterwards,
        })
        .collect();
    Some(Verdict {
        key: attempt.key,
        mark: attempt.mark,
        title: format!("Why {code}?"),
        code,
        status: attempt.status,
        summary: text::pieces(&explanation.summary),
        after: format!("after {}", format::duration(attempt.end.since(attempt.start))),
        effect: effect(run, attempt, cursor),
        chain,
    })
}

/// The link that the playhead stands on: the one of the step that is shown, else the last one that has happened.
fn here(run: &Run, chain: &[Link], cursor: SimTime, step: Option<usize>) -> Option<usize> {
    let event = step.and_then(|i| run.steps.event(i));
    let exact = event.and_then(|event| chain.iter().position(|l| l.event == Some(event)));
    exact.or_else(|| chain.iter().rposition(|l| l.at <= cursor))
}

fn word(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Fault => "fault",
        LinkKind::Mechanism => "mechanism",
        LinkKind::Setting => "setting",
        LinkKind::Answer => "answer",
        LinkKind::Afterwards => "afterwards",
    }
}

/// The orders that an attempt created by a moment, as a sentence.
fn effect(run: &Run, attempt: &Attempt, cursor: SimTime) -> String {
    let orders = super::inspector::orders(run, attempt, cursor);
    match orders.as_slice() {
        [] => String::new(),
        [one] => format!("Order {one} was created."),
        many => format!("{} orders were created.", many.len()),
    }
}

/// The sentence of the live region for an answer: `3.600 s: client got 504. nginx waited 2 s for A, then gave up.`
pub fn spoken(run: &Run, attempt: &Attempt) -> String {
    let summary = run.explanation(attempt).map(|e| text::plain(&e.summary)).unwrap_or_default();
    format!(
        "{}: {} got {}. {summary}",
        format::moment(attempt.end),
        names::short(&run.trace, attempt.client),
        mark::label(attempt.status)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn a_chain_leads_from_the_fault_to_the_answer_and_marks_where_the_playhead_stands() {
        let run = sent();
        let attempt = &run.attempts[0];
        let verdict = verdict(&run, attempt, attempt.end, run.step_at(attempt.end)).expect("answered");
        assert_eq!((verdict.code.as_str(), verdict.title.as_str()), ("504", "Why 504?"));
        assert_eq!(verdict.chain.first().map(|l| l.kind), Some(LinkKind::Fault));
        assert!(verdict.chain.is_sorted_by_key(|l| l.at));
        assert_eq!(verdict.chain.iter().filter(|l| l.here).count(), 1);
        assert!(verdict.chain.iter().all(|l| l.later == (l.at > attempt.end)));
    }
}
