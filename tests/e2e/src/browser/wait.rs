//! Waiting for what should be seen, and saying what was seen instead.

use super::find::{self, Missing};
use super::{Browser, RUNTIME};
use crate::Target;
use std::time::{Duration, Instant};

/// Between two looks at the page.
pub(super) const PAUSE: Duration = Duration::from_millis(30);

impl Browser {
    /// Waits until an element shows.
    #[track_caller]
    pub fn wait_for(&self, target: &Target) {
        self.on("find", target, async |_| Ok(()));
    }

    /// Waits until no element fits any more.
    #[track_caller]
    pub fn wait_gone(&self, target: &Target) {
        self.wait_until(&format!("{target} to go"), || self.count(target) == 0);
    }

    /// Waits until an element shows this text, perhaps among other text.
    #[track_caller]
    pub fn wait_text(&self, target: &Target, text: &str) {
        let mut seen = None;
        let deadline = Instant::now() + Browser::PATIENCE;
        while Instant::now() < deadline {
            let now = RUNTIME
                .block_on(async { Ok::<_, Missing>(find::one(&self.client, target).await?.text().await?) });
            if now.as_ref().is_ok_and(|now| now.contains(text)) {
                return;
            }
            seen = Some(now);
            std::thread::sleep(PAUSE);
        }
        match seen {
            Some(Ok(seen)) => {
                panic!("{target} never showed {text:?}; at last it showed {seen:?}{}", self.situation())
            }
            Some(Err(missing)) => panic!("{target} never showed {text:?}: {missing}{}", self.situation()),
            None => unreachable!("looked at least once"),
        }
    }

    /// Waits until a condition holds, which is named for the message if it never does.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Browser::PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "waited in vain for {what}{}", self.situation());
            std::thread::sleep(PAUSE);
        }
    }

    /// boot.js removes this element when the app runs.
    #[track_caller]
    pub(super) fn wait_until_started(&self) {
        self.wait_until("the app to start", || {
            self.script("return document.readyState !== 'loading' && !document.getElementById('boot')")
                == true
        });
    }
}
