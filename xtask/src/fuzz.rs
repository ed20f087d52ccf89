//! Inputs that nobody would write, for as long as one likes.

use crate::Result;
use crate::process::{cargo, execute, root, step};

/// Tries inputs for so many minutes, 10 if nothing is said.
pub fn run(arguments: &[String]) -> Result {
    let minutes: f64 = match arguments {
        [] => 10.0,
        [minutes] => minutes
            .parse()
            .ok()
            .filter(|minutes| (0.0..=1e6).contains(minutes))
            .ok_or_else(|| format!("{minutes:?} is no number of minutes"))?,
        _ => return Err("expected one number of minutes".to_owned()),
    };
    // Other inputs each time, and yet the same again by the seed that a failure prints.
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(1, |elapsed| elapsed.as_secs() * 1_000);
    step(&format!("fuzzing for {minutes} minutes"), || {
        let mut fuzz = cargo();
        fuzz.args(["test", "--package", "fivexx", "--no-default-features", "--test", "fuzz"]);
        // Optimised for more inputs, with the checks of overflow and the assertions that a test has.
        fuzz.env("CARGO_PROFILE_DEV_OPT_LEVEL", "2").env("CARGO_PROFILE_TEST_OPT_LEVEL", "2");
        fuzz.arg("--target-dir").arg(root().join("target/fuzz")).args(["--", "--nocapture"]);
        fuzz.env("FIVEXX_FUZZ_MINUTES", minutes.to_string());
        if std::env::var_os("FIVEXX_FUZZ_SEED").is_none() {
            fuzz.env("FIVEXX_FUZZ_SEED", seed.to_string());
        }
        execute(&mut fuzz)
    })
}
