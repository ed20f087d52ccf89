//! The gateways that could stand in place of one, each with what it would answer.

use leptos::prelude::*;

use super::finder::Finder;
use super::icon::{Icon, Status};
use super::others::{self, choose, others};
use super::panel::close;
use super::session::{Panel, session};
use super::words::path as words;
use crate::sim::dialect::{DialectName, dialect};
use crate::view::others::{self as view, Opinion};

const LIST: &str = "gateway-list";

/// The picker of the gateway whose product was pressed.
pub(crate) fn gateway_picker() -> AnyView {
    let session = session();
    let gateway = Memo::new(move |_| match session.panel.get() {
        Panel::Gateway(gateway) => Some(gateway),
        _ => None,
    });
    (move || gateway.get().map(picker)).into_any()
}

fn picker(gateway: String) -> AnyView {
    let session = session();
    let finder = Finder::new();
    let others = others();
    others.ask_all();
    let here = {
        let gateway = gateway.clone();
        Memo::new(move |_| {
            session.scenario.with(|s| s.gateways.iter().find(|g| g.id == gateway).map(|g| g.dialect))
        })
    };
    let answered = Memo::new(move |_| others.opinions.with(|o| !o.is_empty()));
    let rows = move |recorded: bool| {
        let gateway = gateway.clone();
        move || {
            let text = finder.text.get().to_lowercase();
            let gateway = gateway.clone();
            view::order()
                .filter(move |name| view::is_recorded(*name) == recorded && fits(*name, &text))
                .map(move |name| row(gateway.clone(), name, here, finder, others))
                .collect_view()
        }
    };
    let shown = Memo::new(move |_| {
        let text = finder.text.get().to_lowercase();
        view::order().any(|name| fits(name, &text))
    });
    view! {
        <div class="veil" on:click=move |_| close(session)></div>
        <div class="menu gateways" role="dialog" aria-label=words::WHICH
            on:keydown=move |event| finder.key(&event, || close(session))>
            <div class="mh">
                <b>{words::WHICH}</b>
                <span class="grow"></span>
                {finder.field(LIST, words::FIND_GATEWAY)}
                <button class="btn ghost small icon" aria-label="Close" tabindex="-1" on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <p class="dim note-line">
                {words::SAME_RUN} " "
                {move || (!answered.get()).then_some(words::NOTHING_ANSWERED)}
            </p>
            <div class="opts" id=LIST role="listbox" aria-label=words::WHICH tabindex="-1" node_ref=finder.list>
                <div role="group" aria-label=words::RECORDED>
                    <div class="grp" aria-hidden="true">
                        <span>{words::RECORDED}</span>
                        <span>{move || answered.get().then_some(words::THIS_ANSWER)}</span>
                    </div>
                    {rows(true)}
                </div>
                <div class="docs" role="group" aria-label=words::NOT_RECORDED>
                    <div class="grp" aria-hidden="true">{words::NOT_RECORDED}</div>
                    {rows(false)}
                </div>
                <p class="dim pad" hidden=move || shown.get()>{words::NO_GATEWAY}</p>
            </div>
            <p class="how-line">{words::LEGEND}</p>
        </div>
    }
    .into_any()
}

fn fits(name: DialectName, text: &str) -> bool {
    let product = dialect(name);
    let all = format!("{} {} {}", view::title(name), product.version(), product.provenance()).to_lowercase();
    text.split_whitespace().all(|word| all.contains(word))
}

fn row(
    gateway: String,
    name: DialectName,
    here: Memo<Option<DialectName>>,
    finder: Finder,
    others: others::Others,
) -> impl IntoView {
    let session = session();
    let product = dialect(name);
    let opinion = Memo::new(move |_| others.opinions.with(|o| o.iter().find(|o| o.name == name).cloned()));
    let silent = move || opinion.with(|o| o.as_ref().is_some_and(|o| !o.told));
    let id = format!("gw-{}", view::title(name).to_lowercase().replace([' ', '(', ')'], "-"));
    let (mine, pointed) = (id.clone(), id.clone());
    let source = product.provenance();
    let small = match (view::is_recorded(name), name) {
        (true, _) => product.version(),
        (_, DialectName::Rfc9209) => "what the standard recommends",
        _ => source,
    };
    view! {
        <div class="dial" role="option" id=id title=source aria-selected=move || (here.get() == Some(name)).to_string()
            aria-disabled=move || silent().then_some("true") class:active=move || finder.is_active(&mine)
            on:mousemove=move |_| {
                if finder.active.with_untracked(|a| *a != pointed) {
                    finder.active.set(pointed.clone());
                }
            }
            on:click=move |_| if !opinion.with_untracked(|o| o.as_ref().is_some_and(|o| !o.told)) {
                close(session);
                if here.get_untracked() != Some(name) {
                    choose(session, &gateway, name);
                }
            }>
            <span>{move || (here.get() == Some(name)).then(|| view! { <Icon name="#i-check" small=true/> })}</span>
            <span class="who"><b>{view::title(name)}</b> " " <small>{small}</small></span>
            {move || opinion.get().map(answer)}
        </div>
    }
}

fn answer(opinion: Opinion) -> AnyView {
    if opinion.told {
        view! { <Status mark=opinion.mark code=opinion.code/> <span class="tm">{opinion.took}</span> }
            .into_any()
    } else {
        view! { <span class="dim silent">"not documented"</span> }.into_any()
    }
}
