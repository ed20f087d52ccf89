//! What a person does, as changes of the scenario. There is no other way to change a run.

use crate::sim::scenario::{Action, Change, Scenario, ScenarioError, Settings};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, Note};

use super::form::Refusal;
use super::format;
use super::run::Run;

/// The moment at which a change made at `cursor` happens: the cursor itself, or just after what is on the screen.
///
/// Changes of a moment come before everything else of that moment. What was just seen shall not change, so a change is put
/// behind it: on the next whole millisecond, microsecond or nanosecond that nothing else comes before.
pub fn moment(run: &Run, cursor: SimTime) -> SimTime {
    let events = run.events_at(cursor);
    let is_noted = run.trace.events[events.clone()].iter().any(|e| !matches!(e.note, Note::Change(_)));
    if !is_noted && !run.trace.spans.iter().any(|s| s.start == cursor || s.end == cursor) {
        return cursor;
    }
    let next = run.trace.events.get(events.end).map_or(SimTime::NEVER, |e| e.at);
    [1_000_000, 1_000]
        .into_iter()
        .map(|grain: u64| SimTime::from_nanos((cursor.as_nanos() / grain + 1) * grain))
        .find(|at| *at < next)
        .unwrap_or(SimTime::from_nanos(cursor.as_nanos() + 1))
}

/// How much of the run is left, at least, behind a request that a person sends.
const ROOM: SimDuration = SimDuration::from_secs(60);
/// The longest horizon that a scenario can have.
const DAY: SimTime = SimTime::from_secs(86_400);

/// The run's scenario with one more change. A request that is sent near the end of the run moves the end on.
///
/// # Errors
/// What is wrong with the change, or that the run was cut before that moment; the scenario then stays as it is.
pub fn on(run: &Run, at: SimTime, action: Action) -> Result<Scenario, Refusal> {
    onto(run, &run.trace.scenario, at, action)
}

/// The same for a scenario that is not run yet, while `run` is still on the screen.
///
/// # Errors
/// As those of [`on`].
pub fn onto(run: &Run, scenario: &Scenario, at: SimTime, action: Action) -> Result<Scenario, Refusal> {
    let sends = matches!(action, Action::Send { .. });
    if sends && at > DAY {
        return Err(Refusal("A run lasts 24 h at most.".to_owned()));
    }
    if !sends || run.is_cut() {
        reachable(run, at)?;
    }
    let mut scenario = scenario.clone();
    if sends {
        make_room(&mut scenario, at, run.is_cut());
    }
    Ok(with(&scenario, at, action)?)
}

/// Moves the end of a run on, so that a request sent at a moment can be answered; not where it is cut anyway.
pub(crate) fn make_room(scenario: &mut Scenario, at: SimTime, is_cut: bool) {
    let end = SimTime::ZERO + scenario.horizon;
    if at + ROOM > end && !is_cut {
        scenario.horizon = (at + ROOM).min(DAY).since(SimTime::ZERO).max(scenario.horizon);
    }
}

/// That a run comes as far as a moment.
///
/// # Errors
/// It ends before, or it was cut before.
pub(crate) fn reachable(run: &Run, at: SimTime) -> Result<(), Refusal> {
    let end = SimTime::ZERO + run.trace.scenario.horizon;
    if at > end {
        return Err(Refusal(format!(
            "A change at {} would never happen: this run ends at {}. Expected a time from 0 s to {1}.",
            format::moment(at),
            format::moment(end)
        )));
    }
    if run.is_cut() && at >= run.last() {
        return Err(Refusal(format!(
            "This run was cut at {}, after {} events; a change behind that would never happen. Put it earlier, or lower the traffic.",
            format::moment(run.last()),
            format::grouped(run.trace.events.len())
        )));
    }
    Ok(())
}

/// The scenario with one more change.
///
/// A change that undoes or replaces one of the same moment takes its place, so that trying switches leaves no trail.
///
/// # Errors
/// What is wrong with the change; the scenario then stays as it is.
pub fn with(scenario: &Scenario, at: SimTime, action: Action) -> Result<Scenario, ScenarioError> {
    let mut next = scenario.clone();
    let tail = next.timeline.iter().rposition(|c| c.at == at && same_place(&c.action, &action));
    match (tail, &action) {
        (Some(i), Action::Repair { .. }) if matches!(next.timeline[i].action, Action::Inject { .. }) => {
            next.timeline.remove(i);
        }
        (Some(i), Action::Set { .. } | Action::Inject { .. }) => {
            next.timeline[i].action = merged(next.timeline[i].action.clone(), action);
        }
        _ => next.timeline.push(Change { at, action }),
    }
    next.check()?;
    Ok(next)
}

/// True if the later change makes the earlier one of the same moment idle.
fn same_place(earlier: &Action, later: &Action) -> bool {
    match (earlier, later) {
        (Action::Inject { node, fault }, Action::Inject { node: n, fault: f }) => {
            node == n && fault.kind() == f.kind()
        }
        (Action::Inject { node, fault }, Action::Repair { node: n, fault: kind }) => {
            node == n && fault.kind() == *kind
        }
        (Action::Set { node, to }, Action::Set { node: n, to: t }) => {
            let is_traffic = |to: &Settings| matches!(to, Settings::Traffic(_) | Settings::NoTraffic {});
            let are_alike = std::mem::discriminant(to) == std::mem::discriminant(t);
            node == n && (are_alike || (is_traffic(to) && is_traffic(t)))
        }
        _ => false,
    }
}

/// Both changes in one: what the later names replaces what the earlier said.
fn merged(earlier: Action, later: Action) -> Action {
    match (earlier, later) {
        (
            Action::Set { node, to: Settings::Gateway(mut under) },
            Action::Set { to: Settings::Gateway(over), .. },
        ) => {
            under.overlay(&over);
            Action::Set { node, to: Settings::Gateway(under) }
        }
        (
            Action::Set { node, to: Settings::Origin(mut under) },
            Action::Set { to: Settings::Origin(over), .. },
        ) => {
            under.overlay(&over);
            Action::Set { node, to: Settings::Origin(under) }
        }
        (
            Action::Set { node, to: Settings::Dependency(mut under) },
            Action::Set { to: Settings::Dependency(over), .. },
        ) => {
            under.overlay(&over);
            Action::Set { node, to: Settings::Dependency(under) }
        }
        (_, later) => later,
    }
}

/// The name of a node.
pub fn id(run: &Run, node: NodeId) -> String {
    run.trace.node(node).id.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fault::ALL;
    use crate::sim::scenario::GatewaySettings;
    use crate::view::first;

    fn inject(node: &str, kind: &str) -> Action {
        let info = ALL.iter().find(|i| i.kind == kind).expect("a kind");
        Action::Inject { node: node.into(), fault: (info.default)() }
    }

    #[test]
    fn breaking_and_mending_at_one_moment_leaves_nothing() {
        let scenario = first::scenario();
        let at = SimTime::from_secs(1);
        let broken = with(&scenario, at, inject("A", "process_down")).expect("valid");
        assert_eq!(broken.timeline.len(), 2);
        let Action::Inject { fault, .. } = &broken.timeline[1].action else { unreachable!("an injection") };
        let mended =
            with(&broken, at, Action::Repair { node: "A".into(), fault: fault.kind() }).expect("valid");
        assert_eq!(mended, scenario);
        let later =
            with(&broken, SimTime::from_secs(2), Action::Repair { node: "A".into(), fault: fault.kind() });
        assert_eq!(later.expect("valid").timeline.len(), 3);
    }

    #[test]
    fn settings_of_one_moment_are_one_change() {
        let set =
            |s: GatewaySettings| Action::Set { node: "gateway".into(), to: Settings::Gateway(Box::new(s)) };
        let at = SimTime::from_secs(1);
        let read =
            GatewaySettings { read_timeout: Some(SimDuration::from_secs(5)), ..GatewaySettings::default() };
        let fails = GatewaySettings { max_fails: Some(3), ..GatewaySettings::default() };
        let scenario = with(&first::scenario(), at, set(read)).expect("valid");
        let scenario = with(&scenario, at, set(fails)).expect("valid");
        assert_eq!(scenario.timeline.len(), 2);
        let settings = crate::view::conditions::gateway(&scenario, "gateway", at);
        assert_eq!((settings.read_timeout, settings.max_fails), (Some(SimDuration::from_secs(5)), Some(3)));
    }

    #[test]
    fn an_invalid_change_is_refused() {
        let read = GatewaySettings { read_timeout: Some(SimDuration::ZERO), ..GatewaySettings::default() };
        let action = Action::Set { node: "gateway".into(), to: Settings::Gateway(Box::new(read)) };
        let error = with(&first::scenario(), SimTime::ZERO, action).expect_err("out of range").to_string();
        assert!(error.contains("read_timeout"), "{error}");
    }

    #[test]
    fn a_request_near_the_end_moves_the_end_on() {
        let run = crate::view::samples::sent();
        let send = || Action::Send { client: "client".into(), request: first::request() };
        let end = SimTime::ZERO + run.trace.scenario.horizon;
        let longer = on(&run, end, send()).expect("valid");
        assert_eq!(SimTime::ZERO + longer.horizon, end + ROOM);
        let early = on(&run, SimTime::ZERO, send()).expect("valid");
        assert_eq!(early.horizon, run.trace.scenario.horizon.max(ROOM));
        assert!(on(&run, DAY + SimDuration::from_secs(1), send()).is_err());
        let refusal = on(&run, end + SimDuration::from_millis(1), inject("A", "process_down"));
        assert!(refusal.is_err_and(|r| r.0.contains("this run ends at 60.000 s")));
    }

    #[test]
    fn a_change_behind_the_cut_is_refused() {
        let busy =
            r#"{"horizon": "1h", "clients": [{"traffic": {"arrivals": {"constant": {"rate": 1000}}}}]}"#;
        let run = Run::up_to(&Scenario::from_json(busy).expect("a scenario"), 20_000);
        assert!(run.is_cut());
        let refusal = on(&run, SimTime::from_secs(60), inject("A", "process_down")).expect_err("cut");
        assert!(refusal.0.contains("was cut at") && refusal.0.contains("after 20,0"), "{}", refusal.0);
        assert!(on(&run, SimTime::from_millis(1), inject("A", "process_down")).is_ok());
    }

    #[test]
    fn a_change_comes_after_what_was_just_seen() {
        let run = crate::view::samples::sent();
        assert_eq!(moment(&Run::new(&first::scenario()), SimTime::ZERO), SimTime::ZERO);
        assert_eq!(moment(&run, SimTime::from_secs(1)), SimTime::from_secs(1));
        let seen = run.attempts[0].end;
        let at = moment(&run, seen);
        assert!(at > seen && at.as_nanos().is_multiple_of(1_000_000), "{at}");
        let next = with(&run.trace.scenario, at, inject("A", "process_down")).expect("valid");
        let again = Run::new(&next);
        let before = |r: &Run| r.trace.events.iter().filter(|e| e.at <= seen).cloned().collect::<Vec<_>>();
        assert_eq!(before(&again), before(&run));
    }
}
