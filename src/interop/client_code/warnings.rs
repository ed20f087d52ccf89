//! What is worth a second thought about a policy, each with the source that says so.

use crate::sim::client::{Delay, Policy, Trip};
use crate::sim::message::Method;
use crate::sim::time::SimDuration;

/// Something to think over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A short identifier.
    pub id: &'static str,
    /// What is wrong with it, in a sentence with the policy's own figures.
    pub text: String,
    /// Where that is known from.
    pub source: &'static str,
}

const BROOKER: &str = "Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015";
const SRE: &str = "Site Reliability Engineering (O'Reilly, 2016), chapter 22, Addressing Cascading Failures";

/// What is worth a second thought; `layers` services one behind the other have this policy.
pub fn warnings(policy: &Policy, layers: u32) -> Vec<Warning> {
    let mut all = Vec::new();
    let mut warn = |id, text: String, source| all.push(Warning { id, text, source });
    let retries = policy.attempts != Some(1);
    if !retries {
        return all;
    }
    let bounded = policy.deadline.is_some() || policy.budget.is_some();
    match policy.attempts {
        None if bounded => {}
        None => warn("unlimited", "Attempts have no limit: in an outage it never stops.".to_owned(), SRE),
        Some(attempts) => {
            let load = u64::from(attempts).saturating_pow(layers.max(1));
            if layers > 1 && policy.budget.is_none() {
                let text = format!(
                    "{layers} layers with {attempts} attempts each make up to {load} requests of one: retry in one layer only."
                );
                warn("amplification", text, SRE);
            } else if policy.budget.is_none() && attempts > 3 {
                let text = format!("No budget: an outage multiplies the load by up to {attempts}.");
                warn("no_budget", text, SRE);
            }
        }
    }
    match &policy.delay {
        Delay::None => {
            let text =
                "No wait between attempts: all of them meet the same trouble within milliseconds.".to_owned();
            warn("no_wait", text, BROOKER);
        }
        delay if !delay.is_random() => {
            let text = "No jitter: clients that failed together come back together.".to_owned();
            warn("no_jitter", text, BROOKER);
        }
        _ => {}
    }
    let grows_without_a_cap =
        matches!(&policy.delay, Delay::Exponential { cap: None, .. } | Delay::Linear { cap: None, .. });
    // With few attempts the last wait is a cap of its own.
    if grows_without_a_cap && policy.attempts.is_none_or(|attempts| attempts > 5) {
        let last = policy.delay.plain(policy.attempts.map_or(20, |attempts| attempts - 1), None);
        let text = format!("The waits have no cap: they grow to {last} and more.");
        warn("no_cap", text, BROOKER);
    }
    if policy.statuses.contains(&501) {
        let text = "501 is repeated: the server has said that it cannot do this at all.".to_owned();
        warn("repeats_501", text, "RFC 9110 §15.6.2");
    }
    let at_once = policy.breaker.as_ref().is_some_and(|breaker| match &breaker.trip {
        Trip::Consecutive(failures) => *failures <= 1,
        Trip::Window(window) => window.minimum <= 1,
    });
    if at_once {
        let text =
            "The circuit breaker opens on the first failure: one lost packet stops all requests.".to_owned();
        warn("breaker_at_once", text, "Nygard, Release It!, second edition, 2018, Circuit Breaker");
    }
    if policy.methods.contains(&Method::Post) || policy.methods.contains(&Method::Patch) {
        let text = "POST is repeated: without an idempotency key a second one may do it twice.".to_owned();
        warn("not_idempotent", text, "RFC 9110 §9.2.2; draft-ietf-httpapi-idempotency-key-header");
    }
    let obey = &policy.retry_after;
    let told = policy.statuses.iter().any(|status| matches!(status, 429 | 503));
    if told && !obey.seconds && !obey.date {
        let text = "Retry-After is ignored: it comes back sooner than the server asked.".to_owned();
        warn("retry_after_ignored", text, "RFC 9110 §10.2.3");
    } else if told && obey.seconds != obey.date {
        let text = "Only one form of Retry-After is read; a server may send either.".to_owned();
        warn("retry_after_form", text, "RFC 9110 §10.2.3");
    }
    if told && obey.seconds && obey.cap.is_none() && obey.over_backoff.is_none() && policy.deadline.is_none()
    {
        let text = "Retry-After has no cap: a server can make it wait for a day.".to_owned();
        warn("retry_after_uncapped", text, "RFC 9110 §10.2.3 sets no limit");
    }
    if policy.attempt_timeout.is_none() && policy.deadline.is_none() && policy.patience.is_none() {
        let text = "No time-out: an origin that says nothing holds the call for ever.".to_owned();
        warn("no_timeout", text, SRE);
    }
    if let (Some(attempts), Some(limit), Some(deadline)) =
        (policy.attempts, policy.attempt_timeout, policy.deadline)
    {
        let waits =
            (1..attempts.min(100)).fold(SimDuration::ZERO, |sum, n| sum + policy.delay.plain(n, None));
        let longest = limit.times(u64::from(attempts)) + waits;
        if longest > deadline {
            let text = format!(
                "{attempts} attempts of {limit} and their waits take up to {longest}, the deadline is {deadline}: the last ones never end."
            );
            warn("beyond_deadline", text, SRE);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::{Jitter, ObeyRetryAfter, profile};

    fn ids(policy: &Policy, layers: u32) -> Vec<&'static str> {
        warnings(policy, layers).iter().map(|w| w.id).collect()
    }

    #[test]
    fn a_client_that_does_not_retry_needs_no_warning() {
        assert_eq!(ids(&Policy::default(), 3), [""; 0]);
    }

    #[test]
    fn the_printed_sample_has_its_faults_told_and_the_corrected_one_few() {
        let policy = |id: &str| profile(id).expect(id).policy.clone();
        assert_eq!(
            ids(&policy("fetch-with-retry/as-printed"), 1),
            ["no_jitter", "not_idempotent", "retry_after_form", "retry_after_uncapped", "no_timeout"]
        );
        assert_eq!(ids(&policy("fetch-with-retry/corrected"), 1), ["no_budget"]);
        assert_eq!(ids(&policy("tenacity+requests/default"), 1)[..2], ["unlimited", "no_wait"]);
    }

    #[test]
    fn figures_are_the_policy_s_own() {
        let policy = Policy {
            attempts: Some(4),
            delay: Delay::Exponential {
                base: SimDuration::from_secs(1),
                factor: 2.0,
                cap: None,
                jitter: Jitter::Full,
                cap_last: false,
            },
            attempt_timeout: Some(SimDuration::from_secs(2)),
            deadline: Some(SimDuration::from_secs(10)),
            retry_after: ObeyRetryAfter::default(),
            ..Policy::default()
        };
        let all = warnings(&policy, 3);
        // Four times 2 s, and 1 + 2 + 4 s of waits.
        assert!(all[0].text.contains("64 requests") && all[1].text.contains("15s"), "{all:?}");
        assert!(all.iter().all(|w| w.text.ends_with('.') && !w.source.is_empty()));
    }

    #[test]
    fn waits_without_a_cap_statuses_that_stay_and_nervous_breakers_are_told() {
        let policy: Policy = serde_json::from_str(
            r#"{"attempts": 12, "statuses": [501, 503], "budget": {"finagle": {}},
                "delay": {"exponential": {"base": "1s", "jitter": "full"}}, "attempt_timeout": "1s",
                "breaker": {"trip": {"consecutive": 1}}}"#,
        )
        .expect("a policy");
        let told = ids(&policy, 1);
        for id in ["no_cap", "repeats_501", "breaker_at_once"] {
            assert!(told.contains(&id), "{told:?} without {id}");
        }
    }
}
