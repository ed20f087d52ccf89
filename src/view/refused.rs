//! What is said of a link or a file that holds no run: what is wrong, where, and what can be done instead.

use serde_json::Value;

use crate::interop::link::LinkError;
use crate::sim::scenario::{Scenario, ScenarioError};

use super::form::Refusal;
use super::text::{Piece, pieces};

/// Said of a link.
pub const LINK: &str = "This link cannot be replayed as it is.";

/// Why something cannot be opened. The run on the page stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What cannot be opened.
    pub title: String,
    /// Why not: the place, what stands there, what was expected.
    pub why: Vec<Piece>,
    /// What could be run instead.
    pub instead: Option<Instead>,
    /// The text of the scenario, where there is one.
    pub text: Option<String>,
}

/// What is left of a scenario without the part that is wrong. It runs only if a person says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Instead {
    /// What the button says.
    pub label: &'static str,
    /// What it runs.
    pub scenario: Scenario,
}

impl Refused {
    /// With a sentence that has names between backticks.
    pub fn new(title: &str, why: &str) -> Self {
        Self { title: title.to_owned(), why: pieces(why), instead: None, text: None }
    }

    /// Of a text that is no scenario.
    pub fn scenario(title: &str, text: &str, error: &ScenarioError) -> Self {
        let mut refused = Self::new(title, "");
        refused.text = Some(text.to_owned());
        match error {
            ScenarioError::Field { pointer, value, expected } => {
                let place = if pointer.is_empty() { "The scenario" } else { pointer };
                refused.why = vec![code(place), plain(" is "), code(value)];
                refused.why.extend(pieces(&format!("; expected {expected}.")));
                refused.instead = without_change(text, pointer);
            }
            other => refused.why = vec![plain(&other.to_string())],
        }
        refused
    }

    /// Of a link, and the text in it as far as it could be unpacked.
    pub fn link(text: &str, error: &LinkError) -> Self {
        match error {
            LinkError::Scenario(error) => Self::scenario(LINK, text, error),
            LinkError::Damaged { .. } => {
                let mut refused = Self::new(LINK, "");
                refused.why = vec![
                    plain(&error.to_string()),
                    plain(" Mail and chat programs shorten links; copy the whole of it again."),
                ];
                refused
            }
            other => {
                let mut refused = Self::new(LINK, "");
                refused.why = vec![plain(&other.to_string())];
                refused
            }
        }
    }

    /// The same as one sentence.
    pub fn sentence(&self) -> String {
        self.why.iter().map(|p| p.text.replace('\u{a0}', " ")).collect()
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self(refused.sentence())
    }
}

fn code(text: &str) -> Piece {
    Piece { text: text.to_owned(), code: true }
}

fn plain(text: &str) -> Piece {
    Piece { text: text.to_owned(), code: false }
}

/// The scenario without the change of the timeline that is wrong, if that is all that is wrong.
fn without_change(text: &str, pointer: &str) -> Option<Instead> {
    let index: usize = pointer.strip_prefix("/timeline/")?.split('/').next()?.parse().ok()?;
    let mut value: Value = serde_json::from_str(text).ok()?;
    let changes = value.get_mut("timeline")?.as_array_mut()?;
    if index >= changes.len() {
        return None;
    }
    changes.remove(index);
    let scenario = Scenario::from_value(&value).ok()?;
    Some(Instead { label: "Run without that change", scenario })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Refused {
        Refused::scenario(LINK, text, &Scenario::from_json(text).expect_err("it is wrong"))
    }

    #[test]
    fn place_value_and_range_are_told() {
        let refused = of(r#"{"horizon": "0s"}"#);
        assert_eq!(
            refused.sentence(),
            "/horizon is \"0s\"; expected 1ms to 86400s.".replace("1ms", "1 ms").replace("86400s", "86400 s")
        );
        assert!(refused.why[0].code && refused.why[2].code && !refused.why[1].code);
        assert_eq!(refused.instead, None);
        assert!(of("[]").sentence().starts_with("The scenario is []; expected an object"));
        assert!(of("{").sentence().contains("not JSON"));
        assert!(of(r#"{"version": 9}"#).sentence().contains("later fivexx"));
    }

    #[test]
    fn one_wrong_change_can_be_left_out_and_two_cannot() {
        let change = |node: &&str| {
            format!(r#"{{"at": "1s", "do": {{"repair": {{"node": "{node}", "fault": "frozen"}}}}}}"#)
        };
        let scenario = |nodes: &[&str]| {
            format!(r#"{{"timeline": [{}]}}"#, nodes.iter().map(change).collect::<Vec<_>>().join(","))
        };
        let refused = of(&scenario(&["A", "Z"]));
        let told = refused.sentence();
        assert!(told.starts_with("/timeline/1/do/repair/node is \"Z\"; expected"), "{told}");
        let instead = refused.instead.expect("the rest runs");
        assert_eq!(instead.scenario.timeline.len(), 1);
        assert_eq!(of(&scenario(&["Y", "Z"])).instead, None);
    }
}
