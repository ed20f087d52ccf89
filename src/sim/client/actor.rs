//! A client at work: attempts, waits, and the end of each call.

use std::sync::Arc;

use slotmap::SlotMap;

use super::policy::Policy;
use super::retry_after::{RetryAfterValue, parse_retry_after};
use crate::sim::message::{HeadDefect, Message, Method};
use crate::sim::network::{Effects, End, ExchangeKey, Packet, SlotKey, Timer};
use crate::sim::random::Stream;
use crate::sim::scenario::Client;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, GiveUp, NodeId, Note, Observer, Outcome, RetryReason, SpanId, SpanKind};

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct ClientActor {
    /// Calls keep the policy with which they began.
    policy: Arc<Policy>,
    gateway: NodeId,
    calls: SlotMap<SlotKey, Call>,
    jitter: Stream,
}

#[derive(Clone)]
struct Call {
    span: SpanId,
    request: u32,
    policy: Arc<Policy>,
    /// Attempts begun.
    attempts: u32,
    /// Timers of an earlier epoch are void.
    epoch: u32,
    attempt: Option<Attempt>,
}

#[derive(Clone, Copy)]
struct Attempt {
    span: SpanId,
    exchange: ExchangeKey,
    head: Option<Message>,
}

impl ClientActor {
    pub(crate) fn new(client: &Client, seed: u64, gateway: NodeId) -> Self {
        Self {
            policy: Arc::new(client.policy.clone()),
            gateway,
            calls: SlotMap::with_key(),
            jitter: Stream::new(seed, &client.id, "jitter"),
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    pub(crate) fn set(&mut self, policy: &Policy) {
        self.policy = Arc::new(policy.clone());
    }

    /// Starts a call; `request` is the index of the change that asks for it.
    pub(crate) fn call<O: Observer>(&mut self, fx: &mut Effects<'_, O>, request: u32) {
        let span = fx.open(SpanKind::Call, SpanId::NONE, request);
        let call =
            Call { span, request, policy: Arc::clone(&self.policy), attempts: 0, epoch: 0, attempt: None };
        let slot = self.calls.insert(call);
        self.attempt(fx, slot);
    }

    fn attempt<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(call) = self.calls.get_mut(slot) else { return };
        call.attempts += 1;
        call.epoch += 1;
        let span = fx.open(SpanKind::Attempt, call.span, call.attempts);
        let exchange = fx.connect(self.gateway, call.request, slot, span);
        call.attempt = Some(Attempt { span, exchange, head: None });
        if let Some(limit) = call.policy.attempt_timeout {
            fx.timer(limit, slot, call.epoch, Timer::Attempt);
        }
    }

    pub(crate) fn arrive<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, packet: Packet) {
        let Some(attempt) = self.calls.get_mut(slot).and_then(|c| c.attempt.as_mut()) else { return };
        match packet {
            Packet::Accepted => {
                let (span, exchange) = (attempt.span, attempt.exchange);
                fx.note(span, Note::Connected);
                fx.send(exchange, Packet::Request);
            }
            Packet::Refused => self.failed(fx, slot, Failure::Refused),
            Packet::NoConnection(failure) => self.failed(fx, slot, failure),
            Packet::Head(message) | Packet::Whole(message) => {
                attempt.head = Some(message);
                fx.note(attempt.span, Note::HeadRead);
                if matches!(packet, Packet::Whole(_)) {
                    self.ended(fx, slot, Outcome::Answer(message));
                } else if fx.templates.get(message.template).defect == Some(HeadDefect::BadStatusLine) {
                    // It has a head with a length, only no number in it.
                    self.ended(fx, slot, Outcome::Answer(message));
                }
            }
            Packet::End => match attempt.head {
                Some(message) => self.ended(fx, slot, Outcome::Answer(message)),
                None => self.failed(fx, slot, Failure::Closed),
            },
            Packet::Close | Packet::Reset => {
                let reset = packet == Packet::Reset;
                match attempt.head {
                    Some(message) if fx.templates.get(message.template).raw.is_some() => {
                        self.failed(fx, slot, Failure::Unparsable);
                    }
                    Some(message) => {
                        let failure = Failure::Truncated { reset };
                        fx.note(attempt.span, Note::Noticed(failure));
                        self.ended(fx, slot, Outcome::Broken(message, failure));
                    }
                    None => self.failed(fx, slot, if reset { Failure::Reset } else { Failure::Closed }),
                }
            }
            Packet::HeadPart
            | Packet::Body(_)
            | Packet::BadChunk
            | Packet::Done(_)
            | Packet::Connect
            | Packet::Request => {}
        }
    }

    pub(crate) fn timer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
        timer: Timer,
    ) {
        let Some(call) = self.calls.get(slot) else { return };
        if call.epoch != epoch {
            return;
        }
        match timer {
            Timer::Attempt => match call.attempt {
                Some(Attempt { head: Some(message), span, .. })
                    if fx.templates.get(message.template).raw.is_none() =>
                {
                    fx.note(span, Note::Noticed(Failure::AttemptTimeout));
                    self.ended(fx, slot, Outcome::Broken(message, Failure::AttemptTimeout));
                }
                _ => self.failed(fx, slot, Failure::AttemptTimeout),
            },
            Timer::Retry => self.attempt(fx, slot),
            _ => {}
        }
    }

    fn failed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        if let Some(attempt) = self.calls.get(slot).and_then(|c| c.attempt) {
            fx.note(attempt.span, Note::Noticed(failure));
        }
        self.ended(fx, slot, Outcome::Failed(failure));
    }

    /// An attempt has ended: try again, or end the call.
    fn ended<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, outcome: Outcome) {
        let Some(call) = self.calls.get_mut(slot) else { return };
        call.epoch += 1;
        if let Some(attempt) = call.attempt.take() {
            match outcome {
                Outcome::Answer(_) => fx.leave(attempt.exchange, End::Caller),
                _ => fx.hang_up(attempt.exchange),
            }
            fx.close(attempt.span, outcome);
        }
        let call_span = call.span;
        let method = fx.request(call.request).map_or(Method::Get, |r| r.method);
        if let Some(reason) = gives_up(call, method, outcome, fx) {
            fx.note(call_span, Note::GaveUp(reason));
            fx.note(call_span, Note::CallEnded);
            fx.close(call_span, outcome);
            self.calls.remove(slot);
            return;
        }
        let asked = match outcome {
            Outcome::Answer(message) => retry_after(&call.policy, message, fx),
            _ => None,
        };
        let (wait, reason) = match asked {
            Some(wait) => (wait, RetryReason::RetryAfter),
            None => (call.policy.wait(call.attempts, &mut self.jitter), RetryReason::Backoff),
        };
        fx.note(call_span, Note::RetryIn(wait, reason));
        fx.timer(wait, slot, call.epoch, Timer::Retry);
    }
}

/// Why there is no further attempt; none if there is one.
fn gives_up<O: Observer>(
    call: &Call,
    method: Method,
    outcome: Outcome,
    fx: &Effects<'_, O>,
) -> Option<GiveUp> {
    let policy = &call.policy;
    match outcome {
        Outcome::Answer(message) => {
            let status = fx.templates.get(message.template).status.unwrap_or_default();
            if !policy.statuses.contains(&status) {
                let accepted = (100..400).contains(&status);
                return Some(if accepted { GiveUp::Accepted } else { GiveUp::Status });
            }
        }
        _ if !policy.connection_errors => return Some(GiveUp::ConnectionError),
        _ => {}
    }
    if !policy.methods.contains(&method) {
        Some(GiveUp::Method)
    } else if call.attempts >= policy.attempts {
        Some(GiveUp::Attempts)
    } else {
        None
    }
}

/// How long an answer's `Retry-After` asks to wait, as far as the policy obeys it.
fn retry_after<O: Observer>(policy: &Policy, message: Message, fx: &Effects<'_, O>) -> Option<SimDuration> {
    let template = fx.templates.get(message.template);
    let value = template.value_at(template.header("retry-after")?, message, fx.epoch);
    let wait = match parse_retry_after(&value)? {
        RetryAfterValue::Seconds(wait) if policy.retry_after.seconds => wait,
        RetryAfterValue::Date(date) if policy.retry_after.date => {
            SimTime::from_secs(date.saturating_sub(fx.epoch)).since(fx.now)
        }
        _ => return None,
    };
    Some(policy.retry_after.cap.map_or(wait, |cap| wait.min(cap)))
}
