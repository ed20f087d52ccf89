//! Stretches of time in which a node was in some state: an upstream taken out, a breaker open.

use std::collections::BTreeMap;

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{BreakerState, NodeId, Note};

/// What a band is about. A new kind is a variant here and an arm in `Bands::note`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The node does not ask this upstream.
    ///
    /// nginx takes an upstream out for `fail_timeout` and says nothing when that has passed: such a band ends
    /// when the upstream is trusted again.
    PeerOut(NodeId),
    /// The node's circuit breaker refuses everything.
    BreakerOpen,
    /// The node's circuit breaker lets a few through to find out.
    BreakerHalfOpen,
}

/// A stretch of time in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Whose state.
    pub node: NodeId,
    /// Which.
    pub subject: Subject,
    /// Since when.
    pub from: SimTime,
    /// Until when; none while it lasts.
    pub to: Option<SimTime>,
    /// How often it was entered: more than once where it left for less than the resolution.
    pub entered: u32,
}

/// All bands of a run.
#[derive(Clone, Debug, Default)]
pub struct Bands {
    /// Gaps below this are none.
    resolution: SimDuration,
    bands: Vec<Band>,
    /// The last band of each subject, by its place.
    last: BTreeMap<(NodeId, Subject), usize>,
}

impl Bands {
    pub(super) fn new(resolution: SimDuration) -> Self {
        Self { resolution, ..Self::default() }
    }

    /// All, in order of their beginnings.
    pub fn all(&self) -> &[Band] {
        &self.bands
    }

    /// Those of a node.
    pub fn of(&self, node: NodeId) -> impl Iterator<Item = &Band> {
        self.bands.iter().filter(move |band| band.node == node)
    }

    /// A state begins, unless it is there already.
    pub fn enter(&mut self, at: SimTime, node: NodeId, subject: Subject) {
        if let Some(band) = self.last.get(&(node, subject)).map(|i| &mut self.bands[*i]) {
            match band.to {
                None => return,
                // A state that flutters must not take memory for each time.
                Some(to) if at.since(to) < self.resolution => {
                    band.to = None;
                    band.entered = band.entered.saturating_add(1);
                    return;
                }
                Some(_) => {}
            }
        }
        self.last.insert((node, subject), self.bands.len());
        self.bands.push(Band { node, subject, from: at, to: None, entered: 1 });
    }

    /// A state ends, if it was there.
    pub fn leave(&mut self, at: SimTime, node: NodeId, subject: Subject) {
        if let Some(band) = self.last.get(&(node, subject)).map(|i| &mut self.bands[*i]) {
            band.to = band.to.or(Some(at));
        }
    }

    fn leave_all(&mut self, at: SimTime, which: impl Fn(&(NodeId, Subject)) -> bool) {
        for (_, i) in self.last.iter().filter(|(key, _)| which(key)) {
            let band = &mut self.bands[*i];
            band.to = band.to.or(Some(at));
        }
    }

    /// What a note says about the states of a node; `node` is that of the note's span, where it has one that is open.
    pub(super) fn note(&mut self, at: SimTime, node: Option<NodeId>, note: Note) {
        match (note, node) {
            (Note::PeerOut(peer) | Note::ProbedDown(peer), Some(node)) => {
                self.enter(at, node, Subject::PeerOut(peer));
            }
            (Note::PeerBack(peer) | Note::ProbedUp(peer), Some(node)) => {
                self.leave(at, node, Subject::PeerOut(peer));
            }
            // A gateway that looks after its ejections works for nobody; only one gateway asks an upstream.
            (Note::PeerBack(peer), None) => {
                let about = |(_, subject): &(NodeId, Subject)| *subject == Subject::PeerOut(peer);
                self.leave_all(at, about);
            }
            (Note::AllBack, Some(node)) => {
                self.leave_all(at, |(of, subject)| *of == node && matches!(subject, Subject::PeerOut(_)));
            }
            (Note::Breaker(node, state), _) => {
                for (subject, in_it) in [
                    (Subject::BreakerOpen, state == BreakerState::Open),
                    (Subject::BreakerHalfOpen, state == BreakerState::HalfOpen),
                ] {
                    if in_it {
                        self.enter(at, node, subject);
                    } else {
                        self.leave(at, node, subject);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_begin_and_end_once_and_flutter_counts_as_one() {
        let (node, peer) = (NodeId(1), NodeId(2));
        let mut bands = Bands::new(SimDuration::from_secs(1));
        let note = |bands: &mut Bands, millis, note| {
            bands.note(SimTime::from_millis(millis), Some(node), note);
        };
        note(&mut bands, 500, Note::PeerBack(peer));
        for millis in [1_000, 1_200] {
            note(&mut bands, millis, Note::PeerOut(peer));
        }
        note(&mut bands, 3_000, Note::PeerBack(peer));
        note(&mut bands, 3_900, Note::PeerOut(peer));
        note(&mut bands, 5_000, Note::PeerBack(peer));
        note(&mut bands, 6_000, Note::PeerOut(peer));
        let band = |from, to: Option<u64>, entered| Band {
            node,
            subject: Subject::PeerOut(peer),
            from: SimTime::from_millis(from),
            to: to.map(SimTime::from_millis),
            entered,
        };
        assert_eq!(bands.all(), [band(1_000, Some(5_000), 2), band(6_000, None, 1)]);
        assert_eq!((bands.of(node).count(), bands.of(peer).count()), (2, 0));
    }

    #[test]
    fn a_breaker_is_open_then_half_open_then_neither() {
        let node = NodeId(3);
        let mut bands = Bands::new(SimDuration::from_millis(10));
        for (second, state) in [
            (1, BreakerState::Open),
            (6, BreakerState::HalfOpen),
            (7, BreakerState::Open),
            (12, BreakerState::HalfOpen),
            (13, BreakerState::Closed),
        ] {
            // The breaker's own timer belongs to no span.
            bands.note(SimTime::from_secs(second), None, Note::Breaker(node, state));
        }
        let seen: Vec<_> = bands.all().iter().map(|b| (b.subject, b.from, b.to)).collect();
        let expected = [
            (Subject::BreakerOpen, 1, 6),
            (Subject::BreakerHalfOpen, 6, 7),
            (Subject::BreakerOpen, 7, 12),
            (Subject::BreakerHalfOpen, 12, 13),
        ];
        let expected =
            expected.map(|(s, from, to)| (s, SimTime::from_secs(from), Some(SimTime::from_secs(to))));
        assert_eq!(seen, expected);
    }
}
