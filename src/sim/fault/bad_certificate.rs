//! The origin's certificate is not to be trusted.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, OnHandshake, Place};

/// The certificate has expired, or names another host, or comes from nobody that the caller trusts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BadCertificate {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "bad_certificate",
    place: Place::Origin,
    group: Group::NeverConnects,
    title: "Bad certificate",
    summary: "Its certificate is not one that the caller trusts.",
    mechanism: "The caller breaks the handshake off. It has an effect where the link has a `tls` setting.",
    default: || BadCertificate::default().into(),
};

impl Behaviour for BadCertificate {
    fn on_handshake(&self) -> Option<OnHandshake> {
        Some(OnHandshake::BadCertificate)
    }

    fn label(&self) -> String {
        "bad certificate".to_owned()
    }
}
