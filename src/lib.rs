//! fivexx: a playground for HTTP server errors.
//!
//! # The map of the code
//!
//! A [`Scenario`](sim::scenario::Scenario) is all there is to say about a run. [`sim::run`] makes a
//! [`Trace`](sim::trace::Trace) of it; [`sim::explain()`] says why each answer is what it is;
//! [`view`] turns both into plain data for the screen.
//!
//! | folder | layer | what is there |
//! |---|---|---|
//! | [`sim`] | core | scenario, clock, random streams, actors, trace, explanation |
//! | [`mod@reference`] | core | what is known about each status code, with sources |
//! | [`proof`] | core | the simulator held against theory and published figures |
//! | [`presets`] | core | scenarios with a name: runs worth showing |
//! | [`interop`] | core | the run in other forms: share links |
//! | [`view`] | core | view models: plain data, pure functions |
//! | `ui` | widget | Leptos components; they hold no rule and no arithmetic |
//! | `page` | page | the shell of the whole page |
//!
//! The layers are features (`widget`, `page`); without them no browser crate is in the tree. With `split`, the page's
//! module comes in several: what a first visit does not need is fetched when it is first asked for (`ui/lazy.rs`).
//!
//! What is absent: the core reads no clock and no shared random source, has no hash order, and no actor
//! sees another. The page keeps no state beside the scenario and the cursor.

pub mod interop;
pub mod presets;
pub mod proof;
pub mod reference;
pub mod sim;
pub mod view;

#[cfg(feature = "widget")]
pub mod ui;

#[cfg(feature = "page")]
pub mod page;
