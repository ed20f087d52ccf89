//! A scenario: all there is to say about a run, as versioned JSON.
//!
//! Everything is optional and has a stated default, so `{}` is a scenario: a client, nginx, one
//! origin with a database, and nothing sent. What a person does while the run is on the screen is a
//! [`Change`] on the timeline; there is no other state. Unknown fields are an error.
//!
//! Times and durations are texts with a unit (`"250ms"`, `"2s"`), shares are numbers from 0 to 1.

mod gateway;
mod link;
mod read;
mod traffic;
mod validate;

pub(crate) use validate::{distribution as check_distribution, within};

pub use gateway::*;
pub use link::{Dns, KeepAlive, Link, Tls};
pub use read::{MAX_BYTES, ScenarioError};
pub(crate) use traffic::Requests;
pub use traffic::{Arrivals, Share, Traffic};

use serde::{Deserialize, Serialize};

use super::client::Policy;
use super::dialect::DialectName;
use super::fault::{Fault, FaultKind};
use super::message::Method;
use super::time::{SimDuration, SimTime};

/// The version of the format that this program writes. It reads this one and no later one.
pub const VERSION: u32 = 1;

/// Who and what takes part in a run, and what happens to them when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// The version of the format; 1.
    pub version: u32,
    /// A title; empty by default.
    pub name: String,
    /// Some sentences for the reader; empty by default.
    pub description: String,
    /// What every random draw follows from; 42 by default.
    pub seed: u64,
    /// The wall-clock second, since 1970, at which the run starts: dates in messages and logs count from it.
    /// By default 2026-11-20 21:00:00 UTC.
    pub epoch: u64,
    /// Simulated time after which the run is cut; 60 s by default, 1 ms to 24 h.
    pub horizon: SimDuration,
    /// Who sends requests; one by default.
    pub clients: Vec<Client>,
    /// The way from client to origin, first hop first; one gateway by default.
    pub gateways: Vec<Gateway>,
    /// The servers behind the last gateway, in the order of its configuration; one by default.
    pub origins: Vec<Origin>,
    /// What origins depend on; one database by default. The first holds the orders.
    pub dependencies: Vec<Dependency>,
    /// What happens when. Need not be sorted; changes of one moment happen in the order written.
    pub timeline: Vec<Change>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            version: VERSION,
            name: String::new(),
            description: String::new(),
            seed: 42,
            epoch: 1_795_208_400,
            horizon: SimDuration::from_secs(60),
            clients: vec![Client::default()],
            gateways: vec![Gateway::default()],
            origins: vec![Origin::default()],
            dependencies: vec![Dependency::default()],
            timeline: Vec::new(),
        }
    }
}

/// Somebody who sends requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// The name by which changes address it; unique among all nodes. `client` by default.
    pub id: String,
    /// When and how it tries again.
    pub policy: Policy,
    /// How it keeps connections open between requests; by default each attempt has a connection of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<KeepAlive>,
    /// What it sends by itself, beside what the timeline says; nothing by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
}

impl Default for Client {
    fn default() -> Self {
        Self { id: "client".to_owned(), policy: Policy::default(), keep_alive: None, traffic: None }
    }
}

/// A reverse proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// The name by which changes address it; `gateway` by default.
    pub id: String,
    /// The network in front of it.
    pub link: Link,
    /// Which product it is; nginx by default.
    pub dialect: DialectName,
    /// What is configured; everything else is the product's own default.
    pub settings: GatewaySettings,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            id: "gateway".to_owned(),
            link: Link::default(),
            dialect: DialectName::default(),
            settings: GatewaySettings::default(),
        }
    }
}

/// A server of the application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Origin {
    /// The name by which changes address it; `A` by default.
    pub id: String,
    /// The network in front of it.
    pub link: Link,
    /// Which application runs on it.
    pub app: App,
    /// Size and speed.
    pub settings: OriginSettings,
    /// What is wrong with it from the start.
    pub faults: Vec<Fault>,
}

impl Default for Origin {
    fn default() -> Self {
        Self {
            id: "A".to_owned(),
            link: Link::default(),
            app: App::default(),
            settings: OriginSettings::default(),
            faults: Vec::new(),
        }
    }
}

/// An application that an origin runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum App {
    /// A small orders API: `GET /orders/42`, `POST /orders`, `GET /report`. See [`crate::sim::origin`].
    #[default]
    Orders,
    /// The scripted origin that the recordings were made with: `{"ok": true, "origin": "A"}` to everything.
    Probe,
}

/// Size and speed of an origin; absent means the stated default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OriginSettings {
    /// Requests worked on at a time; 8 by default, 1 to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Requests that may wait for a worker; 64 by default, 0 to 1,000,000. One more is answered 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// The origin's own work on a request, before it asks its database; 2 ms by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time: Option<Distribution>,
    /// How long a connection may be idle before the origin closes it; 5 s by default, as Node.js has it
    /// (`server.keepAliveTimeout`), 1 ms to 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<SimDuration>,
}

impl OriginSettings {
    /// The settings that hold where nothing is configured.
    pub const DEFAULT_WORKERS: u32 = 8;
    /// See [`OriginSettings::queue`].
    pub const DEFAULT_QUEUE: u32 = 64;
    /// See [`OriginSettings::service_time`].
    pub const DEFAULT_SERVICE_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(2));
    /// See [`OriginSettings::keep_alive`].
    pub const DEFAULT_KEEP_ALIVE: SimDuration = SimDuration::from_secs(5);

    /// Lays `later` over these settings: what it names replaces what stood here.
    pub fn overlay(&mut self, later: &Self) {
        self.workers = later.workers.or(self.workers);
        self.queue = later.queue.or(self.queue);
        self.service_time = later.service_time.or(self.service_time);
        self.keep_alive = later.keep_alive.or(self.keep_alive);
    }
}

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Always this long.
    Fixed(SimDuration),
    /// Exponentially distributed with this mean.
    Exponential(SimDuration),
    /// Uniformly between two bounds.
    Uniform {
        /// The least.
        low: SimDuration,
        /// The most.
        high: SimDuration,
    },
}

/// Something that origins wait for: a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dependency {
    /// The name by which changes address it; `database` by default.
    pub id: String,
    /// The network in front of it.
    pub link: Link,
    /// Size and speed.
    pub settings: DependencySettings,
    /// What is wrong with it from the start.
    pub faults: Vec<Fault>,
}

impl Default for Dependency {
    fn default() -> Self {
        Self {
            id: "database".to_owned(),
            link: Link::default(),
            settings: DependencySettings::default(),
            faults: Vec::new(),
        }
    }
}

/// Size and speed of a dependency; absent means the stated default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DependencySettings {
    /// Queries worked on at a time; 10 by default, 1 to 10,000. More wait in line, first come first served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// How long an ordinary query takes; 3 ms by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_time: Option<Distribution>,
    /// How long the report's query takes; 1.5 s by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_time: Option<Distribution>,
    /// How much longer a query takes for each that is worked on when it begins, itself included; 0 by default, up to a
    /// minute. What coordination costs, as a straight line (Brooker's `simple_collapse_sim`, 1 s + 0.01 s a request).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowdown: Option<SimDuration>,
}

impl DependencySettings {
    /// See [`DependencySettings::connections`].
    pub const DEFAULT_CONNECTIONS: u32 = 10;
    /// See [`DependencySettings::query_time`].
    pub const DEFAULT_QUERY_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(3));
    /// See [`DependencySettings::report_time`].
    pub const DEFAULT_REPORT_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(1_500));

    /// Lays `later` over these settings: what it names replaces what stood here.
    pub fn overlay(&mut self, later: &Self) {
        self.connections = later.connections.or(self.connections);
        self.query_time = later.query_time.or(self.query_time);
        self.report_time = later.report_time.or(self.report_time);
        self.slowdown = later.slowdown.or(self.slowdown);
    }
}

/// Something that happens at a moment of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When; `"0s"` to the horizon. Later ones never happen.
    pub at: SimTime,
    /// What.
    #[serde(rename = "do")]
    pub action: Action,
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// A client starts a call.
    Send {
        /// Which client.
        client: String,
        /// What it asks.
        request: Request,
    },
    /// Something breaks. Injecting a kind that is there already replaces it.
    Inject {
        /// Where: a node's name, or `link:` and the name of the node behind the link.
        node: String,
        /// What breaks.
        fault: Fault,
    },
    /// Something that was broken is whole again. Repairing what is not broken does nothing.
    Repair {
        /// Where, as in `inject`.
        node: String,
        /// Which kind of fault ends.
        fault: FaultKind,
    },
    /// A setting changes, for requests from then on.
    Set {
        /// Where, as in `inject`.
        node: String,
        /// The new values.
        to: Settings,
    },
}

/// New values of some settings of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Settings {
    /// Of a client: the whole policy.
    Client(Box<Policy>),
    /// Of a client: what it sends by itself from now on. A closed loop's users finish what they have begun.
    Traffic(Traffic),
    /// Of a client: it sends nothing by itself any more.
    NoTraffic {},
    /// Of a gateway: the settings named, the others stay.
    Gateway(Box<GatewaySettings>),
    /// Of an origin: the settings named, the others stay.
    Origin(OriginSettings),
    /// Of a dependency: the settings named, the others stay.
    Dependency(DependencySettings),
    /// Of a link: the time from one end to the other; 0 to 60 s.
    Latency(SimDuration),
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The method; GET by default.
    pub method: Method,
    /// The target, starting with a slash, at most 2,048 characters; `/orders/42` by default.
    pub path: String,
}

impl Default for Request {
    fn default() -> Self {
        Self { method: Method::Get, path: "/orders/42".to_owned() }
    }
}

#[cfg(test)]
mod tests;
