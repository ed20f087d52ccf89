//! The run as steps: what a person goes through with the arrow keys, and the rows of the table.

use std::ops::Range;

use crate::sim::dialect::{Setting, dialect};
use crate::sim::explain::noticed;
use crate::sim::fault::Fault;
use crate::sim::scenario::{Action, DependencySettings, OriginSettings, Scenario, Settings};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::Step as Decision;
use crate::sim::trace::{
    BreakerState, Event, Index, NodeId, NodeKind, Note, Parcel, RetryObstacle, RetryReason, SpanId, SpanKind,
    Trace,
};

use super::mark::Mark;
use super::run::Run;
use super::wires::{self, Flight};
use super::{conditions, format, names, text};

/// One row of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: SimTime,
    /// The index into the trace's events.
    pub event: usize,
    /// The span that it belongs to.
    pub span: SpanId,
    /// Who acts; none for the person's own changes at no node.
    pub node: Option<NodeId>,
    /// Where: `nginx`, or `nginx → A`.
    pub place: String,
    /// What happens.
    pub what: String,
    /// The mark of the answer that it carries.
    pub mark: Option<Mark>,
    /// What holds afterwards.
    pub state: String,
}

impl Step {
    /// The step as a sentence: `nginx: no answer from A within 2 s`.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.place, self.what)
    }
}

/// The events that are steps, in order. Notes that only repeat what a neighbouring one says are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(Vec<u32>);

impl Steps {
    pub(super) fn push(&mut self, event: usize) {
        self.0.push(event as u32);
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing happens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The event of a step.
    pub fn event(&self, number: usize) -> Option<usize> {
        self.0.get(number).map(|event| *event as usize)
    }

    /// The step of an event, if it is one.
    pub fn of_event(&self, event: usize) -> Option<usize> {
        self.0.binary_search(&u32::try_from(event).ok()?).ok()
    }

    /// How many steps there are among the first so many events.
    pub fn before(&self, event: usize) -> usize {
        self.0.partition_point(|e| (*e as usize) < event)
    }
}

/// Up to so many rows a table shows all steps; of more, it shows some.
const ALL_ROWS: usize = 400;
/// How many rows it shows then.
const SOME_ROWS: usize = 80;

/// Which of `count` steps a table shows so that `middle` is among them: the ones `before`, as long as it is within them and
/// not at their edge.
pub fn rows_around(middle: usize, count: usize, before: Option<&Range<usize>>) -> Range<usize> {
    if count <= ALL_ROWS {
        return 0..count;
    }
    let edge = |r: &Range<usize>| {
        let margin = SOME_ROWS / 8;
        (r.start == 0 || r.start + margin <= middle) && (r.end == count || middle + margin < r.end)
    };
    if let Some(before) = before.filter(|r| r.len() == SOME_ROWS && r.end <= count && edge(r)) {
        return before.clone();
    }
    let start = middle.saturating_sub(SOME_ROWS / 2).min(count - SOME_ROWS);
    start..start + SOME_ROWS
}

/// The step that an event is, in words.
pub(super) fn step(run: &Run, number: usize) -> Option<Step> {
    let trace = &run.trace;
    let event = trace.events.get(number)?;
    let flight = wires::of_event(run, number);
    let (node, place, what) = words(trace, event, flight.as_ref())?;
    Some(Step {
        at: event.at,
        event: number,
        span: event.span,
        node,
        place,
        what,
        mark: flight.and_then(|f| f.mark),
        state: state(run, event),
    })
}

/// True if an event other than a departure is a step: exactly if there are words for it.
pub(super) fn is_told(trace: &Trace, event: &Event) -> bool {
    let owner = || trace.spans.get(event.span.0 as usize).map(|s| s.node);
    match event.note {
        Note::Change(index) => trace.scenario.timeline.get(index as usize).is_some_and(
            |change| !matches!(&change.action, Action::Deploy(deploy) if deploy.origins.is_empty()),
        ),
        Note::FaultActed(index) => trace.faults.get(index as usize).is_some() && owner().is_some(),
        Note::Decided(rule, _) => owner()
            .and_then(|node| trace.dialect(node))
            .is_some_and(|name| dialect(name).rules().get(usize::from(rule.0)).is_some()),
        Note::Step(Decision::Process(..)) | Note::Breaker(..) => true,
        Note::Departed { .. }
        | Note::Connected
        | Note::RequestRead
        | Note::Asked
        | Note::QueryAnswered
        | Note::HeadRead
        | Note::Picked(_)
        | Note::Wrote(_)
        | Note::CallEnded => false,
        _ => owner().is_some(),
    }
}

type Words = (Option<NodeId>, String, String);

fn words(trace: &Trace, event: &Event, flight: Option<&Flight>) -> Option<Words> {
    let owner = trace.spans.get(event.span.0 as usize).map(|s| s.node);
    let at_owner = |what: String| owner.map(|node| (Some(node), names::short(trace, node), what));
    match event.note {
        Note::Change(index) => change(trace, index),
        Note::FaultActed(index) => {
            let entry = trace.faults.get(index as usize)?;
            at_owner(format!("meets the fault: {}", format::spaced(&entry.fault.label())))
        }
        Note::Departed { .. } => {
            let flight = flight?;
            let (from, to) = (names::short(trace, flight.from()), names::short(trace, flight.to()));
            Some((Some(flight.from()), format!("{from} → {to}"), wires::describe(trace, flight)))
        }
        Note::Queued(before) => at_owner(format!("waits for a worker, {before} before it")),
        Note::Started(_) if is_query(trace, event.span) => at_owner("begins the query".to_owned()),
        Note::Released(_) if is_query(trace, event.span) => at_owner("has finished the query".to_owned()),
        Note::Started(_) => at_owner("a worker takes the request".to_owned()),
        Note::Released(_) => at_owner("the worker is free again".to_owned()),
        Note::Committed(order) => at_owner(format!("order {order} is stored")),
        Note::Noticed(failure) => at_owner(noticed(failure).to_owned()),
        Note::Decided(rule, _) => {
            let gateway = dialect(trace.dialect(owner?)?);
            at_owner(format!("by its rule: {}", text::plain(gateway.rules().get(usize::from(rule.0))?.text)))
        }
        Note::PassedOver(upstream) => {
            at_owner(format!("passes over {}, which is out", names::short(trace, upstream)))
        }
        Note::PeerFailed(upstream, fails) => at_owner(format!(
            "counts {} of {}",
            format::count(fails as usize, "failure", "failures"),
            names::short(trace, upstream)
        )),
        Note::PeerOut(upstream) => {
            at_owner(format!("takes {} out of rotation", names::short(trace, upstream)))
        }
        Note::PeerBack(upstream) => at_owner(format!("trusts {} again", names::short(trace, upstream))),
        Note::RetryIn(wait, reason) => {
            let next = attempts_before(trace, event.span, event.at) + 1;
            let why = match reason {
                RetryReason::Backoff => "",
                RetryReason::RetryAfter => ", as Retry-After asks",
            };
            at_owner(format!("waits {}{why}, then attempt {next}", format::duration(wait)))
        }
        Note::GaveUp(reason) => at_owner(names::give_up(reason).to_owned()),
        Note::CallerLeft => at_owner("notices that nobody listens any more".to_owned()),
        Note::Step(Decision::Process(node, step)) => {
            Some((Some(node), names::short(trace, node), step.words()))
        }
        Note::Step(step) => at_owner(step.words()),
        Note::Reused => at_owner("uses a connection that it kept open".to_owned()),
        Note::LookedUp(time) => at_owner(format!("looks the name up, {}", format::duration(time))),
        Note::Breaker(client, state) => {
            let what = match state {
                BreakerState::Closed => "the circuit breaker closes",
                BreakerState::Open => "the circuit breaker opens",
                BreakerState::HalfOpen => "the circuit breaker is half-open",
            };
            Some((Some(client), names::short(trace, client), what.to_owned()))
        }
        Note::BudgetRefused => at_owner("the retry budget is spent".to_owned()),
        Note::Throttled(share) => {
            at_owner(format!("refuses the attempt itself, {:.1} % are refused now", f64::from(share) / 10.0))
        }
        Note::Paced(wait) => at_owner(format!("waits {} for its rate limit", format::duration(wait))),
        Note::Hedged => at_owner("has no answer yet and sends another attempt".to_owned()),
        Note::WaitsForPlace(before) => {
            at_owner(format!("waits for a place at an upstream, {before} before it"))
        }
        Note::GotPlace => at_owner("has a place at an upstream now".to_owned()),
        Note::Delayed(time) => at_owner(format!("holds the request back for {}", format::duration(time))),
        Note::FromStore(age) => at_owner(format!("answers from its store, {} old", format::duration(age))),
        Note::StaleFromStore(age) => {
            at_owner(format!("answers stale from its store, {} old", format::duration(age)))
        }
        Note::NotInStore => at_owner("has nothing in its store".to_owned()),
        Note::WaitsForFetch => at_owner("waits for what another request fetches".to_owned()),
        Note::Stored => at_owner("keeps the answer in its store".to_owned()),
        Note::ProbedDown(upstream) => {
            at_owner(format!("takes {} out by its probes", names::short(trace, upstream)))
        }
        Note::ProbedUp(upstream) => {
            at_owner(format!("takes {} back by its probes", names::short(trace, upstream)))
        }
        Note::Ejected(upstream, time) => {
            at_owner(format!("ejects {} for {}", names::short(trace, upstream), format::duration(time)))
        }
        Note::Panicked => at_owner("asks anybody, since so few are well".to_owned()),
        Note::AllBack => at_owner("lets all upstreams back in, since all were out".to_owned()),
        Note::TriesAgainIn(wait) => at_owner(format!("waits {}, then tries again", format::duration(wait))),
        Note::TriesNoMore(why) => at_owner(
            match why {
                RetryObstacle::TooMany => "does not try again: too many requests do already",
                RetryObstacle::NoTime => "does not try again: the time for it would be over",
            }
            .to_owned(),
        ),
        Note::Resent => at_owner("takes the kept connection for dead and sends again by itself".to_owned()),
        Note::Connected
        | Note::RequestRead
        | Note::Asked
        | Note::QueryAnswered
        | Note::HeadRead
        | Note::Picked(_)
        | Note::Wrote(_)
        | Note::CallEnded => None,
    }
}

fn is_query(trace: &Trace, span: SpanId) -> bool {
    trace.spans.get(span.0 as usize).is_some_and(|s| s.kind == SpanKind::Query)
}

/// How many attempts a call has made by a moment.
fn attempts_before(trace: &Trace, call: SpanId, at: SimTime) -> usize {
    let is_attempt = |id: &SpanId| {
        let span = trace.span(*id);
        span.kind == SpanKind::Attempt && span.start <= at
    };
    Index::new(trace).below(call).iter().filter(|id| is_attempt(id)).count()
}

/// What a change of the timeline does, in a few words: the node, and the words.
fn change(trace: &Trace, index: u32) -> Option<Words> {
    let change = trace.scenario.timeline.get(index as usize)?;
    let (node, what) = match &change.action {
        Action::Send { client, request } => (client, format!("you send {} {}", request.method, request.path)),
        Action::Inject { node, fault } => (node, format!("you break it: {}", label(fault))),
        Action::Repair { node, fault } => {
            (node, format!("you mend it: {}", fault.info().title.to_lowercase()))
        }
        Action::Set { node, to } => (node, format!("you set {}", settings(&trace.scenario, node, to))),
        Action::Deploy(deploy) => {
            (deploy.origins.first()?, format!("you deploy {}", deploy.origins.join(", ")))
        }
    };
    let id = node.strip_prefix("link:").unwrap_or(node);
    let found = trace.nodes.iter().position(|n| n.id == id).map(|i| NodeId(i as u16));
    let place = match (found, node.strip_prefix("link:")) {
        (_, Some(_)) => names::place(node),
        (Some(found), None) => names::short(trace, found),
        (None, None) => node.clone(),
    };
    Some((found, place, what))
}

/// A fault's label with spaces before its units.
pub fn label(fault: &Fault) -> String {
    format::spaced(&fault.label())
}

/// New settings of a node in a few words: names and values, a gateway's as its product writes them.
pub fn settings(scenario: &Scenario, node: &str, to: &Settings) -> String {
    match to {
        Settings::Client(policy) => {
            let name = conditions::preset_of(policy).map_or("a policy of its own", |p| p.title);
            format!("the policy to {name}")
        }
        Settings::Traffic(_) => "its traffic".to_owned(),
        Settings::NoTraffic {} => "no traffic".to_owned(),
        Settings::Latency(latency) => format!("the latency to {}", format::exact(*latency)),
        Settings::Gateway(s) => {
            let name = scenario.gateways.iter().find(|g| g.id == node).map(|g| g.dialect).unwrap_or_default();
            let product = dialect(name);
            let effective = product.effective(s);
            let named =
                Setting::ALL.into_iter().chain(Setting::MORE).filter(|setting| setting.is_configured(s));
            let written = named.map(|n| format!("{} {}", product.directive(n), product.value(n, &effective)));
            written.collect::<Vec<_>>().join(", ")
        }
        Settings::Origin(s) => fields(s),
        Settings::Dependency(s) => fields(s),
    }
}

fn fields(settings: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(settings).unwrap_or_default();
    let named: Vec<String> = (value.as_object().into_iter().flatten())
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => format!("{name} {text}"),
            other => format!("{name} {}", other.to_string().replace('"', "")),
        })
        .collect();
    named.join(", ")
}

/// What holds after a note, for the node that it is about.
fn state(run: &Run, event: &Event) -> String {
    let trace = &run.trace;
    let Some(owner) = trace.spans.get(event.span.0 as usize).map(|s| s.node) else { return String::new() };
    match event.note {
        Note::Started(busy) | Note::Released(busy) if is_query(trace, event.span) => {
            let settings = conditions::dependency(&trace.scenario, &trace.node(owner).id, event.at);
            let all = settings.connections.unwrap_or(DependencySettings::DEFAULT_CONNECTIONS);
            format!("{}: {busy} of {all} connections", names::short(trace, owner))
        }
        Note::Started(busy) | Note::Released(busy) => {
            let workers = conditions::origin(&trace.scenario, &trace.node(owner).id, event.at)
                .workers
                .unwrap_or(OriginSettings::DEFAULT_WORKERS);
            format!("{}: {busy} of {workers} workers", names::short(trace, owner))
        }
        Note::Departed { link, parcel: Parcel::Request | Parcel::Answer, takes, .. }
            if trace.node(link).kind == NodeKind::Gateway =>
        {
            let arrival = event.at + SimDuration::from_nanos(takes);
            format!("{}: {} in flight", names::short(trace, link), run.open(link, arrival))
        }
        Note::Committed(_) => format!("orders: {}", run.orders_by(event.at)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_table_move_on_before_the_playhead_leaves_them() {
        assert_eq!(rows_around(7, 300, None), 0..300);
        let rows = rows_around(50_000, 1_000_000, None);
        assert_eq!(rows, 49_960..50_040);
        assert_eq!(rows_around(50_020, 1_000_000, Some(&rows)), rows);
        assert_eq!(rows_around(50_035, 1_000_000, Some(&rows)), 49_995..50_075);
        assert_eq!(rows_around(0, 1_000_000, Some(&rows)), 0..80);
        assert_eq!(rows_around(999_999, 1_000_000, None), 999_920..1_000_000);
    }

    #[test]
    fn each_step_has_words_and_nothing_else_has() {
        for run in [crate::view::samples::sent(), crate::view::samples::busy()] {
            for (i, event) in run.trace.events.iter().enumerate() {
                let is_step = run.steps.of_event(i).is_some();
                assert_eq!(step(&run, i).is_some(), is_step, "{event:?}");
            }
        }
    }
}
