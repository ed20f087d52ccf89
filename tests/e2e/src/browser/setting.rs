//! What surrounds the page: the size of the window, what the system prefers, and pictures of the result.

use super::Browser;
use super::command::Command;
use base64::Engine;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Light or dark, as the system prefers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Browser {
    /// Sets the size of the page, in CSS pixels.
    #[track_caller]
    pub fn viewport(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Sets what the system is said to prefer: light or dark, and whether motion is reduced.
    #[track_caller]
    pub fn prefer(&self, scheme: Scheme, reduced_motion: bool) {
        let scheme = if scheme == Scheme::Dark { "dark" } else { "light" };
        let motion = if reduced_motion { "reduce" } else { "no-preference" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Gives the page a permission that it would ask for, such as `clipboardReadWrite`.
    #[track_caller]
    pub fn grant(&self, permission: &str) {
        self.devtools(
            "Browser.grantPermissions",
            &json!({ "origin": self.origin, "permissions": [permission] }),
        );
    }

    /// A command of Chromium's DevTools protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.done(self.client.issue_cmd(Command::devtools(command, parameters)))
    }

    /// Writes the whole page, also what lies below the fold, to `target/screenshots/NAME.png`.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let size = self.devtools("Page.getLayoutMetrics", &json!({}))["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let picture = self.devtools(
            "Page.captureScreenshot",
            &json!({ "format": "png", "captureBeyondViewport": true, "clip": clip }),
        );
        let data = picture["data"].as_str().expect("a picture");
        let bytes = base64::engine::general_purpose::STANDARD.decode(data).expect("a picture in base64");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let path = folder.canonicalize().expect("the folder just made").join(format!("{name}.png"));
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }
}
