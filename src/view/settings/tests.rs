use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::schema::{Part, Shape};
use super::*;
use crate::sim::dialect::DialectName;
use crate::sim::fault;
use crate::view::first;

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::read(include_str!("../../../docs/scenario.schema.json")).expect("the schema"));

const START: SimTime = SimTime::ZERO;

fn form(scenario: &Scenario) -> Form {
    Form::new(&SCHEMA, scenario, START)
}

fn edited(scenario: &Scenario, pointer: &str, edit: Edit) -> Scenario {
    let edited = form(scenario).edit(&SCHEMA, scenario, START, pointer, &edit);
    edited.unwrap_or_else(|refusal| unreachable!("{pointer}, {edit:?}: {refusal:?}")).scenario
}

fn set(scenario: &Scenario, pointer: &str, text: &str) -> Scenario {
    edited(scenario, pointer, Edit::Value(text.to_owned()))
}

/// A pointer whose places in lists do not matter.
fn anywhere(pointer: &str) -> String {
    let step = |step: &str| if step.parse::<usize>().is_ok() { "*".to_owned() } else { step.to_owned() };
    pointer.split('/').map(step).collect::<Vec<_>>().join("/")
}

fn name_of(dialect: DialectName) -> String {
    serde_json::to_value(dialect).expect("a name").as_str().expect("a text").to_owned()
}

/// A scenario whose gateway has everything.
fn neutral() -> Scenario {
    set(&Scenario::default(), "/gateways/0/dialect", "rfc9209")
}

/// Chooses every form of every field and adds an entry to every list, one after the other; notes what is seen.
fn explore(scenario: &Scenario, pointer: &str, seen: &mut BTreeSet<String>, tried: &mut BTreeSet<String>) {
    let form = form(scenario);
    let field = form.field(pointer).unwrap_or_else(|| unreachable!("{pointer} is there"));
    assert!(field.kind == Kind::Group || !field.id.is_empty());
    if field.kind.is_leaf() {
        seen.insert(anywhere(pointer));
    }
    for child in &field.children {
        explore(scenario, child, seen, tried);
    }
    match &field.kind {
        Kind::Forms(choices) => {
            for choice in choices.iter().filter(|choice| !choice.is_chosen) {
                if tried.insert(format!("{} {}", anywhere(pointer), choice.key)) {
                    let other = set(scenario, pointer, &choice.key);
                    assert_eq!(
                        self::form(&other).field(pointer).map(|f| &f.value),
                        Some(&choice.key),
                        "{pointer}"
                    );
                    explore(&other, pointer, seen, tried);
                }
            }
        }
        // Nodes are added elsewhere.
        Kind::List { can_grow: true, .. } if pointer.split('/').count() == 2 => {}
        Kind::List { can_grow: true, .. } if tried.insert(format!("{} +", anywhere(pointer))) => {
            explore(&edited(scenario, pointer, Edit::Add), pointer, seen, tried);
        }
        _ => {}
    }
}

/// The pointers of everything in the schema that has a value of its own.
fn leaves(part: Part<'_>, pointer: String, found: &mut BTreeSet<String>) {
    if ["/timeline", "/version"].contains(&pointer.as_str()) {
        return;
    }
    match part.shape() {
        Shape::Group(fields) => {
            for name in fields.into_iter().flatten().map(|(name, _)| name) {
                let field = part.step(name).expect("a field");
                let is_said = part.requires(name) || field.is_optional || field.default.is_some();
                assert!(is_said, "{pointer}/{name} has no default in the schema");
                leaves(field, format!("{pointer}/{name}"), found);
            }
        }
        Shape::Forms(forms) => {
            for form in forms {
                let faults = build::place_of_faults(&pointer);
                let is_elsewhere = part.type_name == "Fault"
                    && fault::ALL.iter().any(|info| info.kind == form.key && info.place != faults);
                if let Some(inner) = form.inner.filter(|_| !is_elsewhere) {
                    leaves(inner, format!("{pointer}/{}", form.key), found);
                }
            }
        }
        Shape::List(items) => leaves(items, format!("{pointer}/*"), found),
        _ => drop(found.insert(pointer)),
    }
}

#[test]
fn every_setting_of_the_schema_is_in_the_form() {
    let (mut seen, mut tried, mut there) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    explore(&neutral(), "", &mut seen, &mut tried);
    leaves(SCHEMA.whole(), String::new(), &mut there);
    let missing: Vec<_> = there.difference(&seen).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:#?}", missing.len(), there.len());
    assert_eq!(seen, there);
    assert!(there.len() > 400 && tried.len() > 150, "{} settings, {} forms", there.len(), tried.len());
}

#[test]
fn every_field_of_a_node_stands_below_one_heading() {
    let form = form(&first::scenario());
    let mut placed: Vec<&String> =
        form.sections.iter().flat_map(|s| &s.headings).flat_map(|h| &h.fields).collect();
    let all = placed.len();
    placed.sort();
    placed.dedup();
    assert_eq!(placed.len(), all, "a field stands below two headings");
    for field in form.fields() {
        let depth = field.pointer.split('/').count();
        let is_outer = ["/clients", "/gateways", "/origins", "/dependencies"]
            .contains(&field.pointer.as_str())
            || depth == 1
            || (depth == 3 && !field.kind.is_leaf())
            || field.pointer.ends_with("/settings")
            || field.pointer.ends_with("/policy");
        let is_placed =
            placed.iter().any(|p| field.pointer == **p || field.pointer.starts_with(&format!("{p}/")));
        assert!(is_outer || is_placed, "{} stands below no heading", field.pointer);
    }
    for field in form.fields().filter(|f| f.kind.is_leaf() && f.description.is_empty()) {
        // What a form holds alone is described by the form.
        let outer = field.pointer.rsplit_once('/').and_then(|(outer, _)| form.field(outer));
        assert!(outer.is_some_and(|outer| !outer.meaning.is_empty()), "{field:?}");
    }
}

#[test]
fn ids_are_unique() {
    for dialect in DialectName::ALL {
        let mut scenario = set(&first::scenario(), "/gateways/0/dialect", &name_of(*dialect));
        for kind in [crate::sim::trace::NodeKind::Gateway, crate::sim::trace::NodeKind::Client] {
            scenario = crate::view::nodes::with(&scenario, kind).expect("room").0;
        }
        let form = form(&scenario);
        // A node, its policy and its settings are split below headings.
        let is_split = |f: &Field| f.kind == Kind::Group && f.pointer.split('/').count() < 5;
        let mut ids: Vec<&String> = form.fields().filter(|f| !is_split(f)).map(|field| &field.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
    let form = form(&first::scenario());
    let ids: Vec<_> =
        ["/gateways/0/settings/read_timeout", "/origins/0/settings/workers", "/clients/0/policy/attempts"]
            .map(|p| form.field(p).expect(p).id.as_str())
            .to_vec();
    assert_eq!(ids, ["set-read_timeout", "set-A-workers", "set-client-attempts"]);
}

/// What the schema says of an absent field is what the reader makes of it.
#[test]
fn what_is_absent_is_the_stated_default() {
    fn check(part: Part<'_>, whole: &Value, pointer: &str, checked: &mut BTreeSet<String>) {
        let value = whole.pointer(pointer).cloned().unwrap_or_default();
        let Some(fields) = value.as_object() else { return };
        let Shape::Group(Some(known)) = part.shape() else {
            for name in fields.keys() {
                if let Some(inner) = part.step(name) {
                    check(inner, whole, &format!("{pointer}/{name}"), checked);
                }
            }
            return;
        };
        for name in known.keys() {
            let place = format!("{pointer}/{name}");
            let field = part.step(name).expect("a field");
            check(field, whole, &place, checked);
            // Another product has other settings.
            if part.requires(name) || name == "dialect" || !checked.insert(anywhere(&place)) {
                continue;
            }
            let default = field.default.cloned();
            assert!(field.is_optional || default.is_some(), "{place} has no default in the schema");
            let with = |value: Option<Value>| {
                let mut other = whole.clone();
                let fields = other.pointer_mut(pointer).and_then(Value::as_object_mut).expect("a group");
                fields.remove(name);
                fields.extend(value.map(|value| (name.clone(), value)));
                Scenario::from_value(&other).unwrap_or_else(|error| unreachable!("{place}: {error}"))
            };
            assert_eq!(with(None), with(Some(default.unwrap_or_default())), "{place}");
        }
    }
    let mut scenario = neutral();
    for (pointer, text) in [
        ("/clients/0/policy/breaker", "set"),
        ("/clients/0/policy/hedge", "set"),
        ("/clients/0/policy/resend", "set"),
        ("/clients/0/policy/slow_down", "set"),
        ("/clients/0/policy/throttle", "set"),
        ("/clients/0/policy/rate_limit", "set"),
        ("/clients/0/policy/delay", "exponential"),
        ("/clients/0/traffic", "set"),
        ("/gateways/0/link/dns", "set"),
        ("/origins/0/settings/pool", "set"),
    ] {
        scenario = set(&scenario, pointer, text);
    }
    for info in fault::ALL.iter().filter(|info| info.place == fault::Place::Origin) {
        scenario.origins[0].faults.push((info.default)());
    }
    let mut shown = shown::now(&scenario, START);
    shown["clients"][0]["policy"]["connection_errors"] = serde_json::json!({ "tls": false });
    let mut checked = BTreeSet::new();
    for list in ["clients", "gateways", "origins", "dependencies"] {
        let pointer = format!("/{list}/0");
        check(SCHEMA.at(&pointer).expect("a node"), &shown, &pointer, &mut checked);
        for (i, _) in scenario.origins[0].faults.iter().enumerate().filter(|_| list == "origins") {
            let pointer = format!("/origins/0/faults/{i}");
            check(SCHEMA.at(&pointer).expect("a fault"), &shown, &pointer, &mut checked);
        }
    }
    let mix = SCHEMA.at("/clients/0/traffic/mix/0").expect("a share");
    check(mix, &shown, "/clients/0/traffic/mix/0", &mut checked);
    assert!(checked.len() > 150, "{}", checked.len());
}

#[test]
fn a_gateway_s_settings_have_the_product_s_names_and_defaults() {
    let scenario = first::scenario();
    let form = form(&scenario);
    let read = form.field("/gateways/0/settings/read_timeout").expect("a field");
    assert_eq!(read.directive, Some("proxy_read_timeout"));
    assert_eq!((read.value.as_str(), read.usual.as_deref(), read.changed), ("2s", Some("60s"), true));
    assert!(read.hint.contains("default 60s") && read.description.contains("1 ms to 24 h"), "{read:?}");
    let fails = form.field("/gateways/0/settings/max_fails").expect("a field");
    assert!(!fails.changed && !form.is_changed(&fails.pointer));
    let tries = form.field("/gateways/0/settings/header_limit").expect("a field");
    assert_eq!((tries.unit, tries.kind.clone()), ("bytes", Kind::Whole));
}

#[test]
fn what_a_product_lacks_is_said_with_what_it_has_instead() {
    let form = form(&first::scenario());
    let of = |name: &str| form.field(&format!("/gateways/0/settings/{name}")).expect(name);
    for (name, instead) in [
        (
            "breaker",
            "nginx has no such setting; it takes single upstreams out, by max_fails and fail_timeout.",
        ),
        ("body_timeout", "nginx has no such setting; read_timeout holds between two reads of the body too."),
        (
            "limits/queue",
            "nginx has no such setting; it limits upstream_requests (max_conns) and client_requests (limit_conn), and has no line for them.",
        ),
    ] {
        assert_eq!(of(name).instead.as_deref(), Some(instead));
    }
    for name in ["limits", "limits/client_requests", "balance", "rate_limit/requests", "next_upstream"] {
        assert_eq!(of(name).instead, None, "{name}");
    }
    let Kind::Choice(balances) = &of("balance").kind else { unreachable!("a choice") };
    assert!(balances.iter().all(|b| b.key != "first_available") && balances.len() == 4);
    // Where there is nothing to choose, that is said, too.
    let only = "nginx has no such setting; it learns from requests, by max_fails and fail_timeout.";
    assert_eq!(of("passive_health").instead.as_deref(), Some(only));
    assert!(of("retry").instead.is_some() && of("retry/again").instead.is_some());
}

/// Whatever a product has can be set, and whatever it lacks is refused.
#[test]
fn the_form_offers_what_the_product_takes() {
    for dialect in DialectName::ALL {
        let mut scenario = Scenario::default();
        scenario.gateways[0].dialect = *dialect;
        let form = form(&scenario);
        let mut counts = [0, 0];
        for field in form.fields().filter(|f| f.pointer.starts_with("/gateways/0/settings/")) {
            let try_with = |edit: Edit| form.edit(&SCHEMA, &scenario, START, &field.pointer, &edit);
            let lacks = |f: &Field| f.instead.is_some() && field.pointer.starts_with(&f.pointer);
            if form.fields().any(lacks) {
                counts[0] += 1;
                continue;
            }
            match &field.kind {
                Kind::Choice(choices) | Kind::Forms(choices) => {
                    for choice in choices {
                        let next = try_with(Edit::Value(choice.key.clone()));
                        assert!(next.is_ok(), "{dialect}: {} {}: {next:?}", field.pointer, choice.key);
                        counts[1] += 1;
                    }
                }
                Kind::Switch => {
                    for text in ["true", "false"] {
                        assert!(
                            try_with(Edit::Value(text.to_owned())).is_ok(),
                            "{dialect}: {}",
                            field.pointer
                        );
                    }
                }
                Kind::Duration if !field.pointer.contains("/exponential/") => {
                    let next = try_with(Edit::Value("750ms".to_owned())).expect("a duration");
                    assert_ne!(next.scenario, scenario, "{dialect}: {}", field.pointer);
                }
                _ => {}
            }
        }
        assert!(
            counts[1] > 0 && (counts[0] > 0) == (*dialect != DialectName::Rfc9209),
            "{dialect}: {counts:?}"
        );
    }
}

#[test]
fn a_change_of_one_field_leaves_the_others_of_its_group() {
    let scenario = neutral();
    let enabled = "/gateways/0/settings/health_check/enabled";
    let next = set(&scenario, "/gateways/0/settings/health_check/interval", "5s");
    assert_eq!(
        form(&next).field(enabled).expect("a field").value,
        "false",
        "an interval switches no probes on"
    );
    let on = set(&next, enabled, "true");
    assert_eq!(form(&on).field("/gateways/0/settings/health_check/interval").expect("a field").value, "5s");
    // Failures that speak like failed probes come with the probes' group.
    let observing = set(&scenario, "/gateways/0/settings/passive_health", "observe");
    assert_eq!(form(&observing).field(enabled).expect("a field").value, "false");
}

#[test]
fn going_back_to_the_default_leaves_no_trail() {
    let scenario = first::scenario();
    for (pointer, text) in [
        ("/gateways/0/settings/max_fails", "7"),
        ("/gateways/0/settings/cache/ttl", "7s"),
        ("/gateways/0/settings/maintenance", "on"),
        ("/origins/1/settings/workers", "7"),
        ("/origins/1/settings/pool", "set"),
        ("/origins/1/settings/backlog", "7"),
        ("/dependencies/0/settings/query_time", "exponential"),
        ("/clients/0/traffic", "set"),
        ("/origins/0/link/latency", "7ms"),
        ("/origins/0/link/tls", "1.3"),
        ("/seed", "7"),
    ] {
        let next = set(&scenario, pointer, text);
        assert_ne!(next, scenario, "{pointer}");
        let field = form(&next).field(pointer).cloned().expect(pointer);
        assert!(field.changed, "{pointer}");
        assert_eq!(
            next.timeline.len() > scenario.timeline.len(),
            field.lands == Lands::AtMoment,
            "{pointer}"
        );
        assert_eq!(edited(&next, pointer, Edit::Reset), scenario, "{pointer}");
    }
    // What the scenario itself configures goes back by a change.
    let read = "/gateways/0/settings/read_timeout";
    let back = edited(&scenario, read, Edit::Reset);
    assert_eq!((back.timeline.len(), form(&back).field(read).expect("a field").changed), (2, false));
}

#[test]
fn lists_grow_and_shrink() {
    let scenario = first::scenario();
    let upstreams = "/gateways/0/settings/upstreams";
    let listed = edited(&scenario, upstreams, Edit::Add);
    assert_eq!(form(&listed).field(upstreams).expect("a list").children.len(), 2, "all origins at first");
    let one = edited(&listed, upstreams, Edit::Remove(0));
    let none = edited(&one, upstreams, Edit::Remove(0));
    assert_eq!(none, scenario);
    let faults = "/origins/0/faults";
    let broken = edited(&edited(&scenario, faults, Edit::Add), faults, Edit::Add);
    assert_eq!(broken.origins[0].faults.len(), 2);
    assert_eq!(edited(&edited(&broken, faults, Edit::Remove(1)), faults, Edit::Remove(0)), scenario);
    let conditions = "/gateways/0/settings/next_upstream";
    let ticked = edited(&scenario, conditions, Edit::Tick("http503".to_owned(), true));
    assert_eq!(form(&ticked).field(conditions).expect("a list").value, "error, timeout, http503");
    let back = edited(&ticked, conditions, Edit::Tick("http503".to_owned(), false));
    assert_eq!(back, scenario);
}

#[test]
fn words_find_settings_by_name_directive_and_meaning() {
    let form = form(&first::scenario());
    assert_eq!(form.found("  "), None);
    for (query, pointer) in [
        ("read_timeout", "/gateways/0/settings/read_timeout"),
        ("proxy_next", "/gateways/0/settings/next_upstream_tries"),
        ("Retry-After cap", "/clients/0/policy/retry_after/cap"),
        ("codel", "/origins/1/settings/discipline"),
        ("round trips handshake", "/origins/0/link/tls"),
        ("B workers", "/origins/1/settings/workers"),
    ] {
        let found = form.found(query).expect("words");
        assert!(found.contains(pointer), "{query}: {found:?}");
    }
    assert_eq!(form.found("no such words at all"), Some(BTreeSet::new()));
    let all: usize = form.found("B").expect("words").iter().filter(|p| p.starts_with("/origins/1/")).count();
    assert!(all > 20, "the name of a node finds its settings");
}

#[test]
fn a_refusal_says_what_would_be_accepted() {
    let scenario = first::scenario();
    for (pointer, text, says) in [
        (
            "/gateways/0/settings/read_timeout",
            "soon",
            "read_timeout \"soon\" is not accepted; expected a number and a unit",
        ),
        (
            "/gateways/0/settings/read_timeout",
            "0s",
            "read_timeout \"0s\" is not accepted; expected 1ms to 86400s (nginx `proxy_read_timeout`).",
        ),
        ("/origins/0/settings/workers", "1.5", "workers 1.5 is not accepted; expected a whole number"),
        (
            "/origins/0/settings/workers",
            "-1",
            "workers -1 is not accepted; expected a whole number, not below 0.",
        ),
        ("/origins/0/settings/workers", "", "workers \"\" is not accepted"),
        (
            "/clients/0/policy/statuses",
            "503, soon",
            "statuses \"soon\" is not accepted; expected a status, or a class",
        ),
        ("/clients/0/id", "A", "id \"A\" is not accepted; expected a name that no other node has."),
        ("/horizon", "2d", "horizon \"2d\" is not accepted"),
        ("/gateways/0/dialect", "squirrel", "dialect \"squirrel\" is not accepted; expected another name"),
    ] {
        let refused = form(&scenario).edit(&SCHEMA, &scenario, START, pointer, &Edit::Value(text.to_owned()));
        let crate::view::form::Refusal(words) = refused.expect_err(pointer);
        assert!(words.starts_with(says), "{words}");
    }
}

#[test]
fn a_schema_of_something_else_is_refused() {
    for text in ["", "nonsense", "{}", "[1]", "{\"properties\": {\"clients\": 1}}"] {
        assert!(Schema::read(text).is_err(), "{text}");
    }
}
