//! What the time of an attempt went into, for a bar and its legend.

use crate::interop::phases::Phases;
use crate::sim::time::{SimDuration, SimTime};

use super::format;
use super::run::{Attempt, Run};

/// A phase of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name in HAR.
    pub name: &'static str,
    /// How long it took.
    pub time: String,
    /// Its share of the whole, 0 to 1; 0 for one within another.
    pub share: f64,
}

/// What the time of an attempt went into, phase by phase; those that did not apply are left out.
pub fn phases(run: &Run, attempt: &Attempt, known: SimTime) -> Vec<Phase> {
    let span = run.trace.span(attempt.span);
    let phases = Phases::of(span, known, run.trace.notes(attempt.span));
    let total = phases.total().as_secs_f64();
    let share = |part: SimDuration| if total > 0.0 { part.as_secs_f64() / total } else { 0.0 };
    let ssl = phases.ssl.unwrap_or_default();
    // The handshake is part of `connect`: its piece of the bar is its own, the number of `connect` the whole.
    let connect = phases.connect.map(|all| (all, share(all) - share(ssl)));
    let whole = |part: SimDuration| Some((part, share(part)));
    [
        ("blocked", whole(phases.blocked)),
        ("dns", phases.dns.and_then(whole)),
        ("connect", connect),
        ("ssl", phases.ssl.and_then(whole)),
        ("send", whole(phases.send)),
        ("wait", whole(phases.wait)),
        ("receive", whole(phases.receive)),
    ]
    .into_iter()
    .filter_map(|(name, part)| part.map(|(d, share)| Phase { name, time: format::duration(d), share }))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::sent;

    #[test]
    fn phases_of_the_first_attempt_are_its_whole_time() {
        let run = sent();
        let all = phases(&run, &run.attempts[0], run.last());
        let names: Vec<&str> = all.iter().map(|p| p.name).collect();
        assert_eq!(names, ["blocked", "connect", "send", "wait", "receive"]);
        assert!((all.iter().map(|p| p.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(all[3].time, "2.002 s");
    }
}
