//! fivexx and the bare heap, natively: reads lines `JOB AMOUNT` and answers each with a line of figures.

use fivexx_benches::job::{Job, Prepared};
use std::io::BufRead;
use std::time::Instant;

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (name, amount) = line.split_once(' ').unwrap_or((&line, ""));
        let job = Job::ALL.iter().find(|(known, _)| *known == name);
        let (Some((_, job)), Ok(amount)) = (job, amount.parse()) else {
            eprintln!("{line:?} names no job and amount");
            std::process::exit(2);
        };
        let prepared = Prepared::new(*job, amount);
        let start = Instant::now();
        let report = prepared.run();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "seconds={seconds} requests={} attempts={} events={} wait={} bytes={} peak={}",
            report.requests,
            report.attempts,
            report.events,
            report.wait,
            report.bytes,
            peak()
        );
    }
}

/// The most memory that this process has had at a time, in bytes, where Linux tells it; 0 elsewhere.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}
