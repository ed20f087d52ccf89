//! Choosing among the upstreams that may be asked.
//!
//! Each product is a choice of [`Balance`], of where turns begin and of whether two draws may hit the same
//! upstream. Who may be asked at all (health, limits, what a request has tried) is the pool's to say.
//! Left out: stickiness and hashing, which need something of the request to hold on to.

use crate::sim::random::Stream;
use crate::sim::scenario::Balance;

/// What the balance knows about an upstream that may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) weight: u32,
    /// Requests under way there.
    pub(super) active: u32,
}

/// The turns of one upstream.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// Smooth round robin: nginx's `current_weight`.
    current: i64,
    /// Smooth round robin: by how much nginx's `effective_weight` lies below the weight.
    lowered: i64,
    /// Round robin: when its next turn is, on a scale on which weight 1 has a turn every [`ROUND`].
    due: u64,
}

/// Divisible by every weight up to 16, so that usual weights keep their exact shares.
const ROUND: u64 = 720_720 << 20;

/// The balance of one gateway.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    turns: Vec<Turn>,
    /// The upstream with which turns begin.
    start: usize,
    /// Whether [`Balance::LeastOfTwo`] draws two different ones.
    two_differ: bool,
    chance: Stream,
}

impl Balancer {
    /// Turns begin with the upstream `start`; `two_differ` is nginx's way of drawing two, the other is Envoy's.
    pub(super) fn new(size: usize, start: usize, two_differ: bool, chance: Stream) -> Self {
        Self { turns: vec![Turn::default(); size], start: start % size.max(1), two_differ, chance }
    }

    /// Chooses among those for which `open` tells something.
    pub(super) fn pick(
        &mut self,
        balance: Balance,
        open: impl Fn(usize) -> Option<Candidate>,
    ) -> Option<usize> {
        match balance {
            Balance::SmoothRoundRobin => self.smooth(|i| open(i).map(|c| c.weight)),
            Balance::RoundRobin => self.in_turns(open),
            Balance::LeastRequests => {
                let load = |c: Candidate, other: Candidate| u64::from(c.active) * u64::from(other.weight);
                let least =
                    (0..self.turns.len()).filter_map(&open).min_by(|a, b| load(*a, *b).cmp(&load(*b, *a)))?;
                self.smooth(|i| open(i).filter(|c| load(*c, least) == load(least, *c)).map(|c| c.weight))
            }
            Balance::LeastOfTwo => self.of_two(open),
            Balance::Random => self.at_random(open),
            Balance::FirstAvailable => (0..self.turns.len()).find(|i| open(*i).is_some()),
        }
    }

    /// `ngx_http_upstream_get_peer` of `ngx_http_upstream_round_robin.c` (nginx 1.22.1).
    fn smooth(&mut self, weight: impl Fn(usize) -> Option<u32>) -> Option<usize> {
        let mut best: Option<usize> = None;
        let mut total = 0;
        for step in 0..self.turns.len() {
            let i = (self.start + step) % self.turns.len();
            let Some(weight) = weight(i) else { continue };
            let turn = &mut self.turns[i];
            let effective = (i64::from(weight) - turn.lowered).max(0);
            turn.current += effective;
            total += effective;
            turn.lowered = (turn.lowered - 1).max(0);
            if best.is_none_or(|b| self.turns[i].current > self.turns[b].current) {
                best = Some(i);
            }
        }
        let best = best?;
        self.turns[best].current -= total;
        Some(best)
    }

    /// The earliest deadline first, each turn setting the next deadline a share of the weight later. An upstream
    /// that may not be asked loses its turn, as in Traefik (`wrr.go`), Varnish (`vmod_directors_round_robin.c`)
    /// and Envoy (where it leaves the schedule).
    fn in_turns(&mut self, open: impl Fn(usize) -> Option<Candidate>) -> Option<usize> {
        let size = self.turns.len();
        (0..size).find(|i| open(*i).is_some())?;
        let weight_of_closed = 1;
        loop {
            let next = (0..size).map(|step| (self.start + step) % size).min_by_key(|i| self.turns[*i].due)?;
            let candidate = open(next);
            let weight = candidate.map_or(weight_of_closed, |c| c.weight.max(1));
            self.turns[next].due += ROUND / u64::from(weight);
            if candidate.is_some() {
                self.settle();
                return Some(next);
            }
        }
    }

    /// Keeps deadlines small: what all have in common is taken off.
    fn settle(&mut self) {
        let least = self.turns.iter().map(|t| t.due).min().unwrap_or_default();
        if least > u64::MAX / 2 {
            self.turns.iter_mut().for_each(|t| t.due -= least);
        }
    }

    fn at_random(&mut self, open: impl Fn(usize) -> Option<Candidate>) -> Option<usize> {
        let total: u64 = (0..self.turns.len()).filter_map(&open).map(|c| u64::from(c.weight)).sum();
        let mut drawn = self.chance.below(total);
        (0..self.turns.len()).find(|i| match open(*i) {
            Some(c) if drawn < u64::from(c.weight) => true,
            Some(c) => {
                drawn -= u64::from(c.weight);
                false
            }
            None => false,
        })
    }

    fn of_two(&mut self, open: impl Fn(usize) -> Option<Candidate>) -> Option<usize> {
        let count = (0..self.turns.len()).filter(|i| open(*i).is_some()).count() as u64;
        let nth = |n: u64| (0..self.turns.len()).filter(|i| open(*i).is_some()).nth(n as usize);
        let first = self.chance.below(count);
        let second = if self.two_differ && count > 1 {
            (first + 1 + self.chance.below(count - 1)) % count
        } else {
            self.chance.below(count)
        };
        let (first, second) = (nth(first)?, nth(second)?);
        let (a, b) = (open(first)?, open(second)?);
        let load = |c: Candidate, other: Candidate| u64::from(c.active) * u64::from(other.weight);
        Some(if load(b, a) < load(a, b) { second } else { first })
    }

    /// Lowers an upstream's share for a while, as nginx does on a failure: by its weight over `max_fails`.
    pub(super) fn lower(&mut self, peer: usize, weight: u32, max_fails: u32) {
        if max_fails > 0 {
            let turn = &mut self.turns[peer];
            turn.lowered = (turn.lowered + i64::from(weight) / i64::from(max_fails)).min(i64::from(weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balancer(size: usize, start: usize) -> Balancer {
        Balancer::new(size, start, false, Stream::new(1, "gateway", "balance"))
    }

    fn picks(b: &mut Balancer, balance: Balance, peers: &[(u32, u32)], n: usize) -> Vec<usize> {
        let open = |i: usize| Some(Candidate { weight: peers[i].0, active: peers[i].1 });
        (0..n).map(|_| b.pick(balance, open).expect("all may be asked")).collect()
    }

    #[test]
    fn smooth_round_robin_spreads_the_heavy_one_as_nginx_documents() {
        // The commit that brought it (nginx 1.3.1, 52327e0627f4) gives { 5, 1, 1 } as a a b a c a a.
        let got = picks(&mut balancer(3, 0), Balance::SmoothRoundRobin, &[(5, 0), (1, 0), (1, 0)], 7);
        assert_eq!(got, [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn turns_begin_where_they_are_told_and_keep_the_weights() {
        assert_eq!(
            picks(&mut balancer(3, 1), Balance::RoundRobin, &[(1, 0), (1, 0), (1, 0)], 4),
            [1, 2, 0, 1]
        );
        let got = picks(&mut balancer(2, 0), Balance::RoundRobin, &[(3, 0), (1, 0)], 400);
        assert_eq!(got.iter().filter(|p| **p == 0).count(), 300);
    }

    #[test]
    fn who_may_not_be_asked_loses_its_turns_but_no_later_ones() {
        let mut b = balancer(2, 0);
        let only_b = |i: usize| (i == 1).then_some(Candidate { weight: 1, active: 0 });
        for _ in 0..10 {
            assert_eq!(b.pick(Balance::RoundRobin, only_b), Some(1));
        }
        let back = picks(&mut b, Balance::RoundRobin, &[(1, 0), (1, 0)], 4);
        assert_eq!(back.iter().filter(|p| **p == 0).count(), 2, "{back:?}");
    }

    #[test]
    fn the_fewest_requests_for_the_weight_win_and_ties_take_turns() {
        let mut b = balancer(3, 0);
        assert_eq!(picks(&mut b, Balance::LeastRequests, &[(1, 3), (2, 4), (1, 4)], 1), [1]);
        assert_eq!(picks(&mut b, Balance::LeastRequests, &[(1, 0), (1, 5), (1, 0)], 4), [0, 2, 0, 2]);
    }

    #[test]
    fn two_choices_avoid_a_busy_upstream_as_often_as_chance_lets_them() {
        // With replacement, the busy one of two is taken only where both draws hit it: a quarter.
        let got = picks(&mut balancer(2, 0), Balance::LeastOfTwo, &[(1, 9), (1, 0)], 10_000);
        let busy = got.iter().filter(|p| **p == 0).count();
        assert!((2_300..2_700).contains(&busy), "{busy}");
        let mut differ = Balancer::new(2, 0, true, Stream::new(1, "gateway", "balance"));
        assert_eq!(picks(&mut differ, Balance::LeastOfTwo, &[(1, 9), (1, 0)], 100), [1; 100]);
    }

    #[test]
    fn random_keeps_the_weights_and_first_keeps_to_the_first() {
        let got = picks(&mut balancer(2, 0), Balance::Random, &[(3, 0), (1, 0)], 10_000);
        let first = got.iter().filter(|p| **p == 0).count();
        // Four standard deviations of a binomial are 173.
        assert!((7_327..7_673).contains(&first), "{first}");
        assert_eq!(picks(&mut balancer(2, 1), Balance::FirstAvailable, &[(1, 9), (1, 0)], 3), [0; 3]);
    }

    #[test]
    fn nobody_is_chosen_where_nobody_may_be_asked() {
        for balance in [
            Balance::SmoothRoundRobin,
            Balance::RoundRobin,
            Balance::LeastRequests,
            Balance::LeastOfTwo,
            Balance::Random,
            Balance::FirstAvailable,
        ] {
            assert_eq!(balancer(2, 0).pick(balance, |_| None), None, "{balance:?}");
        }
    }
}
