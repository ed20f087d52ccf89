//! Changes on the timeline, jumps and loops, by clicks, drags and keys.

use fivexx_e2e::{Browser, Key, Scheme, Site, button, css};
use serde_json::json;

fn focused(page: &Browser) -> String {
    page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
}

fn label(page: &Browser, id: &str) -> String {
    page.attribute(&css(&format!("#{id}")), "aria-valuetext").unwrap_or_default()
}

/// Takes an element at its left end and drags it, in pixels.
fn drag(page: &Browser, id: &str, way: i64, let_go: bool) {
    let place = page.script(&format!(
        "const r = document.getElementById({id:?}).getBoundingClientRect(); return [r.left + 8, r.top + r.height / 2]"
    ));
    let [x, y] = [0, 1].map(|i| place[i].as_f64().expect("a place"));
    let mouse = |kind: &str, x: f64, held: u8| {
        let event =
            json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": held, "clickCount": 1 });
        page.devtools("Input.dispatchMouseEvent", &event);
    };
    mouse("mousePressed", x, 1);
    for part in 1..=8 {
        mouse("mouseMoved", x + way as f64 * f64::from(part) / 8.0, 1);
    }
    if let_go {
        mouse("mouseReleased", x + way as f64, 0);
    }
}

fn send(page: &Browser) {
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "504");
}

#[test]
fn a_change_is_dragged_to_another_moment_and_its_undo_is_the_run_before() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let digest = page.text(&css("#digest"));
    let second = page.script("return document.querySelector('.changes .track').offsetWidth / 12");
    let second = second.as_f64().expect("a width");
    drag(&page, "change-0", (second * 3.0) as i64, false);
    page.wait_for(&css(".was"));
    assert_eq!(page.text(&css("#digest")), digest, "while it moves nothing is run");
    page.devtools(
        "Input.dispatchMouseEvent",
        &json!({ "type": "mouseReleased", "x": 500, "y": 500, "button": "left", "clickCount": 1 }),
    );
    page.wait_text(&css("#toast"), "Moved “database: query takes 3.5 s” from 0.000 s to ");
    assert_eq!(page.count(&css("#change-panel")), 0, "a drag is no click");
    assert_ne!(page.text(&css("#digest")), digest);
    let clock = page.text(&css("#clock")).parse::<f64>().expect("seconds");
    assert!((clock - 3.0).abs() < 0.05, "the playhead goes with it: {clock}");
    page.click(&css("#toast-undo"));
    page.wait_text(&css("#digest"), &digest);
    assert_eq!(page.count(&css("#toast")), 0);
    assert_eq!(label(&page, "change-0"), "0.000 s");
    page.assert_clean();
}

#[test]
fn arrows_move_a_change_and_delete_deletes_it() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let digest = page.text(&css("#digest"));
    page.focus(&css("#change-0"));
    page.press(Key::Right);
    page.wait_text(&css("#toast"), "to 0.250 s");
    page.press_with(&[Key::Alt], Key::Right);
    page.wait_text(&css("#toast"), "to 0.251 s");
    assert_eq!((label(&page, "change-0").as_str(), focused(&page).as_str()), ("0.251 s", "change-0"));
    page.press(Key::Left);
    page.wait_text(&css("#toast"), "to 0.000 s");
    page.wait_text(&css("#digest"), &digest);
    // A key that is held down shows where it would go; Escape puts it back.
    let key = |kind: &str| {
        let event =
            json!({ "type": kind, "key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39 });
        page.devtools("Input.dispatchKeyEvent", &event);
    };
    key("keyDown");
    key("keyDown");
    assert_eq!(label(&page, "change-0"), "0.500 s");
    assert_eq!(page.text(&css("#digest")), digest);
    page.press(Key::Escape);
    key("keyUp");
    assert_eq!(label(&page, "change-0"), "0.000 s");
    assert_eq!(focused(&page), "change-0");
    page.press(Key::Delete);
    page.wait_text(&css("#toast"), "Deleted “database: query takes 3.5 s” at 0.000 s.");
    page.wait_gone(&css(".flagm"));
    assert_eq!(focused(&page), "scrub");
    page.press_with(&[Key::Control], 'z');
    page.wait_for(&css("#change-0"));
    page.wait_text(&css("#digest"), &digest);
    page.assert_clean();
}

#[test]
fn a_change_is_opened_typed_at_and_moved_to_the_playhead() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    send(&page);
    let digest = page.text(&css("#digest"));
    // The fault and the request stand at one place: a count that opens as a list.
    page.click(&css("#changes-0"));
    page.wait_text(&css("#changes-panel"), "POST /orders");
    page.press(Key::Escape);
    page.wait_gone(&css("#changes-panel"));
    assert_eq!(focused(&page), "changes-0");
    page.press(Key::Enter);
    page.click(&button("POST /orders"));
    page.wait_text(&css("#change-panel"), "You send POST /orders as client.");
    page.wait_until("the field to have the focus", || focused(&page) == "change-at");
    for (bad, says) in [("soon", "“soon”"), ("3", "“3”"), ("61s", "ends at 60.000 s"), ("-1s", "“-1s”")]
    {
        page.fill(&css("#change-at"), bad);
        page.press(Key::Enter);
        page.wait_text(&css("#change-refusal"), says);
        assert_eq!(page.value(&css("#change-at")), bad);
        assert_eq!(page.text(&css("#digest")), digest);
    }
    page.fill(&css("#change-at"), "1500ms");
    page.press(Key::Enter);
    page.wait_text(&css("#toast"), "Moved “POST /orders” from 0.000 s to 1.500 s.");
    page.wait_text(&css("#clock"), "1.500");
    assert_eq!(page.count(&css("#change-refusal .err")), 0);
    assert_eq!(page.value(&css("#change-at")), "1.5s");
    page.press(Key::Escape);
    assert_eq!(focused(&page), "change-1");
    // The request goes with it: it is sent then, and answered later.
    page.click(&css("#play"));
    page.wait_text(&css("#answer-status"), "504");
    page.click(&css("#play"));
    page.press(Key::Home);
    page.click(&css("#change-1"));
    page.click(&css("#change-here"));
    page.wait_text(&css("#digest"), &digest);
    page.click(&css("#change-delete"));
    page.wait_text(&css("#toast"), "Deleted “POST /orders”");
    page.click(&css("#undo"));
    page.wait_text(&css("#digest"), &digest);
    page.assert_clean();
}

#[test]
fn what_is_mended_before_it_breaks_is_refused_beside_the_lanes() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.focus(&css("#change-0"));
    page.press(Key::Enter);
    page.fill(&css("#change-at"), "2s");
    page.press(Key::Enter);
    page.press(Key::Escape);
    page.focus(&css("#scrub"));
    page.click(&css("#break-A"));
    page.click(&css("[data-fault=process_down]"));
    page.click(&css("#undo"));
    page.wait_text(&css("#clock"), "2.000");
    page.script("document.getElementById('scrub').focus()");
    drag(&page, "scrub", 300, true);
    page.click(&css("[data-node=database] [data-mend=slow_query]"));
    page.wait_for(&css("#change-1"));
    let digest = page.text(&css("#digest"));
    drag(&page, "change-1", -800, true);
    page.wait_text(&css("#toast"), "the fault begins at 2.000 s only");
    assert_eq!(page.text(&css("#digest")), digest);
    page.assert_clean();
}

#[test]
fn keys_jump_between_failures_and_changes_and_say_when_there_is_none() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    send(&page);
    page.focus(&css("#scrub"));
    page.press('n');
    page.wait_until("a later failure", || page.text(&css("#clock")).as_str() > "4.");
    page.press_with(&[Key::Shift], 'N');
    page.wait_text(&css("#clock"), "2.003");
    page.press_with(&[Key::Shift], 'N');
    page.wait_text(&css("#toast"), "There is no failure before 2.003 s.");
    page.press_with(&[Key::Shift], 'C');
    page.wait_text(&css("#clock"), "0.000");
    page.press('c');
    page.wait_text(&css("#toast"), "There is no change after 0.000 s.");
    page.click(&css("#failure-next"));
    page.wait_text(&css("#clock"), "2.003");
    page.press('?');
    for says in ["next, previous failure", "next, previous change", "loop this step", "delete that change"] {
        page.wait_text(&css(".keys-pop"), says);
    }
    page.assert_clean();
}

#[test]
fn a_stretch_is_played_round_and_round_until_it_is_ended() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    send(&page);
    page.focus(&css("#scrub"));
    page.press('o');
    page.press(Key::Home);
    page.wait_text(&css("#clock"), "0.000");
    page.press('+');
    page.press('+');
    page.press(' ');
    let clock = || page.text(&css("#clock")).parse::<f64>().unwrap_or_default();
    for _ in 0..2 {
        page.wait_until("the end of the loop", || clock() > 1.2);
        page.wait_until("its start again", || clock() < 0.8);
    }
    assert!(clock() <= 2.003);
    page.wait_for(&css(".looped"));
    page.press('l');
    page.wait_gone(&css(".looped"));
    page.wait_for(&button("Play"));
    page.press('l');
    page.wait_for(&css(".looped"));
    page.wait_for(&button("Pause"));
    page.click(&css("#loop"));
    page.wait_gone(&css(".looped"));
    page.assert_clean();
}

#[test]
fn at_320_pixels_everything_is_reached_by_keyboard_and_is_large_enough() {
    let site = Site::serve("/");
    let page = Browser::start(&site);
    page.prefer(Scheme::Light, true);
    page.viewport(320, 700);
    page.goto(&site.address(""));
    send(&page);
    page.focus(&css("#more"));
    page.press(Key::Enter);
    page.wait_for(&css("#more-panel"));
    page.wait_until("the focus to go in", || focused(&page) == "more-failure-back");
    page.press(Key::Tab);
    page.press(Key::Enter);
    page.wait_until("a later failure", || page.text(&css("#clock")).as_str() > "4.");
    page.click(&css("#more-change-back"));
    page.wait_text(&css("#clock"), "0.000");
    page.click(&css("#more-loop-step"));
    page.wait_text(&css("#more-panel"), "Loop from 0.000 s to");
    // With less motion it goes from event to event, and round again.
    page.wait_for(&button("Pause"));
    let clock = || page.text(&css("#clock"));
    for _ in 0..2 {
        page.wait_until("the end of the loop", || clock() != "0.000");
        page.wait_until("its start", || clock() == "0.000");
    }
    page.click(&css("#more-loop-end"));
    let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(page.script(over).as_i64(), Some(0));
    page.press(Key::Escape);
    page.wait_gone(&css("#more-panel"));
    assert_eq!(focused(&page), "more");
    let small = "return [...document.querySelectorAll('.flagm, .transport button')].filter(e => { \
        const r = e.getBoundingClientRect(); return r.width > 0 && (r.width < 24 || r.height < 24) }).map(e => e.id)";
    assert_eq!(page.script(small), json!([]));
    page.focus(&css("#changes-0"));
    page.press(Key::Enter);
    page.wait_for(&css("#changes-panel"));
    page.press(Key::Enter);
    page.wait_for(&css("#change-panel"));
    assert_eq!(page.script(over).as_i64(), Some(0));
    page.press(Key::Escape);
    assert_eq!(focused(&page), "change-0");
    page.assert_clean();
}

#[test]
fn a_request_behind_the_cut_is_refused_with_the_reason() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#settings-gateway"));
    page.click(&css("#json summary"));
    page.fill(
        &css("#json-text"),
        r#"{"horizon": "1h", "clients": [{"traffic": {"arrivals": {"constant": {"rate": 2000}}}}]}"#,
    );
    page.click(&css("#json-run"));
    page.wait_for(&css("#cut"));
    page.focus(&css("#scrub"));
    page.press(Key::End);
    drag(&page, "scrub", 860, true);
    page.click(&css("#send"));
    page.wait_text(&css("#message"), "was cut at");
    page.assert_clean();
}
