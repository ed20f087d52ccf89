use super::*;
use crate::sim::fault;
use crate::sim::trace::{Note, SpanId, SpanKind};
use crate::view::samples::{busy, sent};

fn named(run: &Run, name: &str, at: SimTime) -> NodeView {
    let id = run.trace.nodes.iter().position(|n| n.id == name).expect(name);
    node(run, NodeId(id as u16), at, None, run.attempts.first())
}

#[test]
fn an_origin_works_on_for_somebody_who_has_left() {
    let run = sent();
    let a = named(&run, "A", SimTime::from_secs(3));
    let Body::Origin { slots, busy, workers, .. } = &a.body else { unreachable!("{:?}", a.body) };
    assert_eq!((*busy, *workers, slots[0], slots[1]), (1, 8, Slot::Lost, Slot::Free));
    assert!(a.spoken.contains("for somebody who has left"), "{}", a.spoken);
    let after = named(&run, "A", SimTime::from_secs(4));
    let Body::Origin { doing, .. } = &after.body else { unreachable!("{:?}", after.body) };
    assert_eq!(doing, "POST /orders: stored order 1042");
}

#[test]
fn a_gateway_shows_what_decided_and_whom_it_left_out() {
    let run = sent();
    let gateway = named(&run, "gateway", SimTime::from_secs(3));
    let Body::Gateway { facts, upstreams, .. } = &gateway.body else { unreachable!("{:?}", gateway.body) };
    let read = facts.iter().find(|f| f.full == "proxy_read_timeout").expect("shown");
    assert!(read.decided && read.value == "2 s", "{read:?}");
    assert_eq!(upstreams.iter().map(|u| u.usable).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_client_shows_the_attempts_made_and_those_to_come() {
    let run = sent();
    let client = named(&run, "client", run.attempts[0].end);
    let Body::Client { attempts, .. } = &client.body else { unreachable!("{:?}", client.body) };
    assert_eq!(attempts.len(), 6);
    assert_eq!(
        (&attempts[0], &attempts[1]),
        (&Ring::Done { mark: run.attempts[0].mark, code: "504".into(), number: 1 }, &Ring::Future(2))
    );
}

#[test]
fn a_fault_on_a_link_is_a_chip_of_the_node_behind_it_and_cuts_the_line() {
    let mut scenario = sent().trace.scenario;
    scenario.origins[0].link.faults =
        (fault::ALL.iter()).filter(|i| i.kind == "black_hole").map(|i| (i.default)()).collect();
    let run = Run::new(&scenario);
    let a = named(&run, "A", SimTime::ZERO);
    assert!(a.chips.iter().any(|c| c.on_link && c.place == "link:A"), "{:?}", a.chips);
    let wire = wire(&run, 1, SimTime::ZERO);
    assert_eq!((wire.fan, wire.lines[0].state, wire.breakables[0].broken), (Fan::Out, LineState::Cut, true));
}

#[test]
fn from_the_fourth_node_on_a_column_ends_in_a_stack_with_what_is_broken_first() {
    let mut scenario = sent().trace.scenario;
    for id in ["C", "D", "E"] {
        let mut origin = scenario.origins[1].clone();
        id.clone_into(&mut origin.id);
        scenario.origins.push(origin);
    }
    scenario.origins[4].faults = vec![(fault::ALL[0].default)()];
    let run = Run::new(&scenario);
    let column = &columns(&run.trace)[2];
    let alone = wires::alone(column.len());
    assert_eq!((column.len(), alone), (5, 2));
    let rest: Vec<NodeId> = column[alone..].iter().map(|(id, ..)| *id).collect();
    let pile = glimpse(&run, &rest, SimTime::ZERO);
    assert_eq!((pile.first[0].title.as_str(), pile.rest, pile.broken), ("Origin E", 1, true));
    assert_eq!(pile.spoken, "3 more, 1 broken, 2 idle.");
    let wire = wire(&run, 1, SimTime::ZERO);
    assert_eq!((wire.lines.len(), wire.breakables.len()), (3, 2), "the stack has one line");
    let gateway = named(&run, "gateway", SimTime::ZERO);
    let Body::Gateway { upstreams, .. } = &gateway.body else { unreachable!("{:?}", gateway.body) };
    assert_eq!((upstreams.len(), upstreams[3].name.as_str()), (4, "2 more"));
}

#[test]
fn gateways_in_a_row_have_each_other_as_upstreams() {
    let mut scenario = sent().trace.scenario;
    let mut front = scenario.gateways[0].clone();
    "edge".clone_into(&mut front.id);
    scenario.gateways.insert(0, front);
    let run = Run::new(&scenario);
    let edge = named(&run, "edge", SimTime::from_secs(1));
    let Body::Gateway { upstreams, load, .. } = &edge.body else { unreachable!("{:?}", edge.body) };
    assert_eq!((upstreams.len(), upstreams[0].name.as_str()), (1, "gateway"));
    assert_eq!(load, "1 in flight");
    let wire = wire(&run, 1, SimTime::from_secs(1));
    assert_eq!((wire.fan, wire.used.as_str()), (Fan::Straight, "1 open"));
}

#[test]
fn what_is_switched_on_at_a_gateway_shows_what_it_makes_of_the_moment() {
    let scenario = Scenario::from_json(
        r#"{"gateways": [{"dialect": "rfc9209", "settings": {
                "breaker": {"trip": {"consecutive": {"failures": 1}}, "open_for": "5s"},
                "rate_limit": {"requests": 100, "period": "1s", "burst": 100}}}],
            "origins": [{"faults": [{"process_down": {}}]}],
            "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
    )
    .expect("a scenario");
    let run = Run::new(&scenario);
    let gateway = named(&run, "gateway", SimTime::from_secs(1));
    let Body::Gateway { facts, .. } = &gateway.body else { unreachable!("{:?}", gateway.body) };
    assert!(facts.iter().any(|f| f.value.starts_with("open until 5.")), "{facts:?}");
    assert_eq!(gateway.health.word, "breaker open");
    let origin = named(&run, "A", SimTime::from_secs(1));
    assert_eq!(origin.health.word, "down");
}

#[test]
fn what_workers_do_at_a_moment_is_what_a_look_at_all_work_would_find() {
    let run = busy();
    let trace = &run.trace;
    let noted = |span: SpanId, which: fn(&Note) -> bool| {
        trace.notes(span).find(|e| which(&e.note)).map_or(SimTime::NEVER, |e| e.at)
    };
    let origins = trace.nodes.iter().enumerate().filter(|(_, n)| n.kind == NodeKind::Origin);
    let mut most = 0;
    for (i, node) in origins {
        let work: Vec<_> = trace
            .of_kind(SpanKind::Work)
            .filter(|(_, span)| usize::from(span.node.0) == i)
            .map(|(id, span)| {
                let over = noted(id, |n| matches!(n, Note::Released(_))).min(span.end);
                (span.start, noted(id, |n| matches!(n, Note::Started(_))).min(over), over, span.parent)
            })
            .collect();
        for at in (0..40).map(|quarter| SimTime::from_millis(quarter * 250)) {
            let running: Vec<_> = work.iter().filter(|w| w.1 <= at && at < w.2).collect();
            let queued = work.iter().filter(|w| w.0 <= at && at < w.1).count();
            let lost = running.iter().filter(|w| trace.span(w.3).end <= at).count();
            let view = named(&run, &node.id, at);
            let Body::Origin { busy, queue, slots, .. } = &view.body else { unreachable!("{view:?}") };
            assert_eq!(*busy as usize, running.len(), "{} at {at}", node.id);
            assert_eq!(*queue, queued, "{} at {at}", node.id);
            assert_eq!(slots.iter().filter(|s| **s == Slot::Lost).count(), lost, "{} at {at}", node.id);
            most = most.max(*busy);
        }
    }
    assert!(most > 1);
}
