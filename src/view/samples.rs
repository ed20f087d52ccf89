//! Runs for the tests of the view models.

use crate::sim::scenario::{Action, Change, Scenario};
use crate::sim::time::SimTime;

use super::first;
use super::run::Run;

/// The first scenario after its button was pressed: one POST at 0 s, a slow database, six attempts.
pub(crate) fn sent() -> Run {
    let mut scenario = first::scenario();
    let action = Action::Send { client: "client".into(), request: first::request() };
    scenario.timeline.push(Change { at: SimTime::ZERO, action });
    Run::new(&scenario)
}

/// Ten seconds of traffic that the database is too slow for, with retries.
pub(crate) fn busy() -> Run {
    let mut scenario = first::scenario();
    let traffic = r#"{"arrivals": {"poisson": {"rate": 20}}, "mix": [{"request": {"method": "POST", "path": "/orders"}}]}"#;
    scenario.clients[0].traffic = Some(serde_json::from_str(traffic).expect("traffic"));
    scenario.horizon = crate::sim::time::SimDuration::from_secs(10);
    Run::new(&scenario)
}

/// Ten requests a second for some seconds, GET /orders/42, one attempt each.
pub(crate) fn steady() -> Run {
    let json = r#"{"horizon": "10s", "clients": [{"id": "client", "traffic": {"arrivals": {"constant": {"rate": 10.0}}}}]}"#;
    Run::new(&Scenario::from_json(json).expect("a scenario"))
}
