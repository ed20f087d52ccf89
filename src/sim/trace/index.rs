//! Who caused whom, and which notes are whose: found once, so that many questions about a trace stay cheap.

use super::{Event, SpanId, SpanKind, Trace};

/// The children and notes of every span of a trace.
#[derive(Clone, Debug)]
pub struct Index<'a> {
    trace: &'a Trace,
    children: Vec<Vec<u32>>,
    notes: Vec<Vec<u32>>,
}

impl<'a> Index<'a> {
    /// Looks through a trace once.
    pub fn new(trace: &'a Trace) -> Self {
        let mut children = vec![Vec::new(); trace.spans.len()];
        let mut notes = vec![Vec::new(); trace.spans.len()];
        for (i, span) in trace.spans.iter().enumerate() {
            if let Some(of_parent) = children.get_mut(span.parent.0 as usize) {
                of_parent.push(i as u32);
            }
        }
        for (i, event) in trace.events.iter().enumerate() {
            if let Some(of_span) = notes.get_mut(event.span.0 as usize) {
                of_span.push(i as u32);
            }
        }
        Self { trace, children, notes }
    }

    /// The last span of a kind that `parent` caused directly.
    pub fn last_child(&self, parent: SpanId, kind: SpanKind) -> Option<SpanId> {
        let children = self.children.get(parent.0 as usize)?;
        children.iter().rev().map(|i| SpanId(*i)).find(|id| self.trace.span(*id).kind == kind)
    }

    /// A span and all that it caused, in order of their start.
    pub fn below(&self, root: SpanId) -> Vec<SpanId> {
        let mut found = vec![root];
        let mut next = 0;
        while let Some(span) = found.get(next) {
            found.extend(self.children[span.0 as usize].iter().map(|i| SpanId(*i)));
            next += 1;
        }
        found.sort();
        found
    }

    /// The notes of one span with their indices into [`Trace::events`], in order of time.
    pub fn notes(&self, span: SpanId) -> impl Iterator<Item = (usize, &'a Event)> + use<'a, '_> {
        let trace = self.trace;
        self.notes[span.0 as usize].iter().map(move |i| (*i as usize, &trace.events[*i as usize]))
    }

    /// The notes of a span and of all that it caused, in order of time.
    pub fn notes_below(&self, root: SpanId) -> Vec<(usize, &'a Event)> {
        let mut all: Vec<_> = self.below(root).into_iter().flat_map(|span| self.notes(span)).collect();
        all.sort_by_key(|(i, _)| *i);
        all
    }
}
