//! The report that is kept as a golden file: a table to a target, readable as it is.

use std::fmt::Write as _;

use super::measure::{Found, Measured, ROUNDING, Verdict};
use super::target::{Area, Figure, Target, Theory};

/// All that was measured, as Markdown.
pub fn report(measured: &[(&'static Target, Measured)]) -> String {
    let mut text = String::from(HEAD);
    let runs: u32 = measured.iter().map(|(_, m)| m.seeds).sum();
    let off = measured.iter().map(|(_, m)| m.little).fold(0.0, f64::max);
    let little = if off <= ROUNDING { "holds but for rounding" } else { "DOES NOT HOLD" };
    let _ = writeln!(text, "\nLittle's law, L = λW, {little} in each of the {runs} runs behind this report.");
    for area in Area::ALL {
        let mut here = measured.iter().filter(|(t, _)| t.area == area).peekable();
        if here.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "\n## {}", area.title());
        for (target, measured) in here {
            section(&mut text, target, measured);
        }
    }
    text
}

const HEAD: &str = "\
# Proofs

The simulator held against theory and published figures. Written by `FIVEXX_BLESS=1 cargo test --test theory`; the
diff is the review. \"May differ\" follows from the scatter of independent replications (99.9 % interval of the mean,
Student's t; for published means that of the difference), and is nothing where theory is exact.
";

fn section(text: &mut String, target: &Target, measured: &Measured) {
    let runs = if measured.seeds == 1 { "1 run" } else { &format!("{} runs", measured.seeds) };
    let _ = writeln!(text, "\n### {} (`{}`)\n", target.title, target.id);
    let _ = writeln!(text, "Source: {}.", target.source);
    let _ = writeln!(text, "Model: {}; {runs}.\n", target.model);
    let _ = writeln!(text, "| figure | formula | theory | ours | apart | may differ | verdict |");
    let _ = writeln!(text, "|---|---|---|---|---|---|---|");
    for (figure, found) in target.figures.iter().zip(&measured.figures) {
        row(text, figure, found);
    }
    for figure in target.figures {
        if let Some(why) = figure.difference {
            let _ = writeln!(text, "\nKnown difference ({}): {why}.", figure.name);
        }
    }
}

fn row(text: &mut String, figure: &Figure, found: &Found) {
    let unit = if figure.unit.is_empty() { String::new() } else { format!(", {}", figure.unit) };
    let margin = match figure.theory {
        Theory::Exact(_) => "0".to_owned(),
        Theory::Rounded(_) => "rounding".to_owned(),
        Theory::Mean(_) | Theory::Published { .. } => number(found.margin),
    };
    let apart = if found.verdict == Verdict::Exact { "0".to_owned() } else { number(found.residual) };
    let _ = writeln!(
        text,
        "| {}{unit} | {} | {} | {} | {apart} | {margin} | {} |",
        figure.name,
        figure.formula,
        number(found.theory),
        number(found.ours),
        found.verdict.words(),
    );
}

/// A number with five digits that say something, and no more zeros than it needs.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = if value.abs() > 0.0 { libm::floor(libm::log10(value.abs())) as i32 } else { 0 };
    let digits = (4 - magnitude).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    if !text.contains('.') {
        return text;
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.5, "0.5"),
            (0.0, "0"),
            (-0.0, "0"),
            (16.204_53, "16.205"),
            (10_300.0, "10300"),
            (0.000_123_456_7, "0.00012346"),
            (-1.100_000_1, "-1.1"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
