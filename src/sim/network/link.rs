//! The link in front of a node: how long things take to cross it, and what is wrong with it.

use crate::sim::fault::{Fault, FaultKind, LinkCondition};
use crate::sim::origin::draw;
use crate::sim::random::Stream;
use crate::sim::scenario::{Dns, Link, Tls};
use crate::sim::time::{SimDuration, SimTime};

/// The least time after which Linux sends a segment again: `TCP_RTO_MIN`, 200 ms; it doubles (RFC 6298 §5.5).
const RETRANSMITS_AFTER: SimDuration = SimDuration::from_millis(200);
/// The first wait for an answer to a SYN: 1 s (RFC 6298 §2.1); it doubles.
const ASKS_AGAIN_AFTER: SimDuration = SimDuration::from_secs(1);
/// Times that one segment is lost in a row, at most: with a share below one this many are a certain end anyway.
const MOST_LOSSES: u32 = 7;

/// The link in front of a node.
#[derive(Clone, Debug)]
pub(crate) struct LinkState {
    latency: SimDuration,
    settings: Link,
    faults: Vec<(Fault, u32)>,
    pub(super) condition: LinkCondition,
    /// Nothing but the latency: no fault, no chance, no bandwidth.
    pub(super) plain: bool,
    chance: Stream,
    /// Until when each direction is busy with sending: to the callee, to the caller.
    busy: [SimTime; 2],
    /// When the name was last looked up.
    resolved: Option<SimTime>,
    /// Since when the kernel has been asking for a neighbour that does not answer.
    asking: Option<SimTime>,
    /// When the address changed, and every later look-up tells the new one.
    moved: Option<SimTime>,
}

/// What a look-up of the callee's name comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The address is known.
    Known,
    /// It has to be asked for, which takes this long.
    Takes(SimDuration),
    /// The address that is remembered is not the right one any more.
    Stale,
}

impl LinkState {
    /// The link of `link`'s settings in front of the node `id`.
    pub(crate) fn new(link: &Link, seed: u64, id: &str) -> Self {
        let mut state = Self {
            latency: link.latency,
            settings: link.clone(),
            faults: Vec::new(),
            condition: LinkCondition::default(),
            plain: true,
            chance: Stream::new(seed, id, "link"),
            busy: [SimTime::ZERO; 2],
            resolved: None,
            asking: None,
            moved: None,
        };
        state.derive();
        state
    }

    pub(crate) fn inject(&mut self, fault: &Fault, index: u32, now: SimTime) {
        self.faults.retain(|(f, _)| f.kind() != fault.kind());
        self.faults.push((fault.clone(), index));
        self.derive();
        if self.condition.moved.is_some() && fault.kind() == FaultKind::AddressMoved {
            self.moved = Some(now);
        }
    }

    pub(crate) fn repair(&mut self, kind: FaultKind) {
        self.faults.retain(|(f, _)| f.kind() != kind);
        self.derive();
    }

    pub(crate) fn set_latency(&mut self, latency: SimDuration) {
        self.latency = latency;
    }

    fn derive(&mut self) {
        self.condition = LinkCondition::default();
        for (fault, _) in &self.faults {
            fault.behaviour().condition(&mut self.condition);
        }
        self.plain =
            self.faults.is_empty() && self.settings.jitter.is_none() && self.settings.bandwidth.is_none();
    }

    /// The time from one end to the other where chance has no part.
    pub(super) fn latency(&self) -> SimDuration {
        self.latency + self.condition.added_latency
    }

    pub(super) fn fault(&self, kind: FaultKind) -> Option<u32> {
        self.faults.iter().find(|(f, _)| f.kind() == kind).map(|(_, index)| *index)
    }

    /// How long `bytes` take from one end to the other if they set out now, and whether some were lost on the way.
    pub(super) fn crossing(
        &mut self,
        now: SimTime,
        bytes: u32,
        toward: bool,
        opening: bool,
    ) -> (SimDuration, bool) {
        let mut takes = self.latency();
        if let Some(jitter) = &self.settings.jitter {
            takes += draw(*jitter, &mut self.chance);
        }
        if let Some(bandwidth) = self.settings.bandwidth {
            let busy = &mut self.busy[usize::from(!toward)];
            let sending = SimDuration::from_secs_f64(f64::from(bytes) / bandwidth as f64);
            *busy = (*busy).max(now) + sending;
            takes += busy.since(now);
        }
        let mut lost = false;
        if self.condition.loss > 0.0 {
            let mut wait = if opening { ASKS_AGAIN_AFTER } else { RETRANSMITS_AFTER };
            for _ in 0..MOST_LOSSES {
                if !self.chance.chance(self.condition.loss) {
                    break;
                }
                lost = true;
                takes += wait;
                wait = wait.times(2);
            }
        }
        (takes, lost)
    }

    /// After how long a caller that opens a connection at `now` is told that there is no way; none if there is one.
    ///
    /// All that wait for one neighbour are told at the same moment: the kernel asks for it once (arp(7)).
    pub(super) fn unreachable_after(&mut self, now: SimTime) -> Option<SimDuration> {
        let after = self.condition.unreachable_after?;
        let since = self.asking.filter(|since| now < *since + after).unwrap_or(now);
        self.asking = Some(since);
        Some((since + after).since(now))
    }

    /// How many round trips a handshake takes after the connection is open.
    pub(super) fn handshakes(&self) -> u8 {
        match self.settings.tls {
            None => 0,
            Some(Tls::V1_3) => 1,
            Some(Tls::V1_2) => 2,
        }
    }

    /// Whether the callee's address is known at `now`.
    pub(super) fn look_up(&mut self, now: SimTime) -> Lookup {
        let Some(Dns { ttl, lookup }) = self.settings.dns else { return Lookup::Known };
        let fresh = self.resolved.is_some_and(|at| ttl.is_none_or(|ttl| now.since(at) <= ttl));
        if !fresh {
            return Lookup::Takes(draw(lookup, &mut self.chance));
        }
        match (self.moved, self.resolved) {
            (Some(moved), Some(resolved)) if resolved < moved && self.condition.moved.is_some() => {
                Lookup::Stale
            }
            _ => Lookup::Known,
        }
    }

    /// The name was looked up, with success.
    pub(super) fn resolved(&mut self, now: SimTime) {
        self.resolved = Some(now);
    }

    /// True if names are looked up and remembered.
    pub(super) fn remembers_names(&self) -> bool {
        self.settings.dns.is_some()
    }
}
