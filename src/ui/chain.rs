//! The chain of causes; choosing a link moves the playhead there.

use leptos::prelude::*;

use super::icon::{Icon, MarkIcon};
use super::reference_card;
use super::session::session;
use super::words::path as words;
use crate::sim::explain::LinkKind;
use crate::view::mark::Mark;
use crate::view::text::Piece;
use crate::view::verdict::{ChainLink, Verdict};

/// Three to six links in order of time.
#[component]
pub(crate) fn Chain(
    /// Whose.
    verdict: Verdict,
) -> impl IntoView {
    let session = session();
    let (key, status) = (verdict.key, verdict.status);
    let links = verdict.chain.into_iter().map(move |link| {
        let (at, step) = (link.at, link.step);
        let go = move |_| {
            session.seek(at, step);
            // The chain stays on the screen while the playhead goes to its causes.
            session.selected.set(Some(key));
        };
        let mark = verdict.mark;
        view! {
            <li class:here=link.here class:later=link.later class:before-after=link.before_afterwards class:after=link.kind == LinkKind::Afterwards>
                {symbol(&link, mark)}
                <button aria-current=link.here.then_some("step") on:click=go title=link.source>
                    <p><span class="t">{link.time}</span>{link.text.into_iter().map(piece).collect_view()}</p>
                </button>
                {(link.kind == LinkKind::Answer && status.is_some()).then(|| view! {
                    <button class="to-ref" on:click=move |_| reference_card::point()>{words::WHAT_APPLIES}</button>
                })}
            </li>
        }
    });
    view! { <ol class="chain" id="why-chain">{links.collect_view()}</ol> }
}

/// A sentence's piece: words or code.
pub(crate) fn piece(piece: Piece) -> AnyView {
    if piece.code { view! { <code>{piece.text}</code> }.into_any() } else { piece.text.into_any() }
}

fn symbol(link: &ChainLink, mark: Mark) -> impl IntoView + use<> {
    let drawn = match link.kind {
        LinkKind::Fault => view! { <Icon name="#i-break" small=true/> }.into_any(),
        LinkKind::Setting => view! { <Icon name="#i-tune" small=true/> }.into_any(),
        LinkKind::Answer => view! { <MarkIcon mark=mark/> }.into_any(),
        LinkKind::Mechanism | LinkKind::Afterwards => view! { <span class="b"></span> }.into_any(),
    };
    let word = link.kind_word;
    view! { <span class=format!("n k-{word}") title=word>{drawn}<span class="vh">{word} ": "</span></span> }
}
