//! A gateway's settings under their neutral names, and as they hold.

use serde::{Deserialize, Serialize};

use crate::sim::scenario::{
    Again, Algorithm, Balance, BreakerRule, CacheRule, GatewaySettings, InitialHealth, KeepAlive, LimitRule,
    Maintenance, NextUpstream, PassiveHealth, Per, ProbeRule, RateRule, Recovery, RetryRule, RetryWait, Trip,
    UpstreamKeepAlive, Window,
};
use crate::sim::time::SimDuration;

/// A setting of a gateway, under its neutral name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Setting {
    /// [`GatewaySettings::connect_timeout`].
    ConnectTimeout,
    /// [`GatewaySettings::send_timeout`].
    SendTimeout,
    /// [`GatewaySettings::read_timeout`].
    ReadTimeout,
    /// [`GatewaySettings::next_upstream`].
    NextUpstream,
    /// [`GatewaySettings::next_upstream_tries`].
    NextUpstreamTries,
    /// [`GatewaySettings::next_upstream_timeout`].
    NextUpstreamTimeout,
    /// [`GatewaySettings::max_fails`].
    MaxFails,
    /// [`GatewaySettings::fail_timeout`].
    FailTimeout,
    /// [`GatewaySettings::header_limit`].
    HeaderLimit,
    /// [`GatewaySettings::maintenance`].
    Maintenance,
    /// [`GatewaySettings::keep_alive`].
    KeepAlive,
    /// [`GatewaySettings::upstream_keep_alive`].
    UpstreamKeepAlive,
    /// [`GatewaySettings::balance`].
    Balance,
    /// [`GatewaySettings::upstreams`].
    Upstreams,
    /// [`GatewaySettings::passive_health`].
    PassiveHealth,
    /// [`GatewaySettings::health_check`].
    HealthCheck,
    /// [`GatewaySettings::panic_threshold`].
    PanicThreshold,
    /// [`GatewaySettings::retry`].
    Retry,
    /// [`GatewaySettings::limits`].
    Limits,
    /// [`GatewaySettings::rate_limit`].
    RateLimit,
    /// [`GatewaySettings::breaker`].
    Breaker,
    /// [`GatewaySettings::cache`].
    Cache,
    /// [`GatewaySettings::body_timeout`].
    BodyTimeout,
    /// [`GatewaySettings::request_timeout`].
    RequestTimeout,
    /// [`GatewaySettings::response_buffering`].
    ResponseBuffering,
    /// [`GatewaySettings::body_limit`].
    BodyLimit,
}

impl Setting {
    /// The settings of one value each, in the order of a form.
    pub const ALL: [Self; 12] = [
        Self::ConnectTimeout,
        Self::SendTimeout,
        Self::ReadTimeout,
        Self::NextUpstream,
        Self::NextUpstreamTries,
        Self::NextUpstreamTimeout,
        Self::MaxFails,
        Self::FailTimeout,
        Self::HeaderLimit,
        Self::Maintenance,
        Self::KeepAlive,
        Self::UpstreamKeepAlive,
    ];

    /// The settings that a form does not show yet: groups, and what only some products have.
    pub const MORE: [Self; 14] = [
        Self::Balance,
        Self::Upstreams,
        Self::PassiveHealth,
        Self::HealthCheck,
        Self::PanicThreshold,
        Self::Retry,
        Self::Limits,
        Self::RateLimit,
        Self::Breaker,
        Self::Cache,
        Self::BodyTimeout,
        Self::RequestTimeout,
        Self::ResponseBuffering,
        Self::BodyLimit,
    ];

    /// The name of its field in [`GatewaySettings`].
    pub const fn field(self) -> &'static str {
        match self {
            Self::ConnectTimeout => "connect_timeout",
            Self::SendTimeout => "send_timeout",
            Self::ReadTimeout => "read_timeout",
            Self::NextUpstream => "next_upstream",
            Self::NextUpstreamTries => "next_upstream_tries",
            Self::NextUpstreamTimeout => "next_upstream_timeout",
            Self::MaxFails => "max_fails",
            Self::FailTimeout => "fail_timeout",
            Self::HeaderLimit => "header_limit",
            Self::Maintenance => "maintenance",
            Self::KeepAlive => "keep_alive",
            Self::UpstreamKeepAlive => "upstream_keep_alive",
            Self::Balance => "balance",
            Self::Upstreams => "upstreams",
            Self::PassiveHealth => "passive_health",
            Self::HealthCheck => "health_check",
            Self::PanicThreshold => "panic_threshold",
            Self::Retry => "retry",
            Self::Limits => "limits",
            Self::RateLimit => "rate_limit",
            Self::Breaker => "breaker",
            Self::Cache => "cache",
            Self::BodyTimeout => "body_timeout",
            Self::RequestTimeout => "request_timeout",
            Self::ResponseBuffering => "response_buffering",
            Self::BodyLimit => "body_limit",
        }
    }

    /// Its value in neutral words, for products that have none of their own.
    pub fn written(self, s: &EffectiveSettings) -> String {
        /// A field as JSON writes it, without quotation marks.
        fn json<T: serde::Serialize>(value: &T) -> String {
            crate::sim::json::write(value).to_string().replace('"', "")
        }
        let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
        match self {
            Self::ConnectTimeout => s.connect_timeout.to_string(),
            Self::SendTimeout => s.send_timeout.to_string(),
            Self::ReadTimeout => s.read_timeout.to_string(),
            Self::NextUpstream => json(&s.next_upstream),
            Self::NextUpstreamTries => s.next_upstream_tries.to_string(),
            Self::NextUpstreamTimeout => s.next_upstream_timeout.to_string(),
            Self::MaxFails => s.max_fails.to_string(),
            Self::FailTimeout => s.fail_timeout.to_string(),
            Self::HeaderLimit => s.header_limit.to_string(),
            Self::Maintenance => switch(s.maintenance != Maintenance::Off),
            Self::KeepAlive => s.keep_alive.idle.to_string(),
            Self::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "off".to_owned(),
                UpstreamKeepAlive::On(KeepAlive { most, .. }) => most.to_string(),
            },
            Self::Balance => json(&s.balance),
            Self::Upstreams => "listed".to_owned(),
            Self::PassiveHealth => json(&s.passive_health),
            Self::HealthCheck if s.health_check.enabled => format!("every {}", s.health_check.interval),
            Self::HealthCheck => "off".to_owned(),
            Self::PanicThreshold => s.panic_threshold.to_string(),
            Self::Retry => json(&s.retry.again),
            Self::Limits => {
                let l = &s.limits;
                let all = [
                    ("upstream_requests", l.upstream_requests),
                    ("all_upstreams", l.all_upstreams),
                    ("queue", l.queue),
                    ("client_requests", l.client_requests),
                    ("total_requests", l.total_requests),
                ];
                let named = all.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}"));
                named.collect::<Vec<_>>().join(", ")
            }
            Self::RateLimit => {
                let r = &s.rate_limit;
                format!("{} in {}, burst {}", r.requests, r.period, r.burst)
            }
            Self::Breaker => json(&s.breaker.trip),
            Self::Cache => format!("{}", s.cache.ttl),
            Self::BodyTimeout => s.body_timeout.to_string(),
            Self::RequestTimeout => s.request_timeout.to_string(),
            Self::ResponseBuffering => switch(s.response_buffering),
            Self::BodyLimit => s.body_limit.to_string(),
        }
    }

    /// Takes its value out of settings, so that the product's default holds.
    pub fn unset(self, settings: &mut GatewaySettings) {
        // Absent fields are not written, so that what is read back lacks this one alone.
        let mut fields = serde_json::to_value(&*settings).unwrap_or_default();
        if let Some(fields) = fields.as_object_mut() {
            fields.remove(self.field());
        }
        if let Ok(rest) = crate::sim::json::read(&fields) {
            *settings = rest;
        }
    }

    /// True if these settings name a value for it.
    pub fn is_configured(self, settings: &GatewaySettings) -> bool {
        match self {
            Self::ConnectTimeout => settings.connect_timeout.is_some(),
            Self::SendTimeout => settings.send_timeout.is_some(),
            Self::ReadTimeout => settings.read_timeout.is_some(),
            Self::NextUpstream => settings.next_upstream.is_some(),
            Self::NextUpstreamTries => settings.next_upstream_tries.is_some(),
            Self::NextUpstreamTimeout => settings.next_upstream_timeout.is_some(),
            Self::MaxFails => settings.max_fails.is_some(),
            Self::FailTimeout => settings.fail_timeout.is_some(),
            Self::HeaderLimit => settings.header_limit.is_some(),
            Self::Maintenance => settings.maintenance.is_some(),
            Self::KeepAlive => settings.keep_alive.is_some(),
            Self::UpstreamKeepAlive => settings.upstream_keep_alive.is_some(),
            Self::Balance => settings.balance.is_some(),
            Self::Upstreams => settings.upstreams.is_some(),
            Self::PassiveHealth => settings.passive_health.is_some(),
            Self::HealthCheck => settings.health_check.is_some(),
            Self::PanicThreshold => settings.panic_threshold.is_some(),
            Self::Retry => settings.retry.is_some(),
            Self::Limits => settings.limits.is_some(),
            Self::RateLimit => settings.rate_limit.is_some(),
            Self::Breaker => settings.breaker.is_some(),
            Self::Cache => settings.cache.is_some(),
            Self::BodyTimeout => settings.body_timeout.is_some(),
            Self::RequestTimeout => settings.request_timeout.is_some(),
            Self::ResponseBuffering => settings.response_buffering.is_some(),
            Self::BodyLimit => settings.body_limit.is_some(),
        }
    }
}

/// All settings of a gateway, those that nobody configured filled in with the product's defaults.
///
/// Which upstreams there are ([`GatewaySettings::upstreams`]) is not among them: the gateway knows their names.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields of GatewaySettings, which has the words")]
pub struct EffectiveSettings {
    pub connect_timeout: SimDuration,
    pub send_timeout: SimDuration,
    pub read_timeout: SimDuration,
    pub next_upstream: Vec<NextUpstream>,
    pub next_upstream_tries: u32,
    pub next_upstream_timeout: SimDuration,
    pub max_fails: u32,
    pub fail_timeout: SimDuration,
    pub header_limit: u32,
    pub maintenance: Maintenance,
    pub keep_alive: KeepAlive,
    pub upstream_keep_alive: UpstreamKeepAlive,
    pub balance: Balance,
    pub passive_health: PassiveHealth,
    pub health_check: ProbeRule,
    pub panic_threshold: f64,
    pub retry: RetryRule,
    pub limits: LimitRule,
    pub rate_limit: RateRule,
    pub breaker: BreakerRule,
    pub cache: CacheRule,
    pub body_timeout: SimDuration,
    pub request_timeout: SimDuration,
    pub response_buffering: bool,
    pub body_limit: u32,
}

impl EffectiveSettings {
    /// A gateway without any mechanism: no limit, no health, no retries, no time-outs. Products name what they have.
    pub(super) fn bare() -> Self {
        const SECOND: SimDuration = SimDuration::from_secs(1);
        const NEVER: SimDuration = SimDuration::ZERO;
        Self {
            connect_timeout: SimDuration::from_secs(86_400),
            send_timeout: SimDuration::from_secs(86_400),
            read_timeout: SimDuration::from_secs(86_400),
            next_upstream: Vec::new(),
            next_upstream_tries: 1,
            next_upstream_timeout: NEVER,
            max_fails: 0,
            fail_timeout: NEVER,
            header_limit: 1 << 20,
            maintenance: Maintenance::Off,
            keep_alive: KeepAlive::default(),
            upstream_keep_alive: UpstreamKeepAlive::Off,
            balance: Balance::RoundRobin,
            passive_health: PassiveHealth::Off,
            health_check: ProbeRule {
                enabled: false,
                path: "/health".to_owned(),
                interval: SECOND.times(2),
                timeout: SECOND,
                rise: 2,
                fall: 3,
                window: 0,
                initial: InitialHealth::Healthy,
                status_is_final: false,
            },
            panic_threshold: 0.0,
            retry: RetryRule {
                again: Again::Untried,
                wait: RetryWait::None,
                concurrent: 0,
                per_try_timeout: NEVER,
            },
            limits: LimitRule {
                upstream_requests: 0,
                all_upstreams: 0,
                queue: 0,
                queue_timeout: NEVER,
                client_requests: 0,
                total_requests: 0,
                client_status: 503,
            },
            rate_limit: RateRule {
                requests: 0,
                period: SECOND,
                burst: 0,
                algorithm: Algorithm::TokenBucket,
                delay: NEVER,
                per: Per::Gateway,
                status: 429,
            },
            breaker: BreakerRule {
                trip: Trip::Never,
                window: Window::Time(SECOND.times(10)),
                least_requests: 0,
                check_period: SimDuration::from_millis(100),
                open_for: SECOND.times(10),
                recovery: Recovery::HalfOpen(1),
                status: 503,
            },
            cache: CacheRule {
                ttl: NEVER,
                stale_while_revalidate: NEVER,
                stale_if_error: NEVER,
                error_statuses: true,
                statuses: vec![200],
                coalesce: true,
            },
            body_timeout: NEVER,
            request_timeout: NEVER,
            response_buffering: false,
            body_limit: 0,
        }
    }

    /// The same as settings that name every value.
    pub fn named(&self) -> GatewaySettings {
        GatewaySettings {
            connect_timeout: Some(self.connect_timeout),
            send_timeout: Some(self.send_timeout),
            read_timeout: Some(self.read_timeout),
            next_upstream: Some(self.next_upstream.clone()),
            next_upstream_tries: Some(self.next_upstream_tries),
            next_upstream_timeout: Some(self.next_upstream_timeout),
            max_fails: Some(self.max_fails),
            fail_timeout: Some(self.fail_timeout),
            header_limit: Some(self.header_limit),
            maintenance: Some(self.maintenance),
            keep_alive: Some(self.keep_alive),
            upstream_keep_alive: Some(self.upstream_keep_alive),
            balance: Some(self.balance),
            upstreams: None,
            passive_health: Some(self.passive_health.clone()),
            health_check: Some(self.health_check.named()),
            panic_threshold: Some(self.panic_threshold),
            retry: Some(self.retry.named()),
            limits: Some(self.limits.named()),
            rate_limit: Some(self.rate_limit.named()),
            breaker: Some(self.breaker.named()),
            cache: Some(self.cache.named()),
            body_timeout: Some(self.body_timeout),
            request_timeout: Some(self.request_timeout),
            response_buffering: Some(self.response_buffering),
            body_limit: Some(self.body_limit),
        }
    }

    /// Lays what is configured over a product's defaults.
    pub fn configured(mut self, s: &GatewaySettings) -> Self {
        fn lay<T: Clone>(under: &mut T, over: &Option<T>) {
            if let Some(value) = over {
                under.clone_from(value);
            }
        }
        lay(&mut self.connect_timeout, &s.connect_timeout);
        lay(&mut self.send_timeout, &s.send_timeout);
        lay(&mut self.read_timeout, &s.read_timeout);
        lay(&mut self.next_upstream, &s.next_upstream);
        lay(&mut self.next_upstream_tries, &s.next_upstream_tries);
        lay(&mut self.next_upstream_timeout, &s.next_upstream_timeout);
        lay(&mut self.max_fails, &s.max_fails);
        lay(&mut self.fail_timeout, &s.fail_timeout);
        lay(&mut self.header_limit, &s.header_limit);
        lay(&mut self.maintenance, &s.maintenance);
        lay(&mut self.keep_alive, &s.keep_alive);
        lay(&mut self.upstream_keep_alive, &s.upstream_keep_alive);
        lay(&mut self.balance, &s.balance);
        lay(&mut self.passive_health, &s.passive_health);
        lay(&mut self.panic_threshold, &s.panic_threshold);
        lay(&mut self.body_timeout, &s.body_timeout);
        lay(&mut self.request_timeout, &s.request_timeout);
        lay(&mut self.response_buffering, &s.response_buffering);
        lay(&mut self.body_limit, &s.body_limit);
        if let Some(group) = &s.health_check {
            self.health_check.enabled = true;
            self.health_check = self.health_check.configured(group);
        }
        if let Some(group) = &s.retry {
            self.retry = self.retry.configured(group);
        }
        if let Some(group) = &s.limits {
            self.limits = self.limits.configured(group);
        }
        if let Some(group) = &s.rate_limit {
            self.rate_limit = self.rate_limit.configured(group);
        }
        if let Some(group) = &s.breaker {
            self.breaker = self.breaker.configured(group);
        }
        if let Some(group) = &s.cache {
            self.cache = self.cache.configured(group);
        }
        self
    }
}
