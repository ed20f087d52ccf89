//! A program that does jobs when it is asked to: a line with the job goes in, a line of figures comes out.

use crate::Result;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running program. It ends by itself when this is dropped, since nothing more can come in.
pub struct Contestant {
    place: &'static str,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What was measured, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(BTreeMap<String, f64>);

impl Contestant {
    pub fn start(place: &'static str, command: &mut Command) -> Result<Self> {
        let failed = |why: String| format!("the contestant in {place} did not start: {why}");
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.map_err(|error| failed(error.to_string()))?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
        Ok(Self { place, process, input, output: BufReader::new(output) })
    }

    /// Lets it do a job and waits for the figures.
    pub fn ask(&mut self, job: &str) -> Result<Figures> {
        let failed = |why: String| format!("the contestant in {} did not do `{job}`: {why}", self.place);
        let input = self.input.as_mut().ok_or_else(|| failed("it has no input".to_owned()))?;
        writeln!(input, "{job}").and_then(|()| input.flush()).map_err(|error| failed(error.to_string()))?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        Figures::read(&line).ok_or_else(|| failed(format!("it answered {line:?}")))
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.process.wait();
    }
}

impl Figures {
    /// Reads `name=figure` pairs.
    fn read(line: &str) -> Option<Self> {
        let pairs = line.split_whitespace().map(|pair| {
            let (name, figure) = pair.split_once('=')?;
            Some((name.to_owned(), figure.parse().ok()?))
        });
        let figures: BTreeMap<String, f64> = pairs.collect::<Option<_>>()?;
        figures.contains_key("seconds").then_some(Self(figures))
    }

    /// The figure of this name; 0 where there is none.
    pub fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Requests done in a second.
    pub fn speed(&self) -> f64 {
        self.of("requests") / self.of("seconds")
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn figures_are_read_by_name() {
        let figures = Figures::read("requests=1000 seconds=0.5 wait=2.05e-2\n").expect("figures");
        assert!((figures.speed() - 2_000.0).abs() < 1e-9);
        assert!((figures.of("wait") - 0.0205).abs() < 1e-9);
        assert!(figures.of("bytes").abs() < 1e-9);
        assert_eq!(Figures::read("Traceback (most recent call last):"), None);
        assert_eq!(Figures::read(""), None);
    }
}
