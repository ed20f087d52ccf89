//! What the browser said and asked for while the test ran.

use super::command::Command;
use super::{Browser, RUNTIME};
use serde_json::Value;

impl Browser {
    /// Errors in the console so far, violations of the policy among them.
    #[track_caller]
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        self.read_logs();
        self.record
            .borrow()
            .console
            .iter()
            .filter(|(level, _)| level == "SEVERE")
            .map(|(_, text)| text.clone())
            .collect()
    }

    /// Every address that the browser has asked for so far.
    #[track_caller]
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.read_logs();
        self.record.borrow().requests.clone()
    }

    /// Fails if the console has an error or a request went to another origin; the last line of every test.
    #[track_caller]
    pub fn assert_clean(&self) {
        let errors = self.errors();
        assert!(errors.is_empty(), "errors in the console:\n  {}", errors.join("\n  "));
        let inside = |address: &String| {
            address.starts_with(&format!("{}/", self.origin))
                || address.starts_with("data:")
                || address == "about:blank"
        };
        let outside: Vec<String> = self.requests().into_iter().filter(|address| !inside(address)).collect();
        assert!(outside.is_empty(), "requests that left {}:\n  {}", self.origin, outside.join("\n  "));
    }

    fn read_logs(&self) {
        let log = |name| RUNTIME.block_on(self.client.issue_cmd(Command::log(name))).unwrap_or_default();
        let (console, performance) = (log("browser"), log("performance"));
        let mut record = self.record.borrow_mut();
        record.add_console(&console);
        record.add_performance(&performance);
    }
}

/// Everything read from the driver's logs so far; reading a log empties it.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Level and text of what stood in the console.
    console: Vec<(String, String)>,
    /// The addresses that were asked for.
    requests: Vec<String>,
}

impl Record {
    fn add_console(&mut self, entries: &Value) {
        for entry in entries.as_array().into_iter().flatten() {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            self.console.push((text("level"), text("message")));
        }
    }

    /// Entries of the performance log are events of the DevTools protocol, as text in JSON.
    fn add_performance(&mut self, entries: &Value) {
        for entry in entries.as_array().into_iter().flatten() {
            let Ok(event) = serde_json::from_str::<Value>(entry["message"].as_str().unwrap_or_default())
            else {
                continue;
            };
            if event["message"]["method"] == "Network.requestWillBeSent"
                && let Some(url) = event["message"]["params"]["request"]["url"].as_str()
            {
                self.requests.push(url.to_owned());
            }
        }
    }
}
