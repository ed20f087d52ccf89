//! The changes of a timeline as objects: what each of them is, and what moving or deleting one makes of the scenario.
//!
//! A change that moves keeps its index. The timeline need not be sorted, and changes of one moment happen in the order
//! written; so requests keep their keys, and what is moved there and back gives the same run to the bit.

use crate::sim::order;
use std::collections::BTreeSet;

use crate::sim::fault::FaultKind;
use crate::sim::scenario::{Action, Arrivals, Change, Scenario, Settings, Traffic};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::SpanKind;

use super::form::Refusal;
use super::jumps::{stop_after, stop_at_or_after, stop_before};
use super::run::{CallKey, Run};
use super::{conditions, edit, format, names, steps};

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request is sent.
    Send,
    /// Something breaks.
    Break,
    /// Something is mended.
    Mend,
    /// A setting changes.
    Set,
    /// What a client sends by itself changes.
    Traffic,
    /// Origins are stopped and started again.
    Deploy,
}

impl Kind {
    /// The symbol of the sprite.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Send => "#i-send",
            Self::Break => "#i-break",
            Self::Mend => "#i-check",
            Self::Set => "#i-tune",
            Self::Traffic => "#i-list",
            Self::Deploy => "#i-server",
        }
    }

    /// The class that carries the colours.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Break => "brk",
            Self::Mend => "fix",
            Self::Send | Self::Traffic => "snd",
            Self::Set | Self::Deploy => "dep",
        }
    }
}

/// What a change is, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it does.
    pub kind: Kind,
    /// A few words: `database: query takes 3.5 s`.
    pub label: String,
    /// A sentence for its popover.
    pub sentence: String,
}

/// A change in words.
pub fn describe(scenario: &Scenario, change: &Change) -> Described {
    let (kind, label, sentence) = match &change.action {
        Action::Send { client, request } => {
            let what = format!("{} {}", request.method, request.path);
            let label = if scenario.clients.len() > 1 { format!("{client}: {what}") } else { what.clone() };
            (Kind::Send, label, format!("You send {what} as {client}."))
        }
        Action::Inject { node, fault } => {
            let (place, what) = (names::place(node), steps::label(fault));
            (Kind::Break, format!("{place}: {what}"), format!("From here on, {place} is broken: {what}."))
        }
        Action::Repair { node, fault } => {
            let (place, what) = (names::place(node), fault.info().title.to_lowercase());
            let sentence = format!("From here on, {place} is free of this fault: {what}.");
            (Kind::Mend, format!("{place}: {what} mended"), sentence)
        }
        Action::Set { node, to: Settings::NoTraffic {} } => (
            Kind::Traffic,
            format!("{node}: traffic stops"),
            format!("From here on, {node} sends nothing by itself."),
        ),
        Action::Set { node, to: Settings::Traffic(traffic) } => {
            let what = traffic_words(traffic);
            (
                Kind::Traffic,
                format!("{node}: {what}"),
                format!("From here on, {node} sends by itself: {what}."),
            )
        }
        Action::Set { node, to } => {
            let (place, what) = (names::place(node), steps::settings(scenario, node, to));
            (
                Kind::Set,
                format!("{place}: {what}"),
                format!("From here on, {place} has new settings: {what}."),
            )
        }
        Action::Deploy(deploy) => {
            let origins = deploy.origins.join(", ");
            let sentence =
                format!("From here on, {origins} are stopped and started again, one after the other.");
            (Kind::Deploy, format!("deploy of {origins}"), sentence)
        }
    };
    Described { kind, label, sentence }
}

fn traffic_words(traffic: &Traffic) -> String {
    match traffic.arrivals {
        Arrivals::Constant { rate } | Arrivals::Poisson { rate } => format!("traffic, {rate} a second"),
        _ => "traffic".to_owned(),
    }
}

/// All changes in the order in which they happen.
pub fn in_order(scenario: &Scenario) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scenario.timeline.len()).collect();
    // Stable, so that changes of one moment stay in the order written.
    order::by_key(&mut order, |i| scenario.timeline[*i].at);
    order
}

/// Why a change never happens, if so.
pub fn never(run: &Run, index: usize) -> Option<String> {
    let at = run.trace.scenario.timeline.get(index)?.at;
    edit::reachable(run, at).err().map(|_| {
        let end = SimTime::ZERO + run.trace.scenario.horizon;
        if at > end {
            format!("It never happens: this run ends at {}.", format::moment(end))
        } else {
            format!("It never happens: this run was cut at {}.", format::moment(run.last()))
        }
    })
}

/// The last moment at which a change of this run still happens.
pub fn reach(run: &Run) -> SimTime {
    if run.is_cut() {
        SimTime::from_nanos(run.last().as_nanos().saturating_sub(1))
    } else {
        SimTime::ZERO + run.trace.scenario.horizon
    }
}

/// Why nothing will be seen of a request that was sent, if so.
pub fn unsent(run: &Run, index: usize) -> Option<String> {
    let change = run.trace.scenario.timeline.get(index)?;
    if run.trace.of_kind(SpanKind::Call).any(|(_, call)| call.detail as usize == index) {
        return None;
    }
    let why = never(run, index)
        .unwrap_or_else(|| format!("This run ends at {}, before it begins.", format::moment(run.last())));
    Some(format!("{} at {}: {why}", describe(&run.trace.scenario, change).label, format::moment(change.at)))
}

/// What is said where a run ends although something is not over.
pub fn open_at_end(run: &Run) -> Option<String> {
    let open = run.attempts.iter().filter(|a| !a.ended(SimTime::NEVER)).count();
    let at = format::moment(run.last());
    if run.is_cut() {
        return Some(format!("This run is cut here, at {at}: too much happens to show more of it."));
    }
    (open > 0).then(|| {
        let open = format::count(open, "attempt is", "attempts are");
        format!("This run ends here, at {at}, while {open} still open. A longer run is a setting.")
    })
}

/// A scenario after an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The scenario.
    pub scenario: Scenario,
    /// The moment that is looked at then.
    pub at: SimTime,
    /// What was done.
    pub words: String,
}

/// The scenario with a change at another moment; `run` is what is on the screen.
///
/// # Errors
/// The moment is behind the end of the run, or mending there would do nothing.
pub fn move_change(run: &Run, scenario: &Scenario, index: usize, to: SimTime) -> Result<Edited, Refusal> {
    let change = scenario.timeline.get(index).ok_or_else(gone)?;
    let from = change.at;
    edit::reachable(run, to)?;
    let mut next = scenario.clone();
    next.timeline[index].at = to;
    if matches!(change.action, Action::Send { .. }) {
        edit::make_room(&mut next, to, run.is_cut());
    }
    next.check()?;
    let label = describe(scenario, change).label;
    let (before, after) = (idle(scenario), idle(&next));
    if after.contains(&index) && !before.contains(&index) {
        return Err(too_early(scenario, index, to));
    }
    let (first, second) = apart(from, to);
    let on = format::moment(from.min(to));
    let note = newly_idle(&next, &before, &after);
    let words = format!("Moved “{label}” from {first} to {second}. From {on} on, the run is new.{note}");
    Ok(Edited { scenario: next, at: to, words })
}

/// The scenario without a change.
///
/// # Errors
/// There is no such change.
pub fn delete_change(scenario: &Scenario, index: usize) -> Result<Edited, Refusal> {
    let change = scenario.timeline.get(index).ok_or_else(gone)?;
    let mut next = scenario.clone();
    next.timeline.remove(index);
    next.check()?;
    // As indices of the scenario after it.
    let before =
        idle(scenario).into_iter().filter(|i| *i != index).map(|i| i - usize::from(i > index)).collect();
    let note = newly_idle(&next, &before, &idle(&next));
    let label = describe(scenario, change).label;
    let words = format!("Deleted “{label}” at {}.{note}", format::moment(change.at));
    Ok(Edited { scenario: next, at: change.at, words })
}

fn gone() -> Refusal {
    Refusal("This change is not there any more.".to_owned())
}

/// Two moments as text, exactly where three digits would make them the same.
fn apart(a: SimTime, b: SimTime) -> (String, String) {
    let (x, y) = (format::moment(a), format::moment(b));
    if x == y { (format::spaced(&a.to_string()), format::spaced(&b.to_string())) } else { (x, y) }
}

/// Why mending is refused at a moment at which nothing is broken.
fn too_early(scenario: &Scenario, index: usize, to: SimTime) -> Refusal {
    let change = &scenario.timeline[index];
    let label = describe(scenario, change).label;
    let order = in_order(scenario);
    let until = order.iter().position(|i| *i == index).unwrap_or(order.len());
    let mut before = order[..until].iter().rev().map(|i| &scenario.timeline[*i]);
    let begins = before.find_map(|c| match (&c.action, &change.action) {
        (Action::Inject { node, fault }, Action::Repair { node: n, fault: kind })
            if node == n && fault.kind() == *kind =>
        {
            Some(c.at)
        }
        _ => None,
    });
    let why = match begins {
        Some(at) => format!("the fault begins at {0} only. Expected a time after {0}.", format::moment(at)),
        None => "the fault is not there then, so mending it would do nothing.".to_owned(),
    };
    Refusal(format!("“{label}” cannot be at {}: {why}", format::moment(to)))
}

/// The changes that mend what is not broken.
fn idle(scenario: &Scenario) -> BTreeSet<usize> {
    let start = Scenario { timeline: Vec::new(), ..scenario.clone() };
    let start = conditions::faults(&start, SimTime::ZERO);
    let mut there: BTreeSet<(&str, FaultKind)> =
        start.iter().map(|f| (f.place.as_str(), f.fault.kind())).collect();
    let mut idle = BTreeSet::new();
    for index in in_order(scenario) {
        match &scenario.timeline[index].action {
            Action::Inject { node, fault } => {
                there.insert((node, fault.kind()));
            }
            Action::Repair { node, fault } => {
                if !there.remove(&(node.as_str(), *fault)) {
                    idle.insert(index);
                }
            }
            Action::Send { .. } | Action::Set { .. } | Action::Deploy(_) => {}
        }
    }
    idle
}

/// Names a change that mends nothing any more.
fn newly_idle(next: &Scenario, before: &BTreeSet<usize>, after: &BTreeSet<usize>) -> String {
    let found = after.difference(before).next().and_then(|i| next.timeline.get(*i));
    found.map_or(String::new(), |c| {
        format!(" “{}” at {} does nothing now.", describe(next, c).label, format::moment(c.at))
    })
}

/// Reads a moment as a scenario writes it.
///
/// # Errors
/// The text, and what is expected in its place.
pub fn read_time(text: &str, horizon: SimDuration) -> Result<SimTime, Refusal> {
    text.parse::<SimDuration>().map(|d| SimTime::ZERO + d).map_err(|_| {
        let text: String = text.trim().chars().take(40).collect();
        Refusal(format!(
            "time “{text}” is not accepted; expected a number and a unit, such as 250ms, 1.5s or 2m (ns, us, ms, s, m, h), from 0s to {horizon}."
        ))
    })
}

/// The next moment at which something happens; behind the last one, the next round moment of the axis.
pub fn next_stop(run: &Run, from: SimTime, forwards: bool) -> SimTime {
    let end = SimTime::ZERO + run.trace.scenario.horizon;
    // About a fiftieth of the shortest axis.
    let grain = (run.extent(SimTime::ZERO).as_nanos() / 48).max(1);
    let nanos = from.as_nanos();
    let stop = if forwards {
        let round = || SimTime::from_nanos((nanos / grain + 1).saturating_mul(grain));
        stop_after(run, from).unwrap_or_else(round)
    } else {
        let before = stop_before(run, from).unwrap_or_default();
        let round = SimTime::from_nanos(nanos.saturating_sub(1) / grain * grain);
        let is_behind_all = stop_at_or_after(run, from).is_none();
        if is_behind_all { before.max(round) } else { before }
    };
    stop.min(end)
}

/// A millisecond on or back, within the run.
pub fn nudged(run: &Run, from: SimTime, forwards: bool) -> SimTime {
    const MILLISECOND: u64 = 1_000_000;
    let nanos = from.as_nanos();
    let to = if forwards { nanos.saturating_add(MILLISECOND) } else { nanos.saturating_sub(MILLISECOND) };
    SimTime::from_nanos(to).min(SimTime::ZERO + run.trace.scenario.horizon)
}

/// A moment that a pointer means: that of the nearest event within `reach`, else a round one.
pub fn snapped(run: &Run, at: SimTime, also: SimTime, reach: SimDuration) -> SimTime {
    let near = [stop_before(run, at), stop_at_or_after(run, at)].into_iter().flatten();
    let away = |t: SimTime| t.since(at).max(at.since(t));
    near.chain([also])
        .filter(|t| away(*t) <= reach)
        .min_by_key(|t| away(*t))
        .unwrap_or_else(|| round(run, at))
}

/// To whole milliseconds; in runs shorter than a second to microseconds.
pub fn round(run: &Run, at: SimTime) -> SimTime {
    let grain = if run.trace.scenario.horizon >= SimDuration::from_secs(1) { 1_000_000 } else { 1_000 };
    SimTime::from_nanos((at.as_nanos().saturating_add(grain / 2)) / grain * grain)
}

/// How indices of changes and keys of requests carry over from one timeline to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renumbered {
    /// How many changes at the front are the same.
    same: usize,
    /// How many changes behind those are gone.
    gone: usize,
    /// How many came in their place.
    came: usize,
    /// How many changes there were.
    all: usize,
}

impl Renumbered {
    /// Compares two timelines: what is the same at both ends is the same change.
    pub fn between(old: &[Change], new: &[Change]) -> Self {
        let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - same;
        let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        Self { same, gone: old.len() - same - tail, came: new.len() - same - tail, all: old.len() }
    }

    /// The new index of a change, if it is still there.
    pub fn change(self, index: usize) -> Option<usize> {
        if index < self.same {
            Some(index)
        } else if index < self.same + self.gone {
            // As many as before: they were edited in their places.
            (self.gone == self.came).then_some(index)
        } else {
            Some(index - self.gone + self.came)
        }
    }

    /// The new key of a request, if it is still there. Those of traffic lie behind all changes.
    pub fn call(self, key: CallKey) -> Option<CallKey> {
        let change = key.change as usize;
        let change = if change < self.all { self.change(change)? } else { change - self.gone + self.came };
        Some(CallKey { change: u32::try_from(change).ok()?, ..key })
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
