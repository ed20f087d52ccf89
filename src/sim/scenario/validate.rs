//! The checks that types cannot make: ranges, names, and whether a change finds its place.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use super::gateway::check_settings as gateway_settings;
use super::read::shortened;
use super::{Action, Arrivals, Change, Scenario, ScenarioError, Settings, Traffic};
use crate::sim::fault::{Fault, Place};
use crate::sim::time::SimDuration;

/// The most clients, gateways, origins or dependencies.
const MAX_NODES: usize = 64;
/// The most changes on the timeline.
const MAX_CHANGES: usize = 10_000;
pub(super) const HOUR: SimDuration = SimDuration::from_secs(3_600);
pub(super) const DAY: SimDuration = SimDuration::from_secs(86_400);
pub(super) const MILLISECOND: SimDuration = SimDuration::from_millis(1);

pub(super) type Checked = Result<(), ScenarioError>;

pub(super) fn wrong(pointer: &str, value: impl Into<Value>, expected: impl Into<String>) -> ScenarioError {
    ScenarioError::Field {
        pointer: pointer.to_owned(),
        value: shortened(&value.into()),
        expected: expected.into(),
    }
}

/// Checks that `value` lies within `low..=high`.
pub(crate) fn within<T>(pointer: &str, value: T, low: T, high: T) -> Checked
where
    T: PartialOrd + Copy + Display + serde::Serialize,
{
    #[cfg(feature = "schema")]
    super::schema::met(pointer, {
        let [low, high] = [low, high].map(|bound| serde_json::to_value(bound).unwrap_or_default());
        super::schema::Limit::Range(low, high)
    });
    // Written so that a NaN fails.
    if value >= low && value <= high {
        return Ok(());
    }
    let shown = serde_json::to_value(value).unwrap_or_else(|_| value.to_string().into());
    Err(wrong(pointer, shown, format!("{low} to {high}")))
}

pub(super) fn within_if<T>(pointer: &str, value: Option<T>, low: T, high: T) -> Checked
where
    T: PartialOrd + Copy + Display + serde::Serialize,
{
    value.map_or(Ok(()), |v| within(pointer, v, low, high))
}

pub(super) fn text(pointer: &str, value: &str, most: usize) -> Checked {
    #[cfg(feature = "schema")]
    super::schema::met(pointer, super::schema::Limit::Length(most));
    let length = value.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(wrong(pointer, value, format!("at most {most} characters, not {length}")))
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Gateway,
    Origin,
    Dependency,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "a client",
            Self::Gateway => "a gateway",
            Self::Origin => "an origin",
            Self::Dependency => "a dependency",
        }
    }
}

impl Scenario {
    /// Checks ranges and names; [`Scenario::from_json`] does it already.
    ///
    /// # Errors
    /// The first field that is out of its range, with pointer, value and range.
    pub fn check(&self) -> Checked {
        within("/version", self.version, 1, super::VERSION)?;
        text("/name", &self.name, 200)?;
        text("/description", &self.description, 4_000)?;
        // HTTP-dates end with the year 9999; a century less leaves room for waits.
        within("/epoch", self.epoch, 0, 250_000_000_000)?;
        within("/horizon", self.horizon, MILLISECOND, DAY)?;
        let nodes = self.names()?;
        for (i, client) in self.clients.iter().enumerate() {
            client.policy.check(&format!("/clients/{i}/policy"))?;
            if let Some(keep_alive) = &client.keep_alive {
                keep_alive.check(&format!("/clients/{i}/keep_alive"))?;
            }
            if let Some(t) = &client.traffic {
                traffic(&format!("/clients/{i}/traffic"), t)?;
            }
        }
        for (i, gateway) in self.gateways.iter().enumerate() {
            let at = format!("/gateways/{i}");
            gateway.link.check(&format!("{at}/link"))?;
            gateway_settings(&format!("{at}/settings"), &gateway.settings, self, i)?;
        }
        for (i, origin) in self.origins.iter().enumerate() {
            let at = format!("/origins/{i}");
            origin.link.check(&format!("{at}/link"))?;
            origin.settings.check(&format!("{at}/settings"))?;
            faults(&format!("{at}/faults"), &origin.faults, Place::Origin)?;
        }
        for (i, dependency) in self.dependencies.iter().enumerate() {
            let at = format!("/dependencies/{i}");
            dependency.link.check(&format!("{at}/link"))?;
            dependency.settings.check(&format!("{at}/settings"))?;
            faults(&format!("{at}/faults"), &dependency.faults, Place::Dependency)?;
        }
        if self.timeline.len() > MAX_CHANGES {
            return Err(wrong(
                "/timeline",
                Value::Null,
                format!("at most {MAX_CHANGES} changes, not {}", self.timeline.len()),
            ));
        }
        for (i, c) in self.timeline.iter().enumerate() {
            change(&format!("/timeline/{i}"), c, &nodes, self)?;
        }
        Ok(())
    }

    /// All names of nodes with what they stand for.
    fn names(&self) -> Result<BTreeMap<&str, Kind>, ScenarioError> {
        let counts = [
            ("/clients", self.clients.len(), 1),
            ("/gateways", self.gateways.len(), 0),
            ("/origins", self.origins.len(), 1),
            ("/dependencies", self.dependencies.len(), 0),
        ];
        for (pointer, count, least) in counts {
            if count < least || count > MAX_NODES {
                return Err(wrong(
                    pointer,
                    format!("a list of {count}"),
                    format!("{least} to {MAX_NODES} entries"),
                ));
            }
        }
        let all = (self.clients.iter().enumerate().map(|(i, n)| ("clients", i, &n.id, Kind::Client)))
            .chain(self.gateways.iter().enumerate().map(|(i, n)| ("gateways", i, &n.id, Kind::Gateway)))
            .chain(self.origins.iter().enumerate().map(|(i, n)| ("origins", i, &n.id, Kind::Origin)))
            .chain(
                self.dependencies
                    .iter()
                    .enumerate()
                    .map(|(i, n)| ("dependencies", i, &n.id, Kind::Dependency)),
            );
        let mut names = BTreeMap::new();
        for (list, i, id, kind) in all {
            let pointer = format!("/{list}/{i}/id");
            let good = !id.is_empty()
                && id.len() <= 32
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if !good {
                return Err(wrong(&pointer, id.as_str(), "1 to 32 letters, digits, hyphens or underscores"));
            }
            if names.insert(id.as_str(), kind).is_some() {
                return Err(wrong(&pointer, id.as_str(), "a name that no other node has"));
            }
        }
        Ok(names)
    }
}

fn change(at: &str, change: &Change, nodes: &BTreeMap<&str, Kind>, whole: &Scenario) -> Checked {
    within(&format!("{at}/at"), change.at.since(Default::default()), SimDuration::ZERO, DAY)?;
    match &change.action {
        Action::Send { client, request } => {
            let pointer = format!("{at}/do/send/client");
            if nodes.get(client.as_str()) != Some(&Kind::Client) {
                return Err(wrong(&pointer, client.as_str(), one_of(nodes, Kind::Client)));
            }
            request.check(&format!("{at}/do/send/request"))
        }
        Action::Inject { node, fault } => {
            let place = place(&format!("{at}/do/inject/node"), node, nodes)?;
            fault_at(&format!("{at}/do/inject/fault"), fault, place)
        }
        Action::Repair { node, fault } => {
            let place = place(&format!("{at}/do/repair/node"), node, nodes)?;
            if fault.info().place != place {
                let found = serde_json::to_value(fault).unwrap_or_default();
                return Err(wrong(
                    &format!("{at}/do/repair/fault"),
                    found,
                    format!("a fault of {}", place.name()),
                ));
            }
            Ok(())
        }
        Action::Set { node, to } => set(at, node, to, nodes, whole),
        Action::Deploy(deploy) => {
            let known = |name: &str| nodes.get(name) == Some(&Kind::Origin);
            deploy.check(&format!("{at}/do/deploy"), known, &one_of(nodes, Kind::Origin))
        }
    }
}

fn set(at: &str, node: &str, to: &Settings, nodes: &BTreeMap<&str, Kind>, whole: &Scenario) -> Checked {
    let pointer = format!("{at}/do/set/node");
    let is = |kind: Kind| match nodes.get(node) {
        Some(found) if *found == kind => Ok(()),
        _ => Err(wrong(&pointer, node, one_of(nodes, kind))),
    };
    let at = format!("{at}/do/set/to");
    match to {
        Settings::Traffic(t) => is(Kind::Client).and_then(|()| traffic(&format!("{at}/traffic"), t)),
        Settings::NoTraffic {} => is(Kind::Client),
        Settings::Client(p) => is(Kind::Client).and_then(|()| p.check(&format!("{at}/client"))),
        Settings::Gateway(s) => {
            is(Kind::Gateway)?;
            let place = whole.gateways.iter().position(|g| g.id == node).unwrap_or_default();
            gateway_settings(&format!("{at}/gateway"), s, whole, place)
        }
        Settings::Origin(s) => is(Kind::Origin).and_then(|()| s.check(&format!("{at}/origin"))),
        Settings::Dependency(s) => is(Kind::Dependency).and_then(|()| s.check(&format!("{at}/dependency"))),
        Settings::Latency(latency) => {
            if place(&pointer, node, nodes)? != Place::Link {
                return Err(wrong(&pointer, node, "a link, such as \"link:gateway\""));
            }
            within(&format!("{at}/latency"), *latency, SimDuration::ZERO, SimDuration::from_secs(60))
        }
    }
}

/// The place that the name of a node, or `link:` and a name, stands for.
fn place(pointer: &str, node: &str, nodes: &BTreeMap<&str, Kind>) -> Result<Place, ScenarioError> {
    let (name, behind_link) = node.strip_prefix("link:").map_or((node, false), |n| (n, true));
    match (nodes.get(name), behind_link) {
        (Some(Kind::Origin), false) => Ok(Place::Origin),
        (Some(Kind::Dependency), false) => Ok(Place::Dependency),
        (Some(Kind::Gateway | Kind::Origin | Kind::Dependency), true) => Ok(Place::Link),
        _ => {
            let mut known: Vec<String> = Vec::new();
            for (name, kind) in nodes {
                if matches!(kind, Kind::Origin | Kind::Dependency) {
                    known.push(format!("{name:?}"));
                }
                if *kind != Kind::Client {
                    known.push(format!("\"link:{name}\""));
                }
            }
            Err(wrong(pointer, node, format!("one of {}", known.join(", "))))
        }
    }
}

fn one_of(nodes: &BTreeMap<&str, Kind>, kind: Kind) -> String {
    let names: Vec<_> = nodes.iter().filter(|(_, k)| **k == kind).map(|(n, _)| format!("{n:?}")).collect();
    format!("the name of {}: {}", kind.name(), names.join(", "))
}

/// Checks the field `path` of what stands at `at`.
pub(super) fn path(at: &str, path: &str) -> Checked {
    // A fragment never leaves the client (RFC 9110 §4.2.5).
    let printable = path.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    if !path.starts_with('/') || !printable {
        return Err(wrong(
            &format!("{at}/path"),
            path,
            "a path that starts with a slash, of printable ASCII without spaces or #",
        ));
    }
    text(&format!("{at}/path"), path, 2_048)
}

fn traffic(at: &str, traffic: &Traffic) -> Checked {
    const MOST: f64 = 1e6;
    let shape = format!("{at}/arrivals");
    let rate = |name: &str, rate: f64| within(&format!("{shape}/{name}"), rate, 0.0, MOST);
    match traffic.arrivals {
        Arrivals::Constant { rate: r } => rate("constant/rate", r)?,
        Arrivals::Poisson { rate: r } => rate("poisson/rate", r)?,
        Arrivals::Ramp { from, to, over } => {
            rate("ramp/from", from)?;
            rate("ramp/to", to)?;
            within(&format!("{shape}/ramp/over"), over, MILLISECOND, DAY)?;
        }
        Arrivals::Spike { rate: r, peak, at, length } => {
            rate("spike/rate", r)?;
            rate("spike/peak", peak)?;
            within(&format!("{shape}/spike/at"), at, SimDuration::ZERO, DAY)?;
            within(&format!("{shape}/spike/length"), length, SimDuration::ZERO, DAY)?;
        }
        Arrivals::Bursts { rate: r, on, off } => {
            rate("bursts/rate", r)?;
            within(&format!("{shape}/bursts/on"), on, MILLISECOND, DAY)?;
            within(&format!("{shape}/bursts/off"), off, SimDuration::ZERO, DAY)?;
        }
        Arrivals::Closed { users, think } => {
            within(&format!("{shape}/closed/users"), users, 1, 100_000)?;
            think.check(&format!("{shape}/closed/think"))?;
        }
    }
    if traffic.mix.is_empty() || traffic.mix.len() > 100 {
        let found = format!("a list of {}", traffic.mix.len());
        return Err(wrong(&format!("{at}/mix"), found, "1 to 100 entries"));
    }
    for (i, share) in traffic.mix.iter().enumerate() {
        within(&format!("{at}/mix/{i}/weight"), share.weight, f64::MIN_POSITIVE, MOST)?;
        share.request.check(&format!("{at}/mix/{i}/request"))?;
    }
    within_if(
        &format!("{at}/until"),
        traffic.until.map(|t| t.since(Default::default())),
        SimDuration::ZERO,
        DAY,
    )
}

pub(super) fn faults(at: &str, faults: &[Fault], place: Place) -> Checked {
    for (i, fault) in faults.iter().enumerate() {
        fault_at(&format!("{at}/{i}"), fault, place)?;
        if faults[..i].iter().any(|f| f.kind() == fault.kind()) {
            return Err(wrong(
                &format!("{at}/{i}"),
                fault.kind().info().kind,
                "a kind of fault that is not listed already",
            ));
        }
    }
    Ok(())
}

fn fault_at(at: &str, fault: &Fault, place: Place) -> Checked {
    let info = fault.kind().info();
    if info.place != place {
        let offered =
            crate::sim::fault::ALL.iter().filter(|i| i.place == place).map(|i| i.kind).collect::<Vec<_>>();
        return Err(wrong(at, info.kind, format!("a fault of {}: {}", place.name(), offered.join(", "))));
    }
    fault.check(&format!("{at}/{}", info.kind))
}
