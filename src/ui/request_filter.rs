//! The filters above the list of requests.

use leptos::prelude::*;

use super::icon::Icon;
use super::looking::Looking;
use super::session::Session;
use super::words::looking as says;
use crate::view::filter::{self, Came, Filter};
use crate::view::waterfall::Waterfall;

/// By outcome, by client, by text; and a button that takes them away.
pub(super) fn filters(session: Session, looking: Looking, list: Memo<Waterfall>) -> AnyView {
    let filter = looking.filter;
    let choices = Memo::new(move |_| {
        let known = session.known.get();
        let mut choices =
            looking.ledger.with(|ledger| session.run.with(|run| filter::choices(run, ledger, known)));
        // What is chosen stays a choice, even where a change has made it come later.
        let chosen = filter.with(|f| f.came);
        if !choices.contains(&chosen) {
            choices.push(chosen);
        }
        choices
    });
    let clients = Memo::new(move |_| {
        session.scenario.with(|s| s.clients.iter().map(|c| c.id.clone()).collect::<Vec<_>>())
    });
    let empty = Memo::new(move |_| filter.with(Filter::is_empty));
    let told = move |change: &dyn Fn(&mut Filter)| {
        filter.update(|f| change(f));
        session.spoken.set(list.with_untracked(|l| format!("{} requests.", l.count(true))));
    };
    let came = move |event| {
        let value = event_target_value(&event);
        told(&|f| f.came = Came::parse(&value));
    };
    let client = move |event| {
        let value = event_target_value(&event);
        told(&|f| f.client.clone_from(&value));
    };
    let text = move |event| {
        let value = event_target_value(&event);
        told(&|f| f.text.clone_from(&value));
    };
    view! {
        <div class="wf-filter" role="group" aria-label=says::FILTERS>
            <span class="pick small sel">
                <select id="filter-outcome" aria-label=says::BY_OUTCOME on:change=came
                    prop:value=move || { choices.track(); filter.with(|f| f.came.value()) }>
                    {move || {
                        let chosen = filter.with_untracked(|f| f.came);
                        choices.get().into_iter().map(|c| view! {
                            <option value=c.value() selected=c == chosen>{c.label()}</option>
                        }).collect_view()
                    }}
                </select>
                <Icon name="#i-down" small=true/>
            </span>
            {move || (clients.with(Vec::len) > 1).then(|| view! {
                <span class="pick small sel">
                    <select id="filter-client" aria-label=says::BY_CLIENT on:change=client
                        prop:value=move || filter.with(|f| f.client.clone())>
                        <option value="">{says::ANY_CLIENT}</option>
                        {clients.get().into_iter().map(|id| view! { <option value=id.clone()>{id.clone()}</option> }).collect_view()}
                    </select>
                    <Icon name="#i-down" small=true/>
                </span>
            })}
            <input id="filter-text" class="inp mono" type="search" aria-label=says::BY_TEXT placeholder=says::BY_TEXT
                autocomplete="off" spellcheck="false"
                prop:value=move || filter.with(|f| f.text.clone()) on:input=text/>
            <button class="btn ghost small" id="filter-clear" disabled=move || empty.get()
                on:click=move |_| told(&|f| *f = Filter::default())>{says::CLEAR}</button>
        </div>
    }
    .into_any()
}
