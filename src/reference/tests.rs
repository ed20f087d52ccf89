//! The built-in data keeps the rules, broken data is found, and every look-up leads where it should.

use std::collections::BTreeSet;

use super::check::problems;
use super::*;

/// Which statuses some real product answers after which mechanism; each pair has to have a cause of its own.
const TOLD: [(u16, &[&str]); 5] = [
    (500, &["unhandled_exception", "own_answer", "invalid_head", "tls_failed", "name_not_resolved"]),
    (501, &["not_implemented", "own_answer"]),
    (
        502,
        &[
            "connection_refused",
            "host_unreachable",
            "connect_timeout",
            "name_not_resolved",
            "tls_failed",
            "closed_before_answer",
            "reset_before_answer",
            "invalid_head",
            "head_too_large",
            "read_timeout",
            "body_cut",
            "no_live_upstream",
            "own_answer",
        ],
    ),
    (
        503,
        &[
            "maintenance",
            "overloaded",
            "no_live_upstream",
            "connection_refused",
            "host_unreachable",
            "connect_timeout",
            "name_not_resolved",
            "tls_failed",
            "closed_before_answer",
            "reset_before_answer",
            "invalid_head",
            "head_too_large",
            "read_timeout",
            "rate_limited",
            "own_answer",
        ],
    ),
    (504, &["connect_timeout", "read_timeout", "send_timeout", "own_answer"]),
];

/// Mechanisms that no status answers, because nobody is there to read one.
const SILENT: [&str; 2] = ["client_left", "client_timeout"];

fn built_in() -> Library {
    Library::parse(&FILES, SOURCES).unwrap_or_else(|error| unreachable!("{error}"))
}

/// The built-in library with the first `from` of the file of 504 replaced.
fn altered(from: &str, to: &str) -> Result<Library, DataError> {
    let (name, text) = FILES[4];
    assert!(text.contains(from), "{name} has no {from:?} to alter");
    let text = text.replacen(from, to, 1);
    Library::parse(&[FILES[0], FILES[1], FILES[2], FILES[3], (name, &text)], SOURCES)
}

#[test]
fn built_in_data_has_no_faults() {
    let found = problems(&built_in());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn faults_of_content_are_found() {
    let cases = [
        (
            "504/cause/own-answer",
            "504/cause/connect-timeout",
            "504/cause/connect-timeout: the id is used twice",
        ),
        ("504/cause/own-answer", "504/fix/own-answer", "504/fix/own-answer: expected an id like 504/cause/…"),
        ("504/definition", "502/definition", "502/definition: expected an id like 504/definition…"),
        ("[\"send_timeout\"]", "[\"sent_timeout\"]", "504/cause/send-timeout: no mechanism sent_timeout"),
        ("\"mdn-504\"", "\"mdn-505\"", "504/summary: no source mdn-505"),
        ("\"mdn-504\"", "\"mdn-504 §2\"", "504/summary: mdn-504 has no sections"),
        (
            "504/confused/408",
            "504/confused/409",
            "504/confused/409: expected the other code, 408, as its name",
        ),
    ];
    for (from, to, expected) in cases {
        let library = altered(from, to).unwrap_or_else(|error| unreachable!("{error}"));
        let found = problems(&library);
        assert!(
            found.iter().any(|problem| problem == expected),
            "{from:?} to {to:?}: expected {expected:?} among {found:#?}"
        );
    }
}

#[test]
fn faults_of_content_are_found_in_text_sources_and_parts() {
    let mut library = built_in();
    library.codes[0].summary.text = "a".repeat(301);
    library.codes[1].owner.sources.clear();
    library.codes[2].fixes.clear();
    library.sources[0].url = Some("http://example.org".to_owned());
    let mut unused = library.sources[1].clone();
    unused.id = "unused".to_owned();
    library.sources.push(unused);
    let found = problems(&library);
    let expected = [
        "source rfc9110: the address is not https",
        "500/summary: 301 characters; expected 1 to 300, trimmed, closed with a full stop",
        "501/owner: no source",
        "502: fixes is empty",
        "source unused: nothing cites it",
    ];
    assert_eq!(found, expected);
}

#[test]
fn faults_of_shape_name_the_file_and_the_reason() {
    let cases = [
        ("\"emitter\"", "\"emiter\"", "unknown field `emiter`"),
        ("\"emitter\": \"gateway\",", "", "missing field `emitter`"),
        ("\"gateway\"", "\"proxy\"", "unknown variant `proxy`"),
        ("\"rfc9110 §15.6.5\"", "\"RFC 9110\"", "citation \"RFC 9110\": expected a source id"),
        ("\"rfc9110 §15.6.5\"", "\"rfc9110 §\"", "citation \"rfc9110 §\": expected a source id"),
    ];
    for (from, to, reason) in cases {
        let message = altered(from, to).map(|_| String::new()).unwrap_or_else(|error| error.to_string());
        assert!(message.starts_with("src/reference/codes/504.json: "), "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn each_mechanism_finds_a_cause_where_a_product_answers_so() {
    for (status, mechanisms) in TOLD {
        for mechanism in mechanisms {
            let ids = for_mechanism(status, mechanism);
            assert!(ids[0].starts_with(&format!("{status}/cause/")), "{status} after {mechanism}: {ids:?}");
            assert!(ids.iter().all(|id| paragraph(id).is_some()), "{ids:?}");
        }
    }
    let told: BTreeSet<_> = codes()
        .iter()
        .flat_map(|code| &code.causes)
        .flat_map(|cause| &cause.mechanisms)
        .map(String::as_str)
        .collect();
    let silent: Vec<_> = MECHANISMS.into_iter().filter(|mechanism| !told.contains(mechanism)).collect();
    assert_eq!(silent, SILENT);
}

#[test]
fn a_mechanism_without_a_cause_falls_back_to_the_definition() {
    assert_eq!(for_mechanism(504, "client_left"), ["504/definition"]);
    assert_eq!(for_mechanism(418, "own_answer"), [""; 0]);
}

#[test]
fn the_general_cause_stands_before_the_special_one() {
    assert_eq!(for_mechanism(504, "read_timeout")[0], "504/cause/upstream-too-slow");
    assert_eq!(
        for_mechanism(502, "closed_before_answer"),
        ["502/cause/closed-before-answer", "502/cause/keep-alive-race"]
    );
    assert_eq!(for_mechanism(503, "no_live_upstream"), ["503/cause/no-live-upstream"]);
}

#[test]
fn paragraphs_are_found_by_their_id_alone() {
    for code in codes() {
        for statement in code.statements() {
            assert_eq!(paragraph(&statement.id), Some(statement));
        }
    }
    for nonsense in
        ["", "504", "504/", "/definition", "504/definition/", "999/definition", "99999/definition", "rfc9110"]
    {
        assert_eq!(paragraph(nonsense), None, "{nonsense:?}");
    }
}

#[test]
fn codes_are_listed_once_and_in_order() {
    let numbers: Vec<_> = codes().iter().map(|code| code.code).collect();
    assert_eq!(numbers, [500, 501, 502, 503, 504]);
    assert!(codes().iter().all(|code| code.class() == 5));
    assert_eq!(code(502).map(|code| code.emitter), Some(Emitter::Gateway));
    assert_eq!(code(418), None);
}

#[test]
fn citations_lead_to_the_section_and_advice_leads_nowhere() {
    let definition = &code(502).unwrap_or_else(|| unreachable!()).definition.sources[0];
    assert_eq!(definition.label(), "RFC 9110 §15.6.3");
    assert_eq!(definition.url().as_deref(), Some("https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3"));
    let without_address: BTreeSet<_> =
        sources().iter().filter(|source| source.url.is_none()).map(|source| source.id.as_str()).collect();
    assert_eq!(without_address, BTreeSet::from(["eng", "practice", "recorded"]));
    let advice = Citation { source: "eng".to_owned(), section: None };
    assert_eq!((advice.label().as_str(), advice.url()), ("advice", None));
}

#[test]
fn the_files_stay_small_enough_to_ship() {
    let bytes: usize = FILES.iter().map(|(_, text)| text.len()).sum();
    assert!(bytes < 60 * 1024, "{bytes} bytes of codes");
}
