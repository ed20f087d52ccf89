use super::*;

const TEN: SimDuration = SimDuration::from_secs(10);
const BAD: Seen = Seen::Answer { status: Some(503), took: SimDuration::ZERO };
const GOOD: Seen = Seen::Answer { status: Some(200), took: SimDuration::ZERO };

fn passive(size: usize) -> Passive {
    Passive::new(size, Stream::new(1, "gateway", "enforcing"))
}

fn at(millis: u64) -> SimTime {
    SimTime::from_millis(millis)
}

#[test]
fn nginx_counts_in_whole_seconds_and_never_marks_a_single_one() {
    let rule = PassiveHealth::MaxFails;
    let mut two = passive(2);
    assert_eq!(two.ended(&rule, 0, at(5_900), Seen::Broken, true, 1), Finding::Out(1));
    assert!(two.is_out(&rule, 0, at(15_999), 1, TEN));
    assert!(!two.is_out(&rule, 0, at(16_000), 1, TEN));
    assert_eq!(two.picked(&rule, 0, at(16_000), TEN), Finding::Nothing);
    assert_eq!(two.ended(&rule, 0, at(16_001), GOOD, false, 1), Finding::Back);
    let mut one = passive(1);
    assert_eq!(one.ended(&rule, 0, at(0), Seen::Broken, true, 1), Finding::Nothing);
    assert!(!one.is_out(&rule, 0, at(0), 1, TEN));
}

#[test]
fn caddy_remembers_each_failure_for_its_time() {
    let rule = PassiveHealth::Window(FailureWindow {
        fail_duration: SimDuration::from_secs(4),
        max_fails: 2,
        statuses: vec![503],
        latency: SimDuration::from_secs(2),
        consecutive: false,
    });
    let mut p = passive(1);
    assert_eq!(p.ended(&rule, 0, at(0), Seen::NoConnection, true, 0), Finding::Counted(1));
    assert_eq!(p.ended(&rule, 0, at(1_000), BAD, false, 0), Finding::Out(2));
    assert!(p.is_out(&rule, 0, at(3_999), 0, TEN), "a single one may be out too");
    assert!(!p.is_out(&rule, 0, at(4_000), 0, TEN), "the first is forgotten");
    let slow = Seen::Answer { status: Some(200), took: SimDuration::from_secs(2) };
    assert_eq!(p.ended(&rule, 0, at(4_500), slow, false, 0), Finding::Out(2));
}

#[test]
fn apaches_error_state_lasts_its_time_unless_all_are_in_it() {
    let rule =
        PassiveHealth::ErrorState(ErrorState { retry: SimDuration::from_secs(5), ..ErrorState::default() });
    let mut p = passive(2);
    assert_eq!(p.ended(&rule, 0, at(3_000), Seen::NoConnection, true, 0), Finding::Out(1));
    assert_eq!(p.ended(&rule, 1, at(3_000), Seen::Timeout, false, 0), Finding::Nothing);
    assert!(p.is_out(&rule, 0, at(8_000), 0, TEN) && !p.is_out(&rule, 0, at(8_001), 0, TEN));
    assert!(p.recover_all(&rule));
    assert!(!p.is_out(&rule, 0, at(3_001), 0, TEN));
    let PassiveHealth::ErrorState(e) = rule else { unreachable!() };
    let strict = PassiveHealth::ErrorState(ErrorState { force_recovery: false, ..e });
    p.ended(&strict, 0, at(9_000), Seen::NoConnection, true, 0);
    assert!(!p.recover_all(&strict));
    assert_eq!(p.picked(&strict, 0, at(15_000), TEN), Finding::Back);
}

#[test]
fn envoy_ejects_after_three_in_a_row_and_for_longer_each_time() {
    let o = Outlier {
        consecutive_5xx: 3,
        interval: SimDuration::from_secs(1),
        base_ejection_time: SimDuration::from_secs(3),
        max_ejected: 1.0,
        ..Outlier::default()
    };
    let rule = PassiveHealth::Outlier(o.clone());
    let mut p = passive(2);
    for (seen, finding) in [(BAD, Finding::Counted(1)), (GOOD, Finding::Nothing)] {
        assert_eq!(p.ended(&rule, 0, at(0), seen, false, 0), finding);
    }
    for finding in [Finding::Counted(1), Finding::Counted(2), Finding::Ejected(SimDuration::from_secs(3))] {
        assert_eq!(p.ended(&rule, 0, at(3_900), BAD, false, 0), finding);
    }
    let mut back = Vec::new();
    for second in 4..=7 {
        assert!(p.sweep(&o, SimTime::from_secs(second), |i| back.push((second, i))));
    }
    assert_eq!(back, [(7, 0)], "the first sweep at which 3 s are over");
    for _ in 0..2 {
        p.ended(&rule, 0, at(7_500), Seen::NoConnection, true, 0);
    }
    let second = p.ended(&rule, 0, at(7_500), Seen::Timeout, true, 0);
    assert_eq!(second, Finding::Ejected(SimDuration::from_secs(6)));
}

#[test]
fn envoy_forgets_with_each_quiet_sweep_and_keeps_to_the_largest_share() {
    let o = Outlier { consecutive_5xx: 1, max_ejected: 0.5, ..Outlier::default() };
    let rule = PassiveHealth::Outlier(o.clone());
    let mut p = passive(2);
    assert_eq!(p.ended(&rule, 0, at(0), BAD, false, 0), Finding::Ejected(SimDuration::from_secs(30)));
    assert_eq!(p.ended(&rule, 1, at(0), BAD, false, 0), Finding::Nothing, "one of two is half");
    assert!(p.sweep(&o, SimTime::from_secs(30), |_| {}));
    assert!(!p.sweep(&o, SimTime::from_secs(40), |_| {}), "nothing is left to forget");
    let tight = PassiveHealth::Outlier(Outlier { max_ejected: 0.1, ..o.clone() });
    assert_eq!(p.ended(&tight, 0, at(0), BAD, false, 0), Finding::Nothing);
    let lenient = PassiveHealth::Outlier(Outlier { max_ejected: 0.1, always_eject_one: true, ..o });
    assert!(matches!(p.ended(&lenient, 0, at(0), BAD, false, 0), Finding::Ejected(_)));
}

#[test]
fn haproxy_counts_errors_in_a_row_and_knows_which_5xx_are_none() {
    let observe = Observe { layer: Layer::Answers, error_limit: 2, on_error: OnError::MarkDown };
    let rule = PassiveHealth::Observe(observe.clone());
    let mut p = passive(2);
    let fine = Seen::Answer { status: Some(501), took: SimDuration::ZERO };
    for (seen, finding) in [
        (BAD, Finding::Counted(1)),
        (fine, Finding::Nothing),
        (BAD, Finding::Counted(1)),
        (Seen::Broken, Finding::MarkDown),
    ] {
        assert_eq!(p.ended(&rule, 0, at(0), seen, false, 0), finding);
    }
    let layer4 = PassiveHealth::Observe(Observe { layer: Layer::Connections, error_limit: 1, ..observe });
    assert_eq!(p.ended(&layer4, 0, at(0), BAD, false, 0), Finding::Nothing);
    assert_eq!(p.ended(&layer4, 0, at(0), Seen::NoConnection, false, 0), Finding::MarkDown);
}

#[test]
fn panic_begins_below_the_threshold() {
    assert!(!panics(1, 2, 0.5) && panics(0, 2, 0.5) && panics(1, 3, 0.5) && !panics(0, 2, 0.0));
}

#[test]
fn traefik_counts_failures_in_a_row_and_keeps_an_upstream_out_for_the_whole_time() {
    let rule = PassiveHealth::Window(FailureWindow {
        fail_duration: SimDuration::from_secs(10),
        max_fails: 2,
        statuses: vec![503],
        consecutive: true,
        ..FailureWindow::default()
    });
    let mut passive = Passive::new(1, Stream::new(1, "gateway", "enforcing"));
    let answer = |passive: &mut Passive, at: u64, status: u16| {
        let seen = Seen::Answer { status: Some(status), took: SimDuration::ZERO };
        passive.ended(&rule, 0, SimTime::from_secs(at), seen, false, 0)
    };
    assert_eq!(answer(&mut passive, 0, 503), Finding::Counted(1));
    assert_eq!(answer(&mut passive, 1, 200), Finding::Nothing);
    assert_eq!(answer(&mut passive, 2, 503), Finding::Counted(1), "a good answer forgets what was before");
    assert_eq!(answer(&mut passive, 9, 503), Finding::Out(2));
    // One that was under way fails too.
    assert_eq!(answer(&mut passive, 15, 503), Finding::Out(2));
    let out = |passive: &Passive, at| passive.is_out(&rule, 0, SimTime::from_secs(at), 0, SimDuration::ZERO);
    assert_eq!([9, 12, 18, 19].map(|at| out(&passive, at)), [true, true, true, false]);
}
