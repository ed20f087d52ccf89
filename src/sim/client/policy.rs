//! The one policy that every client is an instance of.

use serde::{Deserialize, Serialize};

use super::backoff::Delay;
use super::breaker::Breaker;
use super::budget::Budget;
use super::connection_errors::ConnectionErrors;
use super::hedge::Hedge;
use super::rate_limit::RateLimit;
use super::resend::Resend;
use super::retry_after::ObeyRetryAfter;
use super::statuses;
use super::throttle::Throttle;
use crate::sim::message::Method;
use crate::sim::scenario::{Distribution, ScenarioError, within};
use crate::sim::time::SimDuration;

const DAY: SimDuration = SimDuration::from_secs(86_400);
const MILLISECOND: SimDuration = SimDuration::from_millis(1);

/// When a client tries a request again, after which wait, and what holds it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The most attempts at one request, the first included; 1 by default, up to 1,000. `null` is no limit.
    pub attempts: Option<u32>,
    /// The most attempts where the request has a body, 1 to 1,000; as many as of any by default. A body that is
    /// read as a stream cannot be sent a second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_with_body: Option<u32>,
    /// Sending again, unseen by the policy, where a kept connection turns out to be dead; never by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resend: Option<Resend>,
    /// The wait before each retry; none by default.
    pub delay: Delay,
    /// The first retry comes at once; the delay's formula counts it nevertheless. No by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub first_retry_at_once: bool,
    /// Another base of the delay after answers that ask to slow down; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_down: Option<SlowDown>,
    /// Which statuses are tried again, as numbers or `"5xx"`; 502, 503 and 504 by default.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(with = "statuses")]
    pub statuses: Vec<u16>,
    /// Which attempts that got no whole answer are tried again; all of them by default.
    pub connection_errors: ConnectionErrors,
    /// Which methods are tried again; all idempotent ones by default (RFC 9110 §9.2.2).
    pub methods: Vec<Method>,
    /// What a `Retry-After` in the answer changes.
    pub retry_after: ObeyRetryAfter,
    /// How long one attempt may take, 1 ms to 24 h; without limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<SimDuration>,
    /// How long a call may take with all attempts and waits, 1 ms to 24 h; without limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<SimDuration>,
    /// What the deadline ends; everything by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "cut")))]
    #[serde(skip_serializing_if = "is_cut")]
    pub deadline_rule: DeadlineRule,
    /// How long the user waits before leaving, drawn anew for each call; for ever by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
    /// What limits the retries of all calls together; nothing by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// A circuit breaker before every attempt; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Box<Breaker>>,
    /// Adaptive throttling before every attempt; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Box<Throttle>>,
    /// A limit of the sending rate that learns from throttling answers; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<Box<RateLimit>>,
    /// Further attempts while the first one has no answer yet; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge: Option<Hedge>,
}

/// Another base of the delay after some statuses.
///
/// AWS SDKs wait from 1 s instead of 50 ms after a throttling error. Which 503 is one, the body says: S3's
/// `<Code>SlowDown</Code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SlowDown {
    /// After which statuses; 429 by default.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(default = "too_many", with = "statuses")]
    pub statuses: Vec<u16>,
    /// After which error codes in the body, whatever the status: `<Code>...</Code>`, as S3 writes them; none by
    /// default, at most 20 of 1 to 100 characters.
    #[cfg_attr(feature = "schema", schemars(extend("default" = [])))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// The delay's base then, up to 24 h.
    pub base: SimDuration,
}

fn too_many() -> Vec<u16> {
    vec![429]
}

impl SlowDown {
    /// True if a body says one of the codes.
    pub(super) fn told_by(&self, body: &str) -> bool {
        let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        code.is_some_and(|(code, _)| self.codes.iter().any(|c| c == code))
    }
}

/// What the deadline of a call ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadlineRule {
    /// The attempt under way; and no wait begins that would not end before it. gRPC's deadline, reqwest's `timeout`.
    #[default]
    Cut,
    /// No wait begins that would end after it; an attempt under way goes on. google-api-core's `timeout`.
    NoRetryPast,
    /// No wait begins after it, and no `Retry-After` is waited for that ends after it; what has begun goes on,
    /// and a backoff may end past it. curl's `--retry-max-time`, stamina's `timeout`.
    NoWaitAfter,
}

fn is_cut(rule: &DeadlineRule) -> bool {
    *rule == DeadlineRule::Cut
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: Some(1),
            attempts_with_body: None,
            resend: None,
            delay: Delay::None,
            first_retry_at_once: false,
            slow_down: None,
            statuses: vec![502, 503, 504],
            connection_errors: ConnectionErrors::default(),
            methods: Method::ALL.into_iter().filter(|m| m.is_idempotent()).collect(),
            retry_after: ObeyRetryAfter::default(),
            attempt_timeout: None,
            deadline: None,
            deadline_rule: DeadlineRule::Cut,
            patience: None,
            budget: None,
            breaker: None,
            throttle: None,
            rate_limit: None,
            hedge: None,
        }
    }
}

impl Policy {
    /// True if there may be another attempt with this method after so many.
    pub fn allows_after(&self, attempts: u32, method: Method) -> bool {
        let with_body = self.attempts_with_body.filter(|_| method.has_body());
        [self.attempts, with_body].into_iter().flatten().all(|most| attempts < most)
    }

    /// The most attempts in words: `3`, or `no limit`.
    pub fn most_attempts(&self) -> String {
        self.attempts.map_or_else(|| "no limit".to_owned(), |most| most.to_string())
    }

    /// Checks the ranges; `at` is the policy's JSON pointer.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        let span = |name: &str, span: Option<SimDuration>| {
            span.map_or(Ok(()), |span| within(&format!("{at}/{name}"), span, MILLISECOND, DAY))
        };
        if let Some(attempts) = self.attempts {
            within(&format!("{at}/attempts"), attempts, 1, 1_000)?;
        }
        if let Some(attempts) = self.attempts_with_body {
            within(&format!("{at}/attempts_with_body"), attempts, 1, 1_000)?;
        }
        self.resend.as_ref().map_or(Ok(()), |r| r.check(&format!("{at}/resend")))?;
        self.delay.check(&format!("{at}/delay"))?;
        if let Some(slow_down) = &self.slow_down {
            statuses::check(&format!("{at}/slow_down/statuses"), &slow_down.statuses)?;
            within(&format!("{at}/slow_down/base"), slow_down.base, SimDuration::ZERO, DAY)?;
            within(&format!("{at}/slow_down/codes"), slow_down.codes.len(), 0, 20)?;
            for (i, code) in slow_down.codes.iter().enumerate() {
                within(&format!("{at}/slow_down/codes/{i}"), code.len(), 1, 100)?;
            }
        }
        statuses::check(&format!("{at}/statuses"), &self.statuses)?;
        self.retry_after.check(&format!("{at}/retry_after"))?;
        span("attempt_timeout", self.attempt_timeout)?;
        span("deadline", self.deadline)?;
        self.patience.map_or(Ok(()), |p| p.check(&format!("{at}/patience")))?;
        self.budget.as_ref().map_or(Ok(()), |b| b.check(&format!("{at}/budget")))?;
        self.breaker.as_ref().map_or(Ok(()), |b| b.check(&format!("{at}/breaker")))?;
        self.throttle.as_ref().map_or(Ok(()), |t| t.check(&format!("{at}/throttle")))?;
        self.rate_limit.as_ref().map_or(Ok(()), |r| r.check(&format!("{at}/rate_limit")))?;
        self.hedge.as_ref().map_or(Ok(()), |h| h.check(&format!("{at}/hedge")))
    }
}
