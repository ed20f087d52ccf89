use super::super::{DialectName, Known, dialect};
use super::*;
use crate::sim::others::{Ended, Heard, opinion};
use crate::sim::scenario::Scenario;
use crate::sim::simulation::run;
use crate::sim::trace::SpanKind;

fn scenario(name: &str, fault: &str, more: &str) -> Scenario {
    let faults = if fault == "black_hole" { String::new() } else { format!(r#""faults": [{{{fault}}}]"#) };
    let link = if fault == "black_hole" {
        r#""link": {"latency": "0s", "faults": [{"black_hole": {}}]}"#
    } else {
        r#""link": {"latency": "0s"}"#
    };
    let comma = if faults.is_empty() { "" } else { "," };
    let text = format!(
        r#"{{"horizon": "300s", "gateways": [{{"dialect": "{name}", "link": {{"latency": "0s"}}}}],
            "origins": [{{"app": "probe", {link}{comma} {faults}}}],
            "timeline": [{{"at": "0s", "do": {{"send": {{"client": "client", "request": {{"path": "/x"}}}}}}}}]{more}}}"#
    );
    Scenario::from_json(&text).unwrap_or_else(|e| unreachable!("{e}: {text}"))
}

fn heard(scenario: &Scenario) -> Heard {
    opinion(scenario, "gateway", scenario.gateways[0].dialect).expect("a gateway").answers.remove(0)
}

fn log(scenario: &Scenario) -> String {
    let trace = run(scenario);
    let (id, span) = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request");
    let product = dialect(trace.dialect(span.node).expect("a gateway"));
    product.log_lines(&trace, id).pop().map(|line| line.text).unwrap_or_default()
}

const REFUSED: &str = r#""process_down": {}"#;
const CLOSED: &str = r#""crash_after_read": {}"#;
const FROZEN: &str = r#""frozen": {}"#;
const NO_COLON: &str = r#""malformed_head": {}"#;
const CUT: &str = r#""answer_cut": {}"#;
const HUGE: &str = r#""head_too_large": {"bytes": 140000}"#;
const BLACK_HOLE: &str = "black_hole";

/// What the documents say of each product, as the table of vendors has it: status and whole seconds; 0 for "not
/// documented".
#[test]
fn each_condition_is_answered_as_documented_or_not_at_all() {
    type Case = (&'static str, u16, u64);
    let cases: [(&str, [Case; 6]); 7] = [
        (
            "alb",
            [
                (REFUSED, 502, 0),
                (BLACK_HOLE, 504, 10),
                (CLOSED, 502, 0),
                (NO_COLON, 502, 0),
                (FROZEN, 504, 60),
                (HUGE, 502, 0),
            ],
        ),
        (
            "api_gateway",
            [
                (REFUSED, 504, 0),
                (BLACK_HOLE, 504, 29),
                (CLOSED, 504, 0),
                (NO_COLON, 502, 0),
                (FROZEN, 504, 29),
                (HUGE, 200, 0),
            ],
        ),
        (
            "cloudfront",
            [
                (REFUSED, 502, 0),
                (BLACK_HOLE, 504, 30),
                (CLOSED, 0, 0),
                (NO_COLON, 0, 0),
                (FROZEN, 504, 90),
                (HUGE, 200, 0),
            ],
        ),
        (
            "google_cloud",
            [
                (REFUSED, 502, 0),
                (BLACK_HOLE, 502, 30),
                (CLOSED, 502, 0),
                (NO_COLON, 502, 0),
                (FROZEN, 502, 30),
                (HUGE, 200, 0),
            ],
        ),
        (
            "cloudflare",
            [
                (REFUSED, 521, 0),
                (BLACK_HOLE, 522, 19),
                (CLOSED, 520, 0),
                (NO_COLON, 520, 0),
                (FROZEN, 524, 120),
                (HUGE, 520, 0),
            ],
        ),
        (
            "iis",
            [
                (REFUSED, 502, 0),
                (BLACK_HOLE, 502, 30),
                (CLOSED, 502, 0),
                (NO_COLON, 502, 0),
                (FROZEN, 502, 30),
                (HUGE, 200, 0),
            ],
        ),
        (
            "heroku",
            [
                (REFUSED, 503, 0),
                (BLACK_HOLE, 503, 5),
                (CLOSED, 503, 0),
                (NO_COLON, 503, 0),
                (FROZEN, 503, 30),
                (HUGE, 502, 0),
            ],
        ),
    ];
    for (name, cases) in cases {
        for (fault, status, seconds) in cases {
            let heard = heard(&scenario(name, fault, ""));
            let got = (heard.status.unwrap_or_default(), heard.took.as_millis() / 1_000);
            assert_eq!(got, (status, seconds), "{name} {fault}: {heard:#?}");
            assert_eq!(heard.ended == Ended::NotDocumented, status == 0, "{name} {fault}");
            if status == 0 {
                assert_eq!(heard.rule.map(|rule| rule.id), Some(Rule::NOT_DOCUMENTED));
            }
        }
    }
}

#[test]
fn each_product_s_own_code_is_in_its_log() {
    for (name, fault, expected) in [
        ("alb", FROZEN, " 504 - "),
        (
            "api_gateway",
            FROZEN,
            r#""status":"504","responseLength":"41","responseType":"INTEGRATION_TIMEOUT""#,
        ),
        ("cloudfront", REFUSED, "\tGET\t/x\t502\tError\t"),
        ("google_cloud", CLOSED, r#""statusDetails":"backend_connection_closed_before_data_sent_to_client""#),
        ("cloudflare", REFUSED, r#""EdgeResponseStatus":521,"OriginResponseStatus":0"#),
        ("iis", FROZEN, "GET /x 502 3 12002 30000"),
        ("iis", CUT, "GET /x 502 3 12030 "),
        ("heroku", FROZEN, r#"at=error code=H12 desc="Request timeout" method=GET path="/x""#),
        ("heroku", REFUSED, "code=H21 "),
        ("heroku", CUT, "code=H18 "),
        ("heroku", NO_COLON, "code=H17 "),
    ] {
        let line = log(&scenario(name, fault, ""));
        assert!(line.contains(expected), "{name} {fault}: {line}");
    }
    assert!(log(&scenario("heroku", CUT, "")).contains("status=503"), "in the log, whatever the client read");
    let client = heard(&scenario("heroku", CUT, ""));
    assert_eq!((client.status, client.ended), (Some(200), Ended::CutShort));
}

#[test]
fn a_client_that_leaves_has_its_own_code_where_one_is_documented() {
    let leaves = r#", "clients": [{"policy": {"attempt_timeout": "1s"}}]"#;
    for (name, expected) in [
        ("alb", " 460 - "),
        ("google_cloud", r#""status":0,"#),
        ("cloudflare", r#""EdgeResponseStatus":499"#),
        ("heroku", r#"code=H27 desc="Client Request Interrupted""#),
    ] {
        let line = log(&scenario(name, FROZEN, leaves));
        assert!(line.contains(expected), "{name}: {line}");
    }
}

#[test]
fn cloudfront_repeats_a_get_and_no_post() {
    let mut frozen = scenario("cloudfront", FROZEN, "");
    assert_eq!(heard(&frozen).tries.len(), 3);
    if let crate::sim::scenario::Action::Send { request, .. } = &mut frozen.timeline[0].action {
        request.method = Method::Post;
    }
    let post = heard(&frozen);
    assert_eq!((post.status, post.tries.len(), post.took.as_millis() / 1_000), (Some(504), 1, 30));
}

#[test]
fn ingress_nginx_is_nginx_with_its_own_defaults_and_no_version() {
    let hole = heard(&scenario("ingress_nginx", BLACK_HOLE, ""));
    assert_eq!((hole.status, hole.took.as_millis() / 1_000), (Some(504), 5));
    assert!(!hole.sees.contains("1.22.1") && !hole.sees.contains("Server:"), "{}", hole.sees);
    assert!(hole.sees.contains("<hr><center>nginx</center>"), "{}", hole.sees);
}

#[test]
fn every_rule_names_its_document_and_every_table_ends_with_what_is_not_documented() {
    for product in [&ALB, &API_GATEWAY, &CLOUDFRONT, &GOOGLE_CLOUD, &CLOUDFLARE, &IIS, &HEROKU] {
        assert!(product.provenance.starts_with("documented, not recorded: https://"), "{}", product.title);
        assert_eq!(product.rows.len(), product.rules.len());
        let (last, others) = product.rows.split_last().expect("a table has rows");
        assert_eq!(last.rule.id, Rule::NOT_DOCUMENTED, "{}", product.title);
        for row in others {
            assert!(row.rule.source.contains("https://"), "{}: {}", product.title, row.rule.text);
            assert_ne!(row.when, When::NotDocumented, "{}", product.title);
        }
        for (i, row) in others.iter().enumerate() {
            assert!(others[..i].iter().all(|r| r.when != row.when), "{}: {:?}", product.title, row.when);
        }
    }
}

#[test]
fn what_none_of_them_has_is_refused_with_the_product_s_name() {
    for name in DialectName::ALL.iter().filter(|name| dialect(**name).known() == Known::Documented) {
        let name = *name;
        let product = dialect(name);
        if name == DialectName::Rfc9209 {
            continue;
        }
        let id = serde_json::to_value(name).expect("a name");
        let text = format!(
            r#"{{"gateways": [{{"dialect": {id}, "settings": {{"breaker": {{"trip": {{"consecutive": {{"failures": 3}}}}}}}}}}]}}"#
        );
        let refusal = Scenario::from_json(&text).expect_err("no product has it").to_string();
        assert!(refusal.contains(product.title()), "{refusal}");
        assert!(refusal.contains("/gateways/0/settings/breaker"), "{refusal}");
    }
}

/// One gateway with these settings, one origin with this link and these faults, requests at these seconds.
fn whole(name: &str, settings: &str, origin: &str, at: &[u32]) -> Scenario {
    let send = |at: &u32| {
        format!(r#"{{"at": "{at}s", "do": {{"send": {{"client": "client", "request": {{"path": "/x"}}}}}}}}"#)
    };
    let sends: Vec<String> = at.iter().map(send).collect();
    let text = format!(
        r#"{{"horizon": "300s", "gateways": [{{"dialect": "{name}", "settings": {settings}}}],
            "origins": [{{"app": "probe", {origin}}}], "timeline": [{}]}}"#,
        sends.join(", ")
    );
    Scenario::from_json(&text).unwrap_or_else(|e| unreachable!("{e}: {text}"))
}

fn statuses(scenario: &Scenario) -> Vec<u16> {
    let said = opinion(scenario, "gateway", scenario.gateways[0].dialect).expect("a gateway");
    said.answers.iter().map(|h| h.status.unwrap_or_default()).collect()
}

#[test]
fn names_and_tls_have_codes_of_their_own_at_cloudflare_and_none_at_heroku() {
    const UNKNOWN: &str = r#""link": {"faults": [{"name_not_resolved": {}}]}"#;
    const PLAIN: &str = r#""link": {"tls": "1.3"}, "faults": [{"plaintext": {}}]"#;
    const UNTRUSTED: &str = r#""link": {"tls": "1.3"}, "faults": [{"bad_certificate": {}}]"#;
    for (name, unknown, plain, untrusted) in
        [("cloudflare", 530, 525, 526), ("cloudfront", 502, 502, 502), ("heroku", 0, 0, 0)]
    {
        let got = [UNKNOWN, PLAIN, UNTRUSTED].map(|origin| statuses(&whole(name, "{}", origin, &[0]))[0]);
        assert_eq!(got, [unknown, plain, untrusted], "{name}");
    }
    let seen = heard(&whole("cloudflare", "{}", UNKNOWN, &[0])).sees;
    assert!(seen.contains("1016"), "the body has the code: {seen}");
}

#[test]
fn alb_asks_all_targets_when_none_is_healthy_and_iis_asks_none() {
    let check = r#"{"health_check": {"interval": "1s", "timeout": "1s", "fall": 2}}"#;
    let down = r#""faults": [{"process_down": {}}]"#;
    let alb = whole("alb", check, down, &[0, 10]);
    assert_eq!(statuses(&alb), [502, 502], "it fails open");
    let iis = whole("iis", check, down, &[0, 10]);
    assert_eq!(statuses(&iis), [502, 502]);
    let asked = |scenario: &Scenario| {
        let said = opinion(scenario, "gateway", scenario.gateways[0].dialect).expect("a gateway");
        said.answers[1].tries.len()
    };
    assert_eq!((asked(&alb), asked(&iis)), (1, 0));
    let trace = run(&iis);
    let (id, _) = trace.of_kind(SpanKind::GatewayRequest).last().expect("a request");
    let line = dialect(DialectName::Iis).log_lines(&trace, id).remove(0).text;
    assert!(line.contains("GET /x 502 4 0 "), "{line}");
}

#[test]
fn limits_and_maintenance_have_their_codes() {
    let rate = r#"{"rate_limit": {"requests": 1, "period": "60s", "burst": 1}}"#;
    for (name, status, code) in [
        ("alb", 403, " 403 - "),
        ("api_gateway", 429, "THROTTLED"),
        ("google_cloud", 429, "banned_by_security_policy"),
        ("cloudflare", 429, "429"),
        ("iis", 403, "GET /x 403 502 0 "),
    ] {
        let scenario = whole(name, rate, r#""id": "A""#, &[0, 1]);
        assert_eq!(statuses(&scenario), [200, status], "{name}");
        let trace = run(&scenario);
        let (id, span) = trace.of_kind(SpanKind::GatewayRequest).last().expect("a request");
        let product = dialect(trace.dialect(span.node).expect("a gateway"));
        let line = product.log_lines(&trace, id).remove(0).text;
        assert!(line.contains(code), "{name}: {line}");
    }
    let maintenance = r#"{"maintenance": {"on": {}}}"#;
    for (name, code) in [("heroku", "code=H80 desc=\"Maintenance mode\""), ("iis", "GET /x 503 0 0 ")] {
        let scenario = whole(name, maintenance, r#""id": "A""#, &[0]);
        assert_eq!(statuses(&scenario), [503], "{name}");
        assert!(log(&scenario).contains(code), "{name}: {}", log(&scenario));
    }
    let backlog = r#"{"limits": {"upstream_requests": 1, "queue": 0}}"#;
    let heroku = whole("heroku", backlog, r#""faults": [{"slow_answer": {"delay": "5s"}}]"#, &[0, 1]);
    assert_eq!(statuses(&heroku), [200, 503]);
}

#[test]
fn how_an_answer_that_breaks_off_is_reported_is_not_documented_everywhere() {
    for (name, ended) in [
        ("alb", Ended::NotDocumented),
        ("api_gateway", Ended::NotDocumented),
        ("cloudfront", Ended::CutShort),
        ("google_cloud", Ended::CutShort),
        ("cloudflare", Ended::NotDocumented),
        ("iis", Ended::CutShort),
        ("heroku", Ended::CutShort),
    ] {
        let heard = heard(&scenario(name, CUT, ""));
        assert_eq!((heard.status, heard.ended), (Some(200), ended), "{name}");
    }
    let stalls = r#""faults": [{"answer_cut": {"how": "stall"}}]"#;
    assert!(
        log(&whole("alb", "{}", stalls, &[0])).contains(" 504 200 "),
        "the client read 200, the log says 504"
    );
}
