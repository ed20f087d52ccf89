//! axe-core finds nothing in any view, in both schemes.
//!
//! Its source comes from npm; `FIVEXX_AXE` says where it lies (`cargo xtask test` puts it there).

use fivexx_e2e::{Browser, Scheme, Site, css};
use serde_json::Value;

/// A view: its name, the route to open, and what to do there.
type View = (&'static str, &'static str, fn(&Browser));

const VIEWS: [View; 13] = [
    ("first visit", "", |_| ()),
    ("answer", "", answer),
    ("break menu", "", |page| open(page, "#break-A", "[role=option]")),
    ("gateway picker", "", |page| open(page, "#product-gateway", "#gateway-list")),
    ("settings", "", |page| open(page, "#settings-gateway", "#set-read_timeout")),
    ("policy", "", |page| open(page, "#policy-open", "#policy")),
    ("share", "", |page| open(page, "#share", "#share-link")),
    ("presets", "", |page| open(page, "#presets", "dialog.gallery [data-group]")),
    ("keys", "", |page| open(page, "#keys", "dialog.keys-pop[open]")),
    // With less motion the table is there from the start.
    ("table", "", |page| page.wait_for(&css(".steps").nth(0))),
    ("more", "", |page| open(page, "#more", "#more-panel")),
    ("a preset", "#p=frozen-or-refused", |page| page.wait_for(&css("#lesson"))),
    ("a broken link", "#s=1nonsense", |page| page.wait_for(&css("#message"))),
];

fn answer(page: &Browser) {
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page.wait_for(&css("#waterfall"));
    page.wait_for(&css("#reference-card"));
}

fn open(page: &Browser, button: &str, there: &str) {
    page.click(&css(button));
    page.wait_for(&css(there).nth(0));
}

/// What axe-core finds, a line each.
///
/// Without its rule about skip links: it takes the gallery's links for such, as soon as they are scrolled out of view.
fn violations(page: &Browser, axe: &str) -> Vec<String> {
    page.script(axe);
    page.script(
        "window.found = null; axe.run(document, { resultTypes: ['violations'], rules: { 'skip-link': { enabled: false } } }).then(r => { window.found = r.violations.map(v => \
         v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' (' + (n.any[0] || n.all[0] || n.none[0] || {}).message + ')').join('; ')); })",
    );
    page.wait_until("axe is done", || !page.script("return window.found").is_null());
    let found = page.script("return window.found");
    found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn axe_finds_nothing_in_any_view() {
    let Some(axe) = std::env::var_os("FIVEXX_AXE") else {
        println!("NOT TESTED with axe-core: FIVEXX_AXE does not say where it is");
        return;
    };
    let axe = std::fs::read_to_string(axe).expect("axe-core can be read");
    let site = Site::serve("/");
    let mut found = Vec::new();
    for scheme in [Scheme::Light, Scheme::Dark] {
        for (name, route, prepare) in VIEWS {
            let page = Browser::start(&site);
            page.viewport(1440, 900);
            page.prefer(scheme, true);
            page.goto(&site.address(route));
            prepare(&page);
            found.extend(violations(&page, &axe).into_iter().map(|v| format!("{name}, {scheme:?}: {v}")));
        }
    }
    assert!(found.is_empty(), "axe-core found\n{}", found.join("\n"));
}
