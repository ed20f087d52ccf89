//! Reading `Retry-After` (RFC 9110 §10.2.3), a number of seconds or an HTTP-date, and what a client makes of it.

use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::statuses;
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::{SimDuration, SimTime};

const DAY: SimDuration = SimDuration::from_secs(86_400);

/// Which forms of `Retry-After` a client obeys, on which statuses, and how the wait combines with its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ObeyRetryAfter {
    /// A number of seconds is obeyed; yes by default.
    pub seconds: bool,
    /// An HTTP-date is obeyed; yes by default.
    pub date: bool,
    /// The longest wait that is obeyed, up to 24 h; without limit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<SimDuration>,
    /// What becomes of a wait over the cap; by default it is cut.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "cut")))]
    #[serde(skip_serializing_if = "is_default")]
    pub over_cap: OverCap,
    /// The most by which the wait may exceed the policy's own, up to 24 h; without limit by default.
    /// A longer one is cut. AWS SDKs for JavaScript: 5 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_backoff: Option<SimDuration>,
    /// On which statuses it is obeyed; on all by default.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::sim::scenario::Statuses>"))]
    #[serde(skip_serializing_if = "Option::is_none", with = "statuses::maybe")]
    pub statuses: Option<Vec<u16>>,
    /// The header makes those statuses ones to try again, whatever the policy's list says; no by default.
    /// urllib3's `respect_retry_after_header` with 413, 429, 503.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    /// How `1.5` is read; by default it is malformed.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "malformed")))]
    #[serde(skip_serializing_if = "is_default")]
    pub fraction: Fraction,
    /// Whether a wait of no length, or a date that is past, is obeyed; yes by default. If not, the policy's own wait holds.
    #[cfg_attr(feature = "schema", schemars(extend("default" = true)))]
    #[serde(skip_serializing_if = "is_true")]
    pub zero: bool,
    /// What follows a malformed value such as `soon` or `-1`; by default it is ignored.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "ignore")))]
    #[serde(skip_serializing_if = "is_default")]
    pub malformed: Malformed,
    /// How the wait combines with the policy's own; by default it replaces it.
    #[cfg_attr(feature = "schema", schemars(extend("default" = "replace")))]
    #[serde(skip_serializing_if = "is_default")]
    pub combine: Combine,
    /// The wait until a date counts whole seconds, from the second in which the answer came, as `time()` tells it; no
    /// by default. curl.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_seconds: bool,
    /// The policy's jitter spreads the wait too; no by default.
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub jitter: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_true(value: &bool) -> bool {
    *value
}

/// What becomes of a `Retry-After` that is longer than the cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OverCap {
    /// It is cut to the cap.
    #[default]
    Cut,
    /// The policy's own wait holds.
    Ignore,
    /// The call ends.
    GiveUp,
}

/// How a number of seconds with a fraction is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fraction {
    /// It is malformed, as RFC 9110 has it.
    #[default]
    Malformed,
    /// With its fraction: JavaScript's `Number()`. What else that reads (`1e3`, `0x10`, `+5`, `.5`) was not recorded
    /// and is malformed here.
    Read,
    /// Without it: C's `strtol`.
    Cut,
}

/// What follows a `Retry-After` that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// The policy's own wait holds.
    #[default]
    Ignore,
    /// The call ends.
    GiveUp,
    /// It is no number, and a timer that is set to no number goes off after 1 ms: JavaScript's
    /// `setTimeout(f, NaN)`. Where dates are not obeyed, a date is such a value too.
    AtOnce,
}

/// How the wait of a `Retry-After` combines with the policy's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// It replaces it.
    #[default]
    Replace,
    /// The longer of both holds.
    Maximum,
    /// They are added.
    Add,
}

impl Default for ObeyRetryAfter {
    fn default() -> Self {
        Self {
            seconds: true,
            date: true,
            cap: None,
            over_cap: OverCap::Cut,
            over_backoff: None,
            statuses: None,
            repeats: false,
            fraction: Fraction::Malformed,
            zero: true,
            malformed: Malformed::Ignore,
            combine: Combine::Replace,
            whole_seconds: false,
            jitter: false,
        }
    }
}

/// What a client makes of the header of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nothing.
    Ignored,
    /// A wait.
    Wait(SimDuration),
    /// The end of the call: longer than the cap.
    TooLong,
    /// The end of the call: it cannot be read.
    Unreadable,
}

impl ObeyRetryAfter {
    /// Neither form is obeyed.
    pub fn never() -> Self {
        Self { seconds: false, date: false, ..Self::default() }
    }

    /// True if the header matters on this status.
    pub(super) fn covers(&self, status: u16) -> bool {
        (self.seconds || self.date) && self.statuses.as_ref().is_none_or(|s| s.contains(&status))
    }

    /// Reads a value at a moment of a run that began at `epoch`.
    pub(super) fn read(&self, value: &str, now: SimTime, epoch: u64) -> Reading {
        let wait = match self.parse(value) {
            Some(RetryAfterValue::Seconds(wait)) if self.seconds => wait,
            Some(RetryAfterValue::Date(date)) if self.date => {
                let second = SimTime::from_secs(now.since(SimTime::ZERO).as_nanos() / 1_000_000_000);
                let from = if self.whole_seconds { second } else { now };
                SimTime::from_secs(date.saturating_sub(epoch)).since(from)
            }
            _ if self.malformed == Malformed::AtOnce => return Reading::Wait(SimDuration::from_millis(1)),
            Some(_) => return Reading::Ignored,
            None if self.malformed == Malformed::GiveUp => return Reading::Unreadable,
            None => return Reading::Ignored,
        };
        match self.cap {
            _ if wait.is_zero() && !self.zero => Reading::Ignored,
            Some(cap) if wait > cap => match self.over_cap {
                OverCap::Cut => Reading::Wait(cap),
                OverCap::Ignore => Reading::Ignored,
                OverCap::GiveUp => Reading::TooLong,
            },
            _ => Reading::Wait(wait),
        }
    }

    fn parse(&self, value: &str) -> Option<RetryAfterValue> {
        let strict = parse_retry_after(value);
        if strict.is_some() || self.fraction == Fraction::Malformed {
            return strict;
        }
        let (whole, fraction) = value.trim_matches([' ', '\t']).split_once('.')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let RetryAfterValue::Seconds(seconds) = parse_retry_after(whole)? else { return None };
        // Nine digits are nanoseconds; what is finer is cut.
        let nanos = fraction.bytes().take(9).fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
            * 10u64.pow(9u32.saturating_sub(fraction.len() as u32));
        let rest = if self.fraction == Fraction::Read { nanos } else { 0 };
        Some(RetryAfterValue::Seconds(seconds + SimDuration::from_nanos(rest)))
    }

    /// Checks the ranges; `at` is the field's JSON pointer.
    pub(super) fn check(&self, at: &str) -> Result<(), ScenarioError> {
        for (name, span) in [("cap", self.cap), ("over_backoff", self.over_backoff)] {
            if let Some(span) = span {
                within(&format!("{at}/{name}"), span, SimDuration::ZERO, DAY)?;
            }
        }
        statuses::check(&format!("{at}/statuses"), self.statuses.as_deref().unwrap_or_default())
    }
}

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

    #[test]
    fn each_value_is_read_as_the_recorded_clients_read_it() {
        use Reading::{Ignored, TooLong, Unreadable, Wait};
        let ms = SimDuration::from_millis;
        let plain = ObeyRetryAfter::default;
        // Recordings: s503_ra2, _ra0, _ra_1p5, _ra_soon, _ra_neg1, _ra3600.
        let hour = ms(3_600_000);
        for (client, obey, expected) in [
            ("ky", plain(), [Wait(ms(2_000)), Wait(ms(0)), Ignored, Ignored, Ignored, Wait(hour)]),
            (
                "curl",
                ObeyRetryAfter { fraction: Fraction::Cut, zero: false, ..plain() },
                [Wait(ms(2_000)), Ignored, Wait(ms(1_000)), Ignored, Ignored, Wait(hour)],
            ),
            (
                "undici",
                ObeyRetryAfter { fraction: Fraction::Read, cap: Some(ms(30_000)), ..plain() },
                [Wait(ms(2_000)), Wait(ms(0)), Wait(ms(1_500)), Ignored, Ignored, Wait(ms(30_000))],
            ),
            (
                "urllib3",
                ObeyRetryAfter { malformed: Malformed::GiveUp, zero: false, ..plain() },
                [Wait(ms(2_000)), Ignored, Unreadable, Unreadable, Unreadable, Wait(hour)],
            ),
            (
                "got with a timeout",
                ObeyRetryAfter { cap: Some(ms(1_000)), over_cap: OverCap::GiveUp, ..plain() },
                [TooLong, Wait(ms(0)), Ignored, Ignored, Ignored, TooLong],
            ),
        ] {
            let values = ["2", "0", "1.5", "soon", "-1", "3600"];
            assert_eq!(values.map(|v| obey.read(v, SimTime::ZERO, 0)), expected, "{client}");
        }
    }

    #[test]
    fn what_is_no_number_starts_a_timer_that_goes_off_at_once_where_javascript_is_careless() {
        let careless = ObeyRetryAfter {
            date: false,
            fraction: Fraction::Cut,
            malformed: Malformed::AtOnce,
            ..ObeyRetryAfter::default()
        };
        let millis = |value| match careless.read(value, SimTime::ZERO, 1_795_210_070) {
            Reading::Wait(wait) => wait.as_millis(),
            other => unreachable!("{other:?}"),
        };
        // parseInt: 2, 1, NaN, NaN, and -1, which a timer takes for 1 ms as well.
        let values = ["2", "1.5", "soon", "Fri, 20 Nov 2026 21:27:59 GMT", "-1"];
        assert_eq!(values.map(millis), [2_000, 1_000, 1, 1, 1]);
    }

    #[test]
    fn curl_counts_the_wait_until_a_date_in_whole_seconds() {
        let curl = ObeyRetryAfter { whole_seconds: true, ..ObeyRetryAfter::default() };
        let (date, epoch) = ("Fri, 20 Nov 2026 21:27:59 GMT", 1_795_210_070);
        let now = SimTime::from_millis(6_700);
        assert_eq!(curl.read(date, now, epoch), Reading::Wait(SimDuration::from_secs(3)));
        let exact = ObeyRetryAfter::default().read(date, now, epoch);
        assert_eq!(exact, Reading::Wait(SimDuration::from_millis(2_300)));
    }

    #[test]
    fn a_date_is_a_wait_from_now_and_one_that_is_past_is_none() {
        let obey = ObeyRetryAfter::default();
        let (date, epoch) = ("Fri, 20 Nov 2026 21:27:59 GMT", 1_795_210_070);
        let at = |seconds| obey.read(date, SimTime::from_secs(seconds), epoch);
        assert_eq!(at(2), Reading::Wait(SimDuration::from_secs(7)));
        assert_eq!(at(60), Reading::Wait(SimDuration::ZERO));
        assert_eq!(ObeyRetryAfter::never().read(date, SimTime::ZERO, epoch), Reading::Ignored);
    }

    #[test]
    fn settings_that_hold_their_default_are_not_written() {
        let plain = serde_json::to_string(&ObeyRetryAfter::default()).expect("json");
        assert_eq!(plain, r#"{"seconds":true,"date":true}"#);
        let json = r#"{"seconds":true,"date":true,"cap":"6h","statuses":[413,429,503],"repeats":true,"zero":false,"malformed":"give_up"}"#;
        let read: ObeyRetryAfter = serde_json::from_str(json).expect("json");
        assert_eq!(serde_json::to_string(&read).expect("json"), json.replace("6h", "21600s"));
    }

    /// Texts that are neither form, whatever a language's own conversion makes of them.
    const ODD: [&str; 18] = [
        "",
        " ",
        "+5",
        "5.",
        ".5",
        "1e3",
        "0x10",
        "1,5",
        "5 s",
        "1.5.2",
        "-0",
        "NaN",
        "Infinity",
        "\u{661}\u{662}",
        "\0",
        "Fri, 32 Nov 2026 21:27:59 GMT",
        "2026-11-20T21:27:59Z",
        "Fri, 20 Nov 2026 21:27:59 CET",
    ];

    #[test]
    fn odd_texts_are_malformed_whatever_reads_them() {
        for fraction in [Fraction::Malformed, Fraction::Read, Fraction::Cut] {
            let obey = ObeyRetryAfter { fraction, malformed: Malformed::GiveUp, ..ObeyRetryAfter::default() };
            for text in ODD {
                assert_eq!(obey.read(text, SimTime::ZERO, 0), Reading::Unreadable, "{text:?}, {fraction:?}");
            }
        }
        // More digits than any number has mean for ever, with a fraction as without one.
        let obey = ObeyRetryAfter { fraction: Fraction::Read, ..ObeyRetryAfter::default() };
        let nines = "9".repeat(10_000);
        for text in [nines.clone(), format!("{nines}.{nines}")] {
            assert_eq!(obey.read(&text, SimTime::ZERO, 0), Reading::Wait(SimDuration::MAX));
        }
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;
        use crate::sim::client::profiles;

        proptest! {
            #[test]
            fn no_text_makes_a_client_panic_or_wait_beyond_its_cap(
                text in prop_oneof![".*", "[-+ ]?[0-9]{0,30}[.,]?[0-9]{0,30}", "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"],
                now in 0u64..100_000,
            ) {
                for profile in profiles().iter() {
                    let obey = &profile.policy.retry_after;
                    let reading = obey.read(&text, SimTime::from_millis(now), 1_795_208_400);
                    if let (Reading::Wait(wait), Some(cap)) = (reading, obey.cap) {
                        prop_assert!(wait <= cap, "{}: {text:?} is {wait}", profile.id);
                    }
                }
            }
        }
    }
}
