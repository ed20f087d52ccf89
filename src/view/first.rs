//! What a first visit starts with: a slow database, two origins, and a client that repeats a POST.

use crate::sim::message::Method;
use crate::sim::scenario::{Action, Request, Scenario, Settings};

/// The scenario of a first visit; nothing is sent yet.
pub fn scenario() -> Scenario {
    Scenario::from_json(include_str!("first_visit.json")).expect("the first scenario is valid")
}

/// The request that the composer proposes.
pub fn request() -> Request {
    Request::new(Method::Post, "/orders")
}

/// A guess that a first visit offers: the code and what it would mean.
pub const GUESSES: [(u16, &str); 4] = [
    (201, "late, but created"),
    (500, "the API fails"),
    (502, "nginx sees a bad reply"),
    (504, "nginx gives up"),
];

/// True while nothing was ever sent in the first scenario.
pub fn is_untouched(scenario: &Scenario) -> bool {
    *scenario == self::scenario()
}

/// True if a request is ever sent.
pub fn has_sent(scenario: &Scenario) -> bool {
    scenario.clients.iter().any(|c| c.traffic.is_some())
        || scenario.timeline.iter().any(|c| match &c.action {
            Action::Send { .. } => true,
            Action::Set { to, .. } => matches!(to, Settings::Traffic(_)),
            Action::Inject { .. } | Action::Repair { .. } | Action::Deploy(_) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::preset;

    #[test]
    fn the_first_scenario_is_valid_and_its_client_is_a_preset() {
        let scenario = scenario();
        let curl = preset("curl-retry-5").expect("a preset");
        assert_eq!(scenario.clients[0].policy, (curl.policy)());
        assert!(is_untouched(&scenario) && !has_sent(&scenario));
    }
}
