//! Load shedding: turning a request away on arrival, while that is still cheap.
//!
//! Source: Google SRE book, "Handling Overload" and "Addressing Cascading Failures" (serve an error before the queue
//! is long). Left out: adaptive concurrency limits, priorities.

use crate::sim::scenario::Shedding;
use crate::sim::time::SimDuration;

/// Whether a request that finds `inside` others, the oldest of the waiting ones having waited `oldest`, is turned away.
pub(crate) fn sheds(shedding: Shedding, inside: u32, oldest: SimDuration) -> bool {
    match shedding {
        Shedding::Off => false,
        Shedding::Concurrency { limit, .. } => inside >= limit,
        Shedding::QueueDelay { limit, .. } => oldest > limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_reached_and_passed() {
        let concurrency = Shedding::Concurrency { limit: 3, retry_after: 1 };
        assert!(!sheds(concurrency, 2, SimDuration::MAX));
        assert!(sheds(concurrency, 3, SimDuration::ZERO));
        let delay = Shedding::QueueDelay { limit: SimDuration::from_millis(50), retry_after: 1 };
        assert!(!sheds(delay, 1_000, SimDuration::from_millis(50)));
        assert!(sheds(delay, 1, SimDuration::from_millis(51)));
        assert!(!sheds(Shedding::Off, u32::MAX, SimDuration::MAX));
    }
}
