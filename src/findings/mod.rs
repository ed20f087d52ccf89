//! What recordings of real clients teach: each finding as a scenario to run.
//!
//! One JSON file for each in `clients/`; a new one is one file and one line here. A file names clients by their
//! profiles, so that a scenario always has the rules that the recordings confirm: all of its clients make the same
//! calls, directly to one origin, and meet what the timeline says.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::sim::client::{Policy, profile};
use crate::sim::message::Method;
use crate::sim::scenario::{
    Action, App, Change, Client, Distribution, KeepAlive, Link, Origin, OriginSettings, Request, Scenario,
    Traffic,
};
use crate::sim::time::{SimDuration, SimTime};

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// A short identifier: lower case letters and underscores.
    pub id: &'static str,
    /// What a person calls it.
    pub title: String,
    /// What is to be seen, in two sentences.
    pub text: String,
    /// The run that shows it; its name is the title, its description the text.
    pub scenario: Scenario,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    text: String,
    horizon: SimDuration,
    /// Of the way to the origin and of the way back, each.
    #[serde(default = "loopback")]
    latency: SimDuration,
    clients: Vec<Caller>,
    #[serde(default)]
    calls: Vec<Calls>,
    timeline: Vec<Change>,
}

fn loopback() -> SimDuration {
    SimDuration::from_micros(20)
}

/// A client by its profile, with the time-out that its user configures, or by a policy of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    id: String,
    profile: Option<String>,
    timeout: Option<SimDuration>,
    policy: Option<Policy>,
    traffic: Option<Traffic>,
}

/// Calls that every client makes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    at: SimTime,
    #[serde(default)]
    every: SimDuration,
    #[serde(default = "once")]
    times: u64,
    #[serde(default)]
    method: Method,
}

fn once() -> u64 {
    1
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("clients/", $name, ".json")))),*] };
}

const FILES: [(&str, &str); 14] = files![
    "unseen_resend",
    "fresh_connection",
    "request_timeout_resend",
    "aws_short_outage",
    "aws_quota",
    "malformed_retry_after",
    "curl_retry",
    "curl_retry_max_time",
    "retries_without_a_wait",
    "bare_retry",
    "status_lists",
    "retry_after_and_time_outs",
    "retry_after_of_an_hour",
    "breakers",
];

/// All of them, in the order in which they are told. What the files hold is checked by a test.
pub static FINDINGS: LazyLock<Vec<Finding>> =
    LazyLock::new(|| FILES.iter().filter_map(|(id, text)| read(id, text).ok()).collect());

/// The finding of that identifier.
pub fn finding(id: &str) -> Option<&'static Finding> {
    FINDINGS.iter().find(|f| f.id == id)
}

fn read(id: &'static str, text: &str) -> Result<Finding, serde_json::Error> {
    let file: File = serde_json::from_str(text)?;
    let mut timeline = file.timeline;
    for calls in &file.calls {
        let request = Request { method: calls.method, path: "/".to_owned(), ..Request::default() };
        let call = |client: &Caller, n| Change {
            at: calls.at + calls.every.times(n),
            action: Action::Send { client: client.id.clone(), request: request.clone() },
        };
        timeline.extend(
            (0..calls.times).flat_map(|n| file.clients.iter().map(move |c| (c, n))).map(|(c, n)| call(c, n)),
        );
    }
    let origin = Origin {
        app: App::Probe,
        link: Link { latency: file.latency, ..Link::default() },
        settings: OriginSettings {
            workers: Some(10_000),
            // What a call takes is the way alone.
            service_time: Some(Distribution::Fixed(SimDuration::ZERO)),
            keep_alive: Some(SimDuration::from_secs(75)),
            ..OriginSettings::default()
        },
        ..Origin::default()
    };
    let scenario = Scenario {
        name: file.title.clone(),
        description: file.text.clone(),
        horizon: file.horizon,
        clients: file.clients.into_iter().map(Caller::client).collect::<Result<_, _>>()?,
        gateways: Vec::new(),
        origins: vec![origin],
        dependencies: Vec::new(),
        timeline,
        ..Scenario::default()
    };
    Ok(Finding { id, title: file.title, text: file.text, scenario })
}

impl Caller {
    fn client(self) -> Result<Client, serde_json::Error> {
        let unknown =
            |what: &str| <serde_json::Error as serde::de::Error>::custom(format!("{}: {what}", self.id));
        let policy = match (&self.profile, self.policy) {
            (Some(id), None) => {
                let profile = profile(id).ok_or_else(|| unknown("there is no such profile"))?;
                self.timeout.map_or_else(|| profile.policy.clone(), |limit| profile.with_timeout(limit))
            }
            (None, Some(policy)) => policy,
            _ => return Err(unknown("it has a profile or a policy")),
        };
        Ok(Client { id: self.id, policy, keep_alive: Some(KeepAlive::default()), traffic: self.traffic })
    }
}

#[cfg(test)]
mod tests;
