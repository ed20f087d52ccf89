//! Choosing an upstream, and remembering which ones failed.
//!
//! Smooth weighted round robin with passive health, as `ngx_http_upstream_round_robin.c` (nginx 1.22.1) has
//! it, with all weights 1. Failure times count in whole seconds, as there.

use crate::sim::time::{SimDuration, SimTime};

/// An upstream as the pool knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    current_weight: i64,
    effective_weight: i64,
    fails: u32,
    accessed: u64,
    checked: u64,
}

/// The upstreams of a gateway.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    peers: Vec<Peer>,
}

/// The weight of every upstream.
const WEIGHT: i64 = 1;

/// What a failure changed about an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) fails: u32,
    /// It was just taken out.
    pub(super) out: bool,
}

impl Pool {
    pub(super) fn new(size: usize) -> Self {
        let peer = Peer { effective_weight: WEIGHT, ..Peer::default() };
        Self { peers: vec![peer; size] }
    }

    /// A pool of one is never marked as failed (there is no better choice).
    fn is_single(&self) -> bool {
        self.peers.len() == 1
    }

    pub(super) fn size(&self) -> usize {
        self.peers.len()
    }

    /// True while this upstream is passed over.
    fn is_out(&self, peer: usize, now: SimTime, max_fails: u32, fail_timeout: SimDuration) -> bool {
        let p = &self.peers[peer];
        !self.is_single()
            && max_fails > 0
            && p.fails >= max_fails
            && seconds(now).saturating_sub(p.checked) <= fail_timeout.as_millis() / 1_000
    }

    /// Chooses an upstream that was not tried yet; calls `passed_over` for each that is out.
    pub(super) fn pick(
        &mut self,
        tried: u64,
        now: SimTime,
        max_fails: u32,
        fail_timeout: SimDuration,
        mut passed_over: impl FnMut(usize),
    ) -> Option<usize> {
        let mut best: Option<usize> = None;
        let mut total = 0;
        for i in 0..self.peers.len() {
            // The only one there is may be asked again (ngx_http_upstream_get_round_robin_peer, `peers->single`).
            if tried & (1 << i) != 0 && !self.is_single() {
                continue;
            }
            if self.is_out(i, now, max_fails, fail_timeout) {
                passed_over(i);
                continue;
            }
            let peer = &mut self.peers[i];
            peer.current_weight += peer.effective_weight;
            total += peer.effective_weight;
            if peer.effective_weight < WEIGHT {
                peer.effective_weight += 1;
            }
            if best.is_none_or(|b| self.peers[i].current_weight > self.peers[b].current_weight) {
                best = Some(i);
            }
        }
        let best = best?;
        let peer = &mut self.peers[best];
        peer.current_weight -= total;
        if seconds(now).saturating_sub(peer.checked) > fail_timeout.as_millis() / 1_000 {
            peer.checked = seconds(now);
        }
        Some(best)
    }

    /// Counts a failure.
    pub(super) fn failed(&mut self, peer: usize, now: SimTime, max_fails: u32) -> Option<Counted> {
        if self.is_single() {
            return None;
        }
        let p = &mut self.peers[peer];
        p.fails = p.fails.saturating_add(1);
        p.accessed = seconds(now);
        p.checked = seconds(now);
        if max_fails > 0 {
            p.effective_weight = (p.effective_weight - WEIGHT / i64::from(max_fails)).max(0);
        }
        Some(Counted { fails: p.fails, out: max_fails > 0 && p.fails >= max_fails })
    }

    /// Counts an answer; true if this upstream was distrusted before.
    pub(super) fn answered(&mut self, peer: usize) -> bool {
        let p = &self.peers[peer];
        let forgiven = p.fails > 0 && (self.is_single() || p.accessed < p.checked);
        if forgiven {
            self.peers[peer].fails = 0;
        }
        forgiven
    }
}

fn seconds(at: SimTime) -> u64 {
    at.as_nanos() / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SimDuration = SimDuration::from_secs(10);

    fn picks(pool: &mut Pool, at: u64, n: usize) -> Vec<Option<usize>> {
        (0..n).map(|_| pool.pick(0, SimTime::from_secs(at), 1, TEN, |_| {})).collect()
    }

    #[test]
    fn healthy_upstreams_take_turns_from_the_first() {
        assert_eq!(picks(&mut Pool::new(2), 0, 4), [Some(0), Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn a_failed_upstream_stays_out_for_its_time_and_the_rest_go_on() {
        let mut pool = Pool::new(2);
        assert_eq!(pool.pick(0, SimTime::from_secs(5), 1, TEN, |_| {}), Some(0));
        assert_eq!(pool.failed(0, SimTime::from_secs(5), 1), Some(Counted { fails: 1, out: true }));
        assert_eq!(picks(&mut pool, 15, 3), [Some(1), Some(1), Some(1)]);
        // After more than fail_timeout it gets one request again, and is forgiven once that was answered.
        assert!(picks(&mut pool, 16, 4).contains(&Some(0)));
        assert!(pool.answered(0));
    }

    #[test]
    fn nobody_is_picked_when_all_are_out() {
        let mut pool = Pool::new(2);
        for peer in [0, 1] {
            pool.failed(peer, SimTime::ZERO, 1);
        }
        assert_eq!(picks(&mut pool, 1, 1), [None]);
    }

    #[test]
    fn a_single_upstream_is_always_asked() {
        let mut pool = Pool::new(1);
        assert_eq!(pool.failed(0, SimTime::ZERO, 1), None);
        assert_eq!(picks(&mut pool, 0, 2), [Some(0), Some(0)]);
    }
}
