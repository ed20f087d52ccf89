//! The evidence: the list of requests, and what is known of one of them. Their common state is here.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::inspector::InspectorPanel;
use super::requests::Requests;
use super::session::{Session, session};
use crate::view::filter::Filter;
use crate::view::ledger::Ledger;
use crate::view::run::{Attempt, Run};
use crate::view::waterfall::{PAGE, RowId};

/// What a person chose of the evidence.
#[derive(Clone, Copy)]
pub(crate) struct Looking {
    /// What the run holds.
    pub(super) ledger: Memo<Arc<Ledger>>,
    /// Which requests are listed.
    pub(super) filter: RwSignal<Filter>,
    /// How many of them.
    pub(super) most: RwSignal<usize>,
    /// Parts of attempts that were opened and closed.
    pub(super) parts: RwSignal<BTreeMap<RowId, bool>>,
    /// The row that the keyboard is at.
    pub(super) row: RwSignal<Option<RowId>>,
    /// The hop whose bytes are shown, by its label.
    pub(super) hop: RwSignal<String>,
}

impl Looking {
    fn new(session: Session) -> Self {
        // A new run has a new ledger: comparing them would take longer than using it.
        let ledger =
            Memo::new_with_compare(move |_| session.run.with(|run| Arc::new(Ledger::new(run))), |_, _| true);
        Self {
            ledger,
            filter: RwSignal::new(Filter::default()),
            most: RwSignal::new(PAGE),
            parts: RwSignal::new(BTreeMap::new()),
            row: RwSignal::new(None),
            hop: RwSignal::new(String::new()),
        }
    }

    /// What `make` makes of the attempt that is explained; none without one. Tracked.
    pub(super) fn of_attempt<T>(
        self,
        session: Session,
        make: impl Fn(&Run, &Ledger, &Attempt) -> T,
    ) -> Option<T> {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        Some(self.ledger.with(|ledger| make(&run, ledger, attempt)))
    }
}

/// What both panels share.
pub(super) fn looking() -> Looking {
    expect_context::<Looking>()
}

/// Both panels.
pub(crate) fn below() -> AnyView {
    provide_context(Looking::new(session()));
    view! {
        <Requests/>
        <InspectorPanel/>
    }
    .into_any()
}
