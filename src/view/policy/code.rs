//! A policy as code, with what is known of that code.

use crate::interop::client_code::{Checked, Language, client_code};
use crate::sim::client::Policy;

/// Code for a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The whole text.
    pub text: String,
    /// Its lines; true for a comment.
    pub lines: Vec<(bool, String)>,
    /// How far it is tested, in two words.
    pub tag: &'static str,
    /// The same in a sentence.
    pub says: &'static str,
    /// What of the policy it does not do, a sentence each.
    pub missing: Vec<String>,
}

/// The languages, in the order of a picker.
pub fn languages() -> impl Iterator<Item = &'static str> {
    Language::ALL.into_iter().map(Language::title)
}

/// The policy in the language of that title; the first one where there is none of it.
pub fn code(policy: &Policy, title: &str) -> Code {
    let language =
        Language::ALL.into_iter().find(|language| language.title() == title).unwrap_or(Language::ALL[0]);
    let written = client_code(policy, language);
    let (tag, says) = match language.checked() {
        Checked::Run => ("run", "A test runs code of this kind and holds it against the simulator."),
        Checked::Parsed => ("syntax checked", "A test has its syntax checked; it is not run."),
        Checked::Tried => {
            ("compiled", "Compiled and run by hand with the versions that it names; no test repeats that.")
        }
        Checked::Unchecked => {
            ("unchecked", "Written from the library’s source; neither compiled nor run with it.")
        }
    };
    let is_comment = |line: &str| {
        let line = line.trim_start();
        line.starts_with("//")
            || (line.starts_with('#') && !line.starts_with("#[") && !line.starts_with("#!"))
    };
    Code {
        lines: written.text.lines().map(|line| (is_comment(line), line.to_owned())).collect(),
        text: written.text,
        tag,
        says,
        missing: written.missing,
    }
}
