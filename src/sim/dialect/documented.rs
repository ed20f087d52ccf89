//! Products that nobody recorded here: what their documents say, and nothing else.
//!
//! A product is a table: what the gateway meets, and what its documents say that it does, each with the document.
//! What they do not say is not guessed. The simulator then closes the client's connection without an answer, by the
//! rule [`Rule::NOT_DOCUMENTED`], which is a mark and no prediction; where the head of an answer is out already, it
//! cuts the answer short, since nothing else is possible, by the same rule. Explanations and comparisons say so.
//!
//! A time or a size that no document gives limits nothing here: Heroku's router refuses long lines, IIS takes any head.
//!
//! For all of them: an answer's own headers are passed on as they came, and the text of error pages is a line with
//! status and code in place of a page that no document gives. Probes alone take an upstream out.

mod alb;
mod api_gateway;
mod cloudflare;
mod cloudfront;
mod google_cloud;
mod heroku;
mod iis;

use super::rfc9209::pass_on;
use super::{
    Action, Dialect, EffectiveSettings, Known, LogLine, OwnAnswer, Reading, Rule, RuleId, Setting, Situation,
    Verdict,
};
use crate::sim::message::{Method, Template, Value, http_date};
use crate::sim::scenario::{Balance, GatewaySettings, Limits, NextUpstream, RetryAfter};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, SpanId, SpanKind, Trace};

pub(super) use alb::ALB;
pub(super) use api_gateway::API_GATEWAY;
pub(super) use cloudflare::CLOUDFLARE;
pub(super) use cloudfront::CLOUDFRONT;
pub(super) use google_cloud::GOOGLE_CLOUD;
pub(super) use heroku::HEROKU;
pub(super) use iis::IIS;

/// A product that is known from its documents alone.
pub(super) struct Documented {
    title: &'static str,
    /// Which edition of the documents.
    version: &'static str,
    /// That it is documented, and where.
    provenance: &'static str,
    /// The defaults of its documents over a gateway without any mechanism.
    defaults: fn(EffectiveSettings) -> EffectiveSettings,
    /// The settings that it has, under its own names.
    has: &'static [(Setting, &'static str)],
    /// The fields of [`Setting::Limits`] that it has.
    limits: &'static [&'static str],
    /// The ways to choose an upstream that it has.
    balances: &'static [Balance],
    /// What it offers in place of what it lacks.
    instead: &'static str,
    /// The longest line of an answer's head, in bytes.
    longest_line: u32,
    /// Whether bytes of an unfinished head restart the clock of the read timeout.
    restarts_clock: bool,
    /// Headers of its own answers.
    headers: &'static [(&'static str, &'static str)],
    /// What it does about what it meets; the last row is [`Row::not_documented`].
    rows: &'static [Row],
    /// The rows' rules, by the same index.
    rules: &'static [Rule],
    /// A line of its log.
    log: fn(&Told<'_>) -> String,
}

/// What a gateway meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
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
enum Then {
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
struct Row {
    when: When,
    then: Then,
    /// The product's own code beside the status, for the log and the stand-in of its page.
    code: &'static str,
    /// The setting that decides.
    setting: Option<Setting>,
    rule: Rule,
}

impl Row {
    /// What the documents do not say.
    const fn not_documented(text: &'static str) -> Self {
        let rule = Rule { id: Rule::NOT_DOCUMENTED, text, source: "No document was found that says it" };
        Self { when: When::NotDocumented, then: Then::Unknown, code: "not documented", setting: None, rule }
    }
}

/// A row, from what is met to the document that says so.
const fn row(
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
const fn rules<const N: usize>(rows: &[Row; N]) -> [Rule; N] {
    let mut rules = [rows[0].rule; N];
    let mut i = 1;
    while i < N {
        rules[i] = rows[i].rule;
        i += 1;
    }
    rules
}

/// What a failure is, in the words of the table.
fn met(failure: Failure, begun: bool) -> When {
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

impl Documented {
    /// The row for what is met; the last one where none is.
    fn row(&self, when: When) -> (RuleId, &'static Row) {
        let last = self.rows.len() - 1;
        let index = self.rows.iter().position(|row| row.when == when).unwrap_or(last);
        (RuleId(index as u16), &self.rows[index])
    }
}

impl Dialect for Documented {
    fn title(&self) -> &'static str {
        self.title
    }

    fn version(&self) -> &'static str {
        self.version
    }

    fn provenance(&self) -> &'static str {
        self.provenance
    }

    fn known(&self) -> Known {
        Known::Documented
    }

    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        (self.defaults)(EffectiveSettings::bare()).configured(settings)
    }

    fn directive(&self, setting: Setting) -> &'static str {
        let own = self.has.iter().find(|(s, _)| *s == setting);
        own.map_or_else(|| setting.field(), |(_, name)| name)
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        let named = |limits: &Limits| {
            let fields = serde_json::to_value(limits).unwrap_or_default();
            fields.as_object().into_iter().flatten().all(|(name, _)| self.limits.contains(&name.as_str()))
        };
        let fits = match setting {
            // All of them pass requests on to a list of servers.
            Setting::Upstreams => true,
            Setting::Limits => !self.limits.is_empty() && s.limits.as_ref().is_none_or(named),
            Setting::Balance => s.balance.is_none_or(|b| self.balances.contains(&b)),
            _ => self.has.iter().any(|(has, _)| *has == setting),
        };
        if fits { Ok(()) } else { Err(self.instead) }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        setting.written(s)
    }

    fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    fn read(&self, template: &Template, _: u32, settings: &EffectiveSettings) -> Reading {
        if let Some(defect) = template.defect {
            return Reading::Reject(Failure::InvalidHead(defect));
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        if template.longest_line() > self.longest_line {
            return Reading::Reject(Failure::HeadLines);
        }
        Reading::Accept
    }

    fn decide(&self, s: Situation<'_>) -> Verdict {
        let begun = s.head_accepted || s.answer_begun;
        let when = met(s.failure, begun);
        let timed_out = matches!(when, When::ConnectTimeout | When::NoAnswer);
        let repeatable = !s.sent || matches!(s.method, Method::Get | Method::Head);
        if timed_out
            && !begun
            && repeatable
            && s.tries_left > 0
            && s.settings.next_upstream.contains(&NextUpstream::Timeout)
        {
            let (rule, row) = self.row(When::TryAgain);
            return Verdict { action: Action::Next, rule, setting: row.setting, not_next: None };
        }
        let (rule, row) = self.row(when);
        let action = match row.then {
            Then::Answer(status) if !s.answer_begun => Action::Answer(status),
            Then::Configured => Action::Answer(match when {
                When::Rate => s.settings.rate_limit.status,
                _ => s.settings.limits.client_status,
            }),
            _ if begun => Action::CutShort,
            _ => Action::Close,
        };
        Verdict { action, rule, setting: row.setting, not_next: None }
    }

    fn counts(&self, _: Failure, _: bool) -> bool {
        false
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (self.row(When::Maintenance).0, Setting::Maintenance)
    }

    fn head_bytes_restart_clock(&self) -> bool {
        self.restarts_clock
    }

    fn holds_back(&self) -> u32 {
        0
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    fn own(&self, answer: OwnAnswer) -> Template {
        let row = match answer.rule {
            Some(rule) => self.rows.get(usize::from(rule.0)),
            None => Some(self.row(When::Maintenance).1),
        };
        let reason = reason(answer.status);
        let code = row.map_or("", |row| row.code);
        let separator = if code.is_empty() { "" } else { ": " };
        let body = format!("{} {reason}{separator}{code}\n", answer.status);
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let mut template = Template::new(answer.status, reason, &[("Content-Type", "text/plain")], &body);
        template.headers.insert(0, ("Date".to_owned(), Value::Date));
        template.headers.extend(self.headers.iter().map(|(name, value)| text(name, value)));
        match answer.retry_after {
            RetryAfter::Absent => {}
            RetryAfter::Seconds(seconds) => template.headers.push(text("Retry-After", &seconds.to_string())),
            RetryAfter::Date(wait) => {
                template.headers.push(("Retry-After".to_owned(), Value::DateAfter(wait)));
            }
        }
        template
    }

    fn forward(&self, upstream: &Template) -> Template {
        pass_on(upstream)
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        let span = trace.span(request);
        let Some(asked) = trace.request(request) else { return Vec::new() };
        if matches!(span.outcome, Outcome::Open | Outcome::Unfinished) {
            return Vec::new();
        }
        let decided = trace.notes(request).filter_map(|e| match e.note {
            Note::Decided(rule, _) => self.rows.get(usize::from(rule.0)),
            _ => None,
        });
        let row = match span.outcome {
            Outcome::Failed(Failure::CallerLeft) => Some(self.row(When::ClientLeft).1),
            _ => decided.last(),
        };
        let (status, bytes) = match span.outcome {
            Outcome::Answer(m) | Outcome::Broken(m, _) => {
                (trace.status(m), trace.template(m).body_at(m).len())
            }
            _ => (None, 0),
        };
        let status = match row.map(|row| row.then) {
            Some(Then::CutAndLog(logged) | Then::Log(logged)) => Some(logged),
            _ => status,
        };
        let tries = || trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try);
        let last = tries().last();
        let connect = last.and_then(|(id, t)| {
            let mut connected = trace.notes(id).filter(|e| e.note == Note::Connected);
            connected.next().map(|e| e.at.since(t.start))
        });
        let upstream_status = last.and_then(|(_, t)| match t.outcome {
            Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
            _ => None,
        });
        let told = Told {
            method: asked.method,
            path: &asked.path,
            at: span.end,
            epoch: trace.scenario.epoch,
            status,
            code: row.filter(|row| row.then != Then::Next).map_or("", |row| row.code),
            took: span.end.since(span.start),
            connect,
            upstream: last.map(|(_, t)| trace.nodes[t.detail as usize].id.as_str()),
            upstream_status,
            bytes,
        };
        vec![LogLine { at: span.end, file: "access", text: (self.log)(&told) }]
    }
}

/// What a log can tell of a request.
struct Told<'a> {
    method: Method,
    path: &'a str,
    /// When it ended.
    at: SimTime,
    /// The second, since 1970, at which the run began.
    epoch: u64,
    /// As the log has it.
    status: Option<u16>,
    /// The product's own code; empty if there is none.
    code: &'static str,
    took: SimDuration,
    /// How long the last connection took to open; none where none did.
    connect: Option<SimDuration>,
    /// The upstream that was asked last.
    upstream: Option<&'a str>,
    /// What that upstream answered.
    upstream_status: Option<u16>,
    /// Of the body.
    bytes: usize,
}

impl Told<'_> {
    /// The status, or what stands for none.
    fn status_or(&self, none: &str) -> String {
        self.status.map_or_else(|| none.to_owned(), |status| status.to_string())
    }
}

/// A moment as ISO 8601 has it, to the millisecond.
fn iso(epoch: u64, at: SimTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    let month = MONTHS.iter().position(|m| *m == part(8..11)).unwrap_or_default() + 1;
    format!("{}-{month:02}-{}T{}.{:03}Z", part(12..16), part(5..7), part(17..25), at.as_millis() % 1_000)
}

/// The reason phrases of the registry (RFC 9110 §15), and what Cloudflare's documents call its own codes.
fn reason(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        520 => "Web server returns an unknown error",
        521 => "Web server is down",
        522 => "Connection timed out",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests;
