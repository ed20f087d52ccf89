//! Files: saved by a download, opened by a button or by dropping them onto the page.

use leptos::ev::{self, DragEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, FileList, HtmlAnchorElement, HtmlInputElement, Url};

use super::{Opening, open, refuse, storage, words};
use crate::sim::scenario::Scenario;
use crate::ui::lazy;
use crate::ui::session::{Panel, Session};
use crate::view::opened::{self, Opened};
use crate::view::own_runs::OwnRuns;

/// The input behind every "Open a file".
const INPUT: &str = "open-file";
/// How long a download may take to begin, in milliseconds, before its address is given back.
const DOWNLOAD_BEGINS: u64 = 30_000;

/// Saves a scenario as a file.
pub(super) fn save(scenario: &Scenario) {
    download(&opened::file_name(&scenario.name), &format!("{}\n", scenario.to_json_pretty()));
}

/// Hands a text to the browser as a file.
pub(super) fn download(name: &str, text: &str) {
    hand_over(name, text);
}

/// The same; true if the browser took it.
pub(crate) fn hand_over(name: &str, text: &str) -> bool {
    let bag = BlobPropertyBag::new();
    bag.set_type("application/json");
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let link = document().create_element("a").ok().and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok());
    let url = Blob::new_with_str_sequence_and_options(&parts, &bag)
        .and_then(|blob| Url::create_object_url_with_blob(&blob));
    let (Some(link), Ok(url)) = (link, url) else { return false };
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // What is given back twice is given back.
    let give_back = move || drop(Url::revoke_object_url(&url));
    set_timeout(give_back, std::time::Duration::from_millis(DOWNLOAD_BEGINS));
    true
}

/// The input that lets a person choose a file; buttons press it.
pub(super) fn picker(session: Session) -> impl IntoView {
    let chosen = move |event: ev::Event| {
        let input = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            if let Some(files) = input.files() {
                take(session, &files);
            }
            // So that the same file can be chosen again.
            input.set_value("");
        }
    };
    view! {
        <input type="file" id=INPUT accept=".json,application/json" hidden=true aria-label=words::OPEN_FILE on:change=chosen/>
    }
}

/// Lets a person choose a file.
pub(super) fn choose() {
    let input = document().get_element_by_id(INPUT).and_then(|e| e.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        input.click();
    }
}

/// Opens files that are dropped onto the page, whatever they are dropped on.
pub(crate) fn accept_drops(session: Session) {
    let over = window_event_listener(ev::dragover, |event| {
        if has_files(&event) {
            event.prevent_default();
        }
    });
    let drop = window_event_listener(ev::drop, move |event| {
        if has_files(&event) {
            event.prevent_default();
            if let Some(files) = event.data_transfer().and_then(|d| d.files()) {
                lazy::take(session, files);
            }
        }
    });
    on_cleanup(move || {
        over.remove();
        drop.remove();
    });
}

fn has_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|d| d.types().includes(&JsValue::from_str("Files"), 0))
}

pub(crate) fn take(session: Session, files: &FileList) {
    match (files.length(), files.get(0)) {
        (1, Some(file)) => read(session, file),
        (0, _) | (_, None) => {}
        (count, _) => refuse(session, opened::several(count as usize)),
    }
}

fn read(session: Session, file: File) {
    let name = file.name();
    if let Some(refused) = opened::too_large(&name, file.size() as u64) {
        refuse(session, refused);
        return;
    }
    spawn_local(async move {
        let Ok(text) = JsFuture::from(file.text()).await else {
            refuse(session, opened::unreadable(&name));
            return;
        };
        match opened::read(&name, &text.as_string().unwrap_or_default()) {
            Ok(Opened::Scenario(scenario)) => open(session, Opening::of(*scenario)),
            Ok(Opened::Runs(runs)) => take_in(session, runs),
            Err(refused) => refuse(session, *refused),
        }
    });
}

/// Adds the runs of a file to a person's own.
fn take_in(session: Session, runs: OwnRuns) {
    let sharing = session.sharing;
    let count = runs.len();
    match storage::change(|own| own.merge(runs)) {
        Ok(new) => {
            sharing.own.update(|n| *n += 1);
            sharing.notice.set(Some(words::taken_in(new, count)));
            sharing.group.set(words::OWN);
            session.panel.set(Panel::Presets);
        }
        Err(trouble) => {
            session.panel.set(Panel::Closed);
            session.refuse(words::not_taken_in(&trouble.to_string()));
        }
    }
}
