//! A database: so many queries at a time, the rest in line.
//!
//! It holds the orders. A query that has begun is carried out and committed, whether or not the one who
//! asked is still there: databases notice a lost connection when they write to it.

use std::collections::VecDeque;

use slotmap::SlotMap;

use super::fault::{Fault, FaultKind};
use super::network::{Effects, End, ExchangeKey, Packet, SlotKey, Timer};
use super::origin::{FIRST_ORDER, Route, draw, route};
use super::random::Stream;
use super::scenario::{App, Dependency, DependencySettings, Distribution};
use super::trace::{Note, Observer, Outcome, SpanId, SpanKind};

/// A database.
#[derive(Clone)]
pub(crate) struct DependencyActor {
    settings: DependencySettings,
    faults: Vec<(Fault, u32)>,
    stored: u32,
    busy: u32,
    line: VecDeque<SlotKey>,
    queries: SlotMap<SlotKey, Query>,
    chance: Stream,
}

#[derive(Clone, Copy)]
struct Query {
    exchange: ExchangeKey,
    span: SpanId,
    route: Route,
}

impl DependencyActor {
    pub(crate) fn new(dependency: &Dependency, seed: u64) -> Self {
        Self {
            settings: dependency.settings.clone(),
            faults: Vec::new(),
            stored: 0,
            busy: 0,
            line: VecDeque::new(),
            queries: SlotMap::with_key(),
            chance: Stream::new(seed, &dependency.id, "query time"),
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.queries.is_empty()
    }

    pub(crate) fn set(&mut self, settings: &DependencySettings) {
        self.settings.overlay(settings);
    }

    pub(crate) fn inject(&mut self, fault: &Fault, index: u32) {
        self.repair(fault.kind());
        self.faults.push((fault.clone(), index));
    }

    pub(crate) fn repair(&mut self, kind: FaultKind) {
        self.faults.retain(|(f, _)| f.kind() != kind);
    }

    pub(crate) fn arrive<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        exchange: ExchangeKey,
        slot: SlotKey,
        packet: Packet,
    ) {
        match packet {
            Packet::Request => self.read(fx, exchange),
            Packet::Close | Packet::Reset => {
                fx.leave(exchange, End::Callee);
                if let Some(query) = self.queries.get(slot) {
                    fx.note(query.span, Note::CallerLeft);
                }
            }
            _ => {}
        }
    }

    fn read<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let Some((request, parent)) = fx.exchange(exchange).map(|x| (x.request, x.span)) else { return };
        let span = fx.open(SpanKind::Query, parent, request);
        let route = route(App::Orders, fx.request(request));
        let slot = self.queries.insert(Query { exchange, span, route });
        fx.serve(exchange, slot);
        if self.busy < self.settings.connections.unwrap_or(DependencySettings::DEFAULT_CONNECTIONS) {
            self.start(fx, slot);
        } else {
            fx.note(span, Note::Queued(self.line.len() as u32));
            self.line.push_back(slot);
        }
    }

    fn start<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(query) = self.queries.get(slot) else { return };
        self.busy += 1;
        fx.note(query.span, Note::Started(self.busy));
        let slow = self.faults.iter().find_map(|(f, index)| f.behaviour().query_time().map(|t| (t, *index)));
        let time = match slow {
            Some((time, fault)) => {
                fx.note(query.span, Note::FaultActed(fault));
                time
            }
            None if query.route == Route::Report => {
                self.settings.report_time.unwrap_or(DependencySettings::DEFAULT_REPORT_TIME)
            }
            None => self.settings.query_time.unwrap_or(DependencySettings::DEFAULT_QUERY_TIME),
        };
        let more = self.settings.slowdown.unwrap_or_default().times(u64::from(self.busy));
        match time {
            Distribution::Fixed(time) if more.is_zero() => fx.timer(time, slot, 0, Timer::Work),
            _ => fx.timer_by_chance(draw(time, &mut self.chance) + more, slot, 0, Timer::Work),
        }
    }

    pub(crate) fn timer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(query) = self.queries.remove(slot) else { return };
        let number = match query.route {
            Route::Create => {
                let number = FIRST_ORDER + self.stored;
                self.stored += 1;
                fx.note(query.span, Note::Committed(number));
                number
            }
            Route::Read(number) => number,
            _ => self.stored,
        };
        self.busy -= 1;
        fx.note(query.span, Note::Released(self.busy));
        fx.close(query.span, Outcome::Done);
        fx.reply(query.exchange, Packet::Done(number));
        if let Some(next) = self.line.pop_front() {
            self.start(fx, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::Scenario;
    use crate::sim::simulation::run;
    use crate::sim::trace::SpanKind;

    #[test]
    fn queries_slow_each_other_down() {
        let scenario = Scenario::from_json(
            r#"{"dependencies": [{"settings": {"query_time": {"fixed": "1s"}, "slowdown": "10ms"}}],
                "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}},
                             {"at": "0s", "do": {"send": {"client": "client", "request": {}}}},
                             {"at": "5s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
        )
        .expect("a scenario");
        let trace = run(&scenario);
        let took: Vec<u64> =
            trace.of_kind(SpanKind::Query).map(|(_, s)| s.end.since(s.start).as_millis()).collect();
        assert_eq!(took, [1_010, 1_020, 1_010]);
    }
}
