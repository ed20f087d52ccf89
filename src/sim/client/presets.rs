//! Policies with a name.

use super::backoff::{Delay, Jitter};
use super::connection_errors::{ConnectionErrors, Repeat};
use super::policy::Policy;
use super::profile::profile;
use super::resend::Resend;
use super::retry_after::{Fraction, ObeyRetryAfter};
use crate::sim::message::Method;
use crate::sim::time::SimDuration;

/// A policy that can be picked by name.
#[derive(Clone, Copy)]
pub struct Preset {
    /// A short identifier: letters, digits, hyphens.
    pub id: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// Where the rule is known from.
    pub source: &'static str,
    /// Makes the policy.
    pub policy: fn() -> Policy,
}

/// All presets, the plain one first.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "once",
        title: "no retries",
        summary: "One attempt, whatever comes back.",
        source: "RFC 9110 §9.2.2: a client need not repeat anything.",
        policy: Policy::default,
    },
    Preset {
        id: "fetch-with-retry",
        title: "fetchWithRetry",
        summary: "Three attempts at any method, 1 s then 2 s apart, at most 10 s; obeys Retry-After in seconds.",
        source: "The sample that many guides print: maxRetries 3, Math.min(1000 * 2 ** attempt, 10000), Retry-After as seconds.",
        policy: || of("fetch-with-retry/as-printed"),
    },
    Preset {
        id: "curl-retry-5",
        title: "curl --retry 5",
        summary: "Six attempts, 1 s apart and doubling; repeats a POST; where no answer came it repeats a timeout alone.",
        source: "Recording: curl 8.23.0 --retry 5 repeats 408, 429, 500, 502, 503, 504, 522, 524, not refused, empty or reset connections.",
        policy: curl_retry_5,
    },
    Preset {
        id: "backoff-full-jitter",
        title: "backoff, full jitter",
        summary: "Four attempts at idempotent methods, up to 0.5 s, 1 s, 2 s apart by chance; obeys Retry-After up to 30 s.",
        source: "Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.",
        policy: backoff_full_jitter,
    },
];

/// The preset of that identifier.
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.id == id)
}

/// What the profile of that identifier does.
fn of(id: &str) -> Policy {
    profile(id).map(|p| p.policy.clone()).unwrap_or_default()
}

/// What the recorded profile `curl/retry5` does. Written out, since the page starts with it.
pub fn curl_retry_5() -> Policy {
    use Method::{Delete, Get, Head, Options, Patch, Post, Propfind, Put};
    Policy {
        attempts: Some(6),
        resend: Some(Resend::default()),
        delay: Delay::Exponential {
            base: SimDuration::from_secs(1),
            factor: 2.0,
            cap: Some(SimDuration::from_secs(600)),
            jitter: Jitter::default(),
            cap_last: false,
        },
        statuses: vec![408, 429, 500, 502, 503, 504, 522, 524],
        connection_errors: ConnectionErrors {
            name_not_resolved: Repeat::default(),
            connect_timeout: Repeat::default(),
            attempt_timeout: Repeat::default(),
            ..ConnectionErrors::all(Repeat::Never)
        },
        methods: vec![Get, Head, Post, Put, Patch, Delete, Options, Propfind],
        retry_after: ObeyRetryAfter {
            cap: Some(SimDuration::from_secs(21_600)),
            fraction: Fraction::Cut,
            zero: false,
            whole_seconds: true,
            ..ObeyRetryAfter::default()
        },
        ..Policy::default()
    }
}

fn backoff_full_jitter() -> Policy {
    Policy {
        attempts: Some(4),
        delay: Delay::Exponential {
            base: SimDuration::from_millis(500),
            factor: 2.0,
            cap: Some(SimDuration::from_secs(20)),
            jitter: Jitter::Full,
            cap_last: false,
        },
        statuses: vec![429, 500, 502, 503, 504],
        retry_after: ObeyRetryAfter { cap: Some(SimDuration::from_secs(30)), ..ObeyRetryAfter::default() },
        ..Policy::default()
    }
}
