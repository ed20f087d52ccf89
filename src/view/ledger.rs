//! What a run holds, call by call: found once for each run, so that no look at it walks through the whole trace.

use crate::sim::order;
use std::collections::BTreeMap;

use crate::sim::message::Message;
use crate::sim::time::SimTime;
use crate::sim::trace::{Event, Index, NodeId, Note, Outcome, Span, SpanId, SpanKind, Trace};

use super::run::{Attempt, CallKey, Run};

/// A request of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its span.
    pub id: SpanId,
    /// Which.
    pub key: CallKey,
    /// Its number among all calls, from 0.
    pub number: u32,
    /// Whose.
    pub client: NodeId,
    /// Its start.
    pub start: SimTime,
    /// Its attempts, as indices into [`Run::attempts`].
    pub attempts: Vec<u32>,
    /// The orders that it created, as indices into [`Ledger::orders`].
    pub orders: Vec<u32>,
}

/// An order that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Its number.
    pub number: u32,
    /// When it was stored.
    pub at: SimTime,
    /// The span that stored it.
    pub span: SpanId,
    /// The attempt that it was created for, as an index into [`Run::attempts`].
    pub attempt: Option<u32>,
    /// The call, as an index into [`Ledger::calls`].
    pub call: Option<u32>,
    /// The `Idempotency-Key` that came with the request.
    pub key: Option<String>,
    /// The number of the first order that the same call, or the same key, had created before.
    pub copy_of: Option<u32>,
    /// When the client was told of it; never, if it was not.
    pub told: SimTime,
    /// From when on the client has an answer, or the certainty of none, that does not tell of it.
    pub denied: SimTime,
}

/// Who caused what in a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// All calls, in order of their start.
    pub calls: Vec<Call>,
    /// All orders, in order of their storing.
    pub orders: Vec<Order>,
    /// When orders were stored of which there had been one already, in order.
    copies: Vec<SimTime>,
    /// When clients were told of orders, in order; never, of those they were not told of.
    told: Vec<SimTime>,
    /// How many orders clients do not know of, from each moment on.
    untold: Vec<(SimTime, i32)>,
    /// The statuses that attempts ended with, none for no answer, each with the moment of the first.
    pub seen: BTreeMap<Option<u16>, SimTime>,
}

/// The message of an answer that came, whole or not.
pub fn message(outcome: Outcome) -> Option<Message> {
    match outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
        _ => None,
    }
}

impl Ledger {
    /// Looks once at every call, attempt and order of a run; never at all that happened.
    pub fn new(run: &Run) -> Self {
        let mut ledger = Self { calls: calls(run), ..Self::default() };
        for (i, attempt) in run.attempts.iter().enumerate() {
            if let Some(call) = ledger.place(attempt.call) {
                ledger.calls[call as usize].attempts.push(i as u32);
            }
            if attempt.is_over() {
                let first = ledger.seen.entry(attempt.status).or_insert(attempt.end);
                *first = attempt.end.min(*first);
            }
        }
        ledger.count_orders(run);
        ledger
    }

    fn count_orders(&mut self, run: &Run) {
        let mut by_key = BTreeMap::<String, u32>::new();
        let requests = run.trace.scenario.requests();
        for event in run.commits() {
            let Event { at, span, note: Note::Committed(number) } = run.trace.events[*event as usize] else {
                continue;
            };
            let attempt = attempt_of(&run.trace, span).and_then(|id| attempt_place(run, id));
            let made_by = attempt.and_then(|i| run.attempts.get(i as usize));
            let call = made_by.and_then(|a| self.place(a.call));
            let of_call = call.map(|i| &self.calls[i as usize]);
            let asked = |c: &Call| *requests.get(run.trace.span(c.id).detail as usize)?;
            let key = of_call.and_then(|c| asked(c)?.idempotency_key.text(c.number));
            let earlier = of_call.and_then(|c| c.orders.first()).map(|i| self.orders[*i as usize].number);
            let copy_of = earlier.or_else(|| by_key.get(key.as_ref()?).copied());
            if let Some(key) = &key {
                by_key.entry(key.clone()).or_insert(number);
            }
            if copy_of.is_some() {
                self.copies.push(at);
            }
            let tells = |a: &&Attempt| {
                a.is_over()
                    && a.mark.good()
                    && message(run.trace.span(a.span).outcome).is_some_and(|m| m.number == number)
            };
            let attempts = of_call.map(|c| c.attempts.as_slice()).unwrap_or_default();
            let told = (attempts.iter().map(|i| &run.attempts[*i as usize]))
                .filter(tells)
                .map(|a| a.end)
                .min()
                .unwrap_or(SimTime::NEVER);
            let denied = match made_by {
                Some(a) if a.is_over() && a.end < told => a.end.max(at),
                _ => SimTime::NEVER,
            };
            if denied < told {
                self.untold.push((denied, 1));
                self.untold.push((told, -1));
            }
            self.told.push(told);
            if let Some(call) = call {
                self.calls[call as usize].orders.push(self.orders.len() as u32);
            }
            self.orders.push(Order { number, at, span, attempt, call, key, copy_of, told, denied });
        }
        order::sort(&mut self.told);
        order::sort(&mut self.untold);
        let mut sum = 0;
        for (_, change) in &mut self.untold {
            sum += *change;
            *change = sum;
        }
    }

    /// The place of a call in [`Ledger::calls`].
    pub fn place(&self, call: SpanId) -> Option<u32> {
        self.calls.binary_search_by_key(&call, |c| c.id).ok().map(|i| i as u32)
    }

    /// The call of an attempt.
    pub fn call(&self, attempt: &Attempt) -> Option<&Call> {
        self.calls.get(self.place(attempt.call)? as usize)
    }

    /// How many orders were stored by then of which there had been one already.
    pub fn copies_by(&self, at: SimTime) -> usize {
        self.copies.partition_point(|stored| *stored <= at)
    }

    /// How many orders clients were told of by then.
    pub fn told_by(&self, at: SimTime) -> usize {
        self.told.partition_point(|told| *told <= at)
    }

    /// How many orders there are at a moment that the client was not told of, although its attempt has ended.
    pub fn untold_at(&self, at: SimTime) -> usize {
        let last = self.untold.partition_point(|(from, _)| *from <= at).checked_sub(1);
        last.map_or(0, |i| self.untold[i].1.max(0) as usize)
    }
}

fn calls(run: &Run) -> Vec<Call> {
    (run.calls.iter().enumerate())
        .map(|(i, call)| {
            let span = run.trace.span(call.span);
            Call {
                id: call.span,
                key: call.key,
                number: i as u32,
                client: span.node,
                start: span.start,
                attempts: Vec::new(),
                orders: Vec::new(),
            }
        })
        .collect()
}

/// The place of an attempt in [`Run::attempts`].
pub fn attempt_place(run: &Run, span: SpanId) -> Option<u32> {
    run.attempts.binary_search_by_key(&span, |a| a.span).ok().map(|i| i as u32)
}

/// The spans below an attempt of one kind.
pub fn of_kind(trace: &Trace, root: SpanId, kind: SpanKind) -> Vec<(SpanId, &Span)> {
    let all = Index::new(trace).below(root).into_iter().map(|id| (id, trace.span(id)));
    all.filter(|(_, span)| span.kind == kind).collect()
}

/// The attempt that a span belongs to.
fn attempt_of(trace: &Trace, mut span: SpanId) -> Option<SpanId> {
    loop {
        let here = trace.spans.get(span.0 as usize)?;
        if here.kind == SpanKind::Attempt {
            return Some(span);
        }
        span = here.parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn orders_know_who_made_them_and_who_was_told() {
        let run = sent();
        let ledger = Ledger::new(&run);
        assert!(ledger.orders.len() > 1 && ledger.calls.len() == 1);
        assert_eq!((ledger.orders[0].number, ledger.orders[0].attempt), (1_042, Some(0)));
        assert_eq!(ledger.orders[0].copy_of, None);
        assert_eq!(ledger.orders[1].copy_of, Some(1_042));
        assert!(ledger.orders.iter().all(|o| o.told == SimTime::NEVER && o.denied == o.at));
        assert_eq!(ledger.untold_at(ledger.orders[0].at), 1);
        assert_eq!(ledger.untold_at(SimTime::from_secs(1)), 0);
        assert_eq!(ledger.untold_at(run.last()), ledger.orders.len());
        assert_eq!(ledger.seen.keys().copied().collect::<Vec<_>>(), [Some(502), Some(504)]);
    }

    #[test]
    fn a_key_that_is_obeyed_leaves_one_order_of_which_the_client_learns_late() {
        let slow = r#"{"inject": {"node": "database", "fault": {"slow_query": {"query_time": {"fixed": "2500ms"}}}}}"#;
        let send = r#"{"send": {"client": "client", "request": {"method": "POST", "path": "/orders", "idempotency_key": "per_call"}}}"#;
        let mut scenario = crate::view::first::scenario();
        scenario.timeline.clear();
        for action in [slow, send] {
            let action = serde_json::from_str(action).expect("an action");
            scenario.timeline.push(crate::sim::scenario::Change { at: SimTime::ZERO, action });
        }
        let run = Run::new(&scenario);
        let ledger = Ledger::new(&run);
        assert_eq!(ledger.orders.len(), 1, "the key is obeyed");
        let order = &ledger.orders[0];
        assert!(order.key.as_ref().is_some_and(|k| k.len() == 36));
        assert!(order.denied < order.told && order.told < SimTime::NEVER, "{order:?}");
        assert_eq!(ledger.untold_at(order.denied), 1);
        assert_eq!(ledger.untold_at(order.told), 0);
    }
}
