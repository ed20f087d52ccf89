//! What was wrong with an input. The run before it stays.

use leptos::prelude::*;

use super::icon::Icon;
use super::session::session;

/// The message, until it is closed or the next change succeeds.
#[component]
pub(crate) fn Message() -> impl IntoView {
    let session = session();
    move || {
        session.message.get().map(|text| {
            view! {
                <div id="message" class="message" role="alert">
                    <Icon name="#i-warn"/>
                    <span class="grow">{text} <span class="dim">" The run on the page stays as it is."</span></span>
                    <button class="btn ghost small icon" aria-label="Close this message"
                        on:click=move |_| session.message.set(None)>
                        <Icon name="#i-x" small=true/>
                    </button>
                </div>
            }
        })
    }
}
