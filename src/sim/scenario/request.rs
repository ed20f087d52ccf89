//! What a client asks: method, target, headers, body, and whether it can be told from a repeat.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::ScenarioError;
use super::validate::{path, wrong};
use crate::sim::message::Method;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The method; GET by default.
    pub method: Method,
    /// The target, starting with a slash, at most 2,048 characters; `/orders/42` by default.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^/[!-\"$-~]*$"), length(max = 2_048)))]
    pub path: String,
    /// Headers beside those that the client sends anyway, as an object; none by default, at most 32. Names are
    /// tokens (RFC 9110 §5.1), values visible ASCII with spaces within, at most 1,024 bytes.
    #[cfg_attr(feature = "schema", schemars(extend("default" = {})))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body as text; empty by default, at most 65,536 bytes.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "")))]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The `Idempotency-Key` header; none by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "none")))]
    #[serde(skip_serializing_if = "IdempotencyKey::is_none")]
    pub idempotency_key: IdempotencyKey,
}

/// Whether a request says by which key a repeat of it is known.
///
/// Source: draft-ietf-httpapi-idempotency-key-header-06 (February 2025).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdempotencyKey {
    /// The header is not sent.
    #[default]
    None,
    /// A fresh key for each call, the same for all attempts of that call: how a client is meant to use it.
    PerCall,
    /// This key, for every call: 1 to 255 characters of visible ASCII.
    Given(
        #[cfg_attr(
            feature = "schema",
            schemars(regex(pattern = "^[!-~]([ -~]*[!-~])?$"), length(max = 255))
        )]
        String,
    ),
}

impl IdempotencyKey {
    /// True if the header is not sent.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The key as text; `call` tells the run's calls apart.
    pub fn text(&self, call: u32) -> Option<String> {
        match self {
            Self::None => None,
            Self::Given(key) => Some(key.clone()),
            // Looks like a UUID of version 8 (RFC 9562 §5.8), the one for ids of one's own making.
            Self::PerCall => {
                let (a, b) = (xxh3_64(&call.to_le_bytes()), xxh3_64(&u64::from(call).to_le_bytes()));
                let (low, mid, high) = (a >> 32, (a >> 16) & 0xffff, a & 0xfff);
                let (variant, node) = (0x8000 | (b >> 48) & 0x3fff, b & 0xffff_ffff_ffff);
                Some(format!("{low:08x}-{mid:04x}-8{high:03x}-{variant:04x}-{node:012x}"))
            }
        }
    }

    /// The key as a number, for looking it up; none without the header.
    pub(crate) fn number(&self, call: u32) -> Option<u64> {
        match self {
            Self::None => None,
            // The highest bit keeps the two kinds apart.
            Self::PerCall => Some(u64::from(call) | 1 << 63),
            Self::Given(key) => Some(xxh3_64(key.as_bytes()) >> 1),
        }
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new(Method::Get, "/orders/42")
    }
}

impl Request {
    /// A request without a body and without headers of its own.
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: String::new(),
            idempotency_key: IdempotencyKey::None,
        }
    }

    /// A number that tells whether two requests ask the same: method, path and body.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hash = Xxh3::new();
        for part in [self.method.as_str(), &self.path, &self.body] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.digest()
    }

    /// Checks what types cannot; `at` is the request's JSON pointer.
    ///
    /// # Errors
    /// The first part that no client could send.
    pub(crate) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        const MOST_HEADERS: usize = 32;
        const MOST_BODY: usize = 65_536;
        path(at, &self.path)?;
        if self.headers.len() > MOST_HEADERS {
            let found = format!("an object of {}", self.headers.len());
            return Err(wrong(&format!("{at}/headers"), found, format!("at most {MOST_HEADERS} headers")));
        }
        for (name, value) in &self.headers {
            let pointer = format!("{at}/headers/{}", name.replace('~', "~0").replace('/', "~1"));
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
                let expected = "a name of 1 to 64 letters, digits and !#$%&'*+-.^_`|~";
                return Err(wrong(&pointer, name.as_str(), expected));
            }
            // The client writes these itself; a second one could only contradict it.
            let own = ["host", "content-length", "transfer-encoding", "connection", "idempotency-key"];
            if own.iter().any(|o| name.eq_ignore_ascii_case(o)) {
                return Err(wrong(&pointer, name.as_str(), "a header that the client does not write itself"));
            }
            if !visible(value) || value.len() > 1_024 {
                return Err(wrong(&pointer, value.as_str(), "at most 1,024 characters of visible ASCII"));
            }
        }
        if self.body.len() > MOST_BODY {
            let found = format!("a text of {} bytes", self.body.len());
            return Err(wrong(&format!("{at}/body"), found, format!("at most {MOST_BODY} bytes")));
        }
        match &self.idempotency_key {
            IdempotencyKey::Given(key) if key.is_empty() || key.len() > 255 || !visible(key) => Err(wrong(
                &format!("{at}/idempotency_key/given"),
                key.as_str(),
                "1 to 255 characters of visible ASCII",
            )),
            _ => Ok(()),
        }
    }
}

/// Visible ASCII, with spaces only within: no line can end in it.
fn visible(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<(), ScenarioError> {
        serde_json::from_str::<Request>(json).expect("a request").check("/r")
    }

    #[test]
    fn headers_and_bodies_that_could_not_be_sent_are_refused_with_their_place() {
        for (json, pointer) in [
            (r#"{"headers": {"X Y": "1"}}"#, "/r/headers/X Y"),
            (r#"{"headers": {"": "1"}}"#, "/r/headers/"),
            (r#"{"headers": {"X": "a\r\nY: b"}}"#, "/r/headers/X"),
            (r#"{"headers": {"X": " a"}}"#, "/r/headers/X"),
            (r#"{"headers": {"Host": "elsewhere"}}"#, "/r/headers/Host"),
            (r#"{"idempotency_key": {"given": ""}}"#, "/r/idempotency_key/given"),
            (r#"{"path": "/a b"}"#, "/r/path"),
        ] {
            match checked(json) {
                Err(ScenarioError::Field { pointer: found, .. }) => assert_eq!(found, pointer, "{json}"),
                other => unreachable!("{json}: {other:?}"),
            }
        }
        let many = (0..33).map(|i| (format!("X-{i}"), String::new())).collect();
        assert!(Request { headers: many, ..Request::default() }.check("").is_err());
        assert!(Request { body: "x".repeat(65_537), ..Request::default() }.check("").is_err());
        assert!(Request { body: "x".repeat(65_536), ..Request::default() }.check("").is_ok());
    }

    #[test]
    fn absent_fields_are_not_written() {
        assert_eq!(
            serde_json::to_string(&Request::default()).expect("json"),
            r#"{"method":"GET","path":"/orders/42"}"#
        );
        let json = r#"{"method":"POST","path":"/orders","headers":{"Accept":"*/*"},"body":"{}","idempotency_key":"per_call"}"#;
        let request: Request = serde_json::from_str(json).expect("a request");
        assert_eq!(serde_json::to_string(&request).expect("json"), json);
    }

    #[test]
    fn keys_per_call_differ_between_calls_and_look_like_uuids() {
        let key = IdempotencyKey::PerCall;
        assert_eq!(key.text(7), key.text(7));
        assert_ne!(key.text(7), key.text(8));
        assert_ne!(key.number(7), key.number(8));
        let text = key.text(7).expect("a key");
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&text[14..15], "8");
        assert_eq!(IdempotencyKey::None.text(7), None);
    }

    #[test]
    fn fingerprints_tell_where_one_part_ends() {
        let with =
            |path: &str, body: &str| Request { body: body.to_owned(), ..Request::new(Method::Post, path) };
        assert_ne!(with("/a", "b").fingerprint(), with("/ab", "").fingerprint());
        assert_eq!(with("/a", "b").fingerprint(), with("/a", "b").fingerprint());
    }
}
