//! Real clients: what each does in each of its configurations, as data.
//!
//! One JSON file for each client, in `profiles/`; a new client is one file and one line here. The rules were read
//! in the libraries' sources and held against recordings of them (`tests/recordings/clients.jsonl`).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::policy::Policy;
use super::retry_after::OverCap;
use crate::sim::time::SimDuration;

/// A client in one configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The client and the configuration: `curl/retry5`.
    pub id: String,
    /// The name of the configuration, unique for the client.
    pub config: String,
    /// What a person calls it.
    pub title: String,
    /// The version that was recorded, or the kind of text where it is a sample.
    pub version: String,
    /// What a user writes.
    pub call: String,
    /// Where the rule is known from.
    pub source: String,
    /// How the last failure reaches the caller.
    pub outcome: String,
    /// What else is worth knowing; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What a time-out that the user configures means; a limit for each attempt by default.
    #[serde(default, skip_serializing_if = "is_attempt")]
    pub timeout: TimeoutOf,
    /// What it does.
    pub policy: Policy,
}

/// What a configured time-out limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimeoutOf {
    /// Each attempt.
    #[default]
    Attempt,
    /// All attempts and waits of a call together.
    Call,
    /// Each attempt; and a `Retry-After` that is longer ends the call.
    AttemptAndRetryAfter,
}

fn is_attempt(timeout: &TimeoutOf) -> bool {
    *timeout == TimeoutOf::Attempt
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct File {
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the identifiers"))]
    client: String,
    configurations: Vec<Profile>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("profiles/", $name, ".json")))),*] };
}

const FILES: [(&str, &str); 27] = files![
    "fetch_with_retry",
    "chromium_fetch",
    "chromium_navigation",
    "node_fetch_builtin",
    "undici",
    "axios",
    "axios_retry",
    "ky",
    "got",
    "p_retry_with_fetch",
    "cockatiel_with_fetch",
    "curl",
    "curl7",
    "wget",
    "requests",
    "urllib3",
    "httpx",
    "tenacity_with_requests",
    "stamina_with_requests",
    "backoff_with_requests",
    "google_api_core_with_requests",
    "boto3",
    "aws_sdk_js",
    "reqwest",
    "reqwest_retry",
    "backon_with_reqwest",
    "tower_retry_with_reqwest",
];

/// All of them, client by client.
///
/// Where the program comes in several modules (feature `split`), there are none before [`provide_all`].
pub fn profiles() -> &'static [Profile] {
    #[cfg(feature = "split")]
    return ALL.get().map_or(&[], |all| all());
    #[cfg(not(feature = "split"))]
    &PROFILES
}

#[cfg(feature = "split")]
static ALL: std::sync::OnceLock<fn() -> &'static [Profile]> = std::sync::OnceLock::new();

/// Brings along the recorded clients, and with them the module that they are in.
pub fn provide_all() {
    #[cfg(feature = "split")]
    ALL.get_or_init(|| || &PROFILES);
}

/// All of them, client by client. What the files hold is checked by a test.
static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let read = |(_, text): &(&str, &str)| crate::sim::json::parse::<File>(text).ok();
    FILES.iter().filter_map(read).flat_map(|file| file.configurations).collect()
});

/// The profile of that identifier.
pub fn profile(id: &str) -> Option<&'static Profile> {
    profiles().iter().find(|p| p.id == id)
}

impl Profile {
    /// The client without its configuration.
    pub fn client(&self) -> &str {
        self.id.split_once('/').map_or(&self.id, |(client, _)| client)
    }

    /// The policy where the user configures this time-out.
    pub fn with_timeout(&self, limit: SimDuration) -> Policy {
        let mut policy = self.policy.clone();
        match self.timeout {
            TimeoutOf::Attempt => policy.attempt_timeout = Some(limit),
            TimeoutOf::Call => policy.deadline = Some(limit),
            TimeoutOf::AttemptAndRetryAfter => {
                policy.attempt_timeout = Some(limit);
                policy.retry_after.cap = Some(limit);
                policy.retry_after.over_cap = OverCap::GiveUp;
            }
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_read_and_every_policy_is_valid() {
        let mut ids = BTreeSet::new();
        for (name, text) in FILES {
            let file: File = crate::sim::json::parse(text).expect(name);
            assert!(!file.configurations.is_empty(), "{name} is empty");
            for p in &file.configurations {
                assert_eq!(p.id, format!("{}/{}", file.client, p.config), "{name}");
                assert_eq!(p.policy.check("/policy"), Ok(()), "{}", p.id);
                assert!(ids.insert(p.id.clone()), "{} is there twice", p.id);
            }
        }
        assert_eq!(ids.len(), PROFILES.len());
        assert!(ids.len() >= 72, "70 recorded configurations and both samples, not {}", ids.len());
    }

    #[test]
    fn each_says_what_a_person_wants_to_know() {
        for p in PROFILES.iter() {
            for (what, text) in [("outcome", &p.outcome), ("source", &p.source)] {
                assert!(text.ends_with('.') && text.len() > 6, "{}: {what} is {text:?}", p.id);
            }
            assert!(p.note.is_empty() || p.note.ends_with('.'), "{}: {}", p.id, p.note);
            assert!(!p.title.is_empty() && p.title.chars().count() <= 60, "{}: {}", p.id, p.title);
            assert!(!p.call.contains('…') && !p.call.is_empty(), "{}: {}", p.id, p.call);
        }
        let titles: BTreeSet<_> = PROFILES.iter().map(|p| &p.title).collect();
        assert_eq!(titles.len(), PROFILES.len(), "two have the same title");
    }

    #[test]
    fn a_time_out_means_what_the_library_makes_of_it() {
        let second = SimDuration::from_secs(1);
        let of = |id: &str| profile(id).expect(id).with_timeout(second);
        assert_eq!(of("curl/retry5").attempt_timeout, Some(second));
        assert_eq!(
            (of("axios-retry/default").attempt_timeout, of("axios-retry/default").deadline),
            (None, Some(second))
        );
        assert_eq!(of("got/default").retry_after.over_cap, OverCap::GiveUp);
    }
}
