//! Requests with their attempts, and under each attempt what the gateway tried.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::sim::explain::noticed;
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, Outcome, RetryReason, Span, SpanId};

use super::lanes::{Tick, ticks};
use super::mark::{self, Mark};
use super::run::{Attempt, AttemptKey, Call, CallKey, Run};
use super::{Now, format, names};

/// A bar on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its start, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub length: f64,
    /// How it is drawn; none while it is open, and for a whole call.
    pub mark: Option<Mark>,
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
        /// What the gateway tried is shown.
        expanded: bool,
        /// Its panels are shown.
        selected: bool,
    },
    /// A try of the gateway.
    Try,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about.
    pub kind: RowKind,
    /// What it says.
    pub label: String,
    /// How it ended.
    pub mark: Option<Mark>,
    /// The code, `open`, or nothing.
    pub answer: String,
    /// How long it took.
    pub time: String,
    /// On the axis.
    pub bar: Bar,
    /// The wait after it.
    pub gap: Option<Gap>,
    /// A few words behind the bar.
    pub note: String,
    /// They stand before the bar, since there is no room behind it.
    pub note_before: bool,
    /// It begins after the playhead.
    pub later: bool,
}

/// All requests.
#[derive(Clone, Debug, PartialEq)]
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
    /// How many of them are newer than those in the rows.
    pub newer: usize,
    /// How many of them are older.
    pub older: usize,
    /// `1 click · 5 attempts · 3 orders`.
    pub summary: Summary,
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

/// The waterfall of a run as far as it is known. `expanded` holds what a person opened and closed.
pub fn waterfall(
    run: &Run,
    now: Now,
    selected: Option<AttemptKey>,
    expanded: &BTreeMap<CallKey, bool>,
) -> Waterfall {
    let trace = &run.trace;
    let extent = run.extent(now.known);
    let calls = &run.calls[..run.calls_by(now.known)];
    let failing = run.newest_failing(now.known).or(calls.last()).map(|call| call.span);
    let mut rows = Vec::new();
    let shown = shown(run, calls, selected);
    for Call { key, span: id } in calls[shown.clone()].iter().rev() {
        let (key, span) = (*key, trace.span(*id));
        let chosen = selected.is_some_and(|k| k.call == key);
        let open = expanded.get(&key).copied().unwrap_or(chosen || failing == Some(*id));
        rows.push(call_row(run, *id, span, now, RowKind::Call { key, expanded: open }));
        if open {
            for attempt in run.attempts_of(*id).filter(|a| a.start <= now.known) {
                let is_selected = selected == Some(attempt.key);
                rows.push(attempt_row(run, attempt, now, is_selected));
                if is_selected {
                    rows.extend(try_rows(run, attempt, now, extent));
                }
            }
        }
    }
    Waterfall {
        extent: extent.as_secs_f64(),
        ticks: ticks(extent, 6),
        cursor: now.cursor.as_secs_f64(),
        calls: calls.len(),
        newer: calls.len() - shown.end,
        older: shown.start,
        summary: summary(run, calls.len(), now.known),
        rows,
    }
}

/// Up to so many requests are all in the list; of more, it holds some.
const ALL_CALLS: usize = 200;
/// How many it holds then.
const SOME_CALLS: usize = 40;

/// Which calls are in the list: all, or some around the one that is chosen; without one, the newest.
fn shown(run: &Run, calls: &[Call], selected: Option<AttemptKey>) -> Range<usize> {
    if calls.len() <= ALL_CALLS {
        return 0..calls.len();
    }
    let chosen = selected.and_then(|key| run.call(key.call));
    let place = chosen.and_then(|call| calls.binary_search_by_key(&call.span, |c| c.span).ok());
    let end = place.map_or(calls.len(), |place| (place + SOME_CALLS / 2).clamp(SOME_CALLS, calls.len()));
    end - SOME_CALLS..end
}

fn summary(run: &Run, calls: usize, known: SimTime) -> Summary {
    if calls == 0 {
        return Summary::default();
    }
    let attempts = run.attempts_by(known);
    let orders = run.orders_by(known);
    Summary {
        sent: format!(
            "{} · {}",
            format::count(calls, "click", "clicks"),
            format::count(attempts, "attempt", "attempts")
        ),
        too_many: orders > run.creations_by(known),
        orders: if orders == 0 { String::new() } else { format::count(orders, "order", "orders") },
    }
}

fn bar(start: SimTime, end: SimTime, known: SimTime, mark: Option<Mark>) -> Bar {
    Bar { start: start.as_secs_f64(), length: end.min(known).since(start).as_secs_f64(), mark }
}

fn call_row(run: &Run, id: SpanId, span: &Span, now: Now, kind: RowKind) -> Row {
    let request = run.trace.request(id);
    let over = span.end <= now.known;
    let last = run.attempts_of(id).rfind(|a| a.ended(now.known));
    Row {
        kind,
        label: request.map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default(),
        mark: last.filter(|_| over).map(|a| a.mark),
        answer: match last {
            Some(a) if over => mark::label(a.status),
            _ => "open".to_owned(),
        },
        time: format::duration(span.end.min(now.known).since(span.start)),
        bar: bar(span.start, span.end, now.known, None),
        gap: None,
        note: String::new(),
        note_before: false,
        later: span.start > now.cursor,
    }
}

fn attempt_row(run: &Run, attempt: &Attempt, now: Now, selected: bool) -> Row {
    let ended = attempt.ended(now.known);
    let tries: Vec<String> = (run.tries_of(attempt.span).into_iter())
        .map(|id| run.trace.span(id))
        .filter(|s| s.start <= now.known)
        .map(|s| names::short(&run.trace, NodeId(s.detail as u16)))
        .collect();
    let to = match (tries.is_empty(), ended) {
        (true, true) => "→ none".to_owned(),
        (true, false) => String::new(),
        (false, _) => format!("→ {}", tries.join(", ")),
    };
    Row {
        kind: RowKind::Attempt { key: attempt.key, to, expanded: selected, selected },
        label: format!("attempt {}", attempt.key.number),
        mark: ended.then_some(attempt.mark),
        answer: if ended { mark::label(attempt.status) } else { "open".to_owned() },
        time: format::duration(attempt.end.min(now.known).since(attempt.start)),
        bar: bar(attempt.start, attempt.end, now.known, ended.then_some(attempt.mark)),
        gap: if ended { gap(run, attempt, now) } else { None },
        note: String::new(),
        note_before: false,
        later: attempt.start > now.cursor,
    }
}

fn gap(run: &Run, attempt: &Attempt, now: Now) -> Option<Gap> {
    let waits = run.waits_of(attempt.call);
    let (at, wait, reason) = waits.into_iter().map(|i| &run.trace.events[i]).find_map(|e| match e.note {
        Note::RetryIn(wait, reason)
            if e.at >= attempt.end
                && e.at <= now.known
                && (e.span == attempt.span || e.span == attempt.call) =>
        {
            Some((e.at, wait, reason))
        }
        _ => None,
    })?;
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

fn try_rows(run: &Run, attempt: &Attempt, now: Now, extent: SimTime) -> Vec<Row> {
    let trace = &run.trace;
    (run.tries_of(attempt.span).into_iter())
        .map(|id| trace.span(id))
        .filter(|s| s.start <= now.known)
        .map(|span| {
            let over = span.end <= now.known;
            let (mark, note) = match span.outcome {
                _ if !over => (None, String::new()),
                Outcome::Answer(m) => (Some(Mark::of(trace.status(m), false)), names::answer(trace, m)),
                Outcome::Broken(m, failure) => {
                    (Some(Mark::of(trace.status(m), false)), noticed(failure).to_owned())
                }
                Outcome::Failed(failure) => (Some(attempt.mark), noticed(failure).to_owned()),
                Outcome::Open | Outcome::Done | Outcome::Unfinished => (None, String::new()),
            };
            let end = span.end.min(now.known).as_secs_f64();
            Row {
                kind: RowKind::Try,
                note_before: end > extent.as_secs_f64() * 0.6,
                label: format!(
                    "{} → {}",
                    names::short(trace, span.node),
                    names::short(trace, NodeId(span.detail as u16))
                ),
                mark,
                answer: String::new(),
                time: format::duration(span.end.min(now.known).since(span.start)),
                bar: bar(span.start, span.end, now.known, mark),
                gap: None,
                note,
                later: span.start > now.cursor,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn nothing_is_told_before_it_was_shown() {
        let run = sent();
        let first = run.attempts[0].end;
        let now = Now { cursor: SimTime::from_secs(1), known: SimTime::from_secs(1) };
        let early = waterfall(&run, now, None, &BTreeMap::new());
        assert_eq!(early.rows.len(), 2);
        assert!(early.rows.iter().all(|r| r.mark.is_none() && r.answer == "open"));
        let now = Now { cursor: first, known: first };
        let answered = waterfall(&run, now, Some(run.attempts[0].key), &BTreeMap::new());
        assert_eq!(answered.rows[1].answer, "504");
        assert_eq!(answered.rows[1].gap.as_ref().map(|g| g.label.as_str()), Some("waits 1.000 s"));
        assert!(matches!(answered.rows[2].kind, RowKind::Try));
        assert!(answered.summary.orders.is_empty());
    }

    #[test]
    fn a_whole_run_shows_its_waits_to_scale_and_its_orders() {
        let run = sent();
        let now = Now { cursor: SimTime::ZERO, known: run.last() };
        let all = waterfall(&run, now, None, &BTreeMap::new());
        let waits: Vec<f64> = all.rows.iter().filter_map(|r| r.gap.as_ref()).map(|g| g.length).collect();
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0]);
        assert_eq!((all.summary.sent.as_str(), all.summary.too_many), ("1 click · 6 attempts", true));
        let closed = BTreeMap::from([(run.attempts[0].key.call, false)]);
        assert_eq!(waterfall(&run, now, None, &closed).rows.len(), 1);
    }
}
