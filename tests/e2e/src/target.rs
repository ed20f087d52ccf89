//! What a test points at: an element by role and name, or by CSS.

use std::fmt;

/// Says which element is meant. Only visible elements are ever meant.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) css: String,
    /// Compared with the name that the browser tells screen readers.
    pub(crate) name: Option<String>,
    pub(crate) nth: Option<usize>,
    pub(crate) within: Option<Box<Target>>,
    shown: String,
}

impl Target {
    /// The same element, looked for inside another one alone.
    #[must_use]
    pub fn within(mut self, outer: &Target) -> Target {
        self.shown = format!("{} within {outer}", self.shown);
        self.within = Some(Box::new(outer.clone()));
        self
    }

    /// The nth of several that fit, counted from 0 in the order of the page.
    #[must_use]
    pub fn nth(mut self, nth: usize) -> Target {
        self.shown = format!("{} (number {nth} of those)", self.shown);
        self.nth = Some(nth);
        self
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

/// By CSS selector.
#[must_use]
pub fn css(selector: &str) -> Target {
    Target { css: selector.to_owned(), name: None, nth: None, within: None, shown: format!("`{selector}`") }
}

/// By role and accessible name, as screen readers know it.
///
/// The name fits if it contains the text, upper or lower case; where several elements fit, one whose name is exactly the text wins.
#[must_use]
pub fn role(role: &str, name: &str) -> Target {
    let native = match role {
        "button" => "button, input[type=button], input[type=submit], summary",
        "checkbox" => "input[type=checkbox]:not([role])",
        "combobox" => "select:not([multiple])",
        "dialog" => "dialog",
        "heading" => "h1, h2, h3, h4, h5, h6",
        "img" => "img",
        "link" => "a[href]",
        "radio" => "input[type=radio]",
        "slider" => "input[type=range]",
        "spinbutton" => "input[type=number]",
        "table" => "table",
        "textbox" => "input:not([type]), input[type=text], input[type=url], input[type=email], textarea",
        "region" => "section[aria-label], section[aria-labelledby]",
        _ => "",
    };
    let native: Vec<String> =
        native.split(", ").filter(|one| !one.is_empty()).map(|one| format!("{one}:not([role])")).collect();
    let css = std::iter::once(format!("[role={role}]")).chain(native).collect::<Vec<_>>().join(", ");
    Target { css, name: Some(name.to_owned()), nth: None, within: None, shown: format!("{role} {name:?}") }
}

macro_rules! by_role {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(name: &str) -> Target {
            role(stringify!($name), name)
        }
    )* };
}

by_role! {
    /// A button by name; see [`role`].
    button
    /// A checkbox by name; see [`role`].
    checkbox
    /// A selection list by name; see [`role`].
    combobox
    /// A heading by its text; see [`role`].
    heading
    /// A link by name; see [`role`].
    link
    /// A radio button by name; see [`role`].
    radio
    /// A slider by name; see [`role`].
    slider
    /// A tab of a tab list by name; see [`role`].
    tab
    /// A text field by name; see [`role`].
    textbox
}
