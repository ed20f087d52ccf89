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
mod log;
mod table;

use self::log::{Told, iso};
use self::table::{Row, Then, When, met, row, rules};
use super::rfc9209::pass_on;
use super::{
    Action, Dialect, EffectiveSettings, Known, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict,
};
use crate::sim::message::{Method, Template, Value, reason_phrase};
use crate::sim::scenario::{Balance, GatewaySettings, Limits, NextUpstream, RetryAfter};
use crate::sim::trace::{Failure, SpanId, Trace};

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
    /// Which lines it writes at the head of a request; nothing for those that came. See [`Passage`].
    adds: &'static str,
    /// Headers of its own answers.
    headers: &'static [(&'static str, &'static str)],
    /// What it does about what it meets; the last row is [`Row::not_documented`].
    rows: &'static [Row],
    /// The rows' rules, by the same index.
    rules: &'static [Rule],
    /// A line of its log.
    log: fn(&Told<'_>) -> String,
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

    /// The header lines that its documents name; where they stand among the others, none of them says.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        if self.adds.is_empty() { Passage::AS_IT_CAME } else { Passage::inferred(self.adds) }
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(self, trace, request)
    }
}

/// What Cloudflare's documents call its own codes; the registry's phrases for the rest.
fn reason(status: u16) -> &'static str {
    match status {
        520 => "Web server returns an unknown error",
        521 => "Web server is down",
        522 => "Connection timed out",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        registered => reason_phrase(registered),
    }
}

#[cfg(test)]
mod tests;
