use super::*;
use crate::sim::Scenario;
use crate::sim::trace::{Note, Record, SpanId};

fn scenario(origin: &str, more: &str) -> Scenario {
    let json = format!(
        r#"{{"horizon": "60s", "clients": [
                {{"id": "people", "policy": {{"attempts": 3, "attempt_timeout": "1s"}},
                  "traffic": {{"arrivals": {{"poisson": {{"rate": 12}}}}, "mix": [{{"weight": 60}}, {{"request": {{"path": "/report"}}}}], "until": "30s"}}}},
                {{"id": "robot", "traffic": {{"arrivals": {{"bursts": {{"rate": 20, "on": "1s", "off": "2s"}}}}, "until": "30s"}}}}],
            "gateways": [{{"id": "edge" {more}}}],
            "origins": [{{"id": "shop", "settings": {{"workers": 2, "service_time": {{"fixed": "60ms"}} {origin}}}}}]}}"#
    );
    Scenario::from_json(&json).expect("a scenario")
}

fn recorded(scenario: &Scenario) -> Recording {
    let mut recording = Recording::new(scenario);
    recording.finish();
    recording
}

#[test]
fn the_same_requests_come_whatever_is_set_behind_the_client() {
    let base = recorded(&scenario("", ""));
    let mut patient = scenario("", "");
    patient.clients[0].policy.attempts = Some(1);
    patient.clients[0].policy.attempt_timeout = None;
    let variants = [
        scenario(r#", "queue": 3"#, ""),
        scenario(r#", "queue": 900"#, ""),
        scenario("", r#", "settings": {"read_timeout": "300ms"}"#),
        scenario("", r#", "link": {"latency": "40ms"}"#),
        scenario("", r#", "settings": {"maintenance": {"on": {}}}"#),
        patient,
        base.fork(
            SimTime::from_secs(10),
            [crate::sim::scenario::Action::Inject {
                node: "shop".to_owned(),
                fault: crate::sim::fault::UnhandledException { share: 0.5 }.into(),
            }],
        ),
    ];
    for variant in &variants {
        let other = recorded(variant);
        let comparison = compare(&base, &other);
        assert!(comparison.pairs.len() > 400, "{} calls", comparison.pairs.len());
        assert!(comparison.same_arrivals(), "{variant:?}");
        assert!(comparison.divergence.is_some());
        assert_eq!(comparison.a.calls as usize, comparison.pairs.len());
    }
    let mut seeded = scenario("", "");
    seeded.seed = 43;
    assert!(!compare(&base, &recorded(&seeded)).same_arrivals());
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let base = recorded(&scenario("", ""));
    let comparison = compare(&base, &base.clone());
    assert_eq!(comparison.divergence, None);
    assert_eq!(comparison.a, comparison.b);
    assert_eq!(comparison.turned(), (0, 0));
    assert!(comparison.series.iter().all(|(a, b)| a == b));
    assert_eq!(
        comparison.sentences("A", "B").last().map(String::as_str),
        Some("Nothing differs between the runs.")
    );
}

#[test]
fn figures_are_those_of_the_pairs() {
    let (a, b) = (recorded(&scenario(r#", "queue": 9000"#, "")), recorded(&scenario(r#", "queue": 2"#, "")));
    let comparison = compare(&a, &b);
    let good = |pick: fn(&Pair) -> Option<Call>| {
        comparison.pairs.iter().filter(|p| pick(p).is_some_and(|c| c.is_good())).count() as u32
    };
    assert_eq!((comparison.a.good, comparison.b.good), (good(|p| p.a), good(|p| p.b)));
    let attempts: u32 = comparison.pairs.iter().filter_map(|p| p.b).map(|c| c.attempts).sum();
    assert_eq!(comparison.b.attempts, attempts);
    let (better, worse) = comparison.turned();
    let gained = i64::from(comparison.b.good) - i64::from(comparison.a.good);
    // Whoever is still under way at the end of one run is neither good nor failed there.
    assert!((better as i64 - worse as i64 - gained).abs() <= 2, "{better} {worse} {gained}");
    let offered: u32 = comparison.series.iter().map(|(a, _)| a.offered).sum();
    assert_eq!(offered, comparison.a.calls);
    // A short line refuses at once; no worker has begun on those.
    assert_eq!(comparison.a.refused_early, 0);
    assert!(comparison.b.refused_early > 20, "{}", comparison.b.refused_early);
    assert!(comparison.b.answers.get(&503) >= Some(&comparison.b.refused_early));
}

#[test]
fn runs_part_where_the_first_thing_differs() {
    let base = recorded(&scenario("", ""));
    let at = SimTime::from_millis(12_345);
    let fork = base.fork(
        at,
        [crate::sim::scenario::Action::Inject {
            node: "shop".to_owned(),
            fault: crate::sim::fault::ProcessDown {}.into(),
        }],
    );
    let mut other = base.revised(&fork);
    other.finish();
    let comparison = compare(&base, &other);
    let divergence = comparison.divergence.expect("a change is a difference");
    assert_eq!(divergence.at, at);
    let change = Record::Note { span: SpanId::NONE, note: Note::Change(0) };
    assert_eq!(divergence.b, Some((at, change)));
    // The same number of another change is another change.
    let fork = base.fork(
        at,
        [crate::sim::scenario::Action::Inject {
            node: "shop".to_owned(),
            fault: crate::sim::fault::UnhandledException { share: 1.0 }.into(),
        }],
    );
    let divergence = compare(&other, &recorded(&fork)).divergence.expect("another change");
    assert_eq!((divergence.at, divergence.a), (at, divergence.b));
    let said = comparison.sentences("A", "B");
    assert_eq!(said[1], "The runs part at 12.3 s, with change 1 of B.");
}

#[test]
fn sentences_say_what_differs() {
    let (a, b) = (recorded(&scenario("", "")), recorded(&scenario(r#", "queue": 2"#, "")));
    // A line of 64 is longer than callers wait: most of the work is for those who have left.
    let expected = "\
Both runs meet the same 582 requests at the same moments.
The runs part at 256 ms.
B finishes 224 more requests well: 404 instead of 180.
B refuses 84 fewer requests before any work on them: 178 instead of 262.
B has 520 fewer attempts without an answer: 14 instead of 534.
B has 145 fewer 503s: 371 instead of 516.
B makes 441 fewer attempts: 789 instead of 1230.
B finishes 520 fewer pieces of work for callers who have left: 14 instead of 534.
275 requests fail in A and end well in B; 51 the other way round.
Half of the requests are over within 68 ms in B, within 1.01 s in A.
99 % of the requests are over within 1.17 s in B, within 4.36 s in A.
The workers of shop are busy for 43.2 s in B, for 65.2 s in A.
The workers of database are busy for 17.7 s in B, for 21.6 s in A.";
    assert_eq!(compare(&a, &b).sentences("A", "B").join("\n"), expected);
}

#[test]
fn runs_of_other_horizons_are_aligned() {
    let mut longer = scenario("", "");
    longer.horizon = SimDuration::from_secs(120);
    let comparison = compare(&recorded(&scenario("", "")), &recorded(&longer));
    assert_eq!(comparison.resolution, SimDuration::from_millis(200));
    let offered = |pick: fn(&(Bucket, Bucket)) -> u32| comparison.series.iter().map(pick).sum::<u32>();
    assert_eq!(offered(|s| s.0.offered), offered(|s| s.1.offered));
}
