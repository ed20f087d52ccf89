//! The compact log tells the same run as the trace that keeps everything.

mod support;

use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::SimTime;
use fivexx::sim::trace::{Index, Outcome, Recorder, SpanId, Trace};
use fivexx::sim::{Scenario, explain};

use support::any_scenario;

fn recorded(scenario: &Scenario) -> Simulation<Recorder> {
    let mut simulation = Simulation::new(scenario, Recorder::new());
    simulation.finish();
    simulation
}

/// A minute and more of traffic: some 1,500 attempts in many chunks.
fn busy() -> Scenario {
    Scenario::from_json(
        r#"{"horizon": "90s", "clients": [{"policy": {"attempts": 3, "delay": {"fixed": "200ms"}, "attempt_timeout": "30s"},
                "traffic": {"arrivals": {"poisson": {"rate": 20}}, "mix": [{"weight": 20}, {"request": {"path": "/report"}}]}}],
            "origins": [{"settings": {"workers": 4, "queue": 8}}],
            "timeline": [{"at": "30s", "do": {"inject": {"node": "A", "fault": {"frozen": {}}}}},
                         {"at": "36s", "do": {"repair": {"node": "A", "fault": "frozen"}}}]}"#,
    )
    .expect("a scenario")
}

#[test]
fn the_log_of_a_random_run_is_its_trace() {
    for seed in 0..150 {
        let scenario = any_scenario(seed);
        let simulation = recorded(&scenario);
        let told = simulation.observer().trace(&scenario, simulation.now(), simulation.stop());
        let trace = run(&scenario);
        assert!(told == trace, "seed {seed}");
        assert_eq!(told.digest(), trace.digest(), "seed {seed}");
    }
}

#[test]
fn an_attempt_on_the_whole_path_takes_less_than_400_bytes() {
    let scenario = Scenario::from_json(
        r#"{"horizon": "20s", "clients": [{"traffic": {"arrivals": {"poisson": {"rate": 500}}}}]}"#,
    )
    .expect("a scenario");
    let simulation = recorded(&scenario);
    let trace = run(&scenario);
    let attempts = trace.of_kind(fivexx::sim::trace::SpanKind::Attempt).count();
    let queries = trace.of_kind(fivexx::sim::trace::SpanKind::Query).count();
    assert!(attempts > 9_000 && queries > attempts * 9 / 10, "{attempts} attempts, {queries} queries");
    let bytes = simulation.observer().len() / attempts;
    assert!((100..400).contains(&bytes), "{bytes} bytes an attempt");
}

#[test]
fn a_window_shows_what_the_whole_trace_does() {
    for scenario in (0..60).map(any_scenario).chain([busy()]) {
        let simulation = recorded(&scenario);
        let end = simulation.now().as_nanos();
        for (from, to) in [(0, 1), (0, 20), (3, 4), (9, 10), (10, 10), (19, 20)] {
            let (from, to) = (SimTime::from_nanos(end / 20 * from), SimTime::from_nanos(end / 20 * to));
            let window = simulation.observer().window(&scenario, from, to);
            let mut then = Simulation::new(&scenario, Trace::new(&scenario));
            then.run_until(to);
            let then = then.observer();
            let mut wanted: Vec<bool> = then.spans.iter().map(|s| s.end >= from).collect();
            for i in (0..wanted.len()).rev().filter(|i| then.spans[*i].parent != SpanId::NONE) {
                let parent = then.spans[i].parent.0 as usize;
                wanted[parent] |= wanted[i];
            }
            let ids: Vec<_> = (0..wanted.len()).filter(|i| wanted[*i]).map(|i| SpanId(i as u32)).collect();
            assert_eq!(window.ids, ids, "seed {} from {from} to {to}", scenario.seed);
            let (here, whole_run) = (Index::new(&window.trace), Index::new(then));
            for (local, id) in ids.iter().enumerate() {
                let (seen, whole) = (window.trace.spans[local], *then.span(*id));
                let parent = window.ids.get(seen.parent.0 as usize).copied().unwrap_or(SpanId::NONE);
                assert_eq!(fivexx::sim::trace::Span { parent, ..seen }, whole);
                let local = SpanId(local as u32);
                let notes = |index: &Index<'_>, id| -> Vec<_> {
                    index.notes(id).map(|(_, e)| (e.at, e.note)).collect()
                };
                assert_eq!(notes(&here, local), notes(&whole_run, *id));
                assert_eq!(window.local(*id), Some(local));
            }
        }
    }
}

#[test]
fn a_window_is_enough_to_explain_an_attempt() {
    let scenario = busy();
    let simulation = recorded(&scenario);
    let trace = run(&scenario);
    let mut explained = 0;
    for (id, attempt) in trace.of_kind(fivexx::sim::trace::SpanKind::Attempt).step_by(97) {
        if attempt.outcome == Outcome::Unfinished {
            continue;
        }
        let window = simulation.observer().window(&scenario, attempt.start, attempt.end);
        let local = window.local(id).expect("an attempt overlaps its own time");
        let (seen, whole) = (explain(&window.trace, local), explain(&trace, id));
        assert_eq!((seen.summary, seen.status), (whole.summary, whole.status));
        explained += 1;
    }
    assert!(explained > 10, "only {explained} attempts");
}
