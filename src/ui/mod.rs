//! Leptos components. They show view models and hold neither rules nor arithmetic.
//!
//! All state is in [`Session`](session::Session): the scenario, the cursor, and what is open. Everything else is derived.
//! Wall-clock time exists only in `clock`, which moves the cursor.

#![allow(unreachable_pub, reason = "the component macro makes the functions below it pub")]

pub(crate) mod break_menu;
pub(crate) mod chain;
pub(crate) mod change_panel;
pub(crate) mod chips;
pub(crate) mod clock;
pub(crate) mod composer;
pub(crate) mod composer_more;
pub(crate) mod computing;
pub(crate) mod evidence;
pub(crate) mod explanation;
pub(crate) mod finder;
pub(crate) mod flags;
pub(crate) mod foot;
pub(crate) mod gateway_picker;
pub(crate) mod goal_list;
pub(crate) mod guess;
pub(crate) mod har;
pub(crate) mod icon;
pub(crate) mod inspector;
pub(crate) mod keys;
pub(crate) mod lanes;
pub(crate) mod lazy;
pub(crate) mod looking;
pub(crate) mod message;
pub(crate) mod more;
pub(crate) mod node;
pub(crate) mod node_body;
pub(crate) mod others;
pub(crate) mod page_file;
pub(crate) mod panel;
pub mod playground;
pub(crate) mod policy;
pub(crate) mod policy_code;
pub(crate) mod policy_waits;
pub(crate) mod reference_card;
pub(crate) mod request_filter;
pub(crate) mod requests;
pub(crate) mod scenario_text;
pub(crate) mod sending;
pub mod session;
pub(crate) mod settings;
pub(crate) mod settings_field;
pub(crate) mod settings_leaf;
pub(crate) mod settings_nodes;
pub(crate) mod settings_schema;
pub(crate) mod share;
pub(crate) mod sharing;
pub(crate) mod stack;
pub(crate) mod stage;
pub(crate) mod step_table;
pub(crate) mod timeline;
pub(crate) mod transport;
pub(crate) mod verdict_bar;
pub(crate) mod wire;
pub(crate) mod words;
