//! The simulator against theory and published figures.
//!
//! The targets are data (`src/proof`), the outcome is readable text (`tests/golden/proofs.md`). After a deliberate
//! change, `FIVEXX_BLESS=1 cargo test --test theory` writes it anew; the diff is the review. With `FIVEXX_PROOF=10`
//! each target is measured over ten times as many seeds and nothing is compared with the report.

use std::path::Path;
use std::sync::Mutex;

use fivexx::proof::{Measured, Measurement, ROUNDING, Target, Theory, report, targets};

/// Measures all targets, on two threads: which one measures what changes nothing.
fn measure_all(times: u32) -> Vec<(&'static Target, Measured)> {
    let todo = Mutex::new(targets().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().expect("no thread panicked").next();
                    let Some((place, target)) = next else { break };
                    let exact = target.figures.iter().all(|f| matches!(f.theory, Theory::Exact(_)));
                    let seeds = if exact { target.seeds } else { target.seeds * times };
                    let measured = Measurement::with_seeds(target, seeds).finish();
                    done.lock().expect("no thread panicked").push((place, target, measured));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panicked");
    done.sort_by_key(|(place, _, _)| *place);
    done.into_iter().map(|(_, target, measured)| (target, measured)).collect()
}

#[test]
fn every_target_is_met() {
    let times: u32 = std::env::var("FIVEXX_PROOF").ok().and_then(|v| v.parse().ok()).unwrap_or(1);
    let measured = measure_all(times);
    let mut bad = Vec::new();
    for (target, measured) in &measured {
        for (figure, found) in target.figures.iter().zip(&measured.figures) {
            if !found.verdict.is_good() {
                bad.push(format!(
                    "{}: {}: theory {}, ours {} over seeds 1 to {}, may differ by {}: {}",
                    target.id,
                    figure.name,
                    found.theory,
                    found.ours,
                    measured.seeds,
                    found.margin,
                    found.verdict.words()
                ));
            }
        }
        // L = λW holds in every run, whatever it is about.
        if measured.little > ROUNDING {
            bad.push(format!("{}: Little's law is off by {}", target.id, measured.little));
        }
    }
    let text = report(&measured);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/proofs.md");
    if times == 1 {
        if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
            std::fs::write(&path, &text).expect("the golden file can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if kept != text {
            bad.push(format!("{} differs from this run", path.display()));
        }
    } else {
        println!("{text}");
    }
    assert!(bad.is_empty(), "{}\n{text}", bad.join("\n"));
}
