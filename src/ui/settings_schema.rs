//! The file that the settings are made of: fetched when they are first opened, and kept.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::session::Session;
use crate::view::form::Refusal;
use crate::view::settings::Schema;

/// Its name, beside the page.
pub(crate) const FILE: &str = "scenario.schema.json";

/// How far it has come.
#[derive(Clone, Debug)]
pub(crate) enum SchemaFile {
    /// Nobody has asked for it.
    Unasked,
    /// It is on its way.
    Loading,
    /// It could not be had, and why.
    Failed(String),
    /// Here it is.
    Ready(Arc<Schema>),
}

/// Fetches the file, unless it is there or on its way.
pub(crate) fn load(session: Session) {
    let is_wanted =
        session.schema.with_untracked(|s| matches!(s, SchemaFile::Unasked | SchemaFile::Failed(_)));
    if !is_wanted {
        return;
    }
    session.schema.set(SchemaFile::Loading);
    spawn_local(async move {
        session.schema.set(match fetch().await {
            Ok(schema) => SchemaFile::Ready(Arc::new(schema)),
            Err(reason) => SchemaFile::Failed(reason),
        });
    });
}

async fn fetch() -> Result<Schema, String> {
    let unreachable = || "it could not be reached".to_owned();
    let answer = JsFuture::from(window().fetch_with_str(FILE)).await.map_err(|_| unreachable())?;
    let answer: Response = answer.dyn_into().map_err(|_| unreachable())?;
    if !answer.ok() {
        return Err(format!("the server answered {} {}", answer.status(), answer.status_text())
            .trim()
            .to_owned());
    }
    let broken = || "it broke off".to_owned();
    let text = JsFuture::from(answer.text().map_err(|_| broken())?).await.map_err(|_| broken())?;
    Schema::read(&text.as_string().unwrap_or_default()).map_err(|Refusal(reason)| reason)
}
