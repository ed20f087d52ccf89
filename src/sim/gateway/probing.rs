//! Probes: requests that a gateway sends by itself, on connections of their own, to learn who is well.
//!
//! They are real traffic: they cross the links, meet the origins' faults and take their workers' time.

use super::GatewayActor;
use super::probe::Probed;
use crate::sim::network::{Asks, Effects, End, ExchangeKey, Packet, SlotKey, Timer};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Note, Observer, Outcome, SpanId, SpanKind};

/// Probes of one upstream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prober {
    peer: usize,
    request: u32,
    /// The probe that is under way.
    under_way: Option<(ExchangeKey, SpanId)>,
    /// Timers of an earlier probe are void.
    epoch: u32,
}

impl GatewayActor {
    /// Begins to probe, or stops, as the settings have it.
    pub(super) fn begin_probing<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        for (_, prober) in std::mem::take(&mut self.probers) {
            if let Some((exchange, span)) = prober.under_way {
                fx.hang_up(exchange);
                fx.close(span, Outcome::Failed(Failure::CallerLeft));
            }
        }
        let rule = &self.settings.health_check;
        self.pool.forget_probes(rule);
        if !rule.enabled {
            return;
        }
        let request = fx.requests.probe(&rule.path);
        let first = if self.dialect.probes_at_once() { SimDuration::ZERO } else { rule.interval };
        for peer in self.pool.indices() {
            let slot = self.probers.insert(Prober { peer, request, under_way: None, epoch: 0 });
            fx.timer(first, slot, 0, Timer::Probe);
        }
    }

    /// True if what arrived on this exchange belongs to a probe.
    pub(super) fn is_probe(&self, exchange: ExchangeKey, slot: SlotKey) -> bool {
        // Slots of requests and of probes look alike; connections do not.
        self.probers.get(slot).and_then(|p| p.under_way).is_some_and(|(probing, _)| probing == exchange)
    }

    /// Sends the next probe, one interval after the start or the end of the one before.
    pub(super) fn probe<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, epoch: u32) {
        let rule = &self.settings.health_check;
        let (interval, timeout) = (rule.interval, rule.timeout);
        let Some(prober) = self.probers.get_mut(slot).filter(|p| p.epoch == epoch) else { return };
        if prober.under_way.is_some() {
            // It may take no longer than until the next one.
            self.probe_ended(fx, slot, Probed::Silent, Outcome::Failed(Failure::ReadTimeout));
        }
        let Some(prober) = self.probers.get_mut(slot) else { return };
        prober.epoch += 1;
        let upstream = self.upstreams[prober.peer];
        let span = fx.open(SpanKind::Probe, SpanId::NONE, u32::from(upstream.0));
        let call = fx.call_of(ExchangeKey::default());
        let exchange = fx.connect(Asks { callee: upstream, request: prober.request, call, slot, span });
        prober.under_way = Some((exchange, span));
        let epoch = prober.epoch;
        if !self.dialect.pauses_between_probes() {
            fx.timer(interval, slot, epoch, Timer::Probe);
        }
        fx.timer(timeout, slot, epoch, Timer::ProbeOver);
    }

    /// Something came of a probe.
    pub(super) fn probe_answered<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        packet: Packet,
    ) {
        let Some((exchange, span)) = self.probers.get(slot).and_then(|p| p.under_way) else { return };
        let (probed, outcome) = match packet {
            Packet::Accepted => {
                fx.note(span, Note::Connected);
                if !self.settings.health_check.path.is_empty() {
                    fx.send(exchange, Packet::Request);
                    return;
                }
                (Probed::Good, Outcome::Done)
            }
            // The status alone is looked at; a body that breaks off later does not matter.
            Packet::Head(message) | Packet::Whole(message) => {
                let template = fx.templates.get(message.template);
                let good = template.defect.is_none()
                    && template.status.is_some_and(|status| self.dialect.probe_accepts(status));
                (if good { Probed::Good } else { Probed::BadStatus }, Outcome::Answer(message))
            }
            Packet::Refused => (Probed::Silent, Outcome::Failed(Failure::Refused)),
            Packet::NoConnection(failure) => (Probed::Silent, Outcome::Failed(failure)),
            Packet::NoHandshake(_) => (Probed::Silent, Outcome::Failed(Failure::HandshakeFailed)),
            Packet::Close => (Probed::Silent, Outcome::Failed(Failure::Closed)),
            Packet::Reset => (Probed::Silent, Outcome::Failed(Failure::Reset)),
            _ => return,
        };
        self.probe_ended(fx, slot, probed, outcome);
    }

    pub(super) fn probe_timed_out<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
    ) {
        if self.probers.get(slot).is_some_and(|p| p.epoch == epoch && p.under_way.is_some()) {
            self.probe_ended(fx, slot, Probed::Silent, Outcome::Failed(Failure::ReadTimeout));
        }
    }

    fn probe_ended<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        probed: Probed,
        outcome: Outcome,
    ) {
        let Some(prober) = self.probers.get_mut(slot) else { return };
        let Some((exchange, span)) = prober.under_way.take() else { return };
        if self.dialect.pauses_between_probes() {
            fx.timer(self.settings.health_check.interval, slot, prober.epoch, Timer::Probe);
        }
        let node = self.upstreams[prober.peer];
        let changed = self.pool.probed(prober.peer, probed, &self.settings.health_check);
        if let Some(up) = changed {
            fx.note(span, if up { Note::ProbedUp(node) } else { Note::ProbedDown(node) });
        }
        fx.close(span, outcome);
        if fx.exchange(exchange).is_some_and(|x| x.callee_open) {
            fx.hang_up(exchange);
        } else {
            fx.leave(exchange, End::Caller);
        }
        if changed == Some(true) {
            self.fill_places(fx);
        }
    }
}
