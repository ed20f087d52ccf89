//! What a person is about to send: as typed, as a request, and as changes of the scenario.
//!
//! A draft keeps every text as it was typed. What cannot be sent is refused with the field, the value and what is
//! expected; the rules are those of the reader of scenarios.

use std::collections::BTreeMap;

use crate::sim::message::Method;
use crate::sim::scenario::{Action, Change, IdempotencyKey, MAX_BYTES, Request, Scenario, ScenarioError};
use crate::sim::time::{SimDuration, SimTime};

use super::edit;
use super::form::Refusal;
use super::format;
use super::run::Run;

/// The least and the most requests that are sent at a time.
pub const SEVERAL: (u32, u32) = (2, 1_000);
/// The longest time between two of them.
const LONGEST_GAP: SimDuration = SimDuration::from_secs(60);

/// Which key a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// None.
    #[default]
    None,
    /// A new one for each request, the same for all its attempts.
    New,
    /// The text that was typed.
    Given,
}

impl KeyKind {
    /// All of them, with a word for each.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::None, "none"), (Self::New, "new"), (Self::Given, "given")];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

/// A header as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Tells the lines apart, whatever stands in them.
    pub id: u32,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What is about to be sent, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The headers; lines without name and value are not sent.
    pub headers: Vec<Header>,
    /// The body.
    pub body: String,
    /// Which key it carries.
    pub key: KeyKind,
    /// The key's text where it is given.
    pub given: String,
    /// How many are sent at a time.
    pub count: String,
    /// The time between two of them.
    pub apart: String,
    next: u32,
}

/// A field of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The path.
    Path,
    /// The headers together.
    Headers,
    /// The name of the header with that id.
    Name(u32),
    /// The value of the header with that id.
    Value(u32),
    /// The body.
    Body,
    /// The text of the key.
    Key,
    /// How many.
    Count,
    /// The time between two.
    Apart,
}

impl Place {
    /// The id of the field's control.
    pub fn id(self) -> String {
        match self {
            Self::Path => "path".to_owned(),
            Self::Headers => "header-add".to_owned(),
            Self::Name(id) => format!("header-name-{id}"),
            Self::Value(id) => format!("header-value-{id}"),
            Self::Body => "body".to_owned(),
            Self::Key => "key-given".to_owned(),
            Self::Count => "count".to_owned(),
            Self::Apart => "apart".to_owned(),
        }
    }
}

/// Why a draft cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which field.
    pub place: Place,
    /// The field, its value, and what is expected.
    pub words: String,
}

impl Draft {
    /// A draft of a request.
    pub fn of(request: &Request) -> Self {
        let mut draft = Self {
            method: request.method,
            path: String::new(),
            headers: Vec::new(),
            body: String::new(),
            key: KeyKind::None,
            given: "order-1".to_owned(),
            count: "10".to_owned(),
            apart: "10ms".to_owned(),
            next: 0,
        };
        draft.show(request);
        draft
    }

    /// Shows another request; how many are sent at a time stays.
    pub fn show(&mut self, request: &Request) {
        self.method = request.method;
        self.path.clone_from(&request.path);
        self.body.clone_from(&request.body);
        self.headers.clear();
        for (name, value) in &request.headers {
            self.add(name, value);
        }
        self.key = match &request.idempotency_key {
            IdempotencyKey::None => KeyKind::None,
            IdempotencyKey::PerCall => KeyKind::New,
            IdempotencyKey::Given(text) => {
                self.given.clone_from(text);
                KeyKind::Given
            }
        };
    }

    /// Adds a line for a header; its id.
    pub fn add(&mut self, name: &str, value: &str) -> u32 {
        let id = self.next;
        self.next += 1;
        self.headers.push(Header { id, name: name.to_owned(), value: value.to_owned() });
        id
    }

    /// The header of that id.
    pub fn header(&mut self, id: u32) -> Option<&mut Header> {
        self.headers.iter_mut().find(|header| header.id == id)
    }

    /// What is sent beside method and path: `2 headers, 14 bytes`; empty for nothing.
    pub fn carries(&self) -> String {
        let headers = self.headers.iter().filter(|h| !h.is_empty()).count();
        let headers = (headers > 0).then(|| format::count(headers, "header", "headers"));
        let body = (!self.body.is_empty()).then(|| self.size());
        headers.into_iter().chain(body).collect::<Vec<_>>().join(", ")
    }

    /// The size of the body.
    pub fn size(&self) -> String {
        format::count(self.body.len(), "byte", "bytes")
    }

    /// The request.
    ///
    /// # Errors
    /// The first field that cannot be sent.
    pub fn request(&self) -> Result<Request, Wrong> {
        let mut request = Request::new(self.method, self.path.trim());
        checked(&request, Place::Path, "Path")?;
        request.idempotency_key = match self.key {
            KeyKind::None => IdempotencyKey::None,
            KeyKind::New => IdempotencyKey::PerCall,
            KeyKind::Given => IdempotencyKey::Given(self.given.trim().to_owned()),
        };
        checked(&request, Place::Key, "Idempotency-Key")?;
        for header in self.headers.iter().filter(|h| !h.is_empty()) {
            let (name, value) = (header.name.trim(), header.value.trim());
            let only = |value: &str| Request {
                headers: BTreeMap::from([(name.to_owned(), value.to_owned())]),
                ..Request::default()
            };
            checked(&only(""), Place::Name(header.id), "Header name")?;
            checked(&only(value), Place::Value(header.id), &format!("Value of the header {name}"))?;
            if request.headers.keys().any(|other| other.eq_ignore_ascii_case(name)) {
                let words = format!("Header name {name:?} stands twice; expected each name once.");
                return Err(Wrong { place: Place::Name(header.id), words });
            }
            request.headers.insert(name.to_owned(), value.to_owned());
        }
        checked(&request, Place::Headers, "Headers:")?;
        request.body.clone_from(&self.body);
        checked(&request, Place::Body, "Body:")?;
        Ok(request)
    }

    /// How many are sent at a time, and the time between two of them.
    ///
    /// # Errors
    /// Which of both is none, and what is expected.
    pub fn several(&self) -> Result<(u32, SimDuration), Wrong> {
        let typed = self.count.trim();
        let (least, most) = SEVERAL;
        let count = typed.parse::<u32>().ok().filter(|n| (least..=most).contains(n));
        let Some(count) = count else {
            let words = format!("How many: {typed:?} is not accepted; expected {least} to {}.", "1,000");
            return Err(Wrong { place: Place::Count, words });
        };
        let typed = self.apart.trim();
        let apart = match typed {
            "" | "0" => Some(SimDuration::ZERO),
            text => text.replace(' ', "").parse::<SimDuration>().ok(),
        };
        let Some(apart) = apart.filter(|apart| *apart <= LONGEST_GAP) else {
            let words = format!(
                "Time between two: {typed:?} is not accepted; expected a number and a unit, such as 10ms, up to {LONGEST_GAP}, or 0 for all at once."
            );
            return Err(Wrong { place: Place::Apart, words });
        };
        Ok((count, apart))
    }

    /// The first field that is wrong, as far as it is not the path, which is looked at when it is sent.
    pub fn wrong(&self) -> Option<Wrong> {
        let of_request = self.request().err().filter(|wrong| wrong.place != Place::Path);
        of_request.or_else(|| self.several().err())
    }
}

impl Header {
    /// True if nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.name.trim().is_empty() && self.value.trim().is_empty()
    }
}

/// What the reader of scenarios says of a request, with the name that the field has on the screen.
fn checked(request: &Request, place: Place, called: &str) -> Result<(), Wrong> {
    let Err(error) = request.check("") else { return Ok(()) };
    let words = match error {
        ScenarioError::Field { value, expected, .. } => {
            // Of these only the size is told, which is no text of theirs.
            let is_size = matches!(place, Place::Headers | Place::Body);
            let value = if is_size { value.trim_matches('"') } else { &value };
            format!("{called} {value} is not accepted; expected {expected}.")
        }
        other => other.to_string(),
    };
    Err(Wrong { place, words })
}

/// What everything but requests may take in a link or a file, in bytes.
const ELSE: usize = 64 * 1024;

/// How many bytes of JSON a request takes, about.
fn written(client: &str, request: &Request) -> usize {
    let headers = request.headers.iter().map(|(name, value)| name.len() + value.len() + 8);
    client.len() + request.path.len() + request.body.len() + headers.sum::<usize>() + 120
}

/// The scenario with a request that is sent `count` times from a moment on.
///
/// # Errors
/// What is wrong with it; the scenario then stays as it is.
pub fn sent(
    run: &Run,
    scenario: &Scenario,
    at: SimTime,
    client: &str,
    request: &Request,
    (count, apart): (u32, SimDuration),
) -> Result<Scenario, Refusal> {
    let send = || Action::Send { client: client.to_owned(), request: request.clone() };
    // The last one first: it tells whether there is room, and moves the end on.
    let last = at + apart.times(u64::from(count.saturating_sub(1)));
    let mut next = edit::onto(run, scenario, last, send())?;
    let tail = next.timeline.pop();
    let earlier = (0..count.saturating_sub(1)).map(|n| at + apart.times(u64::from(n)));
    next.timeline.extend(earlier.map(|at| Change { at, action: send() }));
    next.timeline.extend(tail);
    next.check()?;
    // A bound that needs nothing that writes JSON: what is sent is nearly all there is to a large session.
    let sends = next.timeline.iter().filter_map(|change| match &change.action {
        Action::Send { client, request } => Some(written(client, request)),
        _ => None,
    });
    let bytes = sends.sum::<usize>() + ELSE;
    if bytes > MAX_BYTES {
        return Err(Refusal(format!(
            "With this the session would be {} KiB, and a link or a file holds {} KiB at most. Send fewer, or a shorter body.",
            bytes.div_ceil(1_024),
            MAX_BYTES / 1_024
        )));
    }
    Ok(next)
}

/// The moment by which each of the requests from a place on the timeline on had its first answer; none without any.
pub fn answered(run: &Run, from: usize) -> Option<SimTime> {
    let mine = |attempt: &&super::run::Attempt| {
        (from..run.trace.scenario.timeline.len()).contains(&(attempt.key.call.change as usize))
            && attempt.key.number == 1
            && attempt.is_over()
    };
    run.attempts.iter().filter(mine).map(|attempt| attempt.end).max()
}

#[cfg(test)]
mod tests;
