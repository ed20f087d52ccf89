//! The answer's head comes byte by byte.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{Framing, Message, Template};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// The head of the answer is written a byte at a time.
///
/// It is the shortest head there is, `HTTP/1.1 200 OK` without a header; the end of the connection ends the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DripHead {
    /// The pause before each byte; 500 ms by default, 1 ms to 1 h.
    pub gap: SimDuration,
    /// How many bytes the head has; 19 by default, 1 to 10,000.
    pub bytes: u32,
}

impl Default for DripHead {
    fn default() -> Self {
        Self { gap: SimDuration::from_millis(500), bytes: 19 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "drip_head",
    place: Place::Origin,
    group: Group::Late,
    title: "Drips its head",
    summary: "The head of the answer comes byte by byte.",
    mechanism: "Bytes keep coming, but the head takes long to be complete.",
    default: || DripHead::default().into(),
};

impl Behaviour for DripHead {
    fn answer(&self, usual: &Template) -> Option<Template> {
        Some(Template {
            headers: Vec::new(),
            body: "dripped".to_owned(),
            framing: Framing::Close,
            ..usual.clone()
        })
    }

    fn pieces(&self, answer: Message, template: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        let mut pieces = vec![(SimDuration::ZERO, Piece::HeadPart)];
        pieces
            .extend(std::iter::repeat_n((self.gap, Piece::HeadPart), self.bytes.saturating_sub(2) as usize));
        pieces.push((self.gap, Piece::Head(answer)));
        pieces.push((self.gap, Piece::Body(template.body.len() as u32)));
        pieces.push((SimDuration::ZERO, Piece::Close));
        Some(pieces)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/gap"), self.gap, SimDuration::from_millis(1), SimDuration::from_secs(3_600))?;
        within(&format!("{at}/bytes"), self.bytes, 1, 10_000)
    }

    fn label(&self) -> String {
        format!("drips its head, a byte each {}", self.gap.spoken())
    }
}
