//! One call of one client that meets one trouble: how often it tries, how long it waits, and what it ends with.
//!
//! The client speaks to an origin directly, over a link that takes no time to speak of, so that what it meets is
//! what was chosen. Recordings of real clients are repeated this way, and policies compared.

use super::client::Policy;
use super::fault::{Fault, FaultKind, Place};
use super::message::Method;
use super::scenario::{
    Action, App, Change, Client, KeepAlive, Link, Origin, OriginSettings, Request, Scenario,
};
use super::simulation::run;
use super::time::{SimDuration, SimTime};
use super::trace::{GiveUp, Note, Outcome, Span, SpanId, SpanKind, Trace};

const LINK: SimDuration = SimDuration::from_micros(20);
/// How long after the first call the second one begins, where it is to meet a kept connection.
const SECOND_CALL: SimDuration = SimDuration::from_millis(300);

/// What a call meets.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// What is broken; nothing by default.
    pub fault: Option<Fault>,
    /// When it is whole again.
    pub until: Until,
    /// The client has made a call before, 300 ms ago, whose connection it may have kept.
    pub second_call: bool,
    /// How long the origin keeps a connection that is idle; 75 s by default.
    pub keep_alive: SimDuration,
}

/// When a trouble ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Not within the trial.
    Never,
    /// So long after the call began.
    After(SimDuration),
    /// As soon as so many attempts have met it.
    Attempts(usize),
}

impl Default for Trouble {
    fn default() -> Self {
        Self { fault: None, until: Until::Never, second_call: false, keep_alive: SimDuration::from_secs(75) }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

/// A call to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What the client does.
    pub policy: Policy,
    /// What it asks with.
    pub method: Method,
    /// What it meets.
    pub trouble: Trouble,
    /// For how long it is watched.
    pub horizon: SimDuration,
    /// What chance follows from. It moves the call within its second too, since dates know whole seconds alone.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When each attempt began, from the call's beginning, and the status that it got; none where no answer came.
    pub attempts: Vec<(SimDuration, Option<u16>)>,
    /// Why the call ended; none if it goes on beyond the horizon.
    pub why: Option<GiveUp>,
}

impl Tried {
    /// From each attempt's start to the next one's.
    pub fn delays(&self) -> Vec<SimDuration> {
        let between = |pair: &[(SimDuration, Option<u16>)]| {
            SimDuration::from_nanos(pair[1].0.as_nanos().saturating_sub(pair[0].0.as_nanos()))
        };
        self.attempts.windows(2).map(between).collect()
    }

    /// The status of the last attempt; none where no answer came.
    pub fn status(&self) -> Option<u16> {
        self.attempts.last().and_then(|(_, status)| *status)
    }
}

impl Trial {
    /// The trial as a scenario in which the trouble never ends.
    pub fn scenario(&self) -> Scenario {
        // A client with a rate limit is up to two seconds old, since it saves up a token in its first one.
        let latest = SimDuration::from_secs(if self.policy.rate_limit.is_some() { 2 } else { 1 });
        let start =
            SimTime::ZERO + SimDuration::from_nanos(self.seed.wrapping_mul(0x9e37_79b9) % latest.as_nanos());
        let call = |at| {
            let request = Request { method: self.method, path: "/".to_owned(), ..Request::default() };
            Change { at, action: Action::Send { client: "client".to_owned(), request } }
        };
        let (trouble, mut timeline) = (&self.trouble, vec![call(start)]);
        let from_start = trouble.fault.iter().filter(|_| !trouble.second_call);
        let (on_link, on_origin): (Vec<_>, Vec<_>) =
            from_start.cloned().partition(|fault| fault.kind().info().place == Place::Link);
        if trouble.second_call {
            let (before, then) = (start + SECOND_CALL.scaled(0.9), start + SECOND_CALL);
            timeline.extend(trouble.fault.iter().map(|fault| {
                let node = place(fault.kind());
                Change { at: before, action: Action::Inject { node, fault: fault.clone() } }
            }));
            timeline.push(call(then));
        }
        Scenario {
            seed: self.seed,
            horizon: self.horizon + start.since(SimTime::ZERO),
            clients: vec![Client {
                policy: self.policy.clone(),
                keep_alive: Some(KeepAlive::default()),
                ..Client::default()
            }],
            gateways: Vec::new(),
            origins: vec![Origin {
                app: App::Probe,
                link: Link { latency: LINK, faults: on_link, ..Link::default() },
                settings: OriginSettings {
                    keep_alive: Some(trouble.keep_alive),
                    ..OriginSettings::default()
                },
                faults: on_origin,
                ..Origin::default()
            }],
            dependencies: Vec::new(),
            timeline,
            ..Scenario::default()
        }
    }

    /// Makes the call.
    pub fn run(&self) -> Tried {
        let mut scenario = self.scenario();
        if let Some(fault) = &self.trouble.fault {
            let kind = fault.kind();
            let started = scenario.timeline.last().map_or(SimTime::ZERO, |change| change.at);
            let over = match self.trouble.until {
                Until::Never => None,
                Until::After(time) => Some(started + time),
                // The next attempt takes a moment to reach the origin.
                Until::Attempts(n) => {
                    let trace = run(&scenario);
                    attempts(&trace)
                        .nth(n.saturating_sub(1))
                        .filter(is_over)
                        .map(|s| s.end + LINK.scaled(0.5))
                }
            };
            let repair = |at| Change { at, action: Action::Repair { node: place(kind), fault: kind } };
            scenario.timeline.extend(over.map(repair));
        }
        let trace = run(&scenario);
        let call = last_call(&trace);
        let began = call.map_or(SimTime::ZERO, |(_, span)| span.start);
        let attempts = attempts(&trace).map(|attempt| {
            let status = match attempt.outcome {
                Outcome::Answer(message) => trace.status(message),
                _ => None,
            };
            (attempt.start.since(began), status)
        });
        let why = call.and_then(|(id, _)| {
            trace.notes(id).find_map(|e| match e.note {
                Note::GaveUp(why) => Some(why),
                _ => None,
            })
        });
        Tried { attempts: attempts.collect(), why }
    }
}

/// True if it has ended by itself.
fn is_over(span: &Span) -> bool {
    !matches!(span.outcome, Outcome::Open | Outcome::Unfinished)
}

fn place(kind: FaultKind) -> String {
    match kind.info().place {
        Place::Link => "link:A".to_owned(),
        _ => "A".to_owned(),
    }
}

fn last_call(trace: &Trace) -> Option<(SpanId, Span)> {
    trace.of_kind(SpanKind::Call).last().map(|(id, span)| (id, *span))
}

/// The attempts of the last call.
fn attempts(trace: &Trace) -> impl Iterator<Item = Span> {
    let call = last_call(trace).map(|(id, _)| id);
    trace.of_kind(SpanKind::Attempt).filter(move |(_, s)| Some(s.parent) == call).map(|(_, s)| *s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::profile;
    use crate::sim::fault::{CrashAfterRead, Ending, HangsUpOnReuse, ProcessDown};

    fn trial(id: &str, method: Method, trouble: Trouble) -> Tried {
        let policy = profile(id).expect(id).policy.clone();
        Trial { policy, method, trouble, horizon: SimDuration::from_secs(60), seed: 3 }.run()
    }

    fn stale() -> Trouble {
        Trouble { second_call: true, ..Trouble::from(Fault::from(HangsUpOnReuse { how: Ending::Close })) }
    }

    #[test]
    fn a_dead_kept_connection_is_repaired_unseen_by_chromium_and_fatal_to_fetch_in_node() {
        let chromium = trial("chromium-fetch/default", Method::Post, stale());
        assert_eq!(
            (chromium.attempts.len(), chromium.status(), chromium.why),
            (2, Some(200), Some(GiveUp::Accepted))
        );
        assert!(chromium.delays()[0].as_millis() < 1, "at once: {:?}", chromium.delays());
        let node = trial("node-fetch-builtin/default@node24", Method::Get, stale());
        assert_eq!((node.attempts.len(), node.status(), node.why), (1, None, Some(GiveUp::ConnectionError)));
    }

    #[test]
    fn sending_again_unseen_is_no_retry_of_the_policy() {
        // It is not allowed a single retry, and sends twice.
        let curl = trial("curl/default", Method::Get, stale());
        assert_eq!((curl.attempts.len(), curl.status()), (2, Some(200)));
        // On a connection of its own, the same end is final.
        let closes = Trouble::from(Fault::from(CrashAfterRead { how: Ending::Close }));
        assert_eq!(trial("curl/default", Method::Get, closes).attempts.len(), 1);
    }

    #[test]
    fn a_trouble_ends_when_it_was_said_to() {
        let closes = || Trouble::from(Fault::from(CrashAfterRead { how: Ending::Close }));
        let twice = Trouble { until: Until::Attempts(2), ..closes() };
        let tried = trial("p-retry+fetch/default", Method::Get, twice);
        assert_eq!(tried.attempts.iter().map(|a| a.1).collect::<Vec<_>>(), [None, None, Some(200)]);
        let three_seconds = Trouble {
            until: Until::After(SimDuration::from_secs(3)),
            ..Trouble::from(Fault::from(ProcessDown {}))
        };
        // Attempts at 0, 1 and 3 s; the last one finds it whole.
        let tried = trial("p-retry+fetch/default", Method::Get, three_seconds);
        assert_eq!((tried.attempts.len(), tried.status()), (3, Some(200)));
    }

    #[test]
    fn what_goes_on_beyond_the_horizon_has_no_end() {
        let down = Trouble::from(Fault::from(ProcessDown {}));
        let tried = trial("p-retry+fetch/default", Method::Get, down);
        // 1 + 2 + 4 + 8 + 16 s, and 32 more would pass 60 s.
        assert_eq!((tried.attempts.len(), tried.why), (6, None));
    }
}
