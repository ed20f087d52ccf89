//! The application answers with an error of its own.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::message::{Template, Value, reason_phrase};
use crate::sim::scenario::{RetryAfter, ScenarioError, within};

/// The application decides to answer with an error: it sheds load, lacks a feature, or is a gateway itself.
///
/// The number is what the *application* writes. What the client then reads is up to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationError {
    /// The status that the application writes; 503 by default, 400 to 599.
    pub status: u16,
    /// What it says of when to come back; absent by default.
    pub retry_after: RetryAfter,
    /// A `Retry-After` that no client should understand, in its place; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
    /// An error code in an XML body, as object stores write it; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

/// A value of `Retry-After` that RFC 9110 §10.2.3 does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// `soon`.
    Word,
    /// `-1`.
    Negative,
    /// `1.5`.
    Fraction,
}

/// An error code in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// `SlowDown`: Amazon S3 asks for fewer requests, with a 503.
    SlowDown,
}

impl Default for ApplicationError {
    fn default() -> Self {
        Self { status: 503, retry_after: RetryAfter::Absent, malformed: None, code: None }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "application_error",
    place: Place::Origin,
    group: Group::AnswersWithAnError,
    title: "Answers with an error",
    summary: "The application answers every request with an error that it chose.",
    mechanism: "The answer is well formed; the gateway sees nothing wrong with it.",
    default: || ApplicationError::default().into(),
};

impl Behaviour for ApplicationError {
    fn answers_alone(&self) -> bool {
        true
    }

    fn answer(&self, usual: &Template) -> Option<Template> {
        let reason = reason_phrase(self.status);
        let mut template = usual.clone();
        template.status = Some(self.status);
        template.reason = reason.to_owned();
        template.body = format!("{{\"error\": \"{reason}\", \"code\": {}}}", self.status);
        template.headers.retain(|(n, _)| !n.eq_ignore_ascii_case("location"));
        let retry_after = match self.retry_after {
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(Value::Text(seconds.to_string())),
            RetryAfter::Date(wait) => Some(Value::DateAfter(wait)),
        };
        let malformed = self.malformed.map(|malformed| match malformed {
            Malformed::Word => "soon",
            Malformed::Negative => "-1",
            Malformed::Fraction => "1.5",
        });
        let retry_after = malformed.map(|text| Value::Text(text.to_owned())).or(retry_after);
        if let Some(Code::SlowDown) = self.code {
            template.body =
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
                    .to_owned();
            for (_, value) in
                template.headers.iter_mut().filter(|(n, _)| n.eq_ignore_ascii_case("content-type"))
            {
                *value = Value::Text("application/xml".to_owned());
            }
        }
        template.headers.extend(retry_after.map(|value| ("Retry-After".to_owned(), value)));
        Some(template)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/status"), self.status, 400, 599)
    }

    fn label(&self) -> String {
        format!("application answers {}", self.status)
    }
}
