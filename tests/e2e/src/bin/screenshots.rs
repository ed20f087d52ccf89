//! Pictures of the built page, for the README and for looking at every width in both schemes.
//!
//! `cargo xtask screenshots` takes those of [`SHOTS`]; arguments of the form `NAME=ROUTE` take others instead.

use fivexx_e2e::{Browser, Scheme, Site, css};

const WIDTHS: [u32; 4] = [320, 768, 1024, 1440];

/// A name, the route to open, and what to do there before the picture is taken.
type Shot = (&'static str, &'static str, fn(&Browser));

const SHOTS: [Shot; 4] = [
    ("first-visit", "", |_| ()),
    ("answer", "", answer),
    ("break-menu", "", |page| page.click(&css("#break-A"))),
    ("settings", "", |page| page.click(&css("#settings-gateway"))),
];

/// Sends one and stops at its answer, with motion so that the path is drawn and not its table.
fn answer(page: &Browser) {
    page.click(&css("#send-one"));
    page.wait_text(&css("#answer-status"), "504");
}

fn main() {
    let site = Site::serve("/");
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.is_empty() {
        for (name, route, prepare) in SHOTS {
            take(&site, name, route, prepare);
        }
    }
    for shot in &asked {
        match shot.split_once('=') {
            Some((name, route)) => take(&site, name, route, |_| ()),
            None => panic!("{shot:?} is not of the form NAME=ROUTE"),
        }
    }
}

fn take(site: &Site, name: &str, route: &str, prepare: impl Fn(&Browser)) {
    for scheme in [Scheme::Light, Scheme::Dark] {
        for width in WIDTHS {
            let browser = Browser::start(site);
            browser.viewport(width, 900);
            // Still until asked, so that two pictures of the same state are the same.
            browser.prefer(scheme, false);
            browser.goto(&site.address(route));
            prepare(&browser);
            let shade = if scheme == Scheme::Dark { "dark" } else { "light" };
            println!("{}", browser.screenshot(&format!("{name}-{width}-{shade}")).display());
        }
    }
}
