//! gRPC's retry throttling: failures cost a token, successes bring a part of one, and retries need more than half.
//!
//! Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs": `maxTokens` in (0, 1000],
//! `tokenRatio` with up to three decimals. In the long run a client whose attempts fail more often than
//! ratio / (1 + ratio) makes no retries (9.1 % at 0.1).

use serde::{Deserialize, Serialize};

use crate::sim::client::decide::Verdict;
use crate::sim::scenario::{ScenarioError, within};

/// Tokens are counted in thousandths, as gRPC does.
const TOKEN: u32 = 1_000;

/// Settings of gRPC's throttling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GrpcThrottle {
    /// Tokens at the start and at most; 10 by default, as in the proposal's example; 1 to 1,000.
    pub max_tokens: u32,
    /// What a success brings; 0.1 by default, 0.001 to 1,000; digits beyond the third do not count.
    pub token_ratio: f64,
}

impl Default for GrpcThrottle {
    fn default() -> Self {
        Self { max_tokens: 10, token_ratio: 0.1 }
    }
}

impl GrpcThrottle {
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/max_tokens"), self.max_tokens, 1, 1_000)?;
        within(&format!("{at}/token_ratio"), self.token_ratio, 0.001, 1_000.0)
    }
}

#[derive(Clone, Debug)]
pub(in super::super) struct Purse {
    most: u32,
    ratio: u32,
    tokens: u32,
}

impl Purse {
    pub(super) fn new(budget: GrpcThrottle) -> Self {
        let most = budget.max_tokens * TOKEN;
        // The small summand undoes what binary fractions lose: 0.1 is a hundred thousandths.
        let ratio = (budget.token_ratio * f64::from(TOKEN) + 1e-6) as u32;
        Self { most, ratio, tokens: most }
    }

    pub(super) fn attempt_ended(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Success => self.tokens = (self.tokens + self.ratio).min(self.most),
            Verdict::Failure => self.tokens = self.tokens.saturating_sub(TOKEN),
            Verdict::Final | Verdict::Cancelled => {}
        }
    }

    pub(super) fn take(&mut self) -> Option<u32> {
        (self.tokens > self.most / 2).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vector_of_grpc_s_own_test() {
        // grpc, retry_throttle_test: max 4, ratio 1.6: F ok (3), S (4), F ok (3), F no (2).
        let mut purse = Purse::new(GrpcThrottle { max_tokens: 4, token_ratio: 1.6 });
        let mut step = |verdict| {
            purse.attempt_ended(verdict);
            (purse.tokens, purse.take().is_some())
        };
        assert_eq!(step(Verdict::Failure), (3_000, true));
        assert_eq!(step(Verdict::Success), (4_000, true));
        assert_eq!(step(Verdict::Failure), (3_000, true));
        assert_eq!(step(Verdict::Failure), (2_000, false));
    }

    #[test]
    fn retries_stop_for_good_above_the_share_of_failures_that_the_ratio_sets() {
        // One failure in each n attempts: at ratio 0.1 the tokens rise for n > 11 and fall for n < 11.
        for (n, stops) in [(10, true), (12, false)] {
            let mut purse = Purse::new(GrpcThrottle { max_tokens: 10, token_ratio: 0.1 });
            let mut last = true;
            for i in 0..10_000 {
                let failed = i % n == 0;
                purse.attempt_ended(if failed { Verdict::Failure } else { Verdict::Success });
                last = if failed { purse.take().is_some() } else { last };
            }
            assert_eq!(last, !stops, "one failure in {n}");
        }
    }

    proptest! {
        #[test]
        fn tokens_stay_between_none_and_the_most(steps in prop::collection::vec(any::<bool>(), 0..300), most in 1u32..1_000, ratio in 0.001..50.0f64) {
            let mut purse = Purse::new(GrpcThrottle { max_tokens: most, token_ratio: ratio });
            for success in steps {
                purse.attempt_ended(if success { Verdict::Success } else { Verdict::Failure });
                prop_assert!(purse.tokens <= most * TOKEN);
                prop_assert_eq!(purse.take().is_some(), purse.tokens > most * TOKEN / 2);
            }
        }
    }
}
