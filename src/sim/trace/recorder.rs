//! The log of a run: every span and note, in order of time, in some six bytes each.
//!
//! Bytes are appended to a chunk of 64 KiB; a full one is never touched again and shared by all that know it,
//! so that a copy of a log costs as much as its last chunk. Each chunk can be read without those before it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::record::{Context, Record};
use super::{FaultEntry, NodeId, Note, Observer, Outcome, SpanId, SpanKind, Stop, Trace};
use crate::sim::message::{Template, TemplateId, Templates};
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

/// How large a chunk grows.
const CHUNK: usize = 64 * 1024;
/// No record is longer.
const RECORD: usize = 64;

/// Where a chunk begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// The moment of the record before it, and the newest span then.
    pub(super) at: SimTime,
    pub(super) newest: SpanId,
    /// The oldest span that was open then; [`SpanId::NONE`] if there was none.
    pub(super) oldest_open: SpanId,
}

#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) start: Start,
    pub(super) bytes: Arc<[u8]>,
}

/// Who writes down a run in few bytes. [`Recorder::trace`] and [`Recorder::window`] tell it again.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub(super) full: Vec<Chunk>,
    pub(super) start: Start,
    pub(super) bytes: Vec<u8>,
    context: Context,
    open: OpenSpans,
    faults: Vec<FaultEntry>,
    templates: Templates,
}

/// A place in a log, for [`Recorder::cut`].
#[derive(Clone, Debug)]
pub struct Mark {
    full: usize,
    bytes: usize,
    start: Start,
    context: Context,
    faults: usize,
    templates: usize,
}

/// The spans that have not ended: one bit for each since the oldest of them.
#[derive(Clone, Debug, Default)]
struct OpenSpans {
    words: VecDeque<u64>,
    /// The span of the first bit.
    first: u32,
}

impl OpenSpans {
    fn begun(&mut self, span: SpanId) {
        while self.words.front() == Some(&0) {
            self.words.pop_front();
            self.first += 64;
        }
        if self.words.is_empty() {
            self.first = span.0 & !63;
        }
        let at = (span.0 - self.first) as usize;
        while self.words.len() <= at / 64 {
            self.words.push_back(0);
        }
        self.words[at / 64] |= 1 << (at % 64);
    }

    /// True if it was open.
    fn ended(&mut self, span: SpanId) -> bool {
        let Some(at) = span.0.checked_sub(self.first).map(|at| at as usize) else { return false };
        let Some(word) = self.words.get_mut(at / 64) else { return false };
        let bit = 1 << (at % 64);
        let was_open = *word & bit != 0;
        *word &= !bit;
        was_open
    }

    fn oldest(&self) -> SpanId {
        let word = self.words.iter().position(|w| *w != 0);
        word.map_or(SpanId::NONE, |i| SpanId(self.first + i as u32 * 64 + self.words[i].trailing_zeros()))
    }
}

impl Default for Recorder {
    fn default() -> Self {
        let (at, newest) = (SimTime::ZERO, SpanId::NONE);
        Self {
            full: Vec::new(),
            start: Start { at, newest, oldest_open: SpanId::NONE },
            bytes: Vec::new(),
            context: Context::new(at, newest),
            open: OpenSpans::default(),
            faults: Vec::new(),
            templates: Templates::default(),
        }
    }
}

impl Recorder {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes all records take.
    pub fn len(&self) -> usize {
        self.full.iter().map(|c| c.bytes.len()).sum::<usize>() + self.bytes.len()
    }

    /// True before the first record.
    pub fn is_empty(&self) -> bool {
        self.full.is_empty() && self.bytes.is_empty()
    }

    /// How many spans have begun.
    pub fn spans(&self) -> u32 {
        self.context.newest.0.wrapping_add(1)
    }

    /// The moment of the last record.
    pub fn last(&self) -> SimTime {
        self.context.at
    }

    /// The faults so far.
    pub fn faults(&self) -> &[FaultEntry] {
        &self.faults
    }

    /// The template of that index, once an answer was made from it.
    pub fn template_of(&self, id: TemplateId) -> Option<&Template> {
        ((id.0 as usize) < self.templates.len()).then(|| self.templates.get(id))
    }

    /// This place in the log.
    pub fn mark(&self) -> Mark {
        Mark {
            full: self.full.len(),
            bytes: self.bytes.len(),
            start: self.start,
            context: self.context,
            faults: self.faults.len(),
            templates: self.templates.len(),
        }
    }

    /// The log as it was at a mark of its own, to be continued in another way.
    pub fn cut(&self, mark: &Mark) -> Self {
        let rest: &[u8] = self.full.get(mark.full).map_or(&self.bytes, |chunk| &chunk.bytes);
        let mut templates = Templates::default();
        for i in 0..mark.templates {
            templates.intern(self.templates.get(TemplateId(i as u32)).clone());
        }
        let mut log = Self {
            full: self.full[..mark.full].to_vec(),
            start: mark.start,
            bytes: rest[..mark.bytes].to_vec(),
            context: mark.context,
            open: OpenSpans::default(),
            faults: self.faults[..mark.faults].to_vec(),
            templates,
        };
        let mut open = OpenSpans::default();
        for (_, record) in log.records_since(log.chunk_of(mark.start.oldest_open)) {
            match record {
                Record::Open { span, .. } => open.begun(span),
                Record::Close { span, .. } => drop(open.ended(span)),
                Record::Note { .. } => {}
            }
        }
        log.open = open;
        log
    }

    /// The chunk in which a span began; the last one for none.
    pub(super) fn chunk_of(&self, span: SpanId) -> usize {
        if span == SpanId::NONE {
            return self.full.len();
        }
        // A chunk that starts before this span has the newest below it, or none at all.
        let begun = |start: &Start| start.newest == SpanId::NONE || start.newest < span;
        let chunks = self.full.partition_point(|c| begun(&c.start)) + usize::from(begun(&self.start));
        chunks.saturating_sub(1)
    }

    /// All records from a chunk on, with their moments.
    pub(super) fn records_since(&self, chunk: usize) -> impl Iterator<Item = (SimTime, Record)> + '_ {
        let full = self.full.iter().map(|c| (c.start, &c.bytes[..]));
        full.chain(std::iter::once((self.start, &self.bytes[..]))).skip(chunk).flat_map(
            |(start, mut bytes)| {
                let mut context = Context::new(start.at, start.newest);
                std::iter::from_fn(move || {
                    if bytes.is_empty() {
                        return None;
                    }
                    let record = context.read(&mut bytes);
                    Some((context.at, record))
                })
            },
        )
    }

    /// All records with their moments, in order.
    pub fn records(&self) -> impl Iterator<Item = (SimTime, Record)> + '_ {
        self.records_since(0)
    }

    /// Tells everything up to and including a moment again, to another observer.
    pub fn replay<O: Observer>(&self, until: SimTime, to: &mut O) {
        self.replay_tables(until, to);
        for (at, record) in self.records().take_while(|(at, _)| *at <= until) {
            match record {
                Record::Open { kind, node, parent, detail, .. } => {
                    to.open(at, kind, node, parent, detail);
                }
                Record::Close { span, outcome } => to.close(at, span, outcome),
                Record::Note { span, note } => to.note(at, span, note),
            }
        }
    }

    /// Tells of the templates, and of the faults up to and including a moment.
    pub(super) fn replay_tables<O: Observer>(&self, until: SimTime, to: &mut O) {
        for i in 0..self.templates.len() {
            to.template(&self.templates, TemplateId(i as u32));
        }
        for fault in self.faults.iter().filter(|f| f.since <= until) {
            to.fault(|| fault.clone());
        }
    }

    /// The trace of all that was recorded of a run of `scenario` that is known until `end` and stopped so.
    pub fn trace(&self, scenario: &Scenario, end: SimTime, stop: Stop) -> Trace {
        let mut trace = Trace::new(scenario);
        trace.spans.reserve_exact(self.spans() as usize);
        self.replay(end, &mut trace);
        trace.settle(end, stop);
        trace
    }

    /// Begins a chunk where the present one is full.
    #[inline]
    fn make_room(&mut self) {
        if self.bytes.len() + RECORD > self.bytes.capacity() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        // The first chunk grows as far as a short run needs; later ones are whole from the start.
        if self.bytes.capacity() < CHUNK {
            self.bytes.reserve_exact((self.bytes.capacity() * 3 + 1_024).min(CHUNK - self.bytes.len()));
        }
        if self.bytes.len() + RECORD > CHUNK {
            self.full.push(Chunk { start: self.start, bytes: Arc::from(&self.bytes[..]) });
            self.bytes.clear();
            let Context { at, newest, .. } = self.context;
            self.start = Start { at, newest, oldest_open: self.open.oldest() };
            self.context = Context::new(at, newest);
        }
    }
}

impl Observer for Recorder {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, parent: SpanId, detail: u32) -> SpanId {
        self.make_room();
        let span = self.context.open(&mut self.bytes, at, kind, node, parent, detail);
        self.open.begun(span);
        span
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        self.make_room();
        if self.open.ended(span) {
            self.context.close(&mut self.bytes, at, span, outcome);
        }
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.make_room();
        self.context.note(&mut self.bytes, at, span, note);
    }

    fn fault(&mut self, entry: impl FnOnce() -> FaultEntry) {
        self.faults.push(entry());
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        if self.templates.len() <= id.0 as usize {
            self.templates = templates.clone();
        }
    }
}
