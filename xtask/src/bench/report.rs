//! The figures as a table, in `benches/results.md` and in the README: never written by hand.

use super::contestant::Figures;
use crate::Result;
use crate::process::root;
use std::fmt::Write as _;
use std::fs;

/// One line of the table: who does which job where.
pub struct Line {
    pub name: &'static str,
    /// The process that it runs in.
    pub place: &'static str,
    /// What the process is asked. Each takes some tenths of a second.
    pub job: &'static str,
}

/// A line with what was measured, round by round.
pub struct Entry<'a> {
    pub line: &'a Line,
    pub rounds: Vec<Figures>,
}

const fn line(name: &'static str, place: &'static str, job: &'static str) -> Line {
    Line { name, place, job }
}

const SIMPY: &str = "SimPy";
const JAVASCRIPT: &str = "plain JavaScript";
const HEAP: &str = "a bare heap in Rust";
const PATH: &str = "**fivexx, the whole way**";
const MEASURED: &str = "fivexx with metrics";
const RECORDED: &str = "fivexx with the full trace, as the page keeps it";
const TRACED: &str = "fivexx with the full trace as a table";
const STATES: &str = "the state at a moment";
const MOVES: &str = "a move of the playhead";
const SMALL: &str = "fivexx, the whole way, built for size as the page is";

/// Everything that is compared.
pub const LINES: [Line; 24] = [
    line(SIMPY, "Python", "mmc 60000"),
    line(JAVASCRIPT, "Node", "js mmc 1000000"),
    line(JAVASCRIPT, "Chromium", "js mmc 1000000"),
    line(HEAP, "native", "heap 5000000"),
    line(HEAP, "Node", "fast heap 5000000"),
    line(HEAP, "Chromium", "fast heap 5000000"),
    line(PATH, "native", "path 300000"),
    line(PATH, "Node", "fast path 300000"),
    line(PATH, "Chromium", "fast path 300000"),
    line(MEASURED, "native", "measured 300000"),
    line(MEASURED, "Node", "fast measured 300000"),
    line(MEASURED, "Chromium", "fast measured 300000"),
    line(RECORDED, "native", "recorded 60000"),
    line(RECORDED, "Node", "fast recorded 60000"),
    line(RECORDED, "Chromium", "fast recorded 60000"),
    line(TRACED, "native", "traced 60000"),
    line(TRACED, "Node", "fast traced 60000"),
    line(TRACED, "Chromium", "fast traced 60000"),
    line(SMALL, "Chromium", "small path 300000"),
    line(STATES, "native", "states 60000"),
    line(STATES, "Node", "fast states 60000"),
    line(STATES, "Chromium", "small states 60000"),
    line(MOVES, "native", "moves 60000"),
    line(MOVES, "Chromium", "small moves 60000"),
];

const START: &str = "<!-- bench:begin -->\n";
const END: &str = "<!-- bench:end -->";

/// Prints the tables and writes them where they are read.
pub fn write(entries: &[Entry<'_>], long: &[(&str, &str, Figures)], machine: &str) -> Result {
    let speed = speed(entries);
    let text = format!(
        "# Speed\n\nWritten by `cargo xtask bench`; do not edit.\n\n\
         The job: an M/M/10 queue, 80 requests a second, ten workers of 10 a second each. The peers do that and nothing\n\
         else, two events a request. fivexx does it as one part of a request's whole way: client, link, nginx, link,\n\
         origin and back, with kept connections and timers. Medians of {} rounds in which all take turns; the ratios are\n\
         those within a round.\n\nMeasured on {machine}.\n\n{speed}\n{}",
        entries.first().map_or(0, |entry| entry.rounds.len()),
        rest(entries, long)
    );
    println!("\n{text}");
    put("benches/results.md", &text)?;
    let readme =
        fs::read_to_string(root().join("README.md")).map_err(|error| format!("README.md: {error}"))?;
    match between(&readme, &format!("{speed}\nOn {machine}.\n")) {
        Some(readme) => put("README.md", &readme),
        None => Ok(()),
    }
}

fn put(name: &str, text: &str) -> Result {
    fs::write(root().join(name), text).map_err(|error| format!("cannot write {name}: {error}"))
}

/// The text with what stands between the marks replaced; none where it has no marks.
fn between(text: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{new}{END}{after}"))
}

/// The comparison: every line against SimPy, and against its neighbours in the same place.
fn speed(entries: &[Entry<'_>]) -> String {
    let mut table = "| | where | requests/s | × SimPy | × JavaScript there | of the bare heap there |\n|---|---|--:|--:|--:|--:|\n".to_owned();
    for entry in entries.iter().filter(|entry| ![STATES, MOVES].contains(&entry.line.name)) {
        let against = |name: &str, place: &str| {
            let other = entries.iter().find(|other| other.line.name == name && other.line.place == place)?;
            let ratios =
                entry.rounds.iter().zip(&other.rounds).map(|(own, other)| own.speed() / other.speed());
            Some(median(ratios.collect()))
        };
        let place = entry.line.place;
        // JavaScript has no home on the bare machine; Node is the nearest.
        let script = against(JAVASCRIPT, if place == "native" { "Node" } else { place });
        let cell = |ratio: Option<f64>| ratio.map_or(String::new(), figure);
        let _ = writeln!(
            table,
            "| {} | {place} | {} | {} | {} | {} |",
            entry.line.name,
            figure(median(entry.rounds.iter().map(Figures::speed).collect())),
            cell(against(SIMPY, "Python")),
            cell(script),
            against(HEAP, place).map_or(String::new(), |share| format!("{} %", figure(100.0 * share)))
        );
    }
    table
}

/// What is not a comparison: memory and long runs.
fn rest(entries: &[Entry<'_>], long: &[(&str, &str, Figures)]) -> String {
    let mut text = String::new();
    let of = |name| entries.iter().filter(move |entry| entry.line.name == name);
    for entry in of(PATH) {
        let ratio = |above, below| {
            median(entry.rounds.iter().map(|round| round.of(above) / round.of(below)).collect())
        };
        let _ = writeln!(
            text,
            "- The whole way is {} events a request, at {} events/s ({}).",
            figure(ratio("events", "requests")),
            figure(ratio("events", "seconds")),
            entry.line.place
        );
    }
    for name in [RECORDED, TRACED] {
        if let Some(figures) = of(name).next().and_then(|entry| entry.rounds.last()) {
            let bytes = figures.of("bytes") / figures.of("attempts");
            let _ = writeln!(text, "- {name}: {} bytes an attempt.", figure(bytes));
        }
    }
    for entry in of(STATES) {
        let took = entry.rounds.iter().map(|round| 1e3 / round.speed()).collect();
        let _ = writeln!(
            text,
            "- {STATES} of a run of 60,000 requests takes {} ms where the way to it is longest, right before a checkpoint ({}{}).",
            figure(median(took)),
            entry.line.place,
            if entry.line.job.starts_with("small") { ", built for size as the page is" } else { "" }
        );
    }
    for entry in of(MOVES) {
        let took = entry.rounds.iter().map(|round| 1e3 / round.speed()).collect();
        let _ = writeln!(
            text,
            "- {MOVES} within a run of 60,000 requests takes {} ms for all that the page shows, the drawing left out ({}{}).",
            figure(median(took)),
            entry.line.place,
            if entry.line.job.starts_with("small") { ", built for size as the page is" } else { "" }
        );
    }
    text.push_str(
        "\nAn hour at 1,000 requests a second, with up to three retries, to an origin that after six minutes can carry only\n\
         500; with metrics:\n\n\
         | | where | requests | attempts | events | took | most memory |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    for (name, place, figures) in long {
        let _ = writeln!(
            text,
            "| {name} | {place} | {} | {} | {} | {} s | {} MB |",
            figure(figures.of("requests")),
            figure(figures.of("attempts")),
            figure(figures.of("events")),
            figure(figures.of("seconds")),
            figure(figures.of("peak") / 1e6)
        );
    }
    text
}

/// The middle of an odd number of figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Three digits that count: `0.123`, `4.56`, `78.9`, `1,230`, `45.6 million`.
fn figure(value: f64) -> String {
    if value >= 1e6 {
        return format!("{} million", figure(value / 1e6));
    }
    if value < 100.0 {
        let digits = if value < 1.0 {
            3
        } else if value < 10.0 {
            2
        } else {
            1
        };
        return format!("{value:.digits$}");
    }
    let scale = if value >= 1e5 {
        1e3
    } else if value >= 1e4 {
        1e2
    } else if value >= 1e3 {
        10.0
    } else {
        1.0
    };
    let digits = format!("{:.0}", (value / scale).round() * scale);
    match digits.len() {
        0..=3 => digits,
        length => format!("{},{}", &digits[..length - 3], &digits[length - 3..]),
    }
}

#[cfg(test)]
mod tests {
    use super::{between, figure, median};

    #[test]
    fn figures_have_three_digits() {
        for (value, text) in [
            (0.1234, "0.123"),
            (4.561, "4.56"),
            (78.94, "78.9"),
            (123.4, "123"),
            (1_234.0, "1,230"),
            (45_678.0, "45,700"),
            (999_400.0, "999,000"),
            (14_600_000.0, "14.6 million"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let text = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb";
        let new = between(text, "new\n").expect("it has marks");
        assert_eq!(new, "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb");
        assert_eq!(between("a", "new"), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }
}
