//! What crosses a link: how long it takes, and whether it arrives.

use super::connection::Phase;
use super::{BARE, Effects, End, Event, ExchangeKey, HANDSHAKE_BYTES, Packet, REQUEST_BYTES};
use crate::sim::fault::FaultKind;
use crate::sim::trace::{Note, Observer};

impl<O: Observer> Effects<'_, O> {
    pub(super) fn cross(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let Some(x) = self.network.exchanges.get(exchange) else { return };
        let (callee, span) = (x.callee, x.span);
        let link = &self.network.links[usize::from(callee.0)];
        if link.plain && !x.dead {
            let takes = link.latency();
            let departed = Note::Departed {
                parcel: packet.parcel(),
                link: callee,
                toward: end == End::Callee,
                lost: false,
                takes: takes.as_nanos(),
            };
            self.note(span, departed);
            self.schedule.add_after(self.now, takes, Event::Arrive { exchange, end, packet });
        } else {
            self.cross_troubled(exchange, end, packet);
        }
    }

    /// Crosses a link with faults, chance or a bandwidth.
    fn cross_troubled(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let now = self.now;
        let bytes = self.bytes(packet);
        let x = &mut self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        let forgotten = x.phase == Phase::Busy
            && packet == Packet::Request
            && !x.dead
            && link.condition.forgets_after.is_some_and(|after| x.served > 0 && x.idled > after);
        x.dead |= forgotten;
        let (dead, before) = (x.dead, x.arrived[end as usize]);
        let opening = matches!(packet, Packet::Connect | Packet::Accepted);
        let (mut takes, retransmitted) = link.crossing(now, bytes, end == End::Callee, opening);
        // Nothing on a connection overtakes what left before it.
        takes = takes.max(before.since(now));
        let black_hole = link.condition.black_hole;
        let cut = link.condition.reset && !packet.opens() && !matches!(packet, Packet::Close | Packet::Reset);
        let acted = if black_hole {
            link.fault(FaultKind::BlackHole)
        } else if forgotten {
            link.fault(FaultKind::IdleForgotten)
        } else if cut {
            link.fault(FaultKind::Reset)
        } else if retransmitted {
            link.fault(FaultKind::PacketLoss)
        } else {
            None
        };
        let lost = black_hole || dead;
        let arrives = now + takes;
        self.network.exchanges[exchange].arrived[end as usize] = arrives;
        self.note(
            span,
            Note::Departed {
                parcel: packet.parcel(),
                link: callee,
                toward: end == End::Callee,
                lost: lost || cut,
                takes: takes.as_nanos(),
            },
        );
        if let Some(fault) = acted {
            self.note(span, Note::FaultActed(fault));
        }
        if lost {
        } else if cut {
            for end in [End::Caller, End::Callee] {
                self.schedule.add(arrives, Event::Arrive { exchange, end, packet: Packet::Reset });
            }
        } else {
            self.schedule.add(arrives, Event::Arrive { exchange, end, packet });
        }
    }

    /// How many bytes a packet puts on the wire, roughly.
    fn bytes(&self, packet: Packet) -> u32 {
        let data = match packet {
            Packet::Request | Packet::Query(_) => REQUEST_BYTES,
            Packet::Handshake | Packet::NoHandshake(_) => HANDSHAKE_BYTES,
            Packet::Head(message) => self.templates.size(message.template).0,
            Packet::Whole(message) => {
                let (head, body) = self.templates.size(message.template);
                head.saturating_add(body)
            }
            Packet::Body(bytes) => bytes,
            _ => 0,
        };
        data.saturating_add(BARE)
    }
}
