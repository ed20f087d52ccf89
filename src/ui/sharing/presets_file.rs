//! The file of the presets: fetched when somebody asks for one, and kept.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{refuse, words};
use crate::ui::page_file;
use crate::ui::session::Session;
use crate::view::form::Refusal;
use crate::view::gallery::Gallery;
use crate::view::refused::Refused;

/// Its name, beside the page.
pub(super) const FILE: &str = "presets.json";

/// How far it has come.
#[derive(Clone, Debug)]
pub(super) enum PresetsFile {
    /// Nobody has asked for it.
    Unasked,
    /// It is on its way.
    Loading,
    /// It could not be had, and why.
    Failed(String),
    /// Here it is.
    Ready(Arc<Gallery>),
}

/// Fetches the file, unless it is there, and then does something with it. A failure is told above the composer.
pub(super) fn load(session: Session, then: impl FnOnce(Arc<Gallery>) + 'static) {
    let file = session.sharing.file;
    if let PresetsFile::Ready(gallery) = file.get_untracked() {
        then(gallery);
        return;
    }
    spawn_local(async move {
        match fetch(session).await {
            Ok(gallery) => then(gallery),
            Err(why) => refuse(session, Refused::new(words::NO_PRESETS, &words::no_presets(&why))),
        }
    });
}

/// Fetches the file for the gallery, which shows by itself how far it has come.
pub(super) fn show(session: Session) {
    let is_wanted = (session.sharing.file)
        .with_untracked(|file| matches!(file, PresetsFile::Unasked | PresetsFile::Failed(_)));
    if is_wanted {
        spawn_local(async move {
            // What went wrong stands in the signal, and so in the gallery.
            let _ = fetch(session).await;
        });
    }
}

async fn fetch(session: Session) -> Result<Arc<Gallery>, String> {
    let file = session.sharing.file;
    file.set(PresetsFile::Loading);
    let read = |text: String| Gallery::read(&text).map_err(|Refusal(why)| why);
    let came = page_file::fetch(FILE).await.and_then(read).map(Arc::new);
    file.set(match &came {
        Ok(gallery) => PresetsFile::Ready(gallery.clone()),
        Err(why) => PresetsFile::Failed(why.clone()),
    });
    came
}
