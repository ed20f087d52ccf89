//! Requests that a client sends by itself: open and closed loops.

use serde::{Deserialize, Serialize};

use super::{Action, Distribution, Request, Scenario, Settings};
use crate::sim::random::Stream;
use crate::sim::time::{SimDuration, SimTime};

/// What a client sends by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Traffic {
    /// When requests come.
    pub arrivals: Arrivals,
    /// What they ask, drawn for each by weight; `GET /orders/42` by default, 1 to 100 entries.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub mix: Vec<Share>,
    /// When it ends; by default only with the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<SimTime>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { arrivals: Arrivals::Poisson { rate: 10.0 }, mix: vec![Share::default()], until: None }
    }
}

/// One kind of request in a mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Share {
    /// Its weight against the others; 1 by default, more than 0 to 1,000,000.
    pub weight: f64,
    /// What it asks.
    pub request: Request,
}

impl Default for Share {
    fn default() -> Self {
        Self { weight: 1.0, request: Request::default() }
    }
}

/// When requests come. Rates are in requests a second, 0 to 1,000,000.
///
/// All but `constant` and `closed` are Poisson processes; where the rate varies, by thinning (Lewis and
/// Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979). Times count from the moment
/// at which the traffic starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Arrivals {
    /// Evenly, without chance.
    Constant {
        /// Requests a second.
        rate: f64,
    },
    /// By chance, independently of each other.
    Poisson {
        /// Requests a second, on average.
        rate: f64,
    },
    /// A rate that grows or shrinks evenly, and then stays.
    Ramp {
        /// The rate at the start.
        from: f64,
        /// The rate at the end.
        to: f64,
        /// How long it takes; 1 ms to 24 h.
        over: SimDuration,
    },
    /// A rate that is higher for a while.
    Spike {
        /// The rate before and after.
        rate: f64,
        /// The rate of the spike.
        peak: f64,
        /// When it begins.
        at: SimDuration,
        /// How long it lasts.
        length: SimDuration,
    },
    /// A rate that is there and gone in turn, first there.
    Bursts {
        /// The rate while it is there.
        rate: f64,
        /// How long it is there; 1 ms to 24 h.
        on: SimDuration,
        /// How long it is gone; 0 to 24 h.
        off: SimDuration,
    },
    /// A closed loop: each user waits for the answer, thinks, and sends again.
    Closed {
        /// How many users; 1 to 100,000.
        users: u32,
        /// How long each thinks before a request, the first included.
        think: Distribution,
    },
}

/// What a run asks, found by number: sends by their index in the timeline, what traffic asks from
/// [`Requests::TRAFFIC`] on, gateways' probes from [`Requests::PROBES`] on, so that a timeline that grows gives
/// nothing another number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    sends: Vec<Option<Request>>,
    traffic: Vec<Request>,
    probes: Vec<Request>,
    odd_targets: bool,
}

impl Requests {
    /// The number of the first request of traffic.
    pub(crate) const TRAFFIC: u32 = 1 << 31;
    /// The number of the first probe.
    pub(crate) const PROBES: u32 = 3 << 30;

    pub(crate) fn new(scenario: &Scenario) -> Self {
        let mut all = scenario.requests().into_iter().map(Option::<&Request>::cloned);
        let sends = all.by_ref().take(scenario.timeline.len()).collect();
        let at_start = scenario.gateways.iter().map(|g| &g.settings);
        let later = scenario.timeline.iter().filter_map(|c| match &c.action {
            Action::Set { to: Settings::Gateway(settings), .. } => Some(&**settings),
            _ => None,
        });
        let mut probes = vec![Request { path: "/health".to_owned(), ..Request::default() }];
        for path in at_start.chain(later).filter_map(|s| s.health_check.as_ref()?.path.as_ref()) {
            if probes.iter().all(|probe| probe.path != *path) {
                probes.push(Request { path: path.clone(), ..Request::default() });
            }
        }
        let mut requests = Self { sends, traffic: all.flatten().collect(), probes, odd_targets: false };
        let asked = requests.sends.iter().flatten().chain(&requests.traffic);
        requests.odd_targets =
            asked.map(|request| &request.path).any(|path| path.contains('%') || path.contains(".."));
        requests
    }

    /// True if some request has a target with an escape or two dots in a row, at which gateways look twice.
    pub(crate) fn have_odd_targets(&self) -> bool {
        self.odd_targets
    }

    /// The number of the probe that asks for this path.
    pub(crate) fn probe(&self, path: &str) -> u32 {
        Self::PROBES + self.probes.iter().position(|probe| probe.path == path).unwrap_or_default() as u32
    }

    /// The request of that number.
    pub(crate) fn get(&self, number: u32) -> Option<&Request> {
        if let Some(index) = number.checked_sub(Self::PROBES) {
            return self.probes.get(index as usize);
        }
        match number.checked_sub(Self::TRAFFIC) {
            Some(index) => self.traffic.get(index as usize),
            None => self.sends.get(number as usize)?.as_ref(),
        }
    }

    /// For each change of the timeline, the number of the first request of the traffic that it starts.
    pub(crate) fn of_changes(scenario: &Scenario) -> Vec<u32> {
        let at_start = scenario.clients.iter().filter_map(|c| c.traffic.as_ref());
        let mut next = Self::TRAFFIC + at_start.map(|t| t.mix.len() as u32).sum::<u32>();
        let changes = scenario.timeline.iter().map(|change| {
            let first = next;
            if let Action::Set { to: Settings::Traffic(traffic), .. } = &change.action {
                next += traffic.mix.len() as u32;
            }
            first
        });
        changes.collect()
    }
}

impl Scenario {
    /// A span's detail as a [`Trace`](crate::sim::Trace) tells it, where what traffic asks follows the timeline:
    /// the index into [`Scenario::requests`] for the simulation's own number.
    pub fn detail(&self, number: u32) -> u32 {
        number.checked_sub(Requests::TRAFFIC).map_or(number, |index| self.timeline.len() as u32 + index)
    }

    /// Everything that is asked in a run: the timeline's sends by their index (none where a change is no send),
    /// then the mixes of the clients' traffic in order, then those of the timeline's changes of traffic.
    pub fn requests(&self) -> Vec<Option<&Request>> {
        let sends = self.timeline.iter().map(|c| match &c.action {
            Action::Send { request, .. } => Some(request),
            _ => None,
        });
        let mixes = self.clients.iter().filter_map(|c| c.traffic.as_ref());
        let later = self.timeline.iter().filter_map(|c| match &c.action {
            Action::Set { to: Settings::Traffic(traffic), .. } => Some(traffic),
            _ => None,
        });
        sends.chain(mixes.chain(later).flat_map(|t| &t.mix).map(|share| Some(&share.request))).collect()
    }
}

impl Arrivals {
    /// The rate at a moment after the start, and the highest there is.
    fn rate_at(self, after: SimDuration) -> (f64, f64) {
        match self {
            Self::Constant { rate } | Self::Poisson { rate } => (rate, rate),
            Self::Ramp { from, to, over } => {
                let share = (after.as_secs_f64() / over.as_secs_f64()).min(1.0);
                (from + (to - from) * share, from.max(to))
            }
            Self::Spike { rate, peak, at, length } => {
                let within = after >= at && after < at + length;
                (if within { peak } else { rate }, rate.max(peak))
            }
            Self::Bursts { rate, on, off } => {
                let period = (on + off).as_nanos().max(1);
                let within = after.as_nanos() % period < on.as_nanos();
                (if within { rate } else { 0.0 }, rate)
            }
            Self::Closed { .. } => (0.0, 0.0),
        }
    }

    /// How long after the start the next request of an open loop comes; none if there is none within `end`.
    pub(crate) fn next(
        self,
        after: SimDuration,
        end: SimDuration,
        chance: &mut Stream,
    ) -> Option<SimDuration> {
        if let Self::Constant { rate } = self {
            let gap = SimDuration::from_secs_f64(1.0 / rate);
            return (rate > 0.0 && !gap.is_zero()).then(|| after + gap).filter(|at| *at <= end);
        }
        let mut at = after;
        loop {
            let (_, highest) = self.rate_at(at);
            if highest <= 0.0 {
                return None;
            }
            at += chance.exponential(SimDuration::from_secs_f64(1.0 / highest));
            if at > end {
                return None;
            }
            let (rate, _) = self.rate_at(at);
            // A steady rate needs no second draw: every candidate is an arrival.
            if rate >= highest || chance.chance(rate / highest) {
                return Some(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(shape: Arrivals, seconds: u64) -> Vec<f64> {
        let mut chance = Stream::new(1, "test", "arrivals");
        let mut after = SimDuration::ZERO;
        std::iter::from_fn(|| {
            after = shape.next(after, SimDuration::from_secs(seconds), &mut chance)?;
            Some(after.as_secs_f64())
        })
        .collect()
    }

    /// The count of a Poisson process with this mean lies within four standard deviations.
    fn assert_poisson(count: usize, mean: f64) {
        assert!((count as f64 - mean).abs() < 4.0 * mean.sqrt(), "{count} arrivals, {mean} expected");
    }

    #[test]
    fn constant_traffic_comes_evenly() {
        assert_eq!(arrivals(Arrivals::Constant { rate: 4.0 }, 1), [0.25, 0.5, 0.75, 1.0]);
        assert!(arrivals(Arrivals::Constant { rate: 0.0 }, 1).is_empty());
    }

    #[test]
    fn the_number_of_arrivals_follows_the_rate() {
        assert_poisson(arrivals(Arrivals::Poisson { rate: 100.0 }, 100).len(), 10_000.0);
        let second = SimDuration::from_secs(1);
        let ramp = Arrivals::Ramp { from: 0.0, to: 200.0, over: second.times(50) };
        let came = arrivals(ramp, 100);
        assert_poisson(came.iter().filter(|at| **at < 50.0).count(), 5_000.0);
        assert_poisson(came.iter().filter(|at| **at >= 50.0).count(), 10_000.0);
        let spike =
            Arrivals::Spike { rate: 10.0, peak: 500.0, at: second.times(10), length: second.times(5) };
        let came = arrivals(spike, 100);
        assert_poisson(came.iter().filter(|at| (10.0..15.0).contains(*at)).count(), 2_500.0);
        assert_poisson(came.iter().filter(|at| !(10.0..15.0).contains(*at)).count(), 950.0);
        let bursts = Arrivals::Bursts { rate: 100.0, on: second, off: second.times(3) };
        let came = arrivals(bursts, 100);
        assert_poisson(came.len(), 2_500.0);
        assert!(came.iter().all(|at| at % 4.0 < 1.0));
    }
}
