//! Predicts recorded experiments with the simulator, so that anybody can measure how well it agrees.
//!
//! ```text
//! cargo run --release --no-default-features --example predict -- gateways < cells.jsonl > predicted.jsonl
//! cargo run --release --no-default-features --example predict -- clients < cells.jsonl > predicted.jsonl
//! ```
//!
//! Reads one cell a line and writes one line for each that the simulator has; the others are counted on
//! standard error.

use std::io::{BufRead, Write};

use fivexx::sim::recorded::clients::ClientCell;
use fivexx::sim::recorded::{Cell, NotBuilt, Sequence};
use fivexx::sim::time::SimDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

fn main() -> std::io::Result<()> {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let predict: fn(&Value) -> Result<Value, NotBuilt> = match kind.as_str() {
        "gateways" => gateway,
        "clients" => client,
        "sequences" => sequence,
        other => {
            eprintln!("{other:?} is no kind of recording; expected gateways, clients or sequences");
            std::process::exit(2);
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut missing: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let cell: Value = match serde_json::from_str(&line) {
            Ok(cell) => cell,
            Err(error) => {
                eprintln!("line {}: {error}", number + 1);
                continue;
            }
        };
        match predict(&cell) {
            Ok(prediction) => writeln!(out, "{prediction}")?,
            Err(NotBuilt(what)) => *missing.entry(what).or_default() += 1,
        }
    }
    for (what, count) in missing {
        eprintln!("not built: {what} ({count} lines)");
    }
    out.flush()
}

fn gateway(line: &Value) -> Result<Value, NotBuilt> {
    let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let method = serde_json::from_value(line.get("method").cloned().unwrap_or_default())
        .map_err(|e| NotBuilt(format!("method: {e}")))?;
    let cell = Cell { gateway: text("gateway"), profile: text("profile"), fault: text("fault"), method };
    let p = cell.predict()?;
    let connects: Map<String, Value> = p.connects.into_iter().map(|(origin, n)| (origin, n.into())).collect();
    let requests: Vec<Value> = p.statuses.iter().map(|status| json!({ "status": status })).collect();
    let (headers, body) = p.answer.map_or((Value::Null, Value::Null), |(headers, body)| {
        (json!(headers), body.chars().take(400).collect::<String>().into())
    });
    Ok(json!({
        "gateway": cell.gateway, "profile": cell.profile, "fault": cell.fault, "method": cell.method,
        "status": p.status, "client_outcome": p.client_outcome, "connects": connects,
        "elapsed_ms": p.elapsed.as_secs_f64() * 1e3, "requests": requests, "headers": headers, "body": body,
    }))
}

fn sequence(line: &Value) -> Result<Value, NotBuilt> {
    let sequence = Sequence::read(line)?;
    let requests: Vec<Value> = (sequence.predict()?.into_iter())
        .map(|r| {
            json!({
                "t": r.at.as_secs_f64(), "status": r.status, "ms": r.took.as_secs_f64() * 1e3, "origin": r.origin,
            })
        })
        .collect();
    Ok(json!({ "gateway": sequence.gateway, "sequence": sequence.name, "requests": requests }))
}

fn client(line: &Value) -> Result<Value, NotBuilt> {
    let cell: ClientCell = ClientCell::deserialize(line).map_err(|e| NotBuilt(format!("cell: {e}")))?;
    let p = cell.predict()?;
    let ms = |span: SimDuration| span.as_secs_f64() * 1e3;
    let delays: Vec<_> = p.delays.iter().map(|(least, most)| [ms(*least), ms(*most)]).collect();
    Ok(json!({
        "client": cell.client, "config": cell.config, "scenario": cell.scenario, "method": cell.method,
        "part": cell.part, "cap_s": cell.cap_s, "attempts": [p.attempts.0, p.attempts.1], "delays_ms": delays,
        "outcome": p.outcome,
    }))
}
