//! Connections are taken up and opened: names are looked up, the link decides whether anybody is reached.

use super::link::Lookup;
use super::{Asks, Effects, End, Event, ExchangeKey, Packet, SYN_GIVES_UP, Statement};
use crate::sim::fault::{FaultKind, OldAddress};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Note, Observer, SpanId};

impl<O: Observer> Effects<'_, O> {
    /// Takes an idle connection to `callee` for a request, or opens one; true if it is one that was used before.
    ///
    /// On a new one, [`Packet::Accepted`], [`Packet::Refused`], [`Packet::NoHandshake`] or
    /// [`Packet::NoConnection`] tells what came of it; on one that was used the request can be sent at once.
    pub(crate) fn call(&mut self, asks: Asks) -> (ExchangeKey, bool) {
        match self.reuse(asks) {
            Some(exchange) => (exchange, true),
            None => (self.connect(asks), false),
        }
    }

    /// Takes an idle connection to `callee` for a request, if there is one.
    pub(crate) fn reuse(&mut self, asks: Asks) -> Option<ExchangeKey> {
        let exchange = self.take_idle(asks.callee)?;
        let x = &mut self.network.exchanges[exchange];
        (x.caller_slot, x.request, x.call, x.span) = (asks.slot, asks.request, asks.call, asks.span);
        self.note(asks.span, Note::Reused);
        Some(exchange)
    }

    /// Opens a connection.
    pub(crate) fn connect(&mut self, asks: Asks) -> ExchangeKey {
        let exchange = self.insert(asks);
        let now = self.now;
        match self.network.links[usize::from(asks.callee.0)].look_up(now) {
            Lookup::Known => self.dial(exchange),
            Lookup::Takes(time) => {
                self.note(asks.span, Note::LookedUp(time));
                self.schedule.add(now + time, Event::Dial(exchange));
            }
            Lookup::Stale => self.dial_old_address(exchange),
        }
        exchange
    }

    /// The name was looked up: the connection is opened, if there is an address.
    pub(crate) fn looked_up(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let Some(x) = self.network.exchanges.get(exchange).filter(|x| x.caller_open) else { return };
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        if link.condition.name_not_resolved {
            let fault = link.fault(FaultKind::NameNotResolved);
            self.no_connection(exchange, span, fault, Failure::NameNotResolved, SimDuration::ZERO);
        } else {
            link.resolved(now);
            self.dial(exchange);
        }
    }

    fn dial_old_address(&mut self, exchange: ExchangeKey) {
        let x = &self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &self.network.links[usize::from(callee.0)];
        let fault = link.fault(FaultKind::AddressMoved);
        let round_trip = link.latency().times(2);
        match link.condition.moved {
            Some(OldAddress::IsGone) => {
                self.no_connection(exchange, span, fault, Failure::NoReply, SYN_GIVES_UP);
            }
            _ => self.no_connection(exchange, span, fault, Failure::Refused, round_trip),
        }
    }

    fn dial(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let x = &self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        let unreachable = link.unreachable_after(now);
        let condition = &link.condition;
        let round_trip = link.latency().times(2);
        if condition.name_not_resolved && !link.remembers_names() {
            let fault = link.fault(FaultKind::NameNotResolved);
            self.no_connection(exchange, span, fault, Failure::NameNotResolved, SimDuration::ZERO);
        } else if let Some(after) = unreachable {
            let fault = link.fault(FaultKind::Unreachable);
            self.no_connection(exchange, span, fault, Failure::Unreachable, after);
        } else if condition.black_hole {
            self.cross(exchange, End::Callee, Packet::Connect);
            self.no_connection(exchange, span, None, Failure::NoReply, SYN_GIVES_UP);
        } else if condition.refuse {
            let fault = link.fault(FaultKind::Refused);
            self.no_connection(exchange, span, fault, Failure::Refused, round_trip);
        } else {
            if let Some(fault) = link.fault(FaultKind::AddedLatency) {
                self.note(span, Note::FaultActed(fault));
            }
            self.cross(exchange, End::Callee, Packet::Connect);
        }
    }

    /// The caller's kernel will say that no connection comes about.
    fn no_connection(
        &mut self,
        exchange: ExchangeKey,
        span: SpanId,
        fault: Option<u32>,
        failure: Failure,
        after: SimDuration,
    ) {
        if let Some(fault) = fault {
            self.note(span, Note::FaultActed(fault));
        }
        let packet = Packet::NoConnection(failure);
        self.schedule.add(self.now + after, Event::Arrive { exchange, end: End::Caller, packet });
    }

    /// Sends a query over a connection of a pool that stands already. Where the link lets no new connection
    /// through, the pool has none left, and the query fails as opening one would.
    pub(crate) fn ask(&mut self, asks: Asks, statement: Statement) -> ExchangeKey {
        let exchange = self.insert(asks);
        let condition = &self.network.links[usize::from(asks.callee.0)].condition;
        if condition.refuse || condition.unreachable_after.is_some() || condition.name_not_resolved {
            self.dial(exchange);
            return exchange;
        }
        let x = &mut self.network.exchanges[exchange];
        x.callee_open = true;
        let usual = statement == Statement::Usual;
        self.send(exchange, if usual { Packet::Request } else { Packet::Query(statement) });
        exchange
    }
}
