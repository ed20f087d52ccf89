//! What figures are read from: a run's metrics, and each of its calls.

use crate::sim::message::{TemplateId, Templates};
use crate::sim::metrics::{Bucket, Load, Metrics};
use crate::sim::scenario::Scenario;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, Note, Observer, Outcome, SpanId, SpanKind, nodes};

/// A call as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it began.
    pub start: SimTime,
    /// When it ended; [`SimTime::NEVER`] if the run was cut before.
    pub end: SimTime,
    /// The status of its last answer; 0 for none.
    pub status: u16,
    /// Attempts begun.
    pub attempts: u32,
}

impl Call {
    /// Seconds from its start to its end.
    pub fn seconds(&self) -> f64 {
        self.end.since(self.start).as_secs_f64()
    }

    /// True if it ended with a status below 400.
    pub fn is_good(&self) -> bool {
        (100..400).contains(&self.status)
    }
}

/// Metrics, and a list of calls beside them.
#[derive(Clone)]
pub struct Watch {
    metrics: Metrics,
    calls: Vec<Call>,
    /// For each span that is a call, its place in the list.
    places: Vec<Option<u32>>,
    statuses: Vec<u16>,
}

impl Watch {
    /// Watches a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            metrics: Metrics::new(scenario, SimDuration::from_secs(1)),
            calls: Vec::new(),
            places: Vec::new(),
            statuses: Vec::new(),
        }
    }

    /// The metrics so far.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn call(&mut self, span: SpanId) -> Option<&mut Call> {
        let place = self.places.get(span.0 as usize).copied().flatten()?;
        self.calls.get_mut(place as usize)
    }
}

impl Observer for Watch {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, parent: SpanId, detail: u32) -> SpanId {
        let id = self.metrics.open(at, kind, node, parent, detail);
        let index = id.0 as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        self.places[index] = None;
        match kind {
            SpanKind::Call => {
                self.places[index] = Some(self.calls.len() as u32);
                self.calls.push(Call { start: at, end: SimTime::NEVER, status: 0, attempts: 0 });
            }
            SpanKind::Attempt => {
                if let Some(call) = self.call(parent) {
                    call.attempts += 1;
                }
            }
            _ => {}
        }
        id
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        let status = match outcome {
            Outcome::Answer(message) => {
                self.statuses.get(message.template.0 as usize).copied().unwrap_or_default()
            }
            _ => 0,
        };
        if let Some(call) = self.call(span) {
            call.end = at;
            call.status = status;
        }
        self.metrics.close(at, span, outcome);
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.metrics.note(at, span, note);
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        let index = id.0 as usize;
        if self.statuses.len() <= index {
            self.statuses.resize(index + 1, 0);
        }
        self.statuses[index] = templates.get(id).status.unwrap_or_default();
        self.metrics.template(templates, id);
    }
}

/// A run that is over.
pub struct Run {
    /// What was watched until the warm-up had passed.
    before: Metrics,
    watch: Watch,
    warm_up: SimTime,
    end: SimTime,
    origin: NodeId,
}

impl Run {
    pub(super) fn new(scenario: &Scenario, before: Metrics, watch: Watch, warm_up: SimDuration) -> Self {
        let origin = scenario.clients.len() + scenario.gateways.len();
        debug_assert!(nodes(scenario).len() > origin, "a scenario has an origin");
        let end = watch.metrics.end();
        Self { before, watch, warm_up: SimTime::ZERO + warm_up, end, origin: NodeId(origin as u16) }
    }

    /// The whole run's metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.watch.metrics
    }

    /// All calls, in the order in which they began.
    pub fn calls(&self) -> &[Call] {
        &self.watch.calls
    }

    /// The calls that began after the warm-up and have ended.
    pub fn steady(&self) -> impl Iterator<Item = &Call> {
        self.watch.calls.iter().filter(|c| c.start >= self.warm_up && c.end != SimTime::NEVER)
    }

    /// Seconds from the end of the warm-up to the last event.
    pub fn steady_seconds(&self) -> f64 {
        self.end.since(self.before.end()).as_secs_f64()
    }

    /// How busy the first origin was after the warm-up.
    pub fn load(&self) -> Load {
        let (before, after) = (self.before.load(self.origin), self.metrics().load(self.origin));
        Load {
            arrived: after.arrived - before.arrived,
            waited: after.waited - before.waited,
            waiting: after.waiting - before.waiting,
            started: after.started - before.started,
            busy: after.busy - before.busy,
            inside: after.inside - before.inside,
        }
    }

    /// What happened from one second of the run up to another.
    pub fn window(&self, from: usize, to: usize) -> Bucket {
        let mut sum = Bucket::default();
        for bucket in self.metrics().buckets().take(to).skip(from) {
            sum.add(bucket);
        }
        sum
    }

    /// The latency, in seconds, that a share of the steady calls does not exceed.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut took: Vec<u64> = self.steady().map(|c| c.end.since(c.start).as_nanos()).collect();
        if took.is_empty() {
            return 0.0;
        }
        took.sort_unstable();
        let place = libm::ceil(share * took.len() as f64) as usize;
        SimDuration::from_nanos(took[place.clamp(1, took.len()) - 1]).as_secs_f64()
    }

    /// By how much Little's law, L = λW, is off in this run, relatively.
    ///
    /// The left side is the integral over time of the number of calls under way, as the metrics keep it; the right
    /// side the sum of the times that calls were under way, as this list has it, those cut by the end included.
    pub fn little(&self) -> f64 {
        let integral = self.metrics().mean_in_flight() * self.end.as_secs_f64();
        let nanos: u128 =
            self.calls().iter().map(|c| u128::from(c.end.min(self.end).since(c.start).as_nanos())).sum();
        let sum = nanos as f64 / 1e9;
        if sum > 0.0 { (integral - sum).abs() / sum } else { integral.abs() }
    }
}
