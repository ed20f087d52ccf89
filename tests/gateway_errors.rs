//! What is no setting of a gateway, or out of its range, or of another product: a message that helps.

use fivexx::sim::Scenario;
use fivexx::sim::dialect::{DialectName, dialect};

fn refusal(product: &str, settings: &str) -> String {
    let text = format!(r#"{{"gateways": [{{"dialect": "{product}", "settings": {settings}}}]}}"#);
    match Scenario::from_json(&text) {
        Ok(_) => unreachable!("{product} takes {settings}"),
        Err(error) => error.to_string(),
    }
}

const BREAKER: &str = r#"{"breaker": {"trip": {"consecutive": {"failures": 3}}}}"#;

#[test]
fn a_feature_that_a_product_lacks_is_refused_with_what_it_has_instead() {
    for (product, settings, words) in [
        ("apache", BREAKER, "Apache has no such setting; it has the error_state of balancer members"),
        ("apache", r#"{"rate_limit": {"requests": 5}}"#, "mod_ratelimit slows answers down"),
        ("apache", r#"{"next_upstream": ["timeout"]}"#, "it fails over when no connection comes about"),
        ("traefik", r#"{"max_fails": 1}"#, "Traefik has no such setting; "),
        ("caddy", BREAKER, "Caddy has no such setting; "),
        ("nginx", BREAKER, "nginx has no such setting; it takes single upstreams out, by max_fails"),
        ("nginx", r#"{"health_check": {}}"#, "active checks are in the commercial version only"),
        ("nginx", r#"{"request_timeout": "5s"}"#, "next_upstream_timeout for going on to others"),
        ("haproxy", BREAKER, "HAProxy has no such setting; it marks single servers down (observe)"),
        ("haproxy", r#"{"max_fails": 1}"#, "it learns from probes (check)"),
        ("haproxy", r#"{"next_upstream_timeout": "2s"}"#, "it counts retries (next_upstream_tries)"),
        ("envoy", BREAKER, "Envoy has no such setting; what it calls circuit breakers are limits"),
        ("envoy", r#"{"cache": {"ttl": "1s"}}"#, "nothing is stored"),
        ("envoy", r#"{"next_upstream_timeout": "2s"}"#, "request_timeout holds for all tries together"),
        ("varnish", BREAKER, "Varnish has no such setting; it takes single backends out, by health_check"),
        ("varnish", r#"{"rate_limit": {"requests": 5}}"#, "limits of rates are a module of their own"),
        ("varnish", r#"{"passive_health": "max_fails"}"#, "only probes take a backend out: health_check"),
    ] {
        let message = refusal(product, settings);
        assert!(message.starts_with("/gateways/0/settings/"), "{message}");
        assert!(message.contains(words), "{product} {settings}: {message}");
    }
}

#[test]
fn no_recorded_product_takes_everything_and_each_refusal_names_it() {
    let all = [
        BREAKER,
        r#"{"max_fails": 1}"#,
        r#"{"next_upstream_timeout": "2s"}"#,
        r#"{"rate_limit": {"requests": 5}}"#,
        r#"{"cache": {"ttl": "1s"}}"#,
        r#"{"panic_threshold": 0.5}"#,
        r#"{"health_check": {}}"#,
        r#"{"response_buffering": true}"#,
    ];
    for name in DialectName::recorded() {
        let (id, title) = (serde_json::to_value(name).expect("a name"), dialect(name).title());
        let mut refused = 0;
        for settings in all {
            let text = format!(r#"{{"gateways": [{{"dialect": {id}, "settings": {settings}}}]}}"#);
            if let Err(error) = Scenario::from_json(&text) {
                let message = error.to_string();
                let named = format!("expected nothing: {title} has no such setting; ");
                let instead = message.split_once(&named).map_or("", |(_, instead)| instead);
                assert!(instead.len() > 20, "{message}");
                refused += 1;
            }
        }
        assert!(refused >= 3, "{title} refuses {refused} of {}", all.len());
    }
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range_and_the_product_s_name_for_it() {
    for (product, settings, words) in [
        ("nginx", r#"{"connect_timeout": "0s"}"#, "expected 1ms to 86400s (nginx `proxy_connect_timeout`)"),
        ("haproxy", r#"{"connect_timeout": "0s"}"#, "expected 1ms to 86400s (HAProxy `timeout connect`)"),
        ("apache", r#"{"header_limit": 3}"#, "expected 256 to 1048576 (Apache `responsefieldsize`)"),
        ("envoy", r#"{"request_timeout": "100000s"}"#, "(Envoy `timeout`)"),
        ("varnish", r#"{"next_upstream_tries": 101}"#, "expected 0 to 100 (Varnish `bereq.retries`)"),
    ] {
        let message = refusal(product, settings);
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_product_s_own_directive_leads_to_the_neutral_name() {
    for (product, settings, words) in [
        (
            "nginx",
            r#"{"proxy_read_timeout": "2s"}"#,
            "expected `read_timeout`, which is what nginx calls `proxy_read_timeout`",
        ),
        (
            "haproxy",
            r#"{"timeout server": "2s"}"#,
            "`send_timeout`, which is what HAProxy calls `timeout server`",
        ),
        ("envoy", r#"{"retry_on": "5xx"}"#, "`next_upstream`, which is what Envoy calls `retry_on`"),
        (
            "varnish",
            r#"{"first_byte_timeout": "2s"}"#,
            "`read_timeout`, which is what Varnish calls `first_byte_timeout`",
        ),
        ("apache", r#"{"ProxyTimeout": "2s"}"#, "which is what Apache calls `ProxyTimeout`"),
        (
            "nginx",
            r#"{"health_check": {}, "health check": {}}"#,
            "nginx has `health_check`, but it is not modelled",
        ),
        (
            "apache",
            r#"{"proxy_next_upstream": []}"#,
            "it is nginx's name for `next_upstream`, and Apache has nothing like it; it fails over",
        ),
        (
            "nginx",
            r#"{"conect_timeout": "2s"}"#,
            "did you mean `connect_timeout`?); nginx has connect_timeout (proxy_connect_timeout), ",
        ),
        ("haproxy", r#"{"zzz": 1}"#, "no such field here; HAProxy has connect_timeout (timeout connect), "),
    ] {
        let message = refusal(product, settings);
        assert!(message.contains(words), "{product} {settings}: {message}");
    }
    let later = r#"{"gateways": [{"dialect": "haproxy"}], "timeline": [
        {"at": "1s", "do": {"set": {"node": "gateway", "to": {"gateway": {"timeout_connect": "2s"}}}}}]}"#;
    let message = Scenario::from_json(later).expect_err("no field has that name").to_string();
    assert!(message.contains("what HAProxy calls `timeout connect`"), "{message}");
}
