//! The menu of faults of a place: grouped by what the neighbour notices, and found by a few words.

use crate::sim::fault::{self, FaultInfo, FaultKind, Group, Place};
use crate::sim::order;
use crate::sim::scenario::{Scenario, UpstreamKeepAlive};
use crate::sim::time::SimTime;
use crate::view::conditions;

/// A group of the menu with the faults in it.
pub type Section = (Group, Vec<&'static FaultInfo>);

/// What can be broken at a place, by what the neighbour notices.
pub fn breakable(place: Place) -> Vec<Section> {
    found(place, "")
}

/// What of it fits all the words, in title, summary, mechanism, kind, group, or in what people also call it.
pub fn found(place: Place, words: &str) -> Vec<Section> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let mut groups: Vec<Section> = Vec::new();
    for info in fault::ALL.iter().filter(|i| i.place == place && fits(i, &words)) {
        match groups.iter_mut().find(|(g, _)| *g == info.group) {
            Some((_, infos)) => infos.push(info),
            None => groups.push((info.group, vec![info])),
        }
    }
    order::by_key(&mut groups, |(group, _)| *group);
    groups
}

fn fits(info: &FaultInfo, words: &[String]) -> bool {
    let also = ALSO.iter().filter(|(kind, _)| *kind == info.kind).map(|(_, also)| *also);
    let text: Vec<String> = [info.title, info.summary, info.mechanism, info.kind, info.group.title()]
        .into_iter()
        .chain(also)
        .map(str::to_lowercase)
        .collect();
    words.iter().all(|word| text.iter().any(|text| text.contains(word.as_str())))
}

/// What people also call a fault, what they see of it, and the errors of it in C, Go, Java and JavaScript.
const ALSO: &[(&str, &str)] = &[
    ("process_down", "dead killed crashed stopped outage offline ECONNREFUSED connection refused 111 RST"),
    ("accept_then_close", "FIN socket hang up ECONNRESET prematurely closed"),
    ("crash_after_read", "segfault killed OOM socket hang up ECONNRESET FIN RST prematurely closed"),
    ("crash_in_body", "segfault killed truncated partial content-length mismatch FIN"),
    ("crash_loop", "CrashLoopBackOff restart flapping down ECONNREFUSED"),
    ("frozen", "hang hung stuck timeout ETIMEDOUT unresponsive deadlock GC pause SIGSTOP"),
    ("hangs_up_on_reuse", "keep-alive race idle timeout ECONNRESET RST stale connection"),
    ("malformed_head", "invalid header protocol error garbage parse"),
    ("head_too_large", "cookie buffer too big header oversized"),
    ("bad_framing", "Content-Length Transfer-Encoding chunked smuggling mismatch"),
    ("answer_cut", "truncated partial incomplete body unexpected EOF FIN RST"),
    ("slow_answer", "slow timeout latency hang"),
    ("drip_head", "slowloris slow header timeout"),
    ("slow_body", "streaming stall throughput timeout"),
    ("worker_pool_busy", "exhausted saturation threads stuck deadlock overload timeout"),
    ("memory_leak", "OOM out of memory OOMKilled heap"),
    ("misconfigured", "environment variable config secret missing deploy"),
    ("unhandled_exception", "bug panic throw crash stack trace error"),
    ("application_error", "status code error page 4xx 5xx Retry-After"),
    ("bad_certificate", "TLS SSL expired self-signed x509 handshake CERT"),
    ("plaintext", "TLS SSL handshake wrong version number http https"),
    ("black_hole", "firewall drop timeout ETIMEDOUT SYN unanswered packet loss partition down"),
    ("refused", "firewall reject ECONNREFUSED connection refused RST down"),
    ("unreachable", "EHOSTUNREACH ENETUNREACH no route ICMP down partition"),
    ("name_not_resolved", "DNS NXDOMAIN ENOTFOUND EAI_AGAIN getaddrinfo host not found"),
    ("address_moved", "DNS TTL stale cache IP failover"),
    ("reset", "ECONNRESET RST connection reset by peer 104 middlebox"),
    ("idle_forgotten", "NAT conntrack half-open keep-alive idle timeout ETIMEDOUT stale connection"),
    ("added_latency", "slow lag delay RTT ping timeout"),
    ("packet_loss", "loss drop retransmission RTO lossy jitter"),
    ("dependency_down", "database dead outage ECONNREFUSED offline stopped"),
    ("dependency_errors", "database deadlock disk full migration SQL error"),
    ("slow_query", "database slow timeout index latency"),
    ("lock_held", "database lock migration ALTER TABLE timeout blocked"),
];

/// Why a fault that is there does nothing as things are; none if it can act.
pub(super) fn idle(scenario: &Scenario, place: &str, kind: FaultKind, at: SimTime) -> Option<&'static str> {
    let node = place.strip_prefix("link:").unwrap_or(place);
    let link = (scenario.gateways.iter().map(|g| (&g.id, &g.link)))
        .chain(scenario.origins.iter().map(|o| (&o.id, &o.link)))
        .chain(scenario.dependencies.iter().map(|d| (&d.id, &d.link)))
        .find(|(id, _)| *id == node)
        .map(|(_, link)| link)?;
    let is_dependency = scenario.dependencies.iter().any(|d| d.id == node);
    match kind {
        FaultKind::BadCertificate | FaultKind::Plaintext if link.tls.is_none() => {
            Some("No effect yet: nobody speaks TLS here. Give the network in front of it a tls setting.")
        }
        FaultKind::AddressMoved if is_dependency => {
            Some("No effect: the connections of the pool stand already, and nobody looks the name up.")
        }
        FaultKind::AddressMoved if link.dns.is_none() => {
            Some("No effect yet: nobody remembers an address. Give this network a dns setting.")
        }
        FaultKind::HangsUpOnReuse | FaultKind::IdleForgotten if is_dependency => {
            Some("No effect: the connections of the pool are taken as never idle.")
        }
        FaultKind::HangsUpOnReuse | FaultKind::IdleForgotten if !is_kept(scenario, node, at) => {
            Some("No effect yet: no connection is kept open here. Switch keep-alive on at the gateway.")
        }
        _ => None,
    }
}

/// True if whoever calls a node may keep its connections open.
fn is_kept(scenario: &Scenario, node: &str, at: SimTime) -> bool {
    let place = scenario.gateways.iter().position(|g| g.id == node);
    let before = place.map_or(scenario.gateways.last(), |i| scenario.gateways.get(i.wrapping_sub(1)));
    // A client's own connections are its library's affair.
    before.is_none_or(|gateway| {
        let settings = conditions::gateway(scenario, &gateway.id, at);
        let effective = crate::sim::dialect::dialect(gateway.dialect).effective(&settings);
        effective.upstream_keep_alive != UpstreamKeepAlive::Off
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    fn kinds(place: Place, words: &str) -> Vec<&'static str> {
        found(place, words).into_iter().flat_map(|(_, infos)| infos).map(|i| i.kind).collect()
    }

    #[test]
    fn faults_are_found_by_what_people_call_them() {
        assert_eq!(kinds(Place::Link, "econnrefused"), ["refused"]);
        assert!(kinds(Place::Origin, "ECONNREFUSED").contains(&"process_down"));
        assert!(kinds(Place::Origin, "down").contains(&"process_down"));
        let late = kinds(Place::Link, "timeout");
        assert!(
            late.contains(&"black_hole") && late.contains(&"added_latency") && !late.contains(&"refused")
        );
        assert_eq!(kinds(Place::Link, "dns enotfound"), ["name_not_resolved"]);
        assert_eq!(kinds(Place::Origin, "squirrel"), [""; 0]);
        assert_eq!(kinds(Place::Dependency, " "), kinds(Place::Dependency, ""));
    }

    #[test]
    fn every_other_name_is_of_a_fault_and_every_fault_has_some_and_tells_its_mechanism() {
        for (kind, _) in ALSO {
            assert!(fault::ALL.iter().any(|i| i.kind == *kind), "{kind}");
        }
        for info in fault::ALL {
            assert!(ALSO.iter().any(|(kind, _)| *kind == info.kind), "{}", info.kind);
            assert!(info.mechanism.ends_with('.'), "{}", info.kind);
        }
    }

    #[test]
    fn nothing_in_the_menu_names_the_status_that_will_follow() {
        for info in fault::ALL {
            for status in ["500", "501", "502", "503", "504"] {
                let text = [info.title, info.summary, info.mechanism].concat();
                assert!(!text.contains(status), "{}: {text}", info.kind);
            }
        }
    }

    #[test]
    fn a_fault_without_effect_says_so() {
        let scenario = first::scenario();
        let at = SimTime::ZERO;
        assert!(idle(&scenario, "A", FaultKind::BadCertificate, at).is_some());
        assert!(idle(&scenario, "link:A", FaultKind::AddressMoved, at).is_some());
        assert!(idle(&scenario, "link:A", FaultKind::IdleForgotten, at).is_some());
        assert!(idle(&scenario, "link:database", FaultKind::AddressMoved, at).is_some());
        // The network's faults let no new connection through, and then the pool has none.
        for kind in [FaultKind::Refused, FaultKind::Unreachable, FaultKind::NameNotResolved] {
            assert_eq!(idle(&scenario, "link:database", kind, at), None);
        }
    }
}
