//! The process dies in the middle of an answer.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Piece, Place};
use crate::sim::message::{Message, Template};
use crate::sim::time::SimDuration;

/// The whole process dies while it writes a body, and every connection it has ends with it.
///
/// The answer announces 1,000 bytes and 100 of them come; 200 ms later the process is gone. Who starts it again is a
/// setting of the origin (`restart`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CrashInBody {}

/// How long after the last byte the process dies.
const PAUSE: SimDuration = SimDuration::from_millis(200);
/// How many bytes the answer announces.
const ANNOUNCED: usize = 1_000;
/// How many bytes come.
const SENT: u32 = 100;

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "crash_in_body",
    place: Place::Origin,
    group: Group::RunsShort,
    title: "Process dies in an answer",
    summary: "The process crashes while it writes a body, and takes all its requests with it.",
    mechanism: "The head and 100 of 1,000 bytes go out, then a FIN in the body; all other connections end as well.",
    default: || CrashInBody::default().into(),
};

impl Behaviour for CrashInBody {
    fn answer(&self, usual: &Template) -> Option<Template> {
        let mut template = usual.clone();
        template.body = "x".repeat(ANNOUNCED);
        Some(template)
    }

    fn pieces(&self, answer: Message, _: &Template) -> Option<Vec<(SimDuration, Piece)>> {
        // The pause before the end is that of the process, not of anything written.
        Some(vec![(SimDuration::ZERO, Piece::Head(answer)), (SimDuration::ZERO, Piece::Body(SENT))])
    }

    fn dies_writing(&self) -> Option<SimDuration> {
        Some(PAUSE)
    }

    fn label(&self) -> String {
        "dies in the answer".to_owned()
    }
}
