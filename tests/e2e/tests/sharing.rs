//! Links, files, presets and own runs, by clicks, keys and files, under the strict policy.

use std::fs;
use std::path::PathBuf;

use fivexx_e2e::{Browser, Key, Scheme, Site, button, css};
use serde_json::{Value, json};

fn digest(page: &Browser) -> String {
    page.text(&css("#digest"))
}

fn focused(page: &Browser) -> String {
    page.script("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
}

/// A page whose run is not the one it came with.
fn changed(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    change(&page);
    page
}

fn change(page: &Browser) {
    break_a(page, "process_down");
}

fn break_a(page: &Browser, fault: &str) {
    page.click(&css("#break-A"));
    page.click(&css(&format!("[data-fault={fault}]")));
    page.wait_for(&css(&format!("[data-node=A] [data-mend={fault}]")));
}

/// A folder of its own for the files of a test.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("fivexx-sharing-{}-{test}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for files");
    folder
}

/// Downloads go into a folder.
fn downloads(page: &Browser, folder: &PathBuf) {
    page.devtools("Browser.setDownloadBehavior", &json!({ "behavior": "allow", "downloadPath": folder }));
}

fn downloaded(page: &Browser, file: &PathBuf) -> String {
    page.wait_until(&format!("{} to be downloaded", file.display()), || {
        fs::read_to_string(file).is_ok_and(|text| !text.is_empty())
    });
    fs::read_to_string(file).expect("it was just read")
}

/// Chooses a file as the browser's own dialog would.
fn choose(page: &Browser, file: &PathBuf) {
    let input_is_there =
        || page.script("return document.querySelector('#open-file') !== null") == json!(true);
    if !input_is_there() {
        // It comes with the first panel that can open files.
        page.click(&css("#share"));
        page.wait_until("the input for files", input_is_there);
        page.press(Key::Escape);
    }
    let root = page.devtools("DOM.getDocument", &json!({ "depth": 0 }))["root"]["nodeId"].clone();
    let input = page.devtools("DOM.querySelector", &json!({ "nodeId": root, "selector": "#open-file" }));
    page.devtools("DOM.setFileInputFiles", &json!({ "files": [file], "nodeId": input["nodeId"] }));
}

/// Drops files onto the page.
fn drop_files(page: &Browser, files: &[(&str, &str)]) {
    page.script(&format!(
        "const data = new DataTransfer();
         for (const [name, text] of {}) data.items.add(new File([text], name));
         const drop = (type) => document.querySelector('.stage').dispatchEvent(
           new DragEvent(type, {{ dataTransfer: data, bubbles: true, cancelable: true }}));
         drop('dragover');
         drop('drop');",
        json!(files)
    ));
}

/// Runs a script in every page before its own.
fn before_load(page: &Browser, script: &str) {
    page.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
}

fn stored(page: &Browser) -> Value {
    page.script("return localStorage.getItem('fivexx.runs')")
}

/// Packs a text as links do, whatever it says.
fn packed(page: &Browser, text: &str) -> String {
    let packed = page.script(&format!(
        "return (async () => {{
           const stream = new Blob([{}]).stream().pipeThrough(new CompressionStream('deflate-raw'));
           const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
           return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
         }})()",
        json!(text)
    ));
    format!("1{}", packed.as_str().expect("a text"))
}

fn open_my_runs(page: &Browser) {
    page.click(&css("#presets"));
    page.click(&css("[data-group=own]"));
}

#[test]
fn a_link_opens_at_the_playhead_and_tells_nothing_that_lies_after_it() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page.press(Key::Home);
    page.click(&css("#step-forward"));
    page.click(&css("#step-forward"));
    page.click(&css("#step-forward"));
    page.click(&css("#step-forward"));
    let clock = page.text(&css("#clock"));
    page.click(&button("Share"));
    assert_eq!(focused(&page), "share-link");
    let link = page.value(&css("#share-link"));
    assert!(link.contains("&t="), "{link}");
    page.click(&css("#share-at"));
    page.wait_until("the link to be without the moment", || !page.value(&css("#share-link")).contains("&t="));
    page.press(Key::Escape);
    assert_eq!(focused(&page), "share");
    let other = Browser::start(&site);
    other.goto(&link);
    assert_eq!(other.text(&css("#clock")), clock);
    assert_eq!(digest(&other), digest(&page));
    assert_eq!(other.count(&css("#answer-status")), 0, "nothing is told before it happens");
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn copying_a_link_says_whether_it_was_done() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.devtools(
        "Browser.grantPermissions",
        &json!({ "origin": site.origin(), "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
    );
    page.click(&button("Share"));
    page.click(&css("#share-copy"));
    page.wait_text(&css("#share-said"), "on the clipboard");
    let link = page.value(&css("#share-link"));
    assert_eq!(page.script("return navigator.clipboard.readText()"), json!(link));
    // Where the browser refuses, the link is selected, and that is what is said. Granting one permission refuses all others.
    let refused = Browser::open(&site, "");
    refused.grant("geolocation");
    refused.click(&button("Share"));
    refused.click(&css("#share-copy"));
    refused.wait_text(&css("#share-said"), "did not let the page");
    let selected = refused.script(
        "const e = document.activeElement; return e.id === 'share-link' && e.selectionStart === 0 && e.selectionEnd === e.value.length",
    );
    assert_eq!(selected, true);
    refused.assert_clean();
    page.assert_clean();
}

#[test]
fn title_and_description_go_with_the_link_and_change_nothing_that_happens() {
    let site = Site::serve("/");
    let page = changed(&site);
    let before = digest(&page);
    page.click(&button("Share"));
    page.fill(&css("#share-name"), &"x".repeat(201));
    page.press(Key::Tab);
    page.wait_text(&css("#share-wrong"), "/name is");
    page.wait_text(&css("#share-wrong"), "at most 200 characters, not 201");
    page.fill(&css("#share-name"), "One click, three orders");
    page.press(Key::Tab);
    page.wait_gone(&css("#share-wrong"));
    page.fill(&css("#share-description"), "Look at the database.");
    page.press(Key::Tab);
    page.wait_text(&css("#about"), "Look at the database.");
    assert_eq!(digest(&page), before);
    let other = Browser::start(&site);
    other.goto(&page.value(&css("#share-link")));
    other.wait_text(&css("#about-title"), "One click, three orders");
    assert_eq!(digest(&other), before);
    other.click(&button("Close this description"));
    other.wait_gone(&css("#about"));
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn a_run_is_saved_as_a_file_and_opened_again() {
    let site = Site::serve("/");
    let folder = folder("save");
    let page = changed(&site);
    downloads(&page, &folder);
    let saved = digest(&page);
    page.click(&button("Share"));
    page.click(&css("#share-save"));
    let file = folder.join("a-slow-database.fivexx.json");
    let text = downloaded(&page, &file);
    assert!(text.contains("process_down"), "{text}");
    page.press(Key::Escape);
    page.click(&css("[data-node=A] [data-mend=process_down]"));
    page.wait_until("another run", || digest(&page) != saved);
    choose(&page, &file);
    page.wait_text(&css("#digest"), &saved);
    // By dropping it, too; the same file a second time is opened like any other.
    page.click(&css("[data-node=A] [data-mend=process_down]"));
    drop_files(&page, &[("dropped.json", &text)]);
    page.wait_text(&css("#digest"), &saved);
    page.assert_clean();
}

#[test]
fn a_file_that_holds_no_run_is_told_with_place_value_and_expectation() {
    let site = Site::serve("/");
    let folder = folder("wrong");
    let page = changed(&site);
    let before = digest(&page);
    let huge = vec![b' '; 17 << 20];
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty.json", b"", "empty.json cannot be opened. It is empty"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0", "It is no text: byte 0"),
        ("page.html", b"<!doctype html>", "not JSON: expected value at line 1, column 1"),
        ("list.json", b"[1]", "expected an object"),
        ("late.json", b"{\"version\": 7}", "/version is 7"),
        ("range.json", b"{\"horizon\": \"0s\"}", "/horizon is \"0s\"; expected 1"),
        ("har.json", b"{\"log\": {}}", "/log is {}; expected no such field here"),
        ("huge.json", &huge, "17825792 bytes; at most 16777216 are read"),
    ];
    for (name, bytes, says) in cases {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("a file");
        choose(&page, &file);
        let says = says.replace(" cannot be opened. ", " cannot be opened.\n");
        page.wait_text(&css("#message"), &says);
        assert_eq!(digest(&page), before, "{name}");
        page.click(&button("Close this message"));
    }
    drop_files(&page, &[("a.json", "{}"), ("b.json", "{}")]);
    page.wait_text(&css("#message"), "There are 2; expected one at a time.");
    drop_files(&page, &[("<img src=x onerror=alert(1)>.json", "{\"seed\": -1}")]);
    page.wait_text(&css("#message"), "<img src=x onerror=alert(1)>.json");
    page.wait_text(&css("#message"), "/seed is -1");
    assert_eq!(digest(&page), before);
    page.assert_clean();
}

#[test]
fn own_runs_are_kept_renamed_opened_deleted_brought_back_and_saved() {
    let site = Site::serve("/");
    let folder = folder("own");
    let page = changed(&site);
    downloads(&page, &folder);
    let first = digest(&page);
    assert_eq!(stored(&page), Value::Null, "nothing is stored unasked");
    open_my_runs(&page);
    page.wait_text(&css("#own-empty"), "Nothing is kept yet.");
    page.click(&css("#keep-present"));
    page.wait_text(&css("#own-done"), "Kept under “My runs” as “A slow database”.");
    page.click(&css("#keep-present"));
    page.wait_text(&css("#own-done"), "already");
    page.wait_text(&css("#own-count"), "1 run in this browser.");
    // Another name, first one that is none.
    page.click(&button("Rename A slow database"));
    page.wait_until("the name to have the focus", || focused(&page) == "own-name");
    page.fill(&css("#own-name"), " ");
    page.press(Key::Enter);
    page.wait_text(&css("#own-wrong"), "The name has 0 characters; expected 1 to 200.");
    page.fill(&css("#own-name"), "Both down");
    page.press(Key::Enter);
    page.wait_text(&css(".own"), "Both down");
    page.press(Key::Escape);
    // It is there after the page was closed.
    page.goto(&site.address(""));
    assert_ne!(digest(&page), first);
    open_my_runs(&page);
    page.click(&button("Open Both down"));
    page.wait_text(&css("#digest"), &first);
    // Deleted, and back.
    open_my_runs(&page);
    page.click(&button("Delete Both down"));
    page.wait_text(&css("#own-empty"), "Nothing is kept yet.");
    page.wait_until("the way back to have the focus", || focused(&page) == "undo-delete");
    page.press(Key::Enter);
    page.wait_text(&css(".own"), "Both down");
    // All of them as a file, which another browser takes in.
    page.click(&css("#save-all"));
    let file = folder.join("my-runs.fivexx.json");
    assert!(downloaded(&page, &file).contains("Both down"));
    let other = Browser::open(&site, "");
    choose(&other, &file);
    other.wait_text(&css("#own-done"), "1 of the file's 1 run were new");
    other.click(&button("Open Both down"));
    other.wait_text(&css("#digest"), &first);
    other.assert_clean();
    page.assert_clean();
}

#[test]
fn opening_a_preset_keeps_the_run_that_was_changed_and_no_other() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("#presets"));
    page.click(&css("[data-preset=nobody-at-the-port]"));
    page.wait_text(&css("#lesson"), "Nobody listens at the port");
    assert_eq!(stored(&page), Value::Null, "it was not changed");
    break_a(&page, "slow_answer");
    page.click(&css("#presets"));
    page.click(&css("[data-preset=frozen-or-refused]"));
    page.wait_text(&css("#notice"), "Kept under “My runs” as “Nobody listens at the port”.");
    page.wait_text(&css("#lesson"), "Frozen, then refused");
    // A link that is pasted into the address line does the same.
    break_a(&page, "slow_answer");
    page.script("location.hash = '#p=rolling-restart'");
    page.wait_text(&css("#notice"), "“Frozen, then refused”");
    open_my_runs(&page);
    page.wait_text(&css("#own-count"), "2 runs");
    page.assert_clean();
}

#[test]
fn without_storage_the_present_run_is_offered_as_a_file_first() {
    let site = Site::serve("/");
    let folder = folder("missing");
    for stub in [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })",
        "Object.defineProperty(window, 'localStorage', { value: null })",
    ] {
        let page = Browser::start(&site);
        before_load(&page, stub);
        page.goto(&site.address(""));
        downloads(&page, &folder);
        change(&page);
        let (present, address) = (digest(&page), page.address());
        page.script("location.hash = '#p=nobody-at-the-port'");
        page.wait_text(&css("#cannot-keep"), "This browser gives the page no storage.");
        assert_eq!(digest(&page), present, "nothing is opened yet");
        page.click(&css("#stay"));
        page.wait_gone(&css("#cannot-keep"));
        assert_eq!((digest(&page), page.address()), (present.clone(), address));
        page.click(&css("#presets"));
        page.click(&css("[data-preset=nobody-at-the-port]"));
        page.wait_until("the offer to have the focus", || focused(&page) == "save-and-open");
        page.press(Key::Enter);
        page.wait_text(&css("#lesson"), "Nobody listens at the port");
        let file = folder.join("a-slow-database.fivexx.json");
        assert!(downloaded(&page, &file).contains("process_down"));
        fs::remove_file(&file).expect("it is there");
        open_my_runs(&page);
        page.wait_text(&css("#own-missing"), "A run can be saved as a file");
        page.click(&css("#keep-present"));
        page.wait_text(&css("#own-wrong"), "gives the page no storage");
        page.assert_clean();
    }
}

#[test]
fn full_storage_is_told_and_nothing_is_lost() {
    let site = Site::serve("/");
    let page = changed(&site);
    open_my_runs(&page);
    page.click(&css("#keep-present"));
    page.wait_text(&css("#own-done"), "Kept");
    page.press(Key::Escape);
    let before = stored(&page);
    // To the last character.
    page.script(
        "for (let size = 1 << 22; size >= 1; size = size >> 1)
           for (;;) try { localStorage.setItem('fill' + Math.random(), 'x'.repeat(size)) } catch { break }",
    );
    page.click(&css("#break-B"));
    page.click(&css("[data-fault=process_down]"));
    let present = digest(&page);
    open_my_runs(&page);
    page.click(&css("#keep-present"));
    page.wait_text(&css("#own-wrong"), "storage is full");
    page.press(Key::Escape);
    page.click(&css("#presets"));
    page.click(&css("[data-group=all]"));
    page.click(&css("[data-preset=nobody-at-the-port]"));
    page.wait_text(&css("#cannot-keep"), "storage is full");
    assert_eq!(digest(&page), present);
    assert_eq!(stored(&page), before);
    page.click(&css("#open-anyway"));
    page.wait_text(&css("#lesson"), "Nobody listens at the port");
    page.assert_clean();
}

#[test]
fn garbage_in_the_storage_is_told_left_alone_and_deleted_only_when_asked() {
    let site = Site::serve("/");
    let page = changed(&site);
    for (garbage, says) in [
        ("nonsense", "not JSON"),
        ("{\"version\": 2, \"runs\": []}", "written by a later fivexx"),
        ("{\"version\": 1, \"runs\": 3}", "/runs is no list"),
    ] {
        page.script(&format!("localStorage.setItem('fivexx.runs', {})", json!(garbage)));
        open_my_runs(&page);
        page.wait_text(&css("#own-garbage"), says);
        page.click(&css("#keep-present"));
        page.wait_text(&css("#own-wrong"), says);
        assert_eq!(stored(&page), json!(garbage));
        page.press(Key::Escape);
    }
    open_my_runs(&page);
    page.click(&css("#delete-garbage"));
    page.wait_text(&css("#own-empty"), "Nothing is kept yet.");
    page.click(&css("#undo-delete"));
    page.wait_text(&css("#own-garbage"), "/runs is no list");
    // Lines that are no runs are lines, and say so when they are opened.
    let odd = r#"{"version":1,"runs":[7,{"saved":1,"scenario":{"name":"Odd","horizon":"0s"}}]}"#;
    page.press(Key::Escape);
    page.script(&format!("localStorage.setItem('fivexx.runs', {})", json!(odd)));
    open_my_runs(&page);
    page.wait_text(&css(".own"), "Not a run");
    page.click(&button("Open Odd"));
    page.wait_text(&css("#message"), "The run “Odd” cannot be opened.");
    page.wait_text(&css("#message"), "/horizon is \"0s\"");
    page.assert_clean();
}

#[test]
fn a_preset_is_found_by_key_asks_its_question_and_tells_its_finding_when_it_was_seen() {
    let site = Site::serve("/docs/fivexx/");
    let page = Browser::open(&site, "");
    let asked = || page.requests().iter().filter(|a| a.ends_with("/presets.json")).count();
    assert_eq!(asked(), 0, "the file is no part of a first visit");
    page.focus(&css("#presets"));
    page.press(Key::Enter);
    page.wait_text(&css("#presets-found"), "36 of 36 presets.");
    assert_eq!(focused(&page), "find-preset");
    for (query, count) in [("no live upstreams", 1), ("fail_timeout", 1), ("zzz", 0)] {
        page.fill(&css("#find-preset"), query);
        page.wait_text(&css("#presets-found"), &format!("“{query}”"));
        assert!(page.count(&css(".card")) >= count, "{query}");
        assert_eq!(page.count(&css(".card")) == 0, count == 0, "{query}");
    }
    page.fill(&css("#find-preset"), "two servers");
    page.wait_for(&css("[data-preset=two-servers-one-dead]"));
    page.press(Key::Down);
    page.press(Key::Right);
    page.press(Key::Left);
    page.press(Key::Up);
    assert_eq!(focused(&page), "find-preset");
    page.fill(&css("#find-preset"), "two servers dead");
    page.wait_until("one card", || page.count(&css(".card")) == 1);
    page.press(Key::Down);
    page.press(Key::Enter);
    page.wait_text(&css("#lesson"), "How many clients notice?");
    page.wait_until("the question to have the focus", || focused(&page) == "lesson");
    assert!(page.address().ends_with("#p=two-servers-one-dead"), "{}", page.address());
    assert_eq!(page.count(&css("#answer-status")), 0);
    assert_eq!(page.count(&css("#finding")), 0);
    page.wait_text(&css("#clock"), "0.000");
    page.click(&css("#lesson-end"));
    page.wait_text(&css("#finding"), "Only nginx and Apache hide that");
    // Another run of it, and back the way the browser knows.
    page.select(&css("#lesson-run"), "HAProxy");
    page.wait_until("the address of that run", || page.address().ends_with("#p=two-servers-one-dead&r=2"));
    assert_eq!(page.count(&css("#finding")), 0);
    let second = digest(&page);
    page.script("history.back()");
    page.wait_until("the run before it", || digest(&page) != second);
    page.wait_until("its address", || page.address().ends_with("#p=two-servers-one-dead"));
    // A change makes it a run of one's own.
    break_a(&page, "slow_answer");
    page.wait_text(&css("#lesson"), "You changed this run.");
    assert!(page.address().contains("#s="));
    page.click(&css("#lesson-back"));
    page.wait_until("the preset again", || page.address().ends_with("#p=two-servers-one-dead"));
    page.click(&css("#lesson-close"));
    page.wait_gone(&css("#lesson"));
    assert_eq!(focused(&page), "play");
    assert_eq!(asked(), 1);
    page.assert_clean();
}

#[test]
fn a_preset_has_a_link_and_a_wrong_one_says_what_is_wrong() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "#p=rolling-restart&r=3&t=2s");
    page.wait_text(&css("#lesson"), "A restart that lasts too long");
    page.wait_text(&css("#clock"), "2.000");
    assert_eq!(page.value(&css("#lesson-run")), "2");
    let before = digest(&page);
    for (fragment, says) in [
        ("#p=roling-restart", "Did you mean rolling-restart?"),
        ("#p=", "expected the name of one of the 36 presets"),
        ("#p=rolling-restart&r=9", "r is 9; expected 1 to 3"),
        ("#p=rolling-restart&r=x", "r is x; expected the number of a run"),
        ("#p=rolling-restart&t=21s", "t is 21s; expected 0 s to 20 s"),
        ("#p=rolling-restart&t=soon", "t is soon; expected a time with a unit"),
        ("#p=rolling-restart&s=1", "both s= and p="),
        ("#q=1", "q is nothing that a link can hold"),
        ("#rolling-restart", "rolling-restart is nothing that a link can hold"),
    ] {
        page.script(&format!("location.hash = {fragment:?}"));
        page.wait_text(&css("#message"), says);
        assert_eq!(digest(&page), before, "{fragment}");
    }
    page.click(&css("#see-presets"));
    page.wait_text(&css("#presets-found"), "36 of 36");
    page.assert_clean();
}

#[test]
fn a_link_that_cannot_be_replayed_names_the_place_and_offers_what_is_left() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    let wrong = r#"{"name":"Cut","timeline":[{"at":"1s","do":{"repair":{"node":"A","fault":"frozen"}}},{"at":"2s","do":{"repair":{"node":"Z","fault":"frozen"}}}]}"#;
    let link = packed(&page, wrong);
    change(&page);
    let before = digest(&page);
    page.script(&format!("location.hash = '#s={link}'"));
    page.wait_text(&css("#message"), "This link cannot be replayed as it is.");
    page.wait_text(&css("#message"), "/timeline/1/do/repair/node is \"Z\"; expected");
    page.wait_text(&css("#message"), "The run on the page stays as it is.");
    assert_eq!(digest(&page), before);
    page.click(&css("#message summary"));
    page.wait_text(&css("#message pre"), "\"name\":\"Cut\"");
    page.click(&css("#run-instead"));
    page.wait_until("the run without that change", || digest(&page) != before);
    page.wait_gone(&css("#message"));
    page.wait_text(&css("#notice"), "Kept under “My runs”");
    // Cut off, and a moment beyond the end.
    let good = page.address().split('#').nth(1).unwrap_or_default().to_owned();
    page.script(&format!("location.hash = '{}'", &good[..good.len() - 8]));
    page.wait_text(&css("#message"), "copy the whole of it again");
    page.script(&format!("location.hash = '{good}&t=61s'"));
    page.wait_text(&css("#message"), "t is 61s; expected 0 s to 60 s");
    page.click(&css("#run-instead"));
    page.wait_gone(&css("#message"));
    page.script("location.hash = '#s=9'");
    page.wait_text(&css("#message"), "starts with '9'");
    page.click(&css("#start-fresh"));
    page.wait_text(&css("main"), "What will the client get?");
    page.assert_clean();
}

#[test]
fn presets_that_cannot_be_fetched_are_told_and_tried_again() {
    let site = Site::serve("/");
    let page = Browser::start(&site);
    page.devtools("Network.enable", &json!({}));
    page.devtools("Network.setBlockedURLs", &json!({ "urls": ["*presets.json"] }));
    page.goto(&site.address("#p=rolling-restart"));
    page.wait_text(&css("#message"), "The presets cannot be shown.");
    page.wait_text(&css("#message"), "presets.json, it could not be reached");
    page.click(&css("#presets"));
    page.wait_text(&css("#presets-failed"), "could not be reached");
    page.devtools("Network.setBlockedURLs", &json!({ "urls": [] }));
    page.click(&css("#presets-retry"));
    page.wait_text(&css("#presets-found"), "36 of 36");
}

#[test]
fn the_module_carries_no_preset() {
    let dist = std::env::var("FIVEXX_DIST").expect("the folder of the built page");
    let mut modules = 0;
    for file in fs::read_dir(dist).expect("a folder").filter_map(Result::ok) {
        if file.path().extension().is_some_and(|e| e == "wasm") {
            let module = fs::read(file.path()).expect("a module");
            for told in ["A restart that lasts too long", "which is one call.", "Nobody listens at the port"]
            {
                assert!(!module.windows(told.len()).any(|w| w == told.as_bytes()), "{told}");
            }
            modules += 1;
        }
    }
    assert!(modules > 0, "there is no module to look into");
}

#[test]
fn narrow_and_wide_nothing_of_it_is_cut() {
    let site = Site::serve("/");
    for (scheme, width) in [(Scheme::Light, 320), (Scheme::Dark, 640), (Scheme::Light, 1440)] {
        let page = Browser::start(&site);
        page.prefer(scheme, width == 320);
        page.viewport(width, 800);
        page.goto(&site.address("#p=post-is-not-get"));
        page.wait_for(&css("#lesson"));
        page.script("location.hash = '#nonsense'");
        page.wait_for(&css("#message"));
        let cut = |what: &str| {
            let over = page.script(
                "const over = (e) => e.scrollWidth - e.clientWidth;
                 return Math.max(over(document.documentElement), ...[...document.querySelectorAll('.gallery, .gallery .scroll-in, .share-pop, .lesson')].map(over))",
            );
            assert_eq!(over.as_i64(), Some(0), "{what} at {width}");
        };
        cut("question and message");
        page.click(&css("#share"));
        page.wait_for(&css("#share-link"));
        cut("sharing");
        page.press(Key::Escape);
        page.click(&css("#presets"));
        page.wait_text(&css("#presets-found"), "36 of 36");
        cut("presets");
        page.click(&css("[data-group=own]"));
        page.click(&css("#keep-present"));
        page.wait_for(&css(".own"));
        cut("own runs");
        page.assert_clean();
    }
}
