//! Clients: who sends requests, when they try again, what holds them back, and when they give up.
//!
//! A policy is data; `decide` applies it to one attempt that has ended, `guards` holds what all calls of a
//! client share (retry budget, circuit breaker, throttling, rate limit), and the actor ties both to events.

mod actor;
mod backoff;
mod breaker;
mod budget;
mod call;
mod connection_errors;
mod decide;
mod guards;
mod hedge;
mod outlook;
mod passages;
mod policy;
mod presets;
pub mod profile;
mod rate_limit;
mod resend;
mod retry_after;
mod statuses;
mod throttle;
mod traffic;

pub(crate) use actor::ClientActor;
pub use backoff::{Delay, Jitter, Memory};
pub use breaker::{Breaker, Over, Slow, Trip, Window};
pub use budget::{
    AwsQuota, Budget, Deposit, EnvoyBudget, FinagleBudget, GrpcThrottle, MaxRetries, TokenBucket,
};
pub use connection_errors::{ConnectionErrors, Repeat};
pub use hedge::Hedge;
pub use outlook::{Outlook, QUANTILES, Spread, Wait, amplification, outlook};
pub use passages::{HOST, library_of, sent};
pub use policy::{DeadlineRule, Policy, SlowDown};
pub use presets::{PRESETS, Preset, curl_retry_5, preset};
pub use profile::{Profile, TimeoutOf, profile, profiles};
pub use rate_limit::{EarnsSince, RateLimit};
pub use resend::Resend;
pub use retry_after::{
    Combine, Fraction, Malformed, ObeyRetryAfter, OverCap, RetryAfterValue, parse_retry_after,
};
pub use throttle::Throttle;
