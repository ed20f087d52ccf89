//! What can be configured at a gateway, under neutral names; absent means the product's default.
//!
//! A setting that a product does not have is refused, with what the product offers instead
//! ([`crate::sim::dialect::Dialect::supports`]).

mod breaker;
mod cache;
mod check;
mod health;
mod limits;
mod retry;
mod upstreams;

use std::ops::RangeBounds;

use serde::{Deserialize, Serialize};

pub(super) use check::check_settings;

pub use breaker::{Breaker, BreakerRule, Recovery, Trip, Window};
pub use cache::{Cache, CacheRule};
pub use health::{
    ErrorState, FailureWindow, HealthCheck, InitialHealth, Layer, Observe, OnError, Outlier, PassiveHealth,
    ProbeRule,
};
pub use limits::{Algorithm, LimitRule, Limits, Per, RateLimit, RateRule};
pub use retry::{Again, Retry, RetryRule, RetryWait};
pub use upstreams::{Balance, Upstream};

use super::KeepAlive;
use crate::sim::time::SimDuration;

/// Lays what is named over what stood there.
fn lay<T: Clone>(under: &mut Option<T>, over: &Option<T>) {
    if over.is_some() {
        under.clone_from(over);
    }
}

/// Declares a group of settings twice: with optional fields as it is written, and filled in as it holds.
macro_rules! group {
    (
        $(#[$settings_doc:meta])* $settings:ident,
        $(#[$rule_doc:meta])* $rule:ident,
        { $( $(#[$doc:meta])* $field:ident: $type:ty, )* }
    ) => {
        $(#[$settings_doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default, deny_unknown_fields)]
        pub struct $settings {
            $( $(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>, )*
        }

        $(#[$rule_doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $rule {
            $( #[doc = concat!("See [`", stringify!($settings), "::", stringify!($field), "`].")] pub $field: $type, )*
        }

        impl $settings {
            /// Lays `later` over these settings: what it names replaces what stood here.
            pub fn overlay(&mut self, later: &Self) {
                $( super::lay(&mut self.$field, &later.$field); )*
            }
        }

        impl $rule {
            /// Lays what is configured over these defaults.
            pub fn configured(mut self, settings: &$settings) -> Self {
                $( if let Some(value) = &settings.$field { self.$field.clone_from(value); } )*
                self
            }

            /// The same as settings that name every value.
            pub fn named(&self) -> $settings {
                $settings { $( $field: Some(self.$field.clone()), )* }
            }
        }
    };
}
use group;

/// What can be configured at a gateway, under neutral names; absent means the product's default.
///
/// The dialect knows the product's own directive for each ([`crate::sim::dialect::Dialect::directive`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySettings {
    /// How long a connection to an upstream may take to open; 1 ms to 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<SimDuration>,
    /// How long sending the request may stand still; 1 ms to 24 h. It never runs out yet: requests are small
    /// and leave in one piece, so that nothing can stand still between two writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_timeout: Option<SimDuration>,
    /// How long the gateway waits for the answer; what exactly it measures is the dialect's; 1 ms to 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_timeout: Option<SimDuration>,
    /// Which failures send the request to the next upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_upstream: Option<Vec<NextUpstream>>,
    /// How many upstreams a request may try; 0 for all of them, at most 100. Where it may go to the same one again
    /// ([`Retry::again`]), 0 is as often as `next_upstream_timeout` and `request_timeout` give time for, and once
    /// without either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_upstream_tries: Option<u32>,
    /// How long a request may go on trying; 0 for ever, at most 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_upstream_timeout: Option<SimDuration>,
    /// Failures after which an upstream is taken out; 0 switches that off; at most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fails: Option<u32>,
    /// How long failures are counted, and how long an upstream then stays out; 0 to 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_timeout: Option<SimDuration>,
    /// The largest head of an answer that is accepted, in bytes; 256 to 1,048,576.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_limit: Option<u32>,
    /// Whether the gateway answers 503 by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
    /// How long, and for how many requests, clients' connections are kept open (`most` has no meaning here).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<KeepAlive>,
    /// How connections to upstreams are kept open between requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_keep_alive: Option<UpstreamKeepAlive>,
    /// How an upstream is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// Which origins are asked, with weight and part; all of them alike by default. Only of the last gateway in a
    /// row, since the others have one upstream, the next gateway. 1 to 64 entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstreams: Option<Vec<Upstream>>,
    /// What is learnt about upstreams from the requests passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive_health: Option<PassiveHealth>,
    /// Probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// If less than this share of the upstreams is well, all are asked as if they were (Envoy
    /// `healthy_panic_threshold`); 0 to 1, 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panic_threshold: Option<f64>,
    /// How tries follow each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// How many requests may be under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// How many requests may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// When nobody is asked for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// What is kept of answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How long the body of an answer may stand still between two reads; 0 for ever, at most 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_timeout: Option<SimDuration>,
    /// How long a request may take in all, every try and the body of the answer included (Envoy's route `timeout`);
    /// 0 for ever, at most 24 h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_timeout: Option<SimDuration>,
    /// Whether an answer is gathered whole before any of it goes to the client (Traefik `buffering`), so that one
    /// that breaks off can still be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_buffering: Option<bool>,
    /// The largest body of a request that is passed on, in bytes; 0 for any, at most 2,147,483,647. What is larger is
    /// answered with 413 before anybody is asked. (A scenario's requests have bodies of 65,536 bytes at most.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<u32>,
}

impl GatewaySettings {
    /// Lays `later` over these settings: what it names replaces what stood here.
    pub fn overlay(&mut self, later: &Self) {
        macro_rules! lay_group {
            ($field:ident) => {
                match (&mut self.$field, &later.$field) {
                    (Some(under), Some(over)) => under.overlay(over),
                    (under, over) => lay(under, over),
                }
            };
        }
        lay(&mut self.connect_timeout, &later.connect_timeout);
        lay(&mut self.send_timeout, &later.send_timeout);
        lay(&mut self.read_timeout, &later.read_timeout);
        lay(&mut self.next_upstream, &later.next_upstream);
        lay(&mut self.next_upstream_tries, &later.next_upstream_tries);
        lay(&mut self.next_upstream_timeout, &later.next_upstream_timeout);
        lay(&mut self.max_fails, &later.max_fails);
        lay(&mut self.fail_timeout, &later.fail_timeout);
        lay(&mut self.header_limit, &later.header_limit);
        lay(&mut self.maintenance, &later.maintenance);
        lay(&mut self.keep_alive, &later.keep_alive);
        lay(&mut self.upstream_keep_alive, &later.upstream_keep_alive);
        lay(&mut self.balance, &later.balance);
        lay(&mut self.upstreams, &later.upstreams);
        lay(&mut self.passive_health, &later.passive_health);
        lay(&mut self.panic_threshold, &later.panic_threshold);
        lay(&mut self.body_timeout, &later.body_timeout);
        lay(&mut self.request_timeout, &later.request_timeout);
        lay(&mut self.response_buffering, &later.response_buffering);
        lay(&mut self.body_limit, &later.body_limit);
        lay_group!(health_check);
        lay_group!(retry);
        lay_group!(limits);
        lay_group!(rate_limit);
        lay_group!(breaker);
        lay_group!(cache);
    }
}

/// A failure after which a gateway may turn to the next upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextUpstream {
    /// The connection failed or broke.
    Error,
    /// A timer ran out.
    Timeout,
    /// The answer's head could not be read.
    InvalidHeader,
    /// The upstream answered 500.
    Http500,
    /// The upstream answered 502.
    Http502,
    /// The upstream answered 503.
    Http503,
    /// The upstream answered 504.
    Http504,
    /// The upstream answered 403.
    Http403,
    /// The upstream answered 404.
    Http404,
    /// The upstream answered 429.
    Http429,
    /// Also requests whose method is not idempotent, once they were sent.
    NonIdempotent,
    /// The upstream answered with any status from 500 on (Envoy `5xx`; a condition on `beresp.status` in VCL).
    Http5xx,
    /// No connection came about: it was refused, did not open in time, or its TLS handshake failed. HAProxy
    /// `conn-failure`, Envoy `connect-failure`; elsewhere part of [`NextUpstream::Error`] and
    /// [`NextUpstream::Timeout`].
    ConnectFailure,
}

impl NextUpstream {
    /// True if it names one status.
    pub const fn is_status(self) -> bool {
        matches!(
            self,
            Self::Http500
                | Self::Http502
                | Self::Http503
                | Self::Http504
                | Self::Http403
                | Self::Http404
                | Self::Http429
        )
    }

    /// The condition that an upstream's answer of this status meets.
    pub const fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            500 => Self::Http500,
            502 => Self::Http502,
            503 => Self::Http503,
            504 => Self::Http504,
            403 => Self::Http403,
            404 => Self::Http404,
            429 => Self::Http429,
            _ => return None,
        })
    }

    /// True if one of the conditions names this status; `fives` is what a product takes for `http_5xx`.
    pub(crate) fn any_names(conditions: &[Self], status: u16, fives: impl RangeBounds<u16>) -> bool {
        let all = fives.contains(&status) && conditions.contains(&Self::Http5xx);
        all || Self::of_status(status).is_some_and(|named| conditions.contains(&named))
    }
}

/// Whether a gateway answers 503 by itself instead of asking an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Maintenance {
    /// Requests go to the upstreams.
    #[default]
    Off,
    /// Every request is answered 503.
    On {
        /// What the answer says of when to come back.
        #[serde(default)]
        retry_after: RetryAfter,
    },
}

/// A `Retry-After` header (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryAfter {
    /// The header is not sent.
    #[default]
    Absent,
    /// A number of seconds.
    Seconds(u32),
    /// An HTTP-date that lies this long after the moment of answering; whole seconds, since the format has no smaller unit.
    Date(SimDuration),
}

/// Whether a gateway keeps connections to upstreams open between requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum UpstreamKeepAlive {
    /// Each try has a connection of its own.
    Off,
    /// Idle connections are kept.
    On(KeepAlive),
}
