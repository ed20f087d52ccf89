//! The run in other forms: share links, readable text, a client's code.

pub mod client_code;
pub mod har;
pub mod link;
pub mod phases;
pub mod story;
