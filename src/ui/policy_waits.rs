//! The waits of a policy as bars and as a table, when it gives up, and what it makes of the load.

use leptos::prelude::*;

use super::words::sending as words;
use crate::view::format::css_percent;
use crate::view::lanes::Tick;
use crate::view::policy::{Bar, Chart, PolicyView};

/// The wait before each retry.
#[component]
pub(crate) fn Waits(
    /// What the policy amounts to.
    shown: Memo<PolicyView>,
) -> impl IntoView {
    let chart = Memo::new(move |_| shown.with(|shown| shown.chart.clone()));
    let formula = Memo::new(move |_| shown.with(|shown| shown.formula.clone()));
    view! {
        <figure class="waits" aria-labelledby="policy-waits">
            <h3 id="policy-waits">{words::WAITS_TITLE}</h3>
            {move || formula.get().map(|formula| view! { <p class="mono ink2" id="policy-formula">{formula}</p> })}
            {move || match chart.get() {
                Some(chart) => drawn(chart).into_any(),
                None => view! { <p class="dim">{words::NO_WAITS}</p> }.into_any(),
            }}
        </figure>
    }
}

fn drawn(chart: Chart) -> impl IntoView {
    let Chart { bars, ticks, note, spoken, table } = chart;
    let at: Vec<f64> = ticks.iter().map(|tick| tick.at * 1_000.0).collect();
    let bar = move |bar: Bar| {
        let Bar { label, outline, median, value } = bar;
        let grid: String = at.iter().map(|x| format!("M{x:.1} -4V24")).collect();
        view! {
            <span class="bl">{label}</span>
            <svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
                <path class="gr" d=grid></path>
                <path class="bar" d=outline></path>
                {median.map(|x| view! { <path class="med" d=format!("M{x:.1} -2V20")></path> })}
            </svg>
            <span class="bv num">{value}</span>
        }
    };
    let tick = |tick: Tick| view! { <span style:left=format!("{}%", css_percent(tick.at * 100.0))>{tick.label}</span> };
    let line = |line: [String; 6]| {
        let mut cells = line.into_iter();
        let name = cells.next();
        view! {
            <tr>
                <th scope="row">{name}</th>
                {cells.map(|cell| view! { <td class="num">{cell}</td> }).collect_view()}
            </tr>
        }
    };
    view! {
        <div class="bars" role="img" aria-label=spoken>
            {bars.into_iter().map(bar).collect_view()}
            <span class="axis">{ticks.into_iter().map(tick).collect_view()}</span>
        </div>
        <p class="dim">{note}</p>
        <details>
            <summary>{words::AS_TABLE}</summary>
            <div class="scrollx" tabindex="0" role="group" aria-label=words::AS_TABLE>
                <table class="tbl" id="policy-table">
                    <thead><tr>{words::WAITS_TABLE.map(|head| view! { <th scope="col">{head}</th> }).into_iter().collect_view()}</tr></thead>
                    <tbody>{table.into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

/// When it gives up.
#[component]
pub(crate) fn Ends(
    /// What the policy amounts to.
    shown: Memo<PolicyView>,
) -> impl IntoView {
    let ends = Memo::new(move |_| shown.with(|shown| shown.ends.clone()));
    view! {
        <div>
            <h3>{words::ENDS_TITLE}</h3>
            <div id="policy-ends">
                {move || ends.get().into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            </div>
        </div>
    }
}

/// What it makes of the load.
#[component]
pub(crate) fn LoadTable(
    /// What the policy amounts to.
    shown: Memo<PolicyView>,
) -> impl IntoView {
    let load = Memo::new(move |_| shown.with(|shown| shown.load.clone()));
    let line = |(name, factors): (String, [String; 4])| {
        let cells = factors.into_iter().map(|factor| view! { <td class="num">{factor}</td> });
        view! { <tr><th scope="row">{name}</th>{cells.collect_view()}</tr> }
    };
    view! {
        <div>
            <h3 id="policy-load-title">{words::LOAD_TITLE}</h3>
            <table class="tbl" id="policy-load" aria-labelledby="policy-load-title">
                <thead><tr>
                    <th scope="col">{words::LOAD_SHARE}</th>
                    {move || load.get().shares.map(|share| view! { <th scope="col">{share}</th> }).into_iter().collect_view()}
                </tr></thead>
                <tbody>{move || load.get().lines.into_iter().map(line).collect_view()}</tbody>
            </table>
            <p class="dim">{move || load.with(|load| load.note.clone())}</p>
        </div>
    }
}
