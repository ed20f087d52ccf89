//! What Caddy sends: its own answers, and those of upstreams as it passes them on.

use crate::sim::dialect::{OwnAnswer, go};
use crate::sim::message::{Framing, Template, Value};
use crate::sim::order;
use crate::sim::scenario::RetryAfter;
use crate::sim::trace::Failure;

/// What it writes into `Server` and `Via`.
const SERVER: &str = "Caddy";

/// Headers that belong to a connection: `hopHeaders` of reverseproxy.go.
const HOP: [&str; 10] = [
    "Alt-Svc",
    "Connection",
    "Proxy-Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

/// An error has no body; recorded byte for byte. net/http sorts headers, and appends its own.
pub(super) fn own(o: OwnAnswer) -> Template {
    if o.failure == Some(Failure::BadTarget) {
        return go::bad_request();
    }
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let body = if o.failure.is_none() { "down for maintenance" } else { "" };
    let mut template = Template::new(o.status, &go::status_text(o.status), &[], body);
    let mut headers = Vec::new();
    if !body.is_empty() {
        headers.push(text("Content-Type", "text/plain; charset=utf-8"));
    }
    match o.retry_after {
        RetryAfter::Absent => {}
        RetryAfter::Seconds(seconds) => headers.push(text("Retry-After", &seconds.to_string())),
        RetryAfter::Date(wait) => headers.push(("Retry-After".to_owned(), Value::DateAfter(wait))),
    }
    headers.extend([
        text("Server", SERVER),
        ("Date".to_owned(), Value::Date),
        ("Content-Length".to_owned(), Value::BodyLength),
    ]);
    template.headers = headers;
    template
}

/// `finalizeResponse` of reverseproxy.go, and `chunkWriter.writeHeader` of net/http: `Via` in place of `Server`, all
/// sorted by name, then what net/http adds.
pub(super) fn forward(upstream: &Template) -> Template {
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let mut template = upstream.clone();
    template.defect = None;
    template.reason = go::status_text(upstream.status.unwrap_or_default());
    template.framing = match upstream.framing {
        Framing::Length => Framing::Length,
        Framing::Chunked | Framing::Close => Framing::Chunked,
    };
    let mut headers = vec![text("Via", &format!("1.1 {SERVER}"))];
    for (name, value) in &upstream.headers {
        let name = canonical(name);
        let told_otherwise = name == "Content-Length" && template.framing == Framing::Chunked;
        if !told_otherwise && !HOP.contains(&name.as_str()) {
            headers.push((name, value.clone()));
        }
    }
    order::by(&mut headers, |(a, _), (b, _)| a.cmp(b));
    let missing = |headers: &[(String, Value)], name: &str| headers.iter().all(|(n, _)| n != name);
    if missing(&headers, "Date") {
        headers.push(("Date".to_owned(), Value::Date));
    }
    if template.framing == Framing::Chunked {
        headers.push(text("Transfer-Encoding", "chunked"));
    } else if missing(&headers, "Content-Type") && !template.body.is_empty() {
        headers.push(text("Content-Type", sniffed(&template.body)));
    }
    template.headers = headers;
    template
}

/// `CanonicalMIMEHeaderKey` of Go's net/textproto.
fn canonical(name: &str) -> String {
    let mut first = true;
    let letters = name.chars().map(|c| {
        let c = if first { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        first = c == '-';
        c
    });
    letters.collect()
}

/// `DetectContentType` of Go's net/http, as far as text goes.
fn sniffed(body: &str) -> &'static str {
    let start = body.trim_start().to_ascii_lowercase();
    let html = ["<!doctype html", "<html", "<head", "<body", "<h1", "<p", "<!--"];
    if html.iter().any(|tag| start.starts_with(tag)) {
        "text/html; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    }
}
