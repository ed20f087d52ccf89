//! Which attempts without a whole answer are tried again, one kind of failure at a time.
//!
//! Libraries differ here more than anywhere: curl repeats a name that does not resolve but not a refused
//! connection, urllib3 a refused connection for every method but an empty reply for idempotent ones alone.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sim::trace::Failure;

/// Whether a kind of failure is tried again; in JSON `false`, `true`, `"any_method"`, `"with_body"` or `"once"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// It ends the call.
    Never,
    /// It is tried again for the policy's methods.
    #[default]
    Methods,
    /// It is tried again whatever the method is.
    AnyMethod,
    /// It is tried again for the policy's methods, and whatever comes then is final. undici asks for the rest of an
    /// answer that broke off (`Range`), and takes nothing but a 206.
    Once,
    /// It is tried again for those of the policy's methods whose requests have a body. AWS SDKs hand the body of
    /// what was asked for with GET to the caller as a stream, and read the answers to the others themselves.
    WithBody,
}

impl Repeat {
    /// Those with a name of their own in JSON.
    pub(crate) const NAMED: [(&'static str, Self); 3] =
        [("any_method", Self::AnyMethod), ("once", Self::Once), ("with_body", Self::WithBody)];

    fn named<E: de::Error>(text: &str, expected: &dyn de::Expected) -> Result<Self, E> {
        let found = Self::NAMED.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, repeat)| repeat).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), expected))
    }
}

/// Which failures are tried again. In JSON one value for all of them, or an object with those that differ from `true`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionErrors {
    /// The connection was refused.
    pub refused: Repeat,
    /// There is no way to the host.
    pub unreachable: Repeat,
    /// The name does not resolve.
    pub name_not_resolved: Repeat,
    /// The connection did not open in time.
    pub connect_timeout: Repeat,
    /// The connection was closed before an answer.
    pub closed: Repeat,
    /// The connection was reset before an answer.
    pub reset: Repeat,
    /// The answer broke off.
    pub truncated: Repeat,
    /// What came is no answer that can be read.
    pub unparsable: Repeat,
    /// The client's own limit for the attempt ran out.
    pub attempt_timeout: Repeat,
    /// The TLS handshake failed, or the certificate is not to be trusted.
    pub tls: Repeat,
}

impl ConnectionErrors {
    /// The names in JSON.
    pub(crate) const KINDS: [&str; 10] = [
        "refused",
        "unreachable",
        "name_not_resolved",
        "connect_timeout",
        "closed",
        "reset",
        "truncated",
        "unparsable",
        "attempt_timeout",
        "tls",
    ];

    /// The same for all of them.
    pub const fn all(repeat: Repeat) -> Self {
        Self {
            refused: repeat,
            unreachable: repeat,
            name_not_resolved: repeat,
            connect_timeout: repeat,
            closed: repeat,
            reset: repeat,
            truncated: repeat,
            unparsable: repeat,
            attempt_timeout: repeat,
            tls: repeat,
        }
    }

    /// Whether an attempt that failed like this is tried again.
    pub const fn on(&self, failure: Failure) -> Repeat {
        match failure {
            Failure::Refused => self.refused,
            Failure::Unreachable => self.unreachable,
            Failure::NameNotResolved => self.name_not_resolved,
            Failure::NoReply | Failure::ConnectTimeout => self.connect_timeout,
            Failure::Closed => self.closed,
            Failure::Reset => self.reset,
            Failure::Truncated { .. } | Failure::InvalidChunk => self.truncated,
            Failure::AttemptTimeout | Failure::ReadTimeout | Failure::BodyTimeout => self.attempt_timeout,
            Failure::HandshakeFailed | Failure::BadCertificate => self.tls,
            _ => self.unparsable,
        }
    }

    fn each(&mut self) -> [&mut Repeat; 10] {
        [
            &mut self.refused,
            &mut self.unreachable,
            &mut self.name_not_resolved,
            &mut self.connect_timeout,
            &mut self.closed,
            &mut self.reset,
            &mut self.truncated,
            &mut self.unparsable,
            &mut self.attempt_timeout,
            &mut self.tls,
        ]
    }
}

impl Serialize for Repeat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Never => serializer.serialize_bool(false),
            Self::Methods => serializer.serialize_bool(true),
            _ => {
                let name = Self::NAMED.iter().find(|(_, repeat)| repeat == self).map_or("", |(name, _)| name);
                serializer.serialize_str(name)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Repeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl Visitor<'_> for One {
            type Value = Repeat;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, \"any_method\", \"with_body\" or \"once\"")
            }
            fn visit_bool<E: de::Error>(self, yes: bool) -> Result<Repeat, E> {
                Ok(if yes { Repeat::Methods } else { Repeat::Never })
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Repeat, E> {
                Repeat::named(text, &self)
            }
        }
        deserializer.deserialize_any(One)
    }
}

impl Serialize for ConnectionErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut copy = *self;
        let each = copy.each().map(|repeat| *repeat);
        if each.iter().all(|repeat| *repeat == each[0]) {
            return each[0].serialize(serializer);
        }
        let differing: Vec<_> =
            Self::KINDS.iter().zip(each).filter(|(_, r)| *r != Repeat::default()).collect();
        let mut map = serializer.serialize_map(Some(differing.len()))?;
        for (kind, repeat) in differing {
            map.serialize_entry(kind, &repeat)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ConnectionErrors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = ConnectionErrors;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, \"any_method\", \"with_body\", \"once\", or an object that says it for each kind of failure")
            }
            fn visit_bool<E: de::Error>(self, yes: bool) -> Result<ConnectionErrors, E> {
                Ok(ConnectionErrors::all(if yes { Repeat::Methods } else { Repeat::Never }))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ConnectionErrors, E> {
                Repeat::named(text, &self).map(ConnectionErrors::all)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConnectionErrors, A::Error> {
                let mut errors = ConnectionErrors::default();
                while let Some(kind) = map.next_key::<String>()? {
                    let place = ConnectionErrors::KINDS.iter().position(|k| *k == kind);
                    let place =
                        place.ok_or_else(|| de::Error::unknown_field(&kind, &ConnectionErrors::KINDS))?;
                    *errors.each()[place] = map.next_value()?;
                }
                Ok(errors)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_stands_for_all_and_an_object_for_those_that_differ() {
        let curl = ConnectionErrors {
            name_not_resolved: Repeat::AnyMethod,
            attempt_timeout: Repeat::AnyMethod,
            ..ConnectionErrors::all(Repeat::Never)
        };
        for (json, errors) in [
            ("true", ConnectionErrors::default()),
            ("false", ConnectionErrors::all(Repeat::Never)),
            ("\"any_method\"", ConnectionErrors::all(Repeat::AnyMethod)),
            (
                r#"{"refused":false,"unreachable":false,"name_not_resolved":"any_method","connect_timeout":false,"closed":false,"reset":false,"truncated":false,"unparsable":false,"attempt_timeout":"any_method","tls":false}"#,
                curl,
            ),
            (
                r#"{"truncated":false}"#,
                ConnectionErrors { truncated: Repeat::Never, ..ConnectionErrors::default() },
            ),
        ] {
            assert_eq!(serde_json::from_str::<ConnectionErrors>(json).expect(json), errors);
            assert_eq!(serde_json::to_string(&errors).expect(json), json);
        }
        assert_eq!(curl.on(Failure::NameNotResolved), Repeat::AnyMethod);
        assert_eq!(curl.on(Failure::Truncated { reset: true }), Repeat::Never);
    }

    #[test]
    fn other_names_and_values_are_refused() {
        for json in [r#"{"refuse": true}"#, r#"{"refused": 1}"#, "\"always\"", "3"] {
            serde_json::from_str::<ConnectionErrors>(json).expect_err(json);
        }
    }
}
