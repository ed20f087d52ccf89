//! The time lanes: answers and effects on one axis.

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Note, SpanId};

use super::crowd::{self, Crowd};
use super::mark::{self, Mark};
use super::run::Run;
use super::{Now, format};

/// A label on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where, in seconds.
    pub at: f64,
    /// What it says.
    pub label: String,
}

/// The labels of an axis from nothing to `extent`, at most `most` of them.
pub fn ticks(extent: SimTime, most: u64) -> Vec<Tick> {
    let nanos = extent.as_nanos().max(1);
    let mut step = 1u64;
    let mut grow = [2, 5, 10].into_iter().cycle();
    let mut decade = 1u64;
    while nanos / step > most {
        match grow.next() {
            Some(10) => {
                decade = decade.saturating_mul(10);
                step = decade;
            }
            Some(factor) => step = decade.saturating_mul(factor),
            None => break,
        }
    }
    (0..=nanos / step)
        .map(|i| i * step)
        // The last label would hang over the end of the axis.
        .filter(|at| *at == 0 || at.saturating_add(step / 2) <= nanos)
        .map(|at| Tick { at: SimTime::from_nanos(at).as_secs_f64(), label: format::tick(at) })
        .collect()
}

/// An attempt on the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its start, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub length: f64,
    /// How it ended; none while it is open.
    pub mark: Option<Mark>,
    /// It lies behind the playhead.
    pub later: bool,
    /// What it is.
    pub title: String,
}

/// A wait between two attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Its start, in seconds.
    pub start: f64,
    /// Its length, in seconds.
    pub length: f64,
}

/// An order that was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// When its request reached the origin, in seconds.
    pub start: f64,
    /// When it was stored, in seconds.
    pub at: f64,
    /// Its number; empty where the next one stands too close.
    pub label: String,
    /// It lies behind the playhead.
    pub later: bool,
    /// What it is.
    pub title: String,
}

/// The lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Lanes {
    /// The end of the axis, in seconds.
    pub extent: f64,
    /// The axis.
    pub ticks: Vec<Tick>,
    /// Attempts.
    pub bars: Vec<Bar>,
    /// Waits.
    pub gaps: Vec<Gap>,
    /// Effects.
    pub orders: Vec<Order>,
    /// The attempts that have ended as columns, where there are too many for a bar each; there are no bars and no gaps then.
    pub crowd: Option<Crowd>,
    /// The effects as columns, where there are too many for a mark each.
    pub order_crowd: Option<Crowd>,
}

/// The most attempts, waits or orders that are drawn one by one.
const MOST: usize = 150;

/// The lanes of a run as far as it is known.
pub fn lanes(run: &Run, now: Now) -> Lanes {
    let extent = run.extent(now.known);
    let crowded = run.attempts_by(now.known) > MOST;
    let many_orders = run.orders_by(now.known) > MOST;
    Lanes {
        crowd: crowded.then(|| crowd::answers(run, extent, now.known)),
        order_crowd: many_orders.then(|| crowd::orders(run, extent, now.known)),
        extent: extent.as_secs_f64(),
        ticks: ticks(extent, 12),
        bars: if crowded { Vec::new() } else { bars(run, now) },
        gaps: if crowded { Vec::new() } else { gaps(run, now) },
        orders: if many_orders { Vec::new() } else { orders(run, now, extent) },
    }
}

fn bars(run: &Run, now: Now) -> Vec<Bar> {
    run.attempts[..run.attempts_by(now.known)]
        .iter()
        .map(|attempt| {
            let shown = attempt.ended(now.known);
            let end = if shown { attempt.end } else { now.known };
            let mark = shown.then_some(attempt.mark);
            let what = if shown { mark::label(attempt.status) } else { "open".to_owned() };
            Bar {
                start: attempt.start.as_secs_f64(),
                length: end.since(attempt.start).as_secs_f64(),
                mark,
                later: if shown { attempt.end > now.cursor } else { attempt.start > now.cursor },
                title: format!(
                    "Attempt {}: {what} after {}",
                    attempt.key.number,
                    format::duration(end.since(attempt.start))
                ),
            }
        })
        .collect()
}

fn gaps(run: &Run, now: Now) -> Vec<Gap> {
    (run.first_waits(run.waits_by(now.known).min(MOST)).iter())
        .map(|i| &run.trace.events[*i as usize])
        .filter_map(|event| match event.note {
            Note::RetryIn(wait, _) => {
                let end = (event.at + wait).min(now.known);
                Some(Gap { start: event.at.as_secs_f64(), length: end.since(event.at).as_secs_f64() })
            }
            _ => None,
        })
        .collect()
}

fn orders(run: &Run, now: Now, extent: SimTime) -> Vec<Order> {
    // A mark with a number of four digits.
    let room = extent.as_secs_f64() * 0.06;
    let mut orders: Vec<Order> = (run.commits()[..run.orders_by(now.known)].iter())
        .map(|i| &run.trace.events[*i as usize])
        .filter_map(|event| match event.note {
            Note::Committed(number) => {
                let start = start_of(run, event.span).unwrap_or(event.at);
                Some(Order {
                    start: start.as_secs_f64(),
                    at: event.at.as_secs_f64(),
                    label: number.to_string(),
                    later: event.at > now.cursor,
                    title: format!("Order {number}, stored at {}", format::moment(event.at)),
                })
            }
            _ => None,
        })
        .collect();
    for i in 1..orders.len() {
        if orders[i].at - orders[i - 1].at < room {
            orders[i - 1].label.clear();
        }
    }
    orders
}

fn start_of(run: &Run, span: SpanId) -> Option<SimTime> {
    run.trace.spans.get(span.0 as usize).map(|s| s.start)
}

/// The nearest moment to a share of the axis.
pub fn moment_at(extent: SimTime, share: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_nanos(extent.as_nanos()).scaled(share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let labels = |seconds| -> Vec<String> {
            ticks(SimTime::from_secs(seconds), 12).into_iter().map(|t| t.label).collect()
        };
        assert_eq!(
            labels(24),
            ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s", "14 s", "16 s", "18 s", "20 s", "22 s"]
        );
        assert_eq!(
            labels(12),
            ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s", "8 s", "9 s", "10 s", "11 s"]
        );
        for seconds in [1, 7, 60, 90, 3_600, 86_400] {
            assert!((3..=13).contains(&labels(seconds).len()), "{seconds}: {:?}", labels(seconds));
        }
    }

    #[test]
    fn lanes_hold_what_is_known_and_no_more() {
        let run = crate::view::samples::sent();
        let known = run.attempts[0].end;
        let shown = lanes(&run, Now { cursor: known, known });
        assert_eq!((shown.bars.len(), shown.orders.len()), (1, 0));
        let all = lanes(&run, Now { cursor: known, known: run.last() });
        assert_eq!((all.bars.len(), all.gaps.len(), all.orders.len()), (6, 5, 4));
        assert!(!all.bars[0].later && all.bars[1].later && all.orders[0].later);
    }
}
