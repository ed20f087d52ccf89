//! The answer as a bar of its own, above the path on small screens.

use leptos::prelude::*;

use super::icon::MarkIcon;
use super::session::session;
use crate::view::verdict;

/// Code, time and effect in one line, with a link to the reason.
#[component]
pub(crate) fn VerdictBar() -> impl IntoView {
    let session = session();
    let verdict = Memo::new(move |_| {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        verdict::verdict(&run, attempt, session.cursor.get(), None)
    });
    // A link would change the fragment, which holds the session.
    let show = move |_| {
        if let Some(heading) = document().get_element_by_id("answer-status") {
            heading.scroll_into_view();
        }
    };
    move || {
        verdict.get().map(|v| {
            view! {
                <button class=format!("ansbar {}", v.mark.class()) on:click=show>
                    <MarkIcon mark=v.mark/>
                    <b class="mono">{v.code}</b>
                    <span>{format!("{}. {}", v.after, v.effect)}</span>
                    <span class="grow"></span>
                    <span class="lnk">"Why?"</span>
                </button>
            }
        })
    }
}
