//! The reference card of a code: what to do about the answer that just came out.

use crate::reference::{self, Citation, Statement};

/// Where a statement is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A few words.
    pub label: String,
    /// The address, where there is one.
    pub url: Option<String>,
}

/// A statement with where it is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The words that introduce it: `GET, PUT, DELETE:`; often empty.
    pub lead: String,
    /// The statement.
    pub text: String,
    /// Its sources.
    pub sources: Vec<Source>,
    /// This run gave cause for it.
    pub applies: bool,
}

/// A line of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `Retry?`
    pub name: &'static str,
    /// What there is to say.
    pub told: Vec<Told>,
}

/// The card of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// `504 Gateway Timeout`.
    pub title: String,
    /// In one plain sentence.
    pub summary: Told,
    /// The lines.
    pub entries: Vec<Entry>,
    /// More lines, for who asks.
    pub more: Vec<Entry>,
}

/// The card of a code, with those of its paragraphs first that this run gave cause for; none for a code that the reference does not tell.
pub fn card(status: u16, paragraphs: &[&str]) -> Option<Card> {
    let code = reference::code(status)?;
    let told = |lead: &str, s: &Statement| told(lead, s, paragraphs.contains(&s.id.as_str()));
    let entries = vec![
        Entry {
            name: "Retry?",
            told: vec![told("GET, PUT, DELETE:", &code.retry.idempotent), told("POST:", &code.retry.post)],
        },
        Entry { name: "Server", told: code.server.iter().take(2).map(|s| told("", s)).collect() },
        Entry { name: "On call", told: vec![told("", &code.owner)] },
        Entry { name: "Fix", told: code.fixes.iter().take(2).map(|s| told("", s)).collect() },
        Entry {
            name: "Not to be confused with",
            told: code.confused_with.iter().map(|c| told(&format!("{}:", c.code), &c.statement)).collect(),
        },
    ];
    let all = |statements: &[Statement]| statements.iter().map(|s| told("", s)).collect::<Vec<_>>();
    let more = vec![
        Entry { name: "Was it done?", told: vec![told("", &code.retry.done)] },
        Entry { name: "Retry-After", told: vec![told("", &code.retry.retry_after)] },
        Entry { name: "Causes", told: code.causes.iter().map(|c| told("", &c.statement)).collect() },
        Entry { name: "Client", told: all(&code.client) },
        Entry { name: "Server", told: all(&code.server) },
        Entry { name: "Fixes", told: all(&code.fixes) },
        Entry {
            name: "Find the cause",
            told: code.diagnosis.iter().map(|d| told(&d.command, &d.statement)).collect(),
        },
        Entry { name: "Watch", told: all(&code.monitor) },
        Entry { name: "Caches", told: all(&code.caching) },
    ];
    let mut entries: Vec<Entry> = entries.into_iter().filter(|e| !e.told.is_empty()).collect();
    // What applies is in view: of the paragraphs that are told elsewhere, the most fitting comes first.
    let is_there = |entries: &[Entry]| entries.iter().flat_map(|e| &e.told).any(|t| t.applies);
    if !is_there(&entries) {
        let fitting = paragraphs.iter().filter(|id| **id != code.summary.id && **id != code.definition.id);
        let first = fitting.filter_map(|id| reference::paragraph(id)).next().map(|s| told("", s));
        if let Some(first) = first {
            entries.insert(0, Entry { name: "In this run", told: vec![first] });
        }
    }
    Some(Card {
        title: format!("{} {}", code.code, code.name),
        summary: Told { applies: !is_there(&entries) && !paragraphs.is_empty(), ..told("", &code.summary) },
        entries,
        more: more.into_iter().filter(|e| !e.told.is_empty()).collect(),
    })
}

fn told(lead: &str, statement: &Statement, applies: bool) -> Told {
    Told {
        lead: lead.to_owned(),
        text: statement.text.clone(),
        sources: statement.sources.iter().map(source).collect(),
        applies,
    }
}

fn source(citation: &Citation) -> Source {
    Source { label: citation.label(), url: citation.url() }
}

/// Every code in one sentence, for the time before the first answer.
pub fn overview() -> Vec<(u16, String, String)> {
    reference::codes().iter().map(|c| (c.code, c.name.clone(), c.summary.text.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_card_with_advice_and_sources() {
        for (status, ..) in overview() {
            let card = card(status, &[]).expect("a card");
            assert!(card.title.starts_with(&status.to_string()));
            assert!(card.entries.iter().any(|e| e.name == "Retry?"));
            assert!(card.entries.iter().flat_map(|e| &e.told).all(|t| !t.sources.is_empty()));
        }
        assert_eq!(card(201, &[]), None);
    }

    #[test]
    fn the_card_points_at_what_applies_to_the_run() {
        let run = crate::view::samples::sent();
        let why = run.explanation(&run.attempts[0]).expect("answered");
        let card = card(504, &why.paragraphs()).expect("a card");
        let here = card.entries.iter().flat_map(|e| &e.told).filter(|t| t.applies).count();
        assert!(here >= 1, "{card:#?}");
        let none = super::card(504, &[]).expect("a card");
        assert!(!none.summary.applies && none.entries.iter().flat_map(|e| &e.told).all(|t| !t.applies));
    }
}
