//! Which upstreams there are, and how one is chosen.

use serde::{Deserialize, Serialize};

/// How a gateway chooses among the upstreams that may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// In turns, spread evenly by weight, as nginx does without a directive (`ngx_http_upstream_round_robin.c`).
    SmoothRoundRobin,
    /// In turns; by weight where weights differ, as Envoy (`ROUND_ROBIN`), HAProxy (`balance roundrobin`), Traefik
    /// and Varnish (`round_robin`) do.
    RoundRobin,
    /// The one with the fewest requests under way for its weight, ties in turns: nginx `least_conn`, HAProxy
    /// `balance leastconn`, Apache `bybusyness`, Caddy `least_conn`.
    LeastRequests,
    /// The less busy of two drawn at random: Envoy `LEAST_REQUEST`, nginx `random two`, Caddy `random_choose 2`.
    /// Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.
    LeastOfTwo,
    /// At random by weight: Caddy without a directive, HAProxy `balance random(1)`, Varnish `random`.
    Random,
    /// The first in the order of the scenario's origins: Varnish `fallback`, HAProxy `balance first` (whose limit
    /// is [`Limits::upstream_requests`](super::Limits::upstream_requests)), Caddy `first`.
    FirstAvailable,
}

/// An origin as a gateway's configuration lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The origin's name.
    pub origin: String,
    /// Its share of requests against the others; 1 by default, 1 to 256.
    #[serde(default = "one")]
    pub weight: u32,
    /// Only asked when no other may be; false by default.
    #[serde(default)]
    pub backup: bool,
}

fn one() -> u32 {
    1
}
