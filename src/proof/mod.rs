//! The simulator held against theory and published figures, as data.
//!
//! A [`Target`] is one thing that is known: a formula, an RFC's rule, a figure that somebody published. It
//! names its source, brings the scenario that stands for it, and the [`Figure`]s that are compared. A
//! [`Measurement`] runs the scenario with as many seeds as the target says, in slices, so that a page stays alive
//! meanwhile; [`Measured`] is the outcome, with a verdict for each figure. The page shows it, `tests/theory.rs`
//! fails when a verdict is bad, and `tests/golden/proofs.md` is the report whose diff is the review.
//!
//! # What counts as agreement
//!
//! - [`Theory::Exact`]: the same number in every run. Nothing is allowed for.
//! - [`Theory::Rounded`]: the same but for the rounding of floating-point sums, [`ROUNDING`].
//! - [`Theory::Mean`]: the 99.9 % confidence interval of the mean of independent replications contains it.
//! - [`Theory::Published`]: the figure is a mean of somebody's runs and has an error of its own; the interval is
//!   that of the difference of both means, widened by what rounding to the printed digits may have changed.
//!
//! No tolerance is set by hand. Where a published model cannot be rebuilt exactly, the figure says so
//! ([`Figure::difference`]); it is then expected to differ, and agreement would be an error.
//!
//! # Adding a target
//!
//! Write it into the list of its area; `FIVEXX_BLESS=1 cargo test --test theory` adds it to the report.
//!
//! # Not here
//!
//! Recordings of real products, which [`crate::sim::recorded`] compares with. Of published figures:
//!
//! - Brooker's breaker (retries stop above a tenth of failures since the start): no budget here counts for ever.
//! - Deadlines that are handed on from hop to hop (30, 23, 19 s in the SRE book): requests carry none.
//! - A cache in front of the database in the metastable example (90 % of hits, ten times the load without).
//! - 4³ = 64 attempts over three layers: 4² over two, as one gateway tries each of its servers once.
//! - Load and failures that depend on a processor (the shape test of Huang et al., OSDI 2022).

mod breakers;
mod budgets;
mod contention;
mod measure;
mod observed;
mod overload;
mod queueing;
mod report;
mod retries;
mod setup;
mod statistics;
mod target;

pub use measure::{Found, Measured, Measurement, ROUNDING, Verdict};
pub use observed::{Call, Run, Watch};
pub use report::report;
pub use statistics::{Sample, student_t};
pub use target::{Area, Figure, Target, Theory};

/// The targets of each area, in the order of the report.
const LISTS: [&[Target]; 6] = [
    queueing::TARGETS,
    retries::TARGETS,
    budgets::TARGETS,
    breakers::TARGETS,
    overload::TARGETS,
    contention::TARGETS,
];

/// All targets.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    LISTS.into_iter().flatten()
}

/// Measures a target in one go.
pub fn measure(target: &'static Target) -> Measured {
    Measurement::new(target).finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::interop::link;

    #[test]
    fn every_target_has_an_id_of_its_own_a_source_and_a_scenario_that_a_link_can_carry() {
        let mut ids = BTreeSet::new();
        for target in targets() {
            assert!(ids.insert(target.id), "{} is there twice", target.id);
            assert!(target.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!target.source.is_empty() && !target.figures.is_empty(), "{}", target.id);
            let scenario = target.scenario(1);
            assert!(scenario.check().is_ok(), "{}", target.id);
            assert_eq!(link::decode(&link::encode(&scenario)), Ok(scenario), "{}", target.id);
        }
    }

    #[test]
    fn how_the_work_is_cut_up_does_not_matter() {
        let target = targets().find(|t| t.id == "mm1-5-09").expect("a small target");
        let whole = Measurement::with_seeds(target, 2).finish();
        let mut sliced = Measurement::with_seeds(target, 2);
        let mut slices = 1;
        let result = loop {
            match sliced.advance(1_000) {
                Some(measured) => break measured,
                None => slices += 1,
            }
        };
        assert_eq!(whole, result);
        assert!(slices > 10, "{slices} slices");
    }
}
