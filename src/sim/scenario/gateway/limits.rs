//! How much a gateway lets through.

use serde::{Deserialize, Serialize};

use super::group;
use crate::sim::time::SimDuration;

group! {
    /// How many requests may be under way at a time; 0 stands for any number everywhere.
    Limits,
    /// How many requests may be under way at a time.
    LimitRule,
    {
        /// At one upstream (HAProxy `maxconn`, Apache `max`, Varnish `.max_connections`, nginx `max_conns`, Caddy
        /// `unhealthy_request_count`); at most 1,000,000.
        upstream_requests: u32,
        /// At all upstreams together (Envoy `max_requests`, `max_connections`); at most 1,000,000.
        all_upstreams: u32,
        /// How many more may wait for one of these places, first come first served (Envoy `max_pending_requests`,
        /// HAProxy `maxqueue`); at most 1,000,000.
        queue: u32,
        /// How long one waits there (HAProxy `timeout queue`, Apache `acquire`); 0 for ever, at most 24 h.
        queue_timeout: SimDuration,
        /// Of one client (nginx `limit_conn`, Traefik `inFlightReq`); at most 1,000,000.
        client_requests: u32,
        /// At the gateway; more are shed at once; at most 1,000,000.
        total_requests: u32,
        /// The status for a request over `client_requests`; 400 to 599.
        client_status: u16,
    }
}

group! {
    /// How many requests a gateway takes in a time.
    RateLimit,
    /// How many requests a gateway takes in a time.
    RateRule,
    {
        /// How many in a period; 0 switches the limit off; at most 1,000,000.
        requests: u32,
        /// The period; 1 ms to 24 h.
        period: SimDuration,
        /// How many may come at once: over the rate for a leaky bucket, at all for a token bucket; at most 1,000,000.
        burst: u32,
        /// How it is counted.
        algorithm: Algorithm,
        /// A request that came too early is answered late, up to this much; 0 to 24 h. For a leaky bucket more than
        /// the burst takes never happens (nginx without `nodelay` is 24 h, with it 0).
        delay: SimDuration,
        /// Whose requests are counted together.
        per: Per,
        /// The status for a request over the limit; 400 to 599.
        status: u16,
    }
}

/// How a rate is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// nginx (`ngx_http_limit_req_module.c` 1.22.1), in thousandths of a request and whole milliseconds.
    LeakyBucket,
    /// Tokens that come evenly: Envoy (`local_ratelimit`), Traefik (`rateLimit`, golang.org/x/time/rate).
    TokenBucket,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Those of one client (of one gateway, where gateways stand in a row).
    Client,
    /// All.
    Gateway,
}
