//! A run of 60,000 requests: it opens while the page stays usable, and a move within it is quick.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fivexx_e2e::{Browser, Key, Site, css, slider};
use serde_json::Value;

/// A thousand requests a second for a minute, all the way to the database, which is too slow for half a second in between.
const SCENARIO: &str = r#"{
    "horizon": "60s",
    "clients": [{ "traffic": {
        "arrivals": { "poisson": { "rate": 1000 } },
        "mix": [{ "request": { "method": "POST", "path": "/orders" } }]
    } }],
    "origins": [{ "id": "A", "settings": { "workers": 64 } }, { "id": "B", "settings": { "workers": 64 } }],
    "timeline": [
        { "at": "20s", "do": { "inject": { "node": "A", "fault": { "process_down": {} } } } },
        { "at": "21s", "do": { "repair": { "node": "A", "fault": "process_down" } } }
    ]
}"#;

/// What the main thread may do for a move, in milliseconds, and how soon the move is to be seen; 95 of 100 moves keep it.
const WORK: f64 = 50.0;
const SEEN: f64 = 100.0;

/// How long the run may take until it is there. It is a matter of seconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Watches moves: from the start of their handling to the end of what follows from it (`work`, layout included), and to the
/// first task after the next frame (`seen`).
const WATCH: &str = "
    window.moves = [];
    window.longest = 0;
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
    }).observe({ type: 'longtask', buffered: true });
    let move;
    const begun = () => {
        const start = performance.now();
        const mine = move = { start };
        requestAnimationFrame(() => {
            const before = performance.now();
            document.body.offsetHeight;
            mine.layout = performance.now() - before;
            const channel = new MessageChannel();
            channel.port1.onmessage = () => {
                mine.seen = performance.now() - start;
                window.moves.push(mine);
            };
            channel.port2.postMessage(0);
        });
    };
    // What follows from a handler runs as soon as it returns: before the last listener is asked.
    const handled = () => move.handled = performance.now() - move.start;
    for (const type of ['keydown', 'pointerdown']) {
        addEventListener(type, begun, { capture: true });
        addEventListener(type, handled);
    }
";

fn link() -> String {
    // Raw deflate without compression: one block that is the last (RFC 1951, 3.2.4).
    let length = SCENARIO.len() as u16;
    let mut packed = vec![1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(SCENARIO.as_bytes());
    format!("#s=1{}", URL_SAFE_NO_PAD.encode(packed))
}

/// How many events there are, as the page says it behind "of".
fn events(page: &Browser) -> usize {
    let words = page.script("return document.querySelector('.transport .event').innerText");
    let digits =
        words.as_str().and_then(|w| w.split(" of ").nth(1)?.split_whitespace().next().map(str::to_owned));
    digits.and_then(|d| d.replace(',', "").parse().ok()).unwrap_or_default()
}

fn figure(page: &Browser, script: &str) -> f64 {
    page.script(script).as_f64().unwrap_or_default()
}

/// Waits for so many moves, then tells their work and when they were seen, in order of size.
fn moves(page: &Browser, count: usize) -> (Vec<f64>, Vec<f64>) {
    page.wait_until("all moves are seen", || figure(page, "return window.moves.length") >= count as f64);
    let Value::Array(moves) = page.script("return window.moves.splice(0)") else { unreachable!("a list") };
    let sorted = |of: &dyn Fn(&Value) -> f64| {
        let mut figures: Vec<f64> = moves.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures
    };
    let read = |m: &Value, name: &str| m[name].as_f64().unwrap_or(f64::INFINITY);
    (sorted(&|m| read(m, "handled") + read(m, "layout")), sorted(&|m| read(m, "seen")))
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}

#[track_caller]
fn check(what: &str, (work, seen): (Vec<f64>, Vec<f64>)) {
    let of = |sorted: &[f64]| [50, 95, 100].map(|p| (percentile(sorted, p) * 10.0).round() / 10.0);
    let (work, seen) = (of(&work), of(&seen));
    println!("{what}: work {work:?} ms, seen after {seen:?} ms (half of them, 95 of 100, all)");
    assert!(work[1] < WORK, "{what}: 95 of 100 moves take {} ms of work; at most {WORK} ms", work[1]);
    assert!(seen[1] < SEEN, "{what}: 95 of 100 moves are seen after {} ms; at most {SEEN} ms", seen[1]);
}

#[test]
fn a_run_of_sixty_thousand_requests_opens_and_each_move_is_quick() {
    let site = Site::serve("/");
    let page = Browser::open(&site, "");
    page.script(WATCH);
    let asked = Instant::now();
    page.script(&format!("location.hash = '{}'", link()));
    page.wait_for(&css("#computing"));
    let mut looks = 0;
    while figure(&page, "return document.querySelectorAll('#computing').length") > 0.0 {
        assert!(asked.elapsed() < PATIENCE, "the run is not there after {PATIENCE:?}");
        looks += 1;
    }
    let took = asked.elapsed().as_secs_f64();
    page.focus(&slider("Simulated time"));
    page.press(Key::End);
    moves(&page, 1);
    assert!(events(&page) > 500_000, "{} events", events(&page));
    println!(
        "{} events are there after {took:.1} s; the page answered {looks} times meanwhile, the longest task took {:.0} ms",
        events(&page),
        figure(&page, "return window.longest")
    );
    let memory = figure(&page, "return performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0");
    println!("the script's heap holds {memory:.0} MB beside the module's own memory");
    assert!(looks > 3, "the page did not answer while the run was computed");

    // All over the axis, in an order that jumps.
    for i in 0..50 {
        let share = f64::from(i * 37 % 50) / 50.0;
        page.script(&format!(
            "const s = document.getElementById('scrub'), r = s.getBoundingClientRect();
             const at = {{ clientX: r.left + r.width * {share}, clientY: r.top + 5, pointerId: 1, bubbles: true }};
             s.dispatchEvent(new PointerEvent('pointerdown', at));
             s.dispatchEvent(new PointerEvent('pointerup', at));"
        ));
        page.wait_until("the move is seen", || figure(&page, "return window.moves.length") > f64::from(i));
    }
    check("scrubbing", moves(&page, 50));

    page.focus(&slider("Simulated time"));
    for _ in 0..25 {
        page.press(Key::Right);
    }
    for _ in 0..25 {
        page.press(Key::Left);
    }
    check("stepping", moves(&page, 50));
    for _ in 0..10 {
        page.press_with(&[Key::Shift], Key::Right);
    }
    moves(&page, 10);

    // The table holds some of the rows, with the step that is shown among them.
    page.press('d');
    page.wait_for(&css(".steps tr[aria-current=step]"));
    let rows = figure(&page, "return document.querySelectorAll('.steps tbody tr').length");
    assert!((20.0..200.0).contains(&rows), "{rows} rows");
    moves(&page, 1);
    for _ in 0..50 {
        page.press(Key::Right);
    }
    check("stepping with the table", moves(&page, 50));
    page.wait_for(&css(".steps tr[aria-current=step]"));
    page.assert_clean();
}
