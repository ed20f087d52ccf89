//! A firewall refuses the connection.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};

/// A firewall rejects every new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Refused {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "refused",
    place: Place::Link,
    group: Group::NeverConnects,
    title: "Refused on the way",
    summary: "A firewall rejects every new connection.",
    mechanism: "A RST answers every SYN although the process is up. Open connections live on, but a database's pool finds none.",
    default: || Refused::default().into(),
};

impl Behaviour for Refused {
    fn condition(&self, link: &mut LinkCondition) {
        link.refuse = true;
    }

    fn label(&self) -> String {
        "refused".to_owned()
    }
}
