//! The page's header: name, theme, keys, presets, share.

use leptos::prelude::*;

use super::theme::Theme;
use crate::ui::icon::Icon;
use crate::ui::session::{Panel, Session};

/// The banner.
#[component]
pub(super) fn Header(session: Session) -> impl IntoView {
    let theme = RwSignal::new(Theme::default());
    let switch = move |_| {
        theme.update(|t| *t = t.next());
        theme.get_untracked().apply();
    };
    view! {
        <header class="top">
            <a class="skip" href="#main" on:click=skip>"To the playground"</a>
            <a class="brand" href="./" aria-label="fivexx: a fresh session">
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <path class="b1" d="M10 1 19 10 10 19 1 10z"></path>
                    <path class="b2" d="M7.3 6.5h5.4v1.2L11 10l1.7 2.3v1.2H7.3v-1.2L9 10 7.3 7.7z"></path>
                </svg>
                <span>"fivexx"</span>
            </a>
            <nav class="nav" aria-label="Main"><a href="./" aria-current="page">"Playground"</a></nav>
            <span class="grow"></span>
            <button id="theme" class="btn ghost icon" aria-label=move || theme.get().label()
                title=move || theme.get().label() on:click=switch>
                <Icon name="#i-theme"/>
            </button>
            <button id="keys" class="btn ghost icon hide-s" aria-label="Keys and help" title="Keys and help (?)"
                on:click=move |_| session.panel.set(Panel::Keys)>
                <Icon name="#i-help"/>
            </button>
            <button id="presets" class="btn ghost named" aria-haspopup="dialog" aria-label="Presets"
                on:click=move |_| session.panel.set(Panel::Presets)>
                <Icon name="#i-list"/>
                <span>"Presets"</span>
            </button>
            <button id="share" class="btn share" aria-haspopup="dialog" aria-label="Share"
                aria-expanded=move || session.panel.with(|p| *p == Panel::Share).to_string()
                on:click=move |_| session.panel.update(|p| {
                    *p = if *p == Panel::Share { Panel::Closed } else { Panel::Share };
                })>
                <Icon name="#i-share"/>
                <span>"Share"</span>
            </button>
        </header>
    }
}

/// Moves the focus past the header; the fragment holds the session and stays.
fn skip(event: leptos::ev::MouseEvent) {
    use leptos::wasm_bindgen::JsCast;
    event.prevent_default();
    let path = document().get_element_by_id("path").and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(path) = path {
        let _ = path.focus();
    }
}
