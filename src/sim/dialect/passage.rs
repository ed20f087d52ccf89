//! A request on its way, as bytes: what the client's library writes, and what each gateway makes of it.
//!
//! The simulation itself looks at method, target and body alone; header lines are made here, when somebody looks. Who
//! writes which lines in which order is a [`Passage`]: a short text, a line of which is a header line.
//!
//! - The first line is the version and, after it, `lower` for names in lower case, `sorted` for names in the form and
//!   the order of Go's net/http.
//! - `*` stands for all lines that came, but for those that another line writes and those that concern one connection
//!   alone (RFC 9110 §7.6.1).
//! - `Name: value` is written in place of what came; with `{length}` and such in it, which is filled in. A line whose
//!   filling is missing is left out.
//! - `Name ? value` is written if no line of that name came.
//! - `Name + value` moves the line here and puts the value behind a comma after what came; `Name ~ value` does that where
//!   the line came.
//!
//! Left out: lines that answer to `Expect`, trailers, several lines of one name.

use crate::sim::message::Method;
use crate::sim::order;
use crate::sim::time::SimDuration;

/// How it is known which lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The bytes of the real program were looked at (November 2026, requests of curl 7.88.1).
    Recorded,
    /// From documents or sources alone.
    Inferred,
    /// Nobody says; the lines go on as they came.
    Unknown,
}

/// What a program writes when it sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The lines; see the top of this file.
    pub lines: &'static str,
    /// How that is known.
    pub seen: Seen,
    /// The limit that the program tells the next one.
    pub timeout: Option<SimDuration>,
}

impl Passage {
    /// Known from looking at it.
    pub(crate) const fn recorded(lines: &'static str) -> Self {
        Self { lines, seen: Seen::Recorded, timeout: None }
    }

    /// Known from documents or sources.
    pub(crate) const fn inferred(lines: &'static str) -> Self {
        Self { lines, seen: Seen::Inferred, timeout: None }
    }

    /// As it came.
    pub(crate) const AS_IT_CAME: Self =
        Self { lines: "HTTP/1.1\nHost: {received}\n*", seen: Seen::Unknown, timeout: None };
}

/// Between whom a request goes.
#[derive(Clone, Debug, Default)]
pub struct Hop {
    /// The address that the sender got the request from; empty for the first.
    pub from: String,
    /// The address that it is sent to.
    pub to: String,
    /// A number that is this request's alone.
    pub number: u64,
}

/// A request as it goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestBytes {
    /// The method.
    pub method: Method,
    /// The target.
    pub target: String,
    /// `HTTP/1.1`.
    pub version: &'static str,
    /// The header lines in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What concerns one connection alone.
const OF_THE_CONNECTION: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

impl RequestBytes {
    /// The first line of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The request as text: request line, header lines, an empty line, the body. Lines end in CR LF.
    pub fn render(&self) -> String {
        let mut text = format!("{} {} {}\r\n", self.method, self.target, self.version);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text
    }

    /// The same request as the next program sends it on.
    pub fn passed_on(&self, passage: Passage, hop: &Hop) -> Self {
        let mut lines = passage.lines.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let version = first.next().unwrap_or("HTTP/1.1");
        let form = first.next().unwrap_or_default();
        let written: Vec<Line<'_>> = lines.filter_map(|line| self.line(line, passage.timeout, hop)).collect();
        let mut headers = Vec::new();
        for line in &written {
            match line {
                Line::Rest => self.rest(&written, &mut headers),
                Line::Header { name, value, place: Place::Here } => {
                    headers.push(((*name).to_owned(), value.clone()));
                }
                // It stands among the rest.
                Line::Header { place: Place::WhereItCame, .. } => {}
            }
        }
        match form {
            "lower" => headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase()),
            "sorted" => go_order(&mut headers),
            _ => {}
        }
        Self { version, headers, target: self.target.clone(), body: self.body.clone(), method: self.method }
    }

    /// The lines that came and that nothing else writes.
    fn rest(&self, written: &[Line<'_>], out: &mut Vec<(String, String)>) {
        for (name, value) in &self.headers {
            let here = written.iter().find_map(|line| match line {
                Line::Header { name: n, value, place } if n.eq_ignore_ascii_case(name) => {
                    Some((value, place))
                }
                _ => None,
            });
            match here {
                Some((_, Place::Here)) => {}
                Some((value, Place::WhereItCame)) => out.push((name.clone(), value.clone())),
                None if OF_THE_CONNECTION.contains(&name.to_ascii_lowercase().as_str()) => {}
                None => out.push((name.clone(), value.clone())),
            }
        }
    }

    fn line<'a>(&self, line: &'a str, timeout: Option<SimDuration>, hop: &Hop) -> Option<Line<'a>> {
        if line == "*" {
            return Some(Line::Rest);
        }
        let (name, value) = line.split_once(' ')?;
        let (name, sign) = match name.strip_suffix(':') {
            Some(name) => (name, ":"),
            None => {
                let (sign, _) = value.split_once(' ')?;
                (name, sign)
            }
        };
        let value = if sign == ":" { value } else { value.split_once(' ')?.1 };
        let came = self.header(name);
        let filled = self.filled(value, came, timeout, hop)?;
        let (value, place) = match (sign, came) {
            ("?", Some(_)) => return None,
            ("+" | "~", Some(came)) => {
                let place = if sign == "+" { Place::Here } else { Place::WhereItCame };
                (format!("{came}, {filled}"), place)
            }
            _ => (filled, Place::Here),
        };
        Some(Line::Header { name, value, place })
    }

    fn filled(
        &self,
        value: &str,
        came: Option<&str>,
        timeout: Option<SimDuration>,
        hop: &Hop,
    ) -> Option<String> {
        // Cloudflare's own line holds an object, which is no filling.
        let Some((before, rest)) = value.split_once('{').filter(|(_, rest)| !rest.starts_with('"')) else {
            return Some(value.to_owned());
        };
        let (what, after) = rest.split_once('}')?;
        let filling = match what {
            "received" => came?.to_owned(),
            "host" => self.header("host")?.to_owned(),
            "from" if !hop.from.is_empty() => hop.from.clone(),
            "to" => hop.to.clone(),
            "target" => self.target.clone(),
            "length" if !self.body.is_empty() => self.body.len().to_string(),
            // An empty body is told where a body belongs to the method (RFC 9110 §8.6).
            "length0" if !self.body.is_empty() || self.method.has_body() => self.body.len().to_string(),
            // What curl says of data that it was given as text.
            "form" if !self.body.is_empty() => "application/x-www-form-urlencoded".to_owned(),
            "get" if matches!(self.method, Method::Get | Method::Head) => String::new(),
            "id" => uuid(hop.number),
            "number" => hop.number.to_string(),
            "timeout" => timeout.filter(|t| !t.is_zero())?.as_millis().to_string(),
            _ => return None,
        };
        Some(format!("{before}{filling}{after}"))
    }
}

/// A line that is written.
enum Line<'a> {
    /// What came.
    Rest,
    /// A header line.
    Header { name: &'a str, value: String, place: Place },
}

#[derive(Clone, Copy)]
enum Place {
    Here,
    WhereItCame,
}

/// A number in the form of a UUID of version 4 (RFC 9562 §5.4), the same in every replay.
fn uuid(number: u64) -> String {
    let (a, b) = (
        xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes()),
        xxhash_rust::xxh3::xxh3_64(&number.to_be_bytes()),
    );
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | ((b >> 48) & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

/// `Request.write` of Go's net/http: `Host`, `User-Agent` and what tells of the body come first, then the other names in
/// order, then what the transport adds.
fn go_order(headers: &mut [(String, String)]) {
    for (name, _) in headers.iter_mut() {
        let mut start = true;
        *name = (name.chars())
            .map(|c| {
                let c = if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
                start = c == '-';
                c
            })
            .collect();
    }
    let rank = |name: &str| match name {
        "Host" => 0,
        "User-Agent" => 1,
        "Content-Length" | "Transfer-Encoding" => 2,
        _ => 3,
    };
    order::by(headers, |(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
}

#[cfg(test)]
mod tests;
