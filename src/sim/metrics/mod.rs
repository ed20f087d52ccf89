//! Figures of a run, on simulated time only: counts, latencies, utilisation, wasted work.
//!
//! The memory that they take depends on the horizon and the resolution, not on how much happens: a run of an
//! hour at a thousand requests a second takes no more than one at ten.

mod bands;
mod bucket;
mod series;
mod sketch;
mod spans;

pub use bands::{Band, Bands, Subject};
pub use bucket::{Answers, Bucket, Course, NodeBucket};
pub use sketch::Sketch;

use self::bucket::Level;
use self::series::Series;
use self::spans::{Open, OpenSpans};
use super::message::{Message, TemplateId, Templates};
use super::scenario::Scenario;
use super::time::{SimDuration, SimTime};
use super::trace::{NodeId, Note, Observer, Outcome, SpanId, SpanKind, nodes};

/// Whether and how busy a node was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests taken on: works and queries that began.
    pub arrived: u64,
    /// Those that had to wait for a worker.
    pub waited: u64,
    /// Seconds spent waiting for a worker, over all requests that a worker took.
    pub waiting: f64,
    /// Requests that a worker took.
    pub started: u64,
    /// Seconds of busy workers, over all workers.
    pub busy: f64,
    /// Seconds of requests in the node, waiting or worked on, over all requests.
    pub inside: f64,
}

/// The figures of a run.
#[derive(Clone)]
pub struct Metrics {
    resolution: SimDuration,
    /// The stretches that are over, and the present one with its end.
    past: Series<Bucket>,
    present: Bucket,
    until: SimTime,
    nodes: Vec<Tally>,
    /// For each stretch that is over, each node in order.
    past_nodes: Series<NodeBucket>,
    latency: Sketch<9>,
    calls_ended: u64,
    nanos_in_calls: u128,
    nanos_of_calls: u128,
    calls: Level,
    bands: Bands,
    statuses: Vec<u16>,
    open: OpenSpans,
    end: SimTime,
}

/// What is counted of one node.
#[derive(Clone, Copy, Default)]
struct Tally {
    arrived: u64,
    waited: u64,
    started: u64,
    nanos_waiting: u128,
    nanos_inside: u128,
    nanos_busy: u128,
    inside: Level,
    queue: Level,
    busy: Level,
}

impl Metrics {
    /// Figures of a run of `scenario`, in stretches of `resolution`, which is at least a 100,000th of the horizon.
    pub fn new(scenario: &Scenario, resolution: SimDuration) -> Self {
        let least = scenario.horizon.as_nanos() / 100_000 + 1;
        let resolution = SimDuration::from_nanos(resolution.as_nanos().max(least));
        Self {
            resolution,
            past: Series::default(),
            present: Bucket::default(),
            until: SimTime::ZERO + resolution,
            nodes: vec![Tally::default(); nodes(scenario).len()],
            past_nodes: Series::default(),
            latency: Sketch::default(),
            calls_ended: 0,
            nanos_in_calls: 0,
            nanos_of_calls: 0,
            calls: Level::default(),
            bands: Bands::new(resolution),
            statuses: Vec::new(),
            open: OpenSpans::default(),
            end: SimTime::ZERO,
        }
    }

    /// How long each stretch is.
    pub fn resolution(&self) -> SimDuration {
        self.resolution
    }

    /// What happened, stretch by stretch from the start of the run up to that of the last event.
    pub fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.past.iter().chain(std::iter::once(&self.present))
    }

    /// What happened in the stretch of that index.
    pub fn bucket(&self, index: usize) -> Option<&Bucket> {
        if index == self.past.len() { Some(&self.present) } else { self.past.get(index) }
    }

    /// The length of the stretch of that index: the resolution, but for the last one, which ends with the last event.
    pub fn length(&self, index: usize) -> SimDuration {
        if index < self.past.len() {
            self.resolution
        } else {
            self.end.since(SimTime::ZERO + self.resolution.times(index as u64))
        }
    }

    /// How it was at a node in the stretch of that index.
    pub fn node(&self, index: usize, node: NodeId) -> Option<NodeBucket> {
        if index == self.past.len() {
            let Tally { inside, queue, busy, .. } = self.nodes.get(usize::from(node.0))?;
            let at = self.end;
            return Some(NodeBucket {
                inside: inside.until(at),
                queue: queue.until(at),
                busy: busy.until(at),
            });
        }
        if usize::from(node.0) >= self.nodes.len() {
            return None;
        }
        self.past_nodes.get(index * self.nodes.len() + usize::from(node.0)).copied()
    }

    /// All buckets in one.
    pub fn total(&self) -> Bucket {
        let mut total = Bucket::default();
        for bucket in self.buckets() {
            total.add(bucket);
        }
        total
    }

    /// How long calls took, from their first attempt to their last answer, waits included; to three digits.
    pub fn latency(&self) -> &Sketch<9> {
        &self.latency
    }

    /// The latency that a share of the calls does not exceed, to three digits; `share` from 0 to 1.
    pub fn quantile(&self, share: f64) -> SimDuration {
        self.latency.quantile(share).unwrap_or_default()
    }

    /// The mean latency of the calls that have ended, cut to a nanosecond.
    pub fn mean_latency(&self) -> SimDuration {
        let mean = self.nanos_in_calls / u128::from(self.calls_ended.max(1));
        SimDuration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// Attempts for each call: 1 where nobody tries again.
    pub fn amplification(&self) -> f64 {
        let (attempts, offered) = self
            .buckets()
            .fold((0u64, 0u64), |(a, o), b| (a + u64::from(b.attempts), o + u64::from(b.offered)));
        attempts as f64 / offered.max(1) as f64
    }

    /// The mean number of calls under way, from the start to the last event.
    pub fn mean_in_flight(&self) -> f64 {
        let area = self.nanos_of_calls + u128::from(self.calls.until(self.end).area);
        area as f64 / (self.end.as_nanos().max(1)) as f64
    }

    /// How busy a node was, from the start to the last event.
    pub fn load(&self, node: NodeId) -> Load {
        let tally = &self.nodes[usize::from(node.0)];
        let seconds = |nanos: u128| nanos as f64 / 1e9;
        Load {
            arrived: tally.arrived,
            waited: tally.waited,
            waiting: seconds(tally.nanos_waiting),
            started: tally.started,
            busy: seconds(tally.nanos_busy + u128::from(tally.busy.until(self.end).area)),
            inside: seconds(tally.nanos_inside + u128::from(tally.inside.until(self.end).area)),
        }
    }

    /// The states that nodes were in.
    pub fn bands(&self) -> &Bands {
        &self.bands
    }

    /// The moment of the last event.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// About how many bytes these figures take.
    pub fn held(&self) -> usize {
        let buckets: usize = self.buckets().map(Bucket::held).sum();
        let nodes = self.past_nodes.len() * size_of::<NodeBucket>() + self.nodes.len() * size_of::<Tally>();
        let bands = size_of_val(self.bands.all());
        buckets + nodes + bands + self.latency.held() + self.open.held() * size_of::<Option<Open>>()
    }

    /// Moves on to a moment.
    #[inline]
    fn reach(&mut self, at: SimTime) {
        while at >= self.until && self.until < SimTime::NEVER {
            self.turn();
        }
        self.end = at;
    }

    /// Ends the present stretch.
    fn turn(&mut self) {
        let at = self.until;
        let mut bucket = std::mem::take(&mut self.present);
        bucket.trim();
        self.past.push(bucket);
        self.nanos_of_calls += u128::from(self.calls.turn(at).area);
        for tally in &mut self.nodes {
            let (inside, busy) = (tally.inside.turn(at), tally.busy.turn(at));
            tally.nanos_inside += u128::from(inside.area);
            tally.nanos_busy += u128::from(busy.area);
            self.past_nodes.push(NodeBucket { inside, queue: tally.queue.turn(at), busy });
        }
        self.until = at + self.resolution;
    }

    fn status(&self, message: Message) -> u16 {
        self.statuses.get(message.template.0 as usize).copied().unwrap_or_default()
    }
}

impl Observer for Metrics {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, _: SpanId, detail: u32) -> SpanId {
        self.reach(at);
        let tally = &mut self.nodes[usize::from(node.0)];
        match kind {
            SpanKind::Call => {
                self.present.offered += 1;
                self.calls.more(at);
                tally.inside.more(at);
            }
            SpanKind::Attempt => {
                self.present.attempts += 1;
                self.present.retries += u32::from(detail > 1);
            }
            SpanKind::Try => self.present.tries += 1,
            SpanKind::Work | SpanKind::Query => {
                tally.arrived += 1;
                tally.inside.more(at);
            }
            SpanKind::GatewayRequest => tally.inside.more(at),
            SpanKind::Probe | SpanKind::Refresh => {}
        }
        let (queued, started, begun, caller_left) = (false, false, false, false);
        self.open.begin(Open { start: at, node, kind, queued, started, begun, caller_left })
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        self.reach(at);
        let Some(open) = self.open.end(span) else { return };
        let status = match outcome {
            Outcome::Answer(message) => self.status(message),
            _ => 0,
        };
        let tally = &mut self.nodes[usize::from(open.node.0)];
        // Who dies in line or at work is neither any more.
        if open.queued {
            tally.queue.less(at);
        }
        if open.started {
            tally.busy.less(at);
        }
        match open.kind {
            SpanKind::Call => {
                let took = at.since(open.start);
                tally.inside.less(at);
                self.latency.record(took);
                self.present.latency.record(took);
                self.nanos_in_calls += u128::from(took.as_nanos());
                self.calls_ended += 1;
                self.calls.less(at);
                let good = (100..400).contains(&status);
                self.present.good += u32::from(good);
                self.present.failed += u32::from(!good);
            }
            SpanKind::Attempt => self.present.answers.add(status, 1),
            SpanKind::Work | SpanKind::Query => {
                tally.inside.less(at);
                self.present.wasted += u32::from(open.kind == SpanKind::Work && open.caller_left);
            }
            SpanKind::GatewayRequest => tally.inside.less(at),
            SpanKind::Try | SpanKind::Probe | SpanKind::Refresh => {}
        }
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.reach(at);
        if matches!(note, Note::Departed { .. }) {
            return;
        }
        let Some(open) = self.open.get(span) else {
            self.bands.note(at, None, note);
            return;
        };
        let tally = &mut self.nodes[usize::from(open.node.0)];
        match note {
            Note::Queued(_) => {
                open.queued = true;
                tally.waited += 1;
                tally.queue.more(at);
            }
            Note::Started(busy) => {
                // A request may take an event loop several times; it waited only for the first.
                if !std::mem::replace(&mut open.begun, true) {
                    tally.started += 1;
                    tally.nanos_waiting += u128::from(at.since(open.start).as_nanos());
                }
                if std::mem::take(&mut open.queued) {
                    tally.queue.less(at);
                }
                open.started = true;
                tally.busy.set(at, busy);
            }
            Note::Released(busy) => {
                open.started = false;
                tally.busy.set(at, busy);
            }
            Note::CallerLeft => open.caller_left = true,
            note => self.bands.note(at, Some(open.node), note),
        }
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        let index = id.0 as usize;
        if self.statuses.len() <= index {
            self.statuses.resize(index + 1, 0);
        }
        self.statuses[index] = templates.get(id).status.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
