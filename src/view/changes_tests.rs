use super::*;
use crate::sim::fault::ALL;
use crate::view::samples::sent;
use crate::view::{Now, first, lanes};

fn fault(kind: &str) -> crate::sim::fault::Fault {
    (ALL.iter().find(|i| i.kind == kind).expect("a kind").default)()
}

/// The sample with A going down at 3 s and being mended at 9 s.
fn broken() -> Run {
    let mut scenario = sent().trace.scenario;
    let down = fault("process_down");
    let kind = down.kind();
    let change = |secs, action| Change { at: SimTime::from_secs(secs), action };
    scenario.timeline.push(change(3, Action::Inject { node: "A".into(), fault: down }));
    scenario.timeline.push(change(9, Action::Repair { node: "A".into(), fault: kind }));
    Run::new(&scenario)
}

fn secs(n: u64) -> SimTime {
    SimTime::from_secs(n)
}

#[test]
fn changes_say_what_they_are() {
    let run = broken();
    let labels: Vec<String> =
        run.trace.scenario.timeline.iter().map(|c| describe(&run.trace.scenario, c).label).collect();
    assert_eq!(
        labels,
        ["database: query takes 3.5 s", "POST /orders", "A: process down", "A: process down mended"]
    );
    let all: BTreeSet<&str> = [Kind::Send, Kind::Break, Kind::Mend, Kind::Set, Kind::Traffic, Kind::Deploy]
        .map(Kind::symbol)
        .into_iter()
        .collect();
    assert_eq!(all.len(), 6, "each kind has a symbol of its own");
}

#[test]
fn moving_there_and_back_is_the_same_run_to_the_bit() {
    let run = broken();
    for (index, to) in [(0, secs(4)), (1, secs(5)), (2, secs(1)), (3, secs(50))] {
        let from = run.trace.scenario.timeline[index].at;
        let moved = move_change(&run, &run.trace.scenario, index, to).expect("valid");
        assert_eq!(moved.at, to);
        let there = Run::new(&moved.scenario);
        assert_ne!(there.digest(), run.digest(), "change {index}");
        let back =
            Run::new(&move_change(&there, &there.trace.scenario, index, from).expect("valid").scenario);
        assert_eq!(back.digest(), run.digest(), "change {index}");
    }
}

#[test]
fn the_run_before_both_places_stays() {
    let run = broken();
    let moved = Run::new(&move_change(&run, &run.trace.scenario, 2, secs(7)).expect("valid").scenario);
    let until = |r: &Run| r.trace.events.iter().filter(|e| e.at < secs(3)).cloned().collect::<Vec<_>>();
    assert_eq!(until(&moved), until(&run));
}

#[test]
fn changes_happen_in_order_of_time_and_those_of_one_moment_as_written() {
    let run = broken();
    let moved = move_change(&run, &run.trace.scenario, 1, secs(4)).expect("valid").scenario;
    assert_eq!(in_order(&moved), [0, 2, 1, 3]);
    assert!(in_order(&moved).is_sorted_by_key(|i| moved.timeline[*i].at));
    let level = move_change(&Run::new(&moved), &moved, 2, secs(4)).expect("valid").scenario;
    assert_eq!(in_order(&level), [0, 1, 2, 3]);
    assert_eq!(moved.timeline.len(), run.trace.scenario.timeline.len());
}

#[test]
fn a_moment_behind_the_end_is_refused_with_the_range() {
    let run = broken();
    for index in 0..4 {
        let refusal = move_change(&run, &run.trace.scenario, index, secs(61)).expect_err("behind the end").0;
        assert!(refusal.contains("61.000 s") && refusal.contains("60.000 s"), "{refusal}");
    }
    assert!(move_change(&run, &run.trace.scenario, 0, secs(60)).is_ok(), "at the end it still happens");
    assert!(
        move_change(&run, &run.trace.scenario, 9, secs(1)).is_err()
            && delete_change(&run.trace.scenario, 9).is_err(),
        "no such change"
    );
    let late = r#"{"timeline": [{"at": "90s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
    let late = Run::new(&Scenario::from_json(late).expect("a scenario"));
    assert!(never(&late, 0).is_some_and(|why| why.contains("ends at 60.000 s")));
    assert!(unsent(&late, 0).is_some_and(|why| why.starts_with("GET /orders/42 at 90.000 s")));
    assert_eq!((never(&run, 1), unsent(&run, 1)), (None, None));
}

#[test]
fn a_moment_behind_the_cut_is_refused_and_so_said() {
    let busy = r#"{"horizon": "1h", "clients": [{"traffic": {"arrivals": {"constant": {"rate": 1000}}}}],
        "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
    let run = Run::new(&Scenario::from_json(busy).expect("a scenario"));
    assert!(run.is_cut());
    let refusal = move_change(&run, &run.trace.scenario, 0, secs(1_000)).expect_err("behind the cut").0;
    assert!(refusal.contains("was cut at"), "{refusal}");
    assert!(open_at_end(&run).is_some_and(|words| words.contains("is cut here")));
    assert!(move_change(&run, &run.trace.scenario, 0, SimTime::from_millis(1)).is_ok());
}

#[test]
fn mending_before_anything_is_broken_is_refused_and_says_since_when_it_is() {
    let run = broken();
    let refusal = move_change(&run, &run.trace.scenario, 3, secs(2)).expect_err("not broken yet").0;
    assert!(refusal.contains("“A: process down mended” cannot be at 2.000 s"), "{refusal}");
    assert!(refusal.contains("after 3.000 s"), "{refusal}");
    // At the same moment the order written decides: it is broken first.
    assert!(move_change(&run, &run.trace.scenario, 3, secs(3)).is_ok());
}

#[test]
fn breaking_after_it_was_mended_is_allowed_and_explained() {
    let run = broken();
    let moved = move_change(&run, &run.trace.scenario, 2, secs(12)).expect("allowed");
    assert!(moved.words.contains("“A: process down mended” at 9.000 s does nothing now."), "{}", moved.words);
    assert!(moved.words.starts_with("Moved “A: process down” from 3.000 s to 12.000 s."), "{}", moved.words);
    assert!(moved.words.contains("From 3.000 s on, the run is new."), "{}", moved.words);
    let deleted = delete_change(&run.trace.scenario, 2).expect("allowed");
    assert!(deleted.words.contains("does nothing now"), "{}", deleted.words);
    let plain = delete_change(&run.trace.scenario, 3).expect("allowed");
    assert_eq!(plain.words, "Deleted “A: process down mended” at 9.000 s.");
}

#[test]
fn a_request_that_is_moved_near_the_end_has_room_for_its_answer() {
    let run = sent();
    let moved = move_change(&run, &run.trace.scenario, 1, secs(59)).expect("valid").scenario;
    assert!(SimTime::ZERO + moved.horizon >= secs(119));
}

#[test]
fn requests_keep_their_keys_when_a_change_before_them_goes_and_comes_back() {
    let run = broken();
    let old = &run.trace.scenario.timeline;
    let key = |change| CallKey { change, nth: 0 };
    let less = delete_change(&run.trace.scenario, 0).expect("valid").scenario;
    let down = Renumbered::between(old, &less.timeline);
    assert_eq!((down.call(key(0)), down.call(key(1)), down.call(key(4))), (None, Some(key(0)), Some(key(3))));
    assert!(Run::new(&less).calls.iter().any(|c| c.key == key(0)), "the same request has that key");
    let up = Renumbered::between(&less.timeline, old);
    assert_eq!((up.call(key(0)), up.change(2), up.call(key(3))), (Some(key(1)), Some(3), Some(key(4))));
    let moved = move_change(&run, &run.trace.scenario, 0, secs(4)).expect("valid").scenario;
    let same = Renumbered::between(old, &moved.timeline);
    assert!((0..6).all(|i| same.call(key(i)) == Some(key(i))));
    let none = Renumbered::between(old, &[]);
    assert_eq!((none.change(1), none.call(key(4))), (None, Some(key(0))));
}

#[test]
fn times_are_read_as_scenarios_write_them() {
    let minute = SimDuration::from_secs(60);
    for (text, at) in [("1.8s", 1_800), (" 250 ms ", 250), ("2m", 120_000), ("0s", 0)] {
        assert_eq!(read_time(text, minute).expect("a time"), SimTime::from_millis(at));
    }
    for text in ["soon", "", "12", "-1s", "1.8 parsecs", "99999999999999999999s"] {
        let refusal = read_time(text, minute).expect_err("no time").0;
        assert!(refusal.contains(&format!("“{text}”")) && refusal.contains("0s to 60s"), "{refusal}");
    }
}

#[test]
fn arrows_go_from_event_to_event_and_beyond_the_last_in_even_steps() {
    let run = broken();
    let first = next_stop(&run, SimTime::ZERO, true);
    assert!(first > SimTime::ZERO && !run.events_at(first).is_empty());
    assert_eq!(next_stop(&run, first, false), SimTime::ZERO);
    assert_eq!(next_stop(&run, SimTime::ZERO, false), SimTime::ZERO);
    let quiet = Run::new(&first::scenario());
    assert_eq!(next_stop(&quiet, SimTime::ZERO, true), SimTime::from_millis(250));
    assert_eq!(next_stop(&quiet, SimTime::from_millis(250), false), SimTime::ZERO);
    assert_eq!(next_stop(&quiet, secs(60), true), secs(60));
}

#[test]
fn a_pointer_means_the_event_beside_it() {
    let run = broken();
    let answer = run.attempts[0].end;
    let near = answer + SimDuration::from_millis(20);
    assert_eq!(
        snapped(&run, near, SimTime::ZERO, SimDuration::from_millis(25)).since(answer),
        SimDuration::ZERO
    );
    let free = snapped(&run, SimTime::from_nanos(1_234_567_890), SimTime::ZERO, SimDuration::ZERO);
    assert_eq!(free, SimTime::from_millis(1_235));
}

#[test]
fn what_was_said_of_the_end_is_said_only_there() {
    assert_eq!(open_at_end(&sent()), None);
    let run = sent();
    let shown = lanes::lanes(&run, Now { cursor: SimTime::ZERO, known: SimTime::ZERO });
    assert!(shown.bars.len() <= 1);
}
