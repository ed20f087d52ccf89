//! One headless Chromium with one page, in blocking calls that wait by themselves.

mod command;
mod find;
mod record;
mod setting;
mod wait;

use crate::driver::Driver;
use crate::{Site, Target};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder};
use find::Missing;
use hyper_util::client::legacy::connect::HttpConnector;
use record::Record;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use wait::PAUSE;

pub use setting::Scheme;

/// A browser of its own for one test. It ends when this is dropped, after a failure too.
pub struct Browser {
    client: Client,
    origin: String,
    record: RefCell<Record>,
    // Dropped last: it ends the browser.
    _driver: Driver,
}

/// The flags that Chromium needs as root, in a container and without the network.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--hide-scrollbars",
    // A name outside this machine is never looked up, so a page that needs one fails here and not in the field.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// One for all browsers of a test program; its thread carries their connections to the drivers.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

impl Browser {
    /// How long a call waits for what it was asked to find.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// Starts a browser, opens a route of the site and waits until the app runs there.
    #[track_caller]
    #[must_use]
    pub fn open(site: &Site, route: &str) -> Browser {
        let browser = Browser::start(site);
        browser.goto(&site.address(route));
        browser
    }

    /// Starts a browser with an empty page, for tests that set it up before they [`goto`](Browser::goto) the site.
    #[track_caller]
    #[must_use]
    pub fn start(site: &Site) -> Browser {
        let driver = Driver::start();
        let mut options = json!({ "args": FLAGS });
        if let Ok(chromium) = std::env::var("FIVEXX_CHROMIUM") {
            options["binary"] = chromium.into();
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            // Rather than the five minutes that drivers wait by themselves.
            "timeouts": { "pageLoad": 30_000, "script": 30_000 },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("written as an object above") };
        let client = RUNTIME.block_on(
            ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver.address()),
        );
        let client = client.unwrap_or_else(|error| panic!("Chromium did not start: {error}"));
        let browser =
            Browser { client, origin: site.origin().to_owned(), record: RefCell::default(), _driver: driver };
        browser.viewport(1440, 900);
        browser
    }

    /// Opens an address and waits until the app runs there.
    #[track_caller]
    pub fn goto(&self, address: &str) {
        self.load(address);
        self.wait_until_started();
    }

    /// Opens an address without waiting for the app, for tests of a start that fails.
    #[track_caller]
    pub fn load(&self, address: &str) {
        // A change of the fragment alone would load nothing.
        self.done(self.client.goto("about:blank"));
        self.done(self.client.goto(address));
    }

    /// Loads the page anew and waits until the app runs.
    #[track_caller]
    pub fn reload(&self) {
        self.done(self.client.refresh());
        self.wait_until_started();
    }

    /// The whole address, with the fragment.
    #[track_caller]
    #[must_use]
    pub fn address(&self) -> String {
        self.done(self.client.current_url()).to_string()
    }

    /// Clicks an element, once it is there and nothing covers it.
    #[track_caller]
    pub fn click(&self, target: &Target) {
        self.on("click", target, async |element| {
            // Into the middle first, as a person scrolls: what is in view may still lie under a sticky bar.
            let script = "arguments[0].scrollIntoView({ block: 'center', inline: 'nearest' })";
            let argument = serde_json::to_value(&element).map_err(fantoccini::error::CmdError::Json)?;
            element.clone().client().execute(script, vec![argument]).await?;
            element.click().await
        });
    }

    /// Replaces what stands in a text field.
    #[track_caller]
    pub fn fill(&self, target: &Target, text: &str) {
        self.on("fill", target, async |element| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    /// Chooses an entry of a selection list by its label.
    #[track_caller]
    pub fn select(&self, target: &Target, label: &str) {
        self.on("select in", target, async |element| element.select_by_label(label).await);
    }

    /// Puts the keyboard's focus on an element.
    #[track_caller]
    pub fn focus(&self, target: &Target) {
        self.on("focus", target, async |element| {
            let element = serde_json::to_value(element)?;
            self.client.execute("arguments[0].focus()", vec![element]).await
        });
    }

    /// Presses a key where the focus is: `'r'`, `' '`, `Key::Enter`, `Key::Right`.
    #[track_caller]
    pub fn press(&self, key: impl Into<char>) {
        self.press_with(&[], key);
    }

    /// Presses a key while others are held: `press_with(&[Key::Shift], Key::Tab)`.
    #[track_caller]
    pub fn press_with(&self, held: &[crate::Key], key: impl Into<char>) {
        let key = key.into();
        let held: Vec<char> = held.iter().map(|held| char::from(*held)).collect();
        let down = held.iter().copied().chain([key]).map(|value| KeyAction::Down { value });
        let up = [key].into_iter().chain(held.iter().rev().copied()).map(|value| KeyAction::Up { value });
        let actions = down.chain(up).fold(KeyActions::new("keys".to_owned()), InputSource::then);
        self.done(self.client.perform_actions(actions));
    }

    /// The text of an element as it shows.
    #[track_caller]
    #[must_use]
    pub fn text(&self, target: &Target) -> String {
        self.on("read", target, async |element| element.text().await)
    }

    /// An attribute of an element, if it has it.
    #[track_caller]
    #[must_use]
    pub fn attribute(&self, target: &Target, name: &str) -> Option<String> {
        self.on("read", target, async |element| element.attr(name).await)
    }

    /// What stands in a field now.
    #[track_caller]
    #[must_use]
    pub fn value(&self, target: &Target) -> String {
        self.on("read", target, async |element| element.prop("value").await).unwrap_or_default()
    }

    /// Whether a checkbox or radio button is on.
    #[track_caller]
    #[must_use]
    pub fn is_checked(&self, target: &Target) -> bool {
        self.on("read", target, async |element| element.is_selected().await)
    }

    /// How many visible elements fit now, without waiting.
    #[track_caller]
    #[must_use]
    pub fn count(&self, target: &Target) -> usize {
        RUNTIME.block_on(find::all(&self.client, target)).map_or(0, |found| found.len())
    }

    /// Runs JavaScript in the page, such as `"return document.title"`, and gives what it returns.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        self.done(self.client.execute(script, Vec::new()))
    }
}

impl Browser {
    /// Finds the element and acts on it, again and again until both succeed: the page may still be about to change.
    #[track_caller]
    fn on<T>(
        &self,
        verb: &str,
        target: &Target,
        act: impl AsyncFn(Element) -> Result<T, fantoccini::error::CmdError>,
    ) -> T {
        let deadline = Instant::now() + Browser::PATIENCE;
        loop {
            let outcome = RUNTIME
                .block_on(async { Ok::<_, Missing>(act(find::one(&self.client, target).await?).await?) });
            match outcome {
                Ok(value) => return value,
                Err(missing) if Instant::now() >= deadline => {
                    panic!("could not {verb} {target}: {missing}{}", self.situation())
                }
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    #[track_caller]
    fn done<T, E: std::fmt::Display>(&self, work: impl Future<Output = Result<T, E>>) -> T {
        match RUNTIME.block_on(work) {
            Ok(value) => value,
            Err(error) => panic!("the browser refused: {error}"),
        }
    }

    /// What a person would look at first when a test fails.
    fn situation(&self) -> String {
        let text = RUNTIME
            .block_on(self.client.execute("return document.body.innerText", Vec::new()))
            .unwrap_or_default();
        let text: String = text
            .as_str()
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(60)
            .collect::<Vec<_>>()
            .join("\n  ");
        format!("\nerrors in the console: {:?}\nthe page shows:\n  {text}", self.errors())
    }
}
