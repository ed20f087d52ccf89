//! The rule of `fetchWithRetry` against the sample itself: Node runs it, and the simulator must make the same
//! attempts with the same waits. Without Node nothing is compared, and that is said.

use std::process::Command;

use fivexx::sim::client::profile;
use fivexx::view::fetch_with_retry::MEETINGS;
use serde::Deserialize;

#[derive(Deserialize)]
struct Seen {
    id: String,
    attempts: usize,
    delays_ms: Vec<f64>,
    outcome: String,
    status: Option<u16>,
}

#[test]
fn node_and_the_simulator_agree() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fetch_with_retry/faults.mjs");
    let output = match Command::new("node").arg(script).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("SKIPPED: Node is not installed (`node`: {error}); the sample was not run");
            return;
        }
    };
    assert!(output.status.success(), "node: {}", String::from_utf8_lossy(&output.stderr));
    let printed = profile("fetch-with-retry/as-printed").expect("a profile");
    let lines = String::from_utf8(output.stdout).expect("text");
    let mut compared = 0;
    for line in lines.lines() {
        let seen: Seen = serde_json::from_str(line).expect(line);
        let meeting = MEETINGS.iter().find(|m| m.id == seen.id).expect("a meeting of that name");
        let said = meeting.fate(printed);
        assert_eq!(said.attempts, (seen.attempts, seen.attempts), "{line}");
        assert_eq!(said.status, seen.status, "{line}");
        for (seen, (least, _)) in seen.delays_ms.iter().zip(&said.waits) {
            let said = least.as_secs_f64() * 1e3;
            // A busy machine may be late by much; timers are never early by more than some milliseconds.
            assert!((said - 5.0..said + 1_900.0).contains(seen), "said {said} ms: {line}");
        }
        let expected = match said.outcome {
            "it has its answer" | "it does not repeat this status" => "answer",
            "it is still waiting after 100 s" => "waiting",
            _ => "error",
        };
        assert_eq!(seen.outcome, expected, "{line}");
        compared += 1;
    }
    assert_eq!(compared, MEETINGS.len(), "{lines}");
}
