//! Drafts that can be sent, and those that cannot.

use super::*;
use crate::view::{first, samples};

fn draft() -> Draft {
    Draft::of(&first::request())
}

#[test]
fn a_request_is_drafted_and_sent_as_it_was() {
    let request: Request = serde_json::from_str(
        r#"{"method": "PUT", "path": "/orders/1", "headers": {"Accept": "*/*", "X-A": "b c"}, "body": "{}",
            "idempotency_key": {"given": "k"}}"#,
    )
    .expect("a request");
    let drafted = Draft::of(&request);
    assert_eq!(drafted.request(), Ok(request));
    assert_eq!(drafted.carries(), "2 headers, 2 bytes");
    assert_eq!(draft().request(), Ok(first::request()));
    assert_eq!(draft().carries(), "");
    let mut other = drafted;
    other.count = "7".to_owned();
    other.show(&first::request());
    assert_eq!((other.request(), other.count.as_str()), (Ok(first::request()), "7"));
}

#[test]
fn what_cannot_be_sent_names_its_field_its_value_and_what_is_expected() {
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut changed = draft();
        change(&mut changed);
        changed.request().expect_err("refused")
    };
    let header = |name: &'static str, value: &'static str| {
        move |d: &mut Draft| {
            d.add(name, value);
        }
    };
    let long = "x".repeat(1_025);
    for (wrong, place, says) in [
        (
            with(&|d| d.path = "orders".into()),
            Place::Path,
            "Path \"orders\" is not accepted; expected a path",
        ),
        (with(&|d| d.path = String::new()), Place::Path, "Path \"\""),
        (
            with(&header("X Y", "1")),
            Place::Name(0),
            "Header name \"X Y\" is not accepted; expected a name of",
        ),
        (with(&header("", "1")), Place::Name(0), "Header name \"\""),
        (
            with(&header("Host", "x")),
            Place::Name(0),
            "Header name \"Host\" is not accepted; expected a header that",
        ),
        (
            with(&header("X", "ä")),
            Place::Value(0),
            "Value of the header X \"ä\" is not accepted; expected at most",
        ),
        (
            with(&|d| {
                d.add("X", &long);
            }),
            Place::Value(0),
            "Value of the header X",
        ),
        (
            with(&|d| {
                d.add("A", "1");
                d.add("a", "2");
            }),
            Place::Name(1),
            "Header name \"a\" stands twice",
        ),
        (
            with(&|d| {
                (0..33).for_each(|i| {
                    d.add(&format!("X-{i}"), "");
                })
            }),
            Place::Headers,
            "Headers: an object of 33",
        ),
        (
            with(&|d| d.body = "x".repeat(65_537)),
            Place::Body,
            "Body: a text of 65537 bytes is not accepted; expected at most",
        ),
        (
            with(&|d| {
                d.key = KeyKind::Given;
                d.given = " ".into();
            }),
            Place::Key,
            "Idempotency-Key \"\" is not accepted; expected 1 to 255",
        ),
    ] {
        assert_eq!(wrong.place, place, "{}", wrong.words);
        assert!(wrong.words.starts_with(says), "{}", wrong.words);
    }
    // A line that was added and left empty is no header.
    let mut unused = draft();
    unused.add(" ", "");
    assert_eq!(unused.request(), Ok(first::request()));
}

#[test]
fn how_many_and_how_far_apart_are_read_as_people_write_them() {
    let typed = |count: &str, apart: &str| {
        let draft = Draft { count: count.to_owned(), apart: apart.to_owned(), ..draft() };
        draft.several().map_err(|wrong| wrong.place)
    };
    assert_eq!(typed(" 20 ", "10 ms"), Ok((20, SimDuration::from_millis(10))));
    assert_eq!(typed("2", "0"), Ok((2, SimDuration::ZERO)));
    assert_eq!(typed("1000", ""), Ok((1_000, SimDuration::ZERO)));
    for count in ["1", "1001", "-3", "many", "", "2.5"] {
        assert_eq!(typed(count, "0"), Err(Place::Count), "{count}");
    }
    for apart in ["10", "61s", "soon", "-1s"] {
        assert_eq!(typed("2", apart), Err(Place::Apart), "{apart}");
    }
}

#[test]
fn several_are_changes_of_one_scenario_in_order_and_move_the_end_on() {
    let run = samples::sent();
    let before = run.trace.scenario.timeline.len();
    let at = SimTime::from_secs(1);
    let next =
        sent(&run, &run.trace.scenario, at, "client", &Request::default(), (5, SimDuration::from_secs(15)))
            .expect("valid");
    let added = &next.timeline[before..];
    assert_eq!(added.iter().map(|c| c.at).collect::<Vec<_>>(), [1, 16, 31, 46, 61].map(SimTime::from_secs));
    assert!(next.horizon >= SimDuration::from_secs(121), "{}", next.horizon);
    let again = Run::new(&next);
    let until = answered(&again, before).expect("all are answered");
    assert!(until > SimTime::from_secs(61), "{until}");
    // One is what it always was.
    let action = Action::Send { client: "client".into(), request: Request::default() };
    let one = sent(&run, &run.trace.scenario, at, "client", &Request::default(), (1, SimDuration::ZERO));
    assert_eq!(one, edit::onto(&run, &run.trace.scenario, at, action));
}

#[test]
fn what_no_link_could_hold_is_refused() {
    let run = samples::sent();
    let large = Request { body: "x".repeat(60_000), ..Request::default() };
    let refusal = sent(&run, &run.trace.scenario, SimTime::ZERO, "client", &large, (100, SimDuration::ZERO))
        .expect_err("too large");
    assert!(refusal.0.contains("1024 KiB at most"), "{}", refusal.0);
    assert!(sent(&run, &run.trace.scenario, SimTime::ZERO, "client", &large, (2, SimDuration::ZERO)).is_ok());
    let nobody =
        sent(&run, &run.trace.scenario, SimTime::ZERO, "nobody", &Request::default(), (2, SimDuration::ZERO));
    assert!(nobody.expect_err("no such client").0.contains("nobody"));
}
