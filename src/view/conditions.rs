//! What holds at a moment of a scenario: faults and settings, the changes up to then laid over the start.

use crate::sim::client::{PRESETS, Policy, Preset, profiles};
use crate::sim::fault::Fault;
use crate::sim::order;
use crate::sim::scenario::{
    Action, Change, DependencySettings, GatewaySettings, OriginSettings, Scenario, Settings, Traffic,
};
use crate::sim::time::{SimDuration, SimTime};

/// A fault that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveFault {
    /// A node's name, or `link:` and the name of the node behind the link.
    pub place: String,
    /// What is broken.
    pub fault: Fault,
    /// Since when.
    pub since: SimTime,
}

/// True if an action breaks or mends something.
pub(super) fn is_about_faults(action: &Action) -> bool {
    matches!(action, Action::Inject { .. } | Action::Repair { .. })
}

/// All changes up to and including `at` that a test lets through, in the order in which they happen.
fn until(scenario: &Scenario, at: SimTime, about: impl Fn(&Action) -> bool) -> Vec<&Change> {
    let mut changes: Vec<&Change> =
        scenario.timeline.iter().filter(|c| c.at <= at && about(&c.action)).collect();
    order::by_key(&mut changes, |c| c.at);
    changes
}

fn sets(action: &Action) -> bool {
    matches!(action, Action::Set { .. })
}

/// All faults that are there at a moment, in the order in which they came.
pub fn faults(scenario: &Scenario, at: SimTime) -> Vec<ActiveFault> {
    let mut active: Vec<ActiveFault> = Vec::new();
    let mut begin = |place: String, faults: &[Fault]| {
        active.extend(faults.iter().map(|f| ActiveFault {
            place: place.clone(),
            fault: f.clone(),
            since: SimTime::ZERO,
        }));
    };
    for gateway in &scenario.gateways {
        begin(link(&gateway.id), &gateway.link.faults);
    }
    for origin in &scenario.origins {
        begin(link(&origin.id), &origin.link.faults);
        begin(origin.id.clone(), &origin.faults);
    }
    for dependency in &scenario.dependencies {
        begin(link(&dependency.id), &dependency.link.faults);
        begin(dependency.id.clone(), &dependency.faults);
    }
    for change in until(scenario, at, is_about_faults) {
        match &change.action {
            Action::Inject { node, fault } => {
                active.retain(|a| a.place != *node || a.fault.kind() != fault.kind());
                active.push(ActiveFault { place: node.clone(), fault: fault.clone(), since: change.at });
            }
            Action::Repair { node, fault } => active.retain(|a| a.place != *node || a.fault.kind() != *fault),
            Action::Send { .. } | Action::Set { .. } | Action::Deploy(_) => {}
        }
    }
    active
}

/// The place of the link in front of a node.
pub fn link(node: &str) -> String {
    format!("link:{node}")
}

/// The settings of a gateway at a moment; what was never set is absent.
pub fn gateway(scenario: &Scenario, id: &str, at: SimTime) -> GatewaySettings {
    let mut settings =
        scenario.gateways.iter().find(|g| g.id == id).map(|g| g.settings.clone()).unwrap_or_default();
    for change in until(scenario, at, sets) {
        if let Action::Set { node, to: Settings::Gateway(later) } = &change.action
            && node == id
        {
            settings.overlay(later);
        }
    }
    settings
}

/// The settings of an origin at a moment.
pub fn origin(scenario: &Scenario, id: &str, at: SimTime) -> OriginSettings {
    let mut settings =
        scenario.origins.iter().find(|o| o.id == id).map(|o| o.settings.clone()).unwrap_or_default();
    for change in until(scenario, at, sets) {
        if let Action::Set { node, to: Settings::Origin(later) } = &change.action
            && node == id
        {
            settings.overlay(later);
        }
    }
    settings
}

/// The settings of a dependency at a moment.
pub fn dependency(scenario: &Scenario, id: &str, at: SimTime) -> DependencySettings {
    let mut settings =
        scenario.dependencies.iter().find(|d| d.id == id).map(|d| d.settings.clone()).unwrap_or_default();
    for change in until(scenario, at, sets) {
        if let Action::Set { node, to: Settings::Dependency(later) } = &change.action
            && node == id
        {
            settings.overlay(later);
        }
    }
    settings
}

/// How long a link takes at a moment, without what faults add.
pub fn latency(scenario: &Scenario, node: &str, at: SimTime) -> SimDuration {
    let from_start = (scenario.gateways.iter().map(|g| (&g.id, &g.link)))
        .chain(scenario.origins.iter().map(|o| (&o.id, &o.link)))
        .chain(scenario.dependencies.iter().map(|d| (&d.id, &d.link)))
        .find(|(id, _)| *id == node)
        .map_or(SimDuration::ZERO, |(_, link)| link.latency);
    let place = link(node);
    until(scenario, at, sets).into_iter().fold(from_start, |latency, change| match &change.action {
        Action::Set { node, to: Settings::Latency(later) } if *node == place => *later,
        _ => latency,
    })
}

/// The policy of a client at a moment.
pub fn policy(scenario: &Scenario, id: &str, at: SimTime) -> Policy {
    let mut policy =
        scenario.clients.iter().find(|c| c.id == id).map(|c| c.policy.clone()).unwrap_or_default();
    for change in until(scenario, at, sets) {
        if let Action::Set { node, to: Settings::Client(later) } = &change.action
            && node == id
        {
            policy.clone_from(later);
        }
    }
    policy
}

/// What a client sends by itself at a moment.
pub fn traffic(scenario: &Scenario, id: &str, at: SimTime) -> Option<Traffic> {
    let mut traffic = scenario.clients.iter().find(|c| c.id == id).and_then(|c| c.traffic.clone());
    for change in until(scenario, at, sets) {
        match &change.action {
            Action::Set { node, to: Settings::Traffic(later) } if node == id => traffic = Some(later.clone()),
            Action::Set { node, to: Settings::NoTraffic {} } if node == id => traffic = None,
            _ => {}
        }
    }
    traffic
}

/// The preset that is exactly this policy.
pub fn preset_of(policy: &Policy) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| (p.policy)() == *policy)
}

/// What the recorded client is called that has exactly this policy.
pub fn recorded(policy: &Policy) -> Option<&'static str> {
    profiles().iter().find(|p| p.policy == *policy).map(|p| p.title.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    #[test]
    fn a_fault_holds_from_its_injection_to_its_repair() {
        let mut scenario = first::scenario();
        let slow = faults(&scenario, SimTime::ZERO);
        assert_eq!(slow.len(), 1);
        assert_eq!(slow[0].place, "database");
        scenario.timeline.push(Change {
            at: SimTime::from_secs(2),
            action: Action::Repair { node: "database".into(), fault: slow[0].fault.kind() },
        });
        assert_eq!(faults(&scenario, SimTime::from_millis(1_999)).len(), 1);
        assert_eq!(faults(&scenario, SimTime::from_secs(2)).len(), 0);
    }

    #[test]
    fn later_settings_lie_over_earlier_ones() {
        let mut scenario = first::scenario();
        scenario.timeline.push(Change {
            at: SimTime::from_secs(1),
            action: Action::Set {
                node: "gateway".into(),
                to: Settings::Gateway(Box::new(GatewaySettings {
                    read_timeout: Some(SimDuration::from_secs(5)),
                    ..GatewaySettings::default()
                })),
            },
        });
        let before = gateway(&scenario, "gateway", SimTime::ZERO);
        let after = gateway(&scenario, "gateway", SimTime::from_secs(1));
        assert_eq!(before.read_timeout, Some(SimDuration::from_secs(2)));
        assert_eq!(after.read_timeout, Some(SimDuration::from_secs(5)));
        assert_eq!(after.connect_timeout, before.connect_timeout);
    }
}
