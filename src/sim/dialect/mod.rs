//! What each gateway product does with a failure upstream.
//!
//! A dialect is rules, not a table: which failures it notices, whether it turns to another upstream, and
//! what it answers. Each rule names its source. The mechanisms that any gateway has (timers, pool,
//! forwarding) are in `gateway`; nothing outside this folder matches on one product.

mod nginx;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::message::{Method, Template};
use super::scenario::{GatewaySettings, KeepAlive, Maintenance, NextUpstream, RetryAfter, UpstreamKeepAlive};
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, SpanId, Trace};

/// The name of a dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialectName {
    /// nginx 1.22.1.
    #[default]
    Nginx,
}

impl DialectName {
    /// All dialects, in the order of the picker.
    pub const ALL: &[Self] = &[Self::Nginx];
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(dialect(*self).title())
    }
}

/// The dialect of that name.
pub fn dialect(name: DialectName) -> &'static dyn Dialect {
    match name {
        DialectName::Nginx => &nginx::Nginx,
    }
}

/// A rule of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A short identifier.
    pub id: &'static str,
    /// What the product does, in one sentence with the product as its subject.
    pub text: &'static str,
    /// Where it is known from: a recording, a directive of the documentation, a source file with its version.
    pub source: &'static str,
}

/// The index of a rule in its dialect's [`Dialect::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u16);

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
}

impl Setting {
    /// All settings, in the order of a form.
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
        }
    }
}

/// All settings of a gateway, those that nobody configured filled in with the product's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

impl EffectiveSettings {
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
        self
    }
}

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
    /// True if the head of an answer was accepted already.
    pub head_accepted: bool,
    /// True if some of the answer was passed on already.
    pub answer_begun: bool,
    /// How many more upstreams may be tried.
    pub tries_left: u32,
    /// Since the first try.
    pub elapsed: SimDuration,
    /// The settings that hold.
    pub settings: &'a EffectiveSettings,
}

/// What a dialect does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the next upstream.
    Next,
    /// Answer with this status and the product's own page.
    Answer(u16),
    /// Send what there is of the answer, then close the client's connection.
    CutShort,
    /// Close the client's connection without a byte.
    Close,
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
    /// It is a failure.
    Reject(Failure),
    /// It is an error that a setting sends to the next upstream.
    Next(RuleId, Setting),
}

/// A line of a log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// Which file: `access` or `error`.
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
    /// Settings with the product's defaults filled in.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings;
    /// The product's own name for a setting.
    fn directive(&self, setting: Setting) -> &'static str;
    /// A setting's value as the product's configuration writes it.
    fn value(&self, setting: Setting, settings: &EffectiveSettings) -> String;
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
    /// Its own page for a status.
    fn page(&self, status: u16, retry_after: RetryAfter) -> Template;
    /// An upstream's answer as it passes it on.
    fn forward(&self, template: &Template) -> Template;
    /// What it writes to its logs about one request.
    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine>;
}
