//! Nodes that come and go, and what they are called.

use crate::sim::order;
use serde_json::Value;

use super::form::Refusal;
use crate::sim::dialect::{Dialect, DialectName, Setting, dialect};
use crate::sim::json;
use crate::sim::scenario::{
    Action, Client, Dependency, DependencyKind, Gateway, GatewaySettings, NextUpstream, Origin, Scenario,
    Settings,
};
use crate::sim::trace::NodeKind;

/// The scenario with one more node of that kind, and the node's name.
///
/// An origin or a client is like the last one but for its name and its faults. A gateway stands in front of the others,
/// as its product comes. A dependency after the first is the API of a third party: a second database is asked by nobody.
///
/// # Errors
/// If there are too many.
pub fn with(scenario: &Scenario, kind: NodeKind) -> Result<(Scenario, String), Refusal> {
    let mut next = scenario.clone();
    let id;
    match kind {
        NodeKind::Client => {
            id = free(scenario, numbered("client"));
            let last = scenario.clients.last().cloned().unwrap_or_default();
            next.clients.push(Client { id: id.clone(), ..last });
        }
        NodeKind::Gateway => {
            id = free(scenario, numbered("gateway"));
            next.gateways.insert(0, Gateway { id: id.clone(), ..Gateway::default() });
        }
        NodeKind::Origin => {
            let letters = ('A'..='Z').map(String::from);
            id = free(scenario, letters.chain(numbered("origin")));
            let last = scenario.origins.last().cloned().unwrap_or_default();
            let mut origin = Origin { id: id.clone(), ..last };
            origin.faults.clear();
            origin.link.faults.clear();
            next.origins.push(origin);
        }
        NodeKind::Dependency => {
            let is_there = scenario.dependencies.iter().any(|d| d.kind == DependencyKind::Database);
            let (kind, name) =
                if is_there { (DependencyKind::Api, "api") } else { (DependencyKind::Database, "database") };
            id = free(scenario, numbered(name));
            next.dependencies.push(Dependency { id: id.clone(), kind, ..Dependency::default() });
        }
    }
    next.check()?;
    Ok((next, id))
}

/// A name, and the same name with numbers.
fn numbered(name: &str) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned()).chain((2..1_000).map(move |n| format!("{name}-{n}")))
}

/// The first of the names that no node has.
fn free(scenario: &Scenario, mut names: impl Iterator<Item = String>) -> String {
    let taken: Vec<&String> = (scenario.clients.iter().map(|n| &n.id))
        .chain(scenario.gateways.iter().map(|n| &n.id))
        .chain(scenario.origins.iter().map(|n| &n.id))
        .chain(scenario.dependencies.iter().map(|n| &n.id))
        .collect();
    names.find(|name| !taken.contains(&name)).unwrap_or_default()
}

/// The scenario without a node and without what happens to it.
///
/// # Errors
/// If it is the only one of a kind that a scenario needs.
pub fn without(scenario: &Scenario, id: &str) -> Result<Scenario, Refusal> {
    let mut next = scenario.clone();
    next.clients.retain(|n| n.id != id);
    next.gateways.retain(|n| n.id != id);
    next.origins.retain(|n| n.id != id);
    next.dependencies.retain(|n| n.id != id);
    next.timeline.retain_mut(|change| match &mut change.action {
        Action::Inject { node, .. } | Action::Repair { node, .. } | Action::Set { node, .. } => {
            node.strip_prefix("link:").unwrap_or(node) != id
        }
        Action::Deploy(deploy) => {
            deploy.origins.retain(|origin| origin != id);
            !deploy.origins.is_empty()
        }
        Action::Send { client, .. } => client != id,
    });
    each_gateway(&mut next, |_, settings| {
        if let Some(upstreams) = &mut settings.upstreams {
            upstreams.retain(|upstream| upstream.origin != id);
            if upstreams.iter().all(|upstream| upstream.backup) {
                settings.upstreams = None;
            }
        }
    });
    without_idle_changes(&mut next);
    next.check()?;
    Ok(next)
}

/// The scenario in which a node has another name, wherever it is named.
///
/// # Errors
/// If the name is none, or another node has it.
pub fn renamed(scenario: &Scenario, from: &str, to: &str) -> Result<Scenario, Refusal> {
    let mut next = scenario.clone();
    let rename = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    next.clients.iter_mut().for_each(|n| rename(&mut n.id));
    next.gateways.iter_mut().for_each(|n| rename(&mut n.id));
    next.origins.iter_mut().for_each(|n| rename(&mut n.id));
    next.dependencies.iter_mut().for_each(|n| rename(&mut n.id));
    for change in &mut next.timeline {
        match &mut change.action {
            Action::Send { client, .. } => rename(client),
            Action::Inject { node, .. } | Action::Repair { node, .. } | Action::Set { node, .. } => {
                if node.strip_prefix("link:") == Some(from) {
                    *node = format!("link:{to}");
                } else {
                    rename(node);
                }
            }
            Action::Deploy(deploy) => deploy.origins.iter_mut().for_each(rename),
        }
    }
    each_gateway(&mut next, |_, settings| {
        settings.upstreams.iter_mut().flatten().for_each(|upstream| rename(&mut upstream.origin));
    });
    next.check()?;
    Ok(next)
}

/// The scenario in which a gateway is another product, without the settings that this one lacks, and which those are.
///
/// # Errors
/// If the scenario would not be one that can be run.
pub fn with_dialect(
    scenario: &Scenario,
    gateway: &str,
    name: DialectName,
) -> Result<(Scenario, Option<String>), Refusal> {
    let mut next = scenario.clone();
    next.gateways.iter_mut().filter(|g| g.id == gateway).for_each(|g| g.dialect = name);
    let product = dialect(name);
    let mut lacking: Vec<&str> = Vec::new();
    each_gateway(&mut next, |id, settings| {
        if id == gateway {
            lacking.extend(drop_what_lacks(product, settings));
        }
    });
    without_idle_changes(&mut next);
    next.check()?;
    order::sort(&mut lacking);
    lacking.dedup();
    let note = (!lacking.is_empty()).then(|| {
        format!("Left out, since {} has no such settings: {}.", product.title(), lacking.join(", "))
    });
    Ok((next, note))
}

/// Takes away what a product has no setting for, and as little of it as possible; the names of it.
fn drop_what_lacks(product: &dyn Dialect, settings: &mut GatewaySettings) -> Vec<&'static str> {
    let mut lacking = Vec::new();
    for setting in Setting::ALL.into_iter().chain(Setting::MORE) {
        let name = setting.field();
        if !setting.is_configured(settings) || product.supports(setting, settings).is_ok() {
            continue;
        }
        lacking.push(name);
        if let Some(conditions) = &mut settings.next_upstream {
            let alone = |condition: &NextUpstream| {
                let only =
                    GatewaySettings { next_upstream: Some(vec![*condition]), ..GatewaySettings::default() };
                product.supports(Setting::NextUpstream, &only).is_ok()
            };
            conditions.retain(alone);
        }
        let mut all = json::write(settings);
        let fields: Vec<String> =
            all[name].as_object().into_iter().flatten().map(|(field, _)| field.clone()).collect();
        for field in fields {
            let mut only = serde_json::json!({ name: {} });
            only[name][&field] = all[name][&field].clone();
            let is_there = json::read::<GatewaySettings>(&only)
                .is_ok_and(|only| product.supports(setting, &only).is_ok());
            if !is_there && let Some(group) = all[name].as_object_mut() {
                group.remove(&field);
            }
        }
        let is_empty = all[name].as_object().is_some_and(serde_json::Map::is_empty);
        let rest = json::read::<GatewaySettings>(&all);
        let is_kept = !is_empty && rest.as_ref().is_ok_and(|rest| product.supports(setting, rest).is_ok());
        if !is_kept && let Value::Object(fields) = &mut all {
            fields.remove(name);
        }
        *settings = json::read(&all).unwrap_or_default();
    }
    lacking
}

/// Does something to every set of settings of every gateway, with the gateway's name.
fn each_gateway(scenario: &mut Scenario, mut what: impl FnMut(&str, &mut GatewaySettings)) {
    for gateway in &mut scenario.gateways {
        what(&gateway.id, &mut gateway.settings);
    }
    for change in &mut scenario.timeline {
        if let Action::Set { node, to: Settings::Gateway(settings) } = &mut change.action {
            what(node, settings);
        }
    }
}

/// Takes away changes of gateways that name nothing any more.
fn without_idle_changes(scenario: &mut Scenario) {
    let nothing = GatewaySettings::default();
    scenario.timeline.retain(
        |c| !matches!(&c.action, Action::Set { to: Settings::Gateway(settings), .. } if **settings == nothing),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::SimTime;
    use crate::view::{edit, first};

    const KINDS: [NodeKind; 4] =
        [NodeKind::Client, NodeKind::Gateway, NodeKind::Origin, NodeKind::Dependency];

    #[test]
    fn a_node_comes_with_a_free_name_and_goes_with_its_changes() {
        for (kind, name) in KINDS.into_iter().zip(["client-2", "gateway-2", "C", "api"]) {
            let (more, id) = with(&first::scenario(), kind).expect("valid");
            assert_eq!(id, name);
            assert_eq!(without(&more, &id).expect("valid"), first::scenario());
            let fault = serde_json::from_value(serde_json::json!({ "refused": {} })).expect("a fault");
            let action = match kind {
                NodeKind::Client => Action::Send { client: id.clone(), request: first::request() },
                _ => Action::Inject { node: format!("link:{id}"), fault },
            };
            let busy = edit::with(&more, SimTime::from_secs(1), action).expect("valid");
            assert_eq!(without(&busy, &id).expect("valid"), first::scenario());
        }
        let one = without(&first::scenario(), "B").expect("valid");
        assert!(without(&one, "A").is_err() && without(&one, "client").is_err());
    }

    #[test]
    fn there_is_room_for_sixty_four_of_each() {
        for kind in KINDS {
            let mut scenario = first::scenario();
            let refusal = loop {
                match with(&scenario, kind) {
                    Ok((more, _)) => scenario = more,
                    Err(Refusal(words)) => break words,
                }
            };
            assert!(refusal.contains("64"), "{refusal}");
        }
    }

    #[test]
    fn upstreams_go_with_their_origin() {
        let json = r#"{"origins": [{"id": "A"}, {"id": "B"}],
            "gateways": [{"settings": {"upstreams": [{"origin": "A"}, {"origin": "B", "backup": true}]}}],
            "timeline": [{"at": "1s", "do": {"set": {"node": "gateway", "to": {"gateway": {"upstreams": [{"origin": "A"}]}}}}}]}"#;
        let scenario = Scenario::from_json(json).expect("a scenario");
        let left = without(&scenario, "A").expect("valid");
        assert_eq!((left.gateways[0].settings.upstreams.as_ref(), left.timeline.len()), (None, 0));
        let left = without(&scenario, "B").expect("valid");
        assert_eq!(left.gateways[0].settings.upstreams.as_ref().map(Vec::len), Some(1));
    }

    #[test]
    fn a_name_changes_wherever_it_stands() {
        let json = r#"{"timeline": [
            {"at": "0s", "do": {"send": {"client": "client", "request": {}}}},
            {"at": "0s", "do": {"inject": {"node": "link:A", "fault": {"refused": {}}}}},
            {"at": "0s", "do": {"set": {"node": "A", "to": {"origin": {"workers": 2}}}}},
            {"at": "0s", "do": {"deploy": {"origins": ["A"]}}}],
            "gateways": [{"settings": {"upstreams": [{"origin": "A"}]}}]}"#;
        let scenario = Scenario::from_json(json).expect("a scenario");
        let other =
            renamed(&scenario, "A", "web").and_then(|s| renamed(&s, "client", "phone")).expect("valid");
        let text = other.to_json();
        assert!(
            !text.contains("\"A\"") && !text.contains("link:A") && !text.contains("\"client\":\"client\"")
        );
        assert_eq!(renamed(&renamed(&other, "web", "A").expect("valid"), "phone", "client"), Ok(scenario));
        for bad in ["", "phone", "a b", "database"] {
            let Refusal(words) = renamed(&other, "web", bad).expect_err(bad);
            assert!(words.contains("id ") && words.contains("expected"), "{words}");
        }
    }

    #[test]
    fn another_product_keeps_what_it_knows_and_says_what_it_lacks() {
        let json = r#"{"gateways": [{"settings": {"read_timeout": "2s", "max_fails": 2,
            "next_upstream": ["error", "timeout", "http500"], "limits": {"upstream_requests": 3, "client_requests": 2}}}],
            "timeline": [{"at": "1s", "do": {"set": {"node": "gateway", "to": {"gateway": {"fail_timeout": "3s"}}}}}]}"#;
        let scenario = Scenario::from_json(json).expect("a scenario");
        let (envoy, note) = with_dialect(&scenario, "gateway", DialectName::Haproxy).expect("valid");
        let settings = &envoy.gateways[0].settings;
        assert!(settings.read_timeout.is_some() && settings.max_fails.is_none());
        assert_eq!(settings.limits.as_ref().and_then(|l| l.upstream_requests), Some(3));
        assert_eq!(settings.limits.as_ref().and_then(|l| l.client_requests), None);
        assert!(envoy.timeline.is_empty());
        assert_eq!(
            note.as_deref(),
            Some("Left out, since HAProxy has no such settings: fail_timeout, limits, max_fails.")
        );
        for name in DialectName::ALL {
            with_dialect(&scenario, "gateway", *name).expect("valid");
        }
    }
}
