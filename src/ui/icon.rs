//! Icons and marks: references into one sprite.

use leptos::prelude::*;

use crate::view::mark::Mark;

/// The symbols that [`Icon`] and [`MarkIcon`] refer to; once on each page.
#[component]
pub(crate) fn Sprite() -> impl IntoView {
    view! { <div class="sprite" aria-hidden="true" inner_html=include_str!("sprite.svg")></div> }
}

/// An icon of the sprite. Decoration: the words stand beside it.
#[component]
pub(crate) fn Icon(
    /// The symbol, `#i-play`.
    #[prop(into)]
    name: Signal<&'static str>,
    /// A size smaller.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    view! {
        <svg class=if small { "i i-s" } else { "i" } aria-hidden="true">
            <use href=move || name.get()></use>
        </svg>
    }
}

/// An outcome's mark. The number or a word stands beside it.
#[component]
pub(crate) fn MarkIcon(
    /// The outcome.
    mark: Mark,
    /// A class for its size.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    view! {
        <span class=format!("mk {}", mark.class())>
            <svg class=format!("o {size}") aria-hidden="true">
                <use href=mark.symbol()></use>
            </svg>
        </span>
    }
}

/// A mark with its code beside it.
#[component]
pub(crate) fn Status(
    /// The outcome.
    mark: Mark,
    /// The code, or words in its place.
    code: String,
) -> impl IntoView {
    view! {
        <span class=format!("st {}", mark.class())>
            <svg class="o" aria-hidden="true">
                <use href=mark.symbol()></use>
            </svg>
            {code}
        </span>
    }
}
