//! What holds in every run, whatever the scenario. A failing case prints its seed and its link.

mod support;

use fivexx::interop::link;
use fivexx::sim::Scenario;
use fivexx::sim::client::DeadlineRule;
use fivexx::sim::dialect::DialectName;
use fivexx::sim::explain::explain_with;
use fivexx::sim::scenario::{Action, GatewaySettings, OriginSettings, Settings};
use fivexx::sim::simulation::{EVENT_LIMIT, Simulation, run};
use fivexx::sim::trace::{
    BreakerState, Index, NodeId, NodeKind, Note, Outcome, SpanId, SpanKind, Step, Stop, Trace,
};
use proptest::prelude::*;

use support::{any_scenario, random_scenario};

/// Checks one property of one random run, and says how to see a run in which it fails.
fn holds(seed: u64, property: impl Fn(&Scenario, &Trace) -> Result<(), String>) -> Result<(), TestCaseError> {
    let scenario = any_scenario(seed);
    property(&scenario, &run(&scenario))
        .map_err(|why| TestCaseError::fail(format!("seed {seed}: {why}\n#s={}", link::encode(&scenario))))
}

/// What changes set at a node.
fn sets<'a>(scenario: &'a Scenario, node: &'a str) -> impl Iterator<Item = &'a Settings> {
    scenario.timeline.iter().filter_map(move |change| match &change.action {
        Action::Set { node: of, to } if of == node => Some(to),
        _ => None,
    })
}

fn ensure(condition: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(why()) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_call_ends_exactly_once(seed: u64) {
        holds(seed, |scenario, trace| {
            let sends = trace.events.iter().filter(|e| matches!(e.note, Note::Change(i)
                if matches!(scenario.timeline[i as usize].action, Action::Send { .. }))).count();
            let calls: Vec<_> = trace.of_kind(SpanKind::Call).collect();
            // Those of a client's own traffic come on top.
            let sent = calls.iter().filter(|(_, c)| (c.detail as usize) < scenario.timeline.len()).count();
            ensure(sent == sends, || format!("{sends} sends made {sent} calls"))?;
            for (id, call) in calls {
                let ends = trace.notes(id).filter(|e| e.note == Note::CallEnded).count();
                let unfinished = call.outcome == Outcome::Unfinished;
                ensure(call.outcome != Outcome::Open && ends == usize::from(!unfinished), || {
                    format!("call {id:?} has {ends} ends and the outcome {:?}", call.outcome)
                })?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn effects_follow_their_causes(seed: u64) {
        holds(seed, |_, trace| {
            for (i, span) in trace.spans.iter().enumerate() {
                ensure(span.start <= span.end && span.end <= trace.end, || format!("span {i} ends before it starts, or after the run: {span:?}"))?;
                if span.parent != SpanId::NONE {
                    let parent = trace.span(span.parent);
                    ensure(span.parent.0 < i as u32 && parent.start <= span.start, || format!("span {i} starts before what caused it: {span:?}"))?;
                }
            }
            for pair in trace.events.windows(2) {
                ensure(pair[0].at <= pair[1].at, || format!("{:?} stands before {:?}", pair[0], pair[1]))?;
            }
            for event in trace.events.iter().filter(|e| e.span != SpanId::NONE) {
                ensure(trace.span(event.span).start <= event.at, || format!("{event:?} before its span"))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_call_has_more_attempts_than_its_policy_allows(seed: u64) {
        holds(seed, |_, trace| {
            for (id, _) in trace.of_kind(SpanKind::Call) {
                let limit = trace.policy_of(id).map_or(Some(0), |p| p.attempts).unwrap_or(u32::MAX);
                let attempts: Vec<u32> = trace.children(id).map(|(_, a)| a.detail).collect();
                ensure(attempts.len() as u32 <= limit, || format!("call {id:?} has {} attempts of {limit}", attempts.len()))?;
                ensure(attempts.iter().copied().eq(1..=attempts.len() as u32), || format!("attempts are numbered {attempts:?}"))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn calls_keep_their_deadline_and_attempts_their_breaker(seed: u64) {
        holds(seed, |_, trace| {
            for (id, call) in trace.of_kind(SpanKind::Call) {
                let policy = trace.policy_of(id).cloned().unwrap_or_default();
                if let (Some(deadline), DeadlineRule::Cut) = (policy.deadline, policy.deadline_rule) {
                    ensure(call.end.since(call.start) <= deadline, || format!("call {id:?} passes its deadline: {call:?}"))?;
                }
                let most = policy.hedge.map_or(1, |hedge| hedge.most) as usize;
                let attempts: Vec<_> = trace.children(id).map(|(_, a)| *a).collect();
                for attempt in &attempts {
                    let beside = attempts.iter().filter(|a| a.start <= attempt.start && a.end > attempt.start).count();
                    ensure(beside <= most, || format!("call {id:?} has {beside} attempts in flight of {most}"))?;
                }
            }
            // What began while a breaker was open would have been refused.
            let clients = trace.nodes.iter().filter(|n| n.kind == NodeKind::Client).count() as u16;
            for client in (0..clients).map(NodeId) {
                let shifts: Vec<_> = trace.events.iter().filter_map(|e| match e.note {
                    Note::Breaker(node, state) if node == client => Some((e.at, state)),
                    _ => None,
                }).collect();
                for pair in shifts.windows(2).filter(|pair| pair[0].1 == BreakerState::Open) {
                    let began = trace.of_kind(SpanKind::Attempt).find(|(_, a)| a.node == client && a.start > pair[0].0 && a.start < pair[1].0);
                    ensure(began.is_none(), || format!("{began:?} began while the breaker was open: {pair:?}"))?;
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn workers_are_never_more_busy_than_there_are(seed: u64) {
        holds(seed, |scenario, trace| {
            let most = |settings: &OriginSettings| settings.workers.unwrap_or(8);
            // A change may lower the number while more are busy; nobody new starts then.
            let highest = scenario.origins.iter().map(|o| most(&o.settings)).chain([8, 10]).max().unwrap_or(8);
            for event in &trace.events {
                if let Note::Started(busy) = event.note {
                    ensure(busy >= 1 && busy <= highest, || format!("{busy} workers are busy: {event:?}"))?;
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn lines_are_never_longer_than_they_may_be(seed: u64) {
        holds(seed, |scenario, trace| {
            // A change may shorten a line in which more wait already; nobody new gets in then.
            for origin in &scenario.origins {
                let later = sets(scenario, &origin.id).filter_map(|to| match to { Settings::Origin(s) => s.queue, _ => None });
                let places = origin.settings.queue.unwrap_or(OriginSettings::DEFAULT_QUEUE);
                let most = later.chain([places]).max().unwrap_or_default();
                let queued = trace.of_kind(SpanKind::Work).filter(|(_, w)| trace.node(w.node).id == origin.id)
                    .flat_map(|(id, _)| trace.notes(id)).filter_map(|e| match e.note { Note::Queued(before) => Some(before), _ => None });
                let longest = queued.max().map_or(0, |before| before + 1);
                ensure(longest <= most, || format!("{longest} wait at {} where {most} may", origin.id))?;
            }
            for gateway in &scenario.gateways {
                let limit = |s: &GatewaySettings| s.limits.as_ref().and_then(|l| l.queue);
                let later = sets(scenario, &gateway.id).filter_map(|to| match to { Settings::Gateway(s) => limit(s), _ => None });
                // The neutral proxy has no line unless it is told to.
                let most = later.chain([limit(&gateway.settings).unwrap_or(0)]).max().unwrap_or_default();
                let waits = trace.of_kind(SpanKind::GatewayRequest).filter(|(_, r)| trace.node(r.node).id == gateway.id)
                    .flat_map(|(id, _)| trace.notes(id)).filter_map(|e| match e.note { Note::WaitsForPlace(before) => Some(before), _ => None });
                let longest = waits.max().map_or(0, |before| before + 1);
                ensure(gateway.dialect != DialectName::Rfc9209 || longest <= most, || format!("{longest} wait at {} where {most} may", gateway.id))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn each_connection_is_opened_and_ended_once(seed: u64) {
        holds(seed, |scenario, trace| {
            let mut simulation = Simulation::new(scenario, ());
            for part in 1..=4 {
                simulation.run_until(fivexx::sim::time::SimTime::from_nanos(trace.end.as_nanos() / 4 * part));
                let (opened, ended, standing) = simulation.connections();
                ensure(opened == ended + standing, || format!("{opened} opened, {ended} ended, {standing} standing"))?;
            }
            simulation.finish();
            // Who asks over the network opens a connection or takes one that stands.
            let asks = |s: &fivexx::sim::trace::Span| matches!(s.kind, SpanKind::Attempt | SpanKind::Try | SpanKind::Probe);
            let noted = |noted: fn(&Note) -> bool| trace.events.iter().filter(|e| noted(&e.note)).count() as u64;
            let asked = trace.spans.iter().filter(|s| asks(s)).count() as u64
                + noted(|note| matches!(note, Note::Asked | Note::Step(Step::Called(_)) | Note::Resent));
            let reused = noted(|note| *note == Note::Reused);
            let (opened, ..) = simulation.connections();
            ensure(opened == asked - reused, || format!("{opened} opened where {asked} asked, {reused} on standing ones"))
        })?;
    }

    #[test]
    fn a_replay_is_identical_and_so_is_a_run_from_a_checkpoint(seed: u64, share in 0.0..1.0f64) {
        holds(seed, |scenario, trace| {
            ensure(run(scenario) == *trace, || "the replay differs".to_owned())?;
            let mut simulation = Simulation::new(scenario, Trace::new(scenario));
            simulation.run_until(fivexx::sim::time::SimTime::from_nanos((trace.end.as_nanos() as f64 * share) as u64));
            let mut copy = simulation.clone();
            copy.finish();
            ensure(copy.into_observer().digest() == trace.digest(), || "the run from a checkpoint differs".to_owned())
        })?;
    }

    #[test]
    fn every_run_stops_with_a_reason_and_far_below_the_limit(seed: u64) {
        holds(seed, |scenario, trace| {
            let mut simulation = Simulation::new(scenario, ());
            simulation.finish();
            ensure(matches!(trace.stop, Stop::Quiet | Stop::Horizon), || format!("{:?}", trace.stop))?;
            ensure(simulation.stop() == trace.stop, || "a run that nobody watches stops otherwise".to_owned())?;
            ensure(simulation.handled() < EVENT_LIMIT / 100, || format!("{} events", simulation.handled()))
        })?;
    }

    #[test]
    fn what_is_printed_reads_back(seed: u64) {
        let scenario = any_scenario(seed);
        prop_assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario.clone()));
        prop_assert_eq!(Scenario::from_json(&scenario.to_json_pretty()), Ok(scenario.clone()));
        prop_assert_eq!(link::decode(&link::encode(&scenario)), Ok(scenario));
    }

    #[test]
    fn every_attempt_has_an_explanation_in_order_of_time(seed: u64) {
        holds(seed, |_, trace| {
            let index = Index::new(trace);
            for (id, attempt) in trace.of_kind(SpanKind::Attempt) {
                let why = explain_with(trace, &index, id);
                ensure(!why.summary.is_empty() && why.chain.len() <= 8, || format!("{why:?}"))?;
                ensure(why.chain.windows(2).all(|w| w[0].at <= w[1].at), || format!("out of order: {why:?}"))?;
                ensure(why.chain.iter().all(|l| l.text.ends_with('.')), || format!("no sentence: {why:?}"))?;
                if let (Some(500..=504), Outcome::Answer(_)) = (why.status, attempt.outcome) {
                    ensure(why.mechanism.is_some(), || format!("no mechanism for {why:?}"))?;
                    ensure(why.paragraphs().iter().all(|p| fivexx::reference::paragraph(p).is_some()), || format!("no paragraph: {why:?}"))?;
                    ensure(!why.paragraphs().is_empty(), || format!("no paragraph for {why:?}"))?;
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn an_event_limit_stops_a_run_and_says_so() {
    let scenario = random_scenario(3);
    let mut simulation = Simulation::new(&scenario, Trace::new(&scenario));
    simulation.limit_events(10);
    simulation.finish();
    assert_eq!(simulation.handled(), 10);
    assert_eq!(simulation.into_observer().stop, Stop::EventLimit);
}

#[test]
fn a_storm_within_one_moment_is_stopped_and_said_so() {
    let json = r#"{
        "gateways": [{"dialect": "rfc9209", "settings": {"next_upstream_tries": 0, "request_timeout": "1s", "retry": {"again": "any"}}}],
        "origins": [{"link": {"faults": [{"unreachable": {"why": "no_route"}}]}}],
        "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]
    }"#;
    let scenario = Scenario::from_json(json).expect("a scenario");
    let mut simulation = Simulation::new(&scenario, Trace::new(&scenario));
    simulation.limit_events(50_000);
    simulation.finish();
    assert_eq!(simulation.stop(), Stop::EventLimit);
    assert_eq!(simulation.handled(), 50_000);
    assert!(simulation.now().as_millis() < 10, "no time goes by: {:?}", simulation.now());
}

#[test]
fn a_call_keeps_the_policy_that_was_set_before_it_in_the_same_moment() {
    let set = |attempts: u32| {
        format!(
            r#"{{"at": "1s", "do": {{"set": {{"node": "client", "to": {{"client": {{"attempts": {attempts}}}}}}}}}}}"#
        )
    };
    let send = r#"{"at": "1s", "do": {"send": {"client": "client", "request": {}}}}"#;
    let json = format!(r#"{{"timeline": [{}, {send}, {}]}}"#, set(3), set(5));
    let trace = run(&Scenario::from_json(&json).expect("a scenario"));
    let (call, _) = trace.of_kind(SpanKind::Call).next().expect("a call");
    assert_eq!(trace.policy_of(call).and_then(|policy| policy.attempts), Some(3));
}
