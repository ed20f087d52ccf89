//! What Go's net/http does by itself, for the products that are built on it.

use crate::sim::message::Template;

/// An answer to HEAD: `chunkWriter.writeHeader` of net/http knows the length of what a handler wrote, and tells none where
/// it wrote nothing.
pub(super) fn to_head(own: Template, number: u32) -> Template {
    if own.body.is_empty() { own.without_body() } else { own.with_length_alone(number) }
}
