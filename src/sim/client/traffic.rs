//! The requests that a client sends by itself: arrivals of an open loop, users of a closed one.

use super::actor::ClientActor;
use crate::sim::network::{Effects, SlotKey, Timer};
use crate::sim::origin::draw;
use crate::sim::scenario::{Arrivals, Distribution, Traffic};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::Observer;

/// Traffic that is under way.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) arrivals: Arrivals,
    started: SimTime,
    until: SimTime,
    /// The weights of the mix, each added to those before it.
    weights: Vec<f64>,
    first_request: u32,
}

impl ClientActor {
    /// Begins to send by itself; what it sent before goes on to its end.
    pub(crate) fn start_traffic<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        traffic: &Traffic,
        first_request: u32,
        horizon: SimTime,
    ) {
        self.traffic_epoch += 1;
        let mut sum = 0.0;
        let weights = traffic.mix.iter().map(|share| {
            sum += share.weight;
            sum
        });
        let until = traffic.until.map_or(horizon, |until| until.min(horizon));
        let arrivals = traffic.arrivals;
        self.traffic =
            Some(Running { arrivals, started: fx.now, until, weights: weights.collect(), first_request });
        if let Arrivals::Closed { users, think } = arrivals {
            for _ in 0..users {
                self.think(fx, think, SimDuration::ZERO);
            }
        } else {
            self.next_arrival(fx);
        }
    }

    /// Sends nothing by itself any more.
    pub(crate) fn stop_traffic(&mut self) {
        self.traffic = None;
        self.traffic_epoch += 1;
    }

    fn next_arrival<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        let Some(traffic) = &self.traffic else { return };
        let after = fx.now.since(traffic.started);
        let end = traffic.until.since(traffic.started);
        if let Some(at) = traffic.arrivals.next(after, end, &mut self.arrivals) {
            let wait = (traffic.started + at).since(fx.now);
            fx.timer_by_chance(wait, SlotKey::default(), self.traffic_epoch, Timer::Arrival);
        }
    }

    /// A user of a closed loop thinks before its next request, for `least` at least.
    pub(super) fn think<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        think: Distribution,
        least: SimDuration,
    ) {
        let wait = draw(think, &mut self.arrivals).max(least);
        if self.traffic.as_ref().is_some_and(|t| fx.now + wait <= t.until) {
            fx.timer_by_chance(wait, SlotKey::default(), self.traffic_epoch, Timer::Arrival);
        }
    }

    /// The traffic's next request is due.
    pub(super) fn arrived<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        let Some(traffic) = &self.traffic else { return };
        let drawn = self.mix.unit() * traffic.weights.last().copied().unwrap_or_default();
        let kind = traffic.weights.partition_point(|sum| *sum <= drawn).min(traffic.weights.len() - 1);
        let request = traffic.first_request + kind as u32;
        let closed = matches!(traffic.arrivals, Arrivals::Closed { .. });
        self.begin(fx, request, closed.then_some(self.traffic_epoch));
        if !closed {
            self.next_arrival(fx);
        }
    }
}
