//! The recordings' experiments as scenarios, so that the simulator can be held against real products.
//!
//! A cell is one gateway, one configuration of it (a profile), one fault and one method. The recordings were
//! made with a scripted origin (or two) and a plain client that sends a few requests one after the other.

mod apache;
mod caddy;
pub mod clients;
mod envoy;
mod faults;
mod haproxy;
mod nginx;
mod sequence;
mod traefik;
mod varnish;

pub use sequence::{Fared, Sequence};

use super::dialect::{DialectName, dialect};
use super::fault::Place;
use super::message::Method;
use super::scenario::{
    Action, App, Balance, Change, Client, Gateway, GatewaySettings, KeepAlive, Link, Origin, OriginSettings,
    Request, Scenario, Tls, UpstreamKeepAlive,
};
use super::simulation::run;
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, NodeId, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// One experiment of the recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The gateway's product.
    pub gateway: String,
    /// Its configuration: `tuned`, `pool2`, ...
    pub profile: String,
    /// What was broken: `refused`, `freeze`, ...
    pub fault: String,
    /// The request's method.
    pub method: Method,
}

/// What the simulator says about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The status of the primary request; none where no status came.
    pub status: Option<u16>,
    /// How the client fared: `complete`, `truncated`, `reset`, `timeout`, `closed_without_response`, `client_aborted`.
    pub client_outcome: &'static str,
    /// New connections of the primary request, by origin.
    pub connects: Vec<(String, u32)>,
    /// From the request to the end of its answer.
    pub elapsed: SimDuration,
    /// The status of every request of the cell.
    pub statuses: Vec<Option<u16>>,
    /// The primary answer's headers and body, where there is an answer.
    pub answer: Option<(Vec<(String, String)>, String)>,
}

/// Why a cell has no prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotBuilt(pub String);

/// Loopback.
const LINK: SimDuration = SimDuration::from_micros(20);

impl Cell {
    /// The scenario of the cell's first request.
    ///
    /// # Errors
    /// What of the cell the simulator does not have.
    pub fn scenario(&self) -> Result<Scenario, NotBuilt> {
        let missing = |what: &str, name: &str| NotBuilt(format!("{what} {name}"));
        let fault = faults::named(&self.fault)?;
        let (dialect, profile) = product(&self.gateway).ok_or_else(|| missing("gateway", &self.gateway))?;
        let settings = profile(&self.profile).ok_or_else(|| missing("profile", &self.profile))?;
        let pool = self.profile.contains("pool2");
        let all_down = self.profile.ends_with("alldown");
        let tls = self.fault.starts_with("tls_").then_some(Tls::V1_3);
        let keep_alive = (self.fault == "keepalive_idle_close").then_some(SimDuration::from_millis(1));
        let origins = if pool { vec!["A", "B"] } else { vec!["A"] };
        let origins = origins
            .into_iter()
            .enumerate()
            .map(|(i, id)| {
                let faults = fault.iter().filter(|_| i == 0 || all_down);
                let (on_link, on_origin): (Vec<_>, Vec<_>) =
                    faults.cloned().partition(|f| f.kind().info().place == Place::Link);
                Origin {
                    id: id.to_owned(),
                    app: App::Probe,
                    link: Link { latency: LINK, tls, faults: on_link, ..Link::default() },
                    settings: OriginSettings { keep_alive, ..OriginSettings::default() },
                    faults: on_origin,
                }
            })
            .collect();
        let patience = match (self.fault.as_str(), self.profile.as_str()) {
            ("client_abort" | "client_abort_under", _) => SimDuration::from_millis(500),
            (_, "defaults") => SimDuration::from_secs(130),
            _ => SimDuration::from_secs(15),
        };
        let mut client = Client::default();
        client.policy.attempt_timeout = Some(patience);
        client.keep_alive = self.fault.ends_with("_sameconn").then(KeepAlive::default);
        let link = Link { latency: LINK, ..Link::default() };
        let gateway = Gateway { id: "gateway".to_owned(), link, dialect, settings };
        Ok(Scenario {
            horizon: SimDuration::from_secs(3_600),
            clients: vec![client],
            gateways: vec![gateway],
            origins,
            dependencies: Vec::new(),
            timeline: vec![self.send(SimTime::ZERO, 1)],
            ..Scenario::default()
        })
    }

    /// Every request has a path of its own, so that no store answers it.
    fn send(&self, at: SimTime, number: usize) -> Change {
        let request = Request::new(self.method, &format!("/cell?u={number}"));
        Change { at, action: Action::Send { client: "client".to_owned(), request } }
    }

    /// How many requests the recordings made, one after the other: more of them where chance decides which of them
    /// meets the faulty origin.
    fn requests(&self, balance: Balance) -> usize {
        let pool = self.profile.contains("pool2");
        let random = balance == Balance::Random;
        let short = matches!(self.fault.as_str(), "drip_headers" | "headers_then_stall");
        match self.profile.as_str() {
            "defaults" | "maintenance" | "maintenance_disabled" => 1,
            _ if self.fault.starts_with("client_abort") => 1,
            _ if short => match (pool, random) {
                (true, true) => 4,
                (true, false) => 2,
                (false, _) => 1,
            },
            p if p.ends_with("alldown") => 3,
            _ if pool && random => 6,
            _ if pool => 4,
            _ => 2,
        }
    }

    /// Runs the cell's requests one after the other, each some milliseconds after the end of the one before.
    ///
    /// # Errors
    /// What of the cell the simulator does not have.
    pub fn predict(&self) -> Result<Prediction, NotBuilt> {
        self.predict_with(Scenario::default().seed)
    }

    /// As [`Cell::predict`], with that seed: some products begin at any upstream of a pool.
    ///
    /// # Errors
    /// What of the cell the simulator does not have.
    pub fn predict_with(&self, seed: u64) -> Result<Prediction, NotBuilt> {
        let mut scenario = Scenario { seed, ..self.scenario()? };
        let gateway = &scenario.gateways[0];
        let effective = dialect(gateway.dialect).effective(&gateway.settings);
        for number in 1..self.requests(effective.balance) {
            let trace = run(&scenario);
            let end = trace.of_kind(SpanKind::Attempt).last().map_or(SimTime::ZERO, |(_, s)| s.end);
            scenario.timeline.push(self.send(end + SimDuration::from_millis(5), number + 1));
        }
        let trace = run(&scenario);
        let attempts: Vec<(SpanId, Span)> =
            trace.of_kind(SpanKind::Attempt).map(|(id, s)| (id, *s)).collect();
        let statuses = attempts.iter().map(|(_, s)| status(&trace, s)).collect();
        // In a pool, the recordings look at the first request that met the faulty origin; here that is A, the first.
        let both = self.profile.ends_with("alldown");
        let met_fault =
            |id: SpanId| tries(&trace, id).any(|t| both || trace.node(NodeId(t.detail as u16)).id == "A");
        let primary = if self.fault.starts_with("keepalive_") {
            // The first request on a connection is answered; the one that finds it dying is looked at, or where none
            // does, the first that meets the origin again.
            let later = || attempts.iter().skip(1);
            let kept = effective.upstream_keep_alive != UpstreamKeepAlive::Off;
            later()
                .find(|(id, _)| self.fault.contains("race") && acted(&trace, *id))
                .or_else(|| later().find(|(id, _)| kept && met_fault(*id)))
                .or(attempts.get(1))
        } else {
            attempts.iter().find(|(id, _)| met_fault(*id)).or(attempts.first())
        };
        let (id, span) = *primary.ok_or_else(|| NotBuilt("no request".to_owned()))?;
        let mut connects: Vec<(String, u32)> = Vec::new();
        for t in dialled(&trace, id) {
            let name = &trace.node(NodeId(t.detail as u16)).id;
            match connects.iter_mut().find(|(n, _)| n == name) {
                Some((_, count)) => *count += 1,
                None => connects.push((name.clone(), 1)),
            }
        }
        let message = match span.outcome {
            Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
            _ => None,
        };
        let answer = message.map(|m| {
            let template = trace.template(m);
            (template.headers_at(m, trace.scenario.epoch), template.body_at(m))
        });
        Ok(Prediction {
            status: status(&trace, &span),
            client_outcome: client_outcome(&self.fault, &span),
            connects,
            elapsed: span.end.since(span.start),
            statuses,
            answer,
        })
    }
}

/// True if a fault had an effect on the attempt.
fn acted(trace: &Trace, attempt: SpanId) -> bool {
    let mut acted = trace.events.iter().filter(|e| matches!(e.note, Note::FaultActed(_)));
    acted.any(|e| trace.descends(e.span, attempt))
}

fn tries(trace: &Trace, attempt: SpanId) -> impl Iterator<Item = Span> {
    trace.of_kind(SpanKind::Try).filter(move |(id, _)| trace.descends(*id, attempt)).map(|(_, s)| *s)
}

/// The tries of an attempt for which a connection was opened, as long as its client was there.
fn dialled(trace: &Trace, attempt: SpanId) -> Vec<Span> {
    let end = trace.span(attempt).end;
    let tries = trace.of_kind(SpanKind::Try).filter(|(_, t)| t.start <= end);
    let tries = tries.filter(|(id, _)| trace.descends(*id, attempt));
    let dialled = tries.filter(|(id, t)| {
        let never = matches!(
            t.outcome,
            Outcome::Failed(Failure::NameNotResolved | Failure::Unreachable | Failure::HeldDown)
        );
        !never && trace.notes(*id).all(|e| e.note != Note::Reused)
    });
    dialled.map(|(_, t)| *t).collect()
}

fn status(trace: &Trace, span: &Span) -> Option<u16> {
    match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
        _ => None,
    }
}

fn client_outcome(fault: &str, span: &Span) -> &'static str {
    match span.outcome {
        Outcome::Answer(_) => "complete",
        Outcome::Failed(Failure::AttemptTimeout) if fault.starts_with("client_abort") => "client_aborted",
        Outcome::Failed(Failure::AttemptTimeout) | Outcome::Broken(_, Failure::AttemptTimeout) => "timeout",
        Outcome::Broken(..) => "truncated",
        Outcome::Failed(Failure::Reset) => "reset",
        Outcome::Failed(Failure::Unparsable) => "unparsable",
        _ => "closed_without_response",
    }
}

/// A product with what each of its recorded profiles configures; none where a profile is not built.
type Product = (DialectName, fn(&str) -> Option<GatewaySettings>);

/// The product of that name. A new one is one file and one line here.
fn product(name: &str) -> Option<Product> {
    Some(match name {
        "nginx" => (DialectName::Nginx, nginx::settings),
        "envoy" => (DialectName::Envoy, envoy::settings),
        "varnish" => (DialectName::Varnish, varnish::settings),
        "caddy" => (DialectName::Caddy, caddy::settings),
        "traefik" => (DialectName::Traefik, traefik::settings),
        "apache" => (DialectName::Apache, apache::settings),
        "haproxy" => (DialectName::Haproxy, haproxy::settings),
        _ => return None,
    })
}

/// What the profile `tuned` configures at every product: the time-outs.
fn tuned() -> GatewaySettings {
    GatewaySettings {
        connect_timeout: Some(SimDuration::from_secs(1)),
        send_timeout: Some(SimDuration::from_secs(2)),
        read_timeout: Some(SimDuration::from_secs(2)),
        ..GatewaySettings::default()
    }
}

/// The words of a configuration, each with what stands after its `=`.
fn words(text: &serde_json::Value) -> Vec<(String, String)> {
    let lines = match text {
        serde_json::Value::Array(lines) => lines.as_slice(),
        one => std::slice::from_ref(one),
    };
    let words = lines.iter().filter_map(|line| line.as_str()).flat_map(str::split_whitespace);
    words
        .map(|word| word.split_once('=').unwrap_or((word, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
