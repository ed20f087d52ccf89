//! The answer's head is not what HTTP allows.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{HeadDefect, Message, Template, Value};
use crate::sim::time::SimDuration;

/// The application, or something in front of it, writes a head that cannot be read, or does not finish it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MalformedHead {
    /// What is wrong with it; `no_colon` by default.
    pub form: Form,
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The connection ends within the status line.
    PartialStatusLine,
    /// The connection ends within the headers.
    PartialHeaders,
    /// Bytes that are no HTTP at all.
    Garbage,
    /// A body without a head, as HTTP/0.9 had it.
    Http09,
    /// `HTTP/1.1 abc`.
    BadStatusLine,
    /// The status 999.
    #[serde(rename = "status_999")]
    Status999,
    /// The status 042.
    #[serde(rename = "status_042")]
    Status042,
    /// A header line without a colon.
    #[default]
    NoColon,
    /// A NUL byte in a header.
    NulByte,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "malformed_head",
    place: Place::Origin,
    group: Group::AnswersBadly,
    title: "Malformed head",
    summary: "The head of the answer breaks the rules of HTTP.",
    mechanism: "Bytes arrive in time, but a parser cannot accept them.",
    default: || MalformedHead::default().into(),
};

impl MalformedHead {
    const fn defect(self) -> Option<HeadDefect> {
        match self.form {
            Form::Garbage => Some(HeadDefect::Garbage),
            Form::Http09 => Some(HeadDefect::Http09),
            Form::BadStatusLine => Some(HeadDefect::BadStatusLine),
            Form::NoColon => Some(HeadDefect::NoColon),
            Form::NulByte => Some(HeadDefect::NulByte),
            Form::PartialStatusLine | Form::PartialHeaders | Form::Status999 | Form::Status042 => None,
        }
    }

    /// What stands on the wire in place of a head, where that is not a head at all.
    fn raw(self) -> Option<Vec<u8>> {
        match self.form {
            // Every byte value, in an order that never spells HTTP.
            Form::Garbage => Some((0..96u32).map(|i| (0x29 + 73 * i) as u8).collect()),
            Form::Http09 => Some(b"<html>hello from 1991, origin A</html>\n".to_vec()),
            Form::BadStatusLine => Some(b"HTTP/1.1 abc\r\nContent-Length: 2\r\n\r\nhi".to_vec()),
            _ => None,
        }
    }
}

impl Behaviour for MalformedHead {
    fn answer(&self, usual: &Template) -> Option<Template> {
        let mut template = Template { defect: self.defect(), raw: self.raw(), ..usual.clone() };
        match self.form {
            Form::PartialStatusLine | Form::PartialHeaders => return None,
            Form::Garbage | Form::Http09 | Form::BadStatusLine => {
                template.status = None;
                template.headers.clear();
                template.body.clear();
            }
            Form::Status999 | Form::Status042 => {
                template.status = Some(if self.form == Form::Status999 { 999 } else { 42 });
                template.reason = "Odd".to_owned();
                template.body = "hi".to_owned();
            }
            Form::NoColon => {
                template.headers.push(("this line has no colon".to_owned(), Value::Text(String::new())))
            }
            Form::NulByte => template.headers.push(("X-Bad".to_owned(), Value::Text("a\0b".to_owned()))),
        }
        Some(template)
    }

    fn pieces(&self, _: Message, _: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        match self.form {
            Form::PartialStatusLine => {
                Some(vec![(SimDuration::ZERO, Piece::HeadPart), (SimDuration::ZERO, Piece::Close)])
            }
            Form::PartialHeaders => {
                Some(vec![(SimDuration::ZERO, Piece::StatusLine), (SimDuration::ZERO, Piece::Close)])
            }
            _ => None,
        }
    }

    fn label(&self) -> String {
        match self.form {
            Form::PartialStatusLine => "stops within the status line",
            Form::PartialHeaders => "stops within the headers",
            Form::Garbage => "answers garbage",
            Form::Http09 => "answers without a head",
            Form::BadStatusLine => "status line without a number",
            Form::Status999 => "status 999",
            Form::Status042 => "status 042",
            Form::NoColon => "header without a colon",
            Form::NulByte => "NUL byte in a header",
        }
        .to_owned()
    }
}
