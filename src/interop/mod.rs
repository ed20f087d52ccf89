//! The run in other forms: share links, readable text.

pub mod link;
pub mod story;
