//! Scenarios that nobody would write: whatever the text is, it is refused with a message or it runs. No panic, no
//! overflow (this profile checks it), no hang.
//!
//! Inputs are random scenarios with random changes: values at the edge of every type, parts moved, doubled, removed and
//! nested, and damage to the text itself. proptest draws them and makes a failing one as small as it can.
//!
//! `cargo test --test fuzz` tries some for seconds. `cargo xtask fuzz MINUTES` goes on for longer, from another
//! seed each time; `FIVEXX_FUZZ_SEED` starts from the one that a failure printed.

#![allow(clippy::panic, reason = "a failure is told in whole lines")]
#![allow(clippy::disallowed_types, reason = "how long to go on, and what hangs, only a real clock tells")]

mod support;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fivexx::interop::{link, story};
use fivexx::sim::metrics::Metrics;
use fivexx::sim::time::SimDuration;
use fivexx::sim::{Scenario, Simulation};
use fivexx::view::run::Run;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::{Map, Value};

use support::any_scenario;

/// Inputs between two looks at the clock.
const BATCH: u32 = 250;
/// Events of each run: enough to reach every mechanism, few enough for many runs.
const EVENTS: u64 = 3_000;
/// What no input takes; more is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn whatever_the_text_it_is_refused_or_it_runs() {
    let minutes = variable("FIVEXX_FUZZ_MINUTES");
    let budget = minutes.map_or(Duration::from_secs(4), |m| Duration::from_secs_f64(m * 60.0));
    let seed = variable("FIVEXX_FUZZ_SEED").map_or(1, |seed| seed as u64);
    let watchdog = Watchdog::start();
    let (tried, ran) = (Cell::new(0_u64), Cell::new(0_u64));
    let (start, mut said) = (Instant::now(), Instant::now());
    for batch in seed.. {
        let config = Config { cases: BATCH, failure_persistence: None, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&batch.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let outcome = runner.run(&input(), |input| {
            let text = input.text();
            watchdog.begin(&text);
            tried.set(tried.get() + 1);
            ran.set(ran.get() + u64::from(attempt(&text)?));
            watchdog.end();
            Ok(())
        });
        if let Err(TestError::Fail(why, input)) = outcome {
            let text = input.text();
            let link = Scenario::from_json(&text).map(|scenario| link::encode(&scenario));
            let link = link.map_or_else(|e| format!("none, it is refused: {e}"), |link| format!("#s={link}"));
            panic!("{why}\nseed: FIVEXX_FUZZ_SEED={batch}\nlink: {link}\ninput: {}", cut(&text));
        }
        let over = start.elapsed() >= budget;
        if over || said.elapsed() > Duration::from_secs(30) {
            said = Instant::now();
            let elapsed = start.elapsed().as_secs();
            println!(
                "{} inputs tried, {} of them ran, after {elapsed} s, up to seed {batch}",
                tried.get(),
                ran.get()
            );
        }
        if over {
            break;
        }
    }
    // A mutator that breaks everything would test the parser alone.
    assert!(ran.get() > tried.get() / 10, "only {} of {} inputs were scenarios", ran.get(), tried.get());
}

fn variable(name: &str) -> Option<f64> {
    std::env::var(name).ok().map(|text| text.parse().expect("the variable is a number"))
}

/// Everything that may be done with a text that came from elsewhere. Tells whether it was a scenario.
fn attempt(text: &str) -> Result<bool, TestCaseError> {
    if let Err(error) = link::decode(text) {
        prop_assert!(!error.to_string().is_empty());
    }
    let scenario = match Scenario::from_json(text) {
        Ok(scenario) => scenario,
        Err(error) => {
            let message = error.to_string();
            prop_assert!(
                !message.is_empty() && message.len() < 20_000,
                "the message is of no use: {message:.200}"
            );
            return Ok(false);
        }
    };
    prop_assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario.clone()));
    prop_assert_eq!(link::decode(&link::encode(&scenario)), Ok(scenario.clone()));
    let mut watched = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(1)));
    watched.limit_events(EVENTS);
    watched.finish();
    let total = watched.observer().total();
    prop_assert!(total.good + total.failed <= total.offered, "more calls ended than began: {total:?}");
    // What a page makes of it: the trace, its explanations, steps and flights. Less than a page would, for the sake of time.
    if scenario.timeline.len() < 100 {
        let run = Run::up_to(&scenario, 20_000);
        story::story(&run.trace);
    }
    Ok(true)
}

/// A random scenario and what is done to it.
#[derive(Clone, Debug)]
struct Input {
    seed: u64,
    changes: Vec<Change>,
    damage: Option<(Index, Damage)>,
}

/// What is done to a part of the scenario.
#[derive(Clone, Debug)]
enum Change {
    /// Another value stands there.
    Replace(Index, Value),
    /// It is gone.
    Remove(Index),
    /// A copy of another part stands there.
    Copy(Index, Index),
    /// A list has its parts many times.
    Repeat(Index, usize),
    /// It stands within lists or objects.
    Nest(Index, usize),
    /// An object has one field more.
    Add(Index, String, Value),
}

/// What is done to the text.
#[derive(Clone, Debug)]
enum Damage {
    Insert(&'static str),
    Cut,
    Byte(char),
    /// So many opening brackets at once.
    Deep(usize),
    /// A list of so many clients.
    Clients(usize),
}

fn input() -> impl Strategy<Value = Input> {
    let change = prop_oneof![
        8 => (any::<Index>(), edge()).prop_map(|(at, value)| Change::Replace(at, value)),
        2 => any::<Index>().prop_map(Change::Remove),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(at, from)| Change::Copy(at, from)),
        1 => (any::<Index>(), 2..200_usize).prop_map(|(at, times)| Change::Repeat(at, times)),
        1 => (any::<Index>(), 1..150_usize).prop_map(|(at, depth)| Change::Nest(at, depth)),
        1 => (any::<Index>(), field(), edge()).prop_map(|(at, name, value)| Change::Add(at, name, value)),
    ];
    const TEXTS: &[&str] = &[
        "NaN", "Infinity", "-0", "1e999", "1E-999", "\\u0000", "\u{0}", "\"", "{", "}", "[", ",", "é",
        "\u{feff}",
    ];
    let damage = prop_oneof![
        6 => prop::sample::select(TEXTS).prop_map(Damage::Insert),
        2 => Just(Damage::Cut),
        4 => any::<char>().prop_map(Damage::Byte),
        1 => (1..100_000_usize).prop_map(Damage::Deep),
        1 => prop::sample::select(vec![0, 1, 64, 65, 1_000, 1_000_000]).prop_map(Damage::Clients),
    ];
    let damage = prop::option::weighted(0.1, (any::<Index>(), damage));
    (any::<u64>(), prop::collection::vec(change, 0..4), damage).prop_map(|(seed, changes, damage)| Input {
        seed,
        changes,
        damage,
    })
}

/// Values at the edge of every type; most are ones that a check of ranges lets pass or only just refuses.
fn edge() -> impl Strategy<Value = Value> {
    const DURATIONS: &[&str] = &[
        "0s",
        "1ns",
        "999us",
        "1ms",
        "1s",
        "1h",
        "60s",
        "3600s",
        "3600.000000001s",
        "24h",
        "86400s",
        "86400.000000001s",
        "18446744073.709551615s",
        "18446744073709551615ns",
        "18446744073709551616ns",
        "5124095h",
        "99999999999999h",
    ];
    let numbers: Vec<Value> = vec![
        0.into(),
        1.into(),
        2.into(),
        (-1).into(),
        64.into(),
        255.into(),
        256.into(),
        1_000.into(),
        10_000.into(),
        100_000.into(),
        1_000_000.into(),
        u32::MAX.into(),
        (u64::from(u32::MAX) + 1).into(),
        i64::MIN.into(),
        u64::MAX.into(),
        (-0.0).into(),
        0.5.into(),
        1.0.into(),
        f64::MIN_POSITIVE.into(),
        5e-324.into(),
        1e-9.into(),
        1e6.into(),
        1e308.into(),
        f64::MAX.into(),
        f64::MIN.into(),
        250_000_000_000_u64.into(),
    ];
    const NAMES: &[&str] = &[
        "",
        "client",
        "client0",
        "gateway0",
        "origin0",
        "origin1",
        "database0",
        "link:origin0",
        "link:link:origin0",
        "link:",
        "/",
        "none",
        "\u{0}",
        "é",
    ];
    let shapes = vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Array(Vec::new()),
        Value::Object(Map::new()),
        serde_json::json!({ "fixed": "0s" }),
        serde_json::json!({ "exponential": "1h" }),
        serde_json::json!({ "uniform": { "low": "0s", "high": "1h" } }),
        serde_json::json!({ "poisson": { "rate": 1e6 } }),
        serde_json::json!({ "constant": { "rate": 1e6 } }),
        serde_json::json!({ "closed": { "users": 100_000, "think": { "fixed": "0s" } } }),
        serde_json::json!({ "bursts": { "rate": 1e6, "on": "1ms", "off": "24h" } }),
        serde_json::json!({ "ramp": { "from": 0, "to": 1e6, "over": "1ms" } }),
        serde_json::json!({ "spike": { "rate": 0, "peak": 1e6, "at": "24h", "length": "24h" } }),
        serde_json::json!({ "exponential": { "base": "24h", "factor": 100, "jitter": "full" } }),
    ];
    prop_oneof![
        3 => prop::sample::select(DURATIONS).prop_map(Value::from),
        3 => prop::sample::select(numbers),
        2 => prop::sample::select(NAMES).prop_map(Value::from),
        3 => prop::sample::select(shapes),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => ".{0,12}".prop_map(Value::from),
        1 => (0..5_000_usize).prop_map(|length| Value::from("x".repeat(length))),
    ]
}

fn field() -> impl Strategy<Value = String> {
    const FIELDS: &[&str] = &[
        "traffic",
        "until",
        "settings",
        "faults",
        "policy",
        "link",
        "attempt_timeout",
        "workers",
        "queue",
        "id",
        "at",
        "do",
        "rate",
    ];
    prop_oneof![prop::sample::select(FIELDS).prop_map(str::to_owned), ".{0,8}"]
}

impl Input {
    fn text(&self) -> String {
        let mut json: Value =
            serde_json::from_str(&any_scenario(self.seed).to_json()).expect("what is printed is JSON");
        for change in &self.changes {
            change.apply(&mut json);
        }
        let text = json.to_string();
        match &self.damage {
            Some((at, damage)) => damage.apply(*at, text),
            None => text,
        }
    }
}

impl Change {
    fn apply(&self, json: &mut Value) {
        let mut pointers = Vec::new();
        walk(json, String::new(), &mut pointers);
        let (Self::Replace(at, _)
        | Self::Remove(at)
        | Self::Copy(at, _)
        | Self::Repeat(at, _)
        | Self::Nest(at, _)
        | Self::Add(at, ..)) = self;
        if pointers.is_empty() {
            return;
        }
        let pointer = at.get(&pointers);
        if let Self::Remove(_) = self {
            remove(json, pointer);
            return;
        }
        let copy = if let Self::Copy(_, from) = self {
            json.pointer(from.get(&pointers[..]).as_str()).cloned()
        } else {
            None
        };
        let Some(part) = json.pointer_mut(pointer) else { return };
        match (self, part) {
            (Self::Replace(_, value), part) => *part = value.clone(),
            (Self::Copy(..), part) => *part = copy.unwrap_or_default(),
            (Self::Repeat(_, times), Value::Array(items)) => {
                // Two of them at most multiply: the text stays below what is read at all.
                *items = items.iter().cycle().take((items.len() * times).min(2_000)).cloned().collect();
            }
            (Self::Nest(_, depth), part) => {
                for level in 0..*depth {
                    let inner = std::mem::take(part);
                    *part = if level % 2 == 0 {
                        Value::Array(vec![inner])
                    } else {
                        serde_json::json!({ "fixed": inner })
                    };
                }
            }
            (Self::Add(_, name, value), Value::Object(fields)) => {
                fields.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
}

impl Damage {
    fn apply(&self, at: Index, text: String) -> String {
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
        let place = if places.is_empty() { 0 } else { *at.get(&places) };
        let (before, after) = text.split_at(place);
        match self {
            Self::Insert(what) => format!("{before}{what}{after}"),
            Self::Cut => before.to_owned(),
            Self::Byte(new) => {
                let mut rest = after.chars();
                rest.next();
                format!("{before}{new}{}", rest.as_str())
            }
            Self::Deep(depth) => format!("{before}{}{after}", "[".repeat(*depth)),
            Self::Clients(count) => format!("{{\"clients\": [{}]}}", vec!["{}"; *count].join(",")),
        }
    }
}

/// Every place of the JSON, as pointers.
fn walk(value: &Value, pointer: String, into: &mut Vec<String>) {
    let step = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| walk(value, step(key), into)),
        // Of long lists the first parts are enough.
        Value::Array(items) => {
            items.iter().take(40).enumerate().for_each(|(i, value)| walk(value, step(&i.to_string()), into));
        }
        _ => {}
    }
    into.push(pointer);
}

fn remove(json: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match json.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(&key)),
        Some(Value::Array(items)) => {
            if let Some(i) = key.parse().ok().filter(|i: &usize| *i < items.len()) {
                items.remove(i);
            }
        }
        _ => {}
    }
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    text.chars().take(20_000).collect()
}

/// Ends the program with the input that hangs: nothing else could.
struct Watchdog(Arc<Mutex<Option<(Instant, String)>>>);

impl Watchdog {
    fn start() -> Self {
        let watched = Arc::new(Mutex::new(None::<(Instant, String)>));
        let seen = Arc::clone(&watched);
        std::thread::spawn(move || {
            loop {
                std::thread::park_timeout(Duration::from_secs(1));
                if let Ok(guard) = seen.lock()
                    && let Some((since, text)) = &*guard
                    && since.elapsed() > PATIENCE
                {
                    eprintln!("an input takes longer than {PATIENCE:?}: {}", cut(text));
                    std::process::abort();
                }
            }
        });
        Self(watched)
    }

    fn begin(&self, text: &str) {
        self.set(Some((Instant::now(), text.to_owned())));
    }

    fn end(&self) {
        self.set(None);
    }

    fn set(&self, to: Option<(Instant, String)>) {
        *self.0.lock().expect("nobody panics with it") = to;
    }
}
