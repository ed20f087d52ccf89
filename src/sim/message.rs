//! HTTP messages: small references in the hot path, real bytes when somebody looks.
//!
//! A response on the wire is a [`Message`]: the index of a [`Template`] and what varies between two
//! answers of that template (the date, an order's number). [`Template::render`] makes the bytes.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::time::{SimDuration, SimTime};

/// A request method.
///
/// RFC 9110 §9.3 and RFC 5789 (PATCH); PROPFIND (RFC 4918) stands for a method that the orders API does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are the methods")]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Propfind,
}

impl Method {
    /// All methods that a scenario can name.
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Propfind,
    ];

    /// The token of the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Propfind => "PROPFIND",
        }
    }

    /// True if a request of this method usually has a body (RFC 9110 §9.3); here it always has.
    pub const fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }

    /// True if sending it twice has the effect of sending it once (RFC 9110 §9.2.2).
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A header's value, as far as it is known before the answer is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Fixed text; `{n}` in it is the message's number (an order, say).
    Text(String),
    /// The moment of sending, as an HTTP-date (RFC 9110 §5.6.7).
    Date,
    /// An HTTP-date that lies this long after the moment of sending.
    DateAfter(SimDuration),
    /// The number of bytes of the body.
    BodyLength,
}

/// How the receiver knows where the body ends (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The end of the connection.
    Close,
}

/// What is wrong with a response's head, seen by whoever parses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeadDefect {
    /// Bytes that are no HTTP at all.
    Garbage,
    /// A body without a head, as HTTP/0.9 had it.
    Http09,
    /// `HTTP/1.1 abc`: no number where the status belongs.
    BadStatusLine,
    /// A header line without a colon.
    NoColon,
    /// A NUL byte within a header's value.
    NulByte,
    /// Two `Content-Length` headers that contradict each other (5 and 7, with 5 bytes sent).
    ConflictingLength,
    /// A `Content-Length` that is no number.
    NonnumericLength,
    /// Both `Content-Length` and `Transfer-Encoding` (RFC 9112 §6.1).
    LengthAndChunked,
}

/// A response as it will be written: everything but what varies between two answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    /// The number in the status line; none where there is no status line, or no number in it.
    pub status: Option<u16>,
    /// The reason phrase as this sender writes it.
    pub reason: String,
    /// Headers in the order in which they are sent.
    pub headers: Vec<(String, Value)>,
    /// The body; `{n}` is the message's number.
    pub body: String,
    /// How the end of the body is told.
    pub framing: Framing,
    /// What a parser will object to.
    pub defect: Option<HeadDefect>,
    /// The size of the head in bytes, where padding makes it larger than the headers listed.
    pub head_bytes: u32,
    /// Raw bytes that stand in place of status line and headers.
    pub raw: Option<Vec<u8>>,
}

/// The index of a [`Template`] in its run's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateId(pub u32);

/// One response on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// What it says.
    pub template: TemplateId,
    /// The number that the template's `{n}` stands for, such as an order's.
    pub number: u32,
    /// When its sender wrote it.
    pub sent: SimTime,
}

impl Template {
    /// A well-formed answer with the body's length in `Content-Length`.
    pub fn new(status: u16, reason: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut headers: Vec<(String, Value)> =
            headers.iter().map(|(n, v)| ((*n).to_owned(), Value::Text((*v).to_owned()))).collect();
        headers.push(("Content-Length".to_owned(), Value::BodyLength));
        Self {
            status: Some(status),
            reason: reason.to_owned(),
            headers,
            body: body.to_owned(),
            framing: Framing::Length,
            defect: None,
            head_bytes: 0,
            raw: None,
        }
    }

    /// The answer to HEAD: the same head without the body (RFC 9110 §9.3.2), and without the body's length, which may be
    /// left out where it is known only once the body is made.
    pub fn without_body(mut self) -> Self {
        self.headers.retain(|(name, value)| {
            *value != Value::BodyLength && !name.eq_ignore_ascii_case("transfer-encoding")
        });
        self.body.clear();
        // Nothing follows the head, so that nothing is left to be told apart.
        self.framing = Framing::Length;
        self
    }

    /// The answer to HEAD that says how long the body would be which it leaves out (RFC 9110 §8.6); `number` is the
    /// message's.
    pub fn with_length_alone(mut self, number: u32) -> Self {
        let length = numbered(&self.body, number).len();
        for (_, value) in &mut self.headers {
            if *value == Value::BodyLength {
                *value = Value::Text(length.to_string());
            }
        }
        self.body.clear();
        self
    }

    /// The first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// The bytes of the longest header line; padding counts as one line.
    pub fn longest_line(&self) -> u32 {
        let length = |(name, value): &(String, Value)| match value {
            Value::Text(text) => name.len() + text.len() + 2,
            // An HTTP-date; a length has fewer digits.
            _ => name.len() + 31,
        };
        let lines: Vec<u32> = self.headers.iter().map(|header| length(header) as u32).collect();
        let padding = self.head_bytes.saturating_sub(lines.iter().map(|line| line + 2).sum());
        lines.into_iter().max().unwrap_or_default().max(padding)
    }

    /// The headers as text, for an answer with this number sent at `sent`.
    ///
    /// `epoch` is the wall-clock second, since 1970, at which the run starts.
    pub fn headers_at(&self, message: Message, epoch: u64) -> Vec<(String, String)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.clone(), self.value_at(value, message, epoch)))
            .collect()
    }

    /// One header's value as text.
    pub fn value_at(&self, value: &Value, message: Message, epoch: u64) -> String {
        match value {
            Value::Text(text) => numbered(text, message.number),
            Value::Date => http_date(epoch, message.sent),
            Value::DateAfter(wait) => http_date(epoch, message.sent + *wait),
            Value::BodyLength => numbered(&self.body, message.number).len().to_string(),
        }
    }

    /// The body as text.
    pub fn body_at(&self, message: Message) -> String {
        numbered(&self.body, message.number)
    }

    /// The head as it goes over the wire, without the empty line that ends it. Lines end in CR LF.
    pub fn head_at(&self, message: Message, epoch: u64) -> String {
        if let Some(raw) = &self.raw {
            return String::from_utf8_lossy(raw).into_owned();
        }
        let status = self.status.map_or_else(|| "???".to_owned(), |s| format!("{s:03}"));
        let mut head = format!("HTTP/1.1 {status}");
        if !self.reason.is_empty() {
            head.push(' ');
            head.push_str(&self.reason);
        }
        head.push_str("\r\n");
        for (name, value) in self.headers_at(message, epoch) {
            head.push_str(&name);
            head.push_str(": ");
            head.push_str(&value);
            head.push_str("\r\n");
        }
        head
    }

    /// The whole response as text: head, empty line, body.
    pub fn render(&self, message: Message, epoch: u64) -> String {
        if self.raw.is_some() {
            return self.head_at(message, epoch);
        }
        format!("{}\r\n{}", self.head_at(message, epoch), self.body_at(message))
    }
}

fn numbered(text: &str, number: u32) -> String {
    if text.contains("{n}") { text.replace("{n}", &number.to_string()) } else { text.to_owned() }
}

/// The HTTP-date (RFC 9110 §5.6.7, IMF-fixdate) of a moment of a run that starts `epoch` seconds after 1970.
pub fn http_date(epoch: u64, at: SimTime) -> String {
    // The format ends with the year 9999; a scenario's epoch is far below, a saturated time is not.
    const LAST: u64 = 253_402_300_799;
    let seconds = epoch.saturating_add(at.as_nanos() / 1_000_000_000).min(LAST);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The table of templates of a run; equal templates share an entry.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    all: Vec<Template>,
    /// Bytes of each one's head and body.
    sizes: Vec<(u32, u32)>,
}

impl Templates {
    /// The entry for `template`, new or shared.
    pub fn intern(&mut self, template: Template) -> TemplateId {
        let index = self.all.iter().position(|t| *t == template).unwrap_or_else(|| {
            let probe = Message { template: TemplateId(0), number: 0, sent: SimTime::ZERO };
            let head = (template.head_at(probe, 0).len() as u32 + 2).max(template.head_bytes);
            self.sizes.push((head, template.body.len() as u32));
            self.all.push(template);
            self.all.len() - 1
        });
        TemplateId(index as u32)
    }

    /// The entry of that index.
    pub fn get(&self, id: TemplateId) -> &Template {
        &self.all[id.0 as usize]
    }

    /// The bytes of its head and of its body; with a number in place of `{n}` they may be some more.
    pub fn size(&self, id: TemplateId) -> (u32, u32) {
        self.sizes[id.0 as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True before the first.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// The reason phrase that the registry of status codes gives (RFC 9110 §15, RFC 6585).
pub(crate) fn reason_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_renders_to_the_bytes_of_its_template() {
        let mut template = Template::new(201, "Created", &[("Location", "/orders/{n}")], "{\"id\": {n}}");
        template.headers.insert(0, ("Date".into(), Value::Date));
        let message = Message { template: TemplateId(0), number: 1042, sent: SimTime::from_millis(3_600) };
        assert_eq!(
            template.render(message, 1_763_672_917),
            "HTTP/1.1 201 Created\r\nDate: Thu, 20 Nov 2025 21:08:40 GMT\r\nLocation: /orders/1042\r\nContent-Length: 12\r\n\r\n{\"id\": 1042}"
        );
    }

    #[test]
    fn dates_beyond_the_format_stop_at_its_end() {
        assert_eq!(http_date(0, SimTime::ZERO), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(u64::MAX, SimTime::NEVER), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
