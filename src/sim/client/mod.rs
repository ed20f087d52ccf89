//! Clients: who sends requests, when they try again, and when they give up.

mod actor;
mod policy;
mod presets;
mod retry_after;

pub(crate) use actor::ClientActor;
pub use policy::{Delay, Jitter, ObeyRetryAfter, Policy};
pub use presets::{PRESETS, Preset, preset};
pub use retry_after::{RetryAfterValue, parse_retry_after};
