//! How fast playing goes: real time, slowed down while something is on a wire.
//!
//! A crossing of 0.5 ms would be over within one frame of the screen. Rather than to draw it where it is not, the clock
//! itself goes slower during a crossing, so that the crossing takes long enough to be seen. Positions and times on the
//! screen stay exact; only the ratio of simulated to real time changes, and the page says so while it does.

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::Parcel;

use super::run::Run;
use super::wires::Crossing;

/// From this many crossings at once the clock is not slowed down: nobody could follow them.
const CROWD: usize = 12;
/// From this many departures within the next second on it is not slowed down either: ten requests close together would
/// take a minute.
const THRONG: usize = 150;
/// The most boundaries that one frame passes; what is left over is made up by the next.
const MOST_BOUNDARIES: usize = 500;

/// How long a crossing shall be on the screen at speeds up to 1, in seconds.
fn visible(parcel: Parcel) -> f64 {
    match parcel {
        Parcel::Connect | Parcel::Accepted | Parcel::Handshake => 0.07,
        Parcel::Close => 0.12,
        Parcel::Refused
        | Parcel::Reset
        | Parcel::Request
        | Parcel::HeadPart
        | Parcel::Head
        | Parcel::Body
        | Parcel::Answer => 0.24,
    }
}

/// Simulated seconds for each real one at a moment.
pub fn rate(run: &Run, at: SimTime, speed: f64) -> f64 {
    if is_thronged(run, at) { speed } else { of_crossings(&run.crossings(at), speed) }
}

fn is_thronged(run: &Run, at: SimTime) -> bool {
    run.departures(at, at + SimDuration::from_secs(1)) > THRONG
}

fn of_crossings(crossings: &[Crossing], speed: f64) -> f64 {
    if crossings.len() > CROWD {
        return speed;
    }
    let slowed = crossings.iter().map(|c| c.takes.as_secs_f64() / visible(c.parcel) * speed.max(1.0));
    slowed.fold(speed, f64::min)
}

/// True if the clock goes slower than asked for.
pub fn slowed(run: &Run, at: SimTime, speed: f64) -> bool {
    rate(run, at, speed) < speed * 0.9
}

/// The moment that is `wall` real seconds after `from`.
pub fn advance(run: &Run, from: SimTime, wall: f64, speed: f64) -> SimTime {
    if is_thronged(run, from) {
        return from + SimDuration::from_secs_f64(wall * speed);
    }
    let mut at = from;
    let mut left = wall;
    for _ in 0..MOST_BOUNDARIES {
        let crossings = run.crossings(at);
        let rate = of_crossings(&crossings, speed);
        let whole = at + SimDuration::from_secs_f64(left * rate);
        // The next departure or arrival.
        let arrival = crossings.iter().map(|c| c.arrives).min();
        match run.next_departure(at).into_iter().chain(arrival).min() {
            Some(boundary) if boundary < whole => {
                left -= boundary.since(at).as_secs_f64() / rate;
                at = boundary;
            }
            _ => return whole,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::trace::{Event, NodeId, Note, Observer, SpanId, SpanKind, Trace};
    use crate::view::first;
    use crate::view::run::Making;

    /// A run in which these departures happen at its start, each of so many microseconds.
    fn flights(takes_micros: &[u64]) -> Run {
        let mut trace = Trace::new(&first::scenario());
        trace.open(SimTime::ZERO, SpanKind::Attempt, NodeId(0), SpanId::NONE, 1);
        for micros in takes_micros {
            let takes = micros * 1_000;
            let note =
                Note::Departed { parcel: Parcel::Request, link: NodeId(1), toward: true, lost: false, takes };
            trace.events.push(Event { at: SimTime::ZERO, span: SpanId(0), note });
        }
        Making::of_trace(trace).finish()
    }

    #[test]
    fn a_short_crossing_takes_its_visible_time_and_the_wait_after_it_is_real() {
        let run = flights(&[500]);
        let half = advance(&run, SimTime::ZERO, 0.12, 1.0);
        assert!(half.since(SimTime::from_nanos(250_000)).as_nanos() < 1_000, "{half}");
        let later = advance(&run, SimTime::ZERO, 1.24, 1.0);
        assert!((later.as_secs_f64() - 1.0005).abs() < 1e-6, "{later}");
    }

    #[test]
    fn a_long_crossing_and_a_crowd_are_not_slowed() {
        assert!(!slowed(&flights(&[2_000_000]), SimTime::from_millis(5), 1.0));
        assert!(!slowed(&flights(&[500; 20]), SimTime::ZERO, 1.0));
        assert!(slowed(&flights(&[500; 3]), SimTime::ZERO, 1.0));
    }
}
