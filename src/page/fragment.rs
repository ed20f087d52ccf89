//! The session in the page's fragment: read at the start, kept current, and read anew when somebody changes it.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;

use crate::interop::link;
use crate::ui::session::Session;

/// What stands before the packed scenario.
const PREFIX: &str = "#s=";

/// The page's address without its fragment.
pub(super) fn address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// Starts with the session in the fragment, and keeps the fragment current from then on.
pub(super) fn keep(session: Session) {
    read(session);
    Effect::new(move |before: Option<()>| {
        let scenario = session.scenario();
        if before.is_some() {
            let address = format!("{}{PREFIX}{}", address(), link::encode(&scenario));
            if let Ok(history) = window().history() {
                // Browsers refuse it when it is asked for too often; the next change writes it again.
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
            }
        }
    });
    let listener = window_event_listener(leptos::ev::hashchange, move |_| read(session));
    on_cleanup(move || listener.remove());
}

/// Runs the session in the fragment, if it holds one. A broken one is told, and what ran before goes on.
fn read(session: Session) {
    let fragment = window().location().hash().unwrap_or_default();
    if let Some(packed) = fragment.strip_prefix(PREFIX) {
        match link::decode(packed) {
            Ok(scenario) => session.load(scenario),
            Err(error) => session.refuse(error.to_string()),
        }
    }
}
