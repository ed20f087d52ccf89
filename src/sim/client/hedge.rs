//! Hedging: a further attempt while the earlier ones have no answer yet; the first good answer wins.
//!
//! Source: Dean and Barroso, "The Tail at Scale" (CACM 2013), and gRPC proposal A6 (`hedgingPolicy`:
//! `maxAttempts`, `hedgingDelay`). The others are cancelled: their connections are closed. A hedge counts as
//! an attempt of the policy, asks breaker and throttle as any attempt, and takes from the retry budget.

use serde::{Deserialize, Serialize};

use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// Settings of hedging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Hedge {
    /// How long the latest attempt may be without an answer before another is sent; 1 s by default, 0 to 1 h.
    pub delay: SimDuration,
    /// The most attempts at a time; 2 by default, 1 to 10.
    pub most: u32,
}

impl Default for Hedge {
    fn default() -> Self {
        Self { delay: SimDuration::from_secs(1), most: 2 }
    }
}

impl Hedge {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/delay"), self.delay, SimDuration::ZERO, SimDuration::from_secs(3_600))?;
        within(&format!("{at}/most"), self.most, 1, 10)
    }
}
