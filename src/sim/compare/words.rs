//! What a comparison says, in short sentences.

use super::{Comparison, Figures};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Note, Record};

impl Comparison {
    /// What differs, in sentences with the names given to the runs; the most telling first. The second run is
    /// the subject: it is the one in which something was tried.
    pub fn sentences(&self, a: &str, b: &str) -> Vec<String> {
        let mut said = vec![self.traffic(a, b)];
        let Some(divergence) = self.divergence else {
            said.push("Nothing differs between the runs.".to_owned());
            return said;
        };
        let because = match (divergence.a.map(|(_, r)| r), divergence.b.map(|(_, r)| r)) {
            (_, Some(Record::Note { note: Note::Change(i), .. })) => {
                format!(", with change {} of {b}", i + 1)
            }
            (Some(Record::Note { note: Note::Change(i), .. }), _) => {
                format!(", with change {} of {a}", i + 1)
            }
            _ => String::new(),
        };
        said.push(format!("The runs part at {}{because}.", about(divergence.at.since(Default::default()))));
        let (x, y) = (&self.a, &self.b);
        let mut count = |verb: &str, what: &str, in_a: u32, in_b: u32| {
            if in_a != in_b {
                let (more, by) = if in_b > in_a { ("more", in_b - in_a) } else { ("fewer", in_a - in_b) };
                said.push(format!("{b} {verb} {by} {more} {what}: {in_b} instead of {in_a}."));
            }
        };
        count("finishes", "requests well", x.good, y.good);
        count("refuses", "requests before any work on them", x.refused_early, y.refused_early);
        let mut statuses: Vec<u16> = x.answers.iter().chain(y.answers.iter()).map(|(s, _)| s).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let of = |figures: &Figures, status| figures.answers.get(&status).copied().unwrap_or_default();
        for status in statuses.into_iter().filter(|s| *s == 0 || *s >= 400) {
            let what =
                if status == 0 { "attempts without an answer".to_owned() } else { format!("{status}s") };
            count("has", &what, of(x, status), of(y, status));
        }
        count("makes", "attempts", x.attempts, y.attempts);
        count("finishes", "pieces of work for callers who have left", x.wasted, y.wasted);
        let (better, worse) = self.turned();
        if better + worse > 0 {
            said.push(format!(
                "{better} {} in {a} and end well in {b}; {worse} the other way round.",
                if better == 1 { "request fails" } else { "requests fail" }
            ));
        }
        for (share, in_a, in_b) in [("Half", x.p50, y.p50), ("99 %", x.p99, y.p99)] {
            if about(in_a) != about(in_b) {
                said.push(format!(
                    "{share} of the requests are over within {} in {b}, within {} in {a}.",
                    about(in_b),
                    about(in_a)
                ));
            }
        }
        for (name, load) in &y.nodes {
            let before = x.nodes.iter().find(|(n, _)| n == name).map_or(0.0, |(_, l)| l.busy);
            // A tenth more or less work is worth saying.
            if (load.busy - before).abs() > 0.1 * before.max(load.busy) {
                let seconds = |s: f64| about(SimDuration::from_secs_f64(s));
                said.push(format!(
                    "The workers of {name} are busy for {} in {b}, for {} in {a}.",
                    seconds(load.busy),
                    seconds(before)
                ));
            }
        }
        said
    }

    fn traffic(&self, a: &str, b: &str) -> String {
        let (x, y) = (self.a.calls, self.b.calls);
        if x != y {
            format!("{a} meets {x} requests, {b} {y}.")
        } else if self.same_arrivals() {
            format!("Both runs meet the same {x} requests at the same moments.")
        } else {
            format!("Both runs meet {x} requests, not all at the same moments.")
        }
    }
}

/// A duration to three digits, as a person says it.
fn about(duration: SimDuration) -> String {
    let nanos = duration.as_nanos();
    let mut unit = 1;
    while nanos / unit >= 1_000 {
        unit *= 10;
    }
    SimDuration::from_nanos(nanos.saturating_add(unit / 2) / unit * unit).spoken()
}
