//! A plain token bucket: each request brings a part of a token, each retry takes a whole one.
//!
//! Source: Brooker, "Fixing retries with token buckets and circuit breakers" (2022): 0.1 for each first try,
//! at most 5, full at the start. The post's text deposits on success, its code on every first try.

use serde::{Deserialize, Serialize};

use super::Deposit;
use crate::sim::scenario::{ScenarioError, within};

const TOKEN: u64 = 1_000_000;

/// Settings of the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TokenBucket {
    /// What a request brings; 0.1 by default, 0 to 1,000.
    pub each: f64,
    /// Tokens at the start and at most; 5 by default, 0 to 1,000,000.
    pub cap: f64,
    /// What counts as a request; calls by default.
    pub deposit: Deposit,
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self { each: 0.1, cap: 5.0, deposit: Deposit::Requests }
    }
}

impl TokenBucket {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/each"), self.each, 0.0, 1_000.0)?;
        within(&format!("{at}/cap"), self.cap, 0.0, 1_000_000.0)
    }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Purse {
    deposit: Deposit,
    each: u64,
    most: u64,
    tokens: u64,
}

impl Purse {
    pub(super) fn new(bucket: TokenBucket) -> Self {
        let most = (bucket.cap * TOKEN as f64) as u64;
        Self { deposit: bucket.deposit, each: (bucket.each * TOKEN as f64) as u64, most, tokens: most }
    }

    pub(super) fn earn(&mut self, deposit: Deposit) {
        if deposit == self.deposit {
            self.tokens = (self.tokens + self.each).min(self.most);
        }
    }

    pub(super) fn take(&mut self) -> Option<u32> {
        self.tokens = self.tokens.checked_sub(TOKEN)?;
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::random::Stream;

    /// Share of calls that succeed, and attempts for each call; 100 clients with 100 calls each, up to 3 retries.
    fn run(f: f64, calls: u32, bucket: Option<TokenBucket>) -> (f64, f64) {
        let (mut good, mut attempts) = (0, 0);
        for client in 0..100 {
            let mut chance = Stream::new(client, "client", "failure");
            let mut purse = bucket.map(Purse::new);
            for _ in 0..calls {
                if let Some(purse) = &mut purse {
                    purse.earn(Deposit::Requests);
                }
                for attempt in 0..4 {
                    if attempt > 0 && purse.as_mut().is_some_and(|p| p.take().is_none()) {
                        break;
                    }
                    attempts += 1;
                    if !chance.chance(f) {
                        good += 1;
                        break;
                    }
                }
            }
        }
        let all = f64::from(100 * calls);
        (f64::from(good) / all, f64::from(attempts) / all)
    }

    #[test]
    fn the_load_and_availability_of_brooker_s_post() {
        // f = 0.5 without a bucket: 1 - f⁴ and (1 - f⁴)/(1 - f); with one: 0.571 and 1.143 over the first 100 calls.
        let (available, load) = run(0.5, 100, None);
        assert!((available - 0.9375).abs() < 0.01 && (load - 1.875).abs() < 0.04, "{available} {load}");
        let (available, load) = run(0.5, 100, Some(TokenBucket::default()));
        assert!((available - 0.571).abs() < 0.015 && (load - 1.143).abs() < 0.01, "{available} {load}");
        // In the long run the load tends to 1.1, whatever fails.
        let (_, load) = run(0.75, 5_000, Some(TokenBucket::default()));
        assert!((load - 1.1).abs() < 0.002, "{load}");
    }

    proptest! {
        #[test]
        fn retries_are_paid_for(steps in prop::collection::vec(any::<bool>(), 0..500), each in 0.0..2.0f64, cap in 0.0..20.0f64) {
            let mut purse = Purse::new(TokenBucket { each, cap, deposit: Deposit::Successes });
            let (mut earned, mut spent) = (cap, 0.0);
            for take in steps {
                if take {
                    spent += f64::from(purse.take().unwrap_or(0));
                } else {
                    purse.earn(Deposit::Successes);
                    earned += each;
                }
                prop_assert!(spent <= earned + 1e-6 && purse.tokens <= purse.most);
            }
        }
    }
}
