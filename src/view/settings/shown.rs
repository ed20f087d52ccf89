//! What holds at a moment, and what would hold if nobody had configured anything, both as a whole scenario in JSON.

use serde_json::Value;

use crate::sim::dialect::{Setting, dialect};
use crate::sim::json;
use crate::sim::scenario::{
    Client, Dependency, DependencySettings, Gateway, GatewaySettings, Origin, OriginSettings, Scenario,
};
use crate::sim::time::SimTime;
use crate::view::conditions;

/// The scenario with the settings that hold at a moment, every one of them named, and without a timeline.
pub(super) fn now(scenario: &Scenario, at: SimTime) -> Value {
    let latency = |id: &str| conditions::latency(scenario, id, at);
    let mut whole = without_timeline(scenario);
    for client in &mut whole.clients {
        client.policy = conditions::policy(scenario, &client.id, at);
        client.traffic = conditions::traffic(scenario, &client.id, at);
    }
    for gateway in &mut whole.gateways {
        let configured = conditions::gateway(scenario, &gateway.id, at);
        gateway.link.latency = latency(&gateway.id);
        gateway.settings = filled_in(gateway, &configured);
    }
    for origin in &mut whole.origins {
        origin.link.latency = latency(&origin.id);
        let configured = conditions::origin(scenario, &origin.id, at);
        origin.settings = OriginSettings::usual();
        origin.settings.overlay(&configured);
    }
    for dependency in &mut whole.dependencies {
        dependency.link.latency = latency(&dependency.id);
        let configured = conditions::dependency(scenario, &dependency.id, at);
        dependency.settings = DependencySettings::usual();
        dependency.settings.overlay(&configured);
    }
    serde_json::to_value(whole).unwrap_or_default()
}

/// The scenario without what happens in it.
pub(super) fn without_timeline(scenario: &Scenario) -> Scenario {
    Scenario {
        version: scenario.version,
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        seed: scenario.seed,
        epoch: scenario.epoch,
        horizon: scenario.horizon,
        clients: scenario.clients.clone(),
        gateways: scenario.gateways.clone(),
        origins: scenario.origins.clone(),
        dependencies: scenario.dependencies.clone(),
        timeline: Vec::new(),
    }
}

fn filled_in(gateway: &Gateway, configured: &GatewaySettings) -> GatewaySettings {
    let named = dialect(gateway.dialect).effective(configured).named();
    GatewaySettings { upstreams: configured.upstreams.clone(), ..named }
}

/// The same scenario of the same nodes, with nothing configured.
pub(super) fn usual(scenario: &Scenario, at: SimTime) -> Value {
    let whole = Scenario {
        clients: scenario.clients.iter().map(|c| Client { id: c.id.clone(), ..Client::default() }).collect(),
        gateways: (scenario.gateways.iter())
            .map(|g| Gateway {
                id: g.id.clone(),
                dialect: g.dialect,
                settings: usual_of_gateway(g, &conditions::gateway(scenario, &g.id, at)),
                ..Gateway::default()
            })
            .collect(),
        origins: (scenario.origins.iter())
            .map(|o| Origin { id: o.id.clone(), settings: OriginSettings::usual(), ..Origin::default() })
            .collect(),
        dependencies: (scenario.dependencies.iter())
            .map(|d| Dependency {
                id: d.id.clone(),
                settings: DependencySettings::usual(),
                ..Dependency::default()
            })
            .collect(),
        ..Scenario::default()
    };
    serde_json::to_value(whole).unwrap_or_default()
}

/// The product's default of each setting, the others as they are: a default may follow from another setting.
fn usual_of_gateway(gateway: &Gateway, configured: &GatewaySettings) -> GatewaySettings {
    let mut all = serde_json::to_value(filled_in(gateway, configured)).unwrap_or_default();
    let written = serde_json::to_value(configured).unwrap_or_default();
    for setting in Setting::ALL.into_iter().chain(Setting::MORE).filter(|s| s.is_configured(configured)) {
        let mut without = written.clone();
        if let Some(fields) = without.as_object_mut() {
            fields.remove(setting.field());
        }
        let without: GatewaySettings = json::read(&without).unwrap_or_default();
        let there = serde_json::to_value(filled_in(gateway, &without)).unwrap_or_default();
        all[setting.field()] = there[setting.field()].clone();
    }
    json::read(&all).unwrap_or_default()
}
