//! The simulator: who sends what to whom, what breaks, and what comes of it.

pub mod client;
pub mod compare;
pub mod dialect;
pub mod explain;
pub mod fault;
pub mod json;
pub mod message;
pub mod metrics;
pub mod order;
pub mod origin;
pub mod others;
pub mod random;
pub mod recorded;
pub mod recording;
pub mod scenario;
pub mod simulation;
pub mod time;
pub mod trace;
pub mod trial;

mod dependency;
mod gateway;
mod network;
mod query;
mod schedule;

pub use explain::explain;
pub use recording::Recording;
pub use scenario::Scenario;
pub use simulation::{Simulation, run};
pub use trace::Trace;
