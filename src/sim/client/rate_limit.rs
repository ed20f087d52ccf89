//! AWS SDKs' adaptive mode: after the first throttling answer, attempts are paced by a rate that CUBIC adapts.
//!
//! Source: botocore `retries/adaptive.py`, `throttling.py`, `bucket.py`; `@smithy/core` 3.41.0
//! `DefaultRateLimiter.js`, `AdaptiveRetryStrategy.js`: the sending rate is measured in half seconds with a
//! smoothing of 0.8; throttling sets the rate to 0.7 of it, and from then on it follows 0.4 (t - K)³ + W, at most
//! twice the measured rate and at least 0.5 a second. Tokens are earned before any throttling, too.

use serde::{Deserialize, Serialize};

use super::statuses;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::{SimDuration, SimTime};

const SMOOTHING: f64 = 0.8;
const HALF_SECOND: u64 = 500_000_000;

/// Settings of the adaptive rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    /// Which statuses are throttling; 429 by default.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(with = "statuses")]
    pub throttling: Vec<u16>,
    /// What remains of the rate after throttling; 0.7 by default, 0.01 to 1.
    pub beta: f64,
    /// How steeply the rate grows again; 0.4 by default, 0.001 to 100.
    pub scale: f64,
    /// The least rate in attempts a second; 0.5 by default, 0.001 to 1,000,000.
    pub least: f64,
    /// Since when tokens are earned; since the client began by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "beginning")))]
    #[serde(skip_serializing_if = "is_beginning")]
    pub earns_since: EarnsSince,
}

/// Since when a client saves up tokens, one a second at first and one at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EarnsSince {
    /// Since the client began: one that is a second old or more has its first retry free (botocore).
    #[default]
    Beginning,
    /// Since its first answer: one whose first answer is a throttling one has none (`@smithy/core`).
    FirstAnswer,
}

fn is_beginning(since: &EarnsSince) -> bool {
    *since == EarnsSince::Beginning
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { throttling: vec![429], beta: 0.7, scale: 0.4, least: 0.5, earns_since: EarnsSince::Beginning }
    }
}

impl RateLimit {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        statuses::check(&format!("{at}/throttling"), &self.throttling)?;
        within(&format!("{at}/beta"), self.beta, 0.01, 1.0)?;
        within(&format!("{at}/scale"), self.scale, 0.001, 100.0)?;
        within(&format!("{at}/least"), self.least, 0.001, 1e6)
    }
}

/// The rate at work.
#[derive(Clone, Debug)]
pub(super) struct Pacer {
    settings: RateLimit,
    /// It limits since the first throttling answer.
    limits: bool,
    /// Attempts a second that are allowed.
    rate: f64,
    /// Those that are saved up; below 0 they are promised already.
    tokens: f64,
    /// Up to when they are counted; none before the first answer where they are earned from there.
    filled: Option<SimTime>,
    /// The rate measured, the half second that is being counted, and its answers.
    measured: f64,
    present: u64,
    count: u32,
    /// CUBIC: the rate at the last throttling, and when.
    highest: f64,
    throttled: SimTime,
}

impl Pacer {
    /// A pacer of a client that begins at the start of the run.
    pub(super) fn new(settings: RateLimit) -> Self {
        let filled = (settings.earns_since == EarnsSince::Beginning).then_some(SimTime::ZERO);
        Self {
            settings,
            limits: false,
            rate: 1.0,
            tokens: 0.0,
            filled,
            measured: 0.0,
            present: 0,
            count: 0,
            highest: 0.0,
            throttled: SimTime::ZERO,
        }
    }

    pub(super) fn settings(&self) -> &RateLimit {
        &self.settings
    }

    fn fill(&mut self, now: SimTime) {
        let since = self.filled.replace(now).unwrap_or(now);
        let earned = now.since(since).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + earned).min(self.rate.max(1.0));
    }

    /// How long an attempt has to wait for its turn.
    pub(super) fn wait(&mut self, now: SimTime) -> SimDuration {
        if !self.limits {
            return SimDuration::ZERO;
        }
        self.fill(now);
        self.tokens -= 1.0;
        SimDuration::from_secs_f64((-self.tokens).max(0.0) / self.rate)
    }

    /// An attempt was answered with this status, or with none; the body may have asked to slow down.
    pub(super) fn answered(&mut self, now: SimTime, status: Option<u16>, slow_down: bool) {
        self.measure(now);
        let rate = if slow_down || status.is_some_and(|status| self.settings.throttling.contains(&status)) {
            self.highest = if self.limits { self.measured.min(self.rate) } else { self.measured };
            self.throttled = now;
            self.limits = true;
            self.highest * self.settings.beta
        } else {
            let inflection = libm::cbrt(self.highest * (1.0 - self.settings.beta) / self.settings.scale);
            let t = now.since(self.throttled).as_secs_f64() - inflection;
            self.settings.scale * t * t * t + self.highest
        };
        self.fill(now);
        self.rate = rate.min(2.0 * self.measured).max(self.settings.least);
        self.tokens = self.tokens.min(self.rate.max(1.0));
    }

    fn measure(&mut self, now: SimTime) {
        self.count += 1;
        let present = now.as_nanos() / HALF_SECOND;
        if present > self.present {
            let seconds = (present - self.present) as f64 / 2.0;
            let rate = f64::from(self.count) / seconds;
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.count = 0;
            self.present = present;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_waits_before_the_first_throttling_answer() {
        let mut pacer = Pacer::new(RateLimit::default());
        for i in 0..100 {
            let now = SimTime::from_millis(i);
            assert_eq!(pacer.wait(now), SimDuration::ZERO);
            pacer.answered(now, Some(503), false);
        }
    }

    #[test]
    fn a_lone_call_that_is_throttled_has_one_retry_free_and_then_waits_two_seconds_for_each() {
        // Recording: boto3 adaptive, 429: first waits of 0.1 to 0.9 s, second ones of 2.0 s, the least rate being 0.5 a second.
        let (mut pacer, then) = (Pacer::new(RateLimit::default()), SimTime::from_millis(1_500));
        pacer.answered(then, Some(429), false);
        assert_eq!(pacer.wait(then), SimDuration::ZERO);
        assert_eq!(pacer.wait(then), SimDuration::from_secs(2));
        assert_eq!(pacer.wait(SimTime::from_millis(3_500)), SimDuration::from_secs(2));
    }

    #[test]
    fn who_is_throttled_before_a_second_is_over_waits_for_the_rest_of_a_token() {
        // Recording: boto3 adaptive, 429, a client some 0.2 s old: 1,603 ms, which is 0.8 tokens at 0.5 a second.
        let (mut pacer, young) = (Pacer::new(RateLimit::default()), SimTime::from_millis(200));
        pacer.answered(young, Some(429), false);
        assert_eq!(pacer.wait(young), SimDuration::from_millis(1_600));
    }

    #[test]
    fn without_an_earlier_answer_the_javascript_client_waits_for_a_whole_token() {
        // Recording: aws-sdk-js adaptive, 429: first waits of 2,003 ms, or of 905 to 1,014 ms.
        let settings = RateLimit { earns_since: EarnsSince::FirstAnswer, ..RateLimit::default() };
        let first = |at| {
            let mut pacer = Pacer::new(settings.clone());
            pacer.answered(at, Some(429), false);
            pacer.wait(at).as_millis()
        };
        assert_eq!(first(SimTime::from_millis(400)), 2_000);
        // In the second half of a second it has measured 1 in half a second: 0.8 of that and 0.7 again are 1.12 a second.
        assert_eq!(first(SimTime::from_millis(600)), 892);
    }

    #[test]
    fn the_rate_falls_to_seven_tenths_and_is_back_after_the_inflection() {
        let mut pacer = Pacer::new(RateLimit::default());
        for i in 0..500u64 {
            pacer.answered(SimTime::from_millis(i * 10), Some(200), false);
        }
        assert!((pacer.measured - 100.0).abs() < 3.0, "{}", pacer.measured);
        pacer.answered(SimTime::from_secs(5), Some(429), false);
        let (highest, fallen) = (pacer.highest, pacer.rate);
        assert!((fallen - 0.7 * highest).abs() < 1e-9, "{fallen} of {highest}");
        // K = ³√(W 0.3 / 0.4) = 4.2 s for 100 a second.
        let inflection = libm::cbrt(highest * 0.3 / 0.4);
        for i in 1..=((inflection * 100.0) as u64) {
            pacer.answered(SimTime::from_millis(5_000 + i * 10), Some(200), false);
        }
        assert!((pacer.rate - highest).abs() < 0.01 * highest, "{} of {highest}", pacer.rate);
    }
}
