//! The path: nodes with their state, stacks, break menus, the row and the picker of other gateways.

use fivexx_e2e::{Browser, Key, Site, button, css};

/// The first visit, sent: a 504 after two seconds.
fn answered(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page
}

fn focused(page: &Browser) -> String {
    page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_fault_is_found_by_typing_chosen_by_enter_and_mended_by_its_cross() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#break-A"));
    page.wait_for(&css("[role=listbox] [data-fault=frozen]"));
    page.fill(&css("#main [role=combobox].find"), "econnrefused");
    page.wait_gone(&css("[data-fault=frozen]"));
    page.wait_for(&css("[data-fault=process_down].active"));
    page.wait_text(&css(".how-line"), "The kernel answers every SYN with a RST");
    page.press(Key::Enter);
    page.wait_for(&css("[data-node=A] [data-mend=process_down]"));
    page.wait_gone(&css("[role=listbox]"));
    assert_eq!(focused(&page), "break-A", "the focus goes back to where it came from");
    page.click(&css("#break-A"));
    page.wait_for(&css("[data-fault=process_down][aria-selected=true]"));
    page.press(Key::Down);
    page.press(Key::Escape);
    page.wait_gone(&css("[role=listbox]"));
    page.click(&css("[data-node=A] [data-mend=process_down]"));
    page.wait_gone(&css("[data-node=A] [data-mend=process_down]"));
    page.assert_clean();
}

#[test]
fn a_fault_that_can_do_nothing_says_so() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#break-A"));
    page.click(&css("[data-fault=bad_certificate]"));
    page.wait_text(&css("[data-node=A] .idle"), "nobody speaks TLS here");
    page.assert_clean();
}

#[test]
fn the_others_are_asked_once_an_answer_is_there_and_a_cell_opens_its_run() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    assert_eq!(page.count(&css(".others button")), 0, "nothing before the first answer");
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page.wait_for(&css(".others [data-dialect=Varnish]"));
    page.wait_text(&css(".others [data-dialect=Apache]"), "502");
    page.wait_text(&css(".others [data-dialect=Varnish]"), "503");
    assert_eq!(page.count(&css(".others .differs")), 2);
    page.wait_text(&css(".others-sec .said"), "Same fault, same 2.0 s, as recorded.");
    page.wait_text(&css(".others-sec .said"), "RFC 9209 recommends 504.");
    page.click(&css(".others [data-dialect=Varnish]"));
    page.wait_text(&css("#answer-status"), "503");
    page.wait_text(&css("[data-node=gateway]"), "Varnish");
    page.script("document.querySelector('.fivexx').focus()");
    page.press_with(&[Key::Control], 'z');
    page.wait_text(&css("[data-node=gateway]"), "nginx");
    page.assert_clean();
}

#[test]
fn the_picker_has_recorded_and_documented_gateways_with_their_answers() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#product-gateway"));
    page.wait_text(&css(".gateways"), "Their answers stand here once the first one is known.");
    assert_eq!(page.count(&css(".gateways .dial")), 16);
    assert_eq!(page.count(&css(".gateways .dial .st")), 0);
    page.press(Key::Escape);
    assert_eq!(focused(&page), "product-gateway");
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page.click(&css("#product-gateway"));
    page.wait_text(&css("#gw-haproxy"), "504");
    page.wait_text(&css("#gw-rfc-9209"), "504");
    page.fill(&css(".gateways .find"), "apache");
    page.wait_gone(&css("#gw-haproxy"));
    page.press(Key::Enter);
    page.wait_text(&css("#answer-status"), "502");
    assert_eq!(focused(&page), "product-gateway");
    page.assert_clean();
}

#[test]
fn from_the_fourth_origin_on_a_stack_lists_the_rest() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#settings-gateway"));
    for _ in 0..3 {
        page.click(&css("#add-origin"));
    }
    page.click(&button("Close the settings"));
    page.wait_text(&css(".pile"), "3 more origins");
    assert_eq!(page.count(&css("[data-node=C]")), 0);
    page.click(&css("#stack-2"));
    page.click(&css("#break-E"));
    page.click(&css("[data-fault=process_down]"));
    page.wait_for(&css("[data-node=E] [data-mend=process_down]"));
    page.focus(&css("#break-E"));
    page.press(Key::Escape);
    page.wait_gone(&css("[data-node=E]"));
    assert_eq!(focused(&page), "stack-2");
    page.wait_text(&css(".pile"), "Origin E");
    page.assert_clean();
}

#[test]
fn the_reference_points_at_what_applies() {
    let site = Site::serve("/");
    let page = answered(&site);
    page.wait_text(&css("#reference-card .applies"), "Applies here");
    page.click(&css("#why-chain .to-ref"));
    let here = page.script("return document.activeElement.classList.contains('applies')");
    assert_eq!(here.as_bool(), Some(true));
    page.assert_clean();
}
