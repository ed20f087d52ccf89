//! Finagle's retry budget: a share of the requests of the last seconds, and some retries a second besides.
//!
//! Source: Finagle, "Retry budgets" (2016) and `RetryBudget.scala`: `percentCanRetry` 0.2, `minRetriesPerSec`
//! 10, `ttl` 10 s. Deposits and withdrawals are both forgotten after the ttl, which is kept in ten slices.
//! tower's `TpsBudget` and reqwest's budget are the same with deposits on success.

use serde::{Deserialize, Serialize};

use super::Deposit;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::{SimDuration, SimTime};

const SLICES: usize = 10;
/// What a retry costs; a whole number, so that shares add up without rounding on the way.
const RETRY: i64 = 1_000_000;

/// Settings of Finagle's budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FinagleBudget {
    /// Retries for each request; 0.2 by default, 0 to 10.
    pub ratio: f64,
    /// Retries a second that are allowed besides; 10 by default, 0 to 100,000.
    pub min_per_second: u32,
    /// For how long a request counts; 10 s by default, 1 s to 1 h.
    pub ttl: SimDuration,
    /// What counts as a request; calls by default.
    pub deposit: Deposit,
}

impl Default for FinagleBudget {
    fn default() -> Self {
        Self { ratio: 0.2, min_per_second: 10, ttl: SimDuration::from_secs(10), deposit: Deposit::Requests }
    }
}

impl FinagleBudget {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/ratio"), self.ratio, 0.0, 10.0)?;
        within(&format!("{at}/min_per_second"), self.min_per_second, 0, 100_000)?;
        within(&format!("{at}/ttl"), self.ttl, SimDuration::from_secs(1), SimDuration::from_secs(3_600))
    }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Purse {
    deposit: Deposit,
    each: i64,
    reserve: i64,
    slice: u64,
    /// The number of the present slice since the start of the run.
    present: u64,
    slices: [i64; SLICES],
}

impl Purse {
    pub(super) fn new(budget: FinagleBudget) -> Self {
        let reserve = f64::from(budget.min_per_second) * budget.ttl.as_secs_f64() * RETRY as f64;
        Self {
            deposit: budget.deposit,
            each: (budget.ratio * RETRY as f64) as i64,
            reserve: reserve as i64,
            slice: (budget.ttl.as_nanos() / SLICES as u64).max(1),
            present: 0,
            slices: [0; SLICES],
        }
    }

    fn turn(&mut self, now: SimTime) -> &mut i64 {
        let present = now.as_nanos() / self.slice;
        for passed in (self.present + 1..=present).take(SLICES) {
            self.slices[passed as usize % SLICES] = 0;
        }
        self.present = present;
        &mut self.slices[present as usize % SLICES]
    }

    pub(super) fn earn(&mut self, now: SimTime, deposit: Deposit) {
        if deposit == self.deposit {
            let each = self.each;
            *self.turn(now) += each;
        }
    }

    pub(super) fn take(&mut self, now: SimTime) -> Option<u32> {
        self.turn(now);
        if self.reserve + self.slices.iter().sum::<i64>() < RETRY {
            return None;
        }
        *self.turn(now) -= RETRY;
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_of_failures_gets_the_reserve_and_a_fifth_of_its_requests() {
        let mut purse = Purse::new(FinagleBudget::default());
        let now = SimTime::from_secs(3);
        (0..1_000).for_each(|_| purse.earn(now, Deposit::Requests));
        let granted = (0..1_000).filter(|_| purse.take(now).is_some()).count();
        // 10 retries a second for 10 s and 20 % of 1,000.
        assert_eq!(granted, 300);
        // After the ttl both the deposits and the withdrawals are forgotten.
        let granted = (0..1_000).filter(|_| purse.take(SimTime::from_secs(13)).is_some()).count();
        assert_eq!(granted, 100);
    }

    #[test]
    fn with_deposits_on_success_an_outage_gets_the_reserve_alone() {
        // Recording: reqwest's budget, 80 calls that always fail and want two retries each: exactly 100 retries.
        let budget = FinagleBudget { deposit: Deposit::Successes, ..FinagleBudget::default() };
        let mut purse = Purse::new(budget);
        let mut granted = 0;
        for _ in 0..80 {
            purse.earn(SimTime::ZERO, Deposit::Requests);
            granted += (0..2).filter(|_| purse.take(SimTime::ZERO).is_some()).count();
        }
        assert_eq!(granted, 100);
    }

    #[test]
    fn steady_traffic_is_amplified_by_the_ratio() {
        let mut purse =
            Purse::new(FinagleBudget { min_per_second: 0, ratio: 0.1, ..FinagleBudget::default() });
        let mut granted = 0;
        for i in 0..10_000 {
            let now = SimTime::from_millis(i * 10);
            purse.earn(now, Deposit::Requests);
            granted += usize::from(purse.take(now).is_some());
        }
        assert!((995..=1_000).contains(&granted), "{granted} retries of 10,000 requests");
    }

    proptest! {
        #[test]
        fn it_is_never_overdrawn(steps in prop::collection::vec((0u64..400, any::<bool>()), 1..400), ratio in 0.0..2.0f64, least in 0u32..5) {
            let budget = FinagleBudget { ratio, min_per_second: least, ttl: SimDuration::from_secs(1), deposit: Deposit::Requests };
            let mut purse = Purse::new(budget);
            let (mut now, mut grants, mut deposits) = (SimTime::ZERO, Vec::new(), Vec::new());
            for (pause, ask) in steps {
                now = now + SimDuration::from_millis(pause);
                if !ask {
                    purse.earn(now, Deposit::Requests);
                    deposits.push(now);
                } else if purse.take(now).is_some() {
                    grants.push(now);
                    // What was granted within nine slices was earned within the nine slices before each of them.
                    let since = |times: &[SimTime], ms| times.iter().filter(|t| now.since(**t) < SimDuration::from_millis(ms)).count() as f64;
                    prop_assert!(since(&grants, 900) <= f64::from(least) + ratio * since(&deposits, 1_900) + 1e-6);
                }
            }
        }
    }
}
