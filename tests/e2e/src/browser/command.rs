//! The commands of WebDriver and of chromedriver that fantoccini has no method for.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// One request to a path below the session.
#[derive(Debug)]
pub(super) struct Command {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Command {
    /// A command of the DevTools protocol, which chromedriver passes on.
    pub(super) fn devtools(name: &str, parameters: &Value) -> Command {
        Command::post("goog/cdp/execute", json!({ "cmd": name, "params": parameters }))
    }

    /// What a log has gathered since it was last asked for.
    pub(super) fn log(name: &str) -> Command {
        Command::post("se/log", json!({ "type": name }))
    }

    /// The name of an element as the browser tells it to screen readers.
    pub(super) fn computed_label(element: &str) -> Command {
        Command { method: Method::GET, path: format!("element/{element}/computedlabel"), body: None }
    }

    fn post(path: &str, body: Value) -> Command {
        Command { method: Method::POST, path: path.to_owned(), body: Some(body) }
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}
