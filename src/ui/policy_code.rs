//! A policy as code: in which language, how far that is tested, and what it lacks.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::focus;
use super::share::copy_then;
use super::words::sending as words;
use crate::sim::client::Policy;
use crate::view::policy::{self, Code};

/// The code, with a picker of languages and a button that copies it.
#[component]
pub(crate) fn PolicyCode(
    /// The policy.
    policy: Memo<Policy>,
) -> impl IntoView {
    let language = RwSignal::new(policy::languages().next().unwrap_or_default().to_owned());
    let code = Memo::new(move |_| {
        let title = language.get();
        policy.with(|policy| policy::code(policy, &title))
    });
    // What was copied, so that the button says so for as long as it is true; none where it was not allowed.
    let copied = RwSignal::new(Some(String::new()));
    let says = move || {
        copied.with(|copied| match copied {
            None => words::NOT_COPIED,
            Some(text) if code.with(|code| code.text == *text) => words::COPIED,
            Some(_) => words::COPY,
        })
    };
    let press = move |_| {
        let text = code.with_untracked(|code| code.text.clone());
        copy_then(text.clone(), move |is_done| {
            copied.set(is_done.then_some(text));
            if !is_done {
                focus("policy-code");
            }
        });
    };
    let pick = move |event| {
        language.set(event_target_value(&event));
        copied.set(Some(String::new()));
    };
    let options = policy::languages().map(|title| {
        view! { <option value=title selected=move || language.with(|l| l == title)>{title}</option> }
    });
    view! {
        <div class="code-of">
            <div class="row wrap">
                <h3>{words::CODE_TITLE}</h3>
                <span class="pick small sel">
                    <select id="code-language" aria-label=words::LANGUAGE prop:value=move || language.get()
                        on:change=pick>
                        {options.collect_view()}
                    </select>
                    <Icon name="#i-down" small=true/>
                </span>
                <span class="grow"></span>
                <button class="btn small" id="code-copy" on:click=press>
                    <Icon name="#i-copy" small=true/>
                    <span aria-live="polite">{says}</span>
                </button>
            </div>
            <pre class="raw" id="policy-code" tabindex="0" role="region" aria-label=move || language.get()>
                {move || lines(code.get())}
            </pre>
            <p class="says" id="code-says">
                <span class="tag">{move || code.with(|code| code.tag)}</span>
                " "
                {move || code.with(|code| code.says)}
            </p>
            {move || words::missing(code.with(|code| code.missing.len())).map(|missing| view! {
                <p class="says" id="code-missing"><Icon name="#i-info" small=true/>{missing}</p>
            })}
        </div>
    }
}

fn lines(code: Code) -> impl IntoView {
    let line = |(is_comment, text): (bool, String)| view! { <span class:c=is_comment>{text}"\n"</span> };
    code.lines.into_iter().map(line).collect_view()
}
