//! A database, or a third party's API: so many queries at a time, the rest in line.
//!
//! The database holds the orders. A query that has begun is carried out and committed, whether or not the one who
//! asked is still there: databases notice a lost connection when they write to it.
//!
//! Left out: transactions over several queries, replicas, deadlocks between queries.

use std::collections::VecDeque;

use slotmap::SlotMap;

use super::fault::{Fault, FaultKind};
use super::network::{Effects, End, ExchangeKey, Packet, SlotKey, Timer};
use super::origin::{Claim, Route, Store, draw, route};
use super::query::{Statement, Told};
use super::random::Stream;
use super::scenario::{App, Dependency, DependencySettings, Distribution};
use super::trace::{Failure, Note, Observer, Outcome, QueryFailure, SpanId, SpanKind, Step};

/// A dependency.
#[derive(Clone)]
pub(crate) struct DependencyActor {
    settings: DependencySettings,
    faults: Vec<(Fault, u32)>,
    store: Store,
    busy: u32,
    line: VecDeque<SlotKey>,
    /// Queries that wait for a lock that somebody else holds.
    locked: VecDeque<SlotKey>,
    queries: SlotMap<SlotKey, Query>,
    chance: Stream,
    errors: Stream,
}

#[derive(Clone, Copy)]
struct Query {
    exchange: ExchangeKey,
    span: SpanId,
    route: Route,
    statement: Statement,
    /// The idempotency key that it has claimed.
    key: Option<u64>,
}

impl Query {
    /// True if it changes something.
    fn writes(&self) -> bool {
        match self.statement {
            Statement::ReadVersion | Statement::Call => false,
            _ => matches!(self.route, Route::Create | Route::Update(_)),
        }
    }
}

impl DependencyActor {
    pub(crate) fn new(dependency: &Dependency, seed: u64) -> Self {
        Self {
            settings: dependency.settings.clone(),
            faults: Vec::new(),
            store: Store::default(),
            busy: 0,
            line: VecDeque::new(),
            locked: VecDeque::new(),
            queries: SlotMap::with_key(),
            chance: Stream::new(seed, &dependency.id, "query time"),
            errors: Stream::new(seed, &dependency.id, "errors"),
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.queries.is_empty()
    }

    pub(crate) fn set(&mut self, settings: &DependencySettings) {
        self.settings.overlay(settings);
    }

    pub(crate) fn inject<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: &Fault, index: u32) {
        self.faults.retain(|(f, _)| f.kind() != fault.kind());
        self.faults.push((fault.clone(), index));
        if fault.behaviour().kills() {
            self.kill(fx, index);
        }
    }

    pub(crate) fn repair<O: Observer>(&mut self, fx: &mut Effects<'_, O>, kind: FaultKind) {
        self.faults.retain(|(f, _)| f.kind() != kind);
        if !self.faults.iter().any(|(f, _)| f.behaviour().locks()) {
            for slot in std::mem::take(&mut self.locked) {
                self.run(fx, slot);
            }
        }
    }

    fn fault(&self, has: impl Fn(&Fault) -> bool) -> Option<u32> {
        self.faults.iter().find(|(f, _)| has(f)).map(|(_, index)| *index)
    }

    /// The process is gone: what it worked on is rolled back, and its connections end.
    fn kill<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: u32) {
        // Draining keeps the slots' generations: timers of what dies here must not meet what comes later.
        for (_, query) in self.queries.drain() {
            if let Some(key) = query.key {
                self.store.settle(key, None);
            }
            fx.note(query.span, Note::FaultActed(fault));
            fx.close(query.span, Outcome::Failed(Failure::Killed));
            fx.reply(query.exchange, Packet::Close);
        }
        self.line.clear();
        self.locked.clear();
        self.busy = 0;
    }

    pub(crate) fn arrive<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        exchange: ExchangeKey,
        slot: SlotKey,
        packet: Packet,
    ) {
        match packet {
            Packet::Request => self.read(fx, exchange, Statement::Usual),
            Packet::Query(statement) => self.read(fx, exchange, statement),
            Packet::Close | Packet::Reset => {
                fx.leave(exchange, End::Callee);
                if let Some(query) = self.queries.get(slot) {
                    fx.note(query.span, Note::CallerLeft);
                }
            }
            _ => {}
        }
    }

    fn read<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey, statement: Statement) {
        let Some((request, parent)) = fx.exchange(exchange).map(|x| (x.request, x.span)) else { return };
        if let Some(fault) = self.fault(|f| f.behaviour().kills()) {
            fx.note(parent, Note::FaultActed(fault));
            fx.reply(exchange, Packet::Refused);
            return;
        }
        let span = fx.open(SpanKind::Query, parent, request);
        let route = route(App::Orders, fx.request(request));
        let slot = self.queries.insert(Query { exchange, span, route, statement, key: None });
        fx.serve(exchange, slot);
        if self.settings.max_connections.is_some_and(|most| self.queries.len() > most as usize) {
            self.answer(fx, slot, Told::Failed(QueryFailure::TooManyConnections));
        } else if self.busy < self.settings.connections.unwrap_or(DependencySettings::DEFAULT_CONNECTIONS) {
            self.start(fx, slot);
        } else {
            fx.note(span, Note::Queued(self.line.len() as u32));
            self.line.push_back(slot);
        }
    }

    fn start<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(query) = self.queries.get(slot).copied() else { return };
        self.busy += 1;
        fx.note(query.span, Note::Started(self.busy));
        if query.statement == Statement::Usual
            && query.route == Route::Create
            && let Some(told) = self.claim_key(fx, slot)
        {
            self.finish(fx, slot, told);
            return;
        }
        if query.writes()
            && let Some(fault) = self.fault(|f| f.behaviour().locks())
        {
            fx.note(query.span, Note::FaultActed(fault));
            fx.note(query.span, Note::Step(Step::LockWait(self.locked.len() as u32)));
            self.locked.push_back(slot);
            if let Some(limit) = self.settings.lock_timeout.filter(|limit| !limit.is_zero()) {
                fx.timer(limit, slot, 0, Timer::Lock);
            }
            return;
        }
        self.run(fx, slot);
    }

    /// Takes the idempotency key of a request that creates; tells what to answer if that is known already.
    fn claim_key<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) -> Option<Told> {
        let query = self.queries.get_mut(slot)?;
        let x = fx.exchange(query.exchange)?;
        let (request, call) = (fx.request(x.request)?, x.call);
        let key = request.idempotency_key.number(call)?;
        let (step, told) = match self.store.claim(key, request.fingerprint(), fx.now) {
            Claim::New => {
                query.key = Some(key);
                fx.note(query.span, Note::Step(Step::KeyClaimed));
                return None;
            }
            Claim::Done(order) => (Step::KeyReplayed(order), Told::Replayed(order)),
            Claim::Busy => (Step::KeyBusy, Told::KeyBusy),
            Claim::Mismatch => (Step::KeyMismatch, Told::KeyMismatch),
        };
        fx.note(query.span, Note::Step(step));
        Some(told)
    }

    /// The query takes its time.
    fn run<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(query) = self.queries.get(slot).copied() else { return };
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

    pub(crate) fn timer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, timer: Timer) {
        match timer {
            Timer::Lock if self.locked.contains(&slot) => {
                self.locked.retain(|waiting| *waiting != slot);
                self.finish(fx, slot, Told::Failed(QueryFailure::LockTimeout));
            }
            Timer::Work => {
                if let Some(told) = self.carry_out(fx, slot) {
                    self.finish(fx, slot, told);
                }
            }
            _ => {}
        }
    }

    /// Carries out a query whose time is over; tells what to answer.
    fn carry_out<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) -> Option<Told> {
        let query = self.queries.get_mut(slot)?;
        let (span, key) = (query.span, query.key);
        let fails =
            self.faults.iter().find_map(|(f, index)| f.behaviour().error_share().map(|s| (s, *index)));
        if let Some((share, fault)) = fails
            && self.errors.chance(share)
        {
            fx.note(span, Note::FaultActed(fault));
            return Some(Told::Failed(QueryFailure::Error));
        }
        if query.statement == Statement::Call {
            return Some(Told::Done(0));
        }
        Some(match query.route {
            Route::Create => {
                let number = self.store.create();
                fx.note(span, Note::Committed(number));
                if let Some(key) = key {
                    self.store.settle(key, Some(number));
                    query.key = None;
                }
                Told::Done(number)
            }
            Route::Read(order) | Route::Update(order) if !self.store.has(order) => {
                fx.note(span, Note::Step(Step::NoOrder(order)));
                Told::NoOrder
            }
            Route::Read(order) => Told::Done(order),
            Route::Update(order) => {
                let written = match query.statement {
                    Statement::ReadVersion => return Some(Told::Done(self.store.version(order))),
                    Statement::WriteIf(version) => self.store.write_if(order, version),
                    _ => Ok(self.store.write(order)),
                };
                match written {
                    Ok(version) => {
                        fx.note(span, Note::Step(Step::RowWritten(version)));
                        Told::Done(version)
                    }
                    Err(found) => Told::Stale(found),
                }
            }
            _ => Told::Done(self.store.created()),
        })
    }

    /// A query that had its place here is over: the next one takes it.
    fn finish<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, told: Told) {
        let Some(query) = self.queries.get(slot) else { return };
        self.busy -= 1;
        fx.note(query.span, Note::Released(self.busy));
        self.answer(fx, slot, told);
        if let Some(next) = self.line.pop_front() {
            self.start(fx, next);
        }
    }

    fn answer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, told: Told) {
        let Some(query) = self.queries.remove(slot) else { return };
        if let Some(key) = query.key {
            self.store.settle(key, None);
        }
        fx.close(query.span, Outcome::Done);
        fx.reply(
            query.exchange,
            match told {
                Told::Done(number) => Packet::Done(number),
                other => Packet::Told(other),
            },
        );
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
