//! Retry budgets: what limits the retries of all calls of a client together.
//!
//! A limit of attempts holds for one call and multiplies the load of an outage by as much; a budget holds for
//! the client and bounds that factor. Each kind is one file: its settings, its rule, its tests.

mod aws;
mod bucket;
mod envoy;
mod finagle;
mod grpc;

use serde::{Deserialize, Serialize};

pub use aws::AwsQuota;
pub use bucket::TokenBucket;
pub use envoy::{EnvoyBudget, MaxRetries};
pub use finagle::FinagleBudget;
pub use grpc::GrpcThrottle;

use super::decide::Verdict;
use crate::sim::scenario::ScenarioError;
use crate::sim::time::SimTime;

/// A retry budget, by the product that it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Budget {
    /// A share of the requests of the last seconds, and some more.
    Finagle(FinagleBudget),
    /// A share of the requests in flight.
    Envoy(EnvoyBudget),
    /// So many retries at a time.
    MaxRetries(MaxRetries),
    /// Tokens that failures cost and successes bring.
    Grpc(GrpcThrottle),
    /// A quota that retries take and successes give back.
    Aws(AwsQuota),
    /// A token for each retry, a part of one for each request.
    TokenBucket(TokenBucket),
}

/// What earns a budget its tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Deposit {
    /// Each call, when it begins.
    #[default]
    Requests,
    /// Each attempt that succeeds.
    Successes,
}

/// What is known when a budget is asked for a retry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// The attempt ran into a time limit.
    pub(super) timed_out: bool,
    /// The answer asked to slow down.
    pub(super) slow_down: bool,
    /// Attempts of this client in flight.
    pub(super) in_flight: u32,
}

impl Budget {
    /// Checks the ranges; `at` is the field's JSON pointer.
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        match self {
            Self::Finagle(b) => b.check(&format!("{at}/finagle")),
            Self::Envoy(b) => b.check(&format!("{at}/envoy")),
            Self::MaxRetries(b) => b.check(&format!("{at}/max_retries")),
            Self::Grpc(b) => b.check(&format!("{at}/grpc")),
            Self::Aws(b) => b.check(&format!("{at}/aws")),
            Self::TokenBucket(b) => b.check(&format!("{at}/token_bucket")),
        }
    }
}

/// A budget at work.
#[derive(Clone, Debug)]
pub(super) enum Purse {
    Finagle(finagle::Purse),
    Envoy(envoy::Purse),
    Grpc(grpc::Purse),
    Aws(aws::Purse),
    TokenBucket(bucket::Purse),
}

impl Purse {
    pub(super) fn new(budget: Budget) -> Self {
        match budget {
            Budget::Finagle(b) => Self::Finagle(finagle::Purse::new(b)),
            Budget::Envoy(b) => Self::Envoy(envoy::Purse::share(b)),
            Budget::MaxRetries(b) => Self::Envoy(envoy::Purse::fixed(b)),
            Budget::Grpc(b) => Self::Grpc(grpc::Purse::new(b)),
            Budget::Aws(b) => Self::Aws(aws::Purse::new(b)),
            Budget::TokenBucket(b) => Self::TokenBucket(bucket::Purse::new(b)),
        }
    }

    /// A call begins.
    pub(super) fn call_began(&mut self, now: SimTime) {
        match self {
            Self::Finagle(p) => p.earn(now, Deposit::Requests),
            Self::TokenBucket(p) => p.earn(Deposit::Requests),
            Self::Envoy(_) | Self::Grpc(_) | Self::Aws(_) => {}
        }
    }

    /// Asks for a retry; what it took is given back through [`Purse::attempt_ended`].
    pub(super) fn take(&mut self, now: SimTime, asked: Asked) -> Option<u32> {
        match self {
            Self::Finagle(p) => p.take(now),
            Self::Envoy(p) => p.take(asked.in_flight),
            Self::Grpc(p) => p.take(),
            Self::Aws(p) => p.take(asked),
            Self::TokenBucket(p) => p.take(),
        }
    }

    /// An attempt, for which `taken` was taken, has ended or will never be made.
    pub(super) fn attempt_ended(&mut self, now: SimTime, taken: u32, verdict: Verdict) {
        match self {
            Self::Finagle(p) if verdict == Verdict::Success => p.earn(now, Deposit::Successes),
            Self::TokenBucket(p) if verdict == Verdict::Success => p.earn(Deposit::Successes),
            Self::Finagle(_) | Self::TokenBucket(_) => {}
            Self::Envoy(p) => p.give_back(taken),
            Self::Grpc(p) => p.attempt_ended(verdict),
            Self::Aws(p) if verdict == Verdict::Success => p.succeeded(taken),
            Self::Aws(_) => {}
        }
    }
}
