//! The file that the settings are made of: fetched when they are first opened, and kept.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::page_file;
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
    Schema::read(&page_file::fetch(FILE).await?).map_err(|Refusal(reason)| reason)
}
