//! What Go's net/http does by itself, for the products that are built on it.

use super::target;
use crate::sim::message::{Framing, Template, Value};

/// True if a request with this target is refused before any handler sees it: an escape in the path is none (`unescape` of
/// net/url). Dots are left to handlers.
pub(super) fn refuses(target: &str) -> bool {
    target::decoded(target, |_| true).is_none()
}

/// The answer to a request that cannot be read (`conn.serve` of net/http), after which the connection is closed. Left
/// out: that its text goes to HEAD too, which no client reads.
pub(super) fn bad_request() -> Template {
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let headers = vec![text("Content-Type", "text/plain; charset=utf-8"), text("Connection", "close")];
    let framing = Framing::Close;
    Template { headers, framing, ..Template::new(400, "Bad Request", &[], "400 Bad Request") }
}

/// An answer to HEAD: `chunkWriter.writeHeader` of net/http knows the length of what a handler wrote, and tells none where
/// it wrote nothing.
pub(super) fn to_head(own: Template, number: u32) -> Template {
    if own.body.is_empty() { own.without_body() } else { own.with_length_alone(number) }
}

/// `http.StatusText` of Go's net/http (`status.go`), and what stands in the status line where that is empty
/// (`writeStatusLine`, `server.go`).
pub(super) fn status_text(status: u16) -> String {
    let text = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request URI Too Long",
        415 => "Unsupported Media Type",
        418 => "I'm a teapot",
        422 => "Unprocessable Entity",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        other => return format!("status code {other}"),
    };
    text.to_owned()
}
