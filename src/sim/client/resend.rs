//! Sending a request again by itself where the connection that it went out on had been closed in between.
//!
//! A kept connection may die just as the next request leaves on it. Browsers and curl take the failure for that race
//! and send once more on a new connection, whatever the method, without telling anybody (RFC 9112 §9.3.1 would have
//! it for idempotent methods alone). Recordings: Chromium 156 after FIN, RST and a 408; curl 8.23.0 after FIN and RST.

use serde::{Deserialize, Serialize};

use super::decide::Ending;
use super::statuses;
use crate::sim::message::Method;
use crate::sim::random::Stream;
use crate::sim::scenario::{ScenarioError, within};
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
    #[cfg_attr(feature = "schema", schemars(extend("default" = [])))]
    #[serde(with = "statuses", skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
    /// The most connections that are open before an attempt asks for one: one, and each further one with a chance of
    /// one half; 0 to 10, 0 by default. A request on one of them that dies is sent again, too.
    ///
    /// Recording: Chromium opens connections ahead of a page, and four loads took 2, 3, 2 and 4 requests, the last of
    /// each on a new connection. `Inferred:` the chance, from these four. Opening them takes no time and makes no span.
    #[cfg_attr(feature = "schema", schemars(extend("default" = 0)))]
    #[serde(skip_serializing_if = "is_zero")]
    pub opened_ahead: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Default for Resend {
    fn default() -> Self {
        Self { methods: Method::ALL.to_vec(), statuses: Vec::new(), opened_ahead: 0 }
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

    /// How many connections were opened ahead of an attempt.
    pub(super) fn ahead(&self, chance: &mut Stream) -> u32 {
        match self.opened_ahead {
            0 => 0,
            most => 1 + (1..most).take_while(|_| chance.chance(0.5)).count() as u32,
        }
    }

    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        statuses::check(&format!("{at}/statuses"), &self.statuses)?;
        within(&format!("{at}/opened_ahead"), self.opened_ahead, 0, 10)
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
        assert_eq!(curl.ahead(&mut Stream::new(1, "client", "opened ahead")), 0);
        let careful = Resend { methods: vec![Method::Get], ..Resend::default() };
        assert!(!careful.covers(Ending::Failed(Failure::Closed), Method::Post));
    }

    #[test]
    fn chromium_has_as_many_connections_ahead_as_was_recorded() {
        // Recording: four loads took 2, 3, 2 and 4 requests, so that 1, 2, 1 and 3 were open before.
        let resend = Resend { opened_ahead: 3, ..Resend::default() };
        let mut chance = Stream::new(1, "client", "opened ahead");
        let mut counts = [0; 4];
        for _ in 0..4_000 {
            counts[resend.ahead(&mut chance) as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        // The standard deviation of a count of 4,000 draws is at most 32.
        for (found, expected) in counts[1..].iter().zip([2_000i32, 1_000, 1_000]) {
            assert!(expected.abs_diff(*found) < 130, "{counts:?}");
        }
    }
}
