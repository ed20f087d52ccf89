//! The network in front of a node.

use serde::{Deserialize, Serialize};

use super::validate::{Checked, DAY, MILLISECOND, faults, within, within_if};
use super::{Distribution, Fault};
use crate::sim::fault::Place;
use crate::sim::time::SimDuration;

/// The network in front of a node, towards the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// Time from one end to the other, either way; 500 us by default, 0 to 60 s.
    pub latency: SimDuration,
    /// A further time, drawn anew for each crossing; none by default. What crosses on one connection stays in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Distribution>,
    /// Bytes a second, either way, shared by all connections; without limit by default, 100 to 10¹².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<u64>,
    /// Encryption, whose handshake costs round trips once the connection is open; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How the name of the node behind the link is looked up; by default the address is always known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<Dns>,
    /// What is wrong with it from the start.
    pub faults: Vec<Fault>,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            latency: SimDuration::from_micros(500),
            jitter: None,
            bandwidth: None,
            tls: None,
            dns: None,
            faults: Vec::new(),
        }
    }
}

/// A version of TLS; session resumption and early data are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Tls {
    /// TLS 1.2: two round trips (RFC 5246 §7.3).
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3: one round trip (RFC 8446 §2).
    #[serde(rename = "1.3")]
    V1_3,
}

/// How a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Dns {
    /// How long an address is remembered; 1 ms to 24 h. By default for ever, as nginx does with names in its
    /// configuration (documentation of ngx_http_upstream_module, `server` without `resolve`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<SimDuration>,
    /// How long a look-up takes; 1 ms by default.
    pub lookup: Distribution,
}

impl Default for Dns {
    fn default() -> Self {
        Self { ttl: None, lookup: Distribution::Fixed(SimDuration::from_millis(1)) }
    }
}

/// How a caller or callee keeps connections open between requests (RFC 9112 §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct KeepAlive {
    /// How long a connection may be idle before this side closes it; 60 s by default, 1 ms to 24 h.
    pub idle: SimDuration,
    /// How many idle connections a caller keeps to one callee; the oldest goes first; 32 by default, 1 to 100,000.
    pub most: u32,
    /// How many requests a connection carries before this side closes it; 1,000 by default, 1 to 4,294,967,295.
    pub requests: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { idle: SimDuration::from_secs(60), most: 32, requests: 1_000 }
    }
}

impl Link {
    pub(super) fn check(&self, at: &str) -> Checked {
        within(&format!("{at}/latency"), self.latency, SimDuration::ZERO, SimDuration::from_secs(60))?;
        if let Some(jitter) = self.jitter {
            jitter.check(&format!("{at}/jitter"))?;
        }
        within_if(&format!("{at}/bandwidth"), self.bandwidth, 100, 1_000_000_000_000)?;
        if let Some(dns) = self.dns {
            within_if(&format!("{at}/dns/ttl"), dns.ttl, MILLISECOND, DAY)?;
            dns.lookup.check(&format!("{at}/dns/lookup"))?;
        }
        faults(&format!("{at}/faults"), &self.faults, Place::Link)
    }
}

impl KeepAlive {
    pub(super) fn check(&self, at: &str) -> Checked {
        within(&format!("{at}/idle"), self.idle, MILLISECOND, DAY)?;
        within(&format!("{at}/most"), self.most, 1, 100_000)?;
        within(&format!("{at}/requests"), self.requests, 1, u32::MAX)
    }
}
