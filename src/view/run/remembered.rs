//! The explanations that were asked for last.

use std::sync::{Arc, Mutex, PoisonError};

use crate::sim::explain::Explanation;
use crate::sim::trace::SpanId;

/// How many are remembered: several parts of the page ask for the same one, and a person goes back and forth.
const MOST: usize = 64;

/// Some explanations, the one asked for last at the end.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Vec<(SpanId, Arc<Explanation>)>>);

impl Remembered {
    /// The explanation of an attempt, made if it is not remembered.
    pub(super) fn of(&self, attempt: SpanId, make: impl FnOnce() -> Explanation) -> Arc<Explanation> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match known.iter().position(|(span, _)| *span == attempt) {
            Some(place) => known.remove(place),
            None => (attempt, Arc::new(make())),
        };
        if known.len() == MOST {
            known.remove(0);
        }
        let explanation = entry.1.clone();
        known.push(entry);
        explanation
    }
}
