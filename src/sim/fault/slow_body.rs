//! The body comes in pieces.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{Message, Template};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// The head comes at once, the body in pieces with pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SlowBody {
    /// The pause before each piece after the first; 1 s by default, 1 ms to 1 h.
    pub gap: SimDuration,
    /// In how many pieces the body is written; 4 by default, 1 to 10,000.
    pub pieces: u32,
}

impl Default for SlowBody {
    fn default() -> Self {
        Self { gap: SimDuration::from_secs(1), pieces: 4 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "slow_body",
    place: Place::Origin,
    group: Group::Late,
    title: "Slow body",
    summary: "The head comes at once, the body in pieces with pauses.",
    mechanism: "No single read waits long, but the whole answer takes long.",
    default: || SlowBody::default().into(),
};

impl Behaviour for SlowBody {
    fn pieces(&self, answer: Message, template: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        let share = template.body.len() as u32 / self.pieces;
        let mut pieces =
            vec![(SimDuration::ZERO, Piece::Head(answer)), (SimDuration::ZERO, Piece::Body(share))];
        pieces.extend(std::iter::repeat_n((self.gap, Piece::Body(share)), self.pieces as usize - 1));
        pieces.push((SimDuration::ZERO, Piece::End));
        Some(pieces)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/gap"), self.gap, SimDuration::from_millis(1), SimDuration::from_secs(3_600))?;
        within(&format!("{at}/pieces"), self.pieces, 1, 10_000)
    }

    fn label(&self) -> String {
        format!("body in {} pieces, {} apart", self.pieces, self.gap.spoken())
    }
}
