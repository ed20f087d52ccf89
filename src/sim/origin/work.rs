//! Requests at work: who is next, what they do, and how they end.

use super::actor::OriginActor;
use super::api::{Reply, Route};
use crate::sim::network::{Effects, ExchangeKey, SlotKey, Timer};
use crate::sim::query::Statement;
use crate::sim::scenario::{
    ConflictAnswer, Distribution, Execution, IdempotencyKeys, OriginSettings, Updates,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Note, Observer, Outcome, SpanId, Step};

/// A request that is worked on or waits for a worker.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub(super) exchange: ExchangeKey,
    pub(super) span: SpanId,
    pub(super) request: u32,
    pub(super) route: Route,
    /// The answer goes without its body.
    pub(super) head_only: bool,
    /// How long a fault makes the work; none for the usual work.
    pub(super) takes: Option<SimDuration>,
    pub(super) has_worker: bool,
    pub(super) query: Option<ExchangeKey>,
    pub(super) caller_left: bool,
    pub(super) stage: Stage,
    /// Timers of an earlier epoch are void.
    pub(super) epoch: u32,
    /// What the next or present query is.
    pub(super) statement: Statement,
    /// The version of the row that was read.
    pub(super) version: u32,
    /// How often it began anew after a conflict.
    pub(super) retries: u32,
    /// How many third parties have answered.
    pub(super) called: u32,
    /// The idempotency key that it has claimed here.
    pub(super) key: Option<u64>,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for a worker.
    Waiting,
    /// The origin's own work.
    Working,
    /// It waits for the lock.
    Locking,
    /// It holds the lock and works.
    Holding,
    /// It waits for a connection of the pool.
    Pooling,
    /// It waits for the database.
    Asking,
    /// It waits for a third party.
    Calling,
    /// It is answered and waits for the loop.
    Resuming,
    /// Its answer is being written.
    Writing,
    /// Its answer breaks off, and the process dies by this fault.
    Dying(u32),
}

impl Work {
    pub(super) fn new(exchange: ExchangeKey, span: SpanId, request: u32, route: Route) -> Self {
        Self {
            exchange,
            span,
            request,
            route,
            head_only: false,
            takes: None,
            has_worker: false,
            query: None,
            caller_left: false,
            stage: Stage::Waiting,
            epoch: 0,
            statement: Statement::Usual,
            version: 0,
            retries: 0,
            called: 0,
            key: None,
        }
    }
}

impl OriginActor {
    pub(super) fn is_loop(&self) -> bool {
        self.settings.execution == Some(Execution::EventLoop)
    }

    /// How many requests can be worked on at a time.
    pub(super) fn capacity(&self) -> u32 {
        let workers =
            if self.is_loop() { 1 } else { self.settings.workers.unwrap_or(OriginSettings::DEFAULT_WORKERS) };
        workers.saturating_sub(self.stuck())
    }

    pub(super) fn stuck(&self) -> u32 {
        self.faults.iter().map(|(f, _)| f.behaviour().stuck_workers()).sum()
    }

    /// A worker takes a request.
    pub(super) fn start<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if !self.work.contains_key(slot) {
            return;
        }
        self.occupy(fx, slot);
        self.begin(fx, slot);
    }

    fn occupy<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get_mut(slot).filter(|work| !work.has_worker) else { return };
        self.busy += 1;
        work.has_worker = true;
        fx.note(work.span, Note::Started(self.busy));
    }

    /// Begins a request, also anew after a conflict.
    fn begin<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let alone = self.faults.iter().any(|(f, _)| f.behaviour().answers_alone());
        let Some(work) = self.work.get_mut(slot) else { return };
        if let (Route::Update(order), Some(Updates::Optimistic { .. })) = (work.route, self.settings.updates)
            && !alone
        {
            if self.database.is_some() {
                work.statement = Statement::ReadVersion;
                self.acquire(fx, slot);
                return;
            }
            work.version = self.store.version(order);
            fx.note(work.span, Note::Step(Step::RowRead(work.version)));
        }
        self.compute(fx, slot);
    }

    /// The origin's own work, for which a loop has to be free.
    pub(super) fn compute<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        self.occupy(fx, slot);
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = Stage::Working;
        let s = &self.settings;
        let usual = match work.route {
            Route::Report => s.report_service_time.or(s.service_time),
            _ => s.service_time,
        }
        .unwrap_or(OriginSettings::DEFAULT_SERVICE_TIME);
        let slowness = self.life.slowness(s.warm_up, fx.now);
        let epoch = work.epoch;
        match (work.takes, usual) {
            (Some(takes), _) => fx.timer(takes, slot, epoch, Timer::Work),
            (None, Distribution::Fixed(takes)) if slowness <= 1.0 => {
                fx.timer(takes, slot, epoch, Timer::Work);
            }
            _ => {
                let takes = usual.draw(&mut self.service);
                let takes = if slowness > 1.0 { takes.scaled(slowness) } else { takes };
                fx.timer_by_chance(takes, slot, epoch, Timer::Work);
            }
        }
    }

    /// The origin's own work is done: throw, or go on.
    pub(super) fn worked<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get(slot).copied() else { return };
        if work.stage == Stage::Working
            && let Some((share, fault)) = self.ask_faults(|f| f.behaviour().exception_share())
            && self.exceptions.chance(share)
        {
            fx.note(work.span, Note::FaultActed(fault));
            self.write(fx, slot, Reply::Exception, 0);
            return;
        }
        self.proceed(fx, slot);
    }

    /// Whatever the request needs next: a lock, a third party, the database, or its answer.
    pub(super) fn proceed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get_mut(slot) else { return };
        if self.faults.iter().any(|(f, _)| f.behaviour().answers_alone()) {
            let (route, number) = (work.route, work.route.order().unwrap_or(self.store.created()));
            self.write(fx, slot, Reply::Usual(route), number);
            return;
        }
        if matches!(work.route, Route::Update(_)) {
            match self.settings.updates {
                Some(Updates::Locked { hold, timeout, .. }) if work.stage != Stage::Holding => {
                    work.stage = Stage::Locking;
                    let (span, epoch) = (work.span, work.epoch);
                    if self.mutex.acquire(slot) {
                        self.hold(fx, slot, hold);
                    } else {
                        fx.note(span, Note::Step(Step::LockWait(self.mutex.waiting() as u32 - 1)));
                        if !timeout.is_zero() {
                            fx.timer(timeout, slot, epoch, Timer::Lock);
                        }
                        self.step_aside(fx, slot);
                    }
                    return;
                }
                Some(Updates::Optimistic { .. }) => work.statement = Statement::WriteIf(work.version),
                _ => work.statement = Statement::Write,
            }
        }
        if work.route == Route::Create {
            if let Some(api) = self.apis.get(work.called as usize).copied() {
                self.call_api(fx, slot, api);
                return;
            }
            let ignored = self.settings.idempotency_keys == Some(IdempotencyKeys::Ignored);
            let keyed = fx.request(work.request).is_some_and(|r| !r.idempotency_key.is_none());
            work.statement = if ignored && keyed { Statement::Unkeyed } else { Statement::Usual };
        }
        if self.database.is_some() && work.route.asks_database() {
            self.acquire(fx, slot);
        } else {
            self.carry_out(fx, slot);
        }
    }

    /// The lock is here: work under it.
    pub(super) fn hold<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, hold: SimDuration) {
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = Stage::Holding;
        work.epoch += 1;
        fx.note(work.span, Note::Step(Step::Locked));
        fx.timer(hold, slot, work.epoch, Timer::Work);
    }

    /// Carries out a request where there is no database to ask.
    fn carry_out<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get_mut(slot) else { return };
        let (span, route) = (work.span, work.route);
        let (reply, number) = match route {
            Route::Create => {
                let number = self.store.create();
                fx.note(span, Note::Committed(number));
                if let Some(key) = work.key.take() {
                    self.store.settle(key, Some(number));
                }
                (Reply::Usual(route), number)
            }
            Route::Read(order) | Route::Update(order) if !self.store.has(order) => {
                fx.note(span, Note::Step(Step::NoOrder(order)));
                (Reply::NoOrder, order)
            }
            Route::Read(order) => (Reply::Usual(route), order),
            Route::Update(order) => {
                let written = match work.statement {
                    Statement::WriteIf(version) => self.store.write_if(order, version),
                    _ => Ok(self.store.write(order)),
                };
                match written {
                    Ok(version) => {
                        fx.note(span, Note::Step(Step::RowWritten(version)));
                        (Reply::Usual(route), version)
                    }
                    Err(found) => {
                        self.conflict(fx, slot, found);
                        return;
                    }
                }
            }
            _ => (Reply::Usual(route), self.store.created()),
        };
        self.write(fx, slot, reply, number);
    }

    /// The row was written by another one: begin anew, or tell the client.
    pub(super) fn conflict<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, found: u32) {
        let Some(work) = self.work.get_mut(slot) else { return };
        fx.note(work.span, Note::Step(Step::RowStale { read: work.version, found }));
        let (retries, answer) = match self.settings.updates {
            Some(Updates::Optimistic { retries, answer }) => (retries, answer),
            _ => (0, ConflictAnswer::Conflict),
        };
        if work.retries < retries {
            work.retries += 1;
            self.begin(fx, slot);
            return;
        }
        let reply = match answer {
            ConflictAnswer::Conflict => Reply::Conflict,
            ConflictAnswer::PreconditionFailed => Reply::PreconditionFailed,
        };
        self.write(fx, slot, reply, found);
    }

    /// A request that waits for somebody leaves the loop to others; a thread waits with it.
    pub(super) fn step_aside<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if !self.is_loop() {
            return;
        }
        if let Some(work) = self.work.get_mut(slot).filter(|work| work.has_worker) {
            work.has_worker = false;
            self.busy -= 1;
            fx.note(work.span, Note::Released(self.busy));
            self.next(fx);
        }
    }

    /// The answer is out: the span ends, and the worker takes the next request.
    pub(super) fn release<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        self.end(fx, slot, Outcome::Done);
    }

    /// A request ends, wherever it is; what it held goes to others.
    pub(super) fn end<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, outcome: Outcome) {
        let Some(work) = self.work.remove(slot) else { return };
        if let Some(query) = work.query {
            fx.hang_up(query);
        }
        if work.stage == Stage::Resuming {
            self.ready.retain(|(waiting, _)| *waiting != slot);
        }
        if let Some(key) = work.key {
            self.store.settle(key, None);
        }
        if work.has_worker {
            self.busy -= 1;
            fx.note(work.span, Note::Released(self.busy));
        }
        fx.close(work.span, outcome);
        match work.stage {
            Stage::Asking => self.give_back(fx),
            Stage::Pooling => {
                self.pool.give_up(slot);
            }
            _ => {}
        }
        if matches!(work.route, Route::Update(_)) {
            self.unlock(fx, slot);
        }
        debug_assert!(!self.work.is_empty() || self.is_at_rest(), "what ended has left something behind");
        if work.has_worker {
            self.next(fx);
        }
    }

    /// Nobody holds or waits for anything.
    fn is_at_rest(&self) -> bool {
        self.busy == 0
            && self.line.len() == 0
            && self.ready.is_empty()
            && self.pool.is_free()
            && self.mutex.is_free()
    }

    /// The lock goes to the next, if this request has it.
    fn unlock<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if let Some(next) = self.mutex.leave(slot) {
            let hold = match self.settings.updates {
                Some(Updates::Locked { hold, .. }) => hold,
                _ => SimDuration::ZERO,
            };
            self.hold(fx, next, hold);
        }
    }

    /// A request has waited for the lock as long as it may.
    pub(super) fn lock_timed_out<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if !self.mutex.waits(slot) {
            return;
        }
        self.mutex.leave(slot);
        let Some(work) = self.work.get(slot) else { return };
        fx.note(work.span, Note::Step(Step::LockTimeout));
        let answer = match self.settings.updates {
            Some(Updates::Locked { on_timeout, .. }) => on_timeout,
            _ => Default::default(),
        };
        self.write(fx, slot, Reply::failed(answer), 0);
    }
}
