//! What an origin asks others: its database through a pool, third parties directly.
//!
//! A query goes over a connection that stands already. Left out: transactions over several queries, retries of
//! failed queries, opening a pool's connections.

use super::actor::OriginActor;
use super::api::{Reply, Route};
use super::work::Stage;
use crate::sim::network::{Asks, Effects, End, ExchangeKey, SlotKey, Timer};
use crate::sim::query::{Statement, Told};
use crate::sim::trace::{NodeId, Note, Observer, QueryFailure, Step};

impl OriginActor {
    fn pool_size(&self) -> Option<u32> {
        self.settings.pool.map(|pool| pool.size)
    }

    /// A request needs a connection to the database.
    pub(super) fn acquire<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if self.pool.acquire(slot, self.pool_size()) {
            self.ask(fx, slot);
            return;
        }
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = Stage::Pooling;
        work.epoch += 1;
        fx.note(work.span, Note::Step(Step::PoolWait(self.pool.waiting() as u32 - 1)));
        if let Some(pool) = self.settings.pool {
            fx.timer(pool.acquire_timeout, slot, work.epoch, Timer::Acquire);
        }
        self.step_aside(fx, slot);
    }

    /// It has one: the query goes out.
    fn ask<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if let Some(database) = self.database {
            self.send_query(fx, slot, database, Stage::Asking);
        }
    }

    /// A third party is called.
    pub(super) fn call_api<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, api: NodeId) {
        if let Some(work) = self.work.get_mut(slot) {
            work.statement = Statement::Call;
            fx.note(work.span, Note::Step(Step::Called(api)));
        }
        self.send_query(fx, slot, api, Stage::Calling);
    }

    fn send_query<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, to: NodeId, stage: Stage) {
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = stage;
        work.epoch += 1;
        let limit = if stage == Stage::Calling {
            self.settings.call_timeout
        } else {
            fx.note(work.span, Note::Asked);
            self.settings.query_timeout
        };
        let call = fx.call_of(work.exchange);
        let asks = Asks { callee: to, request: work.request, call, slot, span: work.span };
        work.query = Some(fx.ask(asks, work.statement));
        if let Some(limit) = limit.filter(|limit| !limit.is_zero()) {
            fx.timer(limit, slot, work.epoch, Timer::Query);
        }
        self.step_aside(fx, slot);
    }

    /// A connection of the pool is free.
    pub(super) fn give_back<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        if let Some(next) = self.pool.release(self.pool_size()) {
            self.ask(fx, next);
        }
    }

    /// No connection of the pool was free in time.
    pub(super) fn pool_timed_out<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if self.pool.give_up(slot) {
            self.resume(fx, slot, Told::Failed(QueryFailure::PoolExhausted));
        }
    }

    /// A query or a call has taken as long as it may: it is hung up, and the other end may still carry it out.
    pub(super) fn query_timed_out<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(query) = self.work.get_mut(slot).and_then(|work| work.query.take()) else { return };
        fx.hang_up(query);
        self.query_ended(fx, slot, Told::Failed(QueryFailure::TimedOut));
    }

    /// Something came back, or the connection broke.
    ///
    /// A process that stood still may find the answer to a query that it gave up first.
    pub(super) fn query_answered<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        query: ExchangeKey,
        slot: SlotKey,
        told: Told,
    ) {
        let Some(work) = self.work.get_mut(slot).filter(|work| work.query == Some(query)) else { return };
        work.query = None;
        fx.leave(query, End::Caller);
        fx.note(work.span, Note::QueryAnswered);
        self.query_ended(fx, slot, told);
    }

    fn query_ended<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, told: Told) {
        let Some(work) = self.work.get_mut(slot) else { return };
        work.epoch += 1;
        let pooled = work.stage == Stage::Asking;
        // The stage says from now on that no connection is held.
        work.stage = if pooled { Stage::Resuming } else { work.stage };
        if pooled {
            self.give_back(fx);
        }
        self.resume(fx, slot, told);
    }

    /// The request goes on, once the loop is free.
    fn resume<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, told: Told) {
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = Stage::Resuming;
        if self.is_loop() && (self.busy > 0 || self.stuck() > 0) {
            self.ready.push_back((slot, told));
        } else {
            self.go_on(fx, slot, told);
        }
    }

    /// The request goes on with what came back.
    pub(super) fn go_on<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, told: Told) {
        let Some(work) = self.work.get_mut(slot) else { return };
        let (span, route, statement) = (work.span, work.route, work.statement);
        if let Told::Failed(failure) = told {
            fx.note(span, Note::Step(Step::QueryFailed(failure)));
        }
        if statement == Statement::Call {
            if matches!(told, Told::Done(_)) {
                work.called += 1;
                self.proceed(fx, slot);
            } else {
                let answer = self.settings.on_call_failure.unwrap_or_default();
                self.write(fx, slot, Reply::failed(answer), 0);
            }
            return;
        }
        let (reply, number) = match told {
            Told::Done(version) if statement == Statement::ReadVersion => {
                work.version = version;
                fx.note(span, Note::Step(Step::RowRead(version)));
                self.compute(fx, slot);
                return;
            }
            Told::Stale(found) => {
                self.conflict(fx, slot, found);
                return;
            }
            Told::Done(number) | Told::Replayed(number) => (Reply::Usual(route), number),
            Told::KeyBusy => (Reply::KeyBusy, 0),
            Told::KeyMismatch => (Reply::KeyMismatch, 0),
            Told::NoOrder => {
                let order = match route {
                    Route::Read(order) | Route::Update(order) => order,
                    _ => 0,
                };
                (Reply::NoOrder, order)
            }
            Told::Failed(_) | Told::Lost => {
                (Reply::failed(self.settings.on_query_failure.unwrap_or_default()), 0)
            }
        };
        self.write(fx, slot, reply, number);
    }
}
