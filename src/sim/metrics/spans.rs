//! The spans that are open, found by their number.

use std::collections::{BTreeMap, VecDeque};

use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, SpanId, SpanKind};

/// What is remembered of a span that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) start: SimTime,
    pub(super) node: NodeId,
    pub(super) kind: SpanKind,
    pub(super) queued: bool,
    pub(super) started: bool,
    /// It had a worker at least once.
    pub(super) begun: bool,
    pub(super) caller_left: bool,
}

/// Open spans. Memory follows how many are open at a time, not how many there were.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenSpans {
    /// The newest spans, without a gap.
    window: VecDeque<Option<Open>>,
    /// The number of the first of them.
    first: u32,
    /// Spans that stayed open for so long that the window moved past them.
    old: BTreeMap<u32, Open>,
    open: usize,
}

/// The window is at least this long.
const WINDOW: usize = 1_024;

impl OpenSpans {
    pub(super) fn begin(&mut self, open: Open) -> SpanId {
        while self.window.len() > WINDOW.max(4 * self.open) || matches!(self.window.front(), Some(None)) {
            if let Some(Some(stays)) = self.window.pop_front() {
                self.old.insert(self.first, stays);
            }
            self.first = self.first.wrapping_add(1);
        }
        let id = self.first.wrapping_add(self.window.len() as u32);
        self.window.push_back(Some(open));
        self.open += 1;
        SpanId(id)
    }

    pub(super) fn get(&mut self, span: SpanId) -> Option<&mut Open> {
        match self.window.get_mut(span.0.wrapping_sub(self.first) as usize) {
            Some(open) => open.as_mut(),
            None => self.old.get_mut(&span.0),
        }
    }

    pub(super) fn end(&mut self, span: SpanId) -> Option<Open> {
        let ended = match self.window.get_mut(span.0.wrapping_sub(self.first) as usize) {
            Some(open) => open.take(),
            None => self.old.remove(&span.0),
        };
        self.open -= usize::from(ended.is_some());
        ended
    }

    /// How many entries it takes.
    pub(super) fn held(&self) -> usize {
        self.window.capacity() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_stays_open_is_found_and_holds_nothing_else() {
        let open = Open {
            start: SimTime::ZERO,
            node: NodeId(0),
            kind: SpanKind::Call,
            queued: false,
            started: false,
            begun: false,
            caller_left: false,
        };
        let mut spans = OpenSpans::default();
        let stays = spans.begin(open);
        for n in 1..100_000u32 {
            let id = spans.begin(Open { node: NodeId(1), ..open });
            assert_eq!(id, SpanId(n));
            assert_eq!(spans.end(id).map(|o| o.node), Some(NodeId(1)));
            assert!(spans.end(id).is_none());
        }
        assert!(spans.held() < 4 * WINDOW, "{}", spans.held());
        assert_eq!(spans.get(stays).map(|o| o.node), Some(NodeId(0)));
        assert!(
            spans.end(stays).is_some() && spans.end(stays).is_none() && spans.end(SpanId::NONE).is_none()
        );
    }
}
