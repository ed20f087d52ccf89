//! Measuring a target, slice by slice: a page stays alive, a test runs it in one go.

use super::observed::{Run, Watch};
use super::statistics::Sample;
use super::target::{Figure, Target, Theory};
use crate::sim::metrics::Metrics;
use crate::sim::scenario::Scenario;
use crate::sim::simulation::{EVENT_LIMIT, Simulation};
use crate::sim::time::SimTime;
use crate::sim::trace::Stop;

/// A target that is being measured.
pub struct Measurement {
    target: &'static Target,
    seeds: u32,
    /// Replications that are over.
    done: u32,
    run: Option<Running>,
    samples: Vec<Sample>,
    little: f64,
}

struct Running {
    scenario: Scenario,
    simulation: Simulation<Watch>,
    /// The metrics at the end of the warm-up, once that has passed.
    before: Option<Metrics>,
}

/// What was measured of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Replications; their seeds are 1 to this number.
    pub seeds: u32,
    /// One for each of the target's figures, in order.
    pub figures: Vec<Found>,
    /// The most by which Little's law was off in any of the runs, relatively.
    pub little: f64,
}

/// A figure of ours beside theory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What theory says.
    pub theory: f64,
    /// The mean of our replications.
    pub ours: f64,
    /// Ours less theory.
    pub residual: f64,
    /// How far they may be apart: nothing where theory is exact; else the 99.9 % interval of the difference.
    pub margin: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// What is to be said of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same, to the last digit.
    Exact,
    /// The difference lies within what chance makes.
    Agrees,
    /// It does not, and why is known and written beside it.
    Differs,
    /// It does not.
    Fails,
    /// It does, but the interval is so wide that it proves nothing.
    TooWide,
    /// A difference is written beside it that is not there.
    NoDifference,
}

impl Verdict {
    /// True if this is how it should be.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Exact | Self::Agrees | Self::Differs)
    }

    /// In one word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Agrees => "agrees",
            Self::Differs => "differs, as noted",
            Self::Fails => "FAILS",
            Self::TooWide => "TOO WIDE",
            Self::NoDifference => "NO DIFFERENCE",
        }
    }
}

/// An interval wider than this share of the figure proves nothing.
const WIDEST: f64 = 0.25;

/// What sums of floating-point numbers lose, relatively.
pub const ROUNDING: f64 = 1e-9;

impl Measurement {
    /// Begins to measure, with as many replications as the target says.
    pub fn new(target: &'static Target) -> Self {
        Self::with_seeds(target, target.seeds)
    }

    /// Begins to measure with another number of replications; one at least.
    pub fn with_seeds(target: &'static Target, seeds: u32) -> Self {
        let samples = vec![Sample::default(); target.figures.len()];
        Self { target, seeds: seeds.max(1), done: 0, run: None, samples, little: 0.0 }
    }

    /// What is measured.
    pub fn target(&self) -> &'static Target {
        self.target
    }

    /// Replications that are over, and how many there will be.
    pub fn progress(&self) -> (u32, u32) {
        (self.done, self.seeds)
    }

    /// Goes on for at most so many events; the result once all replications are over.
    ///
    /// Results do not depend on how the work is cut up.
    pub fn advance(&mut self, events: u64) -> Option<Measured> {
        let mut left = events.max(1);
        while self.done < self.seeds && left > 0 {
            let (target, seed) = (self.target, self.done + 1);
            let mut running = self.run.take().unwrap_or_else(|| Running::new(target, u64::from(seed)));
            left = running.advance(target, left);
            if running.simulation.stop() == Stop::Running {
                self.run = Some(running);
            } else {
                self.ended(running);
            }
        }
        (self.done == self.seeds).then(|| self.measured())
    }

    /// Goes on to the end.
    pub fn finish(mut self) -> Measured {
        loop {
            if let Some(measured) = self.advance(EVENT_LIMIT) {
                return measured;
            }
        }
    }

    fn ended(&mut self, running: Running) {
        let Running { scenario, simulation, before } = running;
        let watch = simulation.observer().clone();
        let before = before.unwrap_or_else(|| Metrics::new(&scenario, scenario.horizon));
        let run = Run::new(&scenario, before, watch, self.target.warm_up);
        for (figure, sample) in self.target.figures.iter().zip(&mut self.samples) {
            sample.add((figure.of)(&run));
        }
        self.little = self.little.max(run.little());
        self.done += 1;
    }

    fn measured(&self) -> Measured {
        let figures = self.target.figures.iter().zip(&self.samples).map(|(f, s)| found(f, s)).collect();
        Measured { seeds: self.seeds, figures, little: self.little }
    }
}

impl Running {
    fn new(target: &Target, seed: u64) -> Self {
        let scenario = target.scenario(seed);
        let simulation = Simulation::new(&scenario, Watch::new(&scenario));
        Self { scenario, simulation, before: None }
    }

    /// Handles so many events at most; tells how many it could have handled besides.
    fn advance(&mut self, target: &Target, mut left: u64) -> u64 {
        let warm = SimTime::ZERO + target.warm_up;
        while left > 0 && self.simulation.stop() == Stop::Running {
            if self.before.is_none() && self.simulation.now() >= warm && !target.warm_up.is_zero() {
                self.before = Some(self.simulation.observer().metrics().clone());
            }
            self.simulation.step();
            left -= 1;
        }
        left
    }
}

/// Holds our figure against theory.
fn found(figure: &Figure, sample: &Sample) -> Found {
    let ours = sample.mean();
    let (theory, margin) = match figure.theory {
        Theory::Exact(value) => (value(), 0.0),
        Theory::Rounded(value) => (value(), ROUNDING * value().abs()),
        Theory::Mean(value) => (value(), sample.margin(None)),
        Theory::Published { value, step, runs } => (value, sample.margin(Some(runs)) + step),
    };
    let residual = ours - theory;
    let same = match figure.theory {
        // Each replication by itself: errors that cancel out are errors.
        Theory::Exact(_) | Theory::Rounded(_) => {
            sample.figures().iter().all(|f| (f - theory).abs() <= margin)
        }
        Theory::Mean(_) | Theory::Published { .. } => residual.abs() <= margin,
    };
    let exact = matches!(figure.theory, Theory::Exact(_) | Theory::Rounded(_));
    let verdict = match (same && sample.count() > 0, figure.difference) {
        (true, Some(_)) => Verdict::NoDifference,
        (false, Some(_)) => Verdict::Differs,
        (false, None) => Verdict::Fails,
        (true, None) if exact => Verdict::Exact,
        (true, None) if margin > WIDEST * theory.abs() => Verdict::TooWide,
        (true, None) => Verdict::Agrees,
    };
    Found { theory, ours, residual, margin, verdict }
}
