use super::*;
use crate::view::samples::sent;

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
        (&Ring::Done(run.attempts[0].mark, "504".into()), &Ring::Future(2))
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
