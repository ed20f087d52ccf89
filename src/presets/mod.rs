//! Scenarios with a name: runs worth showing, each tested for its effect.
//!
//! A preset is one file of data and one line below: a title, a question, what to look at, two sentences that tell what
//! was found, a scenario, and the runs in which it differs, each as a merge patch (RFC 7396) on that scenario. What a
//! run shows is in `tests/presets.rs`, and for clients beside their files.
//!
//! The page does not carry them: it fetches `docs/presets.json`, which [`file()`] makes of them, when somebody asks.

mod clients;
mod file;

pub use file::file;

use serde::Deserialize;
use serde_json::Value;

use crate::sim::json;
use crate::sim::scenario::{Scenario, ScenarioError};

/// A scenario with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// A short identifier: letters, digits, hyphens.
    pub id: &'static str,
    /// What a person calls it: the surprise, never a status.
    pub title: String,
    /// What the run answers.
    pub question: String,
    /// What to look at, without telling what will be seen.
    pub look: String,
    /// What was found, in two sentences; told when it was seen.
    pub text: [String; 2],
    /// The scenario, once or in several variants, the most telling one first.
    pub runs: Vec<Run>,
}

/// One run of a preset.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What tells it from the others: the product, the fault, the method.
    pub name: String,
    /// The scenario; its name is the preset's title, its description the preset's question.
    pub scenario: Scenario,
}

/// A preset as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    question: String,
    look: String,
    text: [String; 2],
    scenario: Value,
    runs: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    name: String,
    #[serde(default)]
    with: Value,
}

/// Files by their identifier.
macro_rules! files {
    ($folder:literal: $($id:literal)*) => {
        &[$(($id, include_str!(concat!($folder, "/", $id, ".json")))),*]
    };
}

/// A plain start for each kind of end.
const BASICS: &[(&str, &str)] = files! { "basics":
    "nobody-at-the-port"
    "taken-and-never-answered"
    "the-program-fails"
    "out-of-service-on-purpose"
    "a-method-nobody-knows"
    "the-client-hangs-up"
};

/// What recordings of real gateways teach, the most telling differences first.
const GATEWAYS: &[(&str, &str)] = files! { "gateways":
    "frozen-or-refused"
    "rolling-restart"
    "sixty-seconds-out"
    "post-is-not-get"
    "two-servers-one-dead"
    "closed-without-a-word"
    "what-a-retry-costs"
    "what-a-timeout-measures"
    "no-timeout-configured"
    "knowledge-changes-the-status"
    "limits-and-their-answers"
    "the-client-leaves"
    "stale-while-down"
    "work-for-nobody"
    "garbage-in"
};

/// What recordings of real clients teach, in the order in which it is told.
const CLIENTS: &[(&str, &str)] = files! { "clients":
    "unseen-resend"
    "fresh-connection"
    "request-timeout-resend"
    "aws-short-outage"
    "aws-quota"
    "malformed-retry-after"
    "curl-retry"
    "curl-retry-max-time"
    "retries-without-a-wait"
    "bare-retry"
    "status-lists"
    "retry-after-and-time-outs"
    "retry-after-of-an-hour"
    "breakers"
};

/// The plain starts, in the order of a list.
///
/// # Errors
/// The first file that is no preset, which the tests rule out.
pub fn basics() -> Result<Vec<Preset>, ScenarioError> {
    BASICS.iter().map(|(id, text)| read(id, text)).collect()
}

/// The presets about clients, in the order of a list.
///
/// # Errors
/// The first file that is no preset, which the tests rule out.
pub fn clients() -> Result<Vec<Preset>, ScenarioError> {
    CLIENTS.iter().map(|(id, text)| clients::read(id, text)).collect()
}

/// The presets about gateways, in the order of a list.
///
/// # Errors
/// The first file that is no preset, which the tests rule out.
pub fn gateways() -> Result<Vec<Preset>, ScenarioError> {
    GATEWAYS.iter().map(|(id, text)| read(id, text)).collect()
}

/// The preset of that identifier.
pub fn named(id: &str) -> Option<Preset> {
    if let Some((id, text)) = CLIENTS.iter().find(|(name, _)| *name == id) {
        return clients::read(id, text).ok();
    }
    let (id, text) = BASICS.iter().chain(GATEWAYS).find(|(name, _)| *name == id)?;
    read(id, text).ok()
}

fn read(id: &'static str, text: &str) -> Result<Preset, ScenarioError> {
    let file: File = json::parse(text).map_err(|e| ScenarioError::Field {
        pointer: String::new(),
        value: id.to_owned(),
        expected: e.to_string(),
    })?;
    let runs = file.runs.iter().map(|variant| {
        let mut value = file.scenario.clone();
        merge(&mut value, &variant.with);
        value["name"] = file.title.as_str().into();
        value["description"] = file.question.as_str().into();
        Ok(Run { name: variant.name.clone(), scenario: Scenario::from_value(&value)? })
    });
    Ok(Preset {
        id,
        title: file.title.clone(),
        question: file.question.clone(),
        look: file.look.clone(),
        text: file.text.clone(),
        runs: runs.collect::<Result<_, ScenarioError>>()?,
    })
}

/// RFC 7396 §2. A patch that is absent changes nothing.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        if !patch.is_null() {
            target.clone_from(patch);
        }
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (name, value) in patch {
        if value.is_null() {
            _ = target.as_object_mut().and_then(|fields| fields.remove(name));
        } else {
            merge(&mut target[name.as_str()], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_file_is_a_preset_with_two_sentences() {
        let presets =
            |of: fn() -> Result<Vec<Preset>, ScenarioError>| of().unwrap_or_else(|e| unreachable!("{e}"));
        let (basics, gateways) = (presets(basics), presets(gateways));
        assert_eq!((basics.len(), gateways.len()), (6, 15));
        for preset in basics.iter().chain(&gateways) {
            assert!(!preset.runs.is_empty(), "{}", preset.id);
            for sentence in &preset.text {
                assert!(sentence.ends_with('.') && sentence.len() < 240, "{}: {sentence}", preset.id);
            }
            for (i, run) in preset.runs.iter().enumerate() {
                assert!(preset.runs[..i].iter().all(|r| r.name != run.name), "{}: {}", preset.id, run.name);
                assert_eq!(run.scenario.name, preset.title);
            }
        }
        assert_eq!(named("nobody-at-the-port").map(|p| p.runs.len()), Some(1));
        assert_eq!(named("rolling-restart").map(|p| p.id), Some("rolling-restart"));
        assert_eq!(named("nothing"), None);
    }

    /// A status is a result: it is told when it was seen, and not before.
    #[test]
    fn neither_title_nor_question_nor_what_to_look_at_tells_a_status() {
        let all = [basics, gateways, clients].map(|of| of().unwrap_or_else(|e| unreachable!("{e}")));
        for preset in all.iter().flatten() {
            assert!(preset.question.ends_with('?') && preset.look.ends_with('.'), "{}", preset.id);
            assert!(preset.title.chars().count() <= 60, "{}", preset.id);
            for told in [&preset.title, &preset.question, &preset.look] {
                assert!(told.chars().count() <= 120, "{}: {told}", preset.id);
                let mut numbers = told.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() == 3);
                assert!(numbers.all(|n| n == "120" || n == "200"), "{}: {told}", preset.id);
            }
        }
    }

    #[test]
    fn a_patch_merges_objects_replaces_lists_and_takes_out_what_is_null() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "list": [1, 2]});
        merge(&mut target, &json!({"a": {"b": null, "d": 3}, "list": [4]}));
        assert_eq!(target, json!({"a": {"c": 2, "d": 3}, "list": [4]}));
    }
}
