//! Kubernetes ingress-nginx (retired; best effort until March 2026): nginx with defaults of its own.
//!
//! Known from its documents for what it sets itself, and for the rest it is the nginx that was recorded. Its balancer
//! takes no endpoint out by itself: Kubernetes does, by readiness probes, which are left out here, as are
//! `custom-http-errors` and the default backend.

use super::nginx::Nginx;
use super::{
    Dialect, EffectiveSettings, Known, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict,
};
use crate::sim::message::{Template, Value};
use crate::sim::scenario::{GatewaySettings, KeepAlive, PassiveHealth, RetryAfter, UpstreamKeepAlive};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct IngressNginx;

/// The version that nginx's own pages name and these do not (`server-tokens`, `"false"`).
const NGINX_SERVER: &str = "nginx/1.22.1";

/// What a ConfigMap may set, under the names of its keys; everything else of nginx's is out of its reach.
fn key(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::ConnectTimeout => "proxy-connect-timeout",
        Setting::SendTimeout => "proxy-send-timeout",
        Setting::ReadTimeout => "proxy-read-timeout",
        Setting::NextUpstream => "proxy-next-upstream",
        Setting::NextUpstreamTries => "proxy-next-upstream-tries",
        Setting::NextUpstreamTimeout => "proxy-next-upstream-timeout",
        Setting::HeaderLimit => "proxy-buffer-size",
        Setting::BodyLimit => "proxy-body-size",
        Setting::KeepAlive => "keep-alive",
        Setting::UpstreamKeepAlive => "upstream-keepalive-connections",
        Setting::Upstreams => "endpoints",
        Setting::RateLimit => "limit-rps",
        Setting::Limits => "limit-connections",
        _ => return None,
    })
}

impl Dialect for IngressNginx {
    fn title(&self) -> &'static str {
        "ingress-nginx"
    }

    fn version(&self) -> &'static str {
        "documents of 2023"
    }

    fn provenance(&self) -> &'static str {
        "documented, not recorded, and nginx for the rest: https://kubernetes.github.io/ingress-nginx/"
    }

    fn known(&self) -> Known {
        Known::Documented
    }

    /// The table of ConfigMap keys: 5 s to connect, 60 s to send and read, `error timeout`, three tries, 320 kept
    /// connections for 60 s and 10,000 requests, 75 s and 100 requests for a client's, statuses 503 over a limit, bodies of
    /// requests up to 1m.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let keep = |secs, most, requests| KeepAlive { idle: SimDuration::from_secs(secs), most, requests };
        let own = GatewaySettings {
            connect_timeout: Some(SimDuration::from_secs(5)),
            next_upstream_tries: Some(3),
            keep_alive: Some(keep(75, KeepAlive::default().most, 100)),
            upstream_keep_alive: Some(UpstreamKeepAlive::On(keep(60, 320, 10_000))),
            ..GatewaySettings::default()
        };
        let mut all = own;
        all.overlay(settings);
        let mut s = Nginx.effective(&all);
        s.passive_health = PassiveHealth::Off;
        // `limit-rps` admits five times as many at once (annotations, `limit-burst-multiplier`), without delay.
        if settings.rate_limit.as_ref().is_some_and(|r| r.burst.is_none()) {
            s.rate_limit.burst = s.rate_limit.requests.saturating_mul(5);
        }
        if settings.rate_limit.as_ref().is_some_and(|r| r.delay.is_none()) {
            s.rate_limit.delay = SimDuration::ZERO;
        }
        s
    }

    fn directive(&self, setting: Setting) -> &'static str {
        key(setting).unwrap_or_else(|| setting.field())
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const INSTEAD: &str = "its ConfigMap has the keys of nginx's time-outs, next upstreams, kept connections and limits; Kubernetes takes endpoints out by readiness probes";
        if key(setting).is_none() {
            return Err(INSTEAD);
        }
        if s.limits.as_ref().is_some_and(|l| l.upstream_requests.is_some()) && setting == Setting::Limits {
            return Err("it limits client_requests (limit-connections)");
        }
        Nginx.supports(setting, s)
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        Nginx.value(setting, s)
    }

    fn rules(&self) -> &'static [Rule] {
        Nginx.rules()
    }

    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        Nginx.read(template, tries_left, settings)
    }

    /// As nginx, but no endpoint at all is a 503 (list of end-to-end tests).
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = Nginx.decide(s);
        if s.failure == Failure::NoLiveUpstream {
            return Verdict { action: super::Action::Answer(503), ..verdict };
        }
        verdict
    }

    fn counts(&self, failure: Failure, head_accepted: bool) -> bool {
        Nginx.counts(failure, head_accepted)
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        Nginx.maintenance()
    }

    fn head_bytes_restart_clock(&self) -> bool {
        Nginx.head_bytes_restart_clock()
    }

    /// `proxy-buffering` is `"off"`: what comes is sent at once.
    fn holds_back(&self) -> u32 {
        0
    }

    fn draws_two_different(&self) -> bool {
        Nginx.draws_two_different()
    }

    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        Nginx.refuses_target(target)
    }

    fn tells_age(&self) -> bool {
        Nginx.tells_age()
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        anonymous(Nginx.page(status, retry_after))
    }

    fn own(&self, answer: OwnAnswer) -> Template {
        anonymous(Nginx.own(answer))
    }

    fn forward(&self, upstream: &Template) -> Template {
        anonymous(Nginx.forward(upstream))
    }

    /// `Inferred:` from `nginx.tmpl` of ingress-nginx, which sets all of these for every location; connections are kept.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::inferred(
            "HTTP/1.1\nHost: {host}\nX-Request-ID: {id}\nX-Real-IP: {from}\nX-Forwarded-For: {from}\nX-Forwarded-Host: {host}\nX-Forwarded-Port: 80\nX-Forwarded-Proto: http\nX-Forwarded-Scheme: http\nX-Scheme: http\nContent-Length: {received}\n*",
        )
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        Nginx.log_lines(trace, request)
    }
}

/// Without the `Server` header and without the version under pages (`server-tokens`, `"false"`).
fn anonymous(mut template: Template) -> Template {
    template.headers.retain(|(name, value)| {
        name != "Server" || !matches!(value, Value::Text(text) if text == NGINX_SERVER)
    });
    template.body = template.body.replace(NGINX_SERVER, "nginx");
    template
}
