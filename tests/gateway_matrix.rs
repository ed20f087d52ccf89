//! What every recorded gateway makes of every fault, as one readable table (`tests/golden/gateways.md`).
//!
//! The cells are predictions of the same experiments that the recordings are of; `tests/recordings.rs` holds them
//! against the recordings. After a deliberate change of behaviour, `FIVEXX_BLESS=1 cargo test --test gateway_matrix`
//! writes the table anew; its diff is the review.

use std::fmt::Write as _;
use std::path::Path;

use fivexx::sim::dialect::{DialectName, dialect};
use fivexx::sim::message::Method;
use fivexx::sim::recorded::Cell;

/// Profiles that every product has, with what they stand for.
const PROFILES: [(&str, &str); 3] = [
    ("tuned", "One origin, 1 s to connect, 2 s for an answer"),
    ("pool2", "Two origins, the first one broken, the same time-outs"),
    ("defaults", "One origin, nothing configured; the client waits for 130 s"),
];

/// All faults of the recordings, by what goes wrong.
const FAULTS: [&str; 45] = [
    "ok",
    "refused",
    "blackhole",
    "unreachable",
    "unreachable_arp",
    "dns_fail_runtime",
    "accept_close",
    "accept_rst",
    "read_close",
    "read_rst",
    "freeze",
    "partial_status_line",
    "partial_headers",
    "garbage",
    "http09",
    "bad_status_line",
    "status_999",
    "status_042",
    "header_no_colon",
    "header_nul",
    "header_9k",
    "header_20k",
    "header_too_large",
    "many_headers",
    "conflicting_cl",
    "cl_nonnumeric",
    "cl_and_te",
    "body_truncated_fin",
    "body_truncated_rst",
    "chunked_truncated",
    "bad_chunk_size",
    "extra_bytes",
    "headers_then_stall",
    "slow_ok_under",
    "slow_over",
    "slow_body_under",
    "drip_headers",
    "own_500",
    "own_501",
    "own_502",
    "own_503",
    "own_504",
    "own_429",
    "tls_plaintext",
    "tls_bad_cert",
];

/// Status, how it ended if not with a whole answer, connections if not one, seconds.
fn cell(gateway: &str, profile: &str, fault: &str, method: Method) -> String {
    let cell =
        Cell { gateway: gateway.to_owned(), profile: profile.to_owned(), fault: fault.to_owned(), method };
    let said = match cell.predict() {
        Ok(said) => said,
        Err(missing) => return format!("not built: {}", missing.0),
    };
    let outcome = said.client_outcome.replace('_', " ");
    let mut text = match said.status {
        Some(status) if outcome == "complete" => format!("{status}"),
        Some(status) => format!("{status} {outcome}"),
        None => outcome,
    };
    let connects: u32 = said.connects.iter().map(|(_, n)| n).sum();
    if connects != 1 {
        let _ = write!(text, " ×{connects}");
    }
    let _ = write!(text, " {:.1} s", said.elapsed.as_secs_f64());
    text
}

/// A table with columns as wide as they must be.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if i == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

fn matrix() -> String {
    let gateways: Vec<(String, &str)> = DialectName::recorded()
        .map(|name| {
            let id = serde_json::to_value(name).expect("a dialect has a name");
            (id.as_str().expect("it is text").to_owned(), dialect(name).title())
        })
        .collect();
    let mut text = "# Fault by gateway\n\nEach cell: the status that the client reads, or how it ended; new connections to \
                    origins if not one (×n); seconds. A row for POST stands where a gateway treats it otherwise.\n"
        .to_owned();
    for (profile, title) in PROFILES {
        let mut rows = vec![vec!["fault".to_owned()]];
        rows[0].extend(gateways.iter().map(|(_, title)| (*title).to_owned()));
        for fault in FAULTS {
            let row = |method| -> Vec<String> {
                gateways.iter().map(|(id, _)| cell(id, profile, fault, method)).collect()
            };
            let (get, post) = (row(Method::Get), row(Method::Post));
            let differs = get != post;
            rows.push([vec![fault.to_owned()], get].concat());
            if differs {
                rows.push([vec![format!("{fault}, POST")], post].concat());
            }
        }
        let _ = write!(text, "\n## {title}\n\n{}", aligned(&rows));
    }
    text
}

#[test]
fn every_fault_at_every_recorded_gateway_is_as_kept() {
    let text = matrix();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gateways.md");
    if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &text).expect("the golden file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = kept.lines().zip(text.lines()).find(|(kept, now)| kept != now);
    assert!(kept == text, "{} differs from this build, first in {differing:#?}", path.display());
    assert!(!text.contains("not built"), "every recorded gateway has every profile of the table");
}
