//! View models: a run at a moment as plain data, ready to be put on a screen.
//!
//! Everything here is a pure function of a [`Run`](run::Run) and a moment; nothing knows a browser. The components in
//! `ui` show these values and add neither rules nor arithmetic.
//!
//! Two moments matter. The *cursor* is the moment that is shown. What lies behind it stays visible, pale, as far as it was
//! shown before: up to the *known* end. Beyond that nothing is told, so that a status is never seen before it happens.

pub mod address;
pub mod app_log;
pub mod card;
pub mod changes;
pub mod composer;
pub mod conditions;
#[cfg(test)]
mod contrast;
pub mod crowd;
pub mod edit;
pub mod fault_form;
pub mod fetch_with_retry;
pub mod filter;
pub mod first;
pub mod flags;
pub mod form;
pub mod format;
pub mod gallery;
pub mod goals;
pub mod hops;
pub mod inspector;
pub mod jumps;
pub mod lanes;
pub mod ledger;
pub mod mark;
pub mod names;
pub mod nodes;
pub mod opened;
pub mod orders;
pub mod others;
pub mod own_runs;
pub mod pace;
pub mod parts;
pub mod path;
pub mod phases;
pub mod policy;
pub mod raw;
pub mod refused;
pub mod run;
#[cfg(test)]
pub(crate) mod samples;
pub mod settings;
pub mod steps;
pub mod stretches;
pub mod text;
pub mod verdict;
pub mod waterfall;
pub mod wires;

use crate::sim::time::SimTime;

/// The moment that is shown, and how far the run is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The moment that is shown.
    pub cursor: SimTime,
    /// The latest moment that was shown since the last change; never before the cursor.
    pub known: SimTime,
}
