//! Moves of the playhead: what the page computes anew for each, all panels open.

use fivexx::sim::scenario::Scenario;
use fivexx::sim::time::SimTime;
use fivexx::sim::trace::NodeId;
use fivexx::view::filter::{Filter, Matching};
use fivexx::view::ledger::Ledger;
use fivexx::view::run::{Attempt, Run};
use fivexx::view::waterfall::{Chosen, PAGE, waterfall};
use fivexx::view::{Now, goals, hops, inspector, lanes, orders, path, verdict, wires};
use std::collections::BTreeMap;
use std::hint::black_box;

/// A run, and the moments that are shown one after the other.
pub(crate) struct Moves {
    run: Run,
    ledger: Ledger,
    matching: Matching,
    moments: Vec<SimTime>,
}

impl Moves {
    /// Moments all over the run, in an order that jumps.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let run = Run::new(scenario);
        let moment = |i: u64| SimTime::from_nanos(run.last().as_nanos() / 100 * (i * 37 % 100));
        let ledger = Ledger::new(&run);
        let matching = Matching::new(&run, &ledger, &Filter::default());
        Self { moments: (0..100).map(moment).collect(), run, ledger, matching }
    }

    /// How many moments there are.
    pub(crate) fn count(&self) -> u64 {
        self.moments.len() as u64
    }

    /// How many events the run has.
    pub(crate) fn events(&self) -> u64 {
        self.run.trace.events.len() as u64
    }

    /// Shows all moments.
    pub(crate) fn show(&self) {
        for at in &self.moments {
            show(self, Now { cursor: *at, known: self.run.last() });
        }
    }
}

fn show(moves: &Moves, now: Now) {
    let Moves { run, ledger, matching, .. } = moves;
    let step = run.step_at(now.cursor);
    let attempt: Option<&Attempt> = run.last_answer(now.cursor);
    black_box(step.and_then(|step| run.step(step)));
    for node in 0..run.trace.nodes.len() {
        black_box(path::node(run, NodeId(node as u16), now.cursor, step, attempt));
    }
    for wire in 0..path::columns(&run.trace).len() {
        black_box((path::wire(run, wire, now.cursor), wires::dots(run, wire, now.cursor)));
    }
    if let Some(attempt) = attempt {
        black_box(verdict::verdict(run, attempt, now.cursor, step));
        black_box(hops::hops(run, ledger, attempt, now.known));
        black_box(inspector::log(&inspector::logs(run, attempt), now.known));
        black_box(inspector::origin(run, attempt, now.known));
        black_box(inspector::origin_note(run, ledger, attempt, now.known));
        black_box(orders::orders(run, ledger, attempt, now.known));
    }
    black_box(lanes::lanes(run, now));
    black_box(goals::goals(run, now.known));
    let (calls, parts) = (BTreeMap::new(), BTreeMap::new());
    let chosen = Chosen { selected: attempt.map(|a| a.key), calls: &calls, parts: &parts, most: PAGE };
    black_box(waterfall(run, ledger, matching, now, chosen));
}
