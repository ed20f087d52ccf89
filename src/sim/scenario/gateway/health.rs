//! How a gateway learns which upstreams are well.

use serde::{Deserialize, Serialize};

use super::group;
use crate::sim::time::SimDuration;

group! {
    /// Probes that a gateway sends to its upstreams by itself. Naming the group switches them on.
    HealthCheck,
    /// How upstreams are probed.
    ProbeRule,
    {
        /// Whether probes are sent; true once the group is there.
        enabled: bool,
        /// What is asked with GET; `/health` by default, at products that only connect an empty text, which asks nothing.
        path: String,
        /// From the start of one probe of an upstream to the start of the next; 10 ms to 24 h.
        interval: SimDuration,
        /// How long a probe may take, connecting included; 1 ms to 24 h.
        timeout: SimDuration,
        /// Good probes in a row after which an upstream is well again; 1 to 100. With a window: how many of its
        /// probes must be good.
        rise: u32,
        /// Failed probes in a row after which an upstream is down; 1 to 100.
        fall: u32,
        /// How many of the last probes are looked at (Varnish `.window`); 0 to 64, 0 counts in a row.
        window: u32,
        /// What an upstream counts as before its first probe.
        initial: InitialHealth,
        /// Whether one answer with a status that does not speak for it takes an upstream down at once (Envoy, documentation of
        /// `unhealthy_threshold`).
        status_is_final: bool,
    }
}

/// What an upstream counts as before its first probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InitialHealth {
    /// Well, like one that has always been well.
    Healthy,
    /// Well, but the first probe alone decides (HAProxy: "up, but will fall at first failure").
    Trial,
    /// Down, and the first probe alone decides (Envoy).
    Unhealthy,
}

/// What a gateway learns about its upstreams from the requests that it passes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PassiveHealth {
    /// Nothing.
    Off,
    /// After `max_fails` failures, none of them longer than `fail_timeout` before the next, an upstream is out for
    /// `fail_timeout`. A single upstream is never out. nginx (`ngx_http_upstream_module`, server).
    MaxFails,
    /// Each failure is remembered for a while, and an upstream is out while too many are remembered. Caddy
    /// (`reverse_proxy`, passive health checks), Traefik (`passiveHealthCheck`).
    Window(FailureWindow),
    /// One failure puts an upstream into an error state for a while. Apache (`mod_proxy`, `retry`).
    ErrorState(ErrorState),
    /// Failures in a row eject an upstream, each time for longer. Envoy (`OutlierDetection`).
    Outlier(Outlier),
    /// Failures in a row speak like failed probes. HAProxy (`observe`); needs probes.
    Observe(Observe),
}

/// See [`PassiveHealth::Window`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FailureWindow {
    /// How long a failure is remembered; 10 s by default, 1 ms to 24 h.
    pub fail_duration: SimDuration,
    /// How many remembered failures put an upstream out; 1 by default (Caddy `max_fails`), 1 to 1,000.
    pub max_fails: u32,
    /// Statuses that count as failures (Caddy `unhealthy_status`); none by default.
    pub statuses: Vec<u16>,
    /// Answers that take longer count as failures (Caddy `unhealthy_latency`); 0 by default, which is never.
    pub latency: SimDuration,
    /// Whether only failures in a row count, and put an upstream out for all of `fail_duration` (Traefik
    /// `passiveHealthCheck`, which has it so always); false by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub consecutive: bool,
}

impl Default for FailureWindow {
    fn default() -> Self {
        Self {
            fail_duration: SimDuration::from_secs(10),
            max_fails: 1,
            statuses: Vec::new(),
            latency: SimDuration::ZERO,
            consecutive: false,
        }
    }
}

/// See [`PassiveHealth::ErrorState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ErrorState {
    /// How long the error state lasts; 60 s by default (Apache `retry`), 0 to 24 h.
    pub retry: SimDuration,
    /// Whether all are asked again once all are in the error state; true by default (Apache `forcerecovery`).
    pub force_recovery: bool,
    /// Statuses that count as failures (Apache `failonstatus`); none by default.
    pub statuses: Vec<u16>,
    /// Whether an answer that does not come in time counts (Apache `failontimeout`); false by default.
    pub on_timeout: bool,
}

impl Default for ErrorState {
    fn default() -> Self {
        Self {
            retry: SimDuration::from_secs(60),
            force_recovery: true,
            statuses: Vec::new(),
            on_timeout: false,
        }
    }
}

/// See [`PassiveHealth::Outlier`]. Left out: ejection by success rate and by share of failures, which need five
/// upstreams and a hundred requests in an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Outlier {
    /// 5xx answers or failed connections in a row that eject; 5 by default, 0 never ejects; at most 1,000.
    pub consecutive_5xx: u32,
    /// Answers 502, 503, 504 or failed connections in a row that eject; 5 by default, 0 to 1,000.
    pub consecutive_gateway_failure: u32,
    /// How often a run of 5xx leads to the ejection; 1 by default, 0 to 1.
    pub enforcing_consecutive_5xx: f64,
    /// How often a run of gateway failures leads to the ejection; 0 by default, 0 to 1.
    pub enforcing_consecutive_gateway_failure: f64,
    /// How often it is looked whether an ejection is over; 10 s by default, 10 ms to 24 h. Counted from the run's start.
    pub interval: SimDuration,
    /// The time of the first ejection; each further one lasts as much longer. 30 s by default, 0 to 24 h.
    pub base_ejection_time: SimDuration,
    /// The longest ejection; 300 s by default, 0 to 24 h.
    pub max_ejection_time: SimDuration,
    /// The largest share of upstreams that may be ejected at a time; 0.1 by default, 0 to 1.
    pub max_ejected: f64,
    /// Whether one may be ejected whatever the share (`always_eject_one_host`); false by default.
    pub always_eject_one: bool,
}

impl Default for Outlier {
    fn default() -> Self {
        Self {
            consecutive_5xx: 5,
            consecutive_gateway_failure: 5,
            enforcing_consecutive_5xx: 1.0,
            enforcing_consecutive_gateway_failure: 0.0,
            interval: SimDuration::from_secs(10),
            base_ejection_time: SimDuration::from_secs(30),
            max_ejection_time: SimDuration::from_secs(300),
            max_ejected: 0.1,
            always_eject_one: false,
        }
    }
}

/// See [`PassiveHealth::Observe`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Observe {
    /// What is watched; answers by default.
    pub layer: Layer,
    /// Failures in a row that count; 10 by default, 1 to 1,000.
    pub error_limit: u32,
    /// What follows; a failed probe by default.
    pub on_error: OnError,
}

impl Default for Observe {
    fn default() -> Self {
        Self { layer: Layer::Answers, error_limit: 10, on_error: OnError::FailCheck }
    }
}

/// What HAProxy's `observe` watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Connections alone (`layer4`).
    Connections,
    /// Answers too (`layer7`): every 5xx but 501 and 505 is a failure.
    Answers,
}

/// What follows when [`Observe::error_limit`] is reached (HAProxy `on-error`; left out: `fastinter`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It counts as one failed probe.
    FailCheck,
    /// One more failed probe takes the upstream down.
    SuddenDeath,
    /// The upstream is down at once, until probes bring it back.
    MarkDown,
}
