//! What a person finds in the list of requests and in the evidence, by clicks and keys, on the release build under the
//! strict policy.

use fivexx_e2e::{Browser, Key, Site, button, css, tab};

/// The first visit, sent and played to its first answer.
fn answered(site: &Site) -> Browser {
    let page = Browser::open(site, "");
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
    page
}

/// To the moment at which the database stores the order that nobody waits for any more, and past it.
fn go_on(page: &Browser) {
    page.click(&css("#why-chain .after button"));
    for _ in 0..4 {
        page.press(Key::Right);
    }
}

#[test]
fn the_bytes_of_every_hop_are_shown_both_ways() {
    let site = Site::serve("/");
    let page = answered(&site);
    page.wait_text(&css("#response-raw"), "HTTP/1.1 504 Gateway Time-out");
    page.wait_text(&css("#request-raw"), "POST /orders HTTP/1.1");
    page.wait_text(&css("#request-raw"), "User-Agent: curl/");
    page.click(&button("nginx → A"));
    page.wait_text(&css("#request-raw"), "POST /orders HTTP/1.0");
    page.wait_text(&css("#request-raw"), "Connection: close");
    page.wait_text(&css("#in-0"), "No answer came in time");
    // The database answers A at 3.5 s; nobody is there any more.
    go_on(&page);
    page.wait_text(&css("#response-raw"), "HTTP/1.1 201 Created");
    page.wait_text(&css("#in-0"), "nobody read it");
    page.assert_clean();
}

#[test]
fn logs_of_the_gateway_and_of_the_application_contradict_each_other() {
    let site = Site::serve("/");
    let page = answered(&site);
    page.click(&tab("Logs"));
    page.wait_text(&css("#gateway-log"), "# nginx, error.log");
    page.wait_text(&css("#gateway-log"), "# the application on A (simulated)");
    page.wait_text(&css("#gateway-log"), "client closed the connection");
    go_on(&page);
    page.wait_text(&css("#gateway-log"), "order 1042 stored");
    page.wait_text(&css("#gateway-log"), "POST /orders 201 in 3.5");
    page.assert_clean();
}

#[test]
fn the_orders_of_the_service_are_listed_with_their_copies_and_who_was_told() {
    let site = Site::serve("/");
    let page = answered(&site);
    page.click(&tab("Origin"));
    page.wait_text(&css("#origin-view"), "Nothing was created so far.");
    assert_eq!(page.count(&css("#in-t2 .flag")), 0);
    go_on(&page);
    page.wait_text(&css("#orders"), "1042");
    page.wait_for(&css("#in-t2 .flag"));
    page.wait_text(&css("#orders"), "no: 504");
    page.wait_text(&css("#orders"), "attempt 1 of POST /orders (this one)");
    // The second attempt makes another one.
    page.click(&css("#play"));
    page.wait_text(&css("#orders"), "copy of 1042");
    page.assert_clean();
}

#[test]
fn rows_are_walked_opened_and_closed_by_the_keys_of_a_treegrid() {
    let site = Site::serve("/");
    let page = answered(&site);
    let rows = css("#waterfall [data-row]");
    let focused = || page.script("return document.activeElement.getAttribute('aria-level')");
    assert_eq!(page.count(&rows), 3, "the request, its attempt, the try");
    assert_eq!(page.count(&css("#waterfall [data-row][tabindex='0']")), 1);
    page.focus(&css("#waterfall [data-row][tabindex='0']"));
    assert_eq!(focused(), "2", "the attempt that is explained");
    page.press(Key::Down);
    page.wait_until("the try has the focus", || focused() == "3");
    page.press(Key::Right);
    page.wait_text(&css("#waterfall"), "A works");
    page.wait_text(&css("#waterfall"), "database");
    page.press(Key::Left);
    page.wait_until("the work is closed", || page.count(&rows) == 3);
    page.press(Key::Left);
    page.wait_until("the attempt has the focus", || focused() == "2");
    page.press(Key::Left);
    page.wait_until("the request has the focus", || focused() == "1");
    page.press(Key::Left);
    page.wait_until("the request is closed", || page.count(&rows) == 1);
    page.press(Key::Right);
    page.wait_until("it is open again", || page.count(&rows) == 3);
    page.wait_text(&css("#phases"), "wait 2.0");
    page.assert_clean();
}

#[test]
fn the_list_is_narrowed_by_outcome_and_by_text() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.click(&css("[data-node=database] [data-mend=slow_query]"));
    page.select(&css("#client-policy"), "no retries");
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "201");
    assert_eq!(page.count(&css("#filter-text")), 0, "one request needs no filter");
    page.select(&css("#method"), "GET");
    page.fill(&css("#path"), "/orders/42");
    page.click(&css("#send"));
    page.wait_text(&css("#answer-status"), "200");
    page.wait_text(&css("#request-count"), "2");
    page.fill(&css("#filter-text"), "post");
    page.wait_text(&css("#request-count"), "1 of 2 shown");
    page.click(&css("#filter-clear"));
    page.select(&css("#filter-outcome"), "answered 200");
    page.wait_text(&css("#request-count"), "1 of 2 shown");
    page.wait_text(&css("#waterfall"), "GET /orders/42");
    page.select(&css("#filter-outcome"), "more than one order");
    page.wait_text(&css("#request-count"), "0 of 2 shown");
    page.click(&css(".requests .empty button"));
    page.wait_until("all are listed", || page.text(&css("#request-count")) == "2");
    page.assert_clean();
}

#[test]
fn the_run_is_saved_as_a_har_file_and_its_command_copied() {
    let site = Site::serve("/");
    let page = answered(&site);
    page.click(&tab("cURL"));
    page.wait_text(&css("#curl"), "curl -i --retry 5 -X POST http://orders.example/orders");
    page.script(
        "window.saved = []; const make = URL.createObjectURL; \
         URL.createObjectURL = blob => { blob.text().then(text => window.saved.push(text)); return make.call(URL, blob); };",
    );
    page.click(&css("#har-save"));
    page.wait_until("a file is handed over", || page.script("return window.saved.length") == 1);
    let entry =
        |field: &str| page.script(&format!("return JSON.parse(window.saved[0]).log.entries[0].{field}"));
    assert_eq!(entry("response.status"), 504);
    assert_eq!(entry("request.method"), "POST");
    assert_eq!(
        page.script("return JSON.parse(window.saved[0]).log.entries.length"),
        1,
        "what has ended so far"
    );
    page.assert_clean();
}
