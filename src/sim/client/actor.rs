//! A client at work: what arrives for its attempts, and its timers.

use std::sync::Arc;

use slotmap::SlotMap;

use super::backoff::Memory;
use super::guards::{Admitted, Guards};
use super::policy::Policy;
use super::traffic::Running;
use crate::sim::fault::OnHandshake;
use crate::sim::message::{Framing, HeadDefect, Message};
use crate::sim::network::{Effects, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use crate::sim::random::Stream;
use crate::sim::scenario::Client;
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, GiveUp, NodeId, Note, Observer, Outcome, SpanId};

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct ClientActor {
    /// Calls keep the policy with which they began.
    pub(super) policy: Arc<Policy>,
    pub(super) gateway: NodeId,
    keeping: Keeping,
    pub(super) calls: SlotMap<SlotKey, Call>,
    /// The attempts in flight, of all calls.
    pub(super) attempts: SlotMap<SlotKey, Attempt>,
    pub(super) guards: Box<Guards>,
    pub(super) jitter: Stream,
    pub(super) opened_ahead: Stream,
    pub(super) patience: Stream,
    pub(super) arrivals: Stream,
    pub(super) mix: Stream,
    pub(super) traffic: Option<Running>,
    /// Arrivals of an earlier traffic are void.
    pub(super) traffic_epoch: u32,
}

#[derive(Clone)]
pub(super) struct Call {
    pub(super) span: SpanId,
    pub(super) request: u32,
    /// Its number among the calls of all clients.
    pub(super) number: u32,
    pub(super) policy: Arc<Policy>,
    /// The traffic whose user waits for it, in a closed loop.
    pub(super) user_of: Option<u32>,
    pub(super) started: SimTime,
    /// Attempts begun.
    pub(super) attempts: u32,
    /// Those of them that were sent again unseen by the policy.
    pub(super) resent: u32,
    /// Connections that were opened ahead of the attempt and have not died yet.
    pub(super) ahead: u32,
    /// An attempt asked for the rest of an answer.
    pub(super) last_chance: bool,
    /// Timers of an earlier epoch are void.
    pub(super) epoch: u32,
    /// The attempt in flight that began last.
    pub(super) latest: Option<SlotKey>,
    /// Earlier ones that are still in flight; only where the policy hedges.
    pub(super) earlier: Vec<SlotKey>,
    /// How the last attempt ended.
    pub(super) last: Option<Outcome>,
    /// What the next attempt has taken from the budget.
    pub(super) taken: u32,
    pub(super) memory: Memory,
}

#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) call: SlotKey,
    pub(super) span: SpanId,
    pub(super) exchange: ExchangeKey,
    /// The connection carried another request before.
    pub(super) reused: bool,
    pub(super) head: Option<Message>,
    pub(super) admitted: Admitted,
}

impl ClientActor {
    pub(crate) fn new(client: &Client, seed: u64, gateway: NodeId) -> Self {
        Self {
            policy: Arc::new(client.policy.clone()),
            gateway,
            keeping: client.keep_alive.into(),
            calls: SlotMap::with_key(),
            attempts: SlotMap::with_key(),
            guards: Box::new(Guards::new(&client.policy, seed, &client.id)),
            jitter: Stream::new(seed, &client.id, "jitter"),
            opened_ahead: Stream::new(seed, &client.id, "opened ahead"),
            patience: Stream::new(seed, &client.id, "patience"),
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
        self.guards.set(policy);
    }

    /// Something arrives for the attempt of that slot.
    pub(crate) fn arrive<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, packet: Packet) {
        let Some(attempt) = self.attempts.get_mut(slot) else { return };
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
                    // The end of the connection is the end of the answer (RFC 9112 §6.3).
                    Some(message)
                        if !reset && fx.templates.get(message.template).framing == Framing::Close =>
                    {
                        self.ended(fx, slot, Outcome::Answer(message));
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
            | Packet::StatusLine
            | Packet::Handshake
            | Packet::Body(_)
            | Packet::BadChunk
            | Packet::Done(_)
            | Packet::Connect
            | Packet::Request
            | Packet::Query(_)
            | Packet::Told(_) => {}
        }
    }

    /// A timer runs out; `slot` is an attempt's for its own limit, and a call's for the others.
    pub(crate) fn timer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
        timer: Timer,
    ) {
        let current = self.calls.get(slot).is_some_and(|call| call.epoch == epoch);
        match timer {
            Timer::Arrival if epoch == self.traffic_epoch => self.arrived(fx),
            Timer::Breaker => self.guards.timer(fx, epoch),
            Timer::Attempt => self.cut(fx, slot, Failure::AttemptTimeout),
            Timer::Deadline => self.leave(fx, slot, Failure::DeadlineExceeded, GiveUp::Deadline),
            Timer::Patience => self.leave(fx, slot, Failure::Abandoned, GiveUp::Abandoned),
            Timer::Retry if current => self.attempt(fx, slot),
            Timer::Paced if current => self.send(fx, slot, false),
            Timer::Hedge if current => self.hedge(fx, slot),
            _ => {}
        }
    }

    /// Ends an attempt that has taken too long.
    fn cut<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        let Some(attempt) = self.attempts.get(slot) else { return };
        let outcome = attempt.cut_short(fx, failure);
        fx.note(attempt.span, Note::Noticed(failure));
        self.ended(fx, slot, outcome);
    }

    fn failed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        if let Some(attempt) = self.attempts.get(slot) {
            fx.note(attempt.span, Note::Noticed(failure));
        }
        self.ended(fx, slot, Outcome::Failed(failure));
    }
}

impl Attempt {
    /// How the attempt ends if the client waits no longer.
    pub(super) fn cut_short<O: Observer>(&self, fx: &Effects<'_, O>, failure: Failure) -> Outcome {
        match self.head {
            Some(message) if fx.templates.get(message.template).raw.is_none() => {
                Outcome::Broken(message, failure)
            }
            _ => Outcome::Failed(failure),
        }
    }
}
