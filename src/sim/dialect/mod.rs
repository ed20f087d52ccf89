//! What each gateway product does with a failure upstream.
//!
//! A dialect is rules, not a table: which failures it notices, whether it turns to another upstream, and
//! what it answers. Each rule names its source. The mechanisms that any gateway has (timers, pool,
//! forwarding) are in `gateway`; nothing outside this folder matches on one product.

/// Declares the rules of a product by name, text and source, and numbers them.
macro_rules! rules {
    ($( $name:ident: $id:literal, $text:literal, $source:literal; )*) => {
        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "the names of the rules, to number them")]
        #[repr(u16)]
        enum Place { $( $name, )* }
        $( pub(super) const $name: RuleId = RuleId(Place::$name as u16); )*
        /// All of them, by number.
        pub(super) const RULES: &[Rule] = &[ $( Rule { id: $id, text: $text, source: $source }, )* ];
    };
}

/// Four methods of a dialect whose settings have a room of their own.
macro_rules! settings_in_their_room {
    () => {
        fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
            settings::effective(settings)
        }

        fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
            settings::supports(setting, s)
        }

        fn directive(&self, setting: Setting) -> &'static str {
            settings::directive(setting)
        }

        fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
            settings::value(setting, s)
        }
    };
}

mod apache;
mod caddy;
mod documented;
mod envoy;
mod go;
mod haproxy;
mod ingress_nginx;
mod nginx;
mod passage;
mod rfc9209;
mod settings;
mod target;
mod traefik;
mod varnish;

pub use passage::{Hop, Passage, RequestBytes, Seen};
pub use settings::{EffectiveSettings, Setting};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::message::{Method, Template};
use super::scenario::{GatewaySettings, RetryAfter};
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, SpanId, Trace};

/// The name of a dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DialectName {
    /// nginx 1.22.1.
    #[default]
    Nginx,
    /// HAProxy 2.6.12.
    Haproxy,
    /// No product: every mechanism under its neutral name, and failures told as RFC 9209 has them.
    Rfc9209,
    /// Apache httpd 2.4.71.
    Apache,
    /// Envoy 1.40.0.
    Envoy,
    /// Varnish 7.1.1.
    Varnish,
    /// Caddy 2.11.7.
    Caddy,
    /// Traefik 3.7.15.
    Traefik,
    /// AWS Application Load Balancer; documented.
    Alb,
    /// Amazon API Gateway (REST); documented.
    ApiGateway,
    /// Amazon CloudFront; documented.
    Cloudfront,
    /// Google Cloud external Application Load Balancer; documented.
    GoogleCloud,
    /// Cloudflare; documented.
    Cloudflare,
    /// IIS with Application Request Routing; documented.
    Iis,
    /// Heroku's router; documented.
    Heroku,
    /// Kubernetes ingress-nginx; documented, and nginx for the rest.
    IngressNginx,
}

impl DialectName {
    /// All dialects, in the order of the picker.
    pub const ALL: &[Self] = &[
        Self::Nginx,
        Self::Haproxy,
        Self::Apache,
        Self::Envoy,
        Self::Caddy,
        Self::Traefik,
        Self::Varnish,
        Self::IngressNginx,
        Self::Alb,
        Self::ApiGateway,
        Self::Cloudfront,
        Self::GoogleCloud,
        Self::Cloudflare,
        Self::Iis,
        Self::Heroku,
        Self::Rfc9209,
    ];

    /// Those whose products were recorded, in the same order.
    pub fn recorded() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|name| dialect(*name).known() == Known::Recorded)
    }
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(dialect(*self).title())
    }
}

/// The dialect of that name.
///
/// Where the program comes in several modules (feature `split`), nginx alone is there from the start: whatever can name
/// another dialect calls [`provide_all`] first. Until then any name stands for nginx.
pub fn dialect(name: DialectName) -> &'static dyn Dialect {
    #[cfg(feature = "split")]
    match name {
        DialectName::Nginx => &nginx::Nginx,
        other => ALL.get().map_or(&nginx::Nginx, |all| all(other)),
    }
    #[cfg(not(feature = "split"))]
    every(name)
}

#[cfg(feature = "split")]
static ALL: std::sync::OnceLock<fn(DialectName) -> &'static dyn Dialect> = std::sync::OnceLock::new();

/// Brings along the dialects beyond nginx, and with them the module that they are in.
pub fn provide_all() {
    #[cfg(feature = "split")]
    ALL.get_or_init(|| every);
}

fn every(name: DialectName) -> &'static dyn Dialect {
    match name {
        DialectName::Nginx => &nginx::Nginx,
        DialectName::Envoy => &envoy::Envoy,
        DialectName::Varnish => &varnish::Varnish,
        DialectName::Caddy => &caddy::Caddy,
        DialectName::Traefik => &traefik::Traefik,
        DialectName::Haproxy => &haproxy::Haproxy,
        DialectName::Apache => &apache::Apache,
        DialectName::Rfc9209 => &rfc9209::Neutral,
        DialectName::Alb => &documented::ALB,
        DialectName::ApiGateway => &documented::API_GATEWAY,
        DialectName::Cloudfront => &documented::CLOUDFRONT,
        DialectName::GoogleCloud => &documented::GOOGLE_CLOUD,
        DialectName::Cloudflare => &documented::CLOUDFLARE,
        DialectName::Iis => &documented::IIS,
        DialectName::Heroku => &documented::HEROKU,
        DialectName::IngressNginx => &ingress_nginx::IngressNginx,
    }
}

/// How a dialect's rules are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// The product was recorded, and the simulator is held against the recordings.
    Recorded,
    /// From the product's documents alone. What they do not say is not guessed: see [`Rule::NOT_DOCUMENTED`].
    Documented,
}

/// A rule of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// A short identifier.
    pub id: &'static str,
    /// What the product does, in one sentence with the product as its subject.
    pub text: &'static str,
    /// Where it is known from: a recording, a directive of the documentation, a source file with its version.
    pub source: &'static str,
}

impl Rule {
    /// The identifier of the rule of a documented product for what its documents do not say. The simulator then
    /// closes the client's connection without an answer, which is a mark and no prediction.
    pub const NOT_DOCUMENTED: &'static str = "not-documented";
}

/// The index of a rule in its dialect's [`Dialect::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u16);

/// What a dialect knows when it decides about a failure.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What failed.
    pub failure: Failure,
    /// The request's method.
    pub method: Method,
    /// True once the request was sent to this upstream.
    pub sent: bool,
    /// True if it was sent on a connection that carried another request before.
    pub reused: bool,
    /// True if some of the head of an answer came, but not all of it.
    pub head_begun: bool,
    /// True if the client's connection carried another request before.
    pub client_reused: bool,
    /// True if the status line of an answer came whole, but not all of its head.
    pub status_line_read: bool,
    /// True if the head of an answer was accepted already.
    pub head_accepted: bool,
    /// True if some of the answer was passed on already.
    pub answer_begun: bool,
    /// True if an upstream was not tried yet.
    pub others_left: bool,
    /// How many more upstreams may be tried.
    pub tries_left: u32,
    /// How the try before failed; none at the first. What failed now is `failure`.
    pub before: Option<Failure>,
    /// Since the first try.
    pub elapsed: SimDuration,
    /// When a request that is refused for its rate could come instead.
    pub come_back_in: Option<SimDuration>,
    /// The settings that hold.
    pub settings: &'a EffectiveSettings,
}

/// What a dialect does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Try again: the next upstream, or whichever [`EffectiveSettings::retry`] says.
    Next,
    /// Answer with this status and the product's own page.
    Answer(u16),
    /// Send what there is of the answer, then close the client's connection.
    CutShort,
    /// Close the client's connection without a byte.
    Close,
    /// Answer with this status and say when to come back.
    AnswerLater(u16, RetryAfter),
    /// Ask the same upstream once more, over a new connection; this counts as no further try.
    Redial,
}

/// A decision with the rule it rests on and the setting that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do.
    pub action: Action,
    /// Which rule says so.
    pub rule: RuleId,
    /// Which setting decided, if one did.
    pub setting: Option<Setting>,
    /// Why the request does not go to another upstream although one is left.
    pub not_next: Option<(RuleId, Setting)>,
}

/// What a dialect makes of an answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It can be passed on.
    Accept,
    /// It is passed on as it came, byte by byte.
    PassRaw(RuleId),
    /// It is passed on, but the client cannot tell where it ends before the connection does.
    LeaveOpen(RuleId),
    /// It is a failure.
    Reject(Failure),
    /// It is an error that a setting sends to the next upstream.
    Next(RuleId, Setting),
}

/// An answer of the gateway's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnAnswer {
    /// Its status.
    pub status: u16,
    /// When it says to come back.
    pub retry_after: RetryAfter,
    /// What failed; none where nobody was asked, as in maintenance.
    pub failure: Option<Failure>,
    /// Which rule says so.
    pub rule: Option<RuleId>,
    /// True if some of the head of an upstream's answer had come.
    pub head_begun: bool,
    /// The request's method.
    pub method: Method,
    /// How many tries there were.
    pub tries: u32,
    /// How many requests may be under way, where there were too many.
    pub limit: u32,
}

impl OwnAnswer {
    /// An answer that was configured, to a GET.
    pub fn configured(status: u16, retry_after: RetryAfter) -> Self {
        Self {
            status,
            retry_after,
            failure: None,
            rule: None,
            head_begun: false,
            method: Method::Get,
            tries: 0,
            limit: 0,
        }
    }
}

/// A line of a log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// Which file: `access`, `access.json` or `error`.
    pub file: &'static str,
    /// The line.
    pub text: String,
}

/// What a gateway product does. Every method is a rule of that product, not a mechanism.
pub trait Dialect: Sync {
    /// The product's name.
    fn title(&self) -> &'static str;
    /// The version that was recorded or documented.
    fn version(&self) -> &'static str;
    /// How its rules are known: "recorded November 2026".
    fn provenance(&self) -> &'static str;
    /// Whether they were recorded.
    fn known(&self) -> Known {
        Known::Recorded
    }
    /// Settings with the product's defaults filled in.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings;
    /// The product's own name for a setting.
    fn directive(&self, setting: Setting) -> &'static str;
    /// Whether the product has what these settings configure.
    ///
    /// # Errors
    /// What it offers instead, as the end of "nginx has no such setting; ".
    fn supports(&self, setting: Setting, settings: &GatewaySettings) -> Result<(), &'static str>;
    /// A setting's value as the product's configuration writes it.
    fn value(&self, setting: Setting, settings: &EffectiveSettings) -> String;
    /// By which of its settings it tries again, in the product's own words: "`retries 3` after connection failures".
    /// `failures` are those of the tries so far.
    fn tries_again(&self, s: &EffectiveSettings, failures: &[Failure]) -> String {
        let _ = failures;
        let setting = if s.next_upstream_timeout.is_zero() {
            Setting::NextUpstreamTries
        } else {
            Setting::NextUpstreamTimeout
        };
        format!("`{} {}`", self.directive(setting), self.value(setting, s))
    }
    /// All rules; a [`RuleId`] is an index into them.
    fn rules(&self) -> &'static [Rule];
    /// What it makes of an answer's head.
    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading;
    /// What it does about a failure.
    fn decide(&self, situation: Situation<'_>) -> Verdict;
    /// True if a failure counts against the upstream; `head_accepted` tells whether an answer had begun.
    fn counts(&self, failure: Failure, head_accepted: bool) -> bool;
    /// The rule and setting by which it answers during maintenance.
    fn maintenance(&self) -> (RuleId, Setting);
    /// True if bytes that do not complete the head restart the clock of the read timeout.
    fn head_bytes_restart_clock(&self) -> bool;
    /// How much of a body it holds back before it sends the head on; 0 sends at once.
    fn holds_back(&self) -> u32;
    /// False for an upstream's answer that goes on as it comes, whatever [`Dialect::holds_back`] says.
    fn holds(&self, template: &Template) -> bool {
        let _ = template;
        true
    }
    /// How long it holds that back at most; none for as long as it takes.
    fn holds_for(&self) -> Option<SimDuration> {
        None
    }
    /// True if an answer to this method may be dropped for another try because of its status, so long after the first.
    fn repeats_answers(&self, method: Method, elapsed: SimDuration, settings: &EffectiveSettings) -> bool {
        let _ = (method, elapsed, settings);
        true
    }
    /// True if the wait of [`EffectiveSettings::retry`] comes before a retry after this failure; none is an answer
    /// whose status is tried again.
    fn waits(&self, failure: Option<Failure>) -> bool {
        let _ = failure;
        true
    }
    /// True if it reads an answer to its end before it asks again because of its status, so that the connection is
    /// kept.
    fn reads_what_it_drops(&self) -> bool {
        false
    }
    /// True if a wait for the next try may end after [`EffectiveSettings::next_upstream_timeout`], which is looked at
    /// before it alone.
    fn waits_past_the_end(&self) -> bool {
        false
    }
    /// True if a request that was sent on a kept connection is sent once more ([`Action::Redial`]) when the connection
    /// fails like this; that is not held against the upstream.
    fn replays(&self, method: Method, failure: Failure, head_begun: bool) -> bool {
        let _ = (method, failure, head_begun);
        false
    }
    /// True if a request may go on a connection that carried another one; `client_reused` tells whether its own
    /// client's connection did.
    fn reuses(&self, client_reused: bool, settings: &EffectiveSettings) -> bool {
        let _ = (client_reused, settings);
        true
    }
    /// Its own page for a status.
    fn page(&self, status: u16, retry_after: RetryAfter) -> Template;
    /// Its own answer; the page, where that does not depend on what failed.
    fn own(&self, answer: OwnAnswer) -> Template {
        self.page(answer.status, answer.retry_after)
    }
    /// Its own answer as it goes out to HEAD; `number` is what `{n}` stands for. No product sends the body (RFC 9110
    /// §9.3.2). That the head tells its length is how nginx (`ngx_http_send_special_response`, 1.22.1), HAProxy
    /// (`mux_h1.c` 2.6: what is to have no body loses its payload alone) and Envoy (`Utility::sendLocalReply`, 1.40.0) do
    /// it. `Inferred:` for Varnish, from `cnt_transmit` 7.1. No recording has HEAD.
    fn own_to_head(&self, own: Template, number: u32) -> Template {
        own.with_length_alone(number)
    }
    /// True if it looks at the size of a request's body ([`EffectiveSettings::body_limit`]) before it answers by itself
    /// in maintenance.
    fn limits_bodies_first(&self) -> bool {
        true
    }
    /// The rule by which it answers 400 to a request with this target, if it does; asked of targets alone that have an
    /// escape or two dots in a row. None where targets are passed on as they are: `Inferred:` for HAProxy 2.6, whose
    /// parser looks at single bytes (`h1.c`), Envoy 1.40.0, where `normalize_path` is off (documentation of
    /// HttpConnectionManager), and Varnish 7.1, which splits the line at its spaces (`HTTP1_DissectRequest`).
    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        let _ = target;
        None
    }
    /// True if an answer of this status to a probe speaks for the upstream.
    fn probe_accepts(&self, status: u16) -> bool {
        (200..300).contains(&status)
    }
    /// True if the time between two probes counts from the end of the first, not from its start.
    fn pauses_between_probes(&self) -> bool {
        false
    }
    /// The upstream with which turns begin, counted from 0.
    fn begins_with(&self) -> usize {
        0
    }
    /// True if the first probe is sent when the run begins, not an interval later.
    fn probes_at_once(&self) -> bool {
        true
    }
    /// True if turns among upstreams begin at a random one.
    fn begins_anywhere(&self) -> bool {
        false
    }
    /// True if [`Balance::LeastOfTwo`](super::scenario::Balance::LeastOfTwo) draws two different upstreams.
    fn draws_two_different(&self) -> bool {
        false
    }
    /// True if an answer from the store says how old it is (`Age`, RFC 9111 §5.1).
    fn tells_age(&self) -> bool {
        true
    }
    /// An upstream's answer as it passes it on.
    fn forward(&self, template: &Template) -> Template;
    /// An upstream's answer as it passes it on, where that depends on whether the request had a body.
    fn forward_to(&self, template: &Template, method: Method) -> Template {
        let _ = method;
        self.forward(template)
    }
    /// The number that `{n}` in its own pages stands for, by how many requests came before.
    fn numbers(&self, requests: u32) -> u32 {
        let _ = requests;
        0
    }
    /// How long it waits before it closes the client's connection after an answer that broke off.
    fn closes_after(&self) -> SimDuration {
        SimDuration::ZERO
    }
    /// True if a request of this method cannot be sent again once it was: an answer that is thrown away for another
    /// try is then [`Failure::Unrepeatable`].
    fn sends_once(&self, method: Method) -> bool {
        let _ = method;
        false
    }
    /// For how long an upstream is not dialled again after this failure.
    fn holds_down(&self, failure: Failure) -> SimDuration {
        let _ = failure;
        SimDuration::ZERO
    }
    /// True if it gives a request up when its client leaves, upstream too.
    fn stops_for_nobody(&self) -> bool {
        true
    }
    /// Which lines it writes at the head of a request that it sends upstream.
    fn passage(&self, settings: &EffectiveSettings) -> Passage {
        let _ = settings;
        Passage::AS_IT_CAME
    }
    /// What it writes to its logs about one request.
    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine>;
}
