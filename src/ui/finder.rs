//! A field that finds among options: the focus stays in it, arrows go through the options, Enter chooses.
//!
//! The pattern is ARIA's combobox with a list that is always open. Components give their options the role `option`
//! and an id; what an option does is its click.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The state of a finder.
#[derive(Clone, Copy)]
pub(crate) struct Finder {
    /// What was typed.
    pub(crate) text: RwSignal<String>,
    /// The id of the option that Enter chooses.
    pub(crate) active: RwSignal<String>,
    input: NodeRef<leptos::html::Input>,
    pub(crate) list: NodeRef<leptos::html::Div>,
}

impl Finder {
    pub(crate) fn new() -> Self {
        let finder = Self {
            text: RwSignal::new(String::new()),
            active: RwSignal::new(String::new()),
            input: NodeRef::new(),
            list: NodeRef::new(),
        };
        // A finger wants the list, not a keyboard over it.
        Effect::new(move |_| {
            let Some(list) = finder.list.get() else { return };
            let _ = match finder.input.get_untracked().filter(|_| !is_coarse()) {
                Some(input) => input.focus(),
                None => list.focus(),
            };
        });
        // What is found anew begins with its first option.
        Effect::new(move |_| {
            finder.text.track();
            finder.list.track();
            let first = finder.options().first().map(|o| o.id());
            finder.active.set(first.unwrap_or_default());
        });
        finder
    }

    /// The field.
    pub(crate) fn field(self, list: &'static str, label: &'static str) -> impl IntoView {
        view! {
            <input class="inp find" type="search" role="combobox" aria-expanded="true" aria-autocomplete="list"
                aria-controls=list aria-label=label placeholder=label autocomplete="off" spellcheck="false"
                node_ref=self.input prop:value=move || self.text.get()
                aria-activedescendant=move || self.active.get()
                on:input=move |event| self.text.set(event_target_value(&event))/>
        }
    }

    /// True for the option that Enter chooses.
    pub(crate) fn is_active(self, id: &str) -> bool {
        self.active.with(|active| active == id)
    }

    /// Handles a key anywhere in the panel; Escape and Tab close it.
    pub(crate) fn key(self, event: &KeyboardEvent, close: impl FnOnce()) {
        let options = self.options();
        let here = self.active.with_untracked(|id| options.iter().position(|o| o.id() == *id));
        let last = options.len().saturating_sub(1);
        let to = match (event.key().as_str(), here) {
            ("ArrowDown", None) => Some(0),
            ("ArrowDown", Some(i)) => Some(if i == last { 0 } else { i + 1 }),
            ("ArrowUp", None | Some(0)) => Some(last),
            ("ArrowUp", Some(i)) => Some(i - 1),
            ("Enter", Some(i)) => {
                event.prevent_default();
                event.stop_propagation();
                options[i].click();
                return;
            }
            ("Escape" | "Tab", _) => {
                event.prevent_default();
                event.stop_propagation();
                close();
                return;
            }
            _ => None,
        };
        // No key of the panel is one of the page.
        event.stop_propagation();
        if let Some(option) = to.and_then(|i| options.get(i)) {
            event.prevent_default();
            self.active.set(option.id());
            self.bring_into_view(option);
        }
    }

    fn options(self) -> Vec<HtmlElement> {
        let list = self.list.get_untracked();
        let found = list.and_then(|l| l.query_selector_all("[role=option]:not([aria-disabled=true])").ok());
        let Some(found) = found else { return Vec::new() };
        (0..found.length())
            .filter_map(|i| found.item(i)?.dyn_into::<HtmlElement>().ok())
            .filter(|option| option.offset_parent().is_some())
            .collect()
    }

    fn bring_into_view(self, option: &HtmlElement) {
        let Some(list) = self.list.get_untracked() else { return };
        let (top, shown) = (list.scroll_top(), list.client_height());
        let (start, end) = (option.offset_top(), option.offset_top() + option.offset_height());
        if start < top {
            list.set_scroll_top(start);
        } else if end > top + shown {
            list.set_scroll_top(end - shown);
        }
    }
}

fn is_coarse() -> bool {
    let query = window().match_media("(pointer: coarse)").ok().flatten();
    query.is_some_and(|q| q.matches())
}
