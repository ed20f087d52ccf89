//! What Apache sends: its own pages, and answers of backends as it passes them on.

use super::rules::{BAD_LENGTH, CONNECT_FAILED, NO_ADDRESS, READ_FAILED, READ_TIMEOUT};
use crate::sim::dialect::OwnAnswer;
use crate::sim::message::{Framing, Template, Value};
use crate::sim::scenario::RetryAfter;

/// What it writes into `Server`.
const SERVER: &str = "Apache/2.4.71 (Debian) OpenSSL/3.0.19";

/// The name of a backend in its own pages: one that never resolves (RFC 2606 §2).
const NO_SUCH_HOST: &str = "nope.invalid";

/// `http_protocol.c` and `proxy_util.c`, 2.4 (`ap_send_error_response`, `ap_proxyerror`); recorded byte for byte.
pub(super) fn own(answer: OwnAnswer) -> Template {
    let rule = answer.rule.unwrap_or(CONNECT_FAILED);
    let because = |why: &str| {
        format!("The proxy server could not handle the request<p>Reason: <strong>{why}</strong></p>")
    };
    let invalid = "The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n";
    let (reason, text) = match answer.status {
        400 => (
            "Bad Request",
            "<p>Your browser sent a request that this server could not understand.<br />\n</p>".to_owned(),
        ),
        413 => (
            "Request Entity Too Large",
            format!(
                "The requested resource does not allow request data with {} requests, or the amount of data provided in\nthe request exceeds the capacity limit.",
                answer.method
            ),
        ),
        500 if rule == NO_ADDRESS => {
            ("Proxy Error", because(&format!("DNS lookup failure for: {NO_SUCH_HOST}")) + "<p />")
        }
        500 => ("Proxy Error", because("Error during SSL Handshake with remote server") + "<p />"),
        502 if rule == READ_FAILED || rule == READ_TIMEOUT => {
            ("Proxy Error", format!("<p>{invalid}{}</p>", because("Error reading from remote server")))
        }
        502 => ("Bad Gateway", format!("<p>{invalid}</p>")),
        _ => (
            "Service Unavailable",
            "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>"
                .to_owned(),
        ),
    };
    let status = answer.status;
    let body = format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>{status} {reason}</title>\n</head><body>\n<h1>{reason}</h1>\n{text}\n</body></html>\n"
    );
    let mut template = Template::new(status, reason, &[], &body);
    template.headers = start();
    match answer.retry_after {
        RetryAfter::Absent => {}
        RetryAfter::Seconds(seconds) => template.headers.push(text_of("Retry-After", &seconds.to_string())),
        RetryAfter::Date(wait) => template.headers.push(("Retry-After".to_owned(), Value::DateAfter(wait))),
    }
    if rule == BAD_LENGTH {
        template.headers.push(("Expires".to_owned(), Value::Date));
        template.headers.push(text_of("Transfer-Encoding", "chunked"));
        template.framing = Framing::Chunked;
    } else {
        template.headers.push(("Content-Length".to_owned(), Value::BodyLength));
    }
    if drops_connection(status) {
        template.headers.push(text_of("Connection", "close"));
    }
    template.headers.push(text_of("Content-Type", "text/html; charset=iso-8859-1"));
    template
}

/// Date and Server, then the upstream's own, the framing last (`ap_basic_http_header`, `ap_http_header_filter`).
pub(super) fn forward(upstream: &Template) -> Template {
    let mut template = upstream.clone();
    if let Some(raw) = template.raw.take() {
        // The line that was taken for a status line comes back without its end.
        let text = String::from_utf8_lossy(&raw).into_owned();
        let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
        template.body = format!("{}{rest}", line.trim_end_matches('\r'));
        template.status = Some(200);
        template.reason = "OK".to_owned();
        template.framing = Framing::Close;
    }
    let taken = ["date", "server", "content-length", "transfer-encoding", "connection"];
    let rest = upstream.headers.iter().filter(|(n, _)| !taken.contains(&n.to_ascii_lowercase().as_str()));
    template.headers = start();
    template.headers.extend(rest.cloned());
    template.framing = match template.framing {
        Framing::Length => Framing::Length,
        Framing::Chunked | Framing::Close => Framing::Chunked,
    };
    template.headers.push(match template.framing {
        Framing::Length => ("Content-Length".to_owned(), Value::BodyLength),
        _ => text_of("Transfer-Encoding", "chunked"),
    });
    if upstream.status.is_some_and(drops_connection) {
        template.headers.push(text_of("Connection", "close"));
    }
    template.defect = None;
    template
}

fn text_of(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_owned()))
}

/// The headers with which every answer begins.
fn start() -> Vec<(String, Value)> {
    vec![("Date".to_owned(), Value::Date), text_of("Server", SERVER)]
}

/// Statuses after which the client's connection is closed (`ap_status_drops_connection` of httpd.h, 2.4).
fn drops_connection(status: u16) -> bool {
    matches!(status, 400 | 408 | 411 | 413 | 414 | 500 | 501 | 503)
}
