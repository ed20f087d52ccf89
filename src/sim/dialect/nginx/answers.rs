//! What nginx sends: its own pages, and answers of upstreams as it passes them on.

use crate::sim::message::{Framing, Template, Value};
use crate::sim::scenario::RetryAfter;

/// What it writes into `Server` and under its pages.
const SERVER: &str = "nginx/1.22.1";

/// `ngx_http_special_response.c`, 1.22.1; recorded byte for byte.
pub(super) fn page(status: u16, retry_after: RetryAfter) -> Template {
    let reason = reason(status);
    let body = format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut template = Template::new(status, reason, &[], &body);
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    template.headers = vec![
        text("Server", SERVER),
        ("Date".to_owned(), Value::Date),
        text("Content-Type", "text/html"),
        ("Content-Length".to_owned(), Value::BodyLength),
        text("Connection", if ends_connection(status) { "close" } else { "keep-alive" }),
    ];
    match retry_after {
        RetryAfter::Absent => {}
        RetryAfter::Seconds(seconds) => template.headers.push(text("Retry-After", &seconds.to_string())),
        RetryAfter::Date(wait) => template.headers.push(("Retry-After".to_owned(), Value::DateAfter(wait))),
    }
    template
}

/// `ngx_http_header_filter_module.c`, 1.22.1: Server, Date, Content-Type, framing, Connection, then the rest;
/// the upstream's own Server and Date are replaced (proxy_hide_header's defaults).
pub(super) fn forward(upstream: &Template) -> Template {
    if upstream.raw.is_some() {
        return upstream.clone();
    }
    let mut template = upstream.clone();
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let taken = ["server", "date", "content-type", "content-length", "transfer-encoding", "connection"];
    let rest: Vec<_> = upstream
        .headers
        .iter()
        .filter(|(n, _)| !taken.contains(&n.to_ascii_lowercase().as_str()))
        .cloned()
        .collect();
    template.headers = vec![text("Server", SERVER), ("Date".to_owned(), Value::Date)];
    if let Some(kind) = upstream.header("content-type") {
        template.headers.push(("Content-Type".to_owned(), kind.clone()));
    }
    template.framing = match upstream.framing {
        Framing::Length => Framing::Length,
        Framing::Chunked | Framing::Close => Framing::Chunked,
    };
    template.headers.push(match template.framing {
        Framing::Length => ("Content-Length".to_owned(), Value::BodyLength),
        _ => text("Transfer-Encoding", "chunked"),
    });
    template.headers.push(text("Connection", "keep-alive"));
    template.headers.extend(rest);
    template.defect = None;
    template
}

/// nginx's reason phrases (`ngx_http_header_filter_module.c`); its 503 and 504 differ from the registry's.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        413 => "Request Entity Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        429 => "Too Many Requests",
        _ => "Error",
    }
}

/// Statuses of its own after which the client's connection is closed (`ngx_http_special_response_handler`, 1.22.1).
fn ends_connection(status: u16) -> bool {
    matches!(status, 400 | 413 | 414 | 500 | 501)
}
