//! A circuit breaker: closed, open, and on its way back.
//!
//! Follows vulcand/oxy v2 (`cbreaker`), which is Traefik's: what is counted lies in ten buckets that go out one by
//! one, and after the open time requests come back bit by bit. The half-open state is the other usual way back
//! (Nygard, "Release It!", 2007). Left out: expressions of several conditions.

use crate::sim::order;
use crate::sim::scenario::{BreakerRule, Recovery, Trip, Window};
use crate::sim::time::{SimDuration, SimTime};

/// What a breaker does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// All pass.
    Closed,
    /// None passes, until then.
    Open(SimTime),
    /// Some pass, since then.
    Recovering(SimTime),
}

/// Answers that were counted together.
#[derive(Clone, Debug, Default)]
struct Count {
    /// The number of its tenth of the window.
    tenth: u64,
    all: u32,
    in_range: u32,
    network: u32,
    /// Milliseconds; only where latency opens the breaker.
    took: Vec<u64>,
}

/// The breaker of a gateway.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    state: State,
    counts: Vec<Count>,
    in_a_row: u32,
    next_check: SimTime,
    /// While it recovers: requests let through and kept away, trials under way and gone well.
    allowed: u32,
    denied: u32,
    trials: u32,
    successes: u32,
}

/// In how many parts a window of time goes out.
const PARTS: u64 = 10;

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            state: State::Closed,
            counts: Vec::new(),
            in_a_row: 0,
            next_check: SimTime::ZERO,
            allowed: 0,
            denied: 0,
            trials: 0,
            successes: 0,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// A request comes: true if it may pass (`activateFallback` of `cbreaker.go`, the other way round).
    pub(super) fn admit(&mut self, rule: &BreakerRule, now: SimTime) -> bool {
        if rule.trip == Trip::Never {
            return true;
        }
        if let State::Open(until) = self.state {
            if now < until {
                return false;
            }
            self.turn(State::Recovering(now));
        }
        let State::Recovering(since) = self.state else { return true };
        match rule.recovery {
            Recovery::Gradual(time) => {
                if now.since(since) > time {
                    self.turn(State::Closed);
                    return true;
                }
                // `ratioController` of `ratio.go`: would the share that may pass still be kept with this one?
                let target = 0.5 * now.since(since).as_secs_f64() / time.as_secs_f64();
                let share = f64::from(self.allowed + 1) / f64::from(self.allowed + self.denied + 1);
                let passes = share < target;
                self.allowed += u32::from(passes);
                self.denied += u32::from(!passes);
                passes
            }
            Recovery::HalfOpen(most) => {
                let passes = self.trials + self.successes < most;
                self.trials += u32::from(passes);
                passes
            }
        }
    }

    /// An answer went to a client that was let through. True if the state changes.
    pub(super) fn answered(
        &mut self,
        rule: &BreakerRule,
        now: SimTime,
        status: u16,
        took: SimDuration,
    ) -> bool {
        if rule.trip == Trip::Never {
            return false;
        }
        // What was under way when it opened is counted too (`serve` of `cbreaker.go`), and tells on the way back.
        let open = matches!(self.state, State::Open(_));
        if open && matches!(rule.recovery, Recovery::HalfOpen(_)) {
            return false;
        }
        self.count(rule, now, status, took);
        if let (State::Recovering(_), Recovery::HalfOpen(needed)) = (self.state, rule.recovery) {
            self.trials = self.trials.saturating_sub(1);
            if status >= 500 {
                self.turn(State::Open(now + rule.open_for));
                return true;
            }
            self.successes += 1;
            if self.successes >= needed {
                self.turn(State::Closed);
                return true;
            }
            return false;
        }
        if now < self.next_check {
            return false;
        }
        self.next_check = now + rule.check_period;
        if !open && self.trips(rule) {
            self.turn(State::Open(now + rule.open_for));
            return true;
        }
        false
    }

    /// A request that was let through has ended without an answer to count.
    pub(super) fn abandoned(&mut self) {
        self.trials = self.trials.saturating_sub(1);
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        (self.allowed, self.denied, self.trials, self.successes) = (0, 0, 0, 0);
        if matches!(state, State::Open(_)) {
            self.counts.clear();
            self.in_a_row = 0;
        }
    }

    fn count(&mut self, rule: &BreakerRule, now: SimTime, status: u16, took: SimDuration) {
        self.in_a_row = if status >= 500 { self.in_a_row + 1 } else { 0 };
        let tenth = match rule.window {
            Window::Time(time) => now.as_nanos() / (time.as_nanos() / PARTS).max(1),
            // One to a request.
            Window::Requests(_) => self.counts.last().map_or(0, |c| c.tenth + 1),
        };
        if self.counts.last().is_none_or(|c| c.tenth != tenth) {
            let most = match rule.window {
                Window::Time(_) => PARTS,
                Window::Requests(n) => u64::from(n),
            };
            self.counts.retain(|c| tenth - c.tenth < most);
            self.counts.push(Count { tenth, ..Count::default() });
        }
        let Some(count) = self.counts.last_mut() else { return };
        count.all += 1;
        match rule.trip {
            Trip::StatusRatio { from, to, .. } => count.in_range += u32::from((from..to).contains(&status)),
            // `memmetrics.RTMetrics.Record`: 502 and 504.
            Trip::NetworkErrorRatio { .. } => count.network += u32::from(matches!(status, 502 | 504)),
            Trip::Latency { .. } => count.took.push(took.as_millis()),
            Trip::Never | Trip::Consecutive { .. } => {}
        }
    }

    fn trips(&self, rule: &BreakerRule) -> bool {
        let sum = |part: fn(&Count) -> u32| self.counts.iter().map(part).sum::<u32>();
        let all = sum(|c| c.all);
        if all < rule.least_requests.max(1) {
            return false;
        }
        let share = |part: u32| f64::from(part) / f64::from(all);
        match rule.trip {
            Trip::Never => false,
            Trip::StatusRatio { above, .. } => share(sum(|c| c.in_range)) > above,
            Trip::NetworkErrorRatio { above } => share(sum(|c| c.network)) > above,
            Trip::Consecutive { failures } => self.in_a_row >= failures,
            Trip::Latency { quantile, above } => {
                // By the nearest rank; oxy's histogram rounds to two significant digits.
                let mut took: Vec<u64> = self.counts.iter().flat_map(|c| c.took.iter().copied()).collect();
                order::sort(&mut took);
                let rank = libm::ceil(quantile * took.len() as f64) as usize;
                took.get(rank.saturating_sub(1)).is_some_and(|took| *took > above.as_millis())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: SimDuration = SimDuration::from_secs(1);

    fn traefik(trip: Trip) -> BreakerRule {
        BreakerRule {
            trip,
            window: Window::Time(SECOND.times(10)),
            least_requests: 0,
            check_period: SimDuration::from_millis(100),
            open_for: SECOND.times(3),
            recovery: Recovery::Gradual(SECOND.times(3)),
            status: 503,
        }
    }

    /// Eight requests a second as in the recordings; `answer` tells what an origin makes of one at that moment.
    /// Tells which moments, in milliseconds, were kept away.
    fn kept_away(rule: &BreakerRule, until: u64, answer: impl Fn(u64) -> (u16, u64)) -> Vec<u64> {
        let mut breaker = Breaker::new();
        let mut kept = Vec::new();
        for i in 0.. {
            let millis = 50 + i * 125;
            if millis > until {
                break;
            }
            let now = SimTime::from_millis(millis);
            if breaker.admit(rule, now) {
                let (status, took) = answer(millis);
                let took = SimDuration::from_millis(took);
                breaker.answered(rule, now + took, status, took);
            } else {
                kept.push(millis);
            }
        }
        kept
    }

    #[test]
    fn traefik_opens_at_the_ninth_503_and_lets_back_in_bit_by_bit() {
        let rule = traefik(Trip::StatusRatio { from: 500, to: 600, above: 0.25 });
        let answer = |at| if (3_000..7_000).contains(&at) { (503, 2) } else { (200, 2) };
        let kept = kept_away(&rule, 12_000, answer);
        // Recorded: kept away from 4.17 s, let through at 8.05, 8.43, 8.68, 8.93, 9.18, 9.30, 9.43, 9.68 ... s.
        assert_eq!(kept.first(), Some(&4_175));
        let through: Vec<u64> = (0..16).map(|i| 7_925 + i * 125).filter(|at| !kept.contains(at)).collect();
        assert_eq!(through[..8], [8_050, 8_425, 8_675, 8_925, 9_175, 9_300, 9_425, 9_675]);
        assert!(kept.iter().all(|at| *at < 10_200), "{kept:?}");
    }

    #[test]
    fn failed_networks_count_as_502_and_504_alone() {
        let rule = traefik(Trip::NetworkErrorRatio { above: 0.30 });
        // Recorded: the eleventh 502 opens it, kept away from 4.42 s.
        let kept = kept_away(&rule, 5_000, |at| if at >= 3_000 { (502, 2) } else { (200, 2) });
        assert_eq!(kept.first(), Some(&4_425));
        assert!(kept_away(&rule, 5_000, |at| if at >= 3_000 { (503, 2) } else { (200, 2) }).is_empty());
    }

    #[test]
    fn slow_answers_open_it_once_they_are_the_median() {
        let rule = traefik(Trip::Latency { quantile: 0.5, above: SimDuration::from_millis(300) });
        let kept = kept_away(&rule, 9_000, |at| (200, if at >= 1_000 { 400 } else { 2 }));
        // Eight quick ones, so the ninth slow one opens it; it has answered at 2.45 s.
        assert_eq!(kept.first(), Some(&2_175), "the list runs by arrival: the ninth slow one came at 2.05 s");
    }

    #[test]
    fn what_was_under_way_when_it_opened_is_remembered_on_the_way_back() {
        let rule = traefik(Trip::Latency { quantile: 0.5, above: SimDuration::from_millis(300) });
        let mut breaker = Breaker::new();
        let at = SimTime::from_millis;
        let (slow, quick) = (SimDuration::from_millis(400), SimDuration::from_millis(2));
        assert!([0, 100, 200].iter().all(|t| breaker.admit(&rule, at(*t))));
        assert!(breaker.answered(&rule, at(400), 200, slow));
        assert!(!breaker.answered(&rule, at(500), 200, slow) && !breaker.answered(&rule, at(600), 200, slow));
        // Open until 3.4 s. The first that may pass is quick, but two slow ones are still the median.
        assert_eq!([3_400, 3_500, 6_300].map(|t| breaker.admit(&rule, at(t))), [false, false, true]);
        assert!(breaker.answered(&rule, at(6_302), 200, quick));
        assert_eq!(breaker.state(), State::Open(at(9_302)));
    }

    #[test]
    fn half_open_tries_a_few_and_believes_them() {
        let rule = BreakerRule {
            trip: Trip::Consecutive { failures: 3 },
            recovery: Recovery::HalfOpen(2),
            ..traefik(Trip::Never)
        };
        let mut breaker = Breaker::new();
        let at = SimTime::from_secs;
        for failure in 1..=3 {
            assert!(breaker.admit(&rule, at(failure)));
            assert_eq!(breaker.answered(&rule, at(failure), 500, SECOND), failure == 3);
        }
        assert_eq!(breaker.state(), State::Open(at(6)));
        assert!(!breaker.admit(&rule, at(5)));
        assert_eq!([6, 6, 6].map(|s| breaker.admit(&rule, at(s))), [true, true, false]);
        assert!(breaker.answered(&rule, at(7), 503, SECOND), "one failure opens it again");
        assert_eq!([10, 10].map(|s| breaker.admit(&rule, at(s))), [true, true]);
        assert!(!breaker.answered(&rule, at(10), 200, SECOND));
        assert!(breaker.answered(&rule, at(10), 200, SECOND));
        assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn a_window_of_requests_forgets_by_count() {
        let rule = BreakerRule {
            window: Window::Requests(4),
            check_period: SimDuration::ZERO,
            least_requests: 4,
            ..traefik(Trip::StatusRatio { from: 500, to: 600, above: 0.5 })
        };
        let mut breaker = Breaker::new();
        let statuses = [500, 500, 200, 200, 500, 500, 500];
        let opened: Vec<bool> =
            statuses.iter().map(|s| breaker.answered(&rule, SimTime::from_secs(1), *s, SECOND)).collect();
        assert_eq!(opened, [false, false, false, false, false, false, true]);
    }
}
