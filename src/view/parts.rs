//! What stands below an attempt in the waterfall: tries of gateways, the work at the origin, what it waited for, and the
//! queries.

use crate::sim::order;
use std::collections::BTreeMap;

use crate::sim::explain::noticed;
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, Outcome, Span, SpanId, SpanKind, Step};

use super::mark::Mark;
use super::run::{Attempt, AttemptKey, Run};
use super::waterfall::{Bar, Row, RowId, RowKind, Tone};
use super::{Now, format, names};

/// How many rows stand below an attempt at the most.
const MOST: usize = 120;

/// Everything below an attempt that had begun by what is known. `open` holds what a person opened and closed.
pub fn parts(
    run: &Run,
    attempt: &Attempt,
    now: Now,
    open: &BTreeMap<RowId, bool>,
    extent: SimTime,
) -> Vec<Row> {
    let mut below =
        Below { run, attempt, now, open, extent: extent.as_secs_f64(), rows: Vec::new(), left_out: 0 };
    below.tries(attempt.span, 3);
    if below.left_out > 0 {
        let row = RowId::Part(attempt.key, u32::MAX);
        let label = format!("{} more rows", below.left_out);
        below.rows.push(Row::plain(row, RowKind::Rest, 3, label));
    }
    below.rows
}

struct Below<'a> {
    run: &'a Run,
    attempt: &'a Attempt,
    now: Now,
    open: &'a BTreeMap<RowId, bool>,
    /// Of the axis, in seconds.
    extent: f64,
    rows: Vec<Row>,
    left_out: usize,
}

/// A stretch of work: from when, until when if that is known, what it is.
type Stretch = (SimTime, Option<SimTime>, &'static str);

impl Below<'_> {
    fn key(&self) -> AttemptKey {
        self.attempt.key
    }

    /// Spans are numbered from the attempt on, eight numbers for each: what it waits for has numbers of its own.
    fn id(&self, span: SpanId, part: u32) -> RowId {
        let number = span.0.saturating_sub(self.attempt.span.0).saturating_mul(8);
        RowId::Part(self.key(), number.saturating_add(part))
    }

    fn begun(&self, parent: SpanId) -> Vec<(SpanId, Span)> {
        let all = self.run.trace.children(parent);
        all.filter(|(_, s)| s.start <= self.now.known).map(|(id, s)| (id, *s)).collect()
    }

    fn push(&mut self, row: Row) {
        if self.rows.len() < MOST { self.rows.push(row) } else { self.left_out += 1 }
    }

    /// The tries of the gateways that a span reached.
    fn tries(&mut self, span: SpanId, level: u8) {
        for (gateway, _) in self.begun(span) {
            for (id, s) in self.begun(gateway).into_iter().filter(|(_, s)| s.kind == SpanKind::Try) {
                self.one_try(id, &s, level);
            }
        }
    }

    fn one_try(&mut self, id: SpanId, span: &Span, level: u8) {
        let trace = &self.run.trace;
        let over = span.end <= self.now.known;
        let (mark, note) = match span.outcome {
            _ if !over => (None, String::new()),
            Outcome::Answer(m) => (Some(Mark::of(trace.status(m), false)), names::answer(trace, m)),
            Outcome::Broken(m, failure) => {
                (Some(Mark::of(trace.status(m), false)), noticed(failure).to_owned())
            }
            Outcome::Failed(failure) => (Some(self.attempt.mark), noticed(failure).to_owned()),
            Outcome::Open | Outcome::Done | Outcome::Unfinished => (None, String::new()),
        };
        let children = self.begun(id);
        // A gateway behind a gateway is what one wants to see; an origin at work is for those who ask.
        let usual = children.iter().any(|(_, s)| s.kind == SpanKind::GatewayRequest);
        let row = self.id(id, 0);
        let expanded = self.open.get(&row).copied().unwrap_or(usual);
        let label = format!(
            "{} → {}",
            names::short(trace, span.node),
            names::short(trace, NodeId(span.detail as u16))
        );
        let tone = mark.map_or(Tone::Open, Tone::Ended);
        let kind = RowKind::Part { expanded: (!children.is_empty()).then_some(expanded) };
        let row = self.row(row, kind, level, label, (span.start, span.end), tone);
        self.push(Row { mark, note, ..row });
        if !expanded {
            return;
        }
        for (child, s) in children {
            match s.kind {
                SpanKind::Work => self.work(child, &s, level + 1),
                // It has no row of its own: its tries stand below the try that reached it.
                SpanKind::GatewayRequest => {
                    let tries = self.begun(child);
                    for (id, s) in tries.into_iter().filter(|(_, s)| s.kind == SpanKind::Try) {
                        self.one_try(id, &s, level + 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn work(&mut self, id: SpanId, span: &Span, level: u8) {
        let trace = &self.run.trace;
        let known = self.now.known;
        let (mut left, mut wrote) = (None, String::new());
        for event in trace.notes(id).take_while(|e| e.at <= known) {
            match event.note {
                Note::CallerLeft => left = Some(event.at),
                Note::Wrote(m) => wrote = names::answer(trace, m),
                _ => {}
            }
        }
        let note = match (left, wrote.is_empty()) {
            (Some(_), true) => "the caller has gone".to_owned(),
            (Some(_), false) => format!("{wrote}, and nobody reads it"),
            (None, _) => wrote,
        };
        let label = format!("{} works", names::short(trace, span.node));
        let kind = RowKind::Part { expanded: None };
        let mut row = self.row(self.id(id, 0), kind, level, label, (span.start, span.end), Tone::Work);
        if let Some(left) = left.filter(|at| *at < span.end) {
            row.bars =
                vec![self.bar(span.start, left, Tone::Work), self.bar(left, span.end, Tone::ForNobody)];
        }
        self.push(Row { note, ..row });
        let mut inner: Vec<(SimTime, Row)> = Vec::new();
        for (i, (from, until, what)) in self.waits(id).into_iter().enumerate() {
            let until = until.unwrap_or(span.end);
            let row = RowId::Part(self.key(), number(self.id(id, 1 + i.min(6) as u32)));
            let kind = RowKind::Part { expanded: None };
            inner.push((from, self.row(row, kind, level + 1, what.to_owned(), (from, until), Tone::Wait)));
        }
        for (query, s) in self.begun(id) {
            let what = if s.node.0 == span.node.0 { "query".to_owned() } else { names::short(trace, s.node) };
            let kind = RowKind::Part { expanded: None };
            let mut row = self.row(self.id(query, 0), kind, level + 1, what, (s.start, s.end), Tone::Work);
            let began = trace.notes(query).find(|e| matches!(e.note, Note::Started(_)));
            let began = began.map_or(s.end, |e| e.at).min(s.end);
            if began > s.start {
                row.bars = vec![self.bar(s.start, began, Tone::Wait), self.bar(began, s.end, Tone::Work)];
                row.note = format!("{} of it in line", format::duration(began.min(known).since(s.start)));
            }
            let stored = trace.notes(query).find_map(|e| match e.note {
                Note::Committed(order) if e.at <= known => Some(order),
                _ => None,
            });
            if let Some(order) = stored {
                row.note = format!("order {order} stored");
            }
            inner.push((s.start, row));
        }
        order::by_key(&mut inner, |(at, _)| *at);
        for (_, row) in inner {
            self.push(row);
        }
    }

    /// What a piece of work waited for.
    fn waits(&self, work: SpanId) -> Vec<Stretch> {
        let mut all: Vec<Stretch> = Vec::new();
        for event in self.run.trace.notes(work).take_while(|e| e.at <= self.now.known) {
            let ended = match event.note {
                Note::Queued(_) => {
                    all.push((event.at, None, "waits for a worker"));
                    continue;
                }
                Note::Step(Step::PoolWait(_)) => {
                    all.push((event.at, None, "waits for a connection"));
                    continue;
                }
                Note::Step(Step::LockWait(_)) => {
                    all.push((event.at, None, "waits for the lock"));
                    continue;
                }
                Note::Started(_)
                | Note::Asked
                | Note::Wrote(_)
                | Note::Step(
                    Step::Locked
                    | Step::LockTimeout
                    | Step::QueueTimeout(_)
                    | Step::Dropped(_)
                    | Step::Skipped
                    | Step::Cancelled
                    | Step::QueryFailed(_),
                ) => event.at,
                _ => continue,
            };
            if let Some((_, until @ None, _)) = all.last_mut() {
                *until = Some(ended);
            }
        }
        // What took no time is no wait.
        all.retain(|(from, until, _)| *until != Some(*from));
        all
    }

    fn bar(&self, from: SimTime, until: SimTime, tone: Tone) -> Bar {
        Bar::new(from, until, self.now.known, tone)
    }

    fn row(
        &self,
        id: RowId,
        kind: RowKind,
        level: u8,
        label: String,
        (from, until): (SimTime, SimTime),
        tone: Tone,
    ) -> Row {
        let end = until.min(self.now.known);
        Row {
            time: format::duration(end.since(from)),
            bars: vec![self.bar(from, until, tone)],
            note_before: end.as_secs_f64() > self.extent * 0.6,
            later: from > self.now.cursor,
            ..Row::plain(id, kind, level, label)
        }
    }
}

fn number(id: RowId) -> u32 {
    match id {
        RowId::Part(_, number) => number,
        _ => 0,
    }
}
