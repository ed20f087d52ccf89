//! Whether a request may be tried once more, and how long it waits before.
//!
//! After which failures at all is the dialect's to decide; here is the arithmetic that products share.

use crate::sim::random::Stream;
use crate::sim::scenario::{Again, RetryRule, RetryWait};
use crate::sim::time::SimDuration;

/// The tries after the first that are under way at a gateway.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    under_way: u32,
    jitter: Stream,
}

/// What a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Try now.
    Now,
    /// Try after this long.
    After(SimDuration),
    /// Too many of the gateway's requests are trying again already.
    TooMany,
    /// The wait would end after the time that there is for all tries.
    NoTime,
}

impl Retries {
    pub(super) fn new(jitter: Stream) -> Self {
        Self { under_way: 0, jitter }
    }

    /// Plans the retry of number `retry` (from 1). `left` is what is left of the time for all tries, if that is
    /// limited; `counted` says that the request is counted among those that try again already.
    pub(super) fn plan(
        &mut self,
        rule: &RetryRule,
        retry: u32,
        same_upstream: bool,
        left: Option<SimDuration>,
        counted: bool,
    ) -> Plan {
        if !counted && rule.concurrent > 0 && self.under_way >= rule.concurrent {
            return Plan::TooMany;
        }
        let wait = self.wait(rule.wait, retry, same_upstream);
        if wait.is_zero() {
            return Plan::Now;
        }
        if left.is_some_and(|left| wait > left) { Plan::NoTime } else { Plan::After(wait) }
    }

    fn wait(&mut self, wait: RetryWait, retry: u32, same_upstream: bool) -> SimDuration {
        match wait {
            RetryWait::None => SimDuration::ZERO,
            RetryWait::Fixed(wait) => wait,
            RetryWait::SameUpstream(wait) if same_upstream => wait,
            RetryWait::SameUpstream(_) => SimDuration::ZERO,
            RetryWait::Exponential { initial, factor, cap, jitter } => {
                let grown = initial.scaled(libm::pow(factor, f64::from(retry.saturating_sub(1)))).min(cap);
                let spread = 1.0 + jitter * (2.0 * self.jitter.unit() - 1.0);
                grown.scaled(spread)
            }
            RetryWait::FullJitter { base, cap } => {
                let bound = base.times((1_u64 << retry.min(32)) - 1).min(cap);
                self.jitter.between(SimDuration::ZERO, bound)
            }
        }
    }

    /// A request begins to try again.
    pub(super) fn begin(&mut self) {
        self.under_way += 1;
    }

    /// A request that tried again is done.
    pub(super) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }
}

/// True if the retry goes to the upstream of the try before it; `last` says that no further one may follow.
pub(super) fn stays(again: Again, last: bool) -> bool {
    match again {
        Again::Same => true,
        Again::SameThenOther => !last,
        Again::Untried | Again::Any | Again::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries() -> Retries {
        Retries::new(Stream::new(1, "gateway", "retry"))
    }

    fn rule(wait: RetryWait) -> RetryRule {
        RetryRule { again: Again::Any, wait, concurrent: 0, per_try_timeout: SimDuration::ZERO }
    }

    const MS: fn(u64) -> SimDuration = SimDuration::from_millis;

    #[test]
    fn haproxy_waits_only_for_the_server_that_just_failed() {
        let rule = rule(RetryWait::SameUpstream(MS(1_000)));
        assert_eq!(retries().plan(&rule, 1, true, None, false), Plan::After(MS(1_000)));
        assert_eq!(retries().plan(&rule, 1, false, None, false), Plan::Now);
        let path: Vec<bool> = (1..=3).map(|retry| stays(Again::SameThenOther, retry == 3)).collect();
        assert_eq!(path, [true, true, false]);
    }

    #[test]
    fn caddy_tries_every_quarter_of_a_second_while_there_is_time() {
        let rule = rule(RetryWait::Fixed(MS(250)));
        assert_eq!(retries().plan(&rule, 8, false, Some(MS(250)), false), Plan::After(MS(250)));
        assert_eq!(retries().plan(&rule, 9, false, Some(MS(249)), false), Plan::NoTime);
    }

    #[test]
    fn exponential_waits_grow_stop_at_the_cap_and_stay_within_their_jitter() {
        let exact = |retry| {
            let wait = RetryWait::Exponential { initial: MS(200), factor: 2.0, cap: MS(1_000), jitter: 0.0 };
            retries().plan(&rule(wait), retry, true, None, false)
        };
        assert_eq!([1, 2, 3, 4].map(exact), [MS(200), MS(400), MS(800), MS(1_000)].map(Plan::After));
        let mut drawn = retries();
        for _ in 0..1_000 {
            let wait = RetryWait::Exponential { initial: MS(200), factor: 1.5, cap: MS(1_000), jitter: 0.5 };
            let plan = drawn.plan(&rule(wait), 1, true, None, false);
            assert!(matches!(plan, Plan::After(wait) if wait >= MS(100) && wait <= MS(300)), "{plan:?}");
        }
    }

    #[test]
    fn envoy_draws_from_nothing_up_to_a_bound_that_doubles() {
        let mut drawn = retries();
        let mut longest = |retry| {
            (0..1_000)
                .map(|_| {
                    match drawn.plan(
                        &rule(RetryWait::FullJitter { base: MS(25), cap: MS(250) }),
                        retry,
                        true,
                        None,
                        false,
                    ) {
                        Plan::After(wait) => wait,
                        _ => SimDuration::ZERO,
                    }
                })
                .max()
                .expect("a thousand draws")
        };
        for (retry, bound) in [(1, 25), (2, 75), (3, 175), (4, 250), (40, 250)] {
            let got = longest(retry);
            assert!(got <= MS(bound) && got > MS(bound * 9 / 10), "retry {retry}: {got}");
        }
    }

    #[test]
    fn no_more_than_so_many_requests_try_again_at_a_time() {
        let rule = RetryRule { concurrent: 2, ..rule(RetryWait::None) };
        let mut retries = retries();
        for expected in [Plan::Now, Plan::Now, Plan::TooMany] {
            assert_eq!(retries.plan(&rule, 1, false, None, false), expected);
            retries.begin();
        }
        retries.end();
        retries.end();
        assert_eq!(retries.plan(&rule, 1, false, None, false), Plan::Now);
    }
}
