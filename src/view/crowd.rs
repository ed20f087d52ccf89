//! Many moments on an axis, too many for a mark each: columns, of which each shows the worst that happened in its time.

use crate::sim::time::SimTime;

use super::format;
use super::mark::{Kind, Mark};
use super::run::Run;

/// How many columns the axis has: one for every few pixels of a wide screen.
pub const COLUMNS: usize = 400;
/// How high a column can be.
pub const HEIGHT: u32 = 100;

/// Columns of all marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowd {
    /// For each mark, the columns in which it is the worst: lines in a box of [`COLUMNS`] by [`HEIGHT`].
    pub shapes: Vec<(Mark, String)>,
    /// How many moments they stand for.
    pub count: String,
    /// What they say, in words.
    pub title: String,
}

/// How high a mark's column is: what is worse stands higher, so that colour is not all there is to tell them apart.
fn height(mark: Mark) -> u32 {
    match mark.kind {
        Kind::Ok => 30,
        Kind::Client => 55,
        Kind::Server | Kind::BadGateway | Kind::Unavailable | Kind::GatewayTimeout => 85,
        Kind::None => HEIGHT,
    }
}

/// The answers up to a moment, on an axis to `extent`.
pub fn answers(run: &Run, extent: SimTime, known: SimTime) -> Crowd {
    let marks: Vec<(Mark, &[SimTime])> = (run.ends_by_mark().iter())
        .map(|(mark, ends)| (*mark, &ends[..ends.partition_point(|end| *end <= known)]))
        .filter(|(_, ends)| !ends.is_empty())
        .collect();
    let all: usize = marks.iter().map(|(_, ends)| ends.len()).sum();
    let mut kinds: Vec<(Kind, usize)> = Vec::new();
    for (mark, ends) in &marks {
        match kinds.last_mut() {
            Some((kind, count)) if *kind == mark.kind => *count += ends.len(),
            _ => kinds.push((mark.kind, ends.len())),
        }
    }
    let words: Vec<String> =
        kinds.iter().map(|(kind, count)| format!("{} {}", format::grouped(*count), word(*kind))).collect();
    let within = |mark: usize, from: SimTime, to: SimTime| {
        let ends = marks[mark].1;
        let first = ends.partition_point(|end| *end < from);
        ends.get(first).is_some_and(|end| *end < to)
    };
    let mut worst = vec![None; COLUMNS];
    for (column, worst) in worst.iter_mut().enumerate() {
        let (from, to) = (edge(extent, column), edge(extent, column + 1));
        *worst = (0..marks.len()).rev().find(|mark| within(*mark, from, to));
    }
    Crowd {
        shapes: marks.iter().enumerate().map(|(i, (mark, _))| (*mark, shape(&worst, i, *mark))).collect(),
        count: format::grouped(all),
        title: format!(
            "{}: {}. Each column shows the worst of its time.",
            format::count(all, "answer", "answers"),
            words.join(", ")
        ),
    }
}

/// The orders stored up to a moment, on an axis to `extent`.
pub fn orders(run: &Run, extent: SimTime, known: SimTime) -> Crowd {
    let count = run.orders_by(known);
    let by = |at: SimTime| run.orders_by(SimTime::from_nanos(at.as_nanos().saturating_sub(1))).min(count);
    let columns: Vec<Option<usize>> = (0..COLUMNS)
        .map(|i| {
            (by(edge(extent, i)) < by(edge(extent, i + 1)) || (i == 0 && by(edge(extent, 1)) > 0))
                .then_some(0)
        })
        .collect();
    Crowd {
        shapes: vec![(Mark::OK, shape(&columns, 0, Mark::OK))],
        count: format::grouped(count),
        title: format!(
            "{} stored. Each column says that there were some in its time.",
            format::count(count, "order", "orders")
        ),
    }
}

/// Where a column begins.
fn edge(extent: SimTime, column: usize) -> SimTime {
    let nanos = u128::from(extent.as_nanos()) * column as u128 / COLUMNS as u128;
    // The last column holds the end of the axis.
    SimTime::from_nanos(nanos as u64 + u64::from(column == COLUMNS))
}

fn shape(worst: &[Option<usize>], mark: usize, of: Mark) -> String {
    let columns = worst.iter().enumerate().filter(|(_, worst)| **worst == Some(mark));
    let top = HEIGHT - height(of);
    columns.map(|(column, _)| format!("M{column}.5 {HEIGHT}V{top}")).collect()
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Ok => "below 400",
        Kind::Client => "4xx",
        Kind::Server => "500 and others",
        Kind::BadGateway => "times 502",
        Kind::Unavailable => "times 503",
        Kind::GatewayTimeout => "times 504",
        Kind::None => "without an answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::busy;

    #[test]
    fn columns_show_the_worst_of_their_time_and_nothing_that_is_not_known() {
        let run = busy();
        let extent = run.extent(run.last());
        let all = answers(&run, extent, run.last());
        let over = run.attempts.iter().filter(|a| a.is_over());
        assert_eq!(all.count, over.clone().count().to_string());
        for attempt in over {
            let column = (0..COLUMNS).find(|i| attempt.end < edge(extent, i + 1)).expect("a column");
            let start = format!("M{column}.5 ");
            let shown = all.shapes.iter().find(|(_, shape)| shape.contains(&start)).expect("a mark").0;
            let rank = |m: Mark| (m.kind, m.timer);
            assert!(rank(shown) >= rank(attempt.mark), "{shown:?} for {attempt:?}");
        }
        let half = answers(&run, extent, SimTime::from_secs(5));
        let last = edge(extent, COLUMNS).as_nanos() / 2;
        assert!(half.shapes.iter().all(|(_, shape)| {
            shape
                .split('M')
                .filter_map(|s| s.split('.').next()?.parse::<u64>().ok())
                .all(|column| column * last * 2 / COLUMNS as u64 <= 5_000_000_000)
        }));
        assert_eq!(orders(&run, extent, run.last()).count, run.commits().len().to_string());
    }
}
