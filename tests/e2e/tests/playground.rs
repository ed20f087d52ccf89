//! What a person does on the playground, by clicks and keys, on the release build under the strict policy.

use fivexx_e2e::{Browser, Key, Scheme, Site, button, combobox, css, tab};

/// The playground, with one origin, a healthy database, a client that does not try again, and `GET /orders/42`.
fn plain(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    page.click(&css("[data-node=database] [data-mend=slow_query]"));
    page.click(&css("#settings-gateway"));
    page.click(&css("#remove-B"));
    page.click(&button("Close the settings"));
    page.select(&css("#client-policy"), "no retries");
    page.select(&css("#method"), "GET");
    page.fill(&css("#path"), "/orders/42");
    page
}

fn break_node(page: &Browser, node: &str, fault: &str) {
    page.click(&css(&format!("#break-{node}")));
    page.click(&css(&format!("[data-fault={fault}]")));
}

/// Sends one and waits while it plays to the answer.
fn send(page: &Browser, status: &str) {
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), status);
}

#[test]
fn first_visit_teaches_with_one_button_and_its_link_leads_back_to_the_same_run() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.wait_text(&css("main"), "What will the client get?");
    page.click(&css("#send-one"));
    // It plays two seconds at the speed of life and stops at the answer.
    page.wait_text(&css("#answer-status"), "504");
    page.wait_text(&css("#clock"), "2.003");
    page.wait_text(&css("#why-chain"), "proxy_read_timeout 2s");
    page.wait_text(&css("#response-raw"), "HTTP/1.1 504 Gateway Time-out");
    page.wait_text(&css("#reference-card"), "504 Gateway Timeout");
    page.click(&tab("Logs"));
    page.wait_text(
        &css("#gateway-log"),
        "upstream timed out (110: Connection timed out) while reading response header",
    );
    let digest = page.text(&css("#digest"));
    page.click(&button("Share"));
    let link = page.value(&css("#share-link"));
    let other = Browser::start(&site);
    other.goto(&link);
    assert_eq!(other.text(&css("#digest")), digest);
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn an_order_is_stored_although_the_client_got_a_504() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.select(&css("#client-policy"), "no retries");
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "504");
    page.click(&tab("Origin"));
    page.click(&css("#play"));
    page.wait_text(&css("#origin-view"), "1042");
    page.wait_text(&css("#origin-view"), "504");
    page.wait_text(&css("#why-chain"), "stores order 1042. Nobody is listening.");
    page.assert_clean();
}

#[test]
fn a_killed_process_is_a_502_with_nginx_s_own_body() {
    let site = Site::serve("/");
    let page = plain(&site);
    break_node(&page, "A", "process_down");
    send(&page, "502");
    page.wait_text(&css("#response-raw"), "<hr><center>nginx/1.22.1</center>");
    page.wait_text(&css("#why-chain"), "process down");
    page.assert_clean();
}

#[test]
fn a_frozen_process_is_a_504_after_the_read_timeout() {
    let site = Site::serve("/");
    let page = plain(&site);
    break_node(&page, "A", "frozen");
    send(&page, "504");
    page.wait_text(&css("#why-chain"), "proxy_read_timeout 2s");
    page.wait_text(&css("#waterfall"), "2.003 s");
    page.assert_clean();
}

#[test]
fn a_black_hole_is_a_504_after_the_connect_timeout() {
    let site = Site::serve("/");
    let page = plain(&site);
    break_node(&page, "link-A", "black_hole");
    send(&page, "504");
    page.wait_text(&css("#why-chain"), "proxy_connect_timeout 1s");
    page.wait_text(&css("#waterfall"), "1.002 s");
    page.assert_clean();
}

#[test]
fn an_unhandled_exception_is_a_500() {
    let site = Site::serve("/");
    let page = plain(&site);
    break_node(&page, "A", "unhandled_exception");
    send(&page, "500");
    page.wait_text(&css("#response-raw"), "internal server error");
    // Whole again, the same request is answered.
    page.click(&css("[data-node=A] [data-mend=unhandled_exception]"));
    send(&page, "200");
    page.assert_clean();
}

#[test]
fn maintenance_is_a_503_and_the_client_waits_as_retry_after_says() {
    let site = Site::serve("/");
    let page = plain(&site);
    page.select(&css("#client-policy"), "fetchWithRetry");
    page.click(&css("#settings-gateway"));
    page.select(&css("#set-maintenance"), "on");
    page.select(&css("#set-maintenance-on-retry_after"), "seconds");
    page.fill(&css("#set-maintenance-on-retry_after-seconds"), "7");
    page.press(Key::Enter);
    page.wait_gone(&css("#settings [role=alert]"));
    page.click(&button("Close the settings"));
    send(&page, "503");
    page.wait_text(&css("#response-raw"), "Retry-After: 7");
    page.wait_text(&css("#waterfall"), "waits 7.000 s");
    page.assert_clean();
}

#[test]
fn the_sample_s_retry_rule_waits_one_second_then_two() {
    let site = Site::serve("/");
    let page = plain(&site);
    page.select(&css("#client-policy"), "fetchWithRetry");
    break_node(&page, "A", "process_down");
    send(&page, "502");
    page.click(&css("#play"));
    page.wait_text(&css("#waterfall"), "attempt 3");
    page.wait_text(&css("#waterfall"), "waits 1.000 s");
    page.wait_text(&css("#waterfall"), "waits 2.000 s");
    page.assert_clean();
}

#[test]
fn time_goes_by_step_forwards_and_back_by_keys_and_by_the_slider() {
    let site = Site::serve("/");
    let page = plain(&site);
    send(&page, "200");
    let end = page.text(&css("#clock"));
    page.press(Key::Home);
    page.wait_text(&css("#clock"), "0.000");
    page.click(&css("#step-forward"));
    page.press(Key::Right);
    page.press(Key::Right);
    let there = page.text(&css("#clock"));
    assert_ne!(there, end);
    page.click(&css("#step-back"));
    assert!(page.text(&css("#clock")) <= there);
    page.press(Key::End);
    assert_eq!(page.text(&css("#clock")), end);
    page.focus(&css("#scrub"));
    page.press(Key::Home);
    page.wait_text(&css("#clock"), "0.000");
    let spoken = page.attribute(&css("#scrub"), "aria-valuetext").unwrap_or_default();
    assert!(!spoken.is_empty(), "the slider says where it stands");
    page.assert_clean();
}

#[test]
fn what_was_changed_can_be_taken_back_and_made_again() {
    let site = Site::serve("/");
    let page = plain(&site);
    send(&page, "200");
    let digest = page.text(&css("#digest"));
    break_node(&page, "A", "process_down");
    let broken = page.text(&css("#digest"));
    assert_ne!(broken, digest);
    page.click(&css("#undo"));
    page.wait_text(&css("#digest"), &digest);
    page.press_with(&[Key::Control], 'y');
    page.wait_text(&css("#digest"), &broken);
    page.press_with(&[Key::Control], 'z');
    page.wait_text(&css("#digest"), &digest);
    page.assert_clean();
}

#[test]
fn the_list_of_keys_holds_the_focus_and_can_switch_letters_off() {
    let site = Site::serve("/");
    let page = plain(&site);
    send(&page, "200");
    page.focus(&css("#play"));
    page.press('?');
    page.wait_text(&css(".keys-pop"), "undo, redo a change");
    page.click(&css("#letters"));
    page.press(Key::Escape);
    let focused = || page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned();
    assert_eq!(focused(), "play", "the dialog gives the focus back");
    let before = page.attribute(&css("#table"), "aria-pressed");
    page.press('d');
    assert_eq!(page.attribute(&css("#table"), "aria-pressed"), before, "letters are off");
    page.assert_clean();
}

#[test]
fn a_broken_link_is_told_and_the_run_before_it_stays() {
    let site = Site::serve("/");
    let page = plain(&site);
    send(&page, "200");
    let digest = page.text(&css("#digest"));
    for (fragment, says) in [
        ("#s=", "ends where the scenario should begin"),
        ("#s=9abc", "starts with '9'"),
        ("#s=1abc", "damaged"),
        ("#s=1!!!!", "character"),
    ] {
        page.script(&format!("location.hash = {fragment:?}"));
        page.wait_text(&css("#message"), says);
        assert_eq!(page.text(&css("#digest")), digest, "{fragment}");
        assert_eq!(page.text(&css("#answer-status")), "200");
    }
    // On a first visit there is no run before it: the page starts as usual and says what is wrong.
    let other = Browser::open(&site, "#s=1abc");
    other.wait_text(&css("#message"), "damaged");
    other.click(&css("#send-one"));
    other.wait_text(&css("#answer-status"), "504");
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn nonsense_in_the_scenario_s_text_is_told_with_its_place() {
    let site = Site::serve("/");
    let page = plain(&site);
    send(&page, "200");
    let digest = page.text(&css("#digest"));
    page.click(&css("#settings-gateway"));
    page.click(&css("#json summary"));
    for (text, says) in [
        ("nonsense", "not JSON"),
        ("{\"version\": 9}", "/version is 9"),
        ("{\"horizon\": \"0s\"}", "/horizon is \"0s\"; expected 1ms to 86400s"),
        ("{\"clientz\": 1}", "/clientz is 1; expected no such field here"),
        ("<img src=x onerror=alert(1)>", "not JSON"),
    ] {
        page.fill(&css("#json-text"), text);
        page.click(&css("#json-run"));
        page.wait_text(&css("#json-error"), says);
        assert_eq!(page.text(&css("#digest")), digest, "{text}");
    }
    page.fill(&css("#json-text"), "{\"seed\": 7}");
    page.click(&css("#json-run"));
    page.wait_gone(&css("#json-error"));
    assert_ne!(page.text(&css("#digest")), digest);
    page.assert_clean();
}

#[test]
fn a_scenario_with_more_events_than_can_be_shown_is_cut_and_says_so() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#settings-gateway"));
    page.click(&css("#json summary"));
    let heavy = r#"{"clients": [{"traffic": {"arrivals": {"poisson": {"rate": 2000}}}}]}"#;
    page.fill(&css("#json-text"), heavy);
    page.click(&css("#json-run"));
    page.wait_text(&css("#cut"), "cut short");
    page.press(Key::Home);
    page.click(&css("#step-forward"));
    page.click(&css("#step-forward"));
    page.assert_clean();
}

#[test]
fn a_bad_setting_keeps_its_text_says_what_is_accepted_and_changes_nothing() {
    let site = Site::serve("/");
    let page = plain(&site);
    let digest = page.text(&css("#digest"));
    page.click(&css("#settings-gateway"));
    for bad in ["soon", "-1s", "25h", "0s"] {
        page.fill(&css("#set-read_timeout"), bad);
        page.press(Key::Enter);
        page.wait_for(&css("#settings [role=alert]"));
        assert_eq!(page.value(&css("#set-read_timeout")), bad);
        assert_eq!(page.text(&css("#digest")), digest);
    }
    page.fill(&css("#set-read_timeout"), "5s");
    page.press(Key::Enter);
    page.wait_gone(&css("#settings [role=alert]"));
    page.click(&button("Close the settings"));
    break_node(&page, "A", "frozen");
    send(&page, "504");
    page.wait_text(&css("#why-chain"), "proxy_read_timeout 5s");
    page.assert_clean();
}

#[test]
fn everything_on_the_first_screen_works_by_keyboard_alone() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.focus(&css("#send-one"));
    page.press(Key::Enter);
    page.wait_text(&css("#answer-status"), "504");
    // Play and pause, the table, the help, and out of it again.
    page.press('d');
    page.wait_text(&css("main"), "The run as a table");
    page.press('d');
    page.press('?');
    page.wait_for(&fivexx_e2e::role("dialog", "Keys"));
    page.press(Key::Escape);
    page.wait_gone(&fivexx_e2e::role("dialog", "Keys"));
    page.focus(&css("#break-A"));
    page.press(Key::Enter);
    page.wait_for(&css("[data-fault=process_down]"));
    page.press(Key::Escape);
    page.wait_gone(&css("[data-fault=process_down]"));
    page.focus(&css("#break-A"));
    page.press(Key::Enter);
    page.press(Key::Enter);
    page.wait_for(&css("[data-node=A] [data-mend]"));
    page.assert_clean();
}

#[test]
fn letters_typed_into_a_field_stay_letters() {
    let site = Site::serve("/");
    let page = plain(&site);
    page.fill(&css("#path"), "/sd?x");
    assert_eq!(page.value(&css("#path")), "/sd?x");
    assert_eq!(page.count(&fivexx_e2e::role("dialog", "Keys")), 0);
    page.assert_clean();
}

#[test]
fn with_reduced_motion_nothing_flies_and_the_steps_are_a_table() {
    let site = Site::serve("/");
    let page = Browser::start(&site);
    page.prefer(Scheme::Dark, true);
    page.goto(&site.address(""));
    page.click(&css("#send-one"));
    page.wait_text(&css("main"), "The run as a table");
    assert_eq!(page.count(&css(".dot")), 0);
    page.wait_text(&css("#answer-status"), "504");
    page.assert_clean();
}

#[test]
fn narrow_and_wide_nothing_is_cut() {
    let site = Site::serve("/");
    // With less motion the steps stand beside the path.
    for (scheme, width, less_motion) in [
        (Scheme::Light, 320, false),
        (Scheme::Dark, 320, true),
        (Scheme::Dark, 390, false),
        (Scheme::Light, 768, true),
        (Scheme::Dark, 1024, false),
        (Scheme::Light, 2560, false),
    ] {
        let page = Browser::start(&site);
        page.prefer(scheme, less_motion);
        page.viewport(width, 900);
        page.goto(&site.address(""));
        page.click(&css("#send-one"));
        page.wait_text(&css("#answer-status"), "504");
        let over =
            page.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(
            over.as_i64(),
            Some(0),
            "the page scrolls sideways at {width}, less motion: {less_motion}"
        );
        page.assert_clean();
    }
}

#[test]
fn the_theme_can_be_chosen() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let ground = || page.script("return getComputedStyle(document.body).backgroundColor");
    let first = ground();
    page.wait_until("the ground changes", || {
        page.click(&css("#theme"));
        ground() != first
    });
    page.assert_clean();
}

#[test]
fn the_policy_of_a_client_can_be_found_by_name() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.wait_for(&combobox("Method"));
    page.wait_for(&fivexx_e2e::textbox("Path"));
    page.wait_for(&fivexx_e2e::slider("Simulated time"));
    page.wait_for(&button("Break the network in front of A"));
    page.assert_clean();
}
