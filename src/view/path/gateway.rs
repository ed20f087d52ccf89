//! A gateway: the settings that matter most, and what it thinks of its upstreams.

use crate::sim::dialect::{Setting, dialect};
use crate::sim::explain::LinkKind;
use crate::sim::scenario::Maintenance;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, NodeKind, Note};

use super::{Body, Fact, Health, Upstream, quiet, well};
use crate::view::facts::Facts;
use crate::view::run::{Attempt, Run};
use crate::view::{conditions, format};

pub(super) fn gateway(
    run: &Run,
    id: NodeId,
    at: SimTime,
    explained: Option<&Attempt>,
) -> (Health, Body, String) {
    let trace = &run.trace;
    let node = trace.node(id);
    let settings = conditions::gateway(&trace.scenario, &node.id, at);
    let product = dialect(trace.dialect(id).unwrap_or_default());
    let effective = product.effective(&settings);
    let explanation = explained.and_then(|a| run.explanation(a));
    let decided: Vec<Setting> = (explanation.iter().flat_map(|e| &e.chain))
        .filter(|l| l.kind == LinkKind::Setting && l.node.is_none_or(|n| n == id))
        .filter_map(|l| l.setting.as_ref().map(|s| s.setting))
        .collect();
    let maintenance = effective.maintenance != Maintenance::Off;
    let mut shown = vec![
        Setting::ConnectTimeout,
        Setting::ReadTimeout,
        Setting::NextUpstream,
        Setting::MaxFails,
        Setting::FailTimeout,
    ];
    shown.extend(
        decided.iter().filter(|s| **s != Setting::Maintenance && !shown.contains(s)).collect::<Vec<_>>(),
    );
    if maintenance {
        shown.insert(0, Setting::Maintenance);
    }
    let facts = shown
        .into_iter()
        .map(|setting| {
            let full = product.directive(setting);
            Fact {
                name: full.strip_prefix("proxy_").unwrap_or(full).to_owned(),
                full: full.to_owned(),
                value: format::spaced(&product.value(setting, &effective)),
                decided: decided.contains(&setting),
                important: decided.contains(&setting)
                    || matches!(setting, Setting::ReadTimeout | Setting::NextUpstream | Setting::Maintenance),
            }
        })
        .collect();
    let upstreams = upstreams(run, id, at, effective.max_fails, effective.fail_timeout);
    let busy = run.open(id, at);
    let out: String =
        (upstreams.iter().filter(|u| !u.usable)).map(|u| format!(" {} is {}.", u.name, u.state)).collect();
    let spoken = format!("{} {}, {busy} in flight.{out}", product.title(), product.version());
    let health = if maintenance { quiet("maintenance") } else { well("up") };
    (health, Body::Gateway { product: product.title(), version: product.version(), facts, upstreams }, spoken)
}

fn upstreams(
    run: &Run,
    gateway: NodeId,
    at: SimTime,
    max_fails: u32,
    fail_timeout: SimDuration,
) -> Vec<Upstream> {
    let trace = &run.trace;
    let last_gateway = trace.nodes.iter().rposition(|n| n.kind == NodeKind::Gateway);
    if last_gateway != Some(usize::from(gateway.0)) {
        return Vec::new();
    }
    let origins = trace.nodes.iter().enumerate().filter(|(_, n)| n.kind == NodeKind::Origin);
    origins
        .map(|(i, node)| {
            let id = NodeId(i as u16);
            let said = run.facts.node(id);
            let back = Facts::last_of(trace, &said.back, at);
            // What was said before the gateway trusted it again counts no more.
            let since_then = |list| {
                let event = Facts::last_of(trace, list, at).filter(|event| Some(*event) > back)?;
                trace.events.get(event as usize)
            };
            let fails = match since_then(&said.failed).map(|e| e.note) {
                Some(Note::PeerFailed(_, count)) => count,
                _ => 0,
            };
            let out_since = since_then(&said.out).map(|e| e.at);
            let until = out_since.map(|since| since + fail_timeout).filter(|until| at < *until);
            Upstream {
                name: node.id.clone(),
                state: until
                    .map_or_else(|| "in rotation".to_owned(), |u| format!("out until {}", format::moment(u))),
                usable: until.is_none(),
                fails: format!("{fails}/{max_fails} failed"),
            }
        })
        .collect()
}
