//! The waits before each retry, drawn: a bar is where a wait may lie, a tick its median.

use crate::sim::client::{Spread, Wait};
use crate::sim::time::{SimDuration, SimTime};
use crate::view::format;
use crate::view::lanes::{Tick, ticks};
use crate::view::text::unbroken;

use super::told;

/// Retries that are drawn; the table has all of them.
const DRAWN: usize = 8;
/// The width and the height of a bar's box.
pub(super) const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 20.0;

/// The waits as bars on one axis, and as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// A bar for each retry, the first eight of them.
    pub bars: Vec<Bar>,
    /// The labels of the axis; `at` is a share of its width.
    pub ticks: Vec<Tick>,
    /// What the bars mean, and how many retries the table has beyond them.
    pub note: String,
    /// What the chart shows, for those who hear it.
    pub spoken: String,
    /// For each retry its name, and the least, the tenth, the half, the nine tenths and the most of its waits.
    pub table: Vec<[String; 6]>,
}

/// Where the wait before a retry may lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Which retry.
    pub label: String,
    /// Its outline in a box of 1,000 by 20.
    pub outline: String,
    /// The median's place in that box; none where the wait is always the same.
    pub median: Option<f64>,
    /// The waits in words.
    pub value: String,
}

/// The least and the most that a wait can be; where they were drawn, what was drawn.
fn range(wait: &Wait) -> (SimDuration, SimDuration) {
    match &wait.spread {
        Spread::None => (wait.longest, wait.longest),
        Spread::Even(least) => (*least, wait.longest),
        Spread::Drawn { least, most, .. } => (*least, *most),
    }
}

/// The wait that a share of all draws does not exceed; exact where it can be.
fn quantile(wait: &Wait, share: f64, drawn: usize) -> SimDuration {
    let (least, most) = range(wait);
    match wait.spread {
        Spread::None => most,
        Spread::Even(_) => least + SimDuration::from_nanos(most.as_nanos() - least.as_nanos()).scaled(share),
        Spread::Drawn { .. } => wait.quantiles[drawn],
    }
}

pub(super) fn chart(waits: &[Wait]) -> Chart {
    let shown = &waits[..waits.len().min(DRAWN)];
    let most = shown.iter().map(|wait| range(wait).1).max().unwrap_or_default();
    let scale = WIDTH / most.as_secs_f64().max(1e-9);
    let bars: Vec<Bar> = (1..).zip(shown).map(|(n, wait)| bar(n, wait, scale)).collect();
    let axis = SimTime::ZERO + most;
    let ticks = ticks(axis, 5)
        .into_iter()
        // Where nobody waits, the axis has no length.
        .take(if most.is_zero() { 1 } else { usize::MAX })
        .map(|t| Tick { at: (t.at * scale / WIDTH).min(1.0), label: t.label })
        .collect();
    let spoken = bars.iter().map(|bar| format!("{}: {}", bar.label, bar.value)).collect::<Vec<_>>();
    Chart {
        note: note(waits, shown.len()),
        spoken: format!("The wait before each retry. {}.", spoken.join("; ")),
        table: (1..).zip(waits).map(|(n, wait)| line(n, wait)).collect(),
        bars,
        ticks,
    }
}

fn note(waits: &[Wait], shown: usize) -> String {
    let mut note = String::new();
    let is = |kind: fn(&Spread) -> bool| waits[..shown].iter().any(|wait| kind(&wait.spread));
    if is(|s| matches!(s, Spread::Even(_))) {
        note.push_str("Every wait between a bar’s ends is as likely as any other; the tick is the half. ");
    }
    if is(|s| matches!(s, Spread::Drawn { .. })) {
        note.push_str("A bar is as high as its waits are likely, of 4,000 drawn sequences; half of them lie below the tick. ");
    }
    if note.is_empty() {
        note.push_str("Chance has no part in it: every client waits the same. ");
    }
    if waits.len() > shown {
        note.push_str(&format!("The table goes on to retry {}. ", waits.len()));
    }
    note.push_str("A Retry-After of the answer is left out.");
    note
}

fn bar(n: usize, wait: &Wait, scale: f64) -> Bar {
    let at = |span: SimDuration| span.as_secs_f64() * scale;
    let (least, most) = range(wait);
    let outline = match &wait.spread {
        // Thin, yet as wide as can be seen.
        Spread::None => block((at(most) - 3.0).max(0.0), at(most).max(3.0), 0.0),
        Spread::Even(_) => block(at(least), at(most).max(at(least) + 3.0), 4.0),
        Spread::Drawn { parts, .. } => {
            let tallest = f64::from(parts.iter().copied().max().unwrap_or(1).max(1));
            let step = (at(most) - at(least)) / parts.len().max(1) as f64;
            let mut path = format!("M{:.1} {HEIGHT}", at(least));
            for (i, part) in parts.iter().enumerate() {
                let top = HEIGHT - HEIGHT * f64::from(*part) / tallest;
                path.push_str(&format!("V{top:.1}H{:.1}", at(least) + step * (i + 1) as f64));
            }
            path.push_str(&format!("V{HEIGHT}Z"));
            path
        }
    };
    let value = match &wait.spread {
        Spread::None => told(most),
        Spread::Even(least) if least.is_zero() => format!("0 to {}", told(most)),
        Spread::Even(least) => format!("{} to {}", told(*least), told(most)),
        Spread::Drawn { .. } => format!("half below {}", format::duration(wait.quantiles[2])),
    };
    Bar {
        label: format!("retry {n}"),
        outline,
        median: (least < most).then(|| at(quantile(wait, 0.5, 2))),
        value: unbroken(&value),
    }
}

fn block(from: f64, to: f64, top: f64) -> String {
    format!("M{from:.1} {top}H{to:.1}V{HEIGHT}H{from:.1}Z")
}

fn line(n: usize, wait: &Wait) -> [String; 6] {
    let (least, most) = range(wait);
    let at = |share, drawn| unbroken(&told(quantile(wait, share, drawn)));
    [format!("retry {n}"), unbroken(&told(least)), at(0.1, 1), at(0.5, 2), at(0.9, 3), unbroken(&told(most))]
}
