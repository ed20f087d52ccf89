//! Which requests of the list are shown: by what came of them, by client, by text.
//!
//! A request comes into a filtered list at the moment from which on the filter is true of it, so that the list never
//! tells of what was not shown yet.

use crate::sim::order;
use crate::sim::time::SimTime;

use super::ledger::{Call, Ledger};
use super::run::{Attempt, Run};

/// What came of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// Whatever.
    #[default]
    Anything,
    /// An attempt was answered with this status.
    Code(u16),
    /// An attempt was answered with a status of this class: 5 for 500 to 599.
    Class(u16),
    /// An attempt was not answered.
    Nothing,
    /// There was a second attempt.
    Retried,
    /// More than one order was created.
    Copies,
}

impl Came {
    /// As the value of a field.
    pub fn value(self) -> String {
        match self {
            Self::Anything => String::new(),
            Self::Code(code) => code.to_string(),
            Self::Class(class) => format!("{class}xx"),
            Self::Nothing => "none".to_owned(),
            Self::Retried => "retried".to_owned(),
            Self::Copies => "copies".to_owned(),
        }
    }

    /// Of the value of a field; anything for a value that there is not.
    pub fn parse(value: &str) -> Self {
        match value {
            "none" => Self::Nothing,
            "retried" => Self::Retried,
            "copies" => Self::Copies,
            _ => match (value.strip_suffix("xx").and_then(|v| v.parse().ok()), value.parse().ok()) {
                (Some(class), _) => Self::Class(class),
                (None, Some(code)) => Self::Code(code),
                (None, None) => Self::Anything,
            },
        }
    }

    /// What a person reads.
    pub fn label(self) -> String {
        match self {
            Self::Anything => "any outcome".to_owned(),
            Self::Code(code) => format!("answered {code}"),
            Self::Class(class) => format!("answered {class}xx"),
            Self::Nothing => "no answer".to_owned(),
            Self::Retried => "retried".to_owned(),
            Self::Copies => "more than one order".to_owned(),
        }
    }

    /// From when on it is true of a request.
    fn since(self, run: &Run, ledger: &Ledger, call: &Call) -> Option<SimTime> {
        let attempts = || call.attempts.iter().filter_map(|i| run.attempts.get(*i as usize));
        let ended =
            |is: &dyn Fn(&Attempt) -> bool| attempts().filter(|a| a.is_over() && is(a)).map(|a| a.end).min();
        match self {
            Self::Anything => Some(call.start),
            Self::Code(code) => ended(&|a| a.status == Some(code)),
            Self::Class(class) => ended(&|a| a.status.is_some_and(|s| s / 100 == class)),
            Self::Nothing => ended(&|a| a.status.is_none()),
            Self::Retried => attempts().nth(1).map(|a| a.start),
            Self::Copies => call.orders.get(1).map(|i| ledger.orders[*i as usize].at),
        }
    }
}

/// Which requests are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What came of them.
    pub came: Came,
    /// Whose they are; empty for everyone's.
    pub client: String,
    /// What stands in method and target, whatever the case; empty for anything.
    pub text: String,
}

impl Filter {
    /// True if every request is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The requests that a filter lets through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matching {
    /// Indices into [`Ledger::calls`] in order of their start, each with the moment from which on it is let through.
    calls: Vec<(u32, SimTime)>,
    /// Those moments in order.
    moments: Vec<SimTime>,
}

impl Matching {
    /// Asks every request of a run once.
    pub fn new(run: &Run, ledger: &Ledger, filter: &Filter) -> Self {
        let text = filter.text.trim().to_lowercase();
        // Few things are asked, by many calls.
        let asked: Vec<bool> = (run.trace.scenario.requests().into_iter())
            .map(|r| r.is_some_and(|r| format!("{} {}", r.method, r.path).to_lowercase().contains(&text)))
            .collect();
        let fits = |call: &Call| {
            (filter.client.is_empty() || run.trace.node(call.client).id == filter.client)
                && asked.get(run.trace.span(call.id).detail as usize).copied().unwrap_or(text.is_empty())
        };
        let calls: Vec<(u32, SimTime)> = (ledger.calls.iter().enumerate())
            .filter(|(_, call)| fits(call))
            .filter_map(|(i, call)| Some((i as u32, filter.came.since(run, ledger, call)?)))
            .collect();
        let mut moments: Vec<SimTime> = calls.iter().map(|(_, since)| *since).collect();
        order::sort(&mut moments);
        Self { calls, moments }
    }

    /// How many are let through by then.
    pub fn count(&self, known: SimTime) -> usize {
        self.moments.partition_point(|since| *since <= known)
    }

    /// True if a call, by its place in [`Ledger::calls`], is let through by then.
    pub fn holds(&self, call: u32, known: SimTime) -> bool {
        self.calls.binary_search_by_key(&call, |(i, _)| *i).is_ok_and(|at| self.calls[at].1 <= known)
    }

    /// The newest of them by then, the newest first, at most so many.
    pub fn newest(&self, ledger: &Ledger, known: SimTime, most: usize) -> Vec<u32> {
        let begun = self.calls.partition_point(|(i, _)| ledger.calls[*i as usize].start <= known);
        let let_through = self.calls[..begun].iter().rev().filter(|(_, since)| *since <= known);
        let_through.take(most).map(|(i, _)| *i).collect()
    }
}

/// What a person can choose from: only what has happened by then.
pub fn choices(run: &Run, ledger: &Ledger, known: SimTime) -> Vec<Came> {
    let seen: Vec<Option<u16>> =
        ledger.seen.iter().filter(|(_, first)| **first <= known).map(|(status, _)| *status).collect();
    let mut choices = vec![Came::Anything];
    let codes: Vec<u16> = seen.iter().filter_map(|status| *status).collect();
    choices.extend(codes.iter().map(|code| Came::Code(*code)));
    for class in 1..=9 {
        // A class of one code says no more than the code.
        if codes.iter().filter(|code| **code / 100 == class).count() > 1 {
            choices.push(Came::Class(class));
        }
    }
    if seen.contains(&None) {
        choices.push(Came::Nothing);
    }
    // Nothing before the first answer is told by these two.
    if run.attempts.first().is_some_and(|a| a.start <= known) {
        choices.extend([Came::Retried, Came::Copies]);
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::{sent, steady};

    #[test]
    fn values_of_fields_are_read_back() {
        for came in
            [Came::Anything, Came::Code(502), Came::Class(5), Came::Nothing, Came::Retried, Came::Copies]
        {
            assert_eq!(Came::parse(&came.value()), came);
        }
        assert_eq!(Came::parse("what"), Came::Anything);
    }

    #[test]
    fn a_request_is_let_through_from_the_moment_that_it_is_true() {
        let run = sent();
        let ledger = Ledger::new(&run);
        let answered = run.attempts[0].end;
        let count = |came, at| Matching::new(&run, &ledger, &Filter { came, ..Filter::default() }).count(at);
        let just_before = SimTime::from_nanos(answered.as_nanos() - 1);
        assert_eq!((count(Came::Code(504), just_before), count(Came::Code(504), answered)), (0, 1));
        assert_eq!(count(Came::Class(5), answered), 1);
        assert_eq!((count(Came::Retried, answered), count(Came::Retried, run.attempts[1].start)), (0, 1));
        assert_eq!(count(Came::Copies, ledger.orders[0].at), 0);
        assert_eq!(count(Came::Copies, ledger.orders[1].at), 1);
        assert_eq!(count(Came::Nothing, run.last()), 0);
        assert_eq!(choices(&run, &ledger, just_before), [Came::Anything, Came::Retried, Came::Copies]);
        assert!(choices(&run, &ledger, answered).contains(&Came::Code(504)));
    }

    #[test]
    fn text_and_client_narrow_the_list() {
        let run = steady();
        let ledger = Ledger::new(&run);
        let all = Matching::new(&run, &ledger, &Filter::default());
        let known = run.last();
        assert_eq!(all.count(known), ledger.calls.len());
        assert!(all.count(known) > 40);
        let newest = all.newest(&ledger, known, 10);
        assert_eq!(newest.len(), 10);
        assert!(newest.windows(2).all(|w| w[0] > w[1]));
        let of = |text: &str, client: &str| {
            let filter = Filter { text: text.into(), client: client.into(), ..Filter::default() };
            Matching::new(&run, &ledger, &filter).count(known)
        };
        assert_eq!(of(" ORDERS/42 ", ""), all.count(known));
        assert_eq!(of("post", ""), 0);
        assert_eq!(of("", "client"), all.count(known));
        assert_eq!(of("", "nobody"), 0);
        assert_eq!(all.newest(&ledger, SimTime::ZERO, 10).len(), all.count(SimTime::ZERO));
    }
}
