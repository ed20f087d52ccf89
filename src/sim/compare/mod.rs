//! Two runs of one traffic, side by side.
//!
//! Every actor draws from streams of its own, so that the requests of an open loop come at the same moments
//! whatever is changed behind the client: the n-th call of a client in one run is the n-th in the other. In a
//! closed loop it is the n-th as well, but its moment depends on the answers before it.

mod calls;
mod divergence;
mod words;

pub use calls::Call;
pub use divergence::Divergence;

use super::metrics::{Answers, Bucket, Load, Metrics};
use super::recording::Recording;
use super::time::{SimDuration, SimTime};
use super::trace::{NodeId, NodeKind, nodes};

/// The figures of one of the runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Until when it is known.
    pub until: SimTime,
    /// Calls that began.
    pub calls: u32,
    /// Calls that ended with a status below 400.
    pub good: u32,
    /// Calls that ended otherwise.
    pub failed: u32,
    /// Calls that were refused before any worker began on their last attempt; among the failed.
    pub refused_early: u32,
    /// Good calls a second, over the time that is known.
    pub goodput: f64,
    /// Attempts that began.
    pub attempts: u32,
    /// Attempts for each call.
    pub amplification: f64,
    /// Attempts that ended, by status; 0 for those without an answer.
    pub answers: Answers,
    /// The mean latency of calls.
    pub mean: SimDuration,
    /// The latency that half of the calls do not exceed.
    pub p50: SimDuration,
    /// That 90 % do not exceed.
    pub p90: SimDuration,
    /// That 99 % do not exceed.
    pub p99: SimDuration,
    /// Work that origins finished after their caller had left.
    pub wasted: u32,
    /// Every node with its name and how busy it was.
    pub nodes: Vec<(String, Load)>,
}

/// A call in both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the first run; none if that client made fewer there.
    pub a: Option<Call>,
    /// In the second run.
    pub b: Option<Call>,
}

/// Two runs, side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first run.
    pub a: Figures,
    /// The second run.
    pub b: Figures,
    /// All calls, client by client in the order of the first run, then by number.
    pub pairs: Vec<Pair>,
    /// What happened, stretch by stretch in both.
    pub series: Vec<(Bucket, Bucket)>,
    /// How long each stretch is.
    pub resolution: SimDuration,
    /// Where they part; none if they are the same.
    pub divergence: Option<Divergence>,
}

/// Holds two runs against each other, as far as they are known.
pub fn compare(a: &Recording, b: &Recording) -> Comparison {
    let (calls_a, calls_b) = (calls::calls(a.log()), calls::calls(b.log()));
    let resolution = a.metrics().resolution().max(b.metrics().resolution());
    let (metrics_a, metrics_b) = (metrics(a, resolution), metrics(b, resolution));
    let (mut buckets_a, mut buckets_b) = (metrics_a.buckets().cloned(), metrics_b.buckets().cloned());
    let series = std::iter::from_fn(|| match (buckets_a.next(), buckets_b.next()) {
        (None, None) => None,
        (a, b) => Some((a.unwrap_or_default(), b.unwrap_or_default())),
    });
    Comparison {
        series: series.collect(),
        resolution,
        a: figures(a, &metrics_a, &calls_a),
        b: figures(b, &metrics_b, &calls_b),
        pairs: pairs(a, b, &calls_a, &calls_b),
        divergence: divergence::divergence(a, b),
    }
}

/// The figures of a run in stretches of that length, counted anew from its log where it has others.
fn metrics(run: &Recording, resolution: SimDuration) -> Metrics {
    if run.metrics().resolution() == resolution {
        return run.metrics().clone();
    }
    let mut metrics = Metrics::new(run.scenario(), resolution);
    run.log().replay(SimTime::NEVER, &mut metrics);
    metrics
}

fn figures(run: &Recording, metrics: &Metrics, calls: &[Call]) -> Figures {
    let total = metrics.total();
    let until = run.progress().simulated;
    let names = nodes(run.scenario()).into_iter().enumerate();
    Figures {
        until,
        calls: total.offered,
        good: total.good,
        failed: total.failed,
        refused_early: calls.iter().filter(|c| c.refused_early).count() as u32,
        goodput: f64::from(total.good) / until.as_secs_f64().max(f64::MIN_POSITIVE),
        attempts: total.attempts,
        amplification: metrics.amplification(),
        answers: total.answers,
        mean: metrics.mean_latency(),
        p50: metrics.quantile(0.5),
        p90: metrics.quantile(0.9),
        p99: metrics.quantile(0.99),
        wasted: total.wasted,
        nodes: names.map(|(i, node)| (node.id, metrics.load(NodeId(i as u16)))).collect(),
    }
}

/// Pairs calls by the name of their client and their number.
fn pairs(a: &Recording, b: &Recording, in_a: &[Call], in_b: &[Call]) -> Vec<Pair> {
    let clients = |run: &Recording| -> Vec<String> {
        let clients = nodes(run.scenario()).into_iter().filter(|n| n.kind == NodeKind::Client);
        clients.map(|n| n.id).collect()
    };
    let (names_a, names_b) = (clients(a), clients(b));
    let mut names = names_a.clone();
    names.extend(names_b.iter().filter(|name| !names_a.contains(name)).cloned());
    let of = |calls: &[Call], names: &[String], name: &String| -> Vec<Call> {
        let client = names.iter().position(|n| n == name);
        calls.iter().filter(|c| Some(usize::from(c.client.0)) == client).copied().collect()
    };
    let mut pairs = Vec::new();
    for name in &names {
        let (a, b) = (of(in_a, &names_a, name), of(in_b, &names_b, name));
        pairs.extend((0..a.len().max(b.len())).map(|i| Pair { a: a.get(i).copied(), b: b.get(i).copied() }));
    }
    pairs
}

impl Comparison {
    /// True if the same requests come at the same moments in both.
    pub fn same_arrivals(&self) -> bool {
        self.pairs.iter().all(|pair| match (pair.a, pair.b) {
            (Some(a), Some(b)) => (a.start, a.request) == (b.start, b.request),
            _ => false,
        })
    }

    /// How many calls failed in the first run and ended well in the second, and the other way round.
    pub fn turned(&self) -> (usize, usize) {
        let count = |pick: fn(&Pair) -> (Option<Call>, Option<Call>)| {
            let turned = self.pairs.iter().filter(|pair| match pick(pair) {
                (Some(x), Some(y)) => x.end.is_some() && !x.is_good() && y.is_good(),
                _ => false,
            });
            turned.count()
        };
        (count(|p| (p.a, p.b)), count(|p| (p.b, p.a)))
    }
}

#[cfg(test)]
mod tests;
