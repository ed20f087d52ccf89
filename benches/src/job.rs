//! What fivexx is asked to do: the queue as one part of a request's whole way, and runs that measure memory.

use crate::heap;
use crate::moves::Moves;
use fivexx::sim::metrics::Metrics;
use fivexx::sim::recording::Recording;
use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::Simulation;
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::{NodeId, Observer, Recorder, SpanId, SpanKind, Trace};
use std::hint::black_box;
use std::mem::size_of_val;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// The bare heap.
    Heap,
    /// The whole way, and nobody watches.
    Path,
    /// The whole way, with metrics.
    Measured,
    /// The whole way, with the full trace in compact form, as the page keeps it.
    Recorded,
    /// The whole way, with the full trace as a table.
    Traced,
    /// The state at moments of a run that is known: those right before a checkpoint, to which the way is longest.
    /// What is counted as requests are the states.
    States,
    /// What the page computes for moves of the playhead within a run. What is counted as requests are the moves.
    Moves,
    /// 1,000 requests a second, with retries, to an origin that can no longer carry them; counted in seconds.
    Storm,
}

impl Job {
    /// All of them; JavaScript knows each by its place here.
    pub const ALL: [(&'static str, Self); 8] = [
        ("heap", Self::Heap),
        ("path", Self::Path),
        ("measured", Self::Measured),
        ("recorded", Self::Recorded),
        ("traced", Self::Traced),
        ("states", Self::States),
        ("moves", Self::Moves),
        ("storm", Self::Storm),
    ];
}

/// A job that can be done, with what it takes to say how much was done.
pub struct Prepared {
    job: Job,
    amount: u64,
    scenario: Scenario,
    requests: u64,
    /// For [`Job::States`]: the run, and the moments.
    known: Option<(Recording, Vec<SimTime>)>,
    /// For [`Job::Moves`]: the run, and the moments.
    moves: Option<Moves>,
}

/// What was done. Figures that a job does not have are 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Requests that clients made, retries not counted.
    pub requests: u64,
    /// Attempts at these requests.
    pub attempts: u64,
    /// Events of the simulation.
    pub events: u64,
    /// The mean wait for a worker, in seconds.
    pub wait: f64,
    /// What the trace takes, in bytes.
    pub bytes: u64,
}

impl Prepared {
    /// Makes ready for about so many requests; for [`Job::Storm`], for so many simulated seconds.
    pub fn new(job: Job, amount: u64) -> Self {
        let text = if job == Job::Storm { storm(amount) } else { path(amount) };
        let scenario = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        // Arrivals come by chance, so that their number is known only after a run in which they are counted.
        let requests = match job {
            Job::Heap => amount,
            Job::Storm | Job::States | Job::Moves => 0,
            Job::Path | Job::Measured | Job::Recorded | Job::Traced => {
                run(&scenario, Calls(0), |calls| calls.0).0
            }
        };
        let known = (job == Job::States).then(|| known(&scenario));
        let moves = (job == Job::Moves).then(|| Moves::new(&scenario));
        Self { job, amount, scenario, requests, known, moves }
    }

    /// Does it. This is what is timed.
    pub fn run(&self) -> Report {
        let report = Report { requests: self.requests, attempts: self.requests, ..Report::default() };
        match self.job {
            Job::Heap => Report { wait: heap::mmc(self.amount), events: 2 * self.amount, ..report },
            Job::Path => Report { events: run(&self.scenario, (), |()| ()).1, ..report },
            Job::Measured | Job::Storm => {
                let metrics = Metrics::new(&self.scenario, SimDuration::from_secs(1));
                let ((total, load), events) =
                    run(&self.scenario, metrics, |metrics| (metrics.total(), metrics.load(ORIGIN)));
                Report {
                    requests: total.offered.into(),
                    attempts: total.attempts.into(),
                    wait: load.waiting / load.started as f64,
                    events,
                    ..report
                }
            }
            Job::Recorded => {
                let (bytes, events) = run(&self.scenario, Recorder::new(), Recorder::len);
                Report { events, bytes: bytes as u64, ..report }
            }
            Job::States => {
                let Some((recording, moments)) = &self.known else { return report };
                let events = moments.iter().map(|at| black_box(recording.state_at(*at)).handled()).sum();
                Report { requests: moments.len() as u64, events, ..report }
            }
            Job::Moves => {
                let Some(moves) = &self.moves else { return report };
                moves.show();
                Report { requests: moves.count(), events: moves.events(), ..report }
            }
            Job::Traced => {
                let (bytes, events) = run(&self.scenario, Trace::new(&self.scenario), |trace| {
                    size_of_val(&trace.spans[..]) + size_of_val(&trace.events[..])
                });
                Report { events, bytes: bytes as u64, ..report }
            }
        }
    }
}

/// A run to its end, and the moments right before its checkpoints.
fn known(scenario: &Scenario) -> (Recording, Vec<SimTime>) {
    let mut recording = Recording::new(scenario);
    recording.finish();
    let before = |(at, _): (SimTime, u64)| SimTime::from_nanos(at.as_nanos().saturating_sub(1));
    let moments =
        recording.checkpoints().skip(1).map(before).chain([recording.progress().simulated]).collect();
    (recording, moments)
}

/// The origin of both scenarios: after one client and one gateway.
const ORIGIN: NodeId = NodeId(2);

/// Counts requests.
#[derive(Clone)]
struct Calls(u64);

impl Observer for Calls {
    fn open(&mut self, _: SimTime, kind: SpanKind, _: NodeId, _: SpanId, _: u32) -> SpanId {
        self.0 += u64::from(kind == SpanKind::Call);
        SpanId::NONE
    }
}

/// Runs to the end; tells what the observer then says, and how many events there were.
fn run<O: Observer, T>(scenario: &Scenario, observer: O, tell: impl FnOnce(&O) -> T) -> (T, u64) {
    let mut simulation = Simulation::new(scenario, observer);
    simulation.limit_events(u64::MAX);
    simulation.finish();
    (tell(simulation.observer()), simulation.handled())
}

/// Client, link, nginx, link, an origin with ten workers, and all the way back; kept connections,
/// timers and the product's own rules included. The client gives up after 30 s, nginx after its own 60 s.
fn path(requests: u64) -> String {
    format!(
        r#"{{
        "horizon": "{}ms",
        "clients": [{{ "keep_alive": {{}}, "policy": {{ "attempt_timeout": "30s" }}, "traffic": {{ "arrivals": {{ "poisson": {{ "rate": 80 }} }} }} }}],
        "gateways": [{{ "settings": {{ "upstream_keep_alive": {{ "on": {{}} }} }} }}],
        "origins": [{{ "settings": {{ "workers": 10, "queue": 1000000, "service_time": {{ "exponential": "100ms" }} }} }}],
        "dependencies": []
    }}"#,
        requests * 1000 / 80
    )
}

/// An origin that carries 1,200 requests a second is asked 1,000, and loses more than half of its workers after a
/// tenth of the run. What fails comes again, up to three times, so that it is asked far more just when it can do less.
fn storm(seconds: u64) -> String {
    format!(
        r#"{{
        "horizon": "{seconds}s",
        "clients": [{{
            "policy": {{
                "attempts": 4, "attempt_timeout": "1s",
                "delay": {{ "exponential": {{ "base": "100ms", "factor": 2, "cap": "2s", "jitter": "full" }} }}
            }},
            "traffic": {{ "arrivals": {{ "poisson": {{ "rate": 1000 }} }} }}
        }}],
        "origins": [{{ "settings": {{ "workers": 12, "queue": 1000, "service_time": {{ "exponential": "10ms" }} }} }}],
        "dependencies": [],
        "timeline": [{{ "at": "{}s", "do": {{ "set": {{ "node": "A", "to": {{ "origin": {{ "workers": 5 }} }} }} }} }}]
    }}"#,
        seconds / 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Erlang's C formula for ten workers at 80 %: 0.40918 wait, on average 1 / (100 - 80) s each.
    const WAIT: f64 = 0.020_459;

    #[test]
    fn heap_and_fivexx_do_the_same_job() {
        for job in [Job::Heap, Job::Measured] {
            let report = Prepared::new(job, 100_000).run();
            assert!((report.wait / WAIT - 1.0).abs() < 0.1, "{job:?} waited {} s, not {WAIT} s", report.wait);
            assert!(report.requests.abs_diff(100_000) < 1_300, "{job:?} made {} requests", report.requests);
        }
    }

    #[test]
    fn a_storm_multiplies_what_is_asked() {
        let report = Prepared::new(Job::Storm, 60).run();
        assert!(report.attempts > 2 * report.requests, "{report:?}");
    }

    #[test]
    fn whoever_watches_sees_the_same_run() {
        let [path, measured, recorded, traced] =
            [Job::Path, Job::Measured, Job::Recorded, Job::Traced].map(|job| Prepared::new(job, 2_000).run());
        for other in [measured, recorded, traced] {
            assert_eq!((path.requests, path.events), (other.requests, other.events));
        }
        assert!(0 < recorded.bytes && recorded.bytes < traced.bytes, "{recorded:?}, {traced:?}");
    }

    #[test]
    fn moves_go_all_over_the_run() {
        let report = Prepared::new(Job::Moves, 1_000).run();
        assert!(report.requests == 100 && report.events > 5_000, "{report:?}");
    }

    #[test]
    fn states_are_had_all_over_the_run() {
        let prepared = Prepared::new(Job::States, 10_000);
        let (recording, moments) = prepared.known.as_ref().expect("a run");
        assert!(moments.len() > 10, "{moments:?}");
        for at in moments {
            assert!(recording.state_at(*at).now() <= *at);
        }
        assert_eq!(prepared.run().requests, moments.len() as u64);
    }
}
