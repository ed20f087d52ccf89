use super::*;
use crate::sim::client::breaker::{Over, Slow, Window};
use crate::sim::client::{Delay, Jitter};

fn ms(millis: u64) -> SimDuration {
    SimDuration::from_millis(millis)
}

/// What a recording of `breakers` tells: calls let through that succeed and fail, refused ones, changes of state.
#[derive(Debug, Default, PartialEq)]
struct Record {
    good: u32,
    failed: u32,
    refused: u32,
    shifts: Vec<(u64, BreakerState)>,
}

/// Calls at a steady pace against an origin that fails for the first `outage`. The first ones find cold
/// connections: an answer comes back at the moment `cold` at the earliest.
fn drive(breaker: Breaker, every: u64, calls: u64, outage: u64, cold: u64) -> Record {
    let mut circuit = Circuit::new(breaker, 0, Stream::new(1, "client", "breaker"));
    let mut record = Record::default();
    let mut timer: Option<(u64, u32)> = None;
    let mut waiting: Vec<(u64, u64, u32)> = Vec::new();
    for call in 0..calls {
        let now = call * every;
        for (end, began, mark) in std::mem::take(&mut waiting) {
            if end > now && call + 1 < calls {
                waiting.push((end, began, mark));
                continue;
            }
            let at = SimTime::from_millis(end);
            if let Some(shift) = circuit.ended(at, mark, began < outage, ms(end - began)) {
                record.shifts.push((end, shift.to));
                timer = shift.timer.map(|(wait, mark)| (end + wait.as_millis(), mark));
            }
        }
        if let Some((at, mark)) = timer.filter(|(at, _)| *at <= now) {
            timer = None;
            record.shifts.extend(circuit.timer(mark).map(|shift| (at, shift.to)));
        }
        let (mark, shift) = circuit.ask(SimTime::from_millis(now));
        record.shifts.extend(shift.map(|s| (now, s.to)));
        match mark {
            None => record.refused += 1,
            Some(mark) => {
                record.good += u32::from(now >= outage);
                record.failed += u32::from(now < outage);
                waiting.push(((now + 3).max(cold), now, mark));
            }
        }
    }
    record
}

use BreakerState::{Closed, HalfOpen, Open};

/// Compares with a recording: the same states, each within a call of its moment, and as many calls, give or take one.
fn agrees(record: &Record, calls: [u32; 3], shifts: &[(u64, BreakerState)]) {
    for (found, recorded) in [record.good, record.failed, record.refused].iter().zip(calls) {
        assert!(found.abs_diff(recorded) <= 1, "{record:?}, recorded {calls:?}");
    }
    assert_eq!(record.shifts.len(), shifts.len(), "{record:?}");
    for (found, recorded) in record.shifts.iter().zip(shifts) {
        assert_eq!(found.1, recorded.1, "{record:?}");
        assert!(found.0.abs_diff(recorded.0) <= 110, "{found:?}, recorded {recorded:?}");
    }
}

#[test]
fn opossum_with_a_least_volume_as_recorded() {
    let mut breaker = Breaker { open: Delay::Fixed(ms(10_000)), ..Breaker::opossum() };
    if let Trip::Window(window) = &mut breaker.trip {
        window.minimum = 10;
    }
    agrees(
        &drive(breaker, 100, 300, 12_000, 0),
        [89, 11, 200],
        &[(913, Open), (10_913, HalfOpen), (11_003, Open), (21_003, HalfOpen), (21_100, Closed)],
    );
}

#[test]
fn opossum_s_defaults_as_recorded() {
    agrees(
        &drive(Breaker::opossum(), 100, 450, 12_000, 212),
        [147, 3, 300],
        &[(212, Open), (30_213, HalfOpen), (30_301, Closed)],
    );
    let shifts = [(194, Open), (30_194, HalfOpen), (30_202, Open), (60_202, HalfOpen), (60_303, Closed)];
    agrees(&drive(Breaker::opossum(), 100, 650, 33_000, 194), [47, 3, 600], &shifts);
}

#[test]
fn cockatiel_s_breaker_of_consecutive_failures_as_recorded() {
    let breaker = Breaker::cockatiel_consecutive(5, Delay::Fixed(ms(10_000)));
    agrees(
        &drive(breaker, 100, 300, 12_000, 0),
        [95, 6, 199],
        &[(512, Open), (10_500, HalfOpen), (10_500, Open), (20_500, HalfOpen), (20_500, Closed)],
    );
}

#[test]
fn cockatiel_s_sampling_breaker_as_recorded() {
    let after = || Delay::Fixed(ms(10_000));
    let breaker = Breaker::cockatiel_sampling(0.5, ms(10_000), Some(5.0), after());
    agrees(
        &drive(breaker, 100, 300, 12_000, 0),
        [150, 50, 100],
        &[(4_901, Open), (15_001, HalfOpen), (15_007, Closed)],
    );
    // With the default least rate it never opens: at 20 ms the window holds enough calls only after the outage.
    for (every, calls, counts) in [(20, 2_250, [1_650, 600, 0]), (100, 451, [331, 120, 0])] {
        let breaker = Breaker::cockatiel_sampling(0.2, ms(30_000), None, after());
        agrees(&drive(breaker, every, calls, 12_000, 0), counts, &[]);
    }
}

#[test]
fn cockatiel_s_growing_pause_opens_again_and_again_as_recorded() {
    // Recording: seven further openings within 22.8 s, 13 failures let through; chance decides the moments.
    let pause = Delay::Exponential {
        base: ms(128),
        factor: 2.0,
        cap: Some(ms(30_000)),
        jitter: Jitter::Smoothed,
        cap_last: false,
    };
    let record = drive(Breaker::cockatiel_consecutive(5, pause), 100, 300, 12_000, 0);
    let opened = record.shifts.iter().filter(|(_, s)| *s == Open).count();
    assert!((6..=10).contains(&opened), "{record:?}");
    assert_eq!(record.failed as usize, 5 + opened - 1, "one probe between two openings");
    assert_eq!(record.shifts.last().map(|s| s.1), Some(Closed));
}

#[test]
fn at_total_failure_the_defaults_open_after_a_hundred_and_after_twenty_attempts() {
    for (breaker, attempts) in [(Breaker::resilience4j(), 100), (Breaker::hystrix(), 20)] {
        for rate in [50u64, 100, 1_000] {
            let record = drive(breaker.clone(), 1_000 / rate, 200, u64::MAX, 0);
            let opened = record.shifts[0].0;
            // 100 / λ and 20 / λ, of which the first attempt begins at 0, and 3 ms for the answer.
            let expected = (attempts - 1) * 1_000 / rate + 3;
            assert_eq!(opened, expected, "{rate} attempts a second");
        }
    }
}

#[test]
fn slow_attempts_open_it_though_they_succeed() {
    let window = Window { minimum: 4, slow: Some(Slow { after: ms(100), ratio: 0.5 }), ..Window::default() };
    let breaker = Breaker { trip: Trip::Window(window), ..Breaker::resilience4j() };
    let mut circuit = Circuit::new(breaker, 0, Stream::new(1, "client", "breaker"));
    let mut end = |took| circuit.ended(SimTime::ZERO, 0, false, ms(took)).map(|s| s.to);
    assert_eq!([end(50), end(100), end(101), end(200)], [None, None, None, Some(Open)]);
}

#[test]
fn half_open_asks_as_many_as_permitted_and_decides_by_the_ratio() {
    for (failures, to) in [(4, Closed), (5, Open)] {
        let window = Window { minimum: 1, over: Over::Attempts(10), ..Window::default() };
        let breaker = Breaker { trip: Trip::Window(window), ..Breaker::resilience4j() };
        let mut circuit = Circuit::new(breaker, 0, Stream::new(1, "client", "breaker"));
        assert_eq!(circuit.ended(SimTime::ZERO, 0, true, ms(1)).map(|s| s.to), Some(Open));
        let later = SimTime::from_secs(60);
        assert_eq!(circuit.ask(SimTime::from_millis(59_999)).0, None);
        let marks: Vec<u32> = (0..20).filter_map(|_| circuit.ask(later).0).collect();
        assert_eq!(marks.len(), 10);
        let shifts: Vec<_> = (0..10)
            .filter_map(|i| circuit.ended(later, marks[i], i < failures, ms(1)))
            .map(|s| s.to)
            .collect();
        assert_eq!(shifts, [to], "{failures} failures");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn half_open_never_lets_more_through_than_permitted(
            steps in prop::collection::vec((0u64..2_000, 0u8..4, any::<bool>()), 1..300),
            permitted in 1u32..5, consecutive: bool, by_timer: bool,
        ) {
            let trip = if consecutive { Trip::Consecutive(2) } else {
                Trip::Window(Window { over: Over::Attempts(4), minimum: 2, ..Window::default() })
            };
            let breaker = Breaker { trip, open: Delay::Fixed(ms(1_000)), permitted, half_open_by_timer: by_timer, ..Breaker::resilience4j() };
            let mut circuit = Circuit::new(breaker, 0, Stream::new(1, "client", "breaker"));
            let (mut now, mut state, mut out, mut opened) = (SimTime::ZERO, Closed, Vec::new(), SimTime::ZERO);
            for (pause, what, failed) in steps {
                now = now + ms(pause);
                let shift = match what {
                    0 | 1 => {
                        let (mark, shift) = circuit.ask(now);
                        if let Some(shift) = shift { state = shift.to; out.clear(); }
                        let half_open = state == HalfOpen;
                        if let Some(mark) = mark {
                            prop_assert!(state != Open, "an open breaker lets nothing through");
                            out.push(mark);
                        }
                        prop_assert!(!half_open || out.len() <= permitted as usize, "{} probes", out.len());
                        shift
                    }
                    2 if !out.is_empty() => circuit.ended(now, out[0], failed, ms(5)),
                    3 if !out.is_empty() => { let mark = out.remove(0); circuit.cancelled(mark); None }
                    _ => None,
                };
                if let Some(shift) = shift {
                    if shift.to == HalfOpen {
                        prop_assert!(now.since(opened) >= ms(1_000));
                    } else { out.clear(); }
                    if shift.to == Open { opened = now; }
                    state = shift.to;
                }
            }
        }
    }
}
