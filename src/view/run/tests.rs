use super::*;
use crate::view::samples::{busy, sent};
use crate::view::steps::Step;

#[test]
fn the_first_request_gets_a_504_after_the_read_timeout() {
    let run = sent();
    let attempt = &run.attempts[0];
    assert_eq!(attempt.status, Some(504));
    assert_eq!(attempt.mark, Mark::of(Some(504), true));
    let took = attempt.end.since(attempt.start);
    assert!(took >= SimDuration::from_secs(2) && took < SimDuration::from_millis(2_010), "{took}");
    assert_eq!(run.next_answer(SimTime::ZERO), Some(attempt.end));
    assert_eq!(run.last_answer(attempt.end).map(|a| a.key), Some(attempt.key));
    assert_eq!(run.last_answer(SimTime::from_secs(1)), None);
}

#[test]
fn steps_and_flights_are_in_order_of_time() {
    let run = sent();
    let steps: Vec<Step> = (0..run.steps.len()).filter_map(|i| run.step(i)).collect();
    assert!(steps.len() > 20 && steps.len() == run.steps.len() && steps.is_sorted_by_key(|s| s.at));
    let flights: Vec<_> = (0..run.flights.len()).filter_map(|i| run.flight(i)).collect();
    assert!(flights.len() > 10 && flights.len() == run.flights.len() && flights.is_sorted_by_key(|f| f.at));
    assert_eq!(run.step_at(run.last()), Some(run.steps.len() - 1));
    assert!(steps.iter().all(|s| !s.place.is_empty() && !s.what.is_empty()));
}

#[test]
fn the_axis_reaches_past_what_is_known_and_not_past_the_horizon() {
    let run = sent();
    assert_eq!(run.extent(SimTime::ZERO), SimTime::from_secs(12));
    assert_eq!(run.extent(SimTime::from_secs(12)), SimTime::from_secs(24));
    assert_eq!(run.extent(run.last()), SimTime::from_secs(48));
    assert_eq!(run.extent(SimTime::from_secs(59)), SimTime::from_secs(60));
}

#[test]
fn what_is_looked_up_is_what_a_walk_through_the_run_would_find() {
    let run = busy();
    assert!(run.attempts.len() > 100 && run.attempts.iter().any(|a| !a.mark.good()));
    let over = || run.attempts.iter().filter(|a| a.is_over());
    for at in (0..40).map(|i| SimTime::from_millis(i * 251)) {
        assert_eq!(
            run.last_answer(at).map(|a| a.span),
            over().filter(|a| a.end <= at).max_by_key(|a| a.end).map(|a| a.span)
        );
        assert_eq!(run.next_answer(at), over().map(|a| a.end).filter(|e| *e > at).min());
        assert_eq!(run.previous_answer(at), over().map(|a| a.end).filter(|e| *e < at).max());
        let failed = || over().filter(|a| !a.mark.good());
        assert_eq!(run.next_failure(at), failed().map(|a| a.end).filter(|e| *e > at).min());
        assert_eq!(run.previous_failure(at), failed().map(|a| a.end).filter(|e| *e < at).max());
        assert_eq!(
            run.newest_failing(at).map(|c| c.span),
            failed().filter(|a| a.end <= at).map(|a| a.call).max()
        );
        let stored = |e: &&crate::sim::trace::Event| e.at <= at && matches!(e.note, Note::Committed(_));
        assert_eq!(run.orders_by(at), run.trace.events.iter().filter(stored).count());
        for (i, node) in run.trace.nodes.iter().enumerate() {
            let kind = match node.kind {
                NodeKind::Gateway => SpanKind::GatewayRequest,
                NodeKind::Dependency => SpanKind::Query,
                NodeKind::Client | NodeKind::Origin => continue,
            };
            let open = |s: &&crate::sim::trace::Span| {
                s.kind == kind && usize::from(s.node.0) == i && s.start <= at && at < s.end
            };
            let node = NodeId(i as u16);
            assert_eq!(run.open(node, at), run.trace.spans.iter().filter(open).count());
        }
    }
    for attempt in &run.attempts {
        assert_eq!(run.attempt(attempt.key), Some(attempt));
        assert_eq!(run.call_key(attempt.call), Some(attempt.key.call));
        let explained = run.explanation(attempt);
        assert_eq!(explained.is_some(), attempt.is_over());
        if let Some(explained) = explained {
            assert_eq!((explained.status, explained.timer), (attempt.status, attempt.mark.timer));
        }
    }
    for (number, event) in (0..run.steps.len()).filter_map(|i| Some((i, run.steps.event(i)?))) {
        assert_eq!(run.steps.of_event(event), Some(number));
        assert!(run.step(number).is_some(), "{:?}", run.trace.events[event]);
    }
}

#[test]
fn a_run_made_in_pieces_is_the_same() {
    let scenario = busy().trace.scenario;
    let mut making = Making::new(&scenario, 5_000);
    let mut share = 0.0;
    while !making.advance(97) {
        assert!(share <= making.share() && making.share() <= 1.0, "{share} then {}", making.share());
        share = making.share();
    }
    let (pieces, whole) = (making.finish(), Run::up_to(&scenario, 5_000));
    assert!(whole.is_cut() && whole.trace.events.len() >= 5_000);
    assert_eq!([pieces.digest(), whole.digest()], [whole.trace.digest(); 2]);
    assert_eq!((pieces.attempts, pieces.calls), (whole.attempts, whole.calls));
    assert_eq!((pieces.steps, pieces.flights), (whole.steps, whole.flights));
}
