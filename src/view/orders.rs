//! The state of the orders service: what was really created, for whom, and who knows of it.

use crate::sim::time::SimTime;

use super::ledger::{self, Ledger, Order};
use super::mark;
use super::run::{Attempt, Run};
use super::{format, names};

/// How many rows are shown at the most; the newest.
pub const MOST: usize = 200;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub order: String,
    /// Which order it is a copy of: `copy of 1042`; empty for none.
    pub copy: String,
    /// For which attempt of which request it was created.
    pub made_by: String,
    /// The idempotency key that came with it; empty for none.
    pub key: String,
    /// When it was stored.
    pub at: String,
    /// Whether the client was told.
    pub told: String,
    /// The client has another answer.
    pub denied: bool,
    /// It was created for the attempt that is looked at.
    pub of_this: bool,
}

/// All orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The orders, the newest first.
    pub rows: Vec<Row>,
    /// In one sentence; empty where nothing was created.
    pub summary: String,
    /// Clients do not know of some of them, or have more than they asked for.
    pub bad: bool,
    /// How many older ones are not shown.
    pub left_out: usize,
}

/// The orders that were created by `known`; `attempt` is the one that is looked at.
pub fn orders(run: &Run, ledger: &Ledger, attempt: &Attempt, known: SimTime) -> Orders {
    let attempt = ledger::attempt_place(run, attempt.span);
    let stored = run.orders_by(known);
    if stored == 0 {
        return Orders::default();
    }
    let untold = ledger.untold_at(known);
    let copies = ledger.copies_by(known);
    let mut parts = vec![format!("{} created", format::count(stored, "order", "orders"))];
    if copies > 0 {
        parts.push(format!("{copies} of them {}", if copies == 1 { "a copy" } else { "copies" }));
    }
    parts.push(match untold {
        0 if ledger.told_by(known) >= stored => "and clients were told of each".to_owned(),
        0 => "and nobody was told otherwise so far".to_owned(),
        n => format!("{n} without the client being told"),
    });
    let rows = ledger.orders[stored.saturating_sub(MOST)..stored].iter().rev();
    Orders {
        rows: rows.map(|order| row(run, ledger, order, known, attempt)).collect(),
        summary: format!("{}.", parts.join(", ")),
        bad: untold > 0 || copies > 0,
        left_out: stored.saturating_sub(MOST),
    }
}

fn row(run: &Run, ledger: &Ledger, order: &Order, known: SimTime, attempt: Option<u32>) -> Row {
    let made_by = order.attempt.and_then(|i| run.attempts.get(i as usize));
    let call = order.call.map(|i| &ledger.calls[i as usize]);
    let asked = call.and_then(|c| run.trace.request(c.id)).map(|r| format!("{} {}", r.method, r.path));
    let client = match (call, run.trace.scenario.clients.len()) {
        (Some(call), 2..) => format!(" of {}", names::short(&run.trace, call.client)),
        _ => String::new(),
    };
    let which =
        call.filter(|_| ledger.calls.len() > 1).map(|c| format!(" {}", c.number + 1)).unwrap_or_default();
    let denied = order.denied <= known && known < order.told;
    let told = if order.told <= known {
        format!("yes, at {}", format::moment(order.told))
    } else if denied {
        match made_by {
            Some(a) => format!("no: {}", mark::label(a.status)),
            None => "no".to_owned(),
        }
    } else {
        "not yet".to_owned()
    };
    Row {
        order: order.number.to_string(),
        copy: order.copy_of.map(|first| format!("copy of {first}")).unwrap_or_default(),
        made_by: match (made_by, asked) {
            (Some(a), Some(asked)) => format!("attempt {} of {asked}{which}{client}", a.key.number),
            _ => "nobody’s request".to_owned(),
        },
        key: order.key.clone().unwrap_or_default(),
        at: format::moment(order.at),
        told,
        denied,
        of_this: order.attempt.is_some() && order.attempt == attempt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn copies_and_untold_orders_are_marked() {
        let run = sent();
        let ledger = Ledger::new(&run);
        let all = orders(&run, &ledger, &run.attempts[0], run.last());
        assert_eq!(all.rows.len(), ledger.orders.len());
        let oldest = all.rows.last().expect("an order");
        assert_eq!(
            (oldest.order.as_str(), oldest.copy.as_str(), oldest.told.as_str()),
            ("1042", "", "no: 504")
        );
        assert_eq!(oldest.made_by, "attempt 1 of POST /orders");
        assert!(oldest.of_this && oldest.denied);
        assert!(all.rows[0].copy == "copy of 1042" && !all.rows[0].of_this);
        assert!(all.bad && all.summary.contains("without the client being told"), "{}", all.summary);
        assert_eq!(orders(&run, &ledger, &run.attempts[1], SimTime::from_secs(1)), Orders::default());
    }
}
