//! What follows an attempt that has ended: another one after a wait, or the end of the call.

use super::backoff::Memory;
use super::connection_errors::Repeat;
use super::policy::{DeadlineRule, Policy};
use super::retry_after::{Combine, Reading};
use crate::sim::message::Method;
use crate::sim::random::Stream;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, GiveUp, RetryReason};

/// How an attempt ended, as far as a policy looks at it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending<'a> {
    /// With a whole answer of this status, 0 where it has none, and the value of its `Retry-After`.
    Answer(u16, Option<&'a str>),
    /// Without a whole answer.
    Failed(Failure),
}

/// The call so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub(super) method: Method,
    /// Attempts made, those left out that were sent again unseen.
    pub(super) attempts: u32,
    /// The body of the answer asked to slow down.
    pub(super) slow_down: bool,
    /// An attempt before this one asked for the rest of an answer.
    pub(super) last_chance: bool,
    /// Since when.
    pub(super) started: SimTime,
    pub(super) now: SimTime,
    /// The moment of the run's start, in seconds since 1970.
    pub(super) epoch: u64,
}

/// What a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Retry(SimDuration, RetryReason),
    GiveUp(GiveUp),
}

/// What the call's shared guards learn from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An answer to accept.
    Success,
    /// One that the policy tries again, if something else does not forbid it.
    Failure,
    /// One that it takes as final.
    Final,
    /// Nobody waits for it any more.
    Cancelled,
}

impl Ending<'_> {
    pub(super) fn verdict(self, policy: &Policy) -> Verdict {
        match self {
            Self::Answer(status, retry_after) if repeats(policy, status, retry_after) => Verdict::Failure,
            Self::Answer(100..400, _) => Verdict::Success,
            Self::Failed(failure) if policy.connection_errors.on(failure) != Repeat::Never => {
                Verdict::Failure
            }
            _ => Verdict::Final,
        }
    }

    pub(super) fn status(self) -> Option<u16> {
        match self {
            Self::Answer(status, _) => Some(status),
            Self::Failed(_) => None,
        }
    }
}

fn repeats(policy: &Policy, status: u16, retry_after: Option<&str>) -> bool {
    let asked = policy.retry_after.repeats && retry_after.is_some() && policy.retry_after.covers(status);
    asked || policy.statuses.contains(&status)
}

/// Decides by the policy alone, before any budget is asked.
pub(super) fn next(
    policy: &Policy,
    ending: Ending<'_>,
    call: Progress,
    memory: &mut Memory,
    chance: &mut Stream,
) -> Next {
    let any_method = match ending {
        Ending::Answer(status, retry_after) if !repeats(policy, status, retry_after) => {
            let accepted = (100..400).contains(&status);
            return Next::GiveUp(if accepted { GiveUp::Accepted } else { GiveUp::Status });
        }
        Ending::Answer(..) if call.last_chance => return Next::GiveUp(GiveUp::Status),
        Ending::Answer(..) => false,
        Ending::Failed(failure) => match policy.connection_errors.on(failure) {
            _ if call.last_chance => return Next::GiveUp(GiveUp::ConnectionError),
            Repeat::WithBody if !call.method.has_body() => return Next::GiveUp(GiveUp::ConnectionError),
            Repeat::Never => return Next::GiveUp(GiveUp::ConnectionError),
            repeat => repeat == Repeat::AnyMethod,
        },
    };
    if !any_method && !policy.methods.contains(&call.method) {
        return Next::GiveUp(GiveUp::Method);
    }
    if !policy.allows_after(call.attempts, call.method) {
        return Next::GiveUp(GiveUp::Attempts);
    }
    let asked = match ending {
        Ending::Answer(status, Some(value)) if policy.retry_after.covers(status) => {
            match policy.retry_after.read(value, call.now, call.epoch) {
                Reading::Ignored => None,
                Reading::Wait(wait) => Some(wait),
                Reading::TooLong => return Next::GiveUp(GiveUp::RetryAfterTooLong),
                Reading::Unreadable => return Next::GiveUp(GiveUp::RetryAfterMalformed),
            }
        }
        _ => None,
    };
    let (wait, reason) = wait(policy, ending, call, asked, memory, chance);
    if past_deadline(policy, call, wait, reason) {
        return Next::GiveUp(GiveUp::Deadline);
    }
    Next::Retry(wait, reason)
}

fn wait(
    policy: &Policy,
    ending: Ending<'_>,
    call: Progress,
    asked: Option<SimDuration>,
    memory: &mut Memory,
    chance: &mut Stream,
) -> (SimDuration, RetryReason) {
    let n = call.attempts;
    let slow_down = policy.slow_down.as_ref();
    let slow_down = slow_down
        .filter(|s| call.slow_down || ending.status().is_some_and(|status| s.statuses.contains(&status)));
    let base = slow_down.map(|s| s.base);
    let at_once = policy.first_retry_at_once && n == 1;
    let obey = &policy.retry_after;
    let Some(asked) = asked else {
        let own = if at_once { SimDuration::ZERO } else { policy.delay.wait(n, base, memory, chance) };
        return (own, RetryReason::Backoff);
    };
    if obey.combine == Combine::Replace && obey.over_backoff.is_none() {
        let wait = if obey.jitter { policy.delay.spread(asked, n, base, memory, chance) } else { asked };
        return (wait, RetryReason::RetryAfter);
    }
    let own = match (at_once, obey.jitter) {
        (true, _) => SimDuration::ZERO,
        (false, true) => policy.delay.plain(n, base),
        (false, false) => policy.delay.wait(n, base, memory, chance),
    };
    let asked = obey.over_backoff.map_or(asked, |over| asked.min(own + over));
    let wait = match obey.combine {
        Combine::Replace => asked,
        Combine::Maximum => own.max(asked),
        Combine::Add => own + asked,
    };
    let reason = if wait > own || asked == wait { RetryReason::RetryAfter } else { RetryReason::Backoff };
    (if obey.jitter { policy.delay.spread(wait, n, base, memory, chance) } else { wait }, reason)
}

fn past_deadline(policy: &Policy, call: Progress, wait: SimDuration, reason: RetryReason) -> bool {
    let Some(deadline) = policy.deadline else { return false };
    let elapsed = call.now.since(call.started);
    match policy.deadline_rule {
        DeadlineRule::Cut => elapsed + wait >= deadline,
        DeadlineRule::NoRetryPast => elapsed + wait > deadline,
        DeadlineRule::NoWaitAfter => {
            elapsed >= deadline || (reason == RetryReason::RetryAfter && elapsed + wait > deadline)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::{ConnectionErrors, Delay, Fraction, Jitter, ObeyRetryAfter, SlowDown};

    fn ms(millis: u64) -> SimDuration {
        SimDuration::from_millis(millis)
    }

    fn exponential(base: u64, jitter: Jitter) -> Delay {
        Delay::Exponential { base: ms(base), factor: 2.0, cap: None, jitter, cap_last: false }
    }

    /// The waits of a call whose attempts all end like this and take no time, and why it ends.
    fn waits(policy: &Policy, method: Method, ending: Ending<'_>) -> (Vec<u64>, GiveUp) {
        let mut memory = Memory::default();
        let mut chance = Stream::new(1, "client", "jitter");
        let mut waits = Vec::new();
        let mut call = Progress {
            method,
            attempts: 1,
            slow_down: false,
            last_chance: false,
            started: SimTime::ZERO,
            now: SimTime::ZERO,
            epoch: 1_795_208_400,
        };
        loop {
            match next(policy, ending, call, &mut memory, &mut chance) {
                Next::Retry(wait, _) => {
                    waits.push(wait.as_millis());
                    call.now = call.now + wait;
                    call.attempts += 1;
                }
                Next::GiveUp(why) => return (waits, why),
            }
        }
    }

    #[test]
    fn urllib3_repeats_at_once_first_and_obeys_the_header_on_statuses_outside_its_list() {
        // Recording: urllib3 total 5, backoff_factor 1, status_forcelist 500, 502, 503, 504.
        let policy = Policy {
            attempts: Some(6),
            delay: exponential(1_000, Jitter::None),
            first_retry_at_once: true,
            statuses: vec![500, 502, 503, 504],
            retry_after: ObeyRetryAfter {
                statuses: Some(vec![413, 429, 503]),
                repeats: true,
                zero: false,
                ..ObeyRetryAfter::default()
            },
            ..Policy::default()
        };
        let get = |ending| waits(&policy, Method::Get, ending);
        assert_eq!(get(Ending::Answer(500, None)), (vec![0, 2_000, 4_000, 8_000, 16_000], GiveUp::Attempts));
        assert_eq!(get(Ending::Answer(503, Some("0"))).0, [0, 2_000, 4_000, 8_000, 16_000]);
        assert_eq!(get(Ending::Answer(429, Some("1"))).0, [1_000; 5]);
        assert_eq!(get(Ending::Answer(429, None)), (vec![], GiveUp::Status));
        assert_eq!(get(Ending::Answer(500, Some("1"))).0[..2], [0, 2_000], "500 is not covered");
        assert_eq!(waits(&policy, Method::Post, Ending::Answer(429, Some("1"))), (vec![], GiveUp::Method));
    }

    #[test]
    fn curl_s_longest_time_is_looked_at_before_a_wait_begins() {
        // Recording: curl --retry 5 --retry-max-time 5: attempts at 0, 1, 3, 7 s; with Retry-After: 1 five of them.
        let policy = Policy {
            attempts: Some(6),
            delay: exponential(1_000, Jitter::None),
            retry_after: ObeyRetryAfter { fraction: Fraction::Cut, zero: false, ..ObeyRetryAfter::default() },
            deadline: Some(ms(5_000)),
            deadline_rule: DeadlineRule::NoWaitAfter,
            ..Policy::default()
        };
        let get = |ending| waits(&policy, Method::Get, ending);
        assert_eq!(get(Ending::Answer(503, None)), (vec![1_000, 2_000, 4_000], GiveUp::Deadline));
        assert_eq!(get(Ending::Answer(503, Some("3600"))), (vec![], GiveUp::Deadline));
        let strict = Policy { deadline_rule: DeadlineRule::NoRetryPast, ..policy.clone() };
        assert_eq!(waits(&strict, Method::Get, Ending::Answer(503, None)).0, [1_000, 2_000]);
    }

    #[test]
    fn the_aws_sdk_for_javascript_lets_retry_after_add_five_seconds_at_most() {
        let policy = Policy {
            attempts: Some(3),
            delay: exponential(50, Jitter::Full),
            slow_down: Some(SlowDown { statuses: vec![429], codes: Vec::new(), base: ms(1_000) }),
            statuses: vec![429, 500, 502, 503, 504],
            retry_after: ObeyRetryAfter {
                combine: Combine::Maximum,
                over_backoff: Some(ms(5_000)),
                fraction: Fraction::Read,
                ..ObeyRetryAfter::default()
            },
            ..Policy::default()
        };
        let get = |ending| waits(&policy, Method::Get, ending).0;
        // Recording: 5,008 to 5,059 ms for 3,600 s, 1,502 ms for 1.5 s.
        let long = get(Ending::Answer(503, Some("3600")));
        assert!((5_000..=5_050).contains(&long[0]) && (5_000..=5_100).contains(&long[1]), "{long:?}");
        assert_eq!(get(Ending::Answer(503, Some("1.5"))), [1_500, 1_500]);
        let own = get(Ending::Answer(503, Some("soon")));
        assert!(own[0] <= 50 && own[1] <= 100, "{own:?}");
        // The base is 1 s after a 429, so that waits beyond 100 ms come up.
        let slow = get(Ending::Answer(429, None));
        assert!(slow.iter().any(|w| *w > 100) && slow[0] <= 1_000 && slow[1] <= 2_000, "{slow:?}");
    }

    #[test]
    fn axios_retry_spreads_the_longer_of_both_waits() {
        // Recording: axios-retry exponentialDelay with Retry-After: 1.5: 1,563, 1,616, 1,777, 1,921, 3,750 ms.
        let policy = Policy {
            attempts: Some(6),
            delay: exponential(200, Jitter::Proportional(0.2)),
            retry_after: ObeyRetryAfter {
                fraction: Fraction::Read,
                combine: Combine::Maximum,
                jitter: true,
                zero: false,
                ..ObeyRetryAfter::default()
            },
            ..Policy::default()
        };
        let (waits, _) = waits(&policy, Method::Get, Ending::Answer(503, Some("1.5")));
        for (wait, base) in waits.iter().zip([1_500, 1_500, 1_500, 1_600, 3_200]) {
            assert!((base..=base * 6 / 5).contains(wait), "{waits:?}");
        }
        assert!(waits.iter().any(|w| w % 100 != 0), "some chance is in it: {waits:?}");
    }

    #[test]
    fn waits_are_added_where_the_policy_says_so() {
        let policy = Policy {
            attempts: Some(3),
            delay: exponential(1_000, Jitter::None),
            retry_after: ObeyRetryAfter { combine: Combine::Add, ..ObeyRetryAfter::default() },
            ..Policy::default()
        };
        assert_eq!(waits(&policy, Method::Get, Ending::Answer(503, Some("2"))).0, [3_000, 4_000]);
    }

    #[test]
    fn each_connection_error_has_a_rule_of_its_own() {
        let policy = Policy {
            attempts: Some(2),
            connection_errors: ConnectionErrors {
                refused: Repeat::AnyMethod,
                truncated: Repeat::Never,
                ..ConnectionErrors::default()
            },
            ..Policy::default()
        };
        let why = |method, failure| waits(&policy, method, Ending::Failed(failure)).1;
        assert_eq!(why(Method::Post, Failure::Refused), GiveUp::Attempts);
        assert_eq!(why(Method::Post, Failure::Reset), GiveUp::Method);
        assert_eq!(why(Method::Get, Failure::Reset), GiveUp::Attempts);
        assert_eq!(why(Method::Get, Failure::Truncated { reset: false }), GiveUp::ConnectionError);
    }

    #[test]
    fn the_rest_of_a_cut_answer_is_asked_for_once_and_streams_are_the_caller_s() {
        let repeating = |truncated| Policy {
            attempts: Some(5),
            connection_errors: ConnectionErrors { truncated, ..ConnectionErrors::default() },
            ..Policy::default()
        };
        let cut = Ending::Failed(Failure::Truncated { reset: false });
        let last = |policy: &Policy| {
            let mut call = Progress {
                method: Method::Get,
                attempts: 2,
                slow_down: false,
                last_chance: true,
                started: SimTime::ZERO,
                now: SimTime::ZERO,
                epoch: 0,
            };
            let mut chance = Stream::new(1, "client", "jitter");
            let after = next(policy, cut, call, &mut Memory::default(), &mut chance);
            call.last_chance = false;
            (after, next(policy, cut, call, &mut Memory::default(), &mut chance))
        };
        let (after, before) = last(&repeating(Repeat::Once));
        assert_eq!(after, Next::GiveUp(GiveUp::ConnectionError));
        assert_eq!(before, Next::Retry(SimDuration::ZERO, RetryReason::Backoff));
        // Recording: boto3 repeats a cut answer to PUT, not one to GET.
        let streams = repeating(Repeat::WithBody);
        assert_eq!(waits(&streams, Method::Get, cut).1, GiveUp::ConnectionError);
        assert_eq!(waits(&streams, Method::Put, cut).0.len(), 4);
    }

    #[test]
    fn a_request_with_a_body_may_have_fewer_attempts() {
        let policy = Policy { attempts: Some(6), attempts_with_body: Some(2), ..Policy::default() };
        let made = |method| waits(&policy, method, Ending::Answer(503, None)).0.len() + 1;
        assert_eq!((made(Method::Get), made(Method::Put)), (6, 2));
    }

    #[test]
    fn a_deadline_that_cuts_leaves_no_wait_that_reaches_it() {
        let policy = Policy {
            attempts: None,
            delay: Delay::Fixed(ms(1_000)),
            deadline: Some(ms(3_000)),
            ..Policy::default()
        };
        let (waits, why) = waits(&policy, Method::Get, Ending::Answer(503, None));
        assert_eq!((waits, why), (vec![1_000, 1_000], GiveUp::Deadline));
    }
}
