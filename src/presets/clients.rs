//! What recordings of real clients teach.
//!
//! A file in `clients/` names clients by their profiles, so that a scenario always has the rules that the recordings
//! confirm: all of its clients make the same calls, directly to one origin, and meet what the timeline says. There is
//! one run, with all of them side by side.

use serde::Deserialize;

use super::{Preset, Run};
use crate::sim::client::{Policy, profile};
use crate::sim::json;
use crate::sim::message::Method;
use crate::sim::scenario::{
    Action, App, Change, Client, Distribution, KeepAlive, Link, Origin, OriginSettings, Request, Scenario,
    ScenarioError, Traffic,
};
use crate::sim::time::{SimDuration, SimTime};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    question: String,
    look: String,
    text: [String; 2],
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

pub(super) fn read(id: &'static str, text: &str) -> Result<Preset, ScenarioError> {
    let broken = |e: json::Error| ScenarioError::Field {
        pointer: String::new(),
        value: id.to_owned(),
        expected: e.to_string(),
    };
    let file: File = json::parse(text).map_err(broken)?;
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
        description: file.question.clone(),
        horizon: file.horizon,
        clients: file.clients.into_iter().map(Caller::client).collect::<Result<_, _>>().map_err(broken)?,
        gateways: Vec::new(),
        origins: vec![origin],
        dependencies: Vec::new(),
        timeline,
        ..Scenario::default()
    };
    let runs = vec![Run { name: "side by side".to_owned(), scenario }];
    Ok(Preset { id, title: file.title, question: file.question, look: file.look, text: file.text, runs })
}

impl Caller {
    fn client(self) -> Result<Client, json::Error> {
        let unknown = |what: &str| <json::Error as serde::de::Error>::custom(format!("{}: {what}", self.id));
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
