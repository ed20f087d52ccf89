//! The rules that every data file has to keep beyond its shape; the tests try them on the built-in data and on broken data.

use std::collections::{BTreeMap, BTreeSet};

use super::{Citation, Code, Library, MECHANISMS, Statement};

/// Every fault of the data that its shape does not already forbid, in words that name the place.
pub(super) fn problems(library: &Library) -> Vec<String> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let mut cited = BTreeSet::new();
    let known: BTreeMap<_, _> = library.sources.iter().map(|source| (source.id.as_str(), source)).collect();
    if known.len() != library.sources.len() {
        found.push("two sources have the same id".to_owned());
    }
    for source in &library.sources {
        if source.url.as_deref().is_some_and(|url| !url.starts_with("https://")) {
            found.push(format!("source {}: the address is not https", source.id));
        }
        if source.short.is_empty() || source.title.is_empty() {
            found.push(format!("source {}: no title", source.id));
        }
    }
    for code in &library.codes {
        let mut cite = |place: &str, citation: &Citation| {
            cited.insert(citation.source.clone());
            match known.get(citation.source.as_str()) {
                None => found.push(format!("{place}: no source {}", citation.source)),
                Some(source) if citation.section.is_some() && source.section_anchor.is_none() => {
                    found.push(format!("{place}: {} has no sections", citation.source));
                }
                Some(_) => {}
            }
        };
        code.spec.iter().for_each(|citation| cite(&format!("{}/spec", code.code), citation));
        for statement in code.statements() {
            statement.sources.iter().for_each(|citation| cite(&statement.id, citation));
        }
        for (place, statement) in code.placed() {
            found.extend(statement_problems(code.code, place, statement));
            if !ids.insert(statement.id.as_str()) {
                found.push(format!("{}: the id is used twice", statement.id));
            }
        }
        found.extend(code_problems(code));
    }
    found.extend(
        known.keys().filter(|id| !cited.contains(**id)).map(|id| format!("source {id}: nothing cites it")),
    );
    found
}

fn statement_problems(code: u16, place: &str, statement: &Statement) -> Vec<String> {
    let mut found = Vec::new();
    let name = statement.id.strip_prefix(&format!("{code}/{place}"));
    let is_named = match name {
        Some(name) if place.ends_with('/') => {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        }
        Some(name) => name.is_empty(),
        None => false,
    };
    if !is_named {
        found.push(format!("{}: expected an id like {code}/{place}…", statement.id));
    }
    let length = statement.text.chars().count();
    if length == 0
        || length > 300
        || statement.text.trim() != statement.text
        || !statement.text.ends_with(['.', '?'])
    {
        found.push(format!(
            "{}: {length} characters; expected 1 to 300, trimmed, closed with a full stop",
            statement.id
        ));
    }
    if statement.sources.is_empty() {
        found.push(format!("{}: no source", statement.id));
    }
    found
}

fn code_problems(code: &Code) -> Vec<String> {
    let number = code.code;
    let mut found = Vec::new();
    let lists = [
        ("spec", code.spec.len()),
        ("causes", code.causes.len()),
        ("use_when", code.use_when.len()),
        ("do_not_use", code.do_not_use.len()),
        ("client", code.client.len()),
        ("server", code.server.len()),
        ("caching", code.caching.len()),
        ("crawlers", code.crawlers.len()),
        ("api", code.api.len()),
        ("monitor", code.monitor.len()),
        ("diagnosis", code.diagnosis.len()),
        ("fixes", code.fixes.len()),
        ("scenarios", code.scenarios.len()),
        ("confused_with", code.confused_with.len()),
        ("questions", code.questions.len()),
    ];
    found.extend(
        lists.iter().filter(|(_, length)| *length == 0).map(|(name, _)| format!("{number}: {name} is empty")),
    );
    if code.name.is_empty() {
        found.push(format!("{number}: no name"));
    }
    for cause in &code.causes {
        let unknown = cause.mechanisms.iter().filter(|named| !MECHANISMS.contains(&named.as_str()));
        found.extend(unknown.map(|named| format!("{}: no mechanism {named}", cause.statement.id)));
    }
    for confusion in &code.confused_with {
        if confusion.code == number || !confusion.statement.id.ends_with(&format!("/{}", confusion.code)) {
            found.push(format!(
                "{}: expected the other code, {}, as its name",
                confusion.statement.id, confusion.code
            ));
        }
    }
    found.extend(
        code.diagnosis
            .iter()
            .filter(|c| c.command.is_empty())
            .map(|c| format!("{}: no command", c.statement.id)),
    );
    found.extend(
        code.questions
            .iter()
            .filter(|q| !q.question.ends_with('?'))
            .map(|q| format!("{}: no question", q.answer.id)),
    );
    found
}
