//! Envoy's two limits of retries: so many at a time, or a share of the requests in flight.
//!
//! Source: Envoy, `config.cluster.v3.CircuitBreakers.Thresholds`: `max_retries` 3; `retry_budget` with
//! `budget_percent` 20 % of active and pending requests and `min_retry_concurrency` 3. A retry counts from the
//! decision to make it, its backoff included, until its attempt has ended.

use serde::{Deserialize, Serialize};

use crate::sim::scenario::{ScenarioError, within};

/// So many retries at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MaxRetries {
    /// How many; 3 by default, 0 to 100,000.
    pub concurrent: u32,
}

impl Default for MaxRetries {
    fn default() -> Self {
        Self { concurrent: 3 }
    }
}

impl MaxRetries {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/concurrent"), self.concurrent, 0, 100_000)
    }
}

/// A share of the requests in flight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EnvoyBudget {
    /// Retries at a time, in percent of the attempts in flight; 20 by default, 0 to 100.
    pub percent: f64,
    /// Retries at a time that are always allowed; 3 by default, 0 to 100,000.
    pub floor: u32,
}

impl Default for EnvoyBudget {
    fn default() -> Self {
        Self { percent: 20.0, floor: 3 }
    }
}

impl EnvoyBudget {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/percent"), self.percent, 0.0, 100.0)?;
        within(&format!("{at}/floor"), self.floor, 0, 100_000)
    }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Purse {
    percent: f64,
    floor: u32,
    retries: u32,
}

impl Purse {
    pub(super) fn share(budget: EnvoyBudget) -> Self {
        Self { percent: budget.percent, floor: budget.floor, retries: 0 }
    }

    pub(super) fn fixed(limit: MaxRetries) -> Self {
        Self { percent: 0.0, floor: limit.concurrent, retries: 0 }
    }

    fn limit(&self, in_flight: u32) -> u32 {
        self.floor.max((self.percent * f64::from(in_flight) / 100.0) as u32)
    }

    pub(super) fn take(&mut self, in_flight: u32) -> Option<u32> {
        if self.retries >= self.limit(in_flight) {
            return None;
        }
        self.retries += 1;
        Some(1)
    }

    pub(super) fn give_back(&mut self, taken: u32) {
        self.retries = self.retries.saturating_sub(taken);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fifth_of_what_is_in_flight_but_at_least_three() {
        for (in_flight, limit) in [(0, 3), (14, 3), (15, 3), (19, 3), (20, 4), (100, 20)] {
            let mut purse = Purse::share(EnvoyBudget::default());
            let granted = (0..1_000).filter(|_| purse.take(in_flight).is_some()).count();
            assert_eq!(granted, limit, "{in_flight} in flight");
        }
    }

    #[test]
    fn three_at_a_time_whatever_is_in_flight() {
        let mut purse = Purse::fixed(MaxRetries::default());
        assert_eq!((0..10).filter(|_| purse.take(1_000).is_some()).count(), 3);
        purse.give_back(1);
        assert_eq!((0..10).filter(|_| purse.take(1_000).is_some()).count(), 1);
    }

    proptest! {
        #[test]
        fn no_more_are_out_than_the_limit_was(steps in prop::collection::vec((0u32..200, any::<bool>()), 1..300)) {
            let budget = EnvoyBudget::default();
            let (mut purse, mut out) = (Purse::share(budget), 0u32);
            for (in_flight, take) in steps {
                if take && purse.take(in_flight).is_some() {
                    out += 1;
                    prop_assert!(out <= budget.floor.max(in_flight / 5));
                } else if !take && out > 0 {
                    purse.give_back(1);
                    out -= 1;
                }
            }
        }
    }
}
