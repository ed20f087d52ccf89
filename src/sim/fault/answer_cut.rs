//! The answer begins and does not end.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{Framing, Message, Template, Value};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// The connection ends, or stands still, in the middle of the body.
///
/// The answer announces 1,000 bytes and 100 of them come (chunked: one chunk); some time later it breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AnswerCut {
    /// How it breaks off; `close` by default.
    pub how: Cut,
    /// How long after the last byte; 200 ms by default, up to 1 h.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "200ms")))]
    #[serde(skip_serializing_if = "is_usual")]
    pub after: SimDuration,
}

impl Default for AnswerCut {
    fn default() -> Self {
        Self { how: Cut::Close, after: PAUSE }
    }
}

fn is_usual(after: &SimDuration) -> bool {
    *after == PAUSE
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The connection is closed.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// A chunked answer is closed before its last chunk.
    Chunked,
    /// Nothing more comes after the head, and the connection stays open.
    Stall,
}

/// How long after the last byte the connection breaks, if nothing else is said.
const PAUSE: SimDuration = SimDuration::from_millis(200);
/// How many bytes the answer announces.
const ANNOUNCED: u32 = 1_000;
/// How many bytes come.
const SENT: u32 = 100;

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "answer_cut",
    place: Place::Origin,
    group: Group::RunsShort,
    title: "Answer breaks off",
    summary: "The worker dies while it writes the body.",
    mechanism: "The head is out already, so its status can no longer be changed; a FIN or RST comes in the body.",
    default: || AnswerCut::default().into(),
};

impl Behaviour for AnswerCut {
    fn answer(&self, usual: &Template) -> Option<Template> {
        let mut template = usual.clone();
        if self.how == Cut::Chunked {
            template.headers.retain(|(n, _)| !n.eq_ignore_ascii_case("content-length"));
            template.headers.push(("Transfer-Encoding".to_owned(), Value::Text("chunked".to_owned())));
            template.framing = Framing::Chunked;
            template.body = "hello".to_owned();
        } else {
            template.body = "x".repeat(ANNOUNCED as usize);
        }
        Some(template)
    }

    fn pieces(&self, answer: Message, _: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        let mut pieces = vec![(SimDuration::ZERO, Piece::Head(answer))];
        match self.how {
            Cut::Close => pieces.extend([(SimDuration::ZERO, Piece::Body(SENT)), (self.after, Piece::Close)]),
            Cut::Reset => pieces.extend([(SimDuration::ZERO, Piece::Body(SENT)), (self.after, Piece::Reset)]),
            Cut::Chunked => pieces.extend([(SimDuration::ZERO, Piece::Body(5)), (self.after, Piece::Close)]),
            Cut::Stall => {}
        }
        Some(pieces)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/after"), self.after, SimDuration::ZERO, SimDuration::from_secs(3_600))
    }

    fn label(&self) -> String {
        match self.how {
            Cut::Close => "answer cut off",
            Cut::Reset => "answer reset",
            Cut::Chunked => "chunked answer cut off",
            Cut::Stall => "stalls after the head",
        }
        .to_owned()
    }
}
