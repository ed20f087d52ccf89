//! A target: what somebody has proved, computed or published, and the run of ours that is held against it.

use super::observed::Run;
use crate::sim::scenario::Scenario;
use crate::sim::time::SimDuration;

/// One thing that is known, and how we measure it.
#[derive(Debug)]
pub struct Target {
    /// A short name that never changes; unique.
    pub id: &'static str,
    /// A title.
    pub title: &'static str,
    /// What it belongs to.
    pub area: Area,
    /// Where it is known from: a paper, a book, an RFC, with the place in it.
    pub source: &'static str,
    /// How the published model is set up here, and what differs.
    pub model: &'static str,
    /// The scenario, as JSON; its seed is set for each replication.
    pub json: fn() -> String,
    /// What is left out at the start of the run, until the system has settled; figures that read
    /// [`Run::load`] and [`Run::steady`] begin after it.
    pub warm_up: SimDuration,
    /// Replications; their seeds are 1 to this number.
    pub seeds: u32,
    /// What is compared.
    pub figures: &'static [Figure],
}

/// What a target belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Waiting lines, after theory.
    Queueing,
    /// Attempts and what they cost.
    Retries,
    /// What limits retries.
    Budgets,
    /// What stops requests.
    Breakers,
    /// Too much to do, and what becomes of it.
    Overload,
    /// Many writers of one row.
    Contention,
}

impl Area {
    /// All areas, in the order of a report.
    pub const ALL: [Self; 6] =
        [Self::Queueing, Self::Retries, Self::Budgets, Self::Breakers, Self::Overload, Self::Contention];

    /// A title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Queueing => "Queueing theory",
            Self::Retries => "Retries",
            Self::Budgets => "Retry budgets",
            Self::Breakers => "Circuit breakers",
            Self::Overload => "Overload and collapse",
            Self::Contention => "Contention",
        }
    }
}

/// A number that is compared.
#[derive(Debug)]
pub struct Figure {
    /// What it is, with its symbol if it has one.
    pub name: &'static str,
    /// Its unit; empty for a share or a ratio.
    pub unit: &'static str,
    /// The formula, in words and symbols.
    pub formula: &'static str,
    /// What it should be.
    pub theory: Theory,
    /// What it is in one run; not-a-number where the run says nothing about it, infinity where it should but cannot.
    pub of: fn(&Run) -> f64,
    /// Why it is something else here, where that is known; then agreement is an error.
    pub difference: Option<&'static str>,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Theory {
    /// This, in every run; nothing is left to chance.
    Exact(fn() -> f64),
    /// This, in every run, but for the rounding of floating-point sums ([`super::ROUNDING`]).
    Rounded(fn() -> f64),
    /// This, on average: our replications' 99.9 % confidence interval must contain it.
    Mean(fn() -> f64),
    /// The mean of another simulator's runs, which has an error of its own.
    Published {
        /// The figure.
        value: f64,
        /// What rounding to the printed digits may have changed it by.
        step: f64,
        /// Runs behind it.
        runs: u32,
    },
}

impl Target {
    /// The same, with the first so many seconds left out.
    pub(super) const fn settled_after(mut self, seconds: u64) -> Self {
        self.warm_up = SimDuration::from_secs(seconds);
        self
    }

    /// The scenario with a seed: what a link opens.
    pub fn scenario(&self, seed: u64) -> Scenario {
        let scenario = Scenario::from_json(&(self.json)());
        // Data of this program; a test reads all of them.
        let mut scenario = scenario.expect("the scenario of a target is valid");
        scenario.seed = seed;
        scenario.name = self.title.to_owned();
        scenario
    }
}

/// The most common figure: known, and not different.
pub(super) const fn figure(
    name: &'static str,
    unit: &'static str,
    formula: &'static str,
    theory: Theory,
    of: fn(&Run) -> f64,
) -> Figure {
    Figure { name, unit, formula, theory, of, difference: None }
}
