//! A client at work: attempts, waits, and the end of each call.

use std::sync::Arc;

use slotmap::SlotMap;

use super::policy::Policy;
use super::retry_after::{RetryAfterValue, parse_retry_after};
use crate::sim::fault::OnHandshake;
use crate::sim::message::{HeadDefect, Message, Method};
use crate::sim::network::{Effects, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use crate::sim::origin::draw;
use crate::sim::random::Stream;
use crate::sim::scenario::{Arrivals, Client, Distribution, Traffic};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, GiveUp, NodeId, Note, Observer, Outcome, RetryReason, SpanId, SpanKind};

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct ClientActor {
    /// Calls keep the policy with which they began.
    policy: Arc<Policy>,
    gateway: NodeId,
    keeping: Keeping,
    calls: SlotMap<SlotKey, Call>,
    jitter: Stream,
    arrivals: Stream,
    mix: Stream,
    traffic: Option<Running>,
    /// Arrivals of an earlier traffic are void.
    traffic_epoch: u32,
}

/// Traffic that is under way.
#[derive(Clone)]
struct Running {
    arrivals: Arrivals,
    started: SimTime,
    until: SimTime,
    /// The weights of the mix, each added to those before it.
    weights: Vec<f64>,
    first_request: u32,
}

#[derive(Clone)]
struct Call {
    span: SpanId,
    request: u32,
    /// Its number among the calls of all clients.
    number: u32,
    policy: Arc<Policy>,
    /// The traffic whose user waits for it, in a closed loop.
    user_of: Option<u32>,
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
            keeping: client.keep_alive.into(),
            calls: SlotMap::with_key(),
            jitter: Stream::new(seed, &client.id, "jitter"),
            arrivals: Stream::new(seed, &client.id, "arrivals"),
            mix: Stream::new(seed, &client.id, "mix"),
            traffic: None,
            traffic_epoch: 0,
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// How it keeps connections open.
    pub(crate) fn keeping(&self) -> Keeping {
        self.keeping
    }

    pub(crate) fn set(&mut self, policy: &Policy) {
        self.policy = Arc::new(policy.clone());
    }

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
                self.think(fx, think);
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

    /// A user of a closed loop thinks before its next request.
    fn think<O: Observer>(&mut self, fx: &mut Effects<'_, O>, think: Distribution) {
        let wait = draw(think, &mut self.arrivals);
        if self.traffic.as_ref().is_some_and(|t| fx.now + wait <= t.until) {
            fx.timer_by_chance(wait, SlotKey::default(), self.traffic_epoch, Timer::Arrival);
        }
    }

    /// The traffic's next request is due.
    fn arrived<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
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

    /// Starts a call; `request` is the index of what it asks.
    pub(crate) fn call<O: Observer>(&mut self, fx: &mut Effects<'_, O>, request: u32) {
        self.begin(fx, request, None);
    }

    fn begin<O: Observer>(&mut self, fx: &mut Effects<'_, O>, request: u32, user_of: Option<u32>) {
        let span = fx.open(SpanKind::Call, SpanId::NONE, request);
        let policy = Arc::clone(&self.policy);
        let number = fx.next_call();
        let call = Call { span, request, number, policy, user_of, attempts: 0, epoch: 0, attempt: None };
        let slot = self.calls.insert(call);
        self.attempt(fx, slot);
    }

    fn attempt<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(call) = self.calls.get_mut(slot) else { return };
        call.attempts += 1;
        call.epoch += 1;
        let span = fx.open(SpanKind::Attempt, call.span, call.attempts);
        let (exchange, reused) = fx.call(self.gateway, call.request, call.number, slot, span);
        call.attempt = Some(Attempt { span, exchange, head: None });
        if reused {
            fx.send(exchange, Packet::Request);
        }
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
            Packet::NoHandshake(OnHandshake::Plaintext) => self.failed(fx, slot, Failure::HandshakeFailed),
            Packet::NoHandshake(OnHandshake::BadCertificate) => {
                self.failed(fx, slot, Failure::BadCertificate);
            }
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
            | Packet::Handshake
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
        if timer == Timer::Arrival {
            if epoch == self.traffic_epoch {
                self.arrived(fx);
            }
            return;
        }
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
                Outcome::Answer(_) => fx.done(attempt.exchange),
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
            let user_of = call.user_of;
            self.calls.remove(slot);
            if user_of == Some(self.traffic_epoch)
                && let Some(Running { arrivals: Arrivals::Closed { think, .. }, .. }) = self.traffic
            {
                self.think(fx, think);
            }
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
        fx.timer_by_chance(wait, slot, call.epoch, Timer::Retry);
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
