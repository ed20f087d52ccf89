//! A run that can be looked at anywhere, and gone on with otherwise from anywhere.
//!
//! While it advances, a recording keeps its log, its figures and checkpoints. The state at any moment is the
//! nearest checkpoint before it and the few thousand events in between. A scenario that shares its beginning
//! with this one starts from the last checkpoint of what they share, and becomes just what a run from zero would be.

use std::sync::Arc;

use super::metrics::Metrics;
use super::scenario::{Action, Change, Scenario};
use super::simulation::Simulation;
use super::time::{SimDuration, SimTime};
use super::trace::{Mark, Recorder, Stop, Trace, Window};

/// A run under way or at its end, with all that is known of it.
#[derive(Clone)]
pub struct Recording {
    scenario: Arc<Scenario>,
    tip: Simulation<(Recorder, Metrics)>,
    /// In order of time; the first is the start of the run.
    checkpoints: Vec<Arc<Checkpoint>>,
    /// Events between two checkpoints.
    spacing: u64,
}

/// A moment from which the run can be had again.
struct Checkpoint {
    simulation: Simulation<()>,
    log: Mark,
    metrics: Metrics,
}

impl Checkpoint {
    fn new(tip: &Simulation<(Recorder, Metrics)>) -> Arc<Self> {
        let (log, metrics) = tip.observer();
        let (log, metrics) = (log.mark(), metrics.clone());
        Arc::new(Self { simulation: tip.watched_by(|_| ()), log, metrics })
    }

    /// About how many bytes it takes: what is under way, and a part that every run has.
    fn weight(&self) -> usize {
        const FIXED: usize = 32 * 1024;
        FIXED + self.simulation.held()
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Until when it is known.
    pub simulated: SimTime,
    /// When it ends at the latest.
    pub horizon: SimTime,
    /// Events so far.
    pub events: u64,
    /// Why it ended, or that it goes on.
    pub stop: Stop,
}

impl Progress {
    /// How much of the run is known, 0 to 1; 1 as soon as nothing more will happen.
    pub fn share(&self) -> f64 {
        if self.stop != Stop::Running {
            return 1.0;
        }
        self.simulated.as_nanos() as f64 / self.horizon.as_nanos().max(1) as f64
    }
}

/// Events between checkpoints at first: some tenth of a millisecond of work.
const SPACING: u64 = 1_024;
/// No more checkpoints than this; every second one goes when there are more.
const CHECKPOINTS: usize = 256;
/// Nor more bytes than this, as far as they can be estimated.
const BYTES: usize = 64 << 20;
/// What is copied in a fraction of the time that an event takes.
const BYTES_AN_EVENT: usize = 128;
/// Stretches of a run for which figures are kept.
const STRETCHES: u64 = 600;

impl Recording {
    /// A recording at the start of its run; [`Recording::advance`] goes on. Figures are kept for 600 stretches.
    pub fn new(scenario: &Scenario) -> Self {
        let resolution = SimDuration::from_nanos(scenario.horizon.as_nanos() / STRETCHES);
        let metrics = Metrics::new(scenario, resolution);
        let tip = Simulation::new(scenario, (Recorder::new(), metrics));
        let checkpoints = vec![Checkpoint::new(&tip)];
        Self { scenario: Arc::new(scenario.clone()), tip, checkpoints, spacing: SPACING }
    }

    /// The scenario that is run.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Handles so many events more, or fewer where the run ends.
    pub fn advance(&mut self, events: u64) -> Progress {
        let until = self.tip.handled().saturating_add(events);
        while self.tip.handled() < until && self.tip.step().is_some() {
            let last = self.checkpoints.last().map_or(0, |c| c.simulation.handled());
            let since = self.tip.handled() - last;
            // A large state is copied less often, so that copying never takes more than a part of the time.
            if since >= self.spacing && since >= (self.tip.held() / BYTES_AN_EVENT) as u64 {
                self.checkpoints.push(Checkpoint::new(&self.tip));
                self.thin_out();
            }
        }
        self.progress()
    }

    /// Advances to the end of the run.
    pub fn finish(&mut self) -> Progress {
        self.advance(u64::MAX)
    }

    /// Allows another number of events than [`EVENT_LIMIT`](super::simulation::EVENT_LIMIT); see [`Simulation::limit_events`].
    pub fn limit_events(&mut self, limit: u64) {
        self.tip.limit_events(limit);
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        Progress {
            simulated: self.tip.now(),
            horizon: SimTime::ZERO + self.scenario.horizon,
            events: self.tip.handled(),
            stop: self.tip.stop(),
        }
    }

    fn thin_out(&mut self) {
        let weight: usize = self.checkpoints.iter().map(|c| c.weight()).sum();
        if self.checkpoints.len() > CHECKPOINTS || (weight > BYTES && self.checkpoints.len() > 2) {
            let mut nth = 0;
            self.checkpoints.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
    }

    /// The checkpoints that are kept: the moment of each, and the events before it.
    pub fn checkpoints(&self) -> impl Iterator<Item = (SimTime, u64)> {
        self.checkpoints.iter().map(|c| (c.simulation.now(), c.simulation.handled()))
    }

    /// The log so far.
    pub fn log(&self) -> &Recorder {
        &self.tip.observer().0
    }

    /// The figures so far.
    pub fn metrics(&self) -> &Metrics {
        &self.tip.observer().1
    }

    /// The state of the run right after a moment, or at its end so far where that is earlier.
    pub fn state_at(&self, at: SimTime) -> Simulation<()> {
        if at >= self.tip.now() {
            return self.tip.watched_by(|_| ());
        }
        let next = self.checkpoints.partition_point(|c| c.simulation.now() <= at);
        let mut state = self.checkpoints[next.saturating_sub(1)].simulation.clone();
        state.revise(&self.scenario);
        state.run_until(at);
        state
    }

    /// Everything that happened up to and including a moment; the whole run where it ended before. Its table of
    /// templates may hold some that were only used later.
    pub fn trace_until(&self, at: SimTime) -> Trace {
        let stop = if at >= self.tip.now() { self.tip.stop() } else { Stop::Running };
        self.log().trace(&self.scenario, at.min(self.tip.now()), stop)
    }

    /// Everything that happened so far.
    pub fn trace(&self) -> Trace {
        self.trace_until(SimTime::NEVER)
    }

    /// What overlaps a stretch of time; see [`Recorder::window`].
    pub fn window(&self, from: SimTime, to: SimTime) -> Window {
        self.log().window(&self.scenario, from, to)
    }

    /// This scenario with more changes at a moment: the same seed, so the same traffic meets them.
    pub fn fork(&self, at: SimTime, actions: impl IntoIterator<Item = Action>) -> Scenario {
        let mut fork = (*self.scenario).clone();
        fork.timeline.extend(actions.into_iter().map(|action| Change { at, action }));
        fork
    }

    /// A recording of another scenario that takes over what the two share ([`Scenario::shared_until`]); from the
    /// start where they share nothing.
    pub fn revised(&self, scenario: &Scenario) -> Self {
        let Some(until) = self.scenario.shared_until(scenario) else { return Self::new(scenario) };
        let (log, metrics) = self.tip.observer();
        let scenario = Arc::new(scenario.clone());
        if self.tip.now() < until || until == SimTime::NEVER {
            let mut same = Self { scenario, ..self.clone() };
            if until != SimTime::NEVER {
                same.tip.revise(&same.scenario);
            }
            return same;
        }
        // Nothing of the moment itself may have happened: a change comes first in it.
        let known = self.checkpoints.partition_point(|c| c.simulation.now() < until).max(1);
        let from = &self.checkpoints[known - 1];
        let mut tip = from.simulation.watched_by(|()| (log.cut(&from.log), from.metrics.clone()));
        debug_assert!(metrics.resolution() == from.metrics.resolution());
        tip.revise(&scenario);
        tip.limit_events(self.tip.limit());
        Self { scenario, tip, checkpoints: self.checkpoints[..known].to_vec(), spacing: self.spacing }
    }
}
