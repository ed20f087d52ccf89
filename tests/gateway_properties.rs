//! What holds whatever a gateway's mechanisms are set to. A failing case prints its seed and its link.

mod support;

use fivexx::interop::{link, story};
use fivexx::sim::explain;
use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::SimTime;
use fivexx::sim::trace::{Note, Outcome, SpanId, SpanKind, Stop, Trace};
use fivexx::view::hops::hops;
use fivexx::view::inspector;
use fivexx::view::ledger::Ledger;
use fivexx::view::run::Run;
use fivexx::view::verdict::verdict;
use proptest::prelude::*;

use support::gateways::equip;
use support::random_scenario;

fn holds(seed: u64, property: impl Fn(&Scenario, &Trace) -> Result<(), String>) -> Result<(), TestCaseError> {
    let scenario = equip(random_scenario(seed), seed);
    let fail =
        |why: String| TestCaseError::fail(format!("seed {seed}: {why}\n#s={}", link::encode(&scenario)));
    scenario.check().map_err(|e| fail(e.to_string()))?;
    property(&scenario, &run(&scenario)).map_err(fail)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_end_once_and_effects_follow_causes(seed: u64) {
        holds(seed, |_, trace| {
            for (id, call) in trace.of_kind(SpanKind::Call) {
                let ends = trace.notes(id).filter(|e| e.note == Note::CallEnded).count();
                let unfinished = call.outcome == Outcome::Unfinished;
                if ends != usize::from(!unfinished) {
                    return Err(format!("call {id:?} has {ends} ends and the outcome {:?}", call.outcome));
                }
            }
            for (i, span) in trace.spans.iter().enumerate() {
                let after_its_cause = span.parent == SpanId::NONE
                    || (span.parent.0 < i as u32 && trace.span(span.parent).start <= span.start);
                if span.start > span.end || span.end > trace.end || !after_its_cause {
                    return Err(format!("span {i}: {span:?}"));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_request_waits_for_ever_at_a_gateway(seed: u64) {
        // A run that fell silent has left nobody waiting: neither in a line nor for what another fetches.
        holds(seed, |_, trace| {
            let waiting = trace.of_kind(SpanKind::GatewayRequest).find(|(_, s)| s.outcome == Outcome::Unfinished);
            match (trace.stop, waiting) {
                (Stop::Quiet, Some((id, span))) if !trace.children(id).any(|(_, t)| t.outcome == Outcome::Unfinished) => {
                    Err(format!("{id:?} {span:?}\n{}", story::story(trace)))
                }
                _ => Ok(()),
            }
        })?;
    }

    #[test]
    fn upstreams_never_have_more_requests_than_they_may(seed: u64) {
        holds(seed, |scenario, trace| {
            let last = scenario.gateways.last().expect("a gateway");
            let changes = scenario.timeline.iter().any(|c| matches!(&c.action, fivexx::sim::scenario::Action::Set { node, .. } if *node == last.id));
            let limits = last.settings.limits.clone().unwrap_or_default();
            let (Some(most), false) = (limits.all_upstreams, changes) else { return Ok(()) };
            let node = trace.nodes.iter().position(|n| n.id == last.id).unwrap_or_default() as u16;
            let mut turns: Vec<(SimTime, i32)> = Vec::new();
            for (_, t) in trace.of_kind(SpanKind::Try).filter(|(_, t)| t.node.0 == node) {
                turns.push((t.start, 1));
                turns.push((t.end, -1));
            }
            // Of one moment, ends come before starts.
            turns.sort();
            let mut busy = 0;
            for (at, change) in turns {
                busy += change;
                if busy > most as i32 {
                    return Err(format!("{busy} at {at} where {most} are allowed"));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn runs_repeat_go_on_from_checkpoints_and_explain_themselves(seed: u64) {
        holds(seed, |scenario, trace| {
            let mut simulation = Simulation::new(scenario, Trace::new(scenario));
            simulation.run_until(SimTime::from_secs(5));
            let mut resumed = simulation.clone();
            resumed.finish();
            if resumed.into_observer().digest() != trace.digest() {
                return Err("a run that was resumed differs".to_owned());
            }
            for (id, span) in trace.of_kind(SpanKind::Attempt) {
                if explain(trace, id).summary.is_empty() {
                    return Err(format!("no reason for {id:?} {span:?}"));
                }
            }
            // Whatever the gateway did has words in the story, and a place on the page.
            let shown = Run::up_to(scenario, 20_000);
            let ledger = Ledger::new(&shown);
            for attempt in &shown.attempts {
                inspector::log(&inspector::logs(&shown, attempt), shown.last());
                inspector::origin(&shown, attempt, shown.last());
                inspector::command(&shown, &ledger, attempt);
                hops(&shown, &ledger, attempt, shown.last());
                verdict(&shown, attempt, shown.last(), None);
            }
            if (!shown.is_cut() && shown.digest() != trace.digest()) || story::story(trace).is_empty() {
                return Err("the page shows another run".to_owned());
            }
            Ok(())
        })?;
    }
}
