//! A connection from its opening to its end, over one request or many.

use super::{Asks, Effects, End, Event, ExchangeKey, Packet, SlotKey};
use crate::sim::scenario::KeepAlive;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, Observer, SpanId};

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is being opened, or open and its first request not yet sent.
    Opening,
    /// A request is on it.
    Busy,
    /// Its last request is answered, and the next one may come.
    Idle,
}

/// A connection and the request on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) caller: NodeId,
    /// What the caller is doing on it; null while it is idle.
    pub(crate) caller_slot: SlotKey,
    pub(crate) callee: NodeId,
    /// What the callee is doing on it; null while it is idle.
    pub(crate) callee_slot: SlotKey,
    /// The index of what is asked.
    pub(crate) request: u32,
    /// Which call of a client it belongs to, on whatever hop.
    pub(crate) call: u32,
    /// The caller's span that it belongs to.
    pub(crate) span: SpanId,
    pub(crate) caller_open: bool,
    pub(crate) callee_open: bool,
    pub(crate) phase: Phase,
    /// Requests that were sent on it.
    pub(crate) served: u32,
    /// Round trips of the TLS handshake that are still to come.
    pub(super) handshakes: u8,
    /// The callee will take another request on it.
    kept: bool,
    /// A middlebox has forgotten it: whatever is sent on it vanishes.
    pub(super) dead: bool,
    /// Since when each end is idle: callee, caller.
    idle_since: [SimTime; 2],
    /// Each end has an [`Event::Idle`] to come.
    armed: [bool; 2],
    /// How long it was idle before the present request.
    pub(super) idled: SimDuration,
    /// When what was sent last arrives: at the callee, at the caller.
    pub(super) arrived: [SimTime; 2],
}

/// How one side keeps connections open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// For how long without a request; zero for not at all.
    idle: SimDuration,
    most: u32,
    requests: u32,
}

impl Keeping {
    /// Connections are closed after their first request.
    pub(crate) const NOT: Self = Self { idle: SimDuration::ZERO, most: 0, requests: 0 };

    /// Connections are kept for this long, whatever they carried.
    pub(crate) const fn idle_for(idle: SimDuration) -> Self {
        Self { idle, most: u32::MAX, requests: u32::MAX }
    }
}

impl From<Option<KeepAlive>> for Keeping {
    fn from(keep_alive: Option<KeepAlive>) -> Self {
        match keep_alive {
            None => Self::NOT,
            Some(KeepAlive { idle, most, requests }) => Self { idle, most, requests },
        }
    }
}

/// What becomes of a packet that arrives, before an actor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Nobody is there any more, or the kernel has dealt with it.
    Settled,
    /// The node gets this packet, in this slot.
    For(SlotKey, Packet),
}

impl<O: Observer> Effects<'_, O> {
    pub(super) fn insert(&mut self, asks: Asks) -> ExchangeKey {
        let Asks { callee, request, call, slot, span } = asks;
        self.network.opened += 1;
        let handshakes = self.network.links[usize::from(callee.0)].handshakes();
        self.network.exchanges.insert(Exchange {
            caller: self.node,
            caller_slot: slot,
            callee,
            callee_slot: SlotKey::default(),
            request,
            call,
            span,
            caller_open: true,
            callee_open: false,
            phase: Phase::Opening,
            served: 0,
            handshakes,
            kept: false,
            dead: false,
            idle_since: [SimTime::ZERO; 2],
            armed: [false; 2],
            idled: SimDuration::ZERO,
            arrived: [SimTime::ZERO; 2],
        })
    }

    /// A request sets out on a connection.
    pub(super) fn begin_request(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        if x.phase == Phase::Idle {
            x.idled = now.since(x.idle_since[End::Callee as usize]);
        }
        x.phase = Phase::Busy;
        x.kept = false;
        x.served += 1;
    }

    /// One end is done; whatever still comes for it is dropped.
    pub(crate) fn leave(&mut self, exchange: ExchangeKey, end: End) {
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        match end {
            End::Caller => x.caller_open = false,
            End::Callee => x.callee_open = false,
        }
        if !x.caller_open && !x.callee_open {
            self.network.exchanges.remove(exchange);
            self.network.ended += 1;
        }
    }

    /// The callee has answered: it waits for the next request if both sides keep the connection; true if so.
    pub(super) fn keep_as_callee(&mut self, exchange: ExchangeKey) -> bool {
        let now = self.now;
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return false };
        let caller = self.network.callers[usize::from(x.caller.0)];
        let callee = self.network.callees[usize::from(x.callee.0)];
        let keep = x.caller_open
            && !caller.idle.is_zero()
            && !callee.idle.is_zero()
            && x.served < caller.requests.min(callee.requests);
        if !keep {
            return false;
        }
        x.kept = true;
        x.phase = Phase::Idle;
        x.callee_slot = SlotKey::default();
        x.idle_since[End::Callee as usize] = now;
        self.watch_idleness(exchange, End::Callee, callee.idle);
        true
    }

    /// The caller has read its answer, whole: it keeps the connection for its next request, or leaves it.
    pub(crate) fn done(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let node = usize::from(self.node.0);
        let keeping = self.network.callers[node];
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        if !x.kept || keeping.idle.is_zero() {
            self.leave(exchange, End::Caller);
            return;
        }
        let callee = x.callee;
        x.caller_slot = SlotKey::default();
        x.idle_since[End::Caller as usize] = now;
        let idle = &mut self.network.idle[node];
        // The longest idle one makes room.
        let most = keeping.most as usize;
        let crowded = idle.len() >= most && idle.iter().filter(|(to, _)| *to == callee).count() >= most;
        let oldest = idle.iter().position(|(to, _)| *to == callee).filter(|_| crowded);
        let closed = oldest.map(|place| idle.remove(place).1);
        idle.push((callee, exchange));
        if let Some(closed) = closed {
            self.hang_up_idle(closed);
        }
        self.watch_idleness(exchange, End::Caller, keeping.idle);
    }

    /// The idle connection to `callee` that was used last.
    pub(super) fn take_idle(&mut self, callee: NodeId) -> Option<ExchangeKey> {
        let idle = &mut self.network.idle[usize::from(self.node.0)];
        let place = idle.iter().rposition(|(to, _)| *to == callee)?;
        Some(idle.remove(place).1)
    }

    /// Has [`Event::Idle`] look after an end, once for each connection: later ones move it on.
    fn watch_idleness(&mut self, exchange: ExchangeKey, end: End, idle: SimDuration) {
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        if !x.armed[end as usize] {
            x.armed[end as usize] = true;
            self.schedule.add_after(self.now, idle, Event::Idle { exchange, end });
        }
    }

    /// An end may have been idle for as long as it waits: then it closes the connection.
    pub(crate) fn idle_for_long(&mut self, exchange: ExchangeKey, end: End) {
        let now = self.now;
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        x.armed[end as usize] = false;
        let (open, keeping) = match end {
            End::Caller => (
                x.caller_open && x.caller_slot == SlotKey::default(),
                self.network.callers[usize::from(x.caller.0)],
            ),
            End::Callee => (x.callee_open, self.network.callees[usize::from(x.callee.0)]),
        };
        if !open || x.phase != Phase::Idle {
            return;
        }
        let due = x.idle_since[end as usize] + keeping.idle;
        if due > now {
            x.armed[end as usize] = true;
            self.schedule.add(due, Event::Idle { exchange, end });
            return;
        }
        // It belongs to nobody's request any more.
        x.span = SpanId::NONE;
        match end {
            End::Caller => {
                self.forget_idle(exchange);
                self.hang_up(exchange);
            }
            End::Callee => self.reply(exchange, Packet::Close),
        }
    }

    /// The acting node's process is gone: its kernel closes the connections that waited for a request.
    pub(crate) fn close_idle(&mut self) {
        let node = self.node;
        let idle: Vec<ExchangeKey> = (self.network.exchanges.iter())
            .filter(|(_, x)| x.callee == node && x.callee_open && x.phase == Phase::Idle)
            .map(|(exchange, _)| exchange)
            .collect();
        for exchange in idle {
            if let Some(x) = self.network.exchanges.get_mut(exchange) {
                x.span = SpanId::NONE;
            }
            self.reply(exchange, Packet::Close);
        }
    }

    fn hang_up_idle(&mut self, exchange: ExchangeKey) {
        if let Some(x) = self.network.exchanges.get_mut(exchange) {
            x.span = SpanId::NONE;
        }
        self.hang_up(exchange);
    }

    fn forget_idle(&mut self, exchange: ExchangeKey) {
        let Some(caller) = self.network.exchanges.get(exchange).map(|x| x.caller) else { return };
        self.network.idle[usize::from(caller.0)].retain(|(_, idle)| *idle != exchange);
    }

    /// What the kernels at both ends make of a packet before a process sees it.
    pub(crate) fn kernel(&mut self, exchange: ExchangeKey, end: End, packet: Packet) -> Arrival {
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return Arrival::Settled };
        match end {
            End::Callee => {
                if packet == Packet::Connect {
                    x.callee_open = true;
                }
                if !x.callee_open {
                    if matches!(packet, Packet::Request | Packet::Query(_) | Packet::Handshake)
                        && x.caller_open
                    {
                        self.refuse_data(exchange);
                    }
                    return Arrival::Settled;
                }
                if x.phase == Phase::Idle && matches!(packet, Packet::Close | Packet::Reset) {
                    self.leave(exchange, End::Callee);
                    return Arrival::Settled;
                }
                Arrival::For(x.callee_slot, packet)
            }
            End::Caller => {
                if !x.caller_open {
                    return Arrival::Settled;
                }
                if x.caller_slot == SlotKey::default() && x.phase == Phase::Idle {
                    // Nobody waits on it: only its end matters.
                    if matches!(packet, Packet::Close | Packet::Reset) {
                        self.forget_idle(exchange);
                        self.leave(exchange, End::Caller);
                    }
                    return Arrival::Settled;
                }
                if matches!(packet, Packet::Accepted | Packet::Handshake) && x.handshakes > 0 {
                    x.handshakes -= u8::from(packet == Packet::Handshake);
                    if x.handshakes > 0 {
                        self.send(exchange, Packet::Handshake);
                        return Arrival::Settled;
                    }
                    return Arrival::For(x.caller_slot, Packet::Accepted);
                }
                Arrival::For(x.caller_slot, packet)
            }
        }
    }
}
