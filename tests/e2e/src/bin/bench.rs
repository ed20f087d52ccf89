//! The contestants of `cargo xtask bench` in headless Chromium: reads lines `NAME JOB AMOUNT` and answers each with
//! what the page measured. `FIVEXX_DIST` is the folder of the page.

use fivexx_e2e::{Browser, Site};
use std::io::BufRead;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() {
    let site = Site::serve("/");
    let browser = Browser::start(&site);
    browser.load(&site.address(""));
    let deadline = Instant::now() + Browser::PATIENCE;
    while browser.script("return typeof measure") != "function" {
        assert!(Instant::now() < deadline, "the page has not loaded its modules: {:?}", browser.errors());
        sleep(Duration::from_millis(50));
    }
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, job, amount] = words[..] else { panic!("{line:?} is not of the form NAME JOB AMOUNT") };
        let report = browser.script(&format!("return measure({name:?}, {job:?}, {amount})"));
        println!("{}", report.as_str().unwrap_or_default());
    }
}
