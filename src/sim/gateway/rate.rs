//! How many requests may come in a time: leaky bucket and token bucket.

use crate::sim::scenario::{Algorithm, RateRule};
use crate::sim::time::{SimDuration, SimTime};

/// What a request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It goes on.
    Now,
    /// It goes on after this long.
    After(SimDuration),
    /// It is refused; the next could come after this long.
    Refused(SimDuration),
}

/// The count of one key.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Leaky: thousandths of a request over the rate. Token: what is missing to a full bucket, in periods over a
    /// nanosecond (a token is a whole period in nanoseconds).
    level: u128,
    last: SimTime,
    fresh: bool,
}

/// The counts of a gateway, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct RateLimiter {
    buckets: Vec<Option<Bucket>>,
}

impl RateLimiter {
    /// A request of this key comes. Keys are small numbers (nodes).
    pub(super) fn admit(&mut self, rule: &RateRule, key: usize, now: SimTime) -> Admission {
        if rule.requests == 0 {
            return Admission::Now;
        }
        if self.buckets.len() <= key {
            self.buckets.resize(key + 1, None);
        }
        let bucket = self.buckets[key].get_or_insert(Bucket { level: 0, last: now, fresh: true });
        match rule.algorithm {
            Algorithm::LeakyBucket => leaky(rule, bucket, now),
            Algorithm::TokenBucket => tokens(rule, bucket, now),
        }
    }
}

/// `ngx_http_limit_req_lookup` and `_handler` of `ngx_http_limit_req_module.c`, nginx 1.22.1.
fn leaky(rule: &RateRule, bucket: &mut Bucket, now: SimTime) -> Admission {
    let period = u128::from(rule.period.as_millis().max(1));
    // Thousandths of a request in a second, as there.
    let rate = (u128::from(rule.requests) * 1_000_000 / period).max(1);
    let passed = u128::from(now.as_millis().saturating_sub(bucket.last.as_millis()));
    let excess = if std::mem::take(&mut bucket.fresh) {
        0
    } else {
        (bucket.level + 1_000).saturating_sub(rate * passed / 1_000)
    };
    let burst = u128::from(rule.burst) * 1_000;
    let time_for = |excess: u128| SimDuration::from_millis((excess * 1_000 / rate) as u64);
    if excess > burst {
        return Admission::Refused(time_for(excess - burst));
    }
    bucket.level = excess;
    if passed > 0 {
        bucket.last = now;
    }
    match time_for(excess) {
        wait if wait.is_zero() || rule.delay.is_zero() => Admission::Now,
        wait => Admission::After(wait.min(rule.delay)),
    }
}

/// A bucket that fills evenly; a request may take a token that is still to come, if that is not too far.
fn tokens(rule: &RateRule, bucket: &mut Bucket, now: SimTime) -> Admission {
    let token = u128::from(rule.period.as_nanos().max(1));
    let full = u128::from(rule.burst.max(1)) * token;
    let came = u128::from(now.since(bucket.last).as_nanos()) * u128::from(rule.requests);
    let missing = bucket.level.saturating_sub(came);
    let after = missing + token;
    let requests = u128::from(rule.requests);
    let wait = SimDuration::from_nanos(after.saturating_sub(full).div_ceil(requests) as u64);
    if wait > rule.delay {
        (bucket.level, bucket.last) = (missing, now);
        return Admission::Refused(wait);
    }
    (bucket.level, bucket.last) = (after, now);
    if wait.is_zero() { Admission::Now } else { Admission::After(wait) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Per;

    const DAY: SimDuration = SimDuration::from_secs(86_400);

    fn rule(algorithm: Algorithm, delay: SimDuration) -> RateRule {
        let period = SimDuration::from_secs(1);
        RateRule { requests: 5, period, burst: 5, algorithm, delay, per: Per::Gateway, status: 503 }
    }

    /// 2 a second to 2 s, then 20 a second to 4.05 s, then 5 a second: the arrivals of the recordings, in milliseconds.
    fn arrivals() -> Vec<u64> {
        (0..4)
            .map(|i| 50 + 500 * i)
            .chain((0..41).map(|i| 2_050 + 50 * i))
            .chain((0..24).map(|i| 4_250 + 200 * i))
            .collect()
    }

    fn run(rule: &RateRule) -> Vec<(u64, Admission)> {
        let mut limiter = RateLimiter::default();
        arrivals().into_iter().map(|at| (at, limiter.admit(rule, 0, SimTime::from_millis(at)))).collect()
    }

    #[test]
    fn nginx_without_nodelay_spreads_what_the_burst_takes() {
        let got = run(&rule(Algorithm::LeakyBucket, DAY));
        let waits: Vec<_> = got
            .iter()
            .filter(|(at, _)| (2_050..=2_450).contains(at))
            .map(|(_, a)| match a {
                Admission::Now => Some(0),
                Admission::After(wait) => Some(wait.as_millis()),
                Admission::Refused(_) => None,
            })
            .collect();
        // Recorded: 1, 149, 301, 452, 602, 752, 901 ms, 503, 1001 ms.
        assert_eq!(
            waits,
            [Some(0), Some(150), Some(300), Some(450), Some(600), Some(750), Some(900), None, Some(1_000)]
        );
        let last = got.last().expect("arrivals").1;
        assert_eq!(last, Admission::After(SimDuration::from_secs(1)), "the queue never runs empty again");
    }

    #[test]
    fn nginx_with_nodelay_lets_the_burst_through_at_once() {
        let got = run(&rule(Algorithm::LeakyBucket, SimDuration::ZERO));
        let passed: Vec<u64> =
            got.iter().filter(|(at, a)| *at < 2_700 && *a == Admission::Now).map(|(at, _)| *at).collect();
        // Recorded with 429: the ones up to 2.35 s, then 2.5 (2.45 in the other recording) and 2.65 s.
        assert_eq!(
            passed,
            [50, 550, 1_050, 1_550, 2_050, 2_100, 2_150, 2_200, 2_250, 2_300, 2_350, 2_450, 2_650]
        );
    }

    #[test]
    fn envoys_tokens_come_evenly() {
        let got = run(&rule(Algorithm::TokenBucket, SimDuration::ZERO));
        let passed: Vec<u64> = got
            .iter()
            .filter(|(at, a)| (2_000..3_000).contains(at) && *a == Admission::Now)
            .map(|(at, _)| *at)
            .collect();
        // Recorded: 2.05 to 2.30, 2.45, 2.70 (by a hair not 2.65), 2.85.
        assert_eq!(passed, [2_050, 2_100, 2_150, 2_200, 2_250, 2_300, 2_450, 2_650, 2_850]);
    }

    #[test]
    fn traefik_lets_a_request_wait_for_its_token_up_to_half_its_distance() {
        // 100 ms, but the arrivals lie exactly on that edge, where real clocks refused.
        let got = run(&rule(Algorithm::TokenBucket, SimDuration::from_millis(99)));
        let around: Vec<_> =
            got.iter().filter(|(at, _)| (2_300..=2_600).contains(at)).map(|(_, a)| *a).collect();
        let wait = Admission::After(SimDuration::from_millis(50));
        // Recorded: 200, 429, 200 after 52 ms, 429, 429, 429, 200 after 52 ms.
        assert!(
            matches!(
                around[..],
                [
                    Admission::Now,
                    Admission::Refused(_),
                    a,
                    Admission::Refused(_),
                    Admission::Refused(_),
                    Admission::Refused(_),
                    b
                ] if a == wait && b == wait
            ),
            "{around:?}"
        );
    }

    #[test]
    fn keys_are_counted_apart_and_no_rate_is_no_limit() {
        let one = RateRule { burst: 1, ..rule(Algorithm::TokenBucket, SimDuration::ZERO) };
        let mut limiter = RateLimiter::default();
        assert_eq!(
            [3, 0, 3].map(|key| limiter.admit(&one, key, SimTime::ZERO) == Admission::Now),
            [true, true, false]
        );
        let off = RateRule { requests: 0, ..one };
        assert_eq!(limiter.admit(&off, 3, SimTime::ZERO), Admission::Now);
    }
}
