//! From a [`Target`] to the one element that is meant.

use super::command::Command;
use crate::Target;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};

/// Why a target does not name one element at this moment; it may at the next.
pub(super) enum Missing {
    None,
    /// The names of those that fit, to tell them apart.
    Several(Vec<String>),
    /// The driver's own word, such as an element that is covered by another.
    Driver(CmdError),
}

impl From<CmdError> for Missing {
    fn from(error: CmdError) -> Missing {
        Missing::Driver(error)
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::None => write!(formatter, "no visible element fits"),
            Missing::Several(names) => write!(
                formatter,
                "{} elements fit ({}); name it better or use nth",
                names.len(),
                names.join(", ")
            ),
            Missing::Driver(error) => write!(formatter, "{error}"),
        }
    }
}

/// The one element that the target means.
pub(super) async fn one(client: &Client, target: &Target) -> Result<Element, Missing> {
    let mut found = all(client, target).await?;
    if let Some(nth) = target.nth {
        return if nth < found.len() { Ok(found.swap_remove(nth).0) } else { Err(Missing::None) };
    }
    if found.len() > 1
        && let Some(wanted) = &target.name
    {
        let exact = |name: &str| name.trim().eq_ignore_ascii_case(wanted);
        if found.iter().filter(|(_, name)| exact(name)).count() == 1 {
            found.retain(|(_, name)| exact(name));
        }
    }
    match found.len() {
        0 => Err(Missing::None),
        1 => Ok(found.swap_remove(0).0),
        _ => Err(Missing::Several(found.into_iter().map(|(_, name)| format!("{name:?}")).collect())),
    }
}

/// Every visible element that fits, with its accessible name, in the order of the page.
pub(super) async fn all(client: &Client, target: &Target) -> Result<Vec<(Element, String)>, Missing> {
    let locator = Locator::Css(&target.css);
    let candidates = match &target.within {
        Some(outer) => Box::pin(one(client, outer)).await?.find_all(locator).await?,
        None => client.find_all(locator).await?,
    };
    let mut found = Vec::new();
    for element in candidates {
        let label = client.issue_cmd(Command::computed_label(&element.element_id())).await?;
        let label = label.as_str().unwrap_or_default().to_owned();
        let fits =
            target.name.as_ref().is_none_or(|name| label.to_lowercase().contains(&name.to_lowercase()));
        if fits && element.is_displayed().await? {
            found.push((element, label));
        }
    }
    Ok(found)
}
