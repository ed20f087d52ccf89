use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Shape {
    Point,
    Circle(f64),
    Box { low: i32, high: Option<u8> },
    Pair(u16, String),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawing {
    shapes: Vec<Shape>,
    #[serde(default)]
    named: BTreeMap<String, bool>,
}

#[test]
fn it_reads_what_serde_json_reads() {
    let all = json!({
        "shapes": ["point", { "point": null }, { "circle": 2 }, { "box": { "low": -3, "high": null } }, { "pair": [7, "x"] }],
        "named": { "a/b": true },
    });
    let read: Drawing = read(&all).expect("a drawing");
    assert_eq!(read, serde_json::from_value(all).expect("a drawing"));
    assert_eq!(read.shapes.len(), 5);
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    for (wrong, pointer, message) in [
        (json!([[]]), "", "invalid type: sequence, expected struct Drawing"),
        (json!({}), "", "missing field `shapes`"),
        (
            json!({ "shapes": [], "named": { "a/b": 1 } }),
            "/named/a~1b",
            "invalid type: integer `1`, expected a boolean",
        ),
        (
            json!({ "shapes": [], "sharps": 1 }),
            "/sharps",
            "unknown field `sharps`, expected `shapes` or `named`",
        ),
        (
            json!({ "shapes": ["cirle"] }),
            "/shapes/0",
            "unknown variant `cirle`, expected one of `point`, `circle`, `box`, `pair`",
        ),
        (
            json!({ "shapes": ["point", { "circle": "2" }] }),
            "/shapes/1/circle",
            "invalid type: string \"2\", expected f64",
        ),
        (
            json!({ "shapes": [{ "box": { "low": 1, "high": 300 } }] }),
            "/shapes/0/box/high",
            "invalid value: integer `300`, expected u8",
        ),
        (
            json!({ "shapes": [{ "box": { "low": 0.5 } }] }),
            "/shapes/0/box/low",
            "invalid type: floating point `0.5`, expected i32",
        ),
        (
            json!({ "shapes": [{ "box": [1, 2] }] }),
            "/shapes/0/box",
            "invalid type: sequence, expected struct variant Shape::Box",
        ),
        (
            json!({ "shapes": [{ "pair": [1, "x", 2] }] }),
            "/shapes/0/pair",
            "invalid length 3, expected fewer elements in the list",
        ),
        (
            json!({ "shapes": [{ "circle": 1, "box": 2 }] }),
            "/shapes/0",
            "invalid value: map, expected map with a single key",
        ),
        (json!({ "shapes": [null] }), "/shapes/0", "invalid type: null, expected string or map"),
    ] {
        let error = read::<Drawing>(&wrong).expect_err("wrong");
        assert_eq!((error.pointer().as_str(), error.message()), (pointer, message), "{wrong}");
    }
}
