//! A rolling deploy: origins are stopped and started again, one after the other.

use serde::{Deserialize, Serialize};

use super::ScenarioError;
use super::validate::{DAY, HOUR, within, wrong};
use crate::sim::time::SimDuration;

/// A rolling deploy, or the restart of one origin.
///
/// How long a start takes, and how slow the new process is at first, are settings of the origin
/// ([`start_time`](super::OriginSettings::start_time), [`warm_up`](super::OriginSettings::warm_up)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Deploy {
    /// Which origins, in this order; 1 to 64.
    pub origins: Vec<String>,
    /// True if the process closes its port first and finishes what it has begun; false if it is killed. True by default.
    pub graceful: bool,
    /// How long a graceful stop waits for what has begun before the rest is cut off; 30 s by default (Kubernetes'
    /// `terminationGracePeriodSeconds`), up to an hour.
    pub drain: SimDuration,
    /// The time from one origin's stop to the next one's; 5 s by default, up to 24 h.
    pub each: SimDuration,
}

impl Default for Deploy {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            graceful: true,
            drain: SimDuration::from_secs(30),
            each: SimDuration::from_secs(5),
        }
    }
}

impl Deploy {
    /// Checks ranges and names; `at` is the action's JSON pointer, `known` tells whether an origin has this name.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn check(
        &self,
        at: &str,
        known: impl Fn(&str) -> bool,
        names: &str,
    ) -> Result<(), ScenarioError> {
        if self.origins.is_empty() || self.origins.len() > 64 {
            let found = format!("a list of {}", self.origins.len());
            return Err(wrong(&format!("{at}/origins"), found, "1 to 64 names of origins"));
        }
        for (i, origin) in self.origins.iter().enumerate() {
            let pointer = format!("{at}/origins/{i}");
            if !known(origin) {
                return Err(wrong(&pointer, origin.as_str(), names));
            }
            if self.origins[..i].contains(origin) {
                return Err(wrong(&pointer, origin.as_str(), "an origin that is not listed already"));
            }
        }
        within(&format!("{at}/drain"), self.drain, SimDuration::ZERO, HOUR)?;
        within(&format!("{at}/each"), self.each, SimDuration::ZERO, DAY)
    }
}
