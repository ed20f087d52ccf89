//! The built page starts, wherever it is put, under the strictest policy.

use fivexx_e2e::{Browser, POLICY, Site};

#[test]
fn page_starts_at_the_root_of_a_site() {
    starts_under("/");
}

#[test]
fn page_starts_in_a_folder_of_a_site() {
    starts_under("/docs/fivexx/");
}

fn starts_under(base: &str) {
    let site = Site::serve(base);
    let page = Browser::open(&site, "");
    let app = page.script("return document.getElementById('app').childElementCount");
    assert!(app.as_u64() > Some(0), "the app put nothing into the page");
    page.assert_clean();
    let module = page.requests().into_iter().filter(|address| address.ends_with(".wasm")).count();
    assert_eq!(module, 1, "the module is fetched once: {:?}", page.requests());
}

#[test]
fn page_carries_the_policy_itself() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let written =
        page.script("return document.querySelector('meta[http-equiv=Content-Security-Policy]').content");
    assert_eq!(written.as_str(), Some(POLICY.lines().collect::<Vec<_>>().join("; ").as_str()));
}

#[test]
fn policy_blocks_what_is_not_ours() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.script("const s = document.createElement('script'); s.textContent = 'window.foreign = true'; document.body.append(s)");
    assert_eq!(page.script("return window.foreign === true"), false);
    assert!(
        page.errors().iter().any(|error| error.contains("Content Security Policy")),
        "{:?}",
        page.errors()
    );
}

#[test]
fn failure_to_start_is_said_in_words() {
    let site = Site::serve("/");
    let page = Browser::start(&site);
    page.devtools("Network.enable", &serde_json::json!({}));
    page.devtools("Network.setBlockedURLs", &serde_json::json!({ "urls": ["*.wasm"] }));
    page.load(&site.address(""));
    page.wait_text(&fivexx_e2e::css("#boot-failure"), "loading it failed");
    page.wait_text(&fivexx_e2e::css("#boot"), "503");
}
