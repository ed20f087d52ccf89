//! The origin speaks plain HTTP where TLS is expected.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, OnHandshake, Place};

/// The port speaks plain HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Plaintext {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "plaintext",
    place: Place::Origin,
    group: Group::NeverConnects,
    title: "Plain HTTP on a TLS port",
    summary: "It speaks plain HTTP where its caller speaks TLS.",
    mechanism: "The handshake fails on its first bytes. It has an effect where the link has a `tls` setting.",
    default: || Plaintext::default().into(),
};

impl Behaviour for Plaintext {
    fn on_handshake(&self) -> Option<OnHandshake> {
        Some(OnHandshake::Plaintext)
    }

    fn label(&self) -> String {
        "speaks plain HTTP".to_owned()
    }
}
