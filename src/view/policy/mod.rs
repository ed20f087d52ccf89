//! A client's retry policy as a panel shows it: how its waits are spread, when it gives up, what it makes of the load,
//! what to mend, and its code.
//!
//! The panel asks here alone, so that the outlook and the code of 14 languages stay together and apart from the rest.

mod chart;
mod code;
mod mend;
#[cfg(test)]
mod tests;

pub use chart::{Bar, Chart};
pub use code::{Code, code, languages};
pub use mend::{Advice, Mend, Mended};

use crate::sim::client::{
    Budget, DeadlineRule, Outlook, Policy, Profile, amplification, outlook, profile, profiles,
};
use crate::sim::time::SimDuration;

use super::format;
use super::text::unbroken;

/// What a policy amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyView {
    /// The wait before retry n, in symbols; none where it never waits.
    pub formula: Option<String>,
    /// The waits as they are spread; none where it never tries again.
    pub chart: Option<Chart>,
    /// How long the waits take and when it gives up, a sentence each.
    pub ends: Vec<String>,
    /// What it makes of the load.
    pub load: Load,
    /// What to think over.
    pub advice: Vec<Advice>,
    /// What there is to say where nothing is to mend.
    pub fine: &'static str,
}

/// How many attempts a request becomes, by the share of attempts that fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The shares.
    pub shares: [&'static str; 4],
    /// A line for the policy, and one for its budget: what it is, and the factors.
    pub lines: Vec<(String, [String; 4])>,
    /// What the figures leave out.
    pub note: String,
}

/// What a policy amounts to. With a key, a POST may be repeated.
pub fn view(policy: &Policy, has_key: bool) -> PolicyView {
    let told = outlook(policy);
    let retries = policy.attempts != Some(1);
    PolicyView {
        formula: (retries && !told.waits.is_empty()).then(|| told.formula.clone()),
        chart: (!told.waits.is_empty()).then(|| chart::chart(&told.waits)),
        ends: ends(policy, &told),
        load: load(policy),
        advice: mend::advice(policy, has_key),
        fine: if retries { "Nothing to mend." } else { "It never tries again, so there is nothing to mend." },
    }
}

/// A configured time as short as it is exact; a computed one with three digits.
fn told(span: SimDuration) -> String {
    let exact = span.to_string();
    if exact.len() <= 6 { format::exact(span) } else { format::duration(span) }
}

/// How long the waits take, and when it gives up.
fn ends(policy: &Policy, outlook: &Outlook) -> Vec<String> {
    let mut all = Vec::new();
    let one = policy.attempts == Some(1);
    let is_whole = policy.attempts.is_some_and(|n| n as usize == outlook.waits.len() + 1);
    let mean = outlook.waits.iter().fold(SimDuration::ZERO, |sum, wait| sum + wait.mean);
    match outlook.longest {
        _ if one => all.push("One attempt: it never tries again.".to_owned()),
        Some(longest) if longest.is_zero() => all.push("It never waits.".to_owned()),
        Some(longest) if is_whole && mean < longest => {
            all.push(format!("All waits together take {} on average, {} at most.", told(mean), told(longest)))
        }
        Some(longest) => all.push(format!("All waits together take {}.", told(longest))),
        None => {}
    }
    let end = match (policy.deadline, policy.deadline_rule) {
        (Some(deadline), rule) => {
            let deadline = format::exact(deadline);
            match rule {
                DeadlineRule::Cut => {
                    format!("It gives up {deadline} after the first attempt began, at the latest.")
                }
                DeadlineRule::NoRetryPast => format!(
                    "No wait begins that would end later than {deadline} after the first attempt began; an attempt under way goes on."
                ),
                DeadlineRule::NoWaitAfter => format!(
                    "No wait begins later than {deadline} after the first attempt began; what has begun goes on."
                ),
            }
        }
        (None, _) => match (outlook.longest_with_attempts, policy.attempt_timeout) {
            (Some(most), Some(limit)) if one => {
                let _ = most;
                format!("It gives up after {}.", format::exact(limit))
            }
            (Some(most), Some(limit)) => format!(
                "With every attempt running into its limit of {} it gives up after {}, at the latest.",
                format::exact(limit),
                told(most)
            ),
            _ if policy.attempts.is_none() => "It never gives up by itself.".to_owned(),
            _ => "Its attempts have no time limit: where no answer comes, it waits for ever.".to_owned(),
        },
    };
    all.push(end);
    if policy.patience.is_some() {
        all.push("The user may leave before.".to_owned());
    }
    all.into_iter().map(|sentence| unbroken(&sentence)).collect()
}

/// The shares of failures that are told.
const SHARES: [(f64, &str); 4] = [(0.1, "10 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "all")];

fn load(policy: &Policy) -> Load {
    let times = |factor: f64| {
        if factor.is_finite() { format!("{factor:.2}\u{d7}") } else { "no end".to_owned() }
    };
    let by_share = SHARES.map(|(share, _)| amplification(policy.attempts, share));
    let mut lines = vec![("as set".to_owned(), by_share.map(times))];
    let mut note = "Attempts for each request, where what fails is repeated".to_owned();
    match &policy.budget {
        Some(Budget::Finagle(budget)) => {
            let capped = by_share.map(|factor| times(factor.min(1.0 + budget.ratio)));
            lines.push((format!("with its budget of {} %", (budget.ratio * 100.0).round()), capped));
            note.push_str(&format!(
                "; beside the budget, {} retries a second are always allowed",
                budget.min_per_second
            ));
        }
        Some(_) => note.push_str("; the budget, which lowers it, is left out"),
        None => {}
    }
    if policy.hedge.is_some() {
        note.push_str("; hedged attempts come on top");
    }
    note.push('.');
    Load { shares: SHARES.map(|(_, name)| name), lines, note }
}

/// The recorded configurations of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The client.
    pub client: &'static str,
    /// What each is known by, and its title with the version.
    pub profiles: Vec<(&'static str, String)>,
}

/// All recorded clients.
pub fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for profile in profiles().iter() {
        let entry = (profile.id.as_str(), format!("{}, {}", profile.title, profile.version));
        match groups.last_mut().filter(|group| group.client == profile.client()) {
            Some(group) => group.profiles.push(entry),
            None => groups.push(Group { client: profile.client(), profiles: vec![entry] }),
        }
    }
    groups
}

/// The profile that a policy is: the one that was picked if it is that one still, else the first that is the same.
pub fn is_profile(policy: &Policy, picked: &str) -> Option<&'static Profile> {
    let same = |p: &&Profile| p.policy == *policy;
    profile(picked).filter(same).or_else(|| profiles().iter().find(same))
}
