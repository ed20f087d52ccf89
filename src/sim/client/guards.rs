//! What all calls of a client share: retry budget, circuit breaker, throttling, and its rate limit.
//!
//! A client is one program: all users of a client node share one set. A change of the policy keeps the state of
//! every guard whose settings stay the same.

use super::breaker::{Circuit, Shift};
use super::budget::{Asked, Budget, Purse};
use super::decide::Verdict;
use super::policy::Policy;
use super::rate_limit::Pacer;
use super::throttle::Valve;
use crate::sim::network::{Effects, SlotKey, Timer};
use crate::sim::random::Stream;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{BreakerState, Failure, GiveUp, Note, Observer, SpanId};

/// The guards of one client.
#[derive(Clone)]
pub(super) struct Guards {
    budget: Option<(Budget, Purse)>,
    breaker: Option<Circuit>,
    throttle: Option<Valve>,
    pacer: Option<Pacer>,
    /// The streams as they were at the start, for guards that come later.
    breaker_chance: Stream,
    throttle_chance: Stream,
    /// A breaker that was not closed has gone; nobody has been told yet.
    untold: bool,
    /// No breaker of this client has had a mark as high as this.
    next_mark: u32,
}

/// An attempt of which the guards know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub(super) began: SimTime,
    /// The breaker's mark.
    pub(super) mark: u32,
    /// What the retry took from the budget.
    pub(super) taken: u32,
}

impl Guards {
    pub(super) fn new(policy: &Policy, seed: u64, id: &str) -> Self {
        let mut guards = Self {
            budget: None,
            breaker: None,
            throttle: None,
            pacer: None,
            breaker_chance: Stream::new(seed, id, "breaker"),
            throttle_chance: Stream::new(seed, id, "throttle"),
            untold: false,
            next_mark: 0,
        };
        guards.set(policy);
        guards
    }

    pub(super) fn set(&mut self, policy: &Policy) {
        if self.budget.as_ref().map(|(budget, _)| *budget) != policy.budget {
            self.budget = policy.budget.map(|budget| (budget, Purse::new(budget)));
        }
        if self.breaker.as_ref().map(Circuit::settings) != policy.breaker.as_deref() {
            if let Some(old) = &self.breaker {
                self.untold |= !old.is_closed();
                self.next_mark = old.mark() + 1;
            }
            let circuit =
                |b: &super::Breaker| Circuit::new(b.clone(), self.next_mark, self.breaker_chance.clone());
            self.breaker = policy.breaker.as_deref().map(circuit);
        }
        if self.throttle.as_ref().map(Valve::settings) != policy.throttle.as_deref() {
            let valve = |t: &super::Throttle| Valve::new(t.clone(), self.throttle_chance.clone());
            self.throttle = policy.throttle.as_deref().map(valve);
        }
        if self.pacer.as_ref().map(Pacer::settings) != policy.rate_limit.as_deref() {
            self.pacer = policy.rate_limit.as_deref().cloned().map(Pacer::new);
        }
    }

    pub(super) fn call_began(&mut self, now: SimTime) {
        if let Some((_, purse)) = &mut self.budget {
            purse.call_began(now);
        }
    }

    /// How long the next attempt has to wait for the client's rate limit.
    pub(super) fn pace(&mut self, now: SimTime) -> SimDuration {
        self.pacer.as_mut().map_or(SimDuration::ZERO, |pacer| pacer.wait(now))
    }

    /// Lets an attempt begin, or says why it must not: the breaker's mark, or what the call ends with.
    pub(super) fn admit<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        call: SpanId,
    ) -> Result<u32, (Failure, GiveUp)> {
        if self.untold {
            self.untold = false;
            fx.note(call, Note::Breaker(fx.node, BreakerState::Closed));
        }
        let mut mark = 0;
        if let Some(breaker) = &mut self.breaker {
            let (passes, shift) = breaker.ask(fx.now);
            tell(fx, call, shift);
            mark = passes.ok_or((Failure::BreakerOpen, GiveUp::Breaker))?;
        }
        if let Some(share) = self.throttle.as_mut().and_then(|valve| valve.refuses(fx.now)) {
            fx.note(call, Note::Throttled(share));
            if let Some(breaker) = &mut self.breaker {
                breaker.cancelled(mark);
            }
            return Err((Failure::Throttled, GiveUp::Throttled));
        }
        Ok(mark)
    }

    /// An attempt has ended, with this status or without a whole answer.
    pub(super) fn attempt_ended<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        call: SpanId,
        attempt: Admitted,
        verdict: Verdict,
        status: Option<u16>,
        slow_down: bool,
    ) {
        if let Some((_, purse)) = &mut self.budget {
            purse.attempt_ended(fx.now, attempt.taken, verdict);
        }
        if verdict == Verdict::Cancelled {
            if let Some(breaker) = &mut self.breaker {
                breaker.cancelled(attempt.mark);
            }
            return;
        }
        if let Some(breaker) = &mut self.breaker {
            let failed = status.is_none_or(|status| breaker.settings().failures.contains(&status));
            let took = fx.now.since(attempt.began);
            let shift = breaker.ended(fx.now, attempt.mark, failed, took);
            tell(fx, call, shift);
        }
        if let Some(valve) = &mut self.throttle {
            valve.answered(fx.now, status);
        }
        if let Some(pacer) = &mut self.pacer {
            pacer.answered(fx.now, status, slow_down);
        }
    }

    /// Asks the budget for a retry: what it took, or none if it refuses.
    pub(super) fn take<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        call: SpanId,
        asked: Asked,
    ) -> Option<u32> {
        let Some((_, purse)) = &mut self.budget else { return Some(0) };
        let taken = purse.take(fx.now, asked);
        if taken.is_none() {
            fx.note(call, Note::BudgetRefused);
        }
        taken
    }

    /// A retry, for which this was taken, will never be made.
    pub(super) fn give_back(&mut self, now: SimTime, taken: u32) {
        if let Some((_, purse)) = &mut self.budget {
            purse.attempt_ended(now, taken, Verdict::Cancelled);
        }
    }

    /// The breaker's timer has run out.
    pub(super) fn timer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, mark: u32) {
        let shift = self.breaker.as_mut().and_then(|breaker| breaker.timer(mark));
        tell(fx, SpanId::NONE, shift);
    }
}

fn tell<O: Observer>(fx: &mut Effects<'_, O>, call: SpanId, shift: Option<Shift>) {
    let Some(shift) = shift else { return };
    fx.note(call, Note::Breaker(fx.node, shift.to));
    if let Some((wait, mark)) = shift.timer {
        fx.timer_by_chance(wait, SlotKey::default(), mark, Timer::Breaker);
    }
}
