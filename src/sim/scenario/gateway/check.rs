//! The ranges of a gateway's settings.

use super::{
    Breaker, Cache, GatewaySettings, HealthCheck, Limits, Maintenance, PassiveHealth, RateLimit, Recovery,
    Retry, RetryAfter, RetryWait, Trip, UpstreamKeepAlive, Window,
};
use crate::sim::dialect::{Dialect, Setting, dialect};
use crate::sim::scenario::validate::{Checked, DAY, HOUR, MILLISECOND, path, within, within_if, wrong};
use crate::sim::scenario::{Scenario, ScenarioError};
use crate::sim::time::SimDuration;

const ZERO: SimDuration = SimDuration::ZERO;
const MOST: u32 = 1_000_000;

impl GatewaySettings {
    /// Checks the ranges of what is configured; `at` is the JSON pointer of these settings.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub(in crate::sim::scenario) fn check(&self, at: &str) -> Checked {
        let at = |name: &str| format!("{at}/{name}");
        within_if(&at("connect_timeout"), self.connect_timeout, MILLISECOND, DAY)?;
        within_if(&at("send_timeout"), self.send_timeout, MILLISECOND, DAY)?;
        within_if(&at("read_timeout"), self.read_timeout, MILLISECOND, DAY)?;
        within_if(&at("next_upstream_tries"), self.next_upstream_tries, 0, 100)?;
        within_if(&at("next_upstream_timeout"), self.next_upstream_timeout, ZERO, DAY)?;
        within_if(&at("max_fails"), self.max_fails, 0, 1_000)?;
        within_if(&at("fail_timeout"), self.fail_timeout, ZERO, DAY)?;
        within_if(&at("header_limit"), self.header_limit, 256, 1 << 20)?;
        if let Some(Maintenance::On { retry_after: RetryAfter::Date(wait) }) = self.maintenance {
            within(&at("maintenance/on/retry_after/date"), wait, ZERO, DAY)?;
        }
        each(&self.keep_alive, |k| k.check(&at("keep_alive")))?;
        if let Some(UpstreamKeepAlive::On(keep_alive)) = &self.upstream_keep_alive {
            keep_alive.check(&at("upstream_keep_alive/on"))?;
        }
        within_if(&at("panic_threshold"), self.panic_threshold, 0.0, 1.0)?;
        within_if(&at("body_timeout"), self.body_timeout, ZERO, DAY)?;
        within_if(&at("request_timeout"), self.request_timeout, ZERO, DAY)?;
        within_if(&at("body_limit"), self.body_limit, 0, i32::MAX as u32)?;
        for (i, upstream) in self.upstreams.iter().flatten().enumerate() {
            within(&at(&format!("upstreams/{i}/weight")), upstream.weight, 1, 256)?;
        }
        each(&self.passive_health, |p| p.check(&at("passive_health")))?;
        each(&self.health_check, |h| h.check(&at("health_check")))?;
        each(&self.retry, |r| r.check(&at("retry")))?;
        each(&self.limits, |l| l.check(&at("limits")))?;
        each(&self.rate_limit, |r| r.check(&at("rate_limit")))?;
        each(&self.breaker, |b| b.check(&at("breaker")))?;
        each(&self.cache, |c| c.check(&at("cache")))
    }
}

/// Adds to an error about a setting what the product calls it.
fn by_its_own_name(mut error: ScenarioError, at: &str, product: &dyn Dialect) -> ScenarioError {
    if let ScenarioError::Field { pointer, expected, .. } = &mut error
        && let Some(field) = pointer.strip_prefix(at).and_then(|rest| rest.split('/').nth(1))
        && let Some(setting) =
            Setting::ALL.into_iter().chain(Setting::MORE).find(|setting| setting.field() == field)
        && product.directive(setting) != field
    {
        expected.push_str(&format!(" ({} `{}`)", product.title(), product.directive(setting)));
    }
    error
}

/// Checks the settings of the gateway in that place of the row: ranges, whether its product has them, names.
pub(in crate::sim::scenario) fn check_settings(
    at: &str,
    s: &GatewaySettings,
    whole: &Scenario,
    place: usize,
) -> Checked {
    let product = dialect(whole.gateways[place].dialect);
    s.check(at).map_err(|error| by_its_own_name(error, at, product))?;
    for setting in Setting::ALL.into_iter().chain(Setting::MORE).filter(|n| n.is_configured(s)) {
        if let Err(instead) = product.supports(setting, s) {
            let value = serde_json::to_value(s).unwrap_or_default();
            let value = value.get(setting.field()).cloned().unwrap_or_default();
            return Err(wrong(
                &format!("{at}/{}", setting.field()),
                value,
                format!("nothing: {} has no such setting; {instead}", product.title()),
            ));
        }
    }
    let Some(upstreams) = &s.upstreams else { return Ok(()) };
    if place + 1 < whole.gateways.len() {
        return Err(wrong(
            &format!("{at}/upstreams"),
            format!("a list of {}", upstreams.len()),
            "nothing: the one upstream of this gateway is the next gateway",
        ));
    }
    if !upstreams.iter().any(|u| !u.backup) {
        return Err(wrong(
            &format!("{at}/upstreams"),
            format!("a list of {} without one that is no backup", upstreams.len()),
            "at least one origin that is no backup",
        ));
    }
    for (i, upstream) in upstreams.iter().enumerate() {
        let known = whole.origins.iter().any(|o| o.id == upstream.origin);
        if !known || upstreams[..i].iter().any(|u| u.origin == upstream.origin) {
            let names: Vec<_> = whole.origins.iter().map(|o| format!("{:?}", o.id)).collect();
            return Err(wrong(
                &format!("{at}/upstreams/{i}/origin"),
                upstream.origin.as_str(),
                format!("the name of an origin, each once: {}", names.join(", ")),
            ));
        }
    }
    Ok(())
}

fn each<T>(group: &Option<T>, check: impl Fn(&T) -> Checked) -> Checked {
    group.as_ref().map_or(Ok(()), check)
}

fn statuses(at: &str, statuses: &[u16]) -> Checked {
    if statuses.len() > 100 {
        return Err(wrong(at, format!("a list of {}", statuses.len()), "at most 100 entries"));
    }
    (statuses.iter().enumerate()).try_for_each(|(i, s)| within(&format!("{at}/{i}"), *s, 100, 999))
}

impl PassiveHealth {
    fn check(&self, at: &str) -> Checked {
        match self {
            Self::Off | Self::MaxFails => Ok(()),
            Self::Window(w) => {
                within(&format!("{at}/window/fail_duration"), w.fail_duration, MILLISECOND, DAY)?;
                within(&format!("{at}/window/max_fails"), w.max_fails, 1, 1_000)?;
                within(&format!("{at}/window/latency"), w.latency, ZERO, DAY)?;
                statuses(&format!("{at}/window/statuses"), &w.statuses)
            }
            Self::ErrorState(e) => {
                within(&format!("{at}/error_state/retry"), e.retry, ZERO, DAY)?;
                statuses(&format!("{at}/error_state/statuses"), &e.statuses)
            }
            Self::Outlier(o) => {
                let at = |name: &str| format!("{at}/outlier/{name}");
                within(&at("consecutive_5xx"), o.consecutive_5xx, 0, 1_000)?;
                within(&at("consecutive_gateway_failure"), o.consecutive_gateway_failure, 0, 1_000)?;
                within(&at("enforcing_consecutive_5xx"), o.enforcing_consecutive_5xx, 0.0, 1.0)?;
                within(
                    &at("enforcing_consecutive_gateway_failure"),
                    o.enforcing_consecutive_gateway_failure,
                    0.0,
                    1.0,
                )?;
                within(&at("interval"), o.interval, MILLISECOND.times(10), DAY)?;
                within(&at("base_ejection_time"), o.base_ejection_time, ZERO, DAY)?;
                within(&at("max_ejection_time"), o.max_ejection_time, ZERO, DAY)?;
                within(&at("max_ejected"), o.max_ejected, 0.0, 1.0)
            }
            Self::Observe(o) => within(&format!("{at}/observe/error_limit"), o.error_limit, 1, 1_000),
        }
    }
}

impl HealthCheck {
    fn check(&self, at: &str) -> Checked {
        if let Some(path) = self.path.as_ref().filter(|path| !path.is_empty()) {
            self::path(at, path)?;
        }
        within_if(&format!("{at}/interval"), self.interval, MILLISECOND.times(10), DAY)?;
        within_if(&format!("{at}/timeout"), self.timeout, MILLISECOND, DAY)?;
        within_if(&format!("{at}/rise"), self.rise, 1, 100)?;
        within_if(&format!("{at}/fall"), self.fall, 1, 100)?;
        within_if(&format!("{at}/window"), self.window, 0, 64)
    }
}

impl Retry {
    fn check(&self, at: &str) -> Checked {
        within_if(&format!("{at}/concurrent"), self.concurrent, 0, MOST)?;
        within_if(&format!("{at}/per_try_timeout"), self.per_try_timeout, ZERO, DAY)?;
        let at = format!("{at}/wait");
        match self.wait {
            None | Some(RetryWait::None) => Ok(()),
            Some(RetryWait::Fixed(wait)) => within(&format!("{at}/fixed"), wait, ZERO, HOUR),
            Some(RetryWait::SameUpstream(wait)) => within(&format!("{at}/same_upstream"), wait, ZERO, HOUR),
            Some(RetryWait::Exponential { initial, factor, cap, jitter }) => {
                within(&format!("{at}/exponential/initial"), initial, ZERO, HOUR)?;
                within(&format!("{at}/exponential/factor"), factor, 1.0, 100.0)?;
                within(&format!("{at}/exponential/cap"), cap, ZERO, HOUR)?;
                within(&format!("{at}/exponential/jitter"), jitter, 0.0, 1.0)
            }
            Some(RetryWait::FullJitter { base, cap }) => {
                within(&format!("{at}/full_jitter/base"), base, ZERO, HOUR)?;
                within(&format!("{at}/full_jitter/cap"), cap, ZERO, HOUR)
            }
        }
    }
}

impl Limits {
    fn check(&self, at: &str) -> Checked {
        for (name, value) in [
            ("upstream_requests", self.upstream_requests),
            ("all_upstreams", self.all_upstreams),
            ("queue", self.queue),
            ("client_requests", self.client_requests),
            ("total_requests", self.total_requests),
        ] {
            within_if(&format!("{at}/{name}"), value, 0, MOST)?;
        }
        within_if(&format!("{at}/queue_timeout"), self.queue_timeout, ZERO, DAY)?;
        within_if(&format!("{at}/client_status"), self.client_status, 400, 599)
    }
}

impl RateLimit {
    fn check(&self, at: &str) -> Checked {
        within_if(&format!("{at}/requests"), self.requests, 0, MOST)?;
        within_if(&format!("{at}/period"), self.period, MILLISECOND, DAY)?;
        within_if(&format!("{at}/burst"), self.burst, 0, MOST)?;
        within_if(&format!("{at}/delay"), self.delay, ZERO, DAY)?;
        within_if(&format!("{at}/status"), self.status, 400, 599)
    }
}

impl Breaker {
    fn check(&self, at: &str) -> Checked {
        let trip = |name: &str| format!("{at}/trip/{name}");
        match self.trip {
            None | Some(Trip::Never) => {}
            Some(Trip::StatusRatio { from, to, above }) => {
                within(&trip("status_ratio/from"), from, 100, 999)?;
                within(&trip("status_ratio/to"), to, from, 999)?;
                within(&trip("status_ratio/above"), above, 0.0, 1.0)?;
            }
            Some(Trip::NetworkErrorRatio { above }) => {
                within(&trip("network_error_ratio/above"), above, 0.0, 1.0)?;
            }
            Some(Trip::Latency { quantile, above }) => {
                within(&trip("latency/quantile"), quantile, 0.0, 1.0)?;
                within(&trip("latency/above"), above, ZERO, HOUR)?;
            }
            Some(Trip::Consecutive { failures }) => {
                within(&trip("consecutive/failures"), failures, 1, MOST)?;
            }
        }
        match self.window {
            None => {}
            Some(Window::Time(time)) => {
                within(&format!("{at}/window/time"), time, MILLISECOND.times(10), DAY)?
            }
            Some(Window::Requests(n)) => within(&format!("{at}/window/requests"), n, 1, 1_000)?,
        }
        match self.recovery {
            None => {}
            Some(Recovery::Gradual(time)) => {
                within(&format!("{at}/recovery/gradual"), time, MILLISECOND, DAY)?
            }
            Some(Recovery::HalfOpen(n)) => within(&format!("{at}/recovery/half_open"), n, 1, 1_000)?,
        }
        within_if(&format!("{at}/least_requests"), self.least_requests, 0, MOST)?;
        within_if(&format!("{at}/check_period"), self.check_period, ZERO, DAY)?;
        within_if(&format!("{at}/open_for"), self.open_for, MILLISECOND, DAY)?;
        within_if(&format!("{at}/status"), self.status, 400, 599)
    }
}

impl Cache {
    fn check(&self, at: &str) -> Checked {
        within_if(&format!("{at}/ttl"), self.ttl, ZERO, DAY)?;
        within_if(&format!("{at}/stale_while_revalidate"), self.stale_while_revalidate, ZERO, DAY)?;
        within_if(&format!("{at}/stale_if_error"), self.stale_if_error, ZERO, DAY)?;
        statuses(&format!("{at}/statuses"), self.statuses.as_deref().unwrap_or_default())
    }
}
