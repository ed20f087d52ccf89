//! The upstreams of a gateway: who may be asked, who is chosen, and what is remembered of each.

use super::balance::{Balancer, Candidate};
use super::passive::{Finding, Passive, Seen, panics};
use super::probe::{Health, Probed};
use crate::sim::dialect::EffectiveSettings;
use crate::sim::random::Stream;
use crate::sim::scenario::{PassiveHealth, ProbeRule};
use crate::sim::time::SimTime;

/// An upstream as the configuration has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) weight: u32,
    pub(super) backup: bool,
    /// Not listed by the configuration: never asked.
    pub(super) absent: bool,
}

impl Member {
    pub(super) const USUAL: Self = Self { weight: 1, backup: false, absent: false };
}

/// Who is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Upstream(usize),
    /// Those that are well have no room.
    Full,
    /// Nobody that is left is well.
    Nobody,
}

/// What happened on the way to a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    PassedOver(usize),
    /// So few are well that health was not asked.
    Panicked,
    /// All were in the error state, so all came back.
    Recovered,
    /// An upstream came back to be asked again.
    Back(usize),
}

/// The upstreams of a gateway.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    members: Vec<Member>,
    /// Requests under way at each.
    active: Vec<u32>,
    balancer: Balancer,
    passive: Passive,
    probed: Vec<Health>,
}

impl Pool {
    /// `balance`: the upstream with which turns begin, and whether two drawn ones differ.
    pub(super) fn new(size: usize, balance: (usize, bool), seed: u64, id: &str, probe: &ProbeRule) -> Self {
        Self {
            members: vec![Member::USUAL; size],
            active: vec![0; size],
            balancer: Balancer::new(size, balance.0, balance.1, Stream::new(seed, id, "balance")),
            passive: Passive::new(size, Stream::new(seed, id, "ejection")),
            probed: vec![Health::new(probe); size],
        }
    }

    /// Takes over another list of upstreams; what is remembered of each stays.
    pub(super) fn configure(&mut self, members: impl Iterator<Item = Member>) {
        self.members.iter_mut().zip(members).for_each(|(old, new)| *old = new);
        self.passive.list(self.size());
    }

    /// How many a request may be sent to, in all.
    pub(super) fn size(&self) -> usize {
        self.members.iter().filter(|m| !m.absent).count()
    }

    pub(super) fn indices(&self) -> impl Iterator<Item = usize> {
        (0..self.members.len()).filter(|i| !self.members[*i].absent)
    }

    /// Requests under way at all of them.
    pub(super) fn active(&self) -> u32 {
        self.active.iter().sum()
    }

    fn is_well(&self, peer: usize, now: SimTime, s: &EffectiveSettings) -> bool {
        (!s.health_check.enabled || self.probed[peer].is_up())
            && !self.passive.is_out(&s.passive_health, peer, now, s.max_fails, s.fail_timeout)
    }

    /// Chooses an upstream that is not among `tried`, or only the one that `only` names.
    pub(super) fn pick(
        &mut self,
        tried: u64,
        only: Option<usize>,
        now: SimTime,
        s: &EffectiveSettings,
        mut remark: impl FnMut(Remark),
    ) -> Choice {
        // An upstream that is asked again is asked however it fares: HAProxy's retries do not look at its health.
        let mut anyone = only.is_some();
        if s.panic_threshold > 0.0 && panics(self.well(now, s), self.size(), s.panic_threshold) {
            anyone = true;
            remark(Remark::Panicked);
        } else if matches!(s.passive_health, PassiveHealth::ErrorState(_))
            // Only before the first try: a request whose tries failed ends (recording: apache sequence rolling_restart).
            && tried == 0
            && self.well(now, s) == 0
            && self.passive.recover_all(&s.passive_health)
        {
            remark(Remark::Recovered);
        }
        let mut full = false;
        // Backups only where no other is to be had (nginx, `backup`).
        for backup in [false, true] {
            let mut open = 0_u64;
            for i in self.indices() {
                let asked = tried & (1 << i) == 0 && only.is_none_or(|o| o == i);
                if !asked || self.members[i].backup != backup {
                    continue;
                }
                if !anyone && !self.is_well(i, now, s) {
                    remark(Remark::PassedOver(i));
                } else if s.limits.upstream_requests > 0 && self.active[i] >= s.limits.upstream_requests {
                    full = true;
                } else {
                    open |= 1 << i;
                }
            }
            let (members, active) = (&self.members, &self.active);
            let candidate = |i: usize| Candidate { weight: members[i].weight, active: active[i] };
            let chosen = self.balancer.pick(s.balance, |i| (open & (1 << i) != 0).then(|| candidate(i)));
            if let Some(peer) = chosen {
                if self.passive.picked(&s.passive_health, peer, now, s.fail_timeout) == Finding::Back {
                    remark(Remark::Back(peer));
                }
                return Choice::Upstream(peer);
            }
            if full {
                return Choice::Full;
            }
        }
        Choice::Nobody
    }

    fn well(&self, now: SimTime, s: &EffectiveSettings) -> usize {
        self.indices().filter(|i| self.is_well(*i, now, s)).count()
    }

    /// A try begins.
    pub(super) fn begin(&mut self, peer: usize) {
        self.active[peer] += 1;
    }

    /// A try is over, however it ended.
    pub(super) fn end(&mut self, peer: usize) {
        self.active[peer] = self.active[peer].saturating_sub(1);
    }

    /// Learns from the end of a try.
    pub(super) fn learn(
        &mut self,
        peer: usize,
        now: SimTime,
        seen: Seen,
        blamed: bool,
        s: &EffectiveSettings,
    ) -> Finding {
        let found = self.passive.ended(&s.passive_health, peer, now, seen, blamed, s.max_fails);
        if blamed && s.passive_health == PassiveHealth::MaxFails && self.size() > 1 {
            self.balancer.lower(peer, self.members[peer].weight, s.max_fails);
        }
        found
    }

    /// Takes a probe's end in; tells what the upstream counts as now, if that changed.
    pub(super) fn probed(&mut self, peer: usize, probed: Probed, rule: &ProbeRule) -> Option<bool> {
        let health = &mut self.probed[peer];
        health.probed(probed, rule).then(|| health.is_up())
    }

    /// Takes a request's failure for failed probes; true if the upstream goes down by it.
    pub(super) fn fail_probes(&mut self, peer: usize, rule: &ProbeRule, all_but_one: bool) -> bool {
        self.probed[peer].fail(rule, all_but_one)
    }

    /// Forgets what probes said.
    pub(super) fn forget_probes(&mut self, rule: &ProbeRule) {
        self.probed.iter_mut().for_each(|h| *h = Health::new(rule));
    }

    /// Envoy's sweep; see [`Passive::sweep`].
    pub(super) fn sweep(&mut self, now: SimTime, s: &EffectiveSettings, back: impl FnMut(usize)) -> bool {
        match &s.passive_health {
            PassiveHealth::Outlier(o) => self.passive.sweep(o, now, back),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::scenario::{Balance, GatewaySettings, InitialHealth};
    use crate::sim::time::SimDuration;

    fn settings() -> EffectiveSettings {
        dialect(DialectName::Nginx).effective(&GatewaySettings::default())
    }

    fn pool(size: usize, s: &EffectiveSettings) -> Pool {
        Pool::new(size, (0, false), 1, "gateway", &s.health_check)
    }

    fn picks(pool: &mut Pool, s: &EffectiveSettings, at: u64, n: usize) -> Vec<Choice> {
        (0..n).map(|_| pool.pick(0, None, SimTime::from_secs(at), s, |_| {})).collect()
    }

    fn fail(pool: &mut Pool, s: &EffectiveSettings, peer: usize, at: u64) -> Finding {
        pool.learn(peer, SimTime::from_secs(at), Seen::NoConnection, true, s)
    }

    const A: Choice = Choice::Upstream(0);
    const B: Choice = Choice::Upstream(1);

    #[test]
    fn healthy_upstreams_take_turns_from_the_first() {
        let s = settings();
        assert_eq!(picks(&mut pool(2, &s), &s, 0, 4), [A, B, A, B]);
    }

    #[test]
    fn a_failed_upstream_stays_out_for_its_time_and_the_rest_go_on() {
        let s = settings();
        let mut pool = pool(2, &s);
        assert_eq!(picks(&mut pool, &s, 5, 1), [A]);
        assert_eq!(fail(&mut pool, &s, 0, 5), Finding::Out(1));
        assert_eq!(picks(&mut pool, &s, 15, 3), [B, B, B]);
        // After more than fail_timeout it gets one request again, and is forgiven once that was answered.
        assert!(picks(&mut pool, &s, 16, 4).contains(&A));
        let answered = Seen::Answer { status: Some(200), took: SimDuration::ZERO };
        assert_eq!(pool.learn(0, SimTime::from_secs(16), answered, false, &s), Finding::Back);
    }

    #[test]
    fn nobody_is_picked_when_all_are_out_and_a_single_one_always_is() {
        let s = settings();
        let mut two = pool(2, &s);
        for peer in [0, 1] {
            fail(&mut two, &s, peer, 0);
        }
        assert_eq!(picks(&mut two, &s, 1, 1), [Choice::Nobody]);
        let mut one = pool(1, &s);
        assert_eq!(fail(&mut one, &s, 0, 0), Finding::Nothing);
        assert_eq!(picks(&mut one, &s, 0, 2), [A, A]);
    }

    #[test]
    fn backups_wait_for_the_others_to_be_out_and_absent_ones_are_never_asked() {
        let s = settings();
        let mut pool = pool(3, &s);
        let backup = Member { backup: true, ..Member::USUAL };
        let absent = Member { absent: true, ..Member::USUAL };
        pool.configure([Member::USUAL, backup, absent].into_iter());
        assert_eq!(picks(&mut pool, &s, 0, 2), [A, A]);
        fail(&mut pool, &s, 0, 0);
        assert_eq!(picks(&mut pool, &s, 0, 2), [B, B]);
        assert_eq!(pool.size(), 2);
    }

    #[test]
    fn a_full_upstream_is_something_else_than_a_failed_one() {
        let mut s = settings();
        s.limits.upstream_requests = 1;
        let mut pool = pool(2, &s);
        pool.begin(0);
        assert_eq!(picks(&mut pool, &s, 0, 2), [B, B]);
        pool.begin(1);
        assert_eq!(picks(&mut pool, &s, 0, 1), [Choice::Full]);
        pool.end(0);
        assert_eq!(picks(&mut pool, &s, 0, 1), [A]);
    }

    #[test]
    fn in_panic_health_is_not_asked() {
        let mut s = settings();
        s.panic_threshold = 0.5;
        s.balance = Balance::RoundRobin;
        s.health_check.enabled = true;
        s.health_check.initial = InitialHealth::Healthy;
        (s.health_check.fall, s.health_check.window) = (1, 0);
        let mut pool = pool(2, &s);
        assert_eq!(pool.probed(0, Probed::Silent, &s.health_check.clone()), Some(false));
        assert_eq!(picks(&mut pool, &s, 0, 2), [B, B], "half is not below half");
        assert_eq!(pool.probed(1, Probed::Silent, &s.health_check.clone()), Some(false));
        let mut remarks = Vec::new();
        let choice = pool.pick(0, None, SimTime::ZERO, &s, |r| remarks.push(r));
        assert_eq!((choice, remarks), (A, vec![Remark::Panicked]));
    }
}
