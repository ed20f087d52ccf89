//! Who caused whom, which notes are whose, and the spans of each kind: found once, so that many questions about a trace
//! stay cheap.

use crate::sim::order;
use std::borrow::Cow;

use super::{Event, SpanId, SpanKind, Trace};

/// Lists of numbers, one for each span, in two vectors.
#[derive(Clone, Debug, Default)]
struct Lists {
    /// Where the list of each span begins; a list ends where the next one begins.
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn new(owners: usize) -> Self {
        // While lists are filled, `starts[i + 1]` is where the next item of `i` goes; so there is one more than needed.
        Self { starts: vec![0; owners + 2], items: Vec::new() }
    }

    fn owners(&self) -> usize {
        self.starts.len().saturating_sub(2)
    }

    fn count(&mut self, owner: SpanId) {
        if (owner.0 as usize) < self.owners() {
            self.starts[owner.0 as usize + 2] += 1;
        }
    }

    fn make_room(&mut self) {
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.items = vec![0; sum as usize];
    }

    fn put(&mut self, owner: SpanId, item: usize) {
        if (owner.0 as usize) < self.owners() {
            let next = &mut self.starts[owner.0 as usize + 1];
            self.items[*next as usize] = item as u32;
            *next += 1;
        }
    }

    fn of(&self, owner: SpanId) -> &[u32] {
        if owner.0 as usize >= self.owners() {
            return &[];
        }
        let (from, to) = (self.starts[owner.0 as usize], self.starts[owner.0 as usize + 1]);
        &self.items[from as usize..to as usize]
    }
}

/// What an [`Index`] looks up; a trace that was [indexed](Trace::index) keeps its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    children: Lists,
    notes: Lists,
    kinds: [Vec<u32>; KINDS],
    /// How many spans and events it covers.
    covers: (usize, usize),
}

/// How many kinds of spans there are.
const KINDS: usize = 8;

/// Links only make a trace quicker to read.
impl PartialEq for Links {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Links {
    fn new(trace: &Trace) -> Self {
        let mut indexing = Indexing::new(trace);
        while !indexing.advance(trace, usize::MAX) {}
        indexing.links
    }

    pub(super) fn children(&self, parent: SpanId) -> &[u32] {
        self.children.of(parent)
    }

    pub(super) fn notes(&self, span: SpanId) -> &[u32] {
        self.notes.of(span)
    }

    pub(super) fn of_kind(&self, kind: SpanKind) -> &[u32] {
        &self.kinds[kind as usize]
    }

    /// True if they were made for the trace as it is.
    pub(super) fn cover(&self, trace: &Trace) -> bool {
        self.covers == (trace.spans.len(), trace.events.len()) && self.covers != (0, 0)
    }
}

/// The making of an index, piece by piece, for traces that are too long to be gone through at once.
#[derive(Clone, Debug)]
pub struct Indexing {
    links: Links,
    phase: Phase,
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    CountSpans,
    CountNotes,
    MakeRoom,
    PutSpans,
    PutNotes,
    Done,
}

impl Indexing {
    /// At its start.
    pub fn new(trace: &Trace) -> Self {
        let lists = || Lists::new(trace.spans.len());
        let links = Links {
            children: lists(),
            notes: lists(),
            kinds: Default::default(),
            covers: (trace.spans.len(), trace.events.len()),
        };
        Self { links, phase: Phase::CountSpans, next: 0 }
    }

    /// Goes through so many spans or events of the same trace; true once all is done.
    pub fn advance(&mut self, trace: &Trace, most: usize) -> bool {
        let (spans, events) = (&trace.spans, &trace.events);
        let all = match self.phase {
            Phase::CountSpans | Phase::PutSpans => spans.len(),
            Phase::CountNotes | Phase::PutNotes => events.len(),
            Phase::MakeRoom | Phase::Done => 0,
        };
        let (from, to) = (self.next, all.min(self.next.saturating_add(most)));
        let links = &mut self.links;
        let after = match self.phase {
            Phase::CountSpans => {
                for (i, span) in spans[from..to].iter().enumerate() {
                    links.children.count(span.parent);
                    links.kinds[span.kind as usize].push((from + i) as u32);
                }
                Phase::CountNotes
            }
            Phase::CountNotes => {
                events[from..to].iter().for_each(|event| links.notes.count(event.span));
                Phase::MakeRoom
            }
            Phase::MakeRoom => {
                links.children.make_room();
                links.notes.make_room();
                Phase::PutSpans
            }
            Phase::PutSpans => {
                for (i, span) in spans[from..to].iter().enumerate() {
                    links.children.put(span.parent, from + i);
                }
                Phase::PutNotes
            }
            Phase::PutNotes => {
                for (i, event) in events[from..to].iter().enumerate() {
                    links.notes.put(event.span, from + i);
                }
                Phase::Done
            }
            Phase::Done => Phase::Done,
        };
        self.next = to;
        if to == all {
            (self.phase, self.next) = (after, 0);
        }
        self.phase == Phase::Done
    }
}

impl Trace {
    /// Makes [`Trace::notes`], [`Trace::children`], [`Trace::of_kind`] and [`Index::new`] cheap from now on, for some
    /// eight bytes a span and four an event. A trace that grows later is read without it.
    pub fn index(&mut self) {
        self.links = Links::new(self);
    }

    /// The same with what was made in pieces, as far as it was made of this trace and is done.
    pub fn index_with(&mut self, made: Indexing) {
        if made.phase == Phase::Done && made.links.cover(self) {
            self.links = made.links;
        }
    }
}

/// The children and notes of every span of a trace.
#[derive(Clone, Debug)]
pub struct Index<'a> {
    trace: &'a Trace,
    links: Cow<'a, Links>,
}

impl<'a> Index<'a> {
    /// Looks through a trace once; not at all if it is [indexed](Trace::index).
    pub fn new(trace: &'a Trace) -> Self {
        let links = match trace.links() {
            Some(links) => Cow::Borrowed(links),
            None => Cow::Owned(Links::new(trace)),
        };
        Self { trace, links }
    }

    /// The last span of a kind that `parent` caused directly.
    pub fn last_child(&self, parent: SpanId, kind: SpanKind) -> Option<SpanId> {
        let children = self.links.children(parent);
        children.iter().rev().map(|i| SpanId(*i)).find(|id| self.trace.span(*id).kind == kind)
    }

    /// A span and all that it caused, in order of their start.
    pub fn below(&self, root: SpanId) -> Vec<SpanId> {
        let mut found = vec![root];
        let mut next = 0;
        while let Some(span) = found.get(next) {
            found.extend(self.links.children(*span).iter().map(|i| SpanId(*i)));
            next += 1;
        }
        order::sort(&mut found);
        found
    }

    /// The notes of one span with their indices into [`Trace::events`], in order of time.
    pub fn notes(&self, span: SpanId) -> impl Iterator<Item = (usize, &'a Event)> + use<'a, '_> {
        let trace = self.trace;
        self.links.notes(span).iter().map(move |i| (*i as usize, &trace.events[*i as usize]))
    }

    /// The notes of a span and of all that it caused, in order of time.
    pub fn notes_below(&self, root: SpanId) -> Vec<(usize, &'a Event)> {
        let mut all: Vec<_> = self.below(root).into_iter().flat_map(|span| self.notes(span)).collect();
        order::by_key(&mut all, |(i, _)| *i);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;

    #[test]
    fn an_indexed_trace_answers_as_one_that_is_not() {
        let text = r#"{"horizon": "2s", "clients": [{"traffic": {"arrivals": {"poisson": {"rate": 20}}}}]}"#;
        let plain = crate::sim::run(&Scenario::from_json(text).expect("a scenario"));
        let mut indexed = plain.clone();
        let mut indexing = Indexing::new(&indexed);
        while !indexing.advance(&indexed, 7) {}
        indexed.index_with(indexing);
        assert!(indexed.links().is_some() && plain.links().is_none());
        assert_eq!(indexed, plain);
        let ids = |spans: Vec<(SpanId, &super::super::Span)>| -> Vec<SpanId> {
            spans.into_iter().map(|(id, _)| id).collect()
        };
        for (i, span) in plain.spans.iter().enumerate() {
            let id = SpanId(i as u32);
            assert_eq!(ids(indexed.children(id).collect()), ids(plain.children(id).collect()));
            assert!(indexed.notes(id).eq(plain.notes(id)));
            assert!(indexed.of_kind(span.kind).eq(plain.of_kind(span.kind)));
        }
        assert_eq!(
            ids(indexed.children(SpanId::NONE).collect()),
            ids(plain.children(SpanId::NONE).collect())
        );
        assert!(indexed.notes(SpanId::NONE).eq(plain.notes(SpanId::NONE)));
    }
}
