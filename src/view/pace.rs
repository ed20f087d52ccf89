//! How fast playing goes: real time, slowed down while something is on a wire.
//!
//! A crossing of 0.5 ms would be over within one frame of the screen. Rather than to draw it where it is not, the clock
//! itself goes slower during a crossing, so that the crossing takes long enough to be seen. Positions and times on the
//! screen stay exact; only the ratio of simulated to real time changes, and the page says so while it does.

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::Parcel;

use super::wires::Flight;

/// From this many crossings at once the clock is not slowed down: nobody could follow them.
const CROWD: usize = 12;
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
pub fn rate(flights: &[Flight], at: SimTime, speed: f64) -> f64 {
    let mut crossing = 0;
    let mut slowest = speed;
    for flight in flights.iter().take_while(|f| f.at <= at).filter(|f| at < f.arrives()) {
        crossing += 1;
        let slowed = flight.takes.as_secs_f64() / visible(flight.parcel) * speed.max(1.0);
        slowest = slowest.min(slowed);
    }
    if crossing > CROWD { speed } else { slowest }
}

/// True if the clock goes slower than asked for.
pub fn slowed(flights: &[Flight], at: SimTime, speed: f64) -> bool {
    rate(flights, at, speed) < speed * 0.9
}

/// The moment that is `wall` real seconds after `from`.
pub fn advance(flights: &[Flight], from: SimTime, wall: f64, speed: f64) -> SimTime {
    let mut at = from;
    let mut left = wall;
    for _ in 0..MOST_BOUNDARIES {
        let rate = rate(flights, at, speed);
        let whole = at + SimDuration::from_secs_f64(left * rate);
        let boundary = boundary(flights, at);
        match boundary {
            Some(boundary) if boundary < whole => {
                left -= boundary.since(at).as_secs_f64() / rate;
                at = boundary;
            }
            _ => return whole,
        }
    }
    at
}

/// The next departure or arrival after a moment.
fn boundary(flights: &[Flight], at: SimTime) -> Option<SimTime> {
    let gone = flights.partition_point(|f| f.at <= at);
    let departure = flights.get(gone).map(|f| f.at);
    let arrival = flights[..gone].iter().map(Flight::arrives).filter(|t| *t > at).min();
    match (departure, arrival) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::trace::{NodeId, SpanId};

    fn flight(at_micros: u64, takes_micros: u64, parcel: Parcel) -> Flight {
        Flight {
            span: SpanId(0),
            parcel,
            near: NodeId(0),
            far: NodeId(1),
            toward: true,
            lost: false,
            at: SimTime::from_nanos(at_micros * 1_000),
            takes: SimDuration::from_micros(takes_micros),
            message: None,
            mark: None,
        }
    }

    #[test]
    fn a_short_crossing_takes_its_visible_time_and_the_wait_after_it_is_real() {
        let flights = [flight(0, 500, Parcel::Request)];
        let half = advance(&flights, SimTime::ZERO, 0.12, 1.0);
        assert!(half.since(SimTime::from_nanos(250_000)).as_nanos() < 1_000, "{half}");
        let later = advance(&flights, SimTime::ZERO, 1.24, 1.0);
        assert!((later.as_secs_f64() - 1.0005).abs() < 1e-6, "{later}");
    }

    #[test]
    fn a_long_crossing_and_a_crowd_are_not_slowed() {
        assert!(!slowed(&[flight(0, 2_000_000, Parcel::Request)], SimTime::from_millis(5), 1.0));
        let crowd: Vec<Flight> = (0..20).map(|_| flight(0, 500, Parcel::Request)).collect();
        assert!(!slowed(&crowd, SimTime::ZERO, 1.0));
    }
}
