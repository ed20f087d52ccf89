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
