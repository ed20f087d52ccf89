//! The composer and the retry policy, by clicks and keys, on the built page under the strict policy.

use fivexx_e2e::{Browser, Key, Scheme, Site, css};

fn digest(page: &Browser) -> String {
    page.text(&css("#digest"))
}

fn focused(page: &Browser) -> String {
    page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
}

fn wait_focus(page: &Browser, id: &str) {
    page.wait_until(&format!("the focus to be at {id}"), || focused(page) == id);
}

fn fits(page: &Browser) -> bool {
    page.script("return document.documentElement.scrollWidth <= innerWidth") == true
}

/// A page whose client does not try again and asks a healthy database.
fn healthy(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    page.click(&css("[data-node=database] [data-mend=slow_query]"));
    page.select(&css("#client-policy"), "no retries");
    page
}

/// Opens the policy and waits for its single settings.
fn open_policy(page: &Browser) {
    page.click(&css("#policy-open"));
    page.wait_for(&css("#policy #set-client-attempts"));
}

#[test]
fn headers_body_and_key_go_out_as_typed_and_a_link_brings_them_back() {
    let site = Site::serve("/");
    let page = healthy(&site);
    page.click(&css("#compose-more"));
    assert_eq!(page.attribute(&css("#compose-more"), "aria-expanded").as_deref(), Some("true"));
    page.click(&css("#header-add"));
    wait_focus(&page, "header-name-0");
    page.fill(&css("#header-name-0"), "X-Trace");
    page.fill(&css("#header-value-0"), "a b 7");
    page.click(&css("#header-add"));
    page.fill(&css("#header-name-1"), "Accept");
    page.fill(&css("#body"), "{\"item\": \"tea\"}");
    page.wait_text(&css("#body-size"), "15 bytes");
    page.select(&css("#key"), "fixed text");
    page.fill(&css("#key-given"), "tea-1");
    page.wait_text(&css("#compose-more"), "2 headers, 15 bytes");
    // Away with one of them again.
    page.click(&css("#header-remove-1"));
    assert_eq!(focused(&page), "header-add");
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "201");
    page.click(&css("#share"));
    let link = page.value(&css("#share-link"));
    let other = Browser::start(&site);
    other.goto(&link);
    other.wait_text(&css("#compose-more"), "1 header, 15 bytes");
    assert_eq!(other.value(&css("#key-given")), "tea-1");
    other.click(&css("#compose-more"));
    assert_eq!(other.value(&css("#header-value-0")), "a b 7");
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn what_cannot_be_sent_is_said_at_its_field_and_nothing_is_sent() {
    let site = Site::serve("/");
    let page = healthy(&site);
    let before = digest(&page);
    page.fill(&css("#path"), "orders 42");
    page.press(Key::Enter);
    page.wait_text(
        &css("#composer-error"),
        "Path \"orders 42\" is not accepted; expected a path that starts with a slash",
    );
    assert_eq!(page.attribute(&css("#path"), "aria-invalid").as_deref(), Some("true"));
    wait_focus(&page, "path");
    page.fill(&css("#path"), "/orders");
    page.wait_gone(&css("#composer-error"));
    page.click(&css("#compose-more"));
    page.click(&css("#header-add"));
    page.fill(&css("#header-name-0"), "Content-Length");
    page.fill(&css("#header-value-0"), "9");
    // It is closed when it is sent, and opens at the field.
    page.click(&css("#compose-more"));
    page.wait_gone(&css("#composer-more"));
    page.click(&css("#send"));
    page.wait_text(
        &css("#composer-error"),
        "Header name \"Content-Length\" is not accepted; expected a header that the client does not write itself.",
    );
    wait_focus(&page, "header-name-0");
    page.fill(&css("#header-name-0"), "X-Length");
    page.fill(&css("#header-value-0"), "ä");
    page.press(Key::Tab);
    page.wait_text(&css("#composer-error"), "Value of the header X-Length \"ä\"");
    page.fill(&css("#header-value-0"), "9");
    for (field, bad, says) in [
        ("count", "1001", "How many: \"1001\" is not accepted; expected 2 to 1,000."),
        ("apart", "10", "Time between two: \"10\" is not accepted; expected a number and a unit"),
    ] {
        let kept = page.value(&css(&format!("#{field}")));
        page.fill(&css(&format!("#{field}")), bad);
        page.press(Key::Enter);
        page.wait_text(&css("#composer-error"), says);
        wait_focus(&page, field);
        page.fill(&css(&format!("#{field}")), &kept);
    }
    assert_eq!(digest(&page), before);
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "201");
    page.assert_clean();
}

#[test]
fn several_are_sent_as_one_step_and_taken_back_as_one() {
    let site = Site::serve("/");
    let page = healthy(&site);
    let before = digest(&page);
    page.fill(&css("#count"), "25");
    page.fill(&css("#apart"), "0");
    assert_eq!(page.attribute(&css("#send-several"), "aria-label").as_deref(), Some("Send 25 requests"));
    page.press(Key::Enter);
    page.wait_text(&css(".requests .sec-h .num"), "25");
    // All of them have an answer when it stops by itself.
    page.wait_until("it to stop", || page.attribute(&css("#play"), "aria-label").as_deref() == Some("Play"));
    page.wait_text(&css("#answer-status"), "201");
    assert_ne!(digest(&page), before);
    page.focus(&css("#play"));
    page.press_with(&[Key::Control], 'z');
    page.wait_until("all of them to be gone", || digest(&page) == before);
    page.click(&css("#send-several"));
    page.wait_text(&css(".requests .sec-h .num"), "25");
    page.assert_clean();
}

#[test]
fn one_key_per_request_makes_one_order_of_all_attempts() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.select(&css("#key"), "one per request");
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "504");
    // Faster than life, up to the end of the first attempt's order and of the second attempt.
    for _ in 0..4 {
        page.press('+');
    }
    page.click(&css("#play"));
    page.wait_text(&css(".requests .sum"), "2 attempts");
    page.wait_text(&css(".requests .sum"), "1 order");
    page.assert_clean();
}

#[test]
fn escape_and_keys_work_in_what_opens_below() {
    let site = Site::serve("/");
    let page = healthy(&site);
    page.focus(&css("#compose-more"));
    page.press(Key::Enter);
    page.wait_for(&css("#composer-more"));
    page.focus(&css("#body"));
    page.press('s');
    assert_eq!(page.value(&css("#body")), "s", "letters are typed there");
    page.press_with(&[Key::Control], Key::Enter);
    page.wait_text(&css("#answer-status"), "201");
    page.focus(&css("#body"));
    page.press(Key::Escape);
    page.wait_gone(&css("#composer-more"));
    assert_eq!(focused(&page), "compose-more");
    page.assert_clean();
}

#[test]
fn a_policy_is_changed_by_its_fields_and_drawn_anew() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let before = digest(&page);
    page.focus(&css("#policy-open"));
    page.press(Key::Enter);
    page.wait_for(&css("#policy #set-client-attempts"));
    wait_focus(&page, "policy-close");
    assert_eq!(page.count(&css("#waterfall, .requests")), 0, "it stands in their place");
    page.wait_text(&css("#policy-ends"), "All waits together take 31 s.");
    page.wait_text(&css("#policy-load"), "6.00×");
    page.fill(&css("#set-client-attempts"), "3");
    page.press(Key::Enter);
    page.wait_text(&css("#policy-ends"), "All waits together take 3 s.");
    page.wait_text(&css("#policy-load"), "3.00×");
    assert_ne!(digest(&page), before);
    page.fill(&css("#set-client-attempts"), "0");
    page.press(Key::Enter);
    page.wait_text(&css("#err-set-client-attempts"), "attempts 0 is not accepted; expected 1 to 1000.");
    page.fill(&css("#set-client-attempts"), "3");
    page.press(Key::Enter);
    page.wait_text(&css("#policy-load"), "3.00×");
    page.select(&css("#set-client-delay-exponential-jitter"), "full");
    page.wait_text(&css("#policy-formula"), "U(0, ");
    page.wait_text(&css(".waits"), "0 to 2 s");
    let spoken = page.attribute(&css(".bars"), "aria-label").unwrap_or_default();
    assert!(spoken.contains("retry 2: 0 to 2\u{a0}s"), "{spoken}");
    page.click(&css(".waits summary"));
    page.wait_text(&css("#policy-table"), "1.8 s");
    // The composer's picker says that it is none of its own any more.
    assert_eq!(page.value(&css("#client-policy")), "");
    page.press(Key::Escape);
    page.wait_gone(&css("#policy"));
    assert_eq!(focused(&page), "policy-open");
    page.wait_for(&css(".requests"));
    page.assert_clean();
}

#[test]
fn a_recorded_client_is_a_start_and_what_is_wrong_with_it_is_mended() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    open_policy(&page);
    page.select(&css("#policy-profile"), "fetchWithRetry, sample");
    page.wait_text(&css("#warn-no_jitter"), "Clients that failed together come back together.");
    page.wait_text(&css("[data-node=client]"), "fetchWithRetry");
    page.click(&css("#mend-not_idempotent"));
    page.wait_gone(&css("#warn-not_idempotent"));
    assert_eq!(page.value(&css("#key")), "new");
    wait_focus(&page, "policy-mend");
    let count = |page: &Browser| page.count(&css("#policy .warns li"));
    let mut left = count(&page);
    while left > 0 {
        page.click(&css("#policy .warns .btn").nth(0));
        page.wait_until("one less to mend", || count(&page) < left);
        left = count(&page);
    }
    page.wait_text(&css("#policy .mend"), "Nothing to mend.");
    assert_eq!(page.value(&css("#policy-profile")), "", "it is its own now");
    page.assert_clean();
}

#[test]
fn a_policy_is_code_in_the_language_of_one_s_choice() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.grant("clipboardSanitizedWrite");
    open_policy(&page);
    page.wait_text(&css("#policy-code"), "await fetch(url, options)");
    page.wait_text(&css("#code-says"), "run");
    page.select(&css("#code-language"), "curl");
    page.wait_text(&css("#policy-code"), "--retry 5");
    page.click(&css("#code-copy"));
    page.wait_text(&css("#code-copy"), "Copied");
    page.select(&css("#code-language"), "Resilience4j");
    page.wait_text(&css("#code-says"), "unchecked");
    page.wait_text(&css("#code-missing"), "its first lines say which");
    page.wait_text(&css("#policy-code"), "// Not in this code:");
    page.wait_text(&css("#code-copy"), "Copy");
    assert!(!page.text(&css("#code-copy")).contains("Copied"));
    page.assert_clean();
}

#[test]
fn the_entry_own_policy_opens_it_and_stays_unchosen() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.select(&css("#client-policy"), "own policy…");
    page.wait_for(&css("#policy-profile"));
    assert_eq!(page.value(&css("#client-policy")), "curl-retry-5");
    page.press(Key::Escape);
    page.wait_gone(&css("#policy"));
    assert_eq!(focused(&page), "client-policy");
    // Once it is one that was recorded, that is what it is called.
    page.select(&css("#client-policy"), "own policy…");
    page.select(&css("#policy-profile"), "ky, 2.1.0");
    let shown = "const s = document.querySelector('#client-policy'); return s.selectedOptions[0].textContent";
    page.wait_until("its name to show", || page.script(shown) == "ky");
    page.assert_clean();
}

#[test]
fn on_a_phone_it_is_a_sheet_and_nothing_is_cut() {
    let site = Site::serve("/");
    for (width, scheme) in [(320, Scheme::Light), (390, Scheme::Dark)] {
        let page = Browser::start(&site);
        page.viewport(width, 700);
        page.prefer(scheme, true);
        page.goto(&site.address(""));
        assert!(fits(&page));
        page.click(&css("#compose-more"));
        page.click(&css("#header-add"));
        page.select(&css("#key"), "fixed text");
        assert!(fits(&page));
        page.click(&css("#compose-more"));
        page.wait_text(&css("#compose-more"), "with a key");
        open_policy(&page);
        page.select(&css("#policy-profile"), "tenacity, random exponential, 9.2.1 (requests 2.34.2)");
        page.wait_text(&css("#policy-formula"), "U(");
        page.click(&css(".waits summary"));
        assert!(fits(&page));
        let sheet = "const p = document.querySelector('#policy'); return p.scrollWidth <= p.clientWidth";
        assert!(page.script(sheet) == true, "the sheet scrolls sideways at {width}");
        page.click(&css("#policy-close"));
        page.wait_gone(&css("#policy"));
        page.assert_clean();
    }
}
