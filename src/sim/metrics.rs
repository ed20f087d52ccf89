//! Figures of a run, on simulated time only: counts, latencies, utilisation, wasted work.
//!
//! The memory that they take depends on the horizon and the resolution, not on how much happens: a run of an
//! hour at a thousand requests a second takes no more than one at ten.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::message::{Message, TemplateId, Templates};
use super::scenario::Scenario;
use super::time::{SimDuration, SimTime};
use super::trace::{NodeId, Note, Observer, Outcome, SpanId, SpanKind, nodes};

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Calls that began: the offered load.
    pub offered: u32,
    /// Attempts that began; more than calls where clients try again.
    pub attempts: u32,
    /// Tries that gateways began.
    pub tries: u32,
    /// Attempts that ended, by status; 0 for those without an answer.
    pub answers: BTreeMap<u16, u32>,
    /// Calls that ended with a status below 400: the goodput.
    pub good: u32,
    /// Calls that ended otherwise.
    pub failed: u32,
    /// Work that origins finished after their caller had left.
    pub wasted: u32,
}

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
    buckets: Vec<Bucket>,
    latency: Histogram<u64>,
    loads: Vec<Tally>,
    statuses: Vec<Option<u16>>,
    open: Vec<Option<Open>>,
    free: Vec<u32>,
    in_flight: Level,
    calls_ended: u64,
    nanos_in_calls: u128,
    end: SimTime,
}

/// A span that has not ended.
#[derive(Clone, Copy)]
struct Open {
    kind: SpanKind,
    node: NodeId,
    start: SimTime,
    queued: bool,
    caller_left: bool,
}

/// A whole number over time, with its integral.
#[derive(Clone, Copy, Default)]
struct Level {
    now: u64,
    since: SimTime,
    integral: f64,
}

impl Level {
    fn set(&mut self, at: SimTime, level: u64) {
        self.integral += self.now as f64 * at.since(self.since).as_secs_f64();
        self.now = level;
        self.since = at;
    }

    fn integral_at(&self, at: SimTime) -> f64 {
        self.integral + self.now as f64 * at.since(self.since).as_secs_f64()
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    load: Load,
    busy: Level,
    inside: Level,
}

/// Latencies are kept to three digits, up to a day in microseconds.
const DIGITS: u8 = 3;
const DAY_US: u64 = 86_400_000_000;

impl Metrics {
    /// Figures of a run of `scenario`, in stretches of `resolution`, which is at least a 100,000th of the horizon.
    pub fn new(scenario: &Scenario, resolution: SimDuration) -> Self {
        let least = scenario.horizon.as_nanos() / 100_000 + 1;
        Self {
            resolution: SimDuration::from_nanos(resolution.as_nanos().max(least)),
            buckets: Vec::new(),
            // The bounds are constants that the histogram accepts; a bug otherwise.
            latency: Histogram::new_with_bounds(1, DAY_US, DIGITS)
                .expect("the bounds of the histogram are valid"),
            loads: vec![Tally::default(); nodes(scenario).len()],
            statuses: Vec::new(),
            open: Vec::new(),
            free: Vec::new(),
            in_flight: Level::default(),
            calls_ended: 0,
            nanos_in_calls: 0,
            end: SimTime::ZERO,
        }
    }

    /// How long each bucket is.
    pub fn resolution(&self) -> SimDuration {
        self.resolution
    }

    /// What happened, stretch by stretch from the start of the run; stretches in which nothing more happened are missing at the end.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// All buckets in one.
    pub fn total(&self) -> Bucket {
        let mut total = Bucket::default();
        for b in &self.buckets {
            total.offered += b.offered;
            total.attempts += b.attempts;
            total.tries += b.tries;
            total.good += b.good;
            total.failed += b.failed;
            total.wasted += b.wasted;
            for (status, count) in &b.answers {
                *total.answers.entry(*status).or_default() += count;
            }
        }
        total
    }

    /// How long calls took, from their first attempt to their last answer, waits included.
    pub fn latency(&self) -> &Histogram<u64> {
        &self.latency
    }

    /// The latency that a share of the calls does not exceed, to three digits; `share` from 0 to 1.
    pub fn quantile(&self, share: f64) -> SimDuration {
        SimDuration::from_micros(self.latency.value_at_quantile(share.clamp(0.0, 1.0)))
    }

    /// The mean latency of the calls that have ended, cut to a nanosecond.
    pub fn mean_latency(&self) -> SimDuration {
        let mean = self.nanos_in_calls / u128::from(self.calls_ended.max(1));
        SimDuration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// Attempts for each call: 1 where nobody tries again.
    pub fn amplification(&self) -> f64 {
        let total = self.total();
        f64::from(total.attempts) / f64::from(total.offered.max(1))
    }

    /// The mean number of calls under way, from the start to the last event.
    pub fn mean_in_flight(&self) -> f64 {
        self.in_flight.integral_at(self.end) / self.end.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// How busy a node was, from the start to the last event.
    pub fn load(&self, node: NodeId) -> Load {
        let tally = &self.loads[usize::from(node.0)];
        Load {
            busy: tally.busy.integral_at(self.end),
            inside: tally.inside.integral_at(self.end),
            ..tally.load
        }
    }

    /// The moment of the last event.
    pub fn end(&self) -> SimTime {
        self.end
    }

    fn bucket(&mut self, at: SimTime) -> &mut Bucket {
        let index = (at.as_nanos() / self.resolution.as_nanos()) as usize;
        if self.buckets.len() <= index {
            self.buckets.resize_with(index + 1, Bucket::default);
        }
        &mut self.buckets[index]
    }

    fn status(&self, message: Message) -> u16 {
        self.statuses.get(message.template.0 as usize).copied().flatten().unwrap_or_default()
    }

    fn span(&mut self, span: SpanId) -> Option<&mut Open> {
        self.open.get_mut(span.0 as usize).and_then(Option::as_mut)
    }
}

impl Observer for Metrics {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, _: SpanId, _: u32) -> SpanId {
        self.end = at;
        let open = Open { kind, node, start: at, queued: false, caller_left: false };
        match kind {
            SpanKind::Call => {
                self.bucket(at).offered += 1;
                self.in_flight.set(at, self.in_flight.now + 1);
            }
            SpanKind::Attempt => self.bucket(at).attempts += 1,
            SpanKind::Try => self.bucket(at).tries += 1,
            SpanKind::Work | SpanKind::Query => {
                let tally = &mut self.loads[usize::from(node.0)];
                tally.load.arrived += 1;
                tally.inside.set(at, tally.inside.now + 1);
            }
            SpanKind::GatewayRequest => {}
        }
        if let Some(index) = self.free.pop() {
            self.open[index as usize] = Some(open);
            SpanId(index)
        } else {
            self.open.push(Some(open));
            SpanId(self.open.len() as u32 - 1)
        }
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        self.end = at;
        let Some(open) = self.open.get_mut(span.0 as usize).and_then(Option::take) else { return };
        self.free.push(span.0);
        let status = match outcome {
            Outcome::Answer(message) => self.status(message),
            _ => 0,
        };
        match open.kind {
            SpanKind::Call => {
                let took = at.since(open.start);
                // A call of no length counts as one microsecond, the least that the histogram keeps.
                self.latency.saturating_record((took.as_nanos() / 1_000).max(1));
                self.nanos_in_calls += u128::from(took.as_nanos());
                self.calls_ended += 1;
                self.in_flight.set(at, self.in_flight.now.saturating_sub(1));
                let good = (100..400).contains(&status);
                let bucket = self.bucket(at);
                bucket.good += u32::from(good);
                bucket.failed += u32::from(!good);
            }
            SpanKind::Attempt => *self.bucket(at).answers.entry(status).or_default() += 1,
            SpanKind::Work | SpanKind::Query => {
                let tally = &mut self.loads[usize::from(open.node.0)];
                tally.inside.set(at, tally.inside.now.saturating_sub(1));
                if open.kind == SpanKind::Work && open.caller_left {
                    self.bucket(at).wasted += 1;
                }
            }
            SpanKind::Try | SpanKind::GatewayRequest => {}
        }
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.end = at;
        let Some(open) = self.span(span) else { return };
        match note {
            Note::Queued(_) => {
                open.queued = true;
                let node = open.node;
                self.loads[usize::from(node.0)].load.waited += 1;
            }
            Note::Started(busy) => {
                let (node, waited) = (open.node, at.since(open.start));
                let tally = &mut self.loads[usize::from(node.0)];
                tally.load.started += 1;
                tally.load.waiting += waited.as_secs_f64();
                tally.busy.set(at, u64::from(busy));
            }
            Note::Released(busy) => {
                let node = open.node;
                self.loads[usize::from(node.0)].busy.set(at, u64::from(busy));
            }
            Note::CallerLeft => open.caller_left = true,
            _ => {}
        }
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        let index = id.0 as usize;
        if self.statuses.len() <= index {
            self.statuses.resize(index + 1, None);
        }
        self.statuses[index] = templates.get(id).status;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Simulation;

    #[test]
    fn a_storm_of_retries_is_counted_as_what_it_is() {
        let scenario = Scenario::from_json(
            r#"{"clients": [{"policy": {"attempts": 3, "delay": {"fixed": "100ms"}}, "traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "10s"}}],
                "origins": [{"faults": [{"process_down": {}}]}]}"#,
        )
        .expect("a scenario");
        let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(1)));
        simulation.finish();
        let metrics = simulation.observer();
        let total = metrics.total();
        assert_eq!((total.offered, total.attempts, total.failed, total.good), (100, 300, 100, 0));
        assert_eq!(total.answers, BTreeMap::from([(502, 300)]));
        assert!((metrics.amplification() - 3.0).abs() < 1e-9);
        // Three attempts of 3 ms and two waits of 100 ms.
        assert_eq!(metrics.quantile(0.5).as_millis(), 209);
        assert_eq!(metrics.mean_latency(), SimDuration::from_millis(209));
        assert_eq!(metrics.buckets()[5].offered, 10);
    }

    #[test]
    fn work_for_callers_who_have_left_is_wasted() {
        let scenario = Scenario::from_json(
            r#"{"clients": [{"policy": {"attempt_timeout": "500ms"}, "traffic": {"arrivals": {"constant": {"rate": 1}}, "until": "5s"}}],
                "dependencies": [{"faults": [{"slow_query": {"query_time": {"fixed": "1s"}}}]}]}"#,
        )
        .expect("a scenario");
        let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(1)));
        simulation.finish();
        let total = simulation.observer().total();
        assert_eq!((total.offered, total.failed, total.wasted), (5, 5, 5));
    }
}
