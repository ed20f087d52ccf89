//! The reference: what is known about each status code, as data with sources.
//!
//! A run explains itself by pointing here: each link of its causal chain names a paragraph, `504/cause/upstream-too-slow`,
//! and the page shows that paragraph beside the run. So ids are addresses: they stay when a text is reworded. The text is
//! data, not markup, and other sites may use the files as they are.
//!
//! # Adding a fact
//!
//! Write one statement into `codes/<code>.json`, one line: an `id` that names its place (`502/cause/…`, `502/fix/…`; the
//! tests say which), a `text` in plain words of at most 300 characters, and its `sources`. A source is an id of
//! `sources.json`, with a section where it has any (`rfc9110 §15.6.3`). A new source is one line there. Where a recording
//! contradicts a document, both are told and `recorded` is among the sources. Three sources have no address: `recorded`
//! (our own recordings), `practice` (what is commonly said and done, no standard behind it) and `eng` (our own advice).
//!
//! A cause names the [`MECHANISMS`] that it describes, so that a run finds it; the most general cause of a mechanism stands first.
//!
//! # Adding a code
//!
//! Write `codes/<code>.json` after the pattern of `codes/504.json` and add its line to `FILES` below.
//!
//! # Not here
//!
//! No rule of any gateway or client: what a product does is decided in the simulation, and this text only tells about it.

#[cfg(test)]
mod check;
mod model;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::sim::json;

pub use model::{
    Cause, Citation, CitationError, Code, Command, Confusion, Emitter, Question, Retry, Source, Statement,
};

/// What can end a request without a good answer, by the names that a simulation uses.
///
/// Causes are tagged with these. `client_left` and `client_timeout` lead to no status that a client sees, so no cause names them.
pub const MECHANISMS: [&str; 22] = [
    "connection_refused",
    "host_unreachable",
    "connect_timeout",
    "name_not_resolved",
    "tls_failed",
    "closed_before_answer",
    "reset_before_answer",
    "invalid_head",
    "head_too_large",
    "read_timeout",
    "send_timeout",
    "body_cut",
    "no_live_upstream",
    "unhandled_exception",
    "own_answer",
    "maintenance",
    "overloaded",
    "breaker_open",
    "not_implemented",
    "rate_limited",
    "client_left",
    "client_timeout",
];

/// One file to a code, in the order in which a page lists them.
const FILES: [(&str, &str); 5] = [
    ("codes/500.json", include_str!("codes/500.json")),
    ("codes/501.json", include_str!("codes/501.json")),
    ("codes/502.json", include_str!("codes/502.json")),
    ("codes/503.json", include_str!("codes/503.json")),
    ("codes/504.json", include_str!("codes/504.json")),
];

const SOURCES: (&str, &str) = ("sources.json", include_str!("sources.json"));

/// Every code that is told in full.
pub fn codes() -> &'static [Code] {
    &library().codes
}

/// A code that is told in full; `None` for every other number.
pub fn code(code: u16) -> Option<&'static Code> {
    codes().iter().find(|known| known.code == code)
}

/// Every source that a statement cites.
pub fn sources() -> &'static [Source] {
    &library().sources
}

/// The source with this id, without a section: `rfc9110`.
pub fn source(id: &str) -> Option<&'static Source> {
    sources().iter().find(|source| source.id == id)
}

/// The statement with this id: `504/cause/upstream-too-slow`.
pub fn paragraph(id: &str) -> Option<&'static Statement> {
    let (number, _) = id.split_once('/')?;
    code(number.parse().ok()?)?.statements().find(|statement| statement.id == id)
}

/// The ids of the paragraphs that tell how `mechanism` leads to `status`, the most general first.
///
/// Where no cause names the mechanism, it is the code's definition alone; for a status that the reference does not tell, nothing.
pub fn for_mechanism(status: u16, mechanism: &str) -> Vec<&'static str> {
    let Some(code) = code(status) else {
        return Vec::new();
    };
    let causes: Vec<_> = code
        .causes
        .iter()
        .filter(|cause| cause.mechanisms.iter().any(|named| named == mechanism))
        .map(|cause| cause.statement.id.as_str())
        .collect();
    if causes.is_empty() { vec![code.definition.id.as_str()] } else { causes }
}

/// All of the reference, parsed.
#[derive(Debug)]
struct Library {
    codes: Vec<Code>,
    sources: Vec<Source>,
}

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    // The files are part of the program, so a mistake in one is a bug; the tests parse each of them.
    LIBRARY.get_or_init(|| Library::parse(&FILES, SOURCES).expect("the built-in reference is valid"))
}

impl Library {
    fn parse(codes: &[(&'static str, &str)], sources: (&'static str, &str)) -> Result<Self, DataError> {
        let codes = codes.iter().map(|&file| parse(file)).collect::<Result<_, _>>()?;
        Ok(Self { codes, sources: parse(sources)? })
    }
}

fn parse<T: DeserializeOwned>((file, text): (&'static str, &str)) -> Result<T, DataError> {
    json::parse(text).map_err(|reason| DataError { file, reason })
}

/// A data file that does not have the shape of the reference.
#[derive(Debug)]
struct DataError {
    file: &'static str,
    reason: json::Error,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/reference/{}: {}", self.file, self.reason)
    }
}

impl std::error::Error for DataError {}
