//! The table that a documented product is: what the gateway meets, what it does then, and where that stands.

use crate::sim::dialect::{Rule, Setting};
use crate::sim::trace::Failure;

/// What a gateway meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The upstream refuses the connection.
    Refused,
    /// There is no way to the upstream.
    Unreachable,
    /// No connection opens in time.
    ConnectTimeout,
    /// The connection ends before an answer.
    Closed,
    /// The head of the answer cannot be read.
    BadHead,
    /// The head of the answer is too large.
    HeadTooLarge,
    /// No answer comes in time.
    NoAnswer,
    /// The answer ends before its end.
    BodyCut,
    /// The body stands still.
    BodyStalled,
    /// The TLS handshake fails.
    Handshake,
    /// The upstream's certificate is not to be trusted.
    Certificate,
    /// The upstream's name does not resolve.
    Name,
    /// No upstream counts as well.
    NoUpstream,
    /// No place at an upstream is free, and none in line.
    Full,
    /// More requests are under way than it takes.
    Shed,
    /// Requests come at too high a rate.
    Rate,
    /// One client has too many requests under way.
    ClientLimit,
    /// Somebody has switched it to maintenance.
    Maintenance,
    /// The client leaves before the answer.
    ClientLeft,
    /// It tries again.
    TryAgain,
    /// The documents do not say.
    NotDocumented,
}

/// What it does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It answers with this status.
    Answer(u16),
    /// It answers with the status that is configured.
    Configured,
    /// It cuts the answer short; the status that came stands.
    Cut,
    /// It cuts the answer short, and its log says this status.
    CutAndLog(u16),
    /// Its log says this status; nobody is there to read another.
    Log(u16),
    /// It goes on.
    Next,
    /// Nobody knows.
    Unknown,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) when: When,
    pub(super) then: Then,
    /// The product's own code beside the status, for the log and the stand-in of its page.
    pub(super) code: &'static str,
    /// The setting that decides.
    pub(super) setting: Option<Setting>,
    pub(super) rule: Rule,
}

impl Row {
    /// What the documents do not say.
    pub(super) const fn not_documented(text: &'static str) -> Self {
        let rule = Rule { id: Rule::NOT_DOCUMENTED, text, source: "No document was found that says it" };
        Self { when: When::NotDocumented, then: Then::Unknown, code: "not documented", setting: None, rule }
    }
}

/// A row, from what is met to the document that says so.
pub(super) const fn row(
    when: When,
    then: Then,
    code: &'static str,
    setting: Option<Setting>,
    text: &'static str,
    source: &'static str,
) -> Row {
    Row { when, then, code, setting, rule: Rule { id: id(when), text, source } }
}

/// The identifier of a row's rule.
const fn id(when: When) -> &'static str {
    match when {
        When::Refused => "connection-refused",
        When::Unreachable => "no-route",
        When::ConnectTimeout => "connect-timeout",
        When::Closed => "closed-before-answer",
        When::BadHead => "malformed-answer",
        When::HeadTooLarge => "head-too-large",
        When::NoAnswer => "no-answer",
        When::BodyCut => "answer-cut",
        When::BodyStalled => "answer-stalled",
        When::Handshake => "tls-handshake",
        When::Certificate => "certificate",
        When::Name => "name-not-resolved",
        When::NoUpstream => "no-upstream",
        When::Full => "no-room",
        When::Shed => "too-many-requests",
        When::Rate => "rate-limit",
        When::ClientLimit => "client-limit",
        When::Maintenance => "maintenance",
        When::ClientLeft => "client-left",
        When::TryAgain => "try-again",
        When::NotDocumented => Rule::NOT_DOCUMENTED,
    }
}

/// The rules of a table, by the index of their row.
pub(super) const fn rules<const N: usize>(rows: &[Row; N]) -> [Rule; N] {
    let mut rules = [rows[0].rule; N];
    let mut i = 1;
    while i < N {
        rules[i] = rows[i].rule;
        i += 1;
    }
    rules
}

/// What a failure is, in the words of the table.
pub(super) fn met(failure: Failure, begun: bool) -> When {
    match failure {
        Failure::BodyTimeout | Failure::RequestTimeout if begun => When::BodyStalled,
        _ if begun => When::BodyCut,
        Failure::Refused | Failure::HeldDown => When::Refused,
        Failure::Unreachable => When::Unreachable,
        Failure::ConnectTimeout | Failure::NoReply => When::ConnectTimeout,
        Failure::Closed | Failure::Reset => When::Closed,
        Failure::InvalidHead(_) | Failure::InvalidChunk | Failure::Unparsable => When::BadHead,
        Failure::HeadTooLarge | Failure::HeadLines => When::HeadTooLarge,
        Failure::ReadTimeout | Failure::TryTimeout | Failure::RequestTimeout | Failure::BodyTimeout => {
            When::NoAnswer
        }
        Failure::Truncated { .. } => When::BodyCut,
        Failure::HandshakeFailed => When::Handshake,
        Failure::BadCertificate => When::Certificate,
        Failure::NameNotResolved => When::Name,
        Failure::NoLiveUpstream => When::NoUpstream,
        Failure::NoRoom | Failure::QueueTimeout => When::Full,
        Failure::Shed => When::Shed,
        Failure::RateLimited => When::Rate,
        Failure::ClientLimit => When::ClientLimit,
        Failure::CallerLeft => When::ClientLeft,
        // What others notice: clients, origins.
        _ => When::NotDocumented,
    }
}
