//! Adaptive throttling: a client that sees its requests rejected refuses some of them by itself.
//!
//! Source: Google, "Site Reliability Engineering", chapter 21, "Client-Side Throttling": over the last two
//! minutes, a request is refused with probability max(0, (requests - K accepts) / (requests + 1)), where those
//! refused count as requests too. With K = 2 a backend sees at most twice what it accepts.

use serde::{Deserialize, Serialize};

use super::statuses;
use crate::sim::random::Stream;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::{SimDuration, SimTime};

/// The window is kept in as many slices: of a second each, if it is two minutes long.
const SLICES: usize = 120;

/// Settings of adaptive throttling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// How many requests there may be for each that is accepted; 2 by default, 1 to 100.
    pub k: f64,
    /// For how long requests count; 2 min by default, 1 s to 1 h.
    pub window: SimDuration,
    /// Which statuses mean that a request was rejected; 429 and 503 by default. No answer always means it.
    #[cfg_attr(feature = "schema", schemars(with = "crate::sim::scenario::Statuses"))]
    #[serde(with = "statuses")]
    pub rejections: Vec<u16>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { k: 2.0, window: SimDuration::from_secs(120), rejections: vec![429, 503] }
    }
}

impl Throttle {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/k"), self.k, 1.0, 100.0)?;
        within(
            &format!("{at}/window"),
            self.window,
            SimDuration::from_secs(1),
            SimDuration::from_secs(3_600),
        )?;
        statuses::check(&format!("{at}/rejections"), &self.rejections)
    }
}

/// Throttling at work.
#[derive(Clone, Debug)]
pub(super) struct Valve {
    settings: Throttle,
    slice: u64,
    present: u64,
    /// Requests and accepts of each slice.
    slices: Vec<(u64, u64)>,
    requests: u64,
    accepts: u64,
    chance: Stream,
}

impl Valve {
    pub(super) fn new(settings: Throttle, chance: Stream) -> Self {
        let slice = (settings.window.as_nanos() / SLICES as u64).max(1);
        Self { settings, slice, present: 0, slices: vec![(0, 0); SLICES], requests: 0, accepts: 0, chance }
    }

    pub(super) fn settings(&self) -> &Throttle {
        &self.settings
    }

    fn turn(&mut self, now: SimTime) -> &mut (u64, u64) {
        let present = now.as_nanos() / self.slice;
        for passed in (self.present + 1..=present).take(SLICES) {
            let (requests, accepts) = std::mem::take(&mut self.slices[passed as usize % SLICES]);
            self.requests -= requests;
            self.accepts -= accepts;
        }
        self.present = present;
        &mut self.slices[present as usize % SLICES]
    }

    /// Counts a request and draws whether it is refused: with the probability in thousandths, if it is.
    pub(super) fn refuses(&mut self, now: SimTime) -> Option<u16> {
        self.turn(now);
        let (requests, accepts) = (self.requests as f64, self.accepts as f64);
        let share = ((requests - self.settings.k * accepts) / (requests + 1.0)).max(0.0);
        self.turn(now).0 += 1;
        self.requests += 1;
        self.chance.chance(share).then_some((share * 1_000.0) as u16)
    }

    /// An attempt was answered with this status, or with none.
    pub(super) fn answered(&mut self, now: SimTime, status: Option<u16>) {
        if status.is_some_and(|status| !self.settings.rejections.contains(&status)) {
            self.turn(now).1 += 1;
            self.accepts += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_sees_twice_what_it_accepts() {
        // Capacity 100 a second, offered 300: 200 sent, 100 of them rejected, 100 refused at the client.
        let mut valve = Valve::new(Throttle::default(), Stream::new(1, "client", "throttle"));
        let (mut sent, mut accepted, mut refused) = (0, 0, 0);
        for second in 0..600u64 {
            let mut room = 100;
            for i in 0..300 {
                let now = SimTime::from_nanos(second * 1_000_000_000 + i * 3_333_333);
                let settled = u32::from(second >= 300);
                if valve.refuses(now).is_some() {
                    refused += settled;
                    continue;
                }
                sent += settled;
                if room > 0 {
                    room -= 1;
                    accepted += settled;
                    valve.answered(now, Some(200));
                } else {
                    valve.answered(now, Some(503));
                }
            }
        }
        let a_second = |n: u32| f64::from(n) / 300.0;
        assert!((a_second(sent) - 200.0).abs() < 4.0, "{} sent", a_second(sent));
        assert!((a_second(refused) - 100.0).abs() < 4.0, "{} refused", a_second(refused));
        assert!((a_second(accepted) - 100.0).abs() < 1.0, "{} accepted", a_second(accepted));
    }

    #[test]
    fn nothing_is_refused_while_half_is_accepted_and_all_is_forgotten_in_time() {
        let mut valve = Valve::new(Throttle::default(), Stream::new(1, "client", "throttle"));
        for i in 0..1_000u64 {
            let now = SimTime::from_millis(i * 10);
            assert_eq!(valve.refuses(now), None, "request {i}");
            valve.answered(now, Some(if i % 2 == 0 { 200 } else { 503 }));
        }
        for _ in 0..1_000 {
            valve.refuses(SimTime::from_secs(11));
        }
        assert!(valve.refuses(SimTime::from_secs(11)).is_some() || valve.requests > 2 * valve.accepts);
        assert_eq!(valve.refuses(SimTime::from_secs(200)), None);
        assert_eq!((valve.requests, valve.accepts), (1, 0));
    }

    #[test]
    fn without_any_answer_most_requests_are_refused() {
        let mut valve = Valve::new(Throttle::default(), Stream::new(1, "client", "throttle"));
        let passed = (0..10_000).filter(|_| valve.refuses(SimTime::ZERO).is_none()).count();
        // Request n passes with probability 1 / n: their sum is ln 10,000 + 0.577 = 9.8, with a deviation of about 3.
        assert!((3..20).contains(&passed), "{passed} of 10,000");
    }
}
