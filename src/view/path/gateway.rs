//! A gateway: the settings that matter, what they make of it at a moment, and what it thinks of its upstreams.

use crate::sim::dialect::{Dialect, EffectiveSettings, Setting, dialect};
use crate::sim::explain::LinkKind;
use crate::sim::order;
use crate::sim::scenario::{GatewaySettings, Maintenance, PassiveHealth, Trip};
use crate::sim::time::SimTime;
use crate::sim::trace::{BreakerState, NodeId, NodeKind, Note, ProcessStep};

use super::client::breaker_word;
use super::lives::{Life, latest, so_far};
use super::{Body, Fact, Health, Upstream, quiet, well};
use crate::view::run::{Attempt, Run};
use crate::view::{conditions, format};

/// The most upstreams that are listed; those that are not asked come first.
const MOST_UPSTREAMS: usize = 4;
/// The most settings that are listed.
const MOST_FACTS: usize = 9;

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
    let none = Life::default();
    let life = run.lives.node(id).unwrap_or(&none);
    let explanation = explained.and_then(|a| run.explanation(a));
    let decided: Vec<Setting> = (explanation.iter().flat_map(|e| &e.chain))
        .filter(|l| l.kind == LinkKind::Setting && l.node.is_none_or(|n| n == id))
        .filter_map(|l| l.setting.as_ref().map(|s| s.setting))
        .collect();
    let facts = shown(&settings, &effective, &decided)
        .into_iter()
        .map(|setting| fact(product, setting, &effective, life, &decided, at))
        .collect();
    let upstreams = upstreams(run, id, at, &effective);
    let busy = life.busy.at(at);
    let out: String =
        (upstreams.iter().filter(|u| !u.usable)).map(|u| format!(" {} is {}.", u.name, u.state)).collect();
    let mut spoken = format!("{} {}, {busy} in flight.{out}", product.title(), product.version());
    let open = latest(&life.breaker, at).is_some_and(|(_, state)| *state != BreakerState::Closed);
    let health = if effective.maintenance != Maintenance::Off {
        quiet("maintenance")
    } else if open {
        spoken.push_str(" Its circuit breaker is not closed.");
        quiet("breaker open")
    } else {
        well("up")
    };
    let waiting = life.waiting.at(at);
    let load = if waiting > 0 {
        format!("{busy} in flight, {waiting} waiting")
    } else {
        format!("{busy} in flight")
    };
    let body = Body::Gateway { product: product.title(), version: product.version(), facts, upstreams, load };
    (health, body, spoken)
}

/// What is worth showing: what decided, what is switched on, what is not the product's own, and the two that everybody
/// asks for.
fn shown(settings: &GatewaySettings, effective: &EffectiveSettings, decided: &[Setting]) -> Vec<Setting> {
    let mut shown: Vec<Setting> = Vec::new();
    let mut show = |setting: Setting| {
        if !shown.contains(&setting) {
            shown.push(setting);
        }
    };
    decided.iter().copied().for_each(&mut show);
    let e = effective;
    let limits = &e.limits;
    let on = [
        (Setting::Maintenance, e.maintenance != Maintenance::Off),
        (Setting::Breaker, e.breaker.trip != Trip::Never),
        (Setting::RateLimit, e.rate_limit.requests > 0),
        (Setting::Limits, limits.total_requests + limits.client_requests + limits.upstream_requests > 0),
        (Setting::Cache, !e.cache.ttl.is_zero()),
        (Setting::HealthCheck, e.health_check.enabled),
    ];
    on.into_iter().filter(|(_, is_on)| *is_on).for_each(|(setting, _)| show(setting));
    let own = |s: &Setting| s.is_configured(settings) && *s != Setting::Upstreams;
    Setting::ALL.into_iter().chain(Setting::MORE).filter(own).for_each(&mut show);
    show(Setting::ReadTimeout);
    show(Setting::NextUpstream);
    shown.truncate(MOST_FACTS);
    shown
}

fn fact(
    product: &dyn Dialect,
    setting: Setting,
    effective: &EffectiveSettings,
    life: &Life,
    decided: &[Setting],
    at: SimTime,
) -> Fact {
    let full = product.directive(setting);
    let value = format::spaced(&product.value(setting, effective));
    let state = state(setting, effective, life, at);
    let important = matches!(
        setting,
        Setting::ReadTimeout | Setting::NextUpstream | Setting::Maintenance | Setting::Breaker
    );
    Fact {
        name: full.strip_prefix("proxy_").unwrap_or(full).to_owned(),
        full: if state.is_empty() { full.to_owned() } else { format!("{full} {value}") },
        decided: decided.contains(&setting),
        important: decided.contains(&setting) || important || !state.is_empty(),
        value: if state.is_empty() { value } else { state },
    }
}

/// What a setting makes of the gateway at a moment; empty where its value says all.
fn state(setting: Setting, e: &EffectiveSettings, life: &Life, at: SimTime) -> String {
    match setting {
        Setting::Breaker => match latest(&life.breaker, at) {
            Some((since, BreakerState::Open)) => {
                format!("open until {}", format::moment(*since + e.breaker.open_for))
            }
            Some((_, state)) => breaker_word(*state).to_owned(),
            None => "closed".to_owned(),
        },
        Setting::RateLimit => {
            let refused = so_far(&life.over_rate, at);
            match latest(&life.held, at).filter(|(since, wait)| at < *since + *wait) {
                Some((_, wait)) => format!("holds back {}", format::duration(*wait)),
                None if refused > 0 => format!("{refused} refused"),
                None => String::new(),
            }
        }
        Setting::Limits => {
            let refused = so_far(&life.over_limit, at);
            let most = if e.limits.total_requests > 0 {
                format!("{} of {}", life.busy.at(at), e.limits.total_requests)
            } else {
                String::new()
            };
            let refused = if refused > 0 { format!("{refused} refused") } else { String::new() };
            [most, refused].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
        }
        Setting::Cache => match latest(&life.store, at) {
            Some((_, Note::FromStore(age))) => format!("hit, {} old", format::duration(*age)),
            Some((_, Note::StaleFromStore(age))) => format!("stale, {} old", format::duration(*age)),
            Some((_, Note::NotInStore)) => "miss".to_owned(),
            _ => String::new(),
        },
        Setting::Retry => match so_far(&life.over_budget, at) {
            0 => String::new(),
            n => format!("{n} refused"),
        },
        Setting::PanicThreshold => match so_far(&life.panics, at) {
            0 => String::new(),
            n => format!("all asked, {n}×"),
        },
        _ => String::new(),
    }
}

fn upstreams(run: &Run, gateway: NodeId, at: SimTime, effective: &EffectiveSettings) -> Vec<Upstream> {
    let trace = &run.trace;
    let next = trace.nodes.get(usize::from(gateway.0) + 1).filter(|n| n.kind == NodeKind::Gateway);
    let kind = if next.is_some() { NodeKind::Gateway } else { NodeKind::Origin };
    let ids = (0..trace.nodes.len() as u16)
        .map(NodeId)
        .filter(|id| trace.node(*id).kind == kind && (next.is_none() || id.0 == gateway.0 + 1));
    let mut all: Vec<Upstream> = ids.map(|id| upstream(run, gateway, id, at, effective)).collect();
    if all.len() > MOST_UPSTREAMS {
        // Those that are out say more than those that are not.
        order::by_key(&mut all, |u| u.usable);
        let more = all.split_off(MOST_UPSTREAMS - 1);
        let out = more.iter().filter(|u| !u.usable).count();
        let state = if out == 0 { "in rotation".to_owned() } else { format!("{out} not asked") };
        all.push(Upstream {
            name: format!("{} more", more.len()),
            state,
            usable: out == 0,
            fails: String::new(),
        });
    }
    all
}

fn upstream(run: &Run, gateway: NodeId, id: NodeId, at: SimTime, effective: &EffectiveSettings) -> Upstream {
    let life = run.lives.node(gateway);
    let peer = life.and_then(|l| latest(l.peers.get(&id)?, at)).map(|(_, peer)| *peer).unwrap_or_default();
    let draining = run
        .lives
        .node(id)
        .and_then(|l| latest(&l.process, at))
        .is_some_and(|(_, step)| *step == ProcessStep::Stopping);
    let out = peer.out.map(|since| since + effective.fail_timeout).filter(|until| at < *until);
    let ejected = peer.ejected.filter(|until| at < *until);
    let state = if peer.down {
        "health check down".to_owned()
    } else if let Some(until) = ejected {
        format!("ejected until {}", format::moment(until))
    } else if let Some(until) = out {
        format!("out until {}", format::moment(until))
    } else if draining {
        "draining".to_owned()
    } else {
        "in rotation".to_owned()
    };
    let used = run.lives.way(gateway, id).map_or(0, |way| way.used.at(at));
    let most = effective.limits.upstream_requests;
    let counts = effective.passive_health == PassiveHealth::MaxFails && effective.max_fails > 0;
    let fails = match (most, counts) {
        (1.., _) => format!("{used} of {most}"),
        (_, true) if peer.fails > 0 || used == 0 => format!("{}/{} failed", peer.fails, effective.max_fails),
        (..) if used > 0 => format!("{used} open"),
        (_, true) => format!("{}/{} failed", peer.fails, effective.max_fails),
        (_, false) => String::new(),
    };
    let usable = !peer.down && ejected.is_none() && out.is_none();
    Upstream { name: run.trace.node(id).id.clone(), state, usable, fails }
}
