//! The answer's head is larger than a gateway takes.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::message::{Template, Value};
use crate::sim::scenario::{ScenarioError, within};

/// The head of the answer is very large: too many cookies, a token that grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HeadTooLarge {
    /// Its size in bytes; 9,216 by default, 64 to 16,777,216.
    pub bytes: u32,
    /// In how many header lines more than usual; in one by default, 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
}

impl Default for HeadTooLarge {
    fn default() -> Self {
        Self { bytes: 9 * 1024, lines: None }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "head_too_large",
    place: Place::Origin,
    group: Group::AnswersBadly,
    title: "Head too large",
    summary: "The head of the answer is very large: too many cookies, a token that grew.",
    mechanism: "A gateway that keeps heads in a buffer of fixed size cannot take it.",
    default: || HeadTooLarge::default().into(),
};

impl Behaviour for HeadTooLarge {
    fn answer(&self, usual: &Template) -> Option<Template> {
        let mut template = Template { head_bytes: self.bytes, ..usual.clone() };
        if let Some(lines) = self.lines {
            let length = (self.bytes / lines).saturating_sub(12) as usize;
            let more = (0..lines).map(|i| (format!("X-H{i}"), Value::Text("v".repeat(length.max(1)))));
            template.headers.extend(more);
        }
        Some(template)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/bytes"), self.bytes, 64, 1 << 24)?;
        within(&format!("{at}/lines"), self.lines.unwrap_or(1), 1, 10_000)
    }

    fn label(&self) -> String {
        match self.lines {
            Some(lines) => format!("head of {} bytes in {lines} lines", self.bytes),
            None => format!("head of {} bytes", self.bytes),
        }
    }
}
