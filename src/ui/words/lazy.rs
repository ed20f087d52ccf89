//! The words of parts that come later.

pub(crate) const COMING: &str = "On its way.";
pub(crate) const AGAIN: &str = "Try again";
pub(crate) const NOT_LOADED: &str = "This part of the page could not be loaded: one of the page's own files did not come. Everything else works.";
