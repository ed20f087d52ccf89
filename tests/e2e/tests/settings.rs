//! The form of all settings, by clicks and keys, on the release build under the strict policy.

use fivexx_e2e::{Browser, Key, Site, button, css};
use serde_json::json;

/// A page with its settings open and their fields there.
fn opened(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    page.click(&css("#settings-gateway"));
    page.wait_for(&css("#set-read_timeout"));
    page
}

fn type_in(page: &Browser, id: &str, text: &str) {
    page.fill(&css(&format!("#{id}")), text);
    page.press(Key::Enter);
}

fn look_for(page: &Browser, words: &str) {
    page.fill(&css("#find-setting"), words);
}

fn digest(page: &Browser) -> String {
    page.text(&css("#digest"))
}

fn focused(page: &Browser) -> String {
    page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_breaker_s_trip_is_chosen_filled_in_and_reset() {
    let site = Site::serve("/");
    let page = opened(&site);
    page.select(&css("#set-gateway-dialect"), "rfc9209");
    look_for(&page, "breaker trip");
    let untouched = digest(&page);
    page.select(&css("#set-breaker-trip"), "consecutive");
    page.wait_for(&css("#set-breaker-trip-consecutive-failures"));
    assert_eq!(page.value(&css("#set-breaker-trip-consecutive-failures")), "5");
    type_in(&page, "set-breaker-trip-consecutive-failures", "2");
    page.select(&css("#set-breaker-trip"), "status_ratio");
    page.wait_for(&css("#set-breaker-trip-status_ratio-above"));
    type_in(&page, "set-breaker-trip-status_ratio-above", "0.25");
    assert_ne!(digest(&page), untouched);
    page.click(&button("Back to the default: trip never"));
    page.wait_gone(&css("#set-breaker-trip-status_ratio-above"));
    assert_eq!(page.value(&css("#set-breaker-trip")), "never");
    assert_eq!(focused(&page), "set-breaker-trip", "the focus stays at the setting");
    assert_eq!(digest(&page), untouched, "nothing is left of it");
    page.assert_clean();
}

#[test]
fn a_few_words_find_a_setting_and_nothing_else_shows() {
    let site = Site::serve("/");
    let page = opened(&site);
    look_for(&page, "longest wait obeyed");
    page.wait_text(&css("#settings .find"), "1 setting fits.");
    page.wait_for(&css("#set-client-retry_after-cap"));
    assert_eq!(page.count(&css("#set-read_timeout")), 0);
    look_for(&page, "proxy_next_upstream_tries");
    page.wait_for(&css("#set-next_upstream_tries"));
    assert_eq!(page.count(&css("#settings input:not([type=search])")), 1);
    look_for(&page, "no such words");
    page.wait_text(&css("#settings .find"), "No setting fits.");
    look_for(&page, "");
    page.press(Key::Enter);
    page.wait_for(&css("#set-read_timeout"));
    page.assert_clean();
}

#[test]
fn a_refused_value_keeps_its_text_and_says_what_would_be_accepted() {
    let site = Site::serve("/");
    let page = opened(&site);
    let before = digest(&page);
    for (id, bad, says) in [
        (
            "set-next_upstream_tries",
            "101",
            "next_upstream_tries 101 is not accepted; expected 0 to 100 (nginx `proxy_next_upstream_tries`).",
        ),
        ("set-header_limit", "much", "header_limit \"much\" is not accepted; expected a whole number"),
        ("set-A-workers", "0", "workers 0 is not accepted; expected 1 to 10000."),
        ("set-A-service_time-fixed", "5", "expected a number and a unit"),
    ] {
        type_in(&page, id, bad);
        page.wait_text(&css(&format!("#err-{id}")), says);
        assert_eq!(page.value(&css(&format!("#{id}"))), bad);
        assert_eq!(page.attribute(&css(&format!("#{id}")), "aria-invalid").as_deref(), Some("true"));
        let described = page.attribute(&css(&format!("#{id}")), "aria-describedby").unwrap_or_default();
        assert!(described.contains(&format!("err-{id}")), "{described}");
    }
    assert_eq!(digest(&page), before);
    type_in(&page, "set-A-workers", "3");
    page.wait_gone(&css("#err-set-A-workers"));
    assert_ne!(digest(&page), before);
    page.assert_clean();
}

#[test]
fn a_gateway_becomes_another_product_and_says_what_it_lacks() {
    let site = Site::serve("/");
    let page = opened(&site);
    type_in(&page, "set-max_fails", "3");
    page.wait_text(&css("#settings"), "proxy_read_timeout");
    page.select(&css("#set-gateway-dialect"), "haproxy");
    page.wait_text(&css("#settings-note"), "Left out, since HAProxy has no such settings: max_fails.");
    page.wait_text(&css("#settings"), "timeout server");
    page.wait_text(&css("#settings"), "HAProxy has no such setting; it learns from probes");
    assert_eq!(page.count(&css("#set-max_fails")), 0);
    page.wait_text(&css("[data-node=gateway]"), "HAProxy");
    // The same run through it: a 504 after its own `timeout server`.
    page.click(&button("Close the settings"));
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page.wait_text(&css("#why-chain"), "timeout server");
    page.assert_clean();
}

#[test]
fn clients_and_dependencies_come_and_go() {
    let site = Site::serve("/");
    let page = opened(&site);
    let before = digest(&page);
    page.click(&css("#add-client"));
    page.wait_for(&css("[data-node=client-2]"));
    page.wait_until("the focus to go to the new client", || focused(&page) == "settings-of-client-2");
    page.click(&css("#add-dependency"));
    page.wait_for(&css("[data-node=api]"));
    page.click(&css("#add-gateway"));
    page.wait_for(&css("[data-node=gateway-2]"));
    // Whoever sends is chosen now, and another name is known everywhere.
    page.select(&css("#client"), "client-2");
    page.click(&css("#send"));
    page.wait_until("something to be sent", || digest(&page) != before);
    look_for(&page, "client-2 name");
    type_in(&page, "set-client-2-id", "phone");
    page.wait_for(&css("[data-node=phone]"));
    look_for(&page, "");
    page.press(Key::Enter);
    page.click(&css("#remove-phone"));
    page.wait_gone(&css("[data-node=phone]"));
    assert_eq!(focused(&page), "add-client");
    page.click(&css("#remove-api"));
    page.click(&css("#remove-gateway-2"));
    page.wait_gone(&css("[data-node=gateway-2]"));
    assert_eq!(page.count(&css("#client")), 0);
    assert_eq!(page.count(&css("#remove-client")), 0, "the last client stays");
    assert_eq!(digest(&page), before, "what it sent went with it");
    page.assert_clean();
}

#[test]
fn what_is_open_stays_open_while_answers_come() {
    let site = Site::serve("/");
    let page = opened(&site);
    let heading = css("section[aria-labelledby=settings-of-client] details:nth-of-type(6) > summary");
    page.click(&heading);
    page.select(&css("#set-client-traffic"), "set");
    page.wait_for(&css("#set-client-traffic-arrivals-poisson-rate"));
    page.select(&css("#set-client-traffic-arrivals"), "constant");
    type_in(&page, "set-client-traffic-arrivals-constant-rate", "2");
    page.click(&css("#set-client-traffic-mix-add"));
    page.select(&css("#set-client-traffic-mix-1-request-method"), "GET");
    page.click(&css("#play"));
    page.wait_until("time to go by", || !page.text(&css("#clock")).starts_with("0."));
    page.wait_for(&css("#set-client-traffic-arrivals-constant-rate"));
    page.press(Key::End);
    page.click(&css("#set-client-traffic-mix-remove-1"));
    page.wait_gone(&css("#set-client-traffic-mix-1-request-method"));
    page.assert_clean();
}

#[test]
fn a_setting_changes_by_keys_alone() {
    let site = Site::serve("/");
    let page = opened(&site);
    let before = digest(&page);
    look_for(&page, "how an upstream is chosen");
    page.wait_text(&css("#settings .find"), "1 setting fits.");
    // From the search over the heading to the setting.
    page.press(Key::Tab);
    page.press(Key::Tab);
    assert_eq!(focused(&page), "set-balance");
    page.press(Key::Down);
    page.wait_until("another choice", || digest(&page) != before);
    page.press(Key::Tab);
    page.press(Key::Enter);
    page.wait_until("the default again", || digest(&page) == before);
    // A heading opens and closes by keys, too, and Escape leads back to where the settings were opened.
    look_for(&page, "");
    page.press(Key::Enter);
    let closed = css(".grp-d:not([open]) > summary");
    let count = page.count(&closed);
    page.focus(&closed.nth(0));
    page.press(Key::Enter);
    page.wait_until("a heading to open", || page.count(&css(".grp-d:not([open]) > summary")) == count - 1);
    page.press(Key::Escape);
    page.wait_gone(&css("#settings"));
    assert_eq!(focused(&page), "settings-gateway");
    page.assert_clean();
}

#[test]
fn without_its_schema_the_page_goes_on_and_asks_again() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.devtools("Network.enable", &json!({}));
    page.devtools("Network.setBlockedURLs", &json!({ "urls": ["*scenario.schema.json"] }));
    page.click(&css("#settings-gateway"));
    page.wait_text(&css("#settings-failed"), "scenario.schema.json");
    assert_eq!(page.count(&css("#set-read_timeout")), 0);
    // Nodes still go, and the run goes on.
    page.click(&css("#remove-B"));
    page.wait_gone(&css("[data-node=B]"));
    page.devtools("Network.setBlockedURLs", &json!({ "urls": [] }));
    page.click(&css("#settings-retry"));
    page.wait_for(&css("#set-read_timeout"));
    assert_eq!(page.count(&css("#settings-failed")), 0);
    page.click(&button("Close the settings"));
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
}

#[test]
fn the_schema_is_fetched_when_the_settings_are_first_opened_and_once() {
    let site = Site::serve("/docs/fivexx/");
    let page = Browser::open(&site, "");
    let asked =
        |page: &Browser| page.requests().iter().filter(|a| a.ends_with("/scenario.schema.json")).count();
    assert_eq!(asked(&page), 0);
    for _ in 0..2 {
        page.click(&css("#settings-A"));
        page.wait_for(&css("#set-A-workers"));
        page.click(&button("Close the settings"));
        assert_eq!(focused(&page), "settings-A");
    }
    assert_eq!(asked(&page), 1);
    page.assert_clean();
}
