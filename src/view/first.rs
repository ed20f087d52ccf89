//! What a first visit starts with: a slow database, two origins, and a client that repeats a POST.

use crate::sim::client::curl_retry_5;
use crate::sim::fault::{Fault, SlowQuery};
use crate::sim::message::Method;
use crate::sim::scenario::{
    Action, Change, Client, Distribution, Gateway, GatewaySettings, Origin, Request, Scenario, Settings,
};
use crate::sim::time::{SimDuration, SimTime};

/// The scenario of a first visit; nothing is sent yet.
///
/// Written in Rust, so that a first visit needs nothing that reads JSON.
pub fn scenario() -> Scenario {
    let slow =
        Fault::SlowQuery(SlowQuery { query_time: Distribution::Fixed(SimDuration::from_millis(3_500)) });
    let settings = GatewaySettings {
        connect_timeout: Some(SimDuration::from_secs(1)),
        read_timeout: Some(SimDuration::from_secs(2)),
        ..GatewaySettings::default()
    };
    let origin = |id: &str| Origin { id: id.to_owned(), ..Origin::default() };
    Scenario {
        name: "A slow database".to_owned(),
        clients: vec![Client { policy: curl_retry_5(), ..Client::default() }],
        gateways: vec![Gateway { settings, ..Gateway::default() }],
        origins: vec![origin("A"), origin("B")],
        timeline: vec![Change {
            at: SimTime::ZERO,
            action: Action::Inject { node: "database".to_owned(), fault: slow },
        }],
        ..Scenario::default()
    }
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
