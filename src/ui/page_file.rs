//! Files of the page's own that are fetched when they are needed first.

use leptos::prelude::window;
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// The text of a file beside the page.
///
/// # Errors
/// Why it could not be had, as the end of the sentence "of this file, ...".
pub(crate) async fn fetch(name: &str) -> Result<String, String> {
    let unreachable = || "it could not be reached".to_owned();
    let answer = JsFuture::from(window().fetch_with_str(name)).await.map_err(|_| unreachable())?;
    let answer: Response = answer.dyn_into().map_err(|_| unreachable())?;
    if !answer.ok() {
        return Err(format!("the server answered {} {}", answer.status(), answer.status_text())
            .trim()
            .to_owned());
    }
    let broken = || "it broke off".to_owned();
    let text = JsFuture::from(answer.text().map_err(|_| broken())?).await.map_err(|_| broken())?;
    Ok(text.as_string().unwrap_or_default())
}
