//! A scenario: all there is to say about a run, as versioned JSON.
//!
//! Everything is optional and has a stated default, so `{}` is a scenario: a client, nginx, one
//! origin with a database, and nothing sent. What a person does while the run is on the screen is a
//! [`Change`] on the timeline; there is no other state. Unknown fields are an error.
//!
//! Times and durations are texts with a unit (`"250ms"`, `"2s"`), shares are numbers from 0 to 1.

mod dependency_settings;
mod deploy;
mod directive;
mod distribution;
mod gateway;
mod link;
mod origin_queue;
mod origin_settings;
mod read;
mod request;
mod restart;
#[cfg(feature = "schema")]
mod schema;
mod traffic;
mod validate;

pub(crate) use validate::within;

pub use dependency_settings::{DependencyKind, DependencySettings};
pub use deploy::Deploy;
pub use distribution::{Distribution, Mixture, Part};
pub use origin_queue::{Accepts, CallerLeft, Discipline, Shedding};
pub use origin_settings::{
    ConflictAnswer, Execution, IdempotencyKeys, OnFailure, OriginSettings, PoolSettings, Updates,
};
pub use request::{IdempotencyKey, Request};
pub use restart::{Restart, WarmUp};

pub use gateway::*;
pub use link::{Dns, KeepAlive, Link, Tls};
pub use read::{MAX_BYTES, ScenarioError};
#[cfg(feature = "schema")]
pub(crate) use schema::Statuses;
#[cfg(feature = "schema")]
pub use schema::schema;
pub(crate) use traffic::Requests;
pub use traffic::{Arrivals, Share, Traffic};

use serde::{Deserialize, Serialize};

use super::client::Policy;
use super::dialect::DialectName;
use super::fault::{Fault, FaultKind};
use super::time::{SimDuration, SimTime};

/// The version of the format that this program writes. It reads this one and no later one.
pub const VERSION: u32 = 1;

/// Who and what takes part in a run, and what happens to them when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Who sends requests; one by default, 1 to 64.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    pub clients: Vec<Client>,
    /// The way from client to origin, first hop first; one gateway by default, at most 64. Without any, clients
    /// speak to the first origin.
    #[cfg_attr(feature = "schema", schemars(length(max = 64)))]
    pub gateways: Vec<Gateway>,
    /// The servers behind the last gateway, in the order of its configuration; one by default, 1 to 64.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    pub origins: Vec<Origin>,
    /// What origins depend on; one database by default, at most 64. The first database holds the orders.
    #[cfg_attr(feature = "schema", schemars(length(max = 64)))]
    pub dependencies: Vec<Dependency>,
    /// What happens when. Need not be sorted; changes of one moment happen in the order written. At most 10,000.
    #[cfg_attr(feature = "schema", schemars(length(max = 10_000)))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// The name by which changes address it; unique among all nodes. `client` by default.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_-]{1,32}$")))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// The name by which changes address it; `gateway` by default.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_-]{1,32}$")))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Origin {
    /// The name by which changes address it; `A` by default.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_-]{1,32}$")))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum App {
    /// A small orders API: `GET /orders/42`, `POST /orders`, `GET /report`. See [`crate::sim::origin`].
    #[default]
    Orders,
    /// The scripted origin that the recordings were made with: `{"ok": true, "origin": "A"}` to everything.
    Probe,
}

/// Something that origins wait for: a database, or a third party's API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Dependency {
    /// The name by which changes address it; `database` by default.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_-]{1,32}$")))]
    pub id: String,
    /// The network in front of it.
    pub link: Link,
    /// What it is; a database by default.
    pub kind: DependencyKind,
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
            kind: DependencyKind::default(),
            settings: DependencySettings::default(),
            faults: Vec::new(),
        }
    }
}

/// Something that happens at a moment of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one to a change, read once; boxes would show in every pattern")]
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
    /// Origins are stopped and started again, one after the other.
    Deploy(Deploy),
}

/// New values of some settings of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one to a change, read once; boxes would show in every pattern")]
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

#[cfg(test)]
mod tests;
