//! Who comes in, who waits, who is next, and who has left.

use super::actor::OriginActor;
use super::api::{Reply, Route};
use super::shedding::sheds;
use super::store::Claim;
use super::work::Stage;
use crate::sim::network::{Effects, End, SlotKey, Timer};
use crate::sim::scenario::{Accepts, CallerLeft, IdempotencyKeys, OriginSettings, Shedding};
use crate::sim::trace::{Failure, Note, Observer, Outcome, Step};

impl OriginActor {
    /// The kernel keeps requests until a worker is free.
    pub(super) fn waits_in_kernel(&self) -> bool {
        self.settings.accepts == Some(Accepts::WhenFree)
    }

    /// A request that was read finds its place: a worker, the line, or the door.
    pub(super) fn take_in<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get(slot).copied() else { return };
        if self.database.is_none() && work.route == Route::Create && !self.claim_key(fx, slot) {
            return;
        }
        let shedding = self.settings.shedding.unwrap_or_default();
        let inside = self.work.len() as u32 - 1;
        if shedding != Shedding::Off {
            let oldest = self.line.oldest(fx.now);
            if sheds(shedding, inside, oldest) {
                fx.note(
                    work.span,
                    Note::Step(match shedding {
                        Shedding::QueueDelay { .. } => Step::ShedByDelay(oldest),
                        _ => Step::ShedByConcurrency(inside),
                    }),
                );
                self.write(fx, slot, Reply::Shed, 0);
                return;
            }
        }
        if self.busy < self.capacity() {
            self.start(fx, slot);
        } else if self.line.len() < self.settings.queue.unwrap_or(OriginSettings::DEFAULT_QUEUE) as usize {
            fx.note(work.span, Note::Queued(self.line.len() as u32));
            let of_line = self.line.push(slot, fx.now, self.settings.discipline.unwrap_or_default());
            let of_settings = self.settings.queue_timeout.filter(|t| !t.is_zero());
            if let Some(limit) = of_line.into_iter().chain(of_settings).min() {
                fx.timer(limit, slot, work.epoch, Timer::Queue);
            }
        } else {
            self.write(fx, slot, Reply::Overloaded, 0);
        }
    }

    /// Where the origin stores orders itself: takes the request's idempotency key; false if that answered it.
    fn claim_key<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) -> bool {
        let Some(work) = self.work.get_mut(slot) else { return false };
        if self.settings.idempotency_keys == Some(IdempotencyKeys::Ignored) {
            return true;
        }
        let Some(request) = fx.request(work.request) else { return true };
        let Some(key) = request.idempotency_key.number(fx.call_of(work.exchange)) else { return true };
        let (step, reply) = match self.store.claim(key, request.fingerprint(), fx.now) {
            Claim::New => {
                work.key = Some(key);
                fx.note(work.span, Note::Step(Step::KeyClaimed));
                return true;
            }
            Claim::Done(order) => (Step::KeyReplayed(order), (Reply::Usual(Route::Create), order)),
            Claim::Busy => (Step::KeyBusy, (Reply::KeyBusy, 0)),
            Claim::Mismatch => (Step::KeyMismatch, (Reply::KeyMismatch, 0)),
        };
        fx.note(work.span, Note::Step(step));
        self.write(fx, slot, reply.0, reply.1);
        false
    }

    /// A worker is free: who is next?
    pub(super) fn next<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        loop {
            if self.busy > 0 && self.is_loop() || self.stuck() > 0 && self.busy >= self.capacity() {
                return;
            }
            if let Some((slot, told)) = self.ready.pop_front() {
                self.go_on(fx, slot, told);
                continue;
            }
            let before = self.busy;
            if let Some((exchange, left)) = self.backlog.accept() {
                self.read(fx, exchange);
                if left {
                    let slot = fx.exchange(exchange).map(|x| x.callee_slot);
                    fx.leave(exchange, End::Callee);
                    self.caller_left(fx, slot.unwrap_or_default());
                }
                if self.busy > before {
                    return;
                }
                continue;
            }
            let taken = self.line.take(fx.now, self.settings.discipline.unwrap_or_default());
            for (slot, waited) in self.line.dropped() {
                self.turn_away(fx, slot, Step::Dropped(waited));
            }
            let Some(slot) = taken else { return };
            let skips = self.settings.caller_left == Some(CallerLeft::SkipsQueued);
            match self.work.get(slot) {
                Some(work) if skips && work.caller_left => {
                    fx.note(work.span, Note::Step(Step::Skipped));
                    self.end(fx, slot, Outcome::Failed(Failure::CallerLeft));
                }
                Some(_) => {
                    self.start(fx, slot);
                    return;
                }
                None => {}
            }
        }
    }

    /// Workers have become free otherwise than by an answer.
    pub(super) fn fill<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        while self.busy < self.capacity() {
            let before = self.busy;
            self.next(fx);
            if self.busy <= before {
                return;
            }
        }
    }

    /// A request that waited is answered that it will not be served.
    pub(super) fn turn_away<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, why: Step) {
        if let Some(work) = self.work.get(slot) {
            fx.note(work.span, Note::Step(why));
            self.write(fx, slot, Reply::Overloaded, 0);
        }
    }

    /// Whoever asked has left.
    pub(super) fn caller_left<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get_mut(slot) else { return };
        work.caller_left = true;
        let (span, stage) = (work.span, work.stage);
        fx.note(span, Note::CallerLeft);
        let cancels = self.settings.caller_left == Some(CallerLeft::Cancels);
        if cancels && !matches!(stage, Stage::Writing | Stage::Dying(_)) {
            fx.note(span, Note::Step(Step::Cancelled));
            if stage == Stage::Waiting {
                self.line.remove(slot, fx.now);
            }
            self.end(fx, slot, Outcome::Failed(Failure::CallerLeft));
        }
    }
}
