//! What origins depend on: its kind, size and speed.

use serde::{Deserialize, Serialize};

use super::validate::{HOUR, within_if};
use super::{Distribution, ScenarioError};
use crate::sim::time::SimDuration;

/// What a dependency is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// A database. The first one holds the orders; further ones are asked by nobody.
    #[default]
    Database,
    /// A third party's HTTP API (a payment provider). `POST /orders` calls each, in the order of the list, before the
    /// order is stored.
    Api,
}

/// Size and speed of a dependency; absent means the stated default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DependencySettings {
    /// Queries worked on at a time; 10 by default, 1 to 10,000. More wait in line, first come first served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Queries that may be here at all, waiting ones included: one more is refused with an error (PostgreSQL's
    /// `max_connections`, 100 there; MySQL's error 1040). Without an end by default, 1 to 100,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<u32>,
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
    /// How long a query may wait for a lock before it fails; for ever (0) by default, at most an hour (PostgreSQL's
    /// `lock_timeout` is 0 by default, MySQL's `innodb_lock_wait_timeout` 50 s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_timeout: Option<SimDuration>,
}

impl DependencySettings {
    /// See [`DependencySettings::connections`].
    pub const DEFAULT_CONNECTIONS: u32 = 10;
    /// See [`DependencySettings::query_time`].
    pub const DEFAULT_QUERY_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(3));
    /// See [`DependencySettings::report_time`].
    pub const DEFAULT_REPORT_TIME: Distribution = Distribution::Fixed(SimDuration::from_millis(1_500));

    /// What holds where nothing is configured, named; absent is what has no end.
    pub fn usual() -> Self {
        Self {
            connections: Some(Self::DEFAULT_CONNECTIONS),
            max_connections: None,
            query_time: Some(Self::DEFAULT_QUERY_TIME),
            report_time: Some(Self::DEFAULT_REPORT_TIME),
            slowdown: Some(SimDuration::ZERO),
            lock_timeout: Some(SimDuration::ZERO),
        }
    }

    /// Lays `later` over these settings: what it names replaces what stood here.
    pub fn overlay(&mut self, later: &Self) {
        self.connections = later.connections.or(self.connections);
        self.max_connections = later.max_connections.or(self.max_connections);
        self.query_time = later.query_time.or(self.query_time);
        self.report_time = later.report_time.or(self.report_time);
        self.slowdown = later.slowdown.or(self.slowdown);
        self.lock_timeout = later.lock_timeout.or(self.lock_timeout);
    }

    /// Checks ranges; `at` is the settings' JSON pointer.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within_if(&format!("{at}/connections"), self.connections, 1, 10_000)?;
        within_if(&format!("{at}/max_connections"), self.max_connections, 1, 100_000)?;
        for (name, time) in [("query_time", self.query_time), ("report_time", self.report_time)] {
            time.map_or(Ok(()), |time| time.check(&format!("{at}/{name}")))?;
        }
        within_if(&format!("{at}/slowdown"), self.slowdown, SimDuration::ZERO, SimDuration::from_secs(60))?;
        within_if(&format!("{at}/lock_timeout"), self.lock_timeout, SimDuration::ZERO, HOUR)
    }
}
