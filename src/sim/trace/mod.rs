//! What happened in a run: spans and notes, append-only and in order of time.
//!
//! A span is a stretch of work of one node, and belongs to the span that caused it:
//! call > attempt > gateway request > upstream try > origin work > query. A note is a moment of a
//! span. Both are small numbers; names and sentences are made by [`explain`](super::explain()) and by
//! the views when somebody looks.

mod digest;
mod index;
mod note;
mod record;
mod recorder;
mod span;
mod step;
mod window;

pub use digest::Digesting;
pub use index::{Index, Indexing};
pub use note::{BreakerState, Event, FaultEntry, GiveUp, Note, Parcel, RetryObstacle, RetryReason, Stop};
pub use record::Record;
pub use recorder::{Mark, Recorder};
pub use span::{Failure, Node, NodeId, NodeKind, Outcome, Span, SpanId, SpanKind};
pub use step::{ProcessStep, QueryFailure, Step};
pub use window::Window;

use index::Links;

use super::client::Policy;
use super::dialect::DialectName;
use super::message::{Message, TemplateId, Templates};
use super::scenario::{Action, Request, Scenario, Settings};
use super::time::SimTime;

/// Who watches a run.
///
/// All methods do nothing by default, so that a run which nobody watches pays for nothing.
pub trait Observer: Clone {
    /// Begins a span.
    fn open(
        &mut self,
        _at: SimTime,
        _kind: SpanKind,
        _node: NodeId,
        _parent: SpanId,
        _detail: u32,
    ) -> SpanId {
        SpanId::NONE
    }
    /// Ends a span.
    fn close(&mut self, _at: SimTime, _span: SpanId, _outcome: Outcome) {}
    /// Adds a moment.
    fn note(&mut self, _at: SimTime, _span: SpanId, _note: Note) {}
    /// Adds a fault to the table and tells its index.
    fn fault(&mut self, _entry: impl FnOnce() -> FaultEntry) {}
    /// Learns of a template, in order of their indices.
    fn template(&mut self, _templates: &Templates, _id: TemplateId) {}
}

/// Nobody watches.
impl Observer for () {}

/// Two watch. Both must number spans in order of their start, as all observers here do.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, parent: SpanId, detail: u32) -> SpanId {
        let id = self.0.open(at, kind, node, parent, detail);
        let other = self.1.open(at, kind, node, parent, detail);
        debug_assert!(id == other, "{id:?} and {other:?} are one span");
        id
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        self.0.close(at, span, outcome);
        self.1.close(at, span, outcome);
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.0.note(at, span, note);
        self.1.note(at, span, note);
    }

    fn fault(&mut self, entry: impl FnOnce() -> FaultEntry) {
        let entry = entry();
        self.0.fault(|| entry.clone());
        self.1.fault(|| entry);
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        self.0.template(templates, id);
        self.1.template(templates, id);
    }
}

/// Everything that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The scenario that was run.
    pub scenario: Scenario,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All spans, in order of their start.
    pub spans: Vec<Span>,
    /// All notes, in order of time.
    pub events: Vec<Event>,
    /// All faults, in order of their appearance; [`Note::FaultActed`] points here.
    pub faults: Vec<FaultEntry>,
    /// All answers that were sent, as templates.
    pub templates: Vec<super::message::Template>,
    /// Until when the run is known.
    pub end: SimTime,
    /// Why it ended.
    pub stop: Stop,
    /// How its spans and notes hang together, once somebody asked for an [index](Trace::index).
    links: Links,
}

impl Observer for Trace {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, parent: SpanId, detail: u32) -> SpanId {
        let id = SpanId(self.spans.len() as u32);
        let detail = self.scenario.detail(detail);
        self.spans.push(Span {
            kind,
            node,
            parent,
            detail,
            start: at,
            end: SimTime::NEVER,
            outcome: Outcome::Open,
        });
        id
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        if let Some(span) = self.spans.get_mut(span.0 as usize) {
            assert!(span.outcome == Outcome::Open, "a span ends once: {span:?} would end with {outcome:?}");
            span.end = at;
            span.outcome = outcome;
        }
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.events.push(Event { at, span, note });
    }

    fn fault(&mut self, entry: impl FnOnce() -> FaultEntry) {
        self.faults.push(entry());
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        if self.templates.len() <= id.0 as usize {
            self.templates.push(templates.get(id).clone());
        }
    }
}

impl Trace {
    /// An empty trace of a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.clone(),
            nodes: nodes(scenario),
            spans: Vec::new(),
            events: Vec::new(),
            faults: Vec::new(),
            templates: Vec::new(),
            end: SimTime::ZERO,
            stop: Stop::Running,
            links: Links::default(),
        }
    }

    /// Ends what was recorded so far: `now` is until when the run is known. Spans that are open are closed as unfinished.
    pub(crate) fn settle(&mut self, mut now: SimTime, stop: Stop) {
        let waiting = self.spans.iter().any(|s| s.outcome == Outcome::Open);
        if stop == Stop::Quiet && waiting {
            // Nothing will ever happen again, and somebody waits for it: until the horizon.
            now = SimTime::ZERO + self.scenario.horizon;
        }
        if stop == Stop::Quiet && !waiting {
            // Timers that nobody needed any more may have run out later; they are not part of the story.
            // Nor are idle connections that were closed.
            let told = |e: &&Event| e.span != SpanId::NONE || matches!(e.note, Note::Change(_));
            let noted = self.events.iter().rev().find(told).map_or(SimTime::ZERO, |e| e.at);
            now = self.spans.iter().map(|s| s.end).fold(noted, SimTime::max);
        }
        self.end = now;
        self.stop = stop;
        for span in self.spans.iter_mut().filter(|s| s.outcome == Outcome::Open) {
            span.end = now;
            span.outcome = Outcome::Unfinished;
        }
    }

    /// The span of that index.
    pub fn span(&self, id: SpanId) -> &Span {
        &self.spans[id.0 as usize]
    }

    /// The node of that index.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[usize::from(id.0)]
    }

    /// The template of an answer.
    pub fn template(&self, message: Message) -> &super::message::Template {
        &self.templates[message.template.0 as usize]
    }

    /// The status of an answer, if it has one.
    pub fn status(&self, message: Message) -> Option<u16> {
        self.template(message).status
    }

    /// The answer as bytes on the wire.
    pub fn render(&self, message: Message) -> String {
        self.template(message).render(message, self.scenario.epoch)
    }

    fn links(&self) -> Option<&Links> {
        self.links.cover(self).then_some(&self.links)
    }

    /// The spans of these numbers, if they are known; else those of all spans from `first` on that fit.
    fn listed<'a>(
        &'a self,
        numbers: Option<&'a [u32]>,
        first: SpanId,
        fits: impl Fn(&Span) -> bool + 'a,
    ) -> impl Iterator<Item = (SpanId, &'a Span)> {
        let listed = numbers.unwrap_or_default().iter().map(|i| SpanId(*i));
        let all = if numbers.is_some() { 0 } else { self.spans.len() as u32 };
        let scanned = (first.0.min(all)..all).map(SpanId).filter(move |id| fits(self.span(*id)));
        listed.chain(scanned).map(|id| (id, self.span(id)))
    }

    /// All spans of a kind.
    pub fn of_kind(&self, kind: SpanKind) -> impl Iterator<Item = (SpanId, &Span)> {
        let numbers = self.links().map(|links| links.of_kind(kind));
        self.listed(numbers, SpanId(0), move |s| s.kind == kind)
    }

    /// The spans that a span caused directly.
    pub fn children(&self, parent: SpanId) -> impl Iterator<Item = (SpanId, &Span)> {
        let (numbers, first) = match parent {
            SpanId::NONE => (None, SpanId(0)),
            parent => (self.links().map(|links| links.children(parent)), parent),
        };
        self.listed(numbers, first, move |s| s.parent == parent)
    }

    /// True if `span` is `ancestor` or was caused by it.
    pub fn descends(&self, mut span: SpanId, ancestor: SpanId) -> bool {
        while span != SpanId::NONE {
            if span == ancestor {
                return true;
            }
            span = self.span(span).parent;
        }
        false
    }

    /// The notes of one span.
    pub fn notes(&self, span: SpanId) -> impl Iterator<Item = &Event> {
        let numbers = self.links().filter(|_| span != SpanId::NONE).map(|links| links.notes(span));
        let scanned = if numbers.is_some() { &[] } else { &self.events[..] };
        let listed = numbers.unwrap_or_default().iter().map(|i| &self.events[*i as usize]);
        listed.chain(scanned.iter().filter(move |e| e.span == span))
    }

    /// What the call asked; `span` may be any span that it caused.
    pub fn request(&self, mut span: SpanId) -> Option<&Request> {
        loop {
            let s = self.spans.get(span.0 as usize)?;
            if s.kind == SpanKind::Call {
                let index = s.detail as usize;
                return match self.scenario.timeline.get(index) {
                    Some(change) => match &change.action {
                        super::scenario::Action::Send { request, .. } => Some(request),
                        _ => None,
                    },
                    // Beyond the timeline's own sends come those of the traffic.
                    None => self.scenario.requests().get(index).copied().flatten(),
                };
            }
            span = s.parent;
        }
    }

    /// The policy that a call keeps from its start to its end: that of its client when it started.
    pub fn policy_of(&self, call: SpanId) -> Option<&Policy> {
        let call = self.span(call);
        let id = &self.node(call.node).id;
        // Changes of one moment happen in the order written, and traffic comes after them; its numbers are higher.
        let before = |index: usize, at: SimTime| {
            at < call.start || (at == call.start && (index as u64) < u64::from(call.detail))
        };
        let set =
            self.scenario.timeline.iter().enumerate().filter_map(|(index, change)| match &change.action {
                Action::Set { node, to: Settings::Client(policy) }
                    if node == id && before(index, change.at) =>
                {
                    Some(((change.at, index), &**policy))
                }
                _ => None,
            });
        let latest = set.max_by_key(|(order, _)| *order).map(|(_, policy)| policy);
        latest.or_else(|| self.scenario.clients.iter().find(|c| c.id == *id).map(|c| &c.policy))
    }

    /// The dialect of a gateway.
    pub fn dialect(&self, node: NodeId) -> Option<DialectName> {
        let id = &self.node(node).id;
        self.scenario.gateways.iter().find(|g| g.id == *id).map(|g| g.dialect)
    }
}

/// The nodes of a scenario, in the order of their indices.
pub(crate) fn nodes(scenario: &Scenario) -> Vec<Node> {
    let node = |id: &String, kind| Node { id: id.clone(), kind };
    (scenario.clients.iter().map(|n| node(&n.id, NodeKind::Client)))
        .chain(scenario.gateways.iter().map(|n| node(&n.id, NodeKind::Gateway)))
        .chain(scenario.origins.iter().map(|n| node(&n.id, NodeKind::Origin)))
        .chain(scenario.dependencies.iter().map(|n| node(&n.id, NodeKind::Dependency)))
        .collect()
}
