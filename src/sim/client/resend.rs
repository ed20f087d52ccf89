//! Sending a request again by itself where the connection that it went out on had been closed in between.
//!
//! A kept connection may die just as the next request leaves on it. Browsers and curl take the failure for that race
//! and send once more on a new connection, whatever the method, without telling anybody (RFC 9112 §9.3.1 would have
//! it for idempotent methods alone). Recordings: Chromium 156 after FIN, RST and a 408; curl 8.23.0 after FIN and RST.

use serde::{Deserialize, Serialize};

use super::decide::Ending;
use super::statuses;
use crate::sim::message::Method;
use crate::sim::scenario::ScenarioError;
use crate::sim::trace::Failure;

/// When a request that met a dead kept connection is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Resend {
    /// Which methods; all of them by default.
    pub methods: Vec<Method>,
    /// Which answers stand for a closed connection too, as numbers or `"4xx"`; none by default.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(with = "statuses", skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
}

impl Default for Resend {
    fn default() -> Self {
        Self { methods: Method::ALL.to_vec(), statuses: Vec::new() }
    }
}

impl Resend {
    /// True if an attempt on a connection that carried a request before is repeated at once.
    pub(super) fn covers(&self, ending: Ending<'_>, method: Method) -> bool {
        let dead = match ending {
            Ending::Failed(failure) => matches!(failure, Failure::Closed | Failure::Reset),
            Ending::Answer(status, _) => self.statuses.contains(&status),
        };
        dead && self.methods.contains(&method)
    }

    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        statuses::check(&format!("{at}/statuses"), &self.statuses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chromium_takes_a_408_for_a_closed_connection_and_curl_does_not() {
        let curl = Resend::default();
        let chromium = Resend { statuses: vec![408], ..Resend::default() };
        for (ending, curls, chromiums) in [
            (Ending::Failed(Failure::Closed), true, true),
            (Ending::Failed(Failure::Reset), true, true),
            (Ending::Answer(408, None), false, true),
            (Ending::Answer(503, None), false, false),
            (Ending::Failed(Failure::Truncated { reset: true }), false, false),
            (Ending::Failed(Failure::Refused), false, false),
        ] {
            assert_eq!(curl.covers(ending, Method::Post), curls, "curl, {ending:?}");
            assert_eq!(chromium.covers(ending, Method::Post), chromiums, "Chromium, {ending:?}");
        }
        let careful = Resend { methods: vec![Method::Get], ..Resend::default() };
        assert!(!careful.covers(Ending::Failed(Failure::Closed), Method::Post));
    }
}
