//! The browser's storage. Nothing is put there unless a person asks, or would lose a run otherwise.

use std::fmt;

use leptos::prelude::*;
use web_sys::Storage;

use crate::view::form::Refusal;
use crate::view::own_runs::OwnRuns;

/// Where the list of a person's own runs stands.
const KEY: &str = "fivexx.runs";

/// Why the list cannot be read or written. What is stored stays.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// There is no storage.
    Missing,
    /// It took nothing more.
    Full,
    /// What stands there is no list.
    Garbage {
        /// What stands there.
        text: String,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("This browser gives the page no storage."),
            Self::Full => f.write_str("The browser’s storage is full, or takes nothing from this page."),
            Self::Garbage { why, .. } => {
                write!(f, "What is stored under “My runs” cannot be read: {why}. It was left as it is.")
            }
        }
    }
}

fn storage() -> Result<Storage, Trouble> {
    window().local_storage().ok().flatten().ok_or(Trouble::Missing)
}

/// The list.
pub(super) fn read() -> Result<OwnRuns, Trouble> {
    let text = storage()?.get_item(KEY).map_err(|_| Trouble::Missing)?;
    OwnRuns::read(text.as_deref())
        .map_err(|Refusal(why)| Trouble::Garbage { text: text.unwrap_or_default(), why })
}

/// Changes the list, as it stands now: another tab may have written it.
pub(super) fn change<T>(change: impl FnOnce(&mut OwnRuns) -> T) -> Result<T, Trouble> {
    let mut runs = read()?;
    let before = runs.clone();
    let result = change(&mut runs);
    if runs != before {
        write(&runs.to_text())?;
    }
    Ok(result)
}

/// Stores a text in place of the list.
pub(super) fn write(text: &str) -> Result<(), Trouble> {
    storage()?.set_item(KEY, text).map_err(|_| Trouble::Full)
}

/// Takes everything out.
pub(super) fn clear() -> Result<(), Trouble> {
    storage()?.remove_item(KEY).map_err(|_| Trouble::Missing)
}

/// The present moment of the wall clock: `2026-11-21T09:30:00.000Z`.
pub(super) fn now() -> String {
    js_sys::Date::new_0().to_iso_string().into()
}
