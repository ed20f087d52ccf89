//! The recordings of clients as trials: one configuration of a client, one trouble, one method.
//!
//! Many runs with different seeds give the range of every figure: where chance decides in the client, and of when
//! the recording was stopped.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::NotBuilt;
use crate::sim::client::{Policy, profile};
use crate::sim::fault::{
    AnswerCut, ApplicationError, CrashAfterRead, Ending, ErrorCode, Fault, Frozen, HangsUpOnReuse,
    MalformedRetryAfter, ProcessDown,
};
use crate::sim::message::Method;
use crate::sim::random::Stream;
use crate::sim::scenario::RetryAfter;
use crate::sim::time::SimDuration;
use crate::sim::trial::{Trial, Trouble, Until};

/// How many seeds are tried.
const SEEDS: u64 = 120;
/// The client time-out of the recordings that have one.
const TIMEOUT: SimDuration = SimDuration::from_secs(1);
/// The scripted origin of these recordings cut a body this long after its last byte.
const CUT_AFTER: SimDuration = SimDuration::from_millis(20);
/// By how much a recording was stopped late, at most: of 339 that were cut, ten saw an attempt after their end, the
/// latest of them 2.17 s after it. `Inferred:` that any time up to there is as likely.
const STOPPED_LATE: SimDuration = SimDuration::from_millis(2_200);
/// The recordings that repeat an experiment many times.
const SERIES: &str = "jitter";
/// One run in so many is left out of a series' range of attempts, at either end: what hardly ever happens is no prediction.
const SELDOM: usize = 100;

/// One experiment of the recordings of clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ClientCell {
    /// The client.
    pub client: String,
    /// Its configuration.
    pub config: String,
    /// What it met: `s503`, `refused`, ...
    pub scenario: String,
    /// The request's method.
    pub method: Method,
    /// Which series of recordings it belongs to.
    #[serde(default)]
    pub part: String,
    /// For how many seconds it was watched.
    pub cap_s: u64,
}

/// What the simulator says about a cell, over all seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPrediction {
    /// The least and the most attempts: of nearly all runs where the recording is a series, else the two neighbouring
    /// numbers that most runs make.
    pub attempts: (u32, u32),
    /// The least and the most of each time from one attempt to the next.
    pub delays: Vec<(SimDuration, SimDuration)>,
    /// What the last attempt met: `status 503`, or `error` where no answer came.
    pub outcome: String,
}

impl ClientCell {
    /// The cell's trial with that seed.
    ///
    /// # Errors
    /// What of the cell the simulator does not have.
    pub fn trial(&self, seed: u64) -> Result<Trial, NotBuilt> {
        let id = format!("{}/{}", self.client, self.config);
        let profile = profile(&id).ok_or_else(|| NotBuilt(format!("client {id}")))?;
        let limited = self.scenario == "freeze" || self.part == "ra2_timeout1";
        let policy = if limited { profile.with_timeout(TIMEOUT) } else { profile.policy.clone() };
        Ok(Trial {
            policy,
            method: self.method,
            trouble: trouble(&self.scenario)?,
            // Twice as long as it was watched, so that the longest waits are seen whole.
            horizon: self.cap().times(2),
            seed,
        })
    }

    fn cap(&self) -> SimDuration {
        SimDuration::from_secs(self.cap_s.clamp(1, 3_600))
    }

    /// For how long the recording of that seed went on, from the call's beginning.
    pub fn stopped(&self, seed: u64) -> SimDuration {
        self.cap() + Stream::new(seed, "recording", "stopped late").between(SimDuration::ZERO, STOPPED_LATE)
    }

    /// Makes the call with many seeds.
    ///
    /// # Errors
    /// What of the cell the simulator does not have.
    pub fn predict(&self) -> Result<ClientPrediction, NotBuilt> {
        let mut trial = self.trial(0)?;
        let by_chance = depends_on_chance(&trial.policy, &self.scenario);
        let mut tried = trial.run();
        let mut counts = Vec::new();
        let mut delays: Vec<Spread> = Vec::new();
        let mut outcomes: BTreeMap<Option<u16>, u32> = BTreeMap::new();
        for seed in 0..SEEDS {
            if by_chance && seed > 0 {
                trial.seed = seed;
                tried = trial.run();
            }
            let stopped = self.stopped(seed);
            let watched = tried.attempts.partition_point(|(start, _)| *start <= stopped);
            counts.push(watched as u32);
            let last = watched.checked_sub(1).and_then(|last| tried.attempts[last].1);
            *outcomes.entry(last).or_default() += 1;
            for (i, delay) in tried.delays().into_iter().enumerate() {
                match delays.get_mut(i) {
                    Some(spread) => spread.add(delay),
                    None => delays.push(Spread { least: delay, most: delay, draws: 1 }),
                }
            }
        }
        counts.sort_unstable();
        let attempts = if self.part == SERIES { nearly_all(&counts) } else { likeliest(&counts) };
        delays.truncate(attempts.1.saturating_sub(1) as usize);
        let outcome = outcomes.into_iter().max_by_key(|(_, n)| *n).and_then(|(status, _)| status);
        Ok(ClientPrediction {
            attempts,
            delays: delays.into_iter().map(Spread::bounds).collect(),
            outcome: outcome.map_or_else(|| "error".to_owned(), |status| format!("status {status}")),
        })
    }
}

/// The waits drawn at one place of a call.
struct Spread {
    least: SimDuration,
    most: SimDuration,
    draws: u64,
}

impl Spread {
    fn add(&mut self, wait: SimDuration) {
        (self.least, self.most) = (self.least.min(wait), self.most.max(wait));
        self.draws += 1;
    }

    /// Between which bounds the waits lie.
    ///
    /// The least and the most of n draws from a uniform distribution lie one part of n + 1 of its width within its
    /// bounds, on average, so that their own distance, divided by n - 1, is added at either end.
    fn bounds(self) -> (SimDuration, SimDuration) {
        let width = self.most.as_nanos() - self.least.as_nanos();
        let beyond = width / self.draws.saturating_sub(1).max(1);
        let least = SimDuration::from_nanos(self.least.as_nanos().saturating_sub(beyond));
        (least, self.most + SimDuration::from_nanos(beyond))
    }
}

/// The range of sorted counts without the rarest ones at either end.
fn nearly_all(counts: &[u32]) -> (u32, u32) {
    let tail = counts.len() / SELDOM;
    (counts[tail], counts[counts.len() - 1 - tail])
}

/// The two neighbouring counts, of sorted ones, that come up most often; one where the other never does.
fn likeliest(counts: &[u32]) -> (u32, u32) {
    let within = |least: u32| counts.iter().filter(move |n| (least..=least + 1).contains(n));
    let least = (counts.first().copied().unwrap_or(0)..=counts.last().copied().unwrap_or(0))
        .rev()
        .max_by_key(|least| within(*least).count())
        .unwrap_or(0);
    (within(least).min().copied().unwrap_or(least), within(least).max().copied().unwrap_or(least))
}

fn depends_on_chance(policy: &Policy, scenario: &str) -> bool {
    policy.delay.is_random()
        || policy.resend.as_ref().is_some_and(|r| r.opened_ahead > 1)
        || policy.rate_limit.is_some()
        || (scenario == "s503_radate3" && policy.retry_after.date)
}

/// What a recorded scenario is made of.
///
/// # Errors
/// A name that is not known.
pub fn trouble(scenario: &str) -> Result<Trouble, NotBuilt> {
    let seconds = |n| ApplicationError { retry_after: RetryAfter::Seconds(n), ..ApplicationError::default() };
    let malformed = |m| ApplicationError { malformed: Some(m), ..ApplicationError::default() }.into();
    let date = RetryAfter::Date(SimDuration::from_secs(3));
    let closes: Fault = CrashAfterRead { how: Ending::Close }.into();
    let first_attempt = |fault: Fault| Trouble { until: Until::Attempts(1), ..Trouble::from(fault) };
    let stale = |fault: Fault| Trouble { second_call: true, ..Trouble::from(fault) };
    let fault: Fault = match scenario {
        "ok" => return Ok(Trouble::default()),
        "s503_ra0" => seconds(0).into(),
        "s503_ra2" => seconds(2).into(),
        "s503_ra3600" => seconds(3_600).into(),
        "s503_radate3" => ApplicationError { retry_after: date, ..ApplicationError::default() }.into(),
        "s503_ra_soon" => malformed(MalformedRetryAfter::Word),
        "s503_ra_neg1" => malformed(MalformedRetryAfter::Negative),
        "s503_ra_1p5" => malformed(MalformedRetryAfter::Fraction),
        "s429_ra1" => ApplicationError { status: 429, ..seconds(1) }.into(),
        "s503_slowdown" => {
            ApplicationError { code: Some(ErrorCode::SlowDown), ..ApplicationError::default() }.into()
        }
        "s503x2_200" => {
            return Ok(Trouble {
                until: Until::Attempts(2),
                ..Trouble::from(Fault::from(ApplicationError::default()))
            });
        }
        "down3000" => {
            let until = Until::After(SimDuration::from_secs(3));
            return Ok(Trouble { until, ..Trouble::from(Fault::from(ApplicationError::default())) });
        }
        "refused" => ProcessDown {}.into(),
        "close" => closes,
        "close_200" => return Ok(first_attempt(closes)),
        "rst" => CrashAfterRead { how: Ending::Reset }.into(),
        "trunc" => AnswerCut { after: CUT_AFTER, ..AnswerCut::default() }.into(),
        "freeze" => Frozen {}.into(),
        "stale_close" => return Ok(stale(HangsUpOnReuse { how: Ending::Close }.into())),
        "stale_rst" => return Ok(stale(HangsUpOnReuse { how: Ending::Reset }.into())),
        "stale_408" => {
            let says = ApplicationError { status: 408, ..ApplicationError::default() };
            return Ok(Trouble { second_call: true, ..first_attempt(says.into()) });
        }
        "stale_idle" => {
            let keep_alive = SimDuration::from_millis(100);
            return Ok(Trouble { second_call: true, keep_alive, ..Trouble::default() });
        }
        status => match status.strip_prefix('s').and_then(|n| n.parse().ok()) {
            Some(status @ 400..=599) => ApplicationError { status, ..ApplicationError::default() }.into(),
            _ => return Err(NotBuilt(format!("scenario {status}"))),
        },
    };
    Ok(fault.into())
}
