//! What would the others say? Reads a scenario on standard input, runs it under every dialect, and prints one line of
//! JSON for each: the product, whether it was recorded, which settings it lacks, and every answer.
//!
//!     cargo run -q --release --no-default-features --example others < scenario.json
//!     cargo run -q --release --no-default-features --example others -- edge < scenario.json
//!
//! The argument is the gateway to exchange, `gateway` by default.

use std::io::Read as _;
use std::process::ExitCode;

use fivexx::sim::Scenario;
use fivexx::sim::others::others;

fn main() -> ExitCode {
    match said() {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn said() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| e.to_string())?;
    let scenario = Scenario::from_json(&text).map_err(|e| e.to_string())?;
    let gateway = std::env::args().nth(1).unwrap_or_else(|| "gateway".to_owned());
    let opinions =
        others(&scenario, &gateway).ok_or_else(|| format!("The scenario has no gateway {gateway:?}."))?;
    let lines: Result<Vec<String>, _> = opinions.iter().map(serde_json::to_string).collect();
    lines.map(|lines| lines.join("\n")).map_err(|e| e.to_string())
}
