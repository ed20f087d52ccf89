use super::*;
use crate::sim::Simulation;

fn measured(json: &str, resolution: SimDuration) -> Metrics {
    let scenario = Scenario::from_json(json).expect("a scenario");
    let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, resolution));
    simulation.finish();
    simulation.observer().clone()
}

const SECOND: SimDuration = SimDuration::from_secs(1);

#[test]
fn a_storm_of_retries_is_counted_as_what_it_is() {
    let metrics = measured(
        r#"{"clients": [{"policy": {"attempts": 3, "delay": {"fixed": "100ms"}}, "traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "10s"}}],
            "origins": [{"faults": [{"process_down": {}}]}]}"#,
        SECOND,
    );
    let total = metrics.total();
    assert_eq!((total.offered, total.attempts, total.failed, total.good), (100, 300, 100, 0));
    assert_eq!((total.retries, total.answers.total()), (200, 300));
    assert!(total.answers.iter().eq([(502, 300)]));
    assert!((metrics.amplification() - 3.0).abs() < 1e-9);
    assert!((total.retry_share() - 2.0 / 3.0).abs() < 1e-9);
    // Three attempts of 3 ms and two waits of 100 ms.
    assert_eq!(metrics.quantile(0.5).as_millis(), 209);
    assert_eq!(metrics.mean_latency(), SimDuration::from_millis(209));
    let bucket = metrics.bucket(5).expect("the run goes on for ten seconds");
    assert_eq!(bucket.offered, 10);
    // 6 % of 209 ms.
    let median = bucket.latency.quantile(0.5).expect("calls ended").as_secs_f64();
    assert!((median - 0.209).abs() < 0.209 / 16.0, "{median}");
}

#[test]
fn work_for_callers_who_have_left_is_wasted() {
    let metrics = measured(
        r#"{"clients": [{"policy": {"attempt_timeout": "500ms"}, "traffic": {"arrivals": {"constant": {"rate": 1}}, "until": "5s"}}],
            "dependencies": [{"faults": [{"slow_query": {"query_time": {"fixed": "1s"}}}]}]}"#,
        SECOND,
    );
    let total = metrics.total();
    assert_eq!((total.offered, total.failed, total.wasted), (5, 5, 5));
}

#[test]
fn lines_and_workers_are_followed_stretch_by_stretch() {
    // One worker, two seconds a piece, four requests at 1, 2, 3 and 4 s (and no travel): it works from 1 to 9 s;
    // in line are 1 from 2 to 4 s (at 3 s one is taken before one comes), 2 from 4 to 5 s, 1 from 5 to 7 s.
    let metrics = measured(
        r#"{"clients": [{"traffic": {"arrivals": {"constant": {"rate": 1}}, "until": "4500ms"}}],
            "gateways": [{"link": {"latency": "0s"}}],
            "origins": [{"link": {"latency": "0s"}, "app": "probe", "settings": {"workers": 1, "queue": 9, "service_time": {"fixed": "2s"}}}],
            "dependencies": [], "horizon": "20s"}"#,
        SECOND,
    );
    let origin = NodeId(2);
    let per_second = |f: fn(&NodeBucket) -> f64| -> Vec<f64> {
        (0..9).map(|i| f(&metrics.node(i, origin).expect("a node"))).collect()
    };
    let mean = |course: Course| course.mean(SECOND);
    assert_eq!(per_second(|n| n.busy.mean(SECOND)), [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(per_second(|n| n.queue.mean(SECOND)), [0.0, 0.0, 1.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(per_second(|n| f64::from(n.queue.most)), [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 0.0]);
    assert_eq!(per_second(|n| n.inside.mean(SECOND)), [0.0, 1.0, 2.0, 2.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
    // The gateway and the client have just as many under way.
    for node in [NodeId(0), NodeId(1)] {
        assert!((mean(metrics.node(4, node).expect("a node").inside) - 3.0).abs() < 1e-9);
    }
    let load = metrics.load(origin);
    assert_eq!((load.arrived, load.waited, load.started), (4, 3, 4));
    // The second waits 1 s, the third 2 s, the fourth 3 s.
    assert!((load.waiting - 6.0).abs() < 1e-9 && (load.busy - 8.0).abs() < 1e-9, "{load:?}");
    assert_eq!(metrics.node(4, NodeId(9)), None);
    assert_eq!(metrics.node(400, origin), None);
}

#[test]
fn who_dies_at_work_is_not_busy_any_more() {
    let metrics = measured(
        r#"{"clients": [{"traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "2s"}}],
            "origins": [{"settings": {"workers": 2, "service_time": {"fixed": "5s"}}}],
            "timeline": [{"at": "3s", "do": {"inject": {"node": "A", "fault": {"process_down": {}}}}},
                         {"at": "9s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
        SECOND,
    );
    let at = |i| metrics.node(i, NodeId(2)).expect("a node");
    assert_eq!((at(2).busy.most, at(2).queue.most > 10), (2, true));
    assert_eq!((at(5).busy, at(5).queue, at(5).inside), Default::default());
}

#[test]
fn an_upstream_that_is_taken_out_has_a_band() {
    let metrics = measured(
        r#"{"clients": [{"traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "40s"}}],
            "origins": [{"id": "A"}, {"id": "B"}],
            "timeline": [{"at": "5s", "do": {"inject": {"node": "A", "fault": {"process_down": {}}}}},
                         {"at": "12s", "do": {"repair": {"node": "A", "fault": "process_down"}}}]}"#,
        SECOND,
    );
    let bands = metrics.bands().all();
    assert_eq!(bands.len(), 1, "{bands:?}");
    assert_eq!((bands[0].node, bands[0].subject), (NodeId(1), Subject::PeerOut(NodeId(2))));
    // Out with the first failure after 5 s; trusted again more than ten seconds (of whole seconds) later.
    assert_eq!(bands[0].from.as_millis() / 1_000, 5);
    let back = bands[0].to.expect("it comes back").as_millis() / 1_000;
    assert!((15..=17).contains(&back), "{back}");
}
