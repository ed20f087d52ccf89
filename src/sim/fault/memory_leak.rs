//! The process needs more and more memory.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// Memory grows with every request and every second, until the kernel kills the process (the OOM killer: SIGKILL, so
/// that nothing is finished). Who starts it again is a setting of the origin (`restart`); it then begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MemoryLeak {
    /// What the process needs at its start, in KiB; 131,072 (128 MiB) by default.
    pub start_kib: u32,
    /// At how much it is killed, in KiB; 524,288 (512 MiB) by default, 1 to 4,294,967,295.
    pub limit_kib: u32,
    /// What each request leaves behind, in KiB; 1,024 by default.
    pub per_request_kib: u32,
    /// What each second leaves behind, in KiB; none by default.
    pub per_second_kib: u32,
}

impl Default for MemoryLeak {
    fn default() -> Self {
        Self { start_kib: 128 << 10, limit_kib: 512 << 10, per_request_kib: 1 << 10, per_second_kib: 0 }
    }
}

impl MemoryLeak {
    /// True if the process needs more than it may have, so many requests and so long after its start.
    pub(crate) fn is_full(&self, requests: u64, age: SimDuration) -> bool {
        let by_request = requests.saturating_mul(u64::from(self.per_request_kib));
        let by_time = u128::from(age.as_nanos()) * u128::from(self.per_second_kib) / 1_000_000_000;
        u128::from(self.start_kib) + u128::from(by_request) + by_time >= u128::from(self.limit_kib)
    }

    /// When time alone will have filled what is left after so many requests, counted from the start; none for never.
    pub(crate) fn full_at(&self, requests: u64) -> Option<SimDuration> {
        let rate = u64::from(self.per_second_kib);
        let used = u64::from(self.start_kib) + requests.saturating_mul(u64::from(self.per_request_kib));
        let left = u64::from(self.limit_kib).saturating_sub(used);
        (rate > 0).then(|| {
            let nanos = (u128::from(left) * 1_000_000_000).div_ceil(u128::from(rate));
            SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        })
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "memory_leak",
    place: Place::Origin,
    group: Group::GivesNoAnswer,
    title: "Memory leak",
    summary: "The process needs more memory with every request, until the kernel kills it.",
    mechanism: "All its connections end at once, and its port is closed until it has started again.",
    default: || MemoryLeak::default().into(),
};

impl Behaviour for MemoryLeak {
    fn leak(&self) -> Option<MemoryLeak> {
        Some(*self)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/limit_kib"), self.limit_kib, 1, u32::MAX)?;
        within(&format!("{at}/start_kib"), self.start_kib, 0, self.limit_kib - 1)
    }

    fn label(&self) -> String {
        "memory leak".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_seconds_fill_the_memory() {
        let leak = MemoryLeak { start_kib: 100, limit_kib: 200, per_request_kib: 10, per_second_kib: 4 };
        let secs = SimDuration::from_secs;
        assert!(!leak.is_full(9, secs(2)));
        assert!(leak.is_full(10, secs(0)));
        assert!(leak.is_full(9, secs(3)), "90 + 12 are more than 100");
        assert_eq!(leak.full_at(0), Some(secs(25)));
        assert!(leak.is_full(0, secs(25)) && !leak.is_full(0, secs(24)));
        assert_eq!(leak.full_at(1_000_000), Some(SimDuration::ZERO));
        assert_eq!(MemoryLeak { per_second_kib: 0, ..leak }.full_at(0), None);
    }
}
