//! Lists of statuses in JSON: numbers, and `"5xx"` for a whole class.

use std::fmt;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serializer, de};

use crate::sim::scenario::{ScenarioError, within};

/// How many statuses a class has.
const CLASS: usize = 100;

/// A number or a class.
struct Entry(std::ops::RangeInclusive<u16>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl de::Visitor<'_> for One {
            type Value = Entry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status, or a class such as \"5xx\"")
            }
            fn visit_u64<E: de::Error>(self, status: u64) -> Result<Entry, E> {
                let status = u16::try_from(status)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(status), &self))?;
                Ok(Entry(status..=status))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
                match text.as_bytes() {
                    [digit @ b'1'..=b'9', b'x', b'x'] => {
                        let first = u16::from(digit - b'0') * 100;
                        Ok(Entry(first..=first + 99))
                    }
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(One)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
    Ok(Vec::<Entry>::deserialize(deserializer)?.into_iter().flat_map(|entry| entry.0).collect())
}

pub(super) fn serialize<S: Serializer>(statuses: &[u16], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    let mut rest = statuses;
    while let Some(first) = rest.first() {
        let whole = first % 100 == 0
            && (100..1_000).contains(first)
            && rest.len() >= CLASS
            && rest[..CLASS].iter().copied().eq(*first..first + 100);
        if whole {
            list.serialize_element(&format!("{}xx", first / 100))?;
        } else {
            list.serialize_element(first)?;
        }
        rest = &rest[if whole { CLASS } else { 1 }..];
    }
    list.end()
}

/// The same for a list that may be absent.
pub(super) mod maybe {
    use super::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u16>>, D::Error> {
        let entries = Option::<Vec<super::Entry>>::deserialize(deserializer)?;
        Ok(entries.map(|entries| entries.into_iter().flat_map(|entry| entry.0).collect()))
    }

    pub(in super::super) fn serialize<S: Serializer>(
        statuses: &Option<Vec<u16>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(statuses.as_deref().unwrap_or_default(), serializer)
    }
}

/// Checks that each is one of 100 to 999.
pub(super) fn check(at: &str, statuses: &[u16]) -> Result<(), ScenarioError> {
    statuses.iter().enumerate().try_for_each(|(i, status)| within(&format!("{at}/{i}"), *status, 100, 999))
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Some {
        #[serde(with = "super")]
        statuses: Vec<u16>,
    }

    #[test]
    fn a_class_stands_for_its_hundred_statuses_and_is_written_as_one() {
        let mut statuses: Vec<u16> = vec![429];
        statuses.extend(500..600);
        statuses.push(404);
        let json = r#"{"statuses":[429,"5xx",404]}"#;
        assert_eq!(serde_json::from_str::<Some>(json).expect(json).statuses, statuses);
        assert_eq!(serde_json::to_string(&Some { statuses }).expect(json), json);
        // A class with a gap is none.
        let most = Some { statuses: (500..599).collect() };
        let text = serde_json::to_string(&most).expect("json");
        assert_eq!(serde_json::from_str::<Some>(&text).expect("json"), most);
        for wrong in [r#"{"statuses":["0xx"]}"#, r#"{"statuses":["50x"]}"#, r#"{"statuses":[70000]}"#] {
            serde_json::from_str::<Some>(wrong).expect_err(wrong);
        }
    }
}
