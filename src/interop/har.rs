//! A run as HAR 1.2: what a browser's network panel, and most tools that look at requests, can read.
//!
//! Every attempt of a client is an entry, as it would be in a browser. Fields that begin with an underscore are ours: the
//! number of the call and of the attempt, and what went wrong where no answer came.
//!
//! Source: HTTP Archive 1.2 (W3C Web Performance Working Group, draft of August 2012).

use serde_json::{Value, json};

use super::phases::Phases;
use crate::sim::client::{self, HOST};
use crate::sim::dialect::RequestBytes;
use crate::sim::explain::noticed;
use crate::sim::message::Message;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Index, Outcome, Span, SpanId, SpanKind, Trace};

/// How many entries a file has at the most; the oldest are left out.
pub const MOST: usize = 5_000;

/// What has ended of a run by `known`, as text of a HAR file.
pub fn har(trace: &Trace, known: SimTime) -> String {
    let index = Index::new(trace);
    let mut calls = 0;
    let mut number = Vec::new();
    for span in &trace.spans {
        number.push(calls);
        calls += u32::from(span.kind == SpanKind::Call);
    }
    let ended =
        |span: &Span| span.end <= known && !matches!(span.outcome, Outcome::Open | Outcome::Unfinished);
    let all: Vec<(SpanId, &Span)> =
        trace.of_kind(SpanKind::Attempt).filter(|(_, span)| ended(span)).collect();
    let left_out = all.len().saturating_sub(MOST);
    let entries: Vec<Value> = (all[left_out..].iter())
        .map(|(id, span)| {
            let call = number.get(span.parent.0 as usize).copied().unwrap_or_default();
            entry(trace, &index, (*id, span), call)
        })
        .collect();
    let comment = match left_out {
        0 => "Simulated by fivexx; no request was really sent.".to_owned(),
        n => {
            format!("Simulated by fivexx; no request was really sent. The oldest {n} attempts are left out.")
        }
    };
    let log = json!({
        "log": {
            "version": "1.2",
            "creator": {"name": "fivexx", "version": env!("CARGO_PKG_VERSION")},
            "pages": [],
            "entries": entries,
            "comment": comment,
        }
    });
    format!("{log:#}\n")
}

fn entry(trace: &Trace, index: &Index<'_>, (id, span): (SpanId, &Span), call: u32) -> Value {
    let asked = trace.request(id).cloned().unwrap_or_default();
    let policy = trace.policy_of(span.parent).cloned().unwrap_or_default();
    let (request, _) = client::sent(&asked, &policy, call);
    let phases = Phases::of(span, span.end, index.notes(id).map(|(_, event)| event));
    let mut entry = json!({
        "startedDateTime": date(trace.scenario.epoch, span.start),
        "time": millis(phases.total()),
        "request": sent(&request),
        "response": answer(trace, span.outcome),
        "cache": {},
        "timings": timings(&phases),
        "_call": call + 1,
        "_attempt": span.detail,
        "_client": trace.node(span.node).id,
    });
    if let Outcome::Failed(failure) | Outcome::Broken(_, failure) = span.outcome {
        entry["comment"] = noticed(failure).into();
        entry["response"]["_error"] = noticed(failure).into();
    }
    entry
}

fn timings(phases: &Phases) -> Value {
    // -1 says that a phase does not apply.
    let or_none = |phase: Option<SimDuration>| phase.map_or(-1.0, millis);
    json!({
        "blocked": millis(phases.blocked),
        "dns": or_none(phases.dns),
        "connect": or_none(phases.connect),
        "ssl": or_none(phases.ssl),
        "send": millis(phases.send),
        "wait": millis(phases.wait),
        "receive": millis(phases.receive),
    })
}

fn sent(request: &RequestBytes) -> Value {
    let query: Vec<Value> = (request.target.split_once('?').map_or("", |(_, query)| query).split('&'))
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let head = request.render().len() - request.body.len();
    let mut value = json!({
        "method": request.method.as_str(),
        "url": format!("http://{HOST}{}", request.target),
        "httpVersion": request.version,
        "cookies": [],
        "headers": headers(request.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
        "queryString": query,
        "headersSize": head,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        let kind = request.header("content-type").unwrap_or("application/octet-stream");
        value["postData"] = json!({"mimeType": kind, "params": [], "text": request.body});
    }
    value
}

fn answer(trace: &Trace, outcome: Outcome) -> Value {
    let Some(message) = read(outcome) else {
        return json!({
            "status": 0, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "",
            "headersSize": -1, "bodySize": -1,
        });
    };
    let template = trace.template(message);
    let all = template.headers_at(message, trace.scenario.epoch);
    let body = template.body_at(message);
    let of = |name: &str| {
        all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.as_str())
    };
    let kind = Some(of("content-type")).filter(|kind| !kind.is_empty()).unwrap_or("x-unknown");
    json!({
        "status": template.status.unwrap_or_default(),
        "statusText": template.reason,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(all.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
        "content": {"size": body.len(), "mimeType": kind, "text": body},
        "redirectURL": of("location"),
        "headersSize": template.head_at(message, trace.scenario.epoch).len() + 2,
        "bodySize": body.len(),
    })
}

fn read(outcome: Outcome) -> Option<Message> {
    match outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
        _ => None,
    }
}

fn headers<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Value> {
    all.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn millis(duration: SimDuration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// A moment by ISO 8601 with milliseconds: `2026-11-20T21:27:59.000Z`.
pub fn date(epoch: u64, at: SimTime) -> String {
    let seconds = epoch.saturating_add(at.as_nanos() / 1_000_000_000);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // The civil calendar, counted from 1 March of the year 0 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let z = days.saturating_add(719_468);
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + carry;
    let (h, m, s) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:03}Z", at.as_nanos() / 1_000_000 % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::message::http_date;
    use crate::sim::{Scenario, run};

    const RUN: &str = r#"{
        "clients": [{"policy": {"attempts": 3, "statuses": [502, 503, 504], "methods": ["POST", "GET"]}}],
        "gateways": [{"settings": {"read_timeout": "1s"}}],
        "timeline": [
            {"at": "0s", "do": {"inject": {"node": "database", "fault": {"slow_query": {"query_time": {"fixed": "3s"}}}}}},
            {"at": "0s", "do": {"send": {"client": "client", "request": {"method": "POST", "path": "/orders?a=1&b", "body": "{}",
                "headers": {"Content-Type": "application/json"}, "idempotency_key": "per_call"}}}},
            {"at": "20s", "do": {"inject": {"node": "link:gateway", "fault": {"refused": {}}}}},
            {"at": "21s", "do": {"send": {"client": "client", "request": {}}}}
        ]}"#;

    fn file(known: SimTime) -> Value {
        let trace = run(&Scenario::from_json(RUN).expect("a scenario"));
        serde_json::from_str(&har(&trace, known)).expect("JSON")
    }

    /// A field and what its value must be.
    type Kind = (&'static str, fn(&Value) -> bool);

    fn is(value: &Value, kinds: &[Kind], what: &str) {
        for (name, fits) in kinds {
            assert!(value.get(name).is_some_and(fits), "{what}: {name} in {value}");
        }
    }

    #[test]
    fn every_field_that_the_format_requires_is_there() {
        let file = file(SimTime::NEVER);
        let log = &file["log"];
        is(
            log,
            &[("version", Value::is_string), ("creator", Value::is_object), ("entries", Value::is_array)],
            "log",
        );
        is(&log["creator"], &[("name", Value::is_string), ("version", Value::is_string)], "creator");
        let entries = log["entries"].as_array().expect("entries");
        assert!(entries.len() >= 4, "{}", entries.len());
        for entry in entries {
            is(
                entry,
                &[
                    ("startedDateTime", Value::is_string),
                    ("time", Value::is_number),
                    ("request", Value::is_object),
                    ("response", Value::is_object),
                    ("cache", Value::is_object),
                    ("timings", Value::is_object),
                ],
                "entry",
            );
            let message: &[Kind] = &[
                ("httpVersion", Value::is_string),
                ("cookies", Value::is_array),
                ("headers", Value::is_array),
                ("headersSize", Value::is_number),
                ("bodySize", Value::is_number),
            ];
            is(&entry["request"], message, "request");
            is(
                &entry["request"],
                &[("method", Value::is_string), ("url", Value::is_string), ("queryString", Value::is_array)],
                "request",
            );
            is(&entry["response"], message, "response");
            is(
                &entry["response"],
                &[
                    ("status", Value::is_number),
                    ("statusText", Value::is_string),
                    ("redirectURL", Value::is_string),
                    ("content", Value::is_object),
                ],
                "response",
            );
            is(
                &entry["response"]["content"],
                &[("size", Value::is_number), ("mimeType", Value::is_string)],
                "content",
            );
        }
    }

    #[test]
    fn phases_add_up_to_the_time_of_their_entry() {
        let file = file(SimTime::NEVER);
        for entry in file["log"]["entries"].as_array().expect("entries") {
            let phase = |name: &str| entry["timings"][name].as_f64().expect(name);
            let sum: f64 = ["blocked", "dns", "connect", "send", "wait", "receive"]
                .iter()
                .map(|name| phase(name).max(0.0))
                .sum();
            let time = entry["time"].as_f64().expect("a time");
            assert!((sum - time).abs() < 1e-6, "{sum} and {time} in {entry}");
            assert!(phase("send") >= 0.0 && phase("wait") >= 0.0 && phase("receive") >= 0.0);
        }
    }

    #[test]
    fn entries_say_what_was_sent_and_what_came() {
        let file = file(SimTime::NEVER);
        let entries = file["log"]["entries"].as_array().expect("entries");
        let first = &entries[0];
        assert_eq!(first["request"]["url"], "http://orders.example/orders?a=1&b");
        assert_eq!(first["request"]["queryString"][1], json!({"name": "b", "value": ""}));
        assert_eq!(first["request"]["postData"]["mimeType"], "application/json");
        assert_eq!(first["response"]["status"], 504);
        assert!(
            first["response"]["content"]["text"].as_str().is_some_and(|t| t.contains("504 Gateway Time-out"))
        );
        let key = |entry: &Value| {
            entry["request"]["headers"].as_array()?.iter().find(|h| h["name"] == "Idempotency-Key").cloned()
        };
        assert_eq!(key(first), key(&entries[1]), "one key for all attempts of a call");
        assert!(key(first).is_some());
        let last = entries.last().expect("an entry");
        assert_eq!((&last["response"]["status"], &last["_call"]), (&json!(0), &json!(2)));
        assert!(last["comment"].as_str().is_some_and(|c| c.contains("refused")), "{last}");
    }

    #[test]
    fn nothing_is_told_that_has_not_ended() {
        let early = file(SimTime::from_millis(500));
        assert_eq!(early["log"]["entries"].as_array().map(Vec::len), Some(0));
        let one = file(SimTime::from_millis(1_006));
        assert_eq!(one["log"]["entries"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn dates_agree_with_those_in_headers() {
        for epoch in [0, 951_782_400, 1_763_672_917, 4_107_542_399, 253_402_300_799] {
            let iso = date(epoch, SimTime::from_millis(250));
            let http = http_date(epoch, SimTime::ZERO);
            assert!(iso.ends_with(".250Z") && iso.len() == 24, "{iso}");
            assert_eq!(
                (&iso[..4], &iso[8..10], &iso[11..19]),
                (&http[12..16], &http[5..7], &http[17..25]),
                "{http}"
            );
        }
        assert_eq!(date(951_782_400, SimTime::ZERO), "2000-02-29T00:00:00.000Z");
    }
}
