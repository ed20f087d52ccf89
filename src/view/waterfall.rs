//! Requests with their attempts, and under each attempt what the gateway tried.

use crate::sim::order;
use std::collections::BTreeMap;

use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, RetryReason, Span, SpanId, SpanKind};

use super::filter::Matching;
use super::lanes::{Tick, ticks};
use super::ledger::{Call, Ledger, of_kind};
use super::mark::{self, Mark};
use super::parts::parts;
use super::run::{Attempt, AttemptKey, CallKey, Run};
use super::{Now, format, names};

/// How a bar is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A whole request.
    Total,
    /// It has not ended.
    Open,
    /// As its answer is drawn.
    Ended(Mark),
    /// Something is done.
    Work,
    /// Something is waited for.
    Wait,
    /// Something is done, and nobody waits for it.
    ForNobody,
}

/// A bar on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its start, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub length: f64,
    /// How it is drawn.
    pub tone: Tone,
}

impl Bar {
    /// From here to there, or to what is known.
    pub fn new(start: SimTime, end: SimTime, known: SimTime, tone: Tone) -> Self {
        Self { start: start.as_secs_f64(), length: end.min(known).since(start).as_secs_f64(), tone }
    }
}

/// A wait after an attempt, to scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Its start, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub length: f64,
    /// `waits 1.004 s`.
    pub label: String,
    /// Too short for its label to stand within it.
    pub short: bool,
}

/// A row by what stays the same while the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// A request.
    Call(CallKey),
    /// An attempt.
    Attempt(AttemptKey),
    /// Something below an attempt.
    Part(AttemptKey, u32),
    /// The attempts of a request that are left out.
    Rest(CallKey),
}

impl RowId {
    /// As a word, for looking it up on the page.
    pub fn word(self) -> String {
        let call = |key: CallKey| format!("{}.{}", key.change, key.nth);
        match self {
            Self::Call(key) => call(key),
            Self::Attempt(key) => format!("{}.{}", call(key.call), key.number),
            Self::Part(key, part) => format!("{}.{}.{part}", call(key.call), key.number),
            Self::Rest(key) => format!("{}.rest", call(key)),
        }
    }
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq)]
pub enum RowKind {
    /// A request.
    Call {
        /// Which.
        key: CallKey,
        /// Its attempts are shown.
        expanded: bool,
    },
    /// An attempt of a client.
    Attempt {
        /// Which.
        key: AttemptKey,
        /// The upstreams that were asked: `→ A`.
        to: String,
        /// Its panels are shown, and what the gateway tried.
        selected: bool,
    },
    /// Something below an attempt.
    Part {
        /// What is below it is shown; none where nothing is.
        expanded: Option<bool>,
    },
    /// What is left out.
    Rest,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub id: RowId,
    /// What it is about.
    pub kind: RowKind,
    /// How deep it stands: 1 for a request.
    pub level: u8,
    /// What it says.
    pub label: String,
    /// How it ended.
    pub mark: Option<Mark>,
    /// The code, `open`, or nothing.
    pub answer: String,
    /// How long it took.
    pub time: String,
    /// On the axis.
    pub bars: Vec<Bar>,
    /// The wait after it.
    pub gap: Option<Gap>,
    /// A few words behind the bar.
    pub note: String,
    /// They stand before the bar, since there is no room behind it.
    pub note_before: bool,
    /// It begins after the playhead.
    pub later: bool,
}

impl Row {
    /// A row with nothing but words.
    pub fn plain(id: RowId, kind: RowKind, level: u8, label: String) -> Self {
        Self {
            id,
            kind,
            level,
            label,
            mark: None,
            answer: String::new(),
            time: String::new(),
            bars: Vec::new(),
            gap: None,
            note: String::new(),
            note_before: false,
            later: false,
        }
    }

    /// Whether what is below it is shown; none where nothing is.
    pub fn expanded(&self) -> Option<bool> {
        match &self.kind {
            RowKind::Call { expanded, .. } => Some(*expanded),
            RowKind::Attempt { selected, .. } => Some(*selected),
            RowKind::Part { expanded } => *expanded,
            RowKind::Rest => None,
        }
    }
}

/// The list of requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfall {
    /// The end of the axis, in seconds.
    pub extent: f64,
    /// The axis.
    pub ticks: Vec<Tick>,
    /// The playhead, in seconds.
    pub cursor: f64,
    /// The rows, the newest request on top.
    pub rows: Vec<Row>,
    /// How many requests there are.
    pub calls: usize,
    /// How many of them the filter lets through.
    pub shown: usize,
    /// How many of those have no row; they are older than those that have.
    pub older: usize,
    /// `1 click · 5 attempts · 3 orders`.
    pub summary: Summary,
    /// The places of the rows, in order of their ids.
    by_id: Vec<u32>,
}

impl Waterfall {
    /// The place of a row.
    pub fn place(&self, id: RowId) -> Option<usize> {
        let found = self.by_id.binary_search_by_key(&id, |i| self.rows[*i as usize].id).ok()?;
        Some(self.by_id[found] as usize)
    }

    /// The row of that id.
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.place(id).map(|i| &self.rows[i])
    }

    /// The place of the row that one belongs to.
    pub fn parent(&self, place: usize) -> Option<usize> {
        let level = self.rows.get(place)?.level;
        (0..place).rev().find(|i| self.rows[*i].level < level)
    }

    /// `12 of 40 shown`; empty where no filter is set.
    pub fn count(&self, filtered: bool) -> String {
        if !filtered {
            return String::new();
        }
        format!("{} of {} shown", format::grouped(self.shown), format::grouped(self.calls))
    }
}

/// What the run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `1 click · 5 attempts`.
    pub sent: String,
    /// `3 orders`; empty if none was stored.
    pub orders: String,
    /// More orders were stored than requested.
    pub too_many: bool,
}

/// How many requests are listed at first, and how many more each time.
pub const PAGE: usize = 200;
/// How many attempts of one request have a row.
const MOST_ATTEMPTS: usize = 60;

/// What a person chose of the list.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The attempt that is explained.
    pub selected: Option<AttemptKey>,
    /// Requests that were opened and closed.
    pub calls: &'a BTreeMap<CallKey, bool>,
    /// Parts of attempts that were opened and closed.
    pub parts: &'a BTreeMap<RowId, bool>,
    /// How many requests are listed.
    pub most: usize,
}

/// The waterfall of a run as far as it is known.
pub fn waterfall(run: &Run, ledger: &Ledger, matching: &Matching, now: Now, chosen: Chosen<'_>) -> Waterfall {
    let extent = run.extent(now.known);
    let listed = listed(run, ledger, matching, now.known, chosen);
    let calls = || listed.iter().map(|i| &ledger.calls[*i as usize]);
    let failing = calls().find(|c| fails(run, c, now.known)).or(calls().next()).map(|c| c.key);
    let mut rows = Vec::new();
    for call in calls() {
        let key = call.key;
        let of_selected = chosen.selected.is_some_and(|k| k.call == key);
        let usual = of_selected || failing == Some(key);
        let expanded = chosen.calls.get(&key).copied().unwrap_or(usual);
        rows.push(call_row(run, call, now, expanded));
        if expanded {
            attempts(run, call, now, chosen, extent, &mut rows);
        }
    }
    let (all, shown) = (run.calls_by(now.known), matching.count(now.known));
    let mut by_id: Vec<u32> = (0..rows.len() as u32).collect();
    order::by_key(&mut by_id, |i| rows[*i as usize].id);
    Waterfall {
        by_id,
        extent: extent.as_secs_f64(),
        ticks: ticks(extent, 6),
        cursor: now.cursor.as_secs_f64(),
        calls: all,
        shown,
        older: shown.saturating_sub(listed.len()),
        summary: summary(run, all, now.known),
        rows,
    }
}

/// The newest requests, the newest first; then the selected one, if it is older than those.
fn listed(run: &Run, ledger: &Ledger, matching: &Matching, known: SimTime, chosen: Chosen<'_>) -> Vec<u32> {
    let mut listed = matching.newest(ledger, known, chosen.most);
    let selected = chosen.selected.and_then(|key| ledger.place(run.call(key.call)?.span));
    let older = selected.filter(|place| matching.holds(*place, known) && listed.last() > Some(place));
    listed.extend(older);
    listed
}

fn attempts(run: &Run, call: &Call, now: Now, chosen: Chosen<'_>, extent: SimTime, rows: &mut Vec<Row>) {
    let all = call.attempts.iter().filter_map(|i| run.attempts.get(*i as usize));
    let begun: Vec<&Attempt> = all.take_while(|a| a.start <= now.known).collect();
    let left_out = begun.len().saturating_sub(MOST_ATTEMPTS);
    for (i, attempt) in begun.iter().enumerate() {
        let selected = chosen.selected == Some(attempt.key);
        // The first ones and the last one tell the story; the selected one is always there.
        if left_out > 0 && i >= MOST_ATTEMPTS - 1 && i + 1 < begun.len() && !selected {
            if i == MOST_ATTEMPTS - 1 {
                let label = format!("{left_out} more attempts");
                rows.push(Row::plain(RowId::Rest(call.key), RowKind::Rest, 2, label));
            }
            continue;
        }
        rows.push(attempt_row(run, attempt, now, selected));
        if selected {
            rows.extend(parts(run, attempt, now, chosen.parts, extent));
        }
    }
}

fn fails(run: &Run, call: &Call, known: SimTime) -> bool {
    let mut all = call.attempts.iter().filter_map(|i| run.attempts.get(*i as usize));
    all.any(|a| a.ended(known) && !a.mark.good())
}

fn summary(run: &Run, calls: usize, known: SimTime) -> Summary {
    if calls == 0 {
        return Summary::default();
    }
    let attempts = run.attempts_by(known);
    let orders = run.orders_by(known);
    let (one, many) = if by_hand(run) { ("click", "clicks") } else { ("request", "requests") };
    Summary {
        sent: format!(
            "{} · {}",
            format::count(calls, one, many),
            format::count(attempts, "attempt", "attempts")
        ),
        too_many: orders > run.creations_by(known),
        orders: if orders == 0 { String::new() } else { format::count(orders, "order", "orders") },
    }
}

/// True if every request was sent by a person.
fn by_hand(run: &Run) -> bool {
    run.trace.scenario.clients.iter().all(|c| c.traffic.is_none())
}

fn call_row(run: &Run, call: &Call, now: Now, expanded: bool) -> Row {
    let request = run.trace.request(call.id);
    let span: &Span = run.trace.span(call.id);
    let over = span.end <= now.known;
    let all = call.attempts.iter().rev().filter_map(|i| run.attempts.get(*i as usize));
    let last = all.into_iter().find(|a| a.ended(now.known));
    let asked = request.map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default();
    // Requests of traffic look alike.
    let label = if by_hand(run) { asked } else { format!("#{} {asked}", call.number + 1) };
    Row {
        mark: last.filter(|_| over).map(|a| a.mark),
        answer: match last {
            Some(a) if over => mark::label(a.status),
            _ => "open".to_owned(),
        },
        time: format::duration(span.end.min(now.known).since(span.start)),
        bars: vec![Bar::new(span.start, span.end, now.known, Tone::Total)],
        later: span.start > now.cursor,
        ..Row::plain(RowId::Call(call.key), RowKind::Call { key: call.key, expanded }, 1, label)
    }
}

fn attempt_row(run: &Run, attempt: &Attempt, now: Now, selected: bool) -> Row {
    let ended = attempt.ended(now.known);
    let tries: Vec<String> = tries(run, attempt)
        .into_iter()
        .filter(|(_, s)| s.start <= now.known)
        .map(|(_, s)| names::short(&run.trace, NodeId(s.detail as u16)))
        .collect();
    let to = match (tries.is_empty(), ended) {
        (true, true) => "→ none".to_owned(),
        (true, false) => String::new(),
        (false, _) => format!("→ {}", tries.join(", ")),
    };
    let tone = if ended { Tone::Ended(attempt.mark) } else { Tone::Open };
    let kind = RowKind::Attempt { key: attempt.key, to, selected };
    let label = format!("attempt {}", attempt.key.number);
    Row {
        mark: ended.then_some(attempt.mark),
        answer: if ended { mark::label(attempt.status) } else { "open".to_owned() },
        time: format::duration(attempt.end.min(now.known).since(attempt.start)),
        bars: vec![Bar::new(attempt.start, attempt.end, now.known, tone)],
        gap: if ended { gap(run, attempt, now) } else { None },
        later: attempt.start > now.cursor,
        ..Row::plain(RowId::Attempt(attempt.key), kind, 2, label)
    }
}

fn gap(run: &Run, attempt: &Attempt, now: Now) -> Option<Gap> {
    let notes = [attempt.span, attempt.call].into_iter().flat_map(|span| run.trace.notes(span));
    let (at, wait, reason) = notes
        .filter_map(|e| match e.note {
            Note::RetryIn(wait, reason) if e.at >= attempt.end && e.at <= now.known => {
                Some((e.at, wait, reason))
            }
            _ => None,
        })
        .min_by_key(|(at, ..)| *at)?;
    let why = match reason {
        RetryReason::Backoff => "",
        RetryReason::RetryAfter => ", Retry-After",
    };
    // A label takes about a fifth of the axis.
    let short = wait.as_secs_f64() < run.extent(now.known).as_secs_f64() * 0.3;
    Some(Gap {
        start: at.as_secs_f64(),
        length: (at + wait).min(now.known).since(at).as_secs_f64(),
        label: format!("waits {}{why}", format::duration(wait)),
        short,
    })
}

/// All tries of gateways for an attempt that go to an origin or to nobody further on.
fn tries<'a>(run: &'a Run, attempt: &Attempt) -> Vec<(SpanId, &'a Span)> {
    let trace = &run.trace;
    let mut all = of_kind(trace, attempt.span, SpanKind::Try);
    // What one gateway tries at another is a step on the way.
    all.retain(|(_, s)| {
        let to = trace.nodes.get(s.detail as usize);
        to.is_none_or(|n| n.kind != crate::sim::trace::NodeKind::Gateway)
    });
    all
}

#[cfg(test)]
mod tests;
