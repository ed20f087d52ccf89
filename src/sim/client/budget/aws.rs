//! The retry quota of AWS SDKs' standard mode: a retry takes tokens, a success gives them back.
//!
//! Source: botocore, `retries/quota.py` and `retries/standard.py`: 500 tokens, 5 for a retry, 10 after a
//! timeout; a retry that succeeds gives back what it took, a success without retry gives 1. Time gives
//! nothing. Later releases (recording: boto3 and aws-sdk-js, 2026) take 14, and 5 after throttling.

use serde::{Deserialize, Serialize};

use super::Asked;
use crate::sim::scenario::{ScenarioError, within};

/// Settings of the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AwsQuota {
    /// Tokens at the start and at most; 500 by default, 0 to 1,000,000.
    pub capacity: u32,
    /// What a retry takes; 5 by default, 0 to 1,000,000.
    pub retry: u32,
    /// What a retry after a timeout takes; 10 by default, 0 to 1,000,000.
    pub after_timeout: u32,
    /// What a retry takes after a status that the policy's `slow_down` lists; as any other by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_slow_down: Option<u32>,
    /// What a success without retry gives; 1 by default, 0 to 1,000,000.
    pub success: u32,
}

impl Default for AwsQuota {
    fn default() -> Self {
        Self { capacity: 500, retry: 5, after_timeout: 10, after_slow_down: None, success: 1 }
    }
}

impl AwsQuota {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        for (name, value) in [
            ("capacity", self.capacity),
            ("retry", self.retry),
            ("after_timeout", self.after_timeout),
            ("after_slow_down", self.after_slow_down.unwrap_or_default()),
            ("success", self.success),
        ] {
            within(&format!("{at}/{name}"), value, 0, 1_000_000)?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Purse {
    quota: AwsQuota,
    tokens: u32,
}

impl Purse {
    pub(super) fn new(quota: AwsQuota) -> Self {
        Self { quota, tokens: quota.capacity }
    }

    pub(super) fn take(&mut self, asked: Asked) -> Option<u32> {
        let cost = match self.quota.after_slow_down {
            _ if asked.timed_out => self.quota.after_timeout,
            Some(cost) if asked.slow_down => cost,
            _ => self.quota.retry,
        };
        self.tokens = self.tokens.checked_sub(cost)?;
        Some(cost)
    }

    pub(super) fn succeeded(&mut self, taken: u32) {
        let back = if taken > 0 { taken } else { self.quota.success };
        self.tokens = (self.tokens + back).min(self.quota.capacity);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_total_outage_gets_a_hundred_retries_or_fifty_after_timeouts() {
        for (timed_out, retries) in [(false, 100), (true, 50)] {
            let mut purse = Purse::new(AwsQuota::default());
            let asked = Asked { timed_out, ..Asked::default() };
            assert_eq!((0..1_000).filter(|_| purse.take(asked).is_some()).count(), retries);
        }
    }

    #[test]
    fn the_recorded_attempts_of_boto3_and_of_the_sdk_for_javascript() {
        // Recording: 60 calls that meet 503, 30 that succeed, 6 that meet 503; at most three attempts each.
        let mut purse = Purse::new(AwsQuota { retry: 14, after_slow_down: Some(5), ..AwsQuota::default() });
        let mut failing = || {
            let mut attempts = 1;
            while attempts < 3 && purse.take(Asked::default()).is_some() {
                attempts += 1;
            }
            attempts
        };
        let outage: Vec<u32> = (0..60).map(|_| failing()).collect();
        assert_eq!(outage[..17], [3; 17]);
        assert_eq!(outage[17], 2);
        assert_eq!(outage[18..], [1; 42]);
        (0..30).for_each(|_| purse.succeeded(0));
        let mut failing = || 1 + (0..2).map_while(|_| purse.take(Asked::default())).count();
        assert_eq!([failing(), failing(), failing()], [3, 1, 1]);
    }

    #[test]
    fn a_retry_that_succeeds_costs_nothing_in_the_end() {
        let mut purse = Purse::new(AwsQuota::default());
        let taken = purse.take(Asked::default()).expect("a full quota");
        assert_eq!(purse.tokens, 495);
        purse.succeeded(taken);
        purse.succeeded(0);
        assert_eq!(purse.tokens, 500);
    }

    proptest! {
        #[test]
        fn it_is_never_overdrawn(steps in prop::collection::vec((any::<bool>(), any::<bool>()), 0..400)) {
            let mut purse = Purse::new(AwsQuota { capacity: 60, ..AwsQuota::default() });
            for (take, timed_out) in steps {
                let before = purse.tokens;
                if take {
                    let taken = purse.take(Asked { timed_out, ..Asked::default() });
                    prop_assert_eq!(purse.tokens, before - taken.unwrap_or(0));
                } else {
                    purse.succeeded(0);
                }
                prop_assert!(purse.tokens <= 60);
            }
        }
    }
}
