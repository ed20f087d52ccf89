//! Recorded sequences as scenarios: steady requests through one gateway while origins fail and come back.
//!
//! A definition names the gateway, what is configured beside the time-outs of `tuned`, the requests' times, and
//! what happens to which origin when.

use serde_json::Value;

use super::{
    LINK, NotBuilt, apache, caddy, envoy, faults, haproxy, nginx, product, status, traefik, tries, varnish,
};
use crate::sim::fault::{Fault, ProcessDown, SlowAnswer};
use crate::sim::message::Method;
use crate::sim::scenario::{
    Action, App, Change, Client, Distribution, Gateway, GatewaySettings, Link, Origin, OriginSettings,
    Request, Scenario,
};
use crate::sim::simulation::run;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, SpanKind};

/// One recorded sequence, by its definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The gateway's product.
    pub gateway: String,
    /// The sequence's name.
    pub name: String,
    /// The requests' method.
    pub method: Method,
    /// What they ask; none where each asks for something else.
    pub path: Option<String>,
    /// How many origins there are, named from A.
    pub origins: usize,
    /// What is configured at the gateway, in the product's own words.
    pub special: Value,
    /// What happens when to which origin.
    pub events: Vec<(SimTime, String, String)>,
    /// When requests are sent.
    pub arrivals: Vec<SimTime>,
}

/// How a request of a sequence fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fared {
    /// When it was sent.
    pub at: SimTime,
    /// Its status; none where none came.
    pub status: Option<u16>,
    /// From sending it to the end of its answer.
    pub took: SimDuration,
    /// The origin that was asked last; none where nobody was.
    pub origin: Option<String>,
}

/// What a product configures in a sequence of that name, beside the time-outs, from the definition's `special`.
type Special = fn(&str, &Value) -> Result<GatewaySettings, NotBuilt>;

/// How each product's own words are read. A new one is one line here.
fn special(gateway: &str) -> Option<Special> {
    Some(match gateway {
        "nginx" => nginx::special,
        "envoy" => envoy::special,
        "varnish" => varnish::special,
        "caddy" => caddy::special,
        "traefik" => traefik::special,
        "apache" => apache::special,
        "haproxy" => haproxy::special,
        _ => return None,
    })
}

/// So many workers that none is ever waited for, and a line without an end.
const PLENTY: u32 = 10_000;

/// How long the client waited in the recordings.
const PATIENCE: SimDuration = SimDuration::from_secs(15);

impl Sequence {
    /// Reads a definition.
    ///
    /// # Errors
    /// A field that is missing or is not what it must be.
    pub fn read(line: &Value) -> Result<Self, NotBuilt> {
        let field = |name: &str| line.get(name).ok_or_else(|| NotBuilt(format!("without {name}")));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let moment = |value: &Value| {
            let seconds = value.as_f64().filter(|s| (0.0..=86_400.0).contains(s));
            seconds.map(|s| SimTime::from_millis(libm::round(s * 1e3) as u64))
        };
        let wrong = |what: &str, value: &Value| NotBuilt(format!("{what} {value}"));
        let list = |name: &str| field(name)?.as_array().ok_or_else(|| NotBuilt(format!("{name} is no list")));
        let events = list("events")?.iter().map(|event| {
            let at = event.get(0).and_then(moment).ok_or_else(|| wrong("event", event))?;
            Ok((at, event.get(1).map(text).unwrap_or_default(), event.get(2).map(text).unwrap_or_default()))
        });
        let arrivals = list("arrivals")?.iter().map(|at| moment(at).ok_or_else(|| wrong("arrival", at)));
        Ok(Self {
            gateway: text(field("gateway")?),
            name: text(field("sequence")?),
            method: serde_json::from_value(field("method")?.clone())
                .map_err(|e| NotBuilt(format!("method: {e}")))?,
            path: line.get("path").and_then(Value::as_str).map(str::to_owned),
            origins: field("n_origins")?.as_u64().filter(|n| (1..=26).contains(n)).unwrap_or(1) as usize,
            special: line.get("special").cloned().unwrap_or_default(),
            events: events.collect::<Result<_, NotBuilt>>()?,
            arrivals: arrivals.collect::<Result<_, NotBuilt>>()?,
        })
    }

    /// The whole sequence as a scenario.
    ///
    /// # Errors
    /// What of the sequence the simulator does not have.
    pub fn scenario(&self) -> Result<Scenario, NotBuilt> {
        let missing = || NotBuilt(format!("gateway {}", self.gateway));
        let (dialect, profile) = product(&self.gateway).ok_or_else(missing)?;
        let mut settings = profile("tuned").ok_or_else(missing)?;
        settings.overlay(&special(&self.gateway).ok_or_else(missing)?(&self.name, &self.special)?);
        let mut origins: Vec<Origin> = (b'A'..).take(self.origins).map(origin).collect();
        let mut timeline = self.happenings(&mut origins)?;
        timeline.extend(self.arrivals.iter().enumerate().map(|(i, at)| {
            let path = self.path.clone().unwrap_or_else(|| format!("/cell?u={i}"));
            let request = Request::new(self.method, &path);
            Change { at: *at, action: Action::Send { client: "client".to_owned(), request } }
        }));
        let mut client = Client::default();
        client.policy.attempt_timeout = Some(PATIENCE);
        let link = Link { latency: LINK, ..Link::default() };
        Ok(Scenario {
            horizon: SimDuration::from_secs(3_600),
            clients: vec![client],
            gateways: vec![Gateway { id: "gateway".to_owned(), link, dialect, settings }],
            origins,
            dependencies: Vec::new(),
            timeline,
            ..Scenario::default()
        })
    }

    /// The events as changes. What an origin is from the start is laid into `origins` instead.
    fn happenings(&self, origins: &mut [Origin]) -> Result<Vec<Change>, NotBuilt> {
        let mut changes = Vec::new();
        let mut broken: Vec<(String, Fault)> = Vec::new();
        for (at, node, what) in &self.events {
            let mut change = |action| changes.push(Change { at: *at, action });
            let inject = |fault: &Fault| Action::Inject { node: node.clone(), fault: fault.clone() };
            let repair = |fault: &Fault| Action::Repair { node: node.clone(), fault: fault.kind() };
            if what == "restart" {
                // Its connections are closed, and it is there again at once.
                let gone = ProcessDown {}.into();
                change(inject(&gone));
                change(repair(&gone));
                continue;
            }
            if let Some(size) = what.strip_prefix("workers:") {
                let (workers, service) = workers(size).ok_or_else(|| NotBuilt(format!("event {what}")))?;
                if let Some(origin) = origins.iter_mut().find(|o| o.id == *node) {
                    origin.settings.workers = Some(workers);
                    origin.settings.service_time = Some(Distribution::Fixed(service));
                }
                continue;
            }
            for (_, fault) in broken.extract_if(.., |(id, _)| id == node) {
                change(repair(&fault));
            }
            if let Some(fault) = happening(what)? {
                change(inject(&fault));
                broken.push((node.clone(), fault));
            }
        }
        Ok(changes)
    }

    /// Runs the sequence.
    ///
    /// # Errors
    /// What of the sequence the simulator does not have.
    pub fn predict(&self) -> Result<Vec<Fared>, NotBuilt> {
        let trace = run(&self.scenario()?);
        let attempts = trace.of_kind(SpanKind::Attempt).map(|(id, span)| Fared {
            at: span.start,
            status: status(&trace, span),
            took: span.end.since(span.start),
            origin: tries(&trace, id).last().map(|t| trace.node(NodeId(t.detail as u16)).id.clone()),
        });
        Ok(attempts.collect())
    }
}

fn origin(name: u8) -> Origin {
    Origin {
        id: char::from(name).to_string(),
        app: App::Probe,
        link: Link { latency: LINK, ..Link::default() },
        settings: OriginSettings {
            workers: Some(PLENTY),
            queue: Some(PLENTY),
            service_time: Some(Distribution::Fixed(SimDuration::ZERO)),
            ..OriginSettings::default()
        },
        ..Origin::default()
    }
}

/// `2:0.4`: two workers, 0.4 s for a request.
fn workers(size: &str) -> Option<(u32, SimDuration)> {
    let (workers, seconds) = size.split_once(':')?;
    let seconds = seconds.parse::<f64>().ok().filter(|s| (0.0..=3_600.0).contains(s))?;
    Some((workers.parse().ok()?, SimDuration::from_secs_f64(seconds)))
}

/// The fault that begins with an event; none where everything is well again.
fn happening(what: &str) -> Result<Option<Fault>, NotBuilt> {
    let slow = |delay| Some(Fault::from(SlowAnswer { delay }));
    Ok(match what {
        "down" => Some(ProcessDown {}.into()),
        // The scripted origin never answers what it read while it was frozen, not even afterwards.
        "freeze" => slow(SimDuration::from_secs(3_600)),
        "slow_400ms" => slow(SimDuration::from_millis(400)),
        other => faults::named(other)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_becomes_a_scenario_and_its_requests_fare_as_the_faults_say() {
        let line = serde_json::json!({
            "gateway": "nginx", "sequence": "kill1", "method": "GET", "path": null, "n_origins": 1, "special": {},
            "events": [[3, "A", "down"], [9, "A", "ok"]], "rate": [[0, 1]], "duration_s": 12,
            "arrivals": [1.0, 3.5, 8.9, 9.1],
        });
        let fared = Sequence::read(&line).and_then(|s| s.predict()).expect("nginx is built");
        let statuses: Vec<_> = fared.iter().map(|f| f.status).collect();
        assert_eq!(statuses, [Some(200), Some(502), Some(502), Some(200)]);
        assert_eq!(fared[1].at, SimTime::from_millis(3_500));
    }

    #[test]
    fn what_is_not_a_definition_is_said() {
        let line = serde_json::json!({"gateway": "nginx", "sequence": "x", "method": "GET", "n_origins": 1});
        assert_eq!(Sequence::read(&line), Err(NotBuilt("without events".to_owned())));
    }
}
