//! A run can be had anywhere and gone on with otherwise, and it is the run from zero.

mod support;

use fivexx::sim::Scenario;
use fivexx::sim::fault::FaultKind;
use fivexx::sim::message::Method;
use fivexx::sim::recording::Recording;
use fivexx::sim::scenario::{Action, Arrivals, Change, Request, Settings, Share, Traffic};
use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::{Stop, Trace};

use support::any_scenario;

fn recorded(scenario: &Scenario) -> Recording {
    let mut recording = Recording::new(scenario);
    recording.finish();
    recording
}

/// Enough for a few hundred checkpoints' worth of events.
fn busy() -> Scenario {
    Scenario::from_json(
        r#"{"horizon": "120s", "clients": [{"policy": {"attempts": 3, "delay": {"fixed": "200ms"}},
            "traffic": {"arrivals": {"poisson": {"rate": 60}}}}],
            "origins": [{"id": "A"}, {"id": "B"}],
            "timeline": [{"at": "40s", "do": {"inject": {"node": "A", "fault": {"process_down": {}}}}}]}"#,
    )
    .expect("a scenario")
}

/// What a person may add: of each kind one.
fn additions(scenario: &Scenario) -> Vec<Action> {
    let client = scenario.clients[0].id.clone();
    let origin = scenario.origins[0].id.clone();
    let traffic = Traffic {
        arrivals: Arrivals::Constant { rate: 3.0 },
        mix: vec![Share { weight: 1.0, request: Request::new(Method::Post, "/orders") }],
        until: None,
    };
    vec![
        Action::Send { client: client.clone(), request: Request::default() },
        Action::Inject {
            node: origin.clone(),
            fault: fivexx::sim::fault::UnhandledException { share: 0.5 }.into(),
        },
        Action::Repair { node: origin, fault: FaultKind::ProcessDown },
        Action::Set { node: client.clone(), to: Settings::Traffic(traffic) },
        Action::Set { node: client, to: Settings::NoTraffic {} },
    ]
}

#[test]
fn a_recording_has_the_trace_of_the_run() {
    for seed in 0..100 {
        let scenario = any_scenario(seed);
        assert_eq!(recorded(&scenario).trace().digest(), run(&scenario).digest(), "seed {seed}");
    }
}

#[test]
fn a_fork_goes_on_as_if_it_had_been_so_from_the_start() {
    for seed in 0..80 {
        let scenario = any_scenario(seed);
        let whole = recorded(&scenario);
        let end = whole.progress().simulated.as_nanos();
        let mut events: Vec<SimTime> = whole.log().records().map(|(at, _)| at).collect();
        events.dedup();
        // At a moment at which something happens as well, at one at which nothing does, at the edges.
        let moments = [
            SimTime::ZERO,
            events[events.len() / 2],
            SimTime::from_nanos(end / 3),
            whole.progress().simulated,
        ];
        for (at, action) in
            moments.into_iter().zip(additions(&scenario).into_iter().cycle().skip(seed as usize % 5))
        {
            let fork = whole.fork(at, [action]);
            let mut gone_on = whole.revised(&fork);
            gone_on.finish();
            let from_zero = run(&fork);
            assert!(gone_on.trace() == from_zero, "seed {seed}, a change at {at}");
            assert_eq!(gone_on.trace().digest(), from_zero.digest());
            // And back again: what was added is taken away.
            let mut back = gone_on.revised(&scenario);
            back.finish();
            assert_eq!(
                back.trace().digest(),
                run(&scenario).digest(),
                "seed {seed}, without the change at {at}"
            );
        }
    }
}

#[test]
fn a_fork_of_a_long_run_begins_at_a_checkpoint() {
    let scenario = busy();
    let whole = recorded(&scenario);
    let at = SimTime::from_secs(90);
    let fork = whole.fork(at, additions(&scenario));
    let mut gone_on = whole.revised(&fork);
    let (begun, all) = (gone_on.progress(), whole.progress().events);
    assert!(begun.simulated < at && begun.events > all / 2, "{begun:?} of {all} events");
    gone_on.finish();
    assert_eq!(gone_on.trace().digest(), run(&fork).digest());
    let mut from_zero = recorded(&fork);
    from_zero.finish();
    let figures = |r: &Recording| {
        let m = r.metrics();
        (m.total(), m.mean_latency(), m.load(fivexx::sim::trace::NodeId(2)), m.bands().all().to_vec())
    };
    assert_eq!(figures(&gone_on), figures(&from_zero));
    assert!(gone_on.metrics().buckets().eq(from_zero.metrics().buckets()));
}

#[test]
fn what_only_texts_change_is_known_and_other_nodes_start_anew() {
    let scenario = busy();
    let whole = recorded(&scenario);
    let named = Scenario { name: "another".to_owned(), ..scenario.clone() };
    let same = whole.revised(&named);
    assert_eq!((same.progress(), same.scenario().name.as_str()), (whole.progress(), "another"));
    let other = Scenario { seed: 7, ..scenario.clone() };
    assert_eq!(whole.revised(&other).progress().events, 0);
    assert_eq!(scenario.shared_until(&other), None);
    assert_eq!(scenario.shared_until(&named), Some(SimTime::NEVER));
    // Another moment of the change at 40 s: what is shared ends at the earlier one.
    let mut moved = scenario.clone();
    moved.timeline[0].at = SimTime::from_secs(20);
    assert_eq!(scenario.shared_until(&moved), Some(SimTime::from_secs(20)));
    let mut gone_on = whole.revised(&moved);
    assert!(gone_on.progress().simulated < SimTime::from_secs(20));
    gone_on.finish();
    assert_eq!(gone_on.trace().digest(), run(&moved).digest());
}

#[test]
fn the_state_of_any_moment_goes_on_to_the_same_end() {
    let scenario = busy();
    let whole = recorded(&scenario);
    let mut last = Simulation::new(&scenario, ());
    last.finish();
    for at in [0, 1, 39_999, 40_000, 77_777, 120_000, 500_000].map(SimTime::from_millis) {
        let mut state = whole.state_at(at);
        let mut straight = Simulation::new(&scenario, ());
        straight.run_until(at);
        assert_eq!((state.handled(), state.held()), (straight.handled(), straight.held()), "{at}");
        state.finish();
        assert_eq!((state.handled(), state.now(), state.stop()), (last.handled(), last.now(), last.stop()));
    }
}

#[test]
fn a_trace_until_a_moment_is_that_of_a_run_stopped_there() {
    let scenario = busy();
    let whole = recorded(&scenario);
    for at in [0, 500, 40_000, 100_000].map(SimTime::from_millis) {
        let mut simulation = Simulation::new(&scenario, Trace::new(&scenario));
        simulation.run_until(at);
        let (mut told, then) = (whole.trace_until(at), simulation.into_observer());
        assert!(told.templates.starts_with(&then.templates));
        told.templates.truncate(then.templates.len());
        assert_eq!(told.digest(), then.digest(), "{at}");
    }
}

#[test]
fn slices_make_the_same_run_and_a_part_is_of_use() {
    let scenario = busy();
    let mut recording = Recording::new(&scenario);
    let mut shares = Vec::new();
    while recording.advance(10_000).stop == Stop::Running {
        let progress = recording.progress();
        assert_eq!(progress.events % 10_000, 0);
        shares.push(progress.share());
    }
    assert!(shares.len() > 5 && shares.is_sorted() && shares[0] > 0.0 && shares[shares.len() - 1] < 1.0);
    assert!((recording.progress().share() - 1.0).abs() < f64::EPSILON);
    assert_eq!(recording.trace().digest(), run(&scenario).digest());

    let mut part = Recording::new(&scenario);
    let progress = part.advance(20_000);
    assert!(part.trace().spans.len() > 1_000 && part.metrics().total().good > 100, "{progress:?}");
    assert_eq!(part.trace().end, progress.simulated);
    // A change after what is known needs nothing anew.
    let later = Change { at: SimTime::from_secs(100), action: additions(&scenario)[0].clone() };
    let mut fork = scenario.clone();
    fork.timeline.push(later);
    let mut gone_on = part.revised(&fork);
    assert_eq!(gone_on.progress().events, 20_000);
    gone_on.finish();
    assert_eq!(gone_on.trace().digest(), run(&fork).digest());
}

#[test]
fn a_limit_stops_a_run_until_it_is_raised_and_holds_for_what_is_revised() {
    let scenario = busy();
    let mut recording = Recording::new(&scenario);
    recording.limit_events(5_000);
    assert_eq!((recording.finish().stop, recording.progress().events), (Stop::EventLimit, 5_000));
    let fork = recording.fork(SimTime::from_secs(1), additions(&scenario).into_iter().take(1));
    assert_eq!(recording.revised(&fork).finish().events, 5_000);
    recording.limit_events(u64::MAX);
    recording.finish();
    assert_eq!(recording.trace().digest(), run(&scenario).digest());
}

#[test]
fn checkpoints_are_few_however_long_the_run() {
    let mut scenario = busy();
    scenario.horizon = SimDuration::from_secs(1_200);
    let recording = recorded(&scenario);
    let events = recording.progress().events;
    assert!(events > 600_000, "{events}");
    let mut at: Vec<u64> = recording.checkpoints().map(|(_, events)| events).collect();
    assert!((30..=256).contains(&at.len()), "{}", at.len());
    // No state is further away than this: a few milliseconds of work.
    at.push(events);
    let furthest = at.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(furthest < Some(40_000), "{furthest:?} events between two checkpoints");
}
