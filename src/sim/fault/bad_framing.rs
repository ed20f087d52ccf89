//! The answer contradicts itself about its length.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{Framing, HeadDefect, Message, Template, Value};
use crate::sim::time::SimDuration;

/// The headers that tell where the body ends are wrong or contradict each other (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BadFraming {
    /// How; `conflicting_length` by default.
    pub form: Contradiction,
}

/// What contradicts what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// Two `Content-Length` headers, 5 and 7.
    #[default]
    ConflictingLength,
    /// `Content-Length: abc`.
    NonnumericLength,
    /// Both `Content-Length` and `Transfer-Encoding: chunked`.
    LengthAndChunked,
    /// More bytes than `Content-Length` says.
    ExtraBytes,
    /// A chunk whose size is no number.
    BadChunkSize,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "bad_framing",
    place: Place::Origin,
    group: Group::AnswersBadly,
    title: "Contradictory length",
    summary: "The answer is wrong about where its body ends.",
    mechanism: "Whoever reads it must guess or refuse; products differ.",
    default: || BadFraming::default().into(),
};

impl Behaviour for BadFraming {
    fn answer(&self, usual: &Template) -> Option<Template> {
        let length = |value: &str| ("Content-Length".to_owned(), Value::Text(value.to_owned()));
        let chunked = ("Transfer-Encoding".to_owned(), Value::Text("chunked".to_owned()));
        let mut template = usual.clone();
        let without_length = |template: &mut Template| {
            template.headers.retain(|(n, _)| !n.eq_ignore_ascii_case("content-length"))
        };
        match self.form {
            Contradiction::ExtraBytes => return None,
            Contradiction::ConflictingLength => {
                without_length(&mut template);
                template.headers.extend([length("5"), length("7")]);
                template.body = "hello".to_owned();
                template.defect = Some(HeadDefect::ConflictingLength);
            }
            Contradiction::NonnumericLength => {
                without_length(&mut template);
                template.headers.push(length("abc"));
                template.body = "hello".to_owned();
                template.framing = Framing::Close;
                template.defect = Some(HeadDefect::NonnumericLength);
            }
            Contradiction::LengthAndChunked => {
                without_length(&mut template);
                template.headers.extend([length("5"), chunked]);
                template.body = "hello".to_owned();
                template.framing = Framing::Chunked;
                template.defect = Some(HeadDefect::LengthAndChunked);
            }
            Contradiction::BadChunkSize => {
                without_length(&mut template);
                template.headers.push(chunked);
                template.framing = Framing::Chunked;
            }
        }
        Some(template)
    }

    fn pieces(&self, answer: Message, _: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        match self.form {
            Contradiction::BadChunkSize => {
                Some(vec![(SimDuration::ZERO, Piece::Head(answer)), (SimDuration::ZERO, Piece::BadChunk)])
            }
            _ => None,
        }
    }

    fn label(&self) -> String {
        match self.form {
            Contradiction::ConflictingLength => "two lengths",
            Contradiction::NonnumericLength => "length is no number",
            Contradiction::LengthAndChunked => "length and chunked",
            Contradiction::ExtraBytes => "more bytes than announced",
            Contradiction::BadChunkSize => "chunk size is no number",
        }
        .to_owned()
    }
}
