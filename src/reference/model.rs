//! The shapes of the reference: what a code has to say, and where it says it from.
//!
//! Everything here is plain data, read from the files beside this module. An unknown or a missing field is an error, so a
//! typing mistake in a data file cannot pass for a fact that nobody wrote.

use std::fmt;

use serde::Deserialize;

/// One sentence or two that stand for themselves, with where they are known from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The paragraph's stable address, `504/cause/upstream-too-slow`: code, place, and a name of its own where a place holds several.
    pub id: String,
    /// Plain text, no markup, at most 300 characters.
    pub text: String,
    /// At least one.
    pub sources: Vec<Citation>,
}

/// A pointer into a source, written `rfc9110 §15.6.3` or just `haproxy`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Citation {
    /// The [`Source`] that is meant.
    pub source: String,
    /// The section without its sign, `15.6.3`.
    pub section: Option<String>,
}

impl Citation {
    /// What a reader sees: `RFC 9110 §15.6.3`.
    pub fn label(&self) -> String {
        let short = super::source(&self.source).map_or(self.source.as_str(), |source| source.short.as_str());
        match &self.section {
            Some(section) => format!("{short} §{section}"),
            None => short.to_owned(),
        }
    }

    /// The address, down to the section where the source's sections have one; `None` for what is not a public document.
    pub fn url(&self) -> Option<String> {
        let source = super::source(&self.source)?;
        let mut url = source.url.clone()?;
        if let (Some(anchor), Some(section)) = (&source.section_anchor, &self.section) {
            url.push_str(anchor);
            url.push_str(section);
        }
        Some(url)
    }
}

impl TryFrom<String> for Citation {
    type Error = CitationError;

    fn try_from(text: String) -> Result<Self, CitationError> {
        let (source, section) = match text.split_once(" §") {
            Some((source, section)) => (source, Some(section)),
            None => (text.as_str(), None),
        };
        let id_is_plain = !source.is_empty()
            && source.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let section_is_plain = section.is_none_or(|s| {
            s.starts_with(|c: char| c.is_ascii_digit()) && s.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        });
        if !id_is_plain || !section_is_plain {
            return Err(CitationError(text));
        }
        Ok(Self { source: source.to_owned(), section: section.map(str::to_owned) })
    }
}

/// A citation that is neither `id` nor `id §1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitationError(String);

impl fmt::Display for CitationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "citation {:?}: expected a source id, optionally followed by a section, as in \"rfc9110 §15.6.3\"",
            self.0
        )
    }
}

impl std::error::Error for CitationError {}

/// Where statements are known from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Lower-case name that citations use.
    pub id: String,
    /// A few words for a label beside the text.
    pub short: String,
    /// The full title.
    pub title: String,
    /// Public address. `None` for our own recordings, for common practice and for our own advice: a page shows these without a link.
    #[serde(default)]
    pub url: Option<String>,
    /// What stands between the address and a section's number, where sections have addresses.
    #[serde(default)]
    pub section_anchor: Option<String>,
}

/// Who may send a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emitter {
    /// Origins and gateways alike.
    Any,
    /// Only a server that acts as gateway, proxy or cache for this request.
    Gateway,
}

/// A status code in full.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The number, 100 to 599.
    pub code: u16,
    /// The registered reason phrase.
    pub name: String,
    /// Who may send it, for sorting and filtering; [`Code::emitted_by`] says it in words.
    pub emitter: Emitter,
    /// What to read, the defining section first.
    pub spec: Vec<Citation>,
    /// What the standard says, in our words.
    pub definition: Statement,
    /// The same in one plain sentence.
    pub summary: Statement,
    /// Who sends it.
    pub emitted_by: Statement,
    /// What leads to it, the usual first.
    pub causes: Vec<Cause>,
    /// When it is the right code to send.
    pub use_when: Vec<Statement>,
    /// When another code is right, and which.
    pub do_not_use: Vec<Statement>,
    /// May the request be sent again?
    pub retry: Retry,
    /// What a client should do besides.
    pub client: Vec<Statement>,
    /// What the server that sends it should do.
    pub server: Vec<Statement>,
    /// May the answer be stored?
    pub caching: Vec<Statement>,
    /// What search engines make of it.
    pub crawlers: Vec<Statement>,
    /// What libraries and protocols above HTTP make of it.
    pub api: Vec<Statement>,
    /// What to watch.
    pub monitor: Vec<Statement>,
    /// Whom to call first.
    pub owner: Statement,
    /// What to run to find the cause.
    pub diagnosis: Vec<Command>,
    /// What mends it.
    pub fixes: Vec<Statement>,
    /// Situations in which it is met.
    pub scenarios: Vec<Statement>,
    /// Codes that it is taken for.
    pub confused_with: Vec<Confusion>,
    /// What people ask.
    pub questions: Vec<Question>,
}

/// Something that leads to a code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Which of [`MECHANISMS`](super::MECHANISMS) it describes; empty for what no run can show.
    pub mechanisms: Vec<String>,
    /// The cause in words.
    pub statement: Statement,
}

/// May the request be sent again?
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Was the request perhaps carried out?
    pub done: Statement,
    /// Advice for GET, HEAD, OPTIONS, PUT and DELETE.
    pub idempotent: Statement,
    /// Advice for POST and PATCH.
    pub post: Statement,
    /// Does Retry-After come with it, and what does it mean?
    pub retry_after: Statement,
}

/// A command that helps to find the cause.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The line to type; names, ports and paths in it are examples.
    pub command: String,
    /// What it really tells.
    pub statement: Statement,
}

/// Another code that this one is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    /// The other code; it need not be one that [`code`](super::code) knows.
    pub code: u16,
    /// How the *other* code differs.
    pub statement: Statement,
}

/// A question that people ask, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question, in the words of whoever asks.
    pub question: String,
    /// The answer.
    pub answer: Statement,
}

impl Code {
    /// The class digit: 5 for a server error.
    pub fn class(&self) -> u16 {
        self.code / 100
    }

    /// Every statement in reading order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.placed().into_iter().map(|(_, statement)| statement)
    }

    /// Every statement with the place that its id has to name after the code.
    pub(super) fn placed(&self) -> Vec<(&'static str, &Statement)> {
        let mut all = vec![
            ("definition", &self.definition),
            ("summary", &self.summary),
            ("emitted-by", &self.emitted_by),
        ];
        all.extend(self.causes.iter().map(|cause| ("cause/", &cause.statement)));
        all.extend(self.use_when.iter().map(|s| ("use/", s)));
        all.extend(self.do_not_use.iter().map(|s| ("avoid/", s)));
        all.extend([
            ("retry/done", &self.retry.done),
            ("retry/idempotent", &self.retry.idempotent),
            ("retry/post", &self.retry.post),
            ("retry/retry-after", &self.retry.retry_after),
        ]);
        all.extend(self.client.iter().map(|s| ("client/", s)));
        all.extend(self.server.iter().map(|s| ("server/", s)));
        all.extend(self.caching.iter().map(|s| ("caching/", s)));
        all.extend(self.crawlers.iter().map(|s| ("crawlers/", s)));
        all.extend(self.api.iter().map(|s| ("api/", s)));
        all.extend(self.monitor.iter().map(|s| ("monitor/", s)));
        all.push(("owner", &self.owner));
        all.extend(self.diagnosis.iter().map(|command| ("diagnosis/", &command.statement)));
        all.extend(self.fixes.iter().map(|s| ("fix/", s)));
        all.extend(self.scenarios.iter().map(|s| ("scenario/", s)));
        all.extend(self.confused_with.iter().map(|confusion| ("confused/", &confusion.statement)));
        all.extend(self.questions.iter().map(|question| ("question/", &question.answer)));
        all
    }
}
