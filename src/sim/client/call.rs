//! A call from its beginning to its end: attempts, hedges, waits, and what ends it.

use std::sync::Arc;

use super::actor::{Attempt, Call, ClientActor};
use super::backoff::Memory;
use super::budget::Asked;
use super::connection_errors::Repeat;
use super::decide::{Ending, Next, Progress, Verdict, next};
use super::guards::Admitted;
use super::policy::{DeadlineRule, Policy, SlowDown};
use super::traffic::Running;
use crate::sim::message::Method;
use crate::sim::network::{Asks, Effects, Packet, SlotKey, Timer};
use crate::sim::origin::draw;
use crate::sim::scenario::Arrivals;
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, GiveUp, Note, Observer, Outcome, SpanId, SpanKind};

/// The least time from a refusal by the client itself to the next request of the same user.
const NOTICING: SimDuration = SimDuration::from_millis(100);

impl ClientActor {
    /// Starts a call; `request` is the index of what it asks.
    pub(crate) fn call<O: Observer>(&mut self, fx: &mut Effects<'_, O>, request: u32) {
        self.begin(fx, request, None);
    }

    pub(super) fn begin<O: Observer>(&mut self, fx: &mut Effects<'_, O>, request: u32, user_of: Option<u32>) {
        let span = fx.open(SpanKind::Call, SpanId::NONE, request);
        let policy = Arc::clone(&self.policy);
        let (deadline, rule, patience) = (policy.deadline, policy.deadline_rule, policy.patience);
        let slot = self.calls.insert(Call {
            span,
            request,
            number: fx.next_call(),
            policy,
            user_of,
            started: fx.now,
            attempts: 0,
            resent: 0,
            ahead: 0,
            last_chance: false,
            epoch: 0,
            latest: None,
            earlier: Vec::new(),
            last: None,
            taken: 0,
            memory: Memory::default(),
        });
        if let (Some(deadline), DeadlineRule::Cut) = (deadline, rule) {
            fx.timer(deadline, slot, 0, Timer::Deadline);
        }
        if let Some(patience) = patience {
            let patience = draw(patience, &mut self.patience);
            fx.timer_by_chance(patience, slot, 0, Timer::Patience);
        }
        self.guards.call_began(fx.now);
        self.attempt(fx, slot);
    }

    /// Begins the next attempt, as soon as the client's rate limit lets it.
    pub(super) fn attempt<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let wait = self.guards.pace(fx.now);
        if let Some(call) = self.calls.get_mut(slot)
            && let Some(resend) = &call.policy.resend
        {
            call.ahead = resend.ahead(&mut self.opened_ahead);
        }
        let Some(call) = self.calls.get_mut(slot).filter(|_| !wait.is_zero()) else {
            return self.send(fx, slot, false);
        };
        call.epoch += 1;
        fx.note(call.span, Note::Paced(wait));
        fx.timer_by_chance(wait, slot, call.epoch, Timer::Paced);
    }

    /// Sends an attempt, unless breaker or throttling refuse it; then the call ends, or goes on without a hedge.
    pub(super) fn send<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, hedge: bool) {
        let Some(call) = self.calls.get_mut(slot) else { return };
        let mark = match self.guards.admit(fx, call.span) {
            Ok(mark) => mark,
            Err(_) if hedge => {
                self.guards.give_back(fx.now, std::mem::take(&mut call.taken));
                return;
            }
            Err((failure, why)) => {
                let outcome = call.last.unwrap_or(Outcome::Failed(failure));
                return self.finish(fx, slot, outcome, why, Failure::Cancelled);
            }
        };
        call.attempts += 1;
        call.epoch += 1;
        if hedge {
            fx.note(call.span, Note::Hedged);
        }
        let span = fx.open(SpanKind::Attempt, call.span, call.attempts);
        let admitted = Admitted { began: fx.now, mark, taken: std::mem::take(&mut call.taken) };
        let (callee, request, number) = (self.gateway, call.request, call.number);
        let attempt = self.attempts.insert_with_key(|key| {
            let (exchange, reused) = fx.call(Asks { callee, request, call: number, slot: key, span });
            if reused {
                fx.send(exchange, Packet::Request);
            }
            Attempt { call: slot, span, exchange, reused, head: None, admitted }
        });
        call.earlier.extend(call.latest.replace(attempt));
        if let Some(limit) = call.policy.attempt_timeout {
            fx.timer(limit, attempt, 0, Timer::Attempt);
        }
        if let Some(hedge) = call.policy.hedge.filter(|hedge| call.in_flight() < hedge.most) {
            fx.timer(hedge.delay, slot, call.epoch, Timer::Hedge);
        }
    }

    /// Sends another attempt beside those in flight, if the policy has one left.
    pub(super) fn hedge<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let in_flight = self.attempts.len() as u32;
        let Some(call) = self.calls.get_mut(slot) else { return };
        let method = fx.request(call.request).map_or(Method::Get, |r| r.method);
        let most = call.policy.hedge.map_or(1, |hedge| hedge.most);
        let allowed = call.in_flight() < most
            && call.policy.allows_after(call.attempts - call.resent, method)
            && call.policy.methods.contains(&method);
        if !allowed {
            return;
        }
        let asked = Asked { in_flight, ..Asked::default() };
        let Some(taken) = self.guards.take(fx, call.span, asked) else { return };
        call.taken = taken;
        self.send(fx, slot, true);
    }

    /// An attempt has ended: wait for others in flight, try again, or end the call.
    pub(super) fn ended<O: Observer>(&mut self, fx: &mut Effects<'_, O>, key: SlotKey, outcome: Outcome) {
        let Some(attempt) = self.attempts.remove(key) else { return };
        let slot = attempt.call;
        let Some(call) = self.calls.get_mut(slot) else { return };
        match outcome {
            Outcome::Answer(_) => fx.done(attempt.exchange),
            _ => fx.hang_up(attempt.exchange),
        }
        fx.close(attempt.span, outcome);
        call.forget(key);
        call.last = Some(outcome);
        let header = retry_after(&call.policy, outcome, fx);
        let ending = ending(outcome, header.as_deref(), fx);
        let verdict = ending.verdict(&call.policy);
        let slow_down = told_to_slow_down(&call.policy, outcome, fx);
        self.guards.attempt_ended(fx, call.span, attempt.admitted, verdict, ending.status(), slow_down);
        if call.in_flight() > 0 && verdict == Verdict::Failure {
            // The others may still do better. The next one goes out now, as in gRPC, unless nothing bounds them.
            if call.policy.attempts.is_some() {
                self.hedge(fx, slot);
            }
            return;
        }
        call.epoch += 1;
        let method = fx.request(call.request).map_or(Method::Get, |r| r.method);
        let unproven = attempt.reused || call.ahead > 0;
        if unproven && call.policy.resend.as_ref().is_some_and(|r| r.covers(ending, method)) {
            call.ahead = call.ahead.saturating_sub(u32::from(!attempt.reused));
            call.resent += 1;
            fx.note(call.span, Note::Resent);
            return self.send(fx, slot, false);
        }
        let progress = Progress {
            method,
            attempts: call.attempts - call.resent,
            slow_down,
            last_chance: call.last_chance,
            started: call.started,
            now: fx.now,
            epoch: fx.epoch,
        };
        let (wait, reason) = match next(&call.policy, ending, progress, &mut call.memory, &mut self.jitter) {
            Next::Retry(wait, reason) => (wait, reason),
            Next::GiveUp(why) => return self.finish(fx, slot, outcome, why, Failure::Cancelled),
        };
        call.last_chance |=
            matches!(ending, Ending::Failed(f) if call.policy.connection_errors.on(f) == Repeat::Once);
        let asked = asked(&call.policy, ending, slow_down, self.attempts.len() as u32);
        let Some(taken) = self.guards.take(fx, call.span, asked) else {
            return self.finish(fx, slot, outcome, GiveUp::Budget, Failure::Cancelled);
        };
        call.taken = taken;
        fx.note(call.span, Note::RetryIn(wait, reason));
        fx.timer_by_chance(wait, slot, call.epoch, Timer::Retry);
    }

    /// The client does not wait for the call any longer.
    pub(super) fn leave<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        failure: Failure,
        why: GiveUp,
    ) {
        let Some(call) = self.calls.get(slot) else { return };
        let latest = call.latest.and_then(|key| self.attempts.get(key));
        let outcome = latest.map_or(Outcome::Failed(failure), |attempt| attempt.cut_short(fx, failure));
        self.finish(fx, slot, outcome, why, failure);
    }

    /// Ends a call, and whatever of it is in flight with that failure.
    fn finish<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        outcome: Outcome,
        why: GiveUp,
        failure: Failure,
    ) {
        let Some(call) = self.calls.remove(slot) else { return };
        for key in call.earlier.iter().copied().chain(call.latest) {
            let Some(attempt) = self.attempts.remove(key) else { continue };
            fx.note(attempt.span, Note::Noticed(failure));
            fx.hang_up(attempt.exchange);
            fx.close(attempt.span, attempt.cut_short(fx, failure));
            // A deadline says something about the other side, a user who leaves does not.
            let verdict =
                if failure == Failure::DeadlineExceeded { Verdict::Final } else { Verdict::Cancelled };
            self.guards.attempt_ended(fx, call.span, attempt.admitted, verdict, None, false);
        }
        self.guards.give_back(fx.now, call.taken);
        fx.note(call.span, Note::GaveUp(why));
        fx.note(call.span, Note::CallEnded);
        fx.close(call.span, outcome);
        if call.user_of == Some(self.traffic_epoch)
            && let Some(Running { arrivals: Arrivals::Closed { think, .. }, .. }) = self.traffic
        {
            let least = if call.attempts == 0 { NOTICING } else { SimDuration::ZERO };
            self.think(fx, think, least);
        }
    }
}

impl Call {
    fn in_flight(&self) -> u32 {
        self.earlier.len() as u32 + u32::from(self.latest.is_some())
    }

    fn forget(&mut self, attempt: SlotKey) {
        if self.latest == Some(attempt) {
            self.latest = self.earlier.pop();
        } else {
            self.earlier.retain(|key| *key != attempt);
        }
    }
}

/// How an attempt ended, as the policy looks at it.
fn ending<'a, O: Observer>(outcome: Outcome, header: Option<&'a str>, fx: &Effects<'_, O>) -> Ending<'a> {
    match outcome {
        Outcome::Answer(message) => {
            Ending::Answer(fx.templates.get(message.template).status.unwrap_or_default(), header)
        }
        Outcome::Broken(_, failure) | Outcome::Failed(failure) => Ending::Failed(failure),
        // An attempt ends in no other way.
        Outcome::Open | Outcome::Done | Outcome::Unfinished => Ending::Failed(Failure::Closed),
    }
}

/// The answer's `Retry-After`, where the policy looks at it.
fn retry_after<O: Observer>(policy: &Policy, outcome: Outcome, fx: &Effects<'_, O>) -> Option<String> {
    let Outcome::Answer(message) = outcome else { return None };
    let template = fx.templates.get(message.template);
    let status = template.status?;
    let matters = policy.retry_after.covers(status)
        && (policy.retry_after.repeats || policy.statuses.contains(&status));
    if !matters {
        return None;
    }
    Some(template.value_at(template.header("retry-after")?, message, fx.epoch))
}

/// True if the answer's body asks to slow down, where the policy looks for that.
fn told_to_slow_down<O: Observer>(policy: &Policy, outcome: Outcome, fx: &Effects<'_, O>) -> bool {
    let (Some(slow_down), Outcome::Answer(message)) = (&policy.slow_down, outcome) else { return false };
    !slow_down.codes.is_empty() && slow_down.told_by(&fx.templates.get(message.template).body)
}

fn asked(policy: &Policy, ending: Ending<'_>, told: bool, in_flight: u32) -> Asked {
    let timed_out = matches!(
        ending,
        Ending::Failed(Failure::AttemptTimeout | Failure::ConnectTimeout | Failure::NoReply)
    );
    let by_status = |slow_down: &SlowDown| ending.status().is_some_and(|s| slow_down.statuses.contains(&s));
    let slow_down = told || policy.slow_down.as_ref().is_some_and(by_status);
    Asked { timed_out, slow_down, in_flight }
}
