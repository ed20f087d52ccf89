//! Light, dark, or what the system says.

use leptos::prelude::*;

/// Which colours the page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// What the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The one that the button switches to.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }

    /// What the button says.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Auto => "Theme: follows the system",
            Self::Light => "Theme: light",
            Self::Dark => "Theme: dark",
        }
    }

    /// Puts it on the page. It is not stored: a page that is opened anew follows the system.
    pub(super) fn apply(self) {
        let Some(root) = document().document_element() else { return };
        // The root element takes this attribute in every browser.
        let _ = match self {
            Self::Auto => root.remove_attribute("data-theme"),
            Self::Light => root.set_attribute("data-theme", "light"),
            Self::Dark => root.set_attribute("data-theme", "dark"),
        };
    }
}
