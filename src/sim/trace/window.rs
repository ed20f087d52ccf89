//! A part of a log: what overlaps a stretch of time, and what caused it.

use super::record::Record;
use super::recorder::Recorder;
use super::{Event, Outcome, Span, SpanId, Trace};
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

/// The spans that overlap a stretch of time, with all that caused them.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// What was known at the end of the stretch: spans that end later are open in it. Its spans are numbered anew.
    pub trace: Trace,
    /// For each span of the trace, its number in the whole run.
    pub ids: Vec<SpanId>,
}

impl Window {
    /// The span here that has that number in the whole run.
    pub fn local(&self, id: SpanId) -> Option<SpanId> {
        self.ids.binary_search(&id).ok().map(|i| SpanId(i as u32))
    }
}

/// What was read of a log, from some chunk on.
struct Part {
    /// The number of the first span.
    first: u32,
    spans: Vec<Span>,
    notes: Vec<Event>,
}

impl Part {
    fn read(log: &Recorder, chunk: usize, until: SimTime) -> Self {
        let before = log.full.get(chunk).map_or(log.start.newest, |c| c.start.newest);
        let mut part = Self { first: before.0.wrapping_add(1), spans: Vec::new(), notes: Vec::new() };
        for (at, record) in log.records_since(chunk).take_while(|(at, _)| *at <= until) {
            match record {
                Record::Open { kind, node, parent, detail, .. } => part.spans.push(Span {
                    kind,
                    node,
                    parent,
                    detail,
                    start: at,
                    end: SimTime::NEVER,
                    outcome: Outcome::Open,
                }),
                Record::Close { span, outcome } => {
                    let index = span.0.checked_sub(part.first);
                    if let Some(span) = index.and_then(|i| part.spans.get_mut(i as usize)) {
                        (span.end, span.outcome) = (at, outcome);
                    }
                }
                Record::Note { span, note } => {
                    if span == SpanId::NONE || span.0 >= part.first {
                        part.notes.push(Event { at, span, note });
                    }
                }
            }
        }
        part
    }

    /// The spans that end at `from` or later and all their causes; the oldest cause that was not read, if there is one.
    fn overlapping(&self, from: SimTime) -> Result<Vec<SpanId>, SpanId> {
        let mut wanted = vec![false; self.spans.len()];
        let mut missing = SpanId::NONE;
        for i in (0..self.spans.len()).rev() {
            if self.spans[i].end >= from {
                wanted[i] = true;
            }
            let parent = self.spans[i].parent;
            if wanted[i] && parent != SpanId::NONE {
                match parent.0.checked_sub(self.first) {
                    Some(parent) => wanted[parent as usize] = true,
                    None => missing = missing.min(parent),
                }
            }
        }
        if missing != SpanId::NONE {
            return Err(missing);
        }
        let kept = wanted.iter().enumerate().filter(|(_, wanted)| **wanted);
        Ok(kept.map(|(i, _)| SpanId(self.first + i as u32)).collect())
    }
}

impl Recorder {
    /// What overlaps the time from `from` to `to`, both included, in a run of `scenario`.
    ///
    /// Reads the log from where the oldest of these spans began, not from its start.
    pub fn window(&self, scenario: &Scenario, from: SimTime, to: SimTime) -> Window {
        // The last chunk that starts before the window: what was open at its start may reach into it.
        let chunks = self.full.iter().map(|c| c.start).chain(std::iter::once(self.start));
        let starts = chunks.take_while(|start| start.at < from).enumerate().last();
        let mut chunk = starts.map_or(0, |(i, start)| match start.oldest_open {
            SpanId::NONE => i,
            oldest => i.min(self.chunk_of(oldest)),
        });
        let (part, ids) = loop {
            let part = Part::read(self, chunk, to);
            match part.overlapping(from) {
                Ok(ids) => break (part, ids),
                Err(cause) => chunk = self.chunk_of(cause),
            }
        };
        let mut trace = Trace::new(scenario);
        self.replay_tables(to, &mut trace);
        let local = |id: SpanId| ids.binary_search(&id).map_or(SpanId::NONE, |i| SpanId(i as u32));
        for id in &ids {
            let span = part.spans[(id.0 - part.first) as usize];
            let detail = scenario.detail(span.detail);
            trace.spans.push(Span { parent: local(span.parent), detail, ..span });
        }
        for note in part.notes {
            let of_run = note.span == SpanId::NONE && note.at >= from;
            let span = local(note.span);
            if of_run || span != SpanId::NONE {
                trace.events.push(Event { span, ..note });
            }
        }
        trace.end = to.min(self.last());
        Window { trace, ids }
    }
}
