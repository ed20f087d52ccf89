//! Reading `Retry-After` (RFC 9110 §10.2.3): a number of seconds or an HTTP-date.

use std::time::UNIX_EPOCH;

use crate::sim::time::SimDuration;

/// What a `Retry-After` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfterValue {
    /// Come back after this long.
    Seconds(SimDuration),
    /// Come back at this moment, in seconds since 1970.
    Date(u64),
}

/// Reads the header's value; none where it has neither form.
///
/// Delta-seconds are digits only: `-1`, `1.5` and `soon` are malformed. All three forms of a date are read
/// (IMF-fixdate, RFC 850, asctime; RFC 9110 §5.6.7).
pub fn parse_retry_after(value: &str) -> Option<RetryAfterValue> {
    let value = value.trim_matches([' ', '\t']);
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds mean a very long wait, not none.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(RetryAfterValue::Seconds(SimDuration::from_secs(seconds)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|d| RetryAfterValue::Date(d.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let seconds = |n| Some(RetryAfterValue::Seconds(SimDuration::from_secs(n)));
        for (text, meaning) in [
            ("120", seconds(120)),
            (" 0 ", seconds(0)),
            ("99999999999999999999999", Some(RetryAfterValue::Seconds(SimDuration::MAX))),
            ("Fri, 20 Nov 2026 21:27:59 GMT", Some(RetryAfterValue::Date(1_795_210_079))),
            ("Friday, 20-Nov-26 21:27:59 GMT", Some(RetryAfterValue::Date(1_795_210_079))),
            ("Fri Nov 20 21:27:59 2026", Some(RetryAfterValue::Date(1_795_210_079))),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
            ("\u{1F600}", None),
        ] {
            assert_eq!(parse_retry_after(text), meaning, "{text:?}");
        }
    }
}
