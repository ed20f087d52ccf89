//! There is no way to the host.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};
use crate::sim::time::SimDuration;

/// No route, or nobody who answers for the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Unreachable {
    /// Who finds out; `no_route` by default.
    pub why: Why,
}

/// Why a host cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A router says so, or there is no route: the error comes at once.
    #[default]
    NoRoute,
    /// Nobody on the local network has the address: the kernel asks three times, a second apart, and gives up.
    HostGone,
}

/// How long Linux asks for a neighbour that does not answer: `mcast_solicit` 3 times `retrans_time_ms` 1000
/// (arp(7)), and a little more.
const NEIGHBOUR_TIMEOUT: SimDuration = SimDuration::from_millis(3_070);

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "unreachable",
    place: Place::Link,
    group: Group::NeverConnects,
    title: "Host unreachable",
    summary: "There is no way to the host.",
    mechanism: "An ICMP error, or the kernel itself, says that there is no way; no SYN arrives.",
    default: || Unreachable::default().into(),
};

impl Behaviour for Unreachable {
    fn condition(&self, link: &mut LinkCondition) {
        link.unreachable_after = Some(match self.why {
            Why::NoRoute => SimDuration::ZERO,
            Why::HostGone => NEIGHBOUR_TIMEOUT,
        });
    }

    fn label(&self) -> String {
        match self.why {
            Why::NoRoute => "host unreachable".to_owned(),
            Why::HostGone => "host gone from the network".to_owned(),
        }
    }
}
