//! Requests that a gateway answers by itself because of what they are: too large, unreadable, or HEAD.

use std::collections::BTreeMap;

use fivexx::sim::Scenario;
use fivexx::sim::dialect::{DialectName, EffectiveSettings, Setting, dialect};
use fivexx::sim::explain;
use fivexx::sim::message::Method;
use fivexx::sim::scenario::GatewaySettings;
use fivexx::sim::simulation::run;
use fivexx::sim::trace::{Note, Outcome, SpanId, SpanKind, Trace};
use serde_json::{Value, json};

/// Runs requests, one a second, through a gateway to an origin with these faults.
fn play(product: &str, settings: Value, faults: Value, requests: &[Value]) -> Trace {
    let send = |(i, request): (usize, &Value)| json!({"at": format!("{i}s"), "do": {"send": {"client": "client", "request": request}}});
    let timeline: Vec<Value> = requests.iter().enumerate().map(send).collect();
    let all = json!({
        "clients": [{"keep_alive": {}}], "gateways": [{"dialect": product, "settings": settings}],
        "origins": [{"id": "A", "faults": faults}], "dependencies": [], "timeline": timeline,
    });
    run(&Scenario::from_json(&all.to_string()).expect("a scenario"))
}

fn order(body: &str) -> Value {
    json!({"method": "POST", "path": "/orders", "body": body})
}

fn get(path: &str) -> Value {
    json!({"path": path})
}

fn attempts(trace: &Trace) -> Vec<SpanId> {
    trace.of_kind(SpanKind::Attempt).map(|(id, _)| id).collect()
}

/// What an attempt read, head and body.
fn read(trace: &Trace, attempt: SpanId) -> String {
    match trace.span(attempt).outcome {
        Outcome::Answer(message) => trace.render(message),
        other => unreachable!("no answer: {other:?}"),
    }
}

fn first(trace: &Trace) -> String {
    read(trace, attempts(trace)[0])
}

fn tries(trace: &Trace) -> usize {
    trace.of_kind(SpanKind::Try).count()
}

/// Head without `Date`, and body.
fn parts(answer: &str) -> (BTreeMap<String, String>, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an empty line ends the head");
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    (fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(), body)
}

fn log(trace: &Trace, file: &str) -> Vec<String> {
    let (request, span) = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request");
    let name = trace.dialect(span.node).expect("a gateway has a dialect");
    let lines = dialect(name).log_lines(trace, request);
    lines.into_iter().filter(|line| line.file == file).map(|line| line.text).collect()
}

fn recorded() -> Vec<String> {
    let name = |name| serde_json::to_value(name).expect("a name").as_str().expect("a text").to_owned();
    DialectName::recorded().map(name).collect()
}

const SEVEN: &str = "1234567";

#[test]
fn a_body_over_the_limit_is_answered_before_anybody_is_asked() {
    // The first line, the body, whether the connection is closed.
    let nginx = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
    let apache = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>413 Request Entity Too Large</title>\n</head><body>\n<h1>Request Entity Too Large</h1>\nThe requested resource does not allow request data with POST requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n</body></html>\n";
    for (product, line, expected, closes) in [
        ("nginx", "HTTP/1.1 413 Request Entity Too Large", nginx, true),
        ("apache", "HTTP/1.1 413 Request Entity Too Large", apache, true),
        ("envoy", "HTTP/1.1 413 Payload Too Large", "Payload Too Large", true),
        ("caddy", "HTTP/1.1 413 Request Entity Too Large", "", false),
        ("traefik", "HTTP/1.1 413 Request Entity Too Large", "Request Entity Too Large", false),
        ("rfc9209", "HTTP/1.1 413 Content Too Large", "413 Content Too Large: http_request_error\n", false),
        (
            "ingress_nginx",
            "HTTP/1.1 413 Request Entity Too Large",
            &nginx.replace("nginx/1.22.1", "nginx"),
            true,
        ),
    ] {
        let trace = play(product, json!({"body_limit": 6}), json!([]), &[order(SEVEN)]);
        let answer = first(&trace);
        let (head, body) = parts(&answer);
        assert_eq!((answer.lines().next(), body), (Some(line), expected), "{product}");
        assert_eq!(head["content-length"], expected.len().to_string(), "{product}");
        assert_eq!(head.get("connection").is_some_and(|value| value == "close"), closes, "{product}");
        assert_eq!(tries(&trace), 0, "{product}");
        let told = explain(&trace, attempts(&trace)[0]);
        assert!(told.summary.contains("larger than the 6 bytes"), "{product}: {}", told.summary);
        // As large as it may be, it passes.
        let trace = play(product, json!({"body_limit": 7}), json!([]), &[order(SEVEN)]);
        assert!(first(&trace).starts_with("HTTP/1.1 201 "), "{product}");
        // Off.
        let trace = play(product, json!({"body_limit": 0}), json!([]), &[order(&SEVEN.repeat(1_000))]);
        assert!(first(&trace).starts_with("HTTP/1.1 201 "), "{product}");
    }
}

#[test]
fn logs_tell_of_a_body_that_was_too_large() {
    for (product, settings, file, ends) in [
        (
            "nginx",
            json!({"body_limit": 6}),
            "error",
            "client intended to send too large body: 7 bytes, client: 127.0.0.1, server: orders.example, request: \"POST /orders HTTP/1.1\", host: \"orders.example\"",
        ),
        ("nginx", json!({"body_limit": 6}), "access", "bytes=183 \"POST /orders HTTP/1.1\""),
        (
            "apache",
            json!({"body_limit": 6}),
            "error",
            "[http:info] [pid 7:tid 7] [client 127.0.0.1:40000] AH01588: Requested content-length of 7 is larger than the configured limit of 6",
        ),
        (
            "envoy",
            json!({"body_limit": 6}),
            "access",
            "status=413 flags=- details=request_payload_too_large attempts=1 upstream=- tfail=\"-\" conn_term=- dur=0 bytes=17 \"POST /orders\"",
        ),
        (
            "traefik",
            json!({"body_limit": 6}),
            "access",
            "\"POST /orders HTTP/1.1\" 413 24 \"-\" \"-\" 1 \"orders@file\" \"-\" 0ms",
        ),
    ] {
        let trace = play(product, settings, json!([]), &[order(SEVEN)]);
        let lines = log(&trace, file);
        assert!(lines.len() == 1 && lines[0].ends_with(ends), "{product}: {lines:?}");
    }
    let trace = play("caddy", json!({"body_limit": 5}), json!([]), &[order(SEVEN)]);
    assert!(log(&trace, "error").is_empty(), "an error below 500 is not logged as one");
    let line: Value = serde_json::from_str(&log(&trace, "access")[0]).expect("JSON");
    assert_eq!((&line["status"], &line["bytes_read"], &line["size"]), (&json!(413), &json!(6), &json!(0)));
}

#[test]
fn connections_after_413_are_kept_where_the_product_keeps_them() {
    for (product, reused) in [("nginx", false), ("apache", false), ("caddy", true), ("traefik", true)] {
        let trace = play(product, json!({"body_limit": 6}), json!([]), &[order(SEVEN), get("/orders/1")]);
        let second = attempts(&trace)[1];
        let found = trace.notes(second).any(|event| event.note == Note::Reused);
        assert_eq!(found, reused, "{product}");
        assert!(read(&trace, second).starts_with("HTTP/1.1 "), "{product}");
    }
}

#[test]
fn defaults_of_limits_are_those_of_the_documents() {
    let of = |name| {
        let product = dialect(name);
        let s: EffectiveSettings = product.effective(&GatewaySettings::default());
        (s.body_limit, product.directive(Setting::BodyLimit), product.value(Setting::BodyLimit, &s))
    };
    assert_eq!(of(DialectName::Nginx), (1_048_576, "client_max_body_size", "1m".to_owned()));
    assert_eq!(of(DialectName::IngressNginx), (1_048_576, "proxy-body-size", "1m".to_owned()));
    assert_eq!(of(DialectName::Apache), (1_073_741_824, "LimitRequestBody", "1073741824".to_owned()));
    assert_eq!(of(DialectName::Envoy), (0, "max_request_bytes", "0".to_owned()));
    assert_eq!(of(DialectName::Caddy), (0, "request_body max_size", "0".to_owned()));
    assert_eq!(of(DialectName::Traefik), (0, "buffering.maxRequestBodyBytes", "0".to_owned()));
    assert_eq!(of(DialectName::Rfc9209), (0, "body_limit", "0".to_owned()));
    let refused = |product: &str, limit: u64| {
        let text = json!({"gateways": [{"dialect": product, "settings": {"body_limit": limit}}]}).to_string();
        Scenario::from_json(&text).expect_err("refused").to_string()
    };
    assert!(refused("haproxy", 1).contains("deny_status 413 if { req.body_size gt 1000 }"));
    assert!(refused("varnish", 1).contains("std.integer(req.http.content-length, 0)"));
    for product in ["alb", "api_gateway", "cloudfront", "google_cloud", "cloudflare", "iis", "heroku"] {
        assert!(refused(product, 1).contains("/gateways/0/settings/body_limit"), "{product}");
    }
    let message = refused("nginx", 1 << 31);
    assert!(message.contains("0 to 2147483647 (nginx `client_max_body_size`)"), "{message}");
}

#[test]
fn in_maintenance_some_products_look_at_the_size_first() {
    for (product, status) in
        [("nginx", 413), ("envoy", 413), ("traefik", 413), ("rfc9209", 413), ("apache", 503), ("caddy", 503)]
    {
        let settings = json!({"body_limit": 6, "maintenance": {"on": {}}});
        let trace = play(product, settings, json!([]), &[order(SEVEN)]);
        assert!(first(&trace).starts_with(&format!("HTTP/1.1 {status} ")), "{product}");
    }
}

#[test]
fn a_gateway_s_own_answers_to_head_have_no_body() {
    let cases = [(json!({"maintenance": {"on": {}}}), json!([])), (json!({}), json!([{"process_down": {}}]))];
    for product in recorded() {
        for (settings, faults) in &cases {
            let of = |method: Method| {
                let request = json!({"method": method, "path": "/orders/1"});
                play(&product, settings.clone(), faults.clone(), &[request])
            };
            let (get, head) = (of(Method::Get), of(Method::Head));
            let (get, head) = (first(&get), first(&head));
            let ((mut told, body), (fields, none)) = (parts(&get), parts(&head));
            assert_eq!((get.lines().next(), none), (head.lines().next(), ""), "{product}");
            // Apache knows no length without a page, and net/http none where nothing was written.
            if product == "apache" || product == "caddy" && body.is_empty() {
                told.remove("content-length");
            } else {
                assert_eq!(fields["content-length"], body.len().to_string(), "{product}");
            }
            told.remove("date");
            let mut fields = fields.clone();
            fields.remove("date");
            assert_eq!(fields, told, "{product} {settings}");
        }
    }
}

#[test]
fn logs_count_no_body_of_answers_to_head() {
    let head = json!({"method": "HEAD", "path": "/orders/1"});
    let line = |product: &str| {
        let trace = play(product, json!({"maintenance": {"on": {}}}), json!([]), std::slice::from_ref(&head));
        log(&trace, "access").remove(0)
    };
    assert!(line("nginx").contains(" bytes=0 "), "{}", line("nginx"));
    assert!(line("envoy").contains(" bytes=0 "), "{}", line("envoy"));
    assert!(line("apache").contains("\" 503 - \""), "{}", line("apache"));
    assert!(line("varnish").contains("\" 503 0 \""), "{}", line("varnish"));
    assert!(line("caddy").contains("\"size\":0,"), "{}", line("caddy"));
    assert!(line("traefik").contains("\" 503 0 \""), "{}", line("traefik"));
}

#[test]
fn answers_of_origins_to_head_end_with_their_head() {
    let head = json!({"method": "HEAD", "path": "/orders/1042"});
    for product in recorded() {
        let faults = [
            (json!([]), 404),
            (json!([{"application_error": {"status": 503}}]), 503),
            (json!([{"answer_cut": {}}]), 404),
            (json!([{"answer_cut": {"how": "stall"}}]), 404),
            (json!([{"answer_cut": {"how": "chunked"}}]), 404),
        ];
        for (faults, status) in faults {
            let trace = play(&product, json!({}), faults.clone(), std::slice::from_ref(&head));
            let attempt = attempts(&trace)[0];
            let answer = read(&trace, attempt);
            let (fields, body) = parts(&answer);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{product} {faults}: {answer}");
            assert_eq!(body, "", "{product} {faults}");
            assert_eq!(fields.get("content-length"), None, "{product} {faults}: a length that nobody told");
            // The application takes no time for it, and nobody waits for a body.
            let span = trace.span(attempt);
            assert!(span.end.since(span.start).as_millis() < 100, "{product} {faults}: {}", span.end);
        }
    }
}

#[test]
fn a_length_that_one_gateway_tells_to_head_passes_the_next() {
    let all = json!({
        "gateways": [{"id": "outer"}, {"id": "inner", "dialect": "envoy", "settings": {"maintenance": {"on": {}}}}],
        "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {"method": "HEAD"}}}}],
    });
    let trace = run(&Scenario::from_json(&all.to_string()).expect("a scenario"));
    let answer = first(&trace);
    let (fields, body) = parts(&answer);
    assert_eq!(
        (fields["server"].as_str(), fields["content-length"].as_str(), body),
        ("nginx/1.22.1", "20", "")
    );
}

/// An escape that is none, and a path above the root: nginx 1.22.1 refuses both.
const TARGETS: [&str; 6] = ["/%zz", "/orders/%4", "/../orders/1", "/a/%2e%2e/../x", "/%00", "/a/..%2f../x"];

#[test]
fn targets_that_a_product_cannot_read_are_refused() {
    // Which of them pass: the product answers as the origin does, which knows none of these paths.
    for (product, refused) in [
        ("nginx", [true, true, true, true, true, true]),
        ("ingress_nginx", [true, true, true, true, true, true]),
        ("apache", [true, true, true, true, false, false]),
        ("caddy", [true, true, false, false, false, false]),
        ("traefik", [true, true, false, false, false, false]),
        ("haproxy", [false; 6]),
        ("envoy", [false; 6]),
        ("varnish", [false; 6]),
        ("rfc9209", [false; 6]),
    ] {
        for (target, refused) in TARGETS.into_iter().zip(refused) {
            let trace = play(product, json!({}), json!([]), &[get(target)]);
            let answer = first(&trace);
            let status = if refused { "HTTP/1.1 400 Bad Request\r\n" } else { "HTTP/1.1 404 " };
            assert!(answer.starts_with(status), "{product} {target}: {answer}");
            assert_eq!(tries(&trace), usize::from(!refused), "{product} {target}");
            if refused {
                let (head, _) = parts(&answer);
                assert_eq!(head["connection"], "close", "{product}");
                let told = explain(&trace, attempts(&trace)[0]);
                assert!(told.summary.ends_with("cannot read the target of the request."), "{}", told.summary);
            }
        }
        // What is odd alone, and the same in a query, is not.
        for target in ["/a/../orders/1", "/orders/1?next=/../%zz", "/%2e%2e%2e", "/.../x"] {
            let trace = play(product, json!({}), json!([]), &[get(target)]);
            assert_eq!(tries(&trace), 1, "{product} {target}");
        }
    }
}

#[test]
fn what_is_refused_with_400_looks_as_the_product_writes_it() {
    let answer = |product: &str| first(&play(product, json!({}), json!([]), &[get("/%zz")]));
    let nginx = answer("nginx");
    assert!(nginx.contains("\r\nContent-Length: 157\r\nConnection: close\r\n\r\n<html>\r\n<head><title>400 Bad Request</title></head>"), "{nginx}");
    let page = "<title>400 Bad Request</title>\n</head><body>\n<h1>Bad Request</h1>\n<p>Your browser sent a request that this server could not understand.<br />\n</p>\n</body></html>\n";
    assert!(answer("apache").ends_with(page), "{}", answer("apache"));
    // net/http writes neither date nor length.
    let go = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request";
    assert_eq!((answer("caddy").as_str(), answer("traefik").as_str()), (go, go));
    let lines = |product: &str, target: &str| {
        let trace = play(product, json!({}), json!([]), &[get(target)]);
        (log(&trace, "error"), log(&trace, "access").len())
    };
    let (errors, access) = lines("nginx", "/%zz");
    let end = "[info] 7#7: *1 client sent invalid request while reading client request line, client: 127.0.0.1, server: orders.example, request: \"GET /%zz HTTP/1.1\"";
    assert!(errors.len() == 1 && errors[0].ends_with(end) && access == 1, "{errors:?}");
    let (errors, access) = lines("apache", "/../x");
    assert!(errors.len() == 1 && errors[0].ends_with("AH10244: invalid URI path (/../x)") && access == 1);
    assert_eq!(lines("apache", "/%zz"), (Vec::new(), 1));
    assert_eq!((lines("caddy", "/%zz"), lines("traefik", "/%zz")), ((Vec::new(), 0), (Vec::new(), 0)));
}

#[test]
fn which_statuses_speak_for_an_upstream_is_the_product_s_rule() {
    let accepted =
        |name| [199, 200, 204, 299, 301, 399, 400, 503].map(|status| dialect(name).probe_accepts(status));
    let to_399 = [false, true, true, true, true, true, false, false];
    let to_299 = [false, true, true, true, false, false, false, false];
    let one = [false, true, false, false, false, false, false, false];
    for (name, expected) in [
        (DialectName::Haproxy, to_399),
        (DialectName::Apache, to_399),
        (DialectName::Traefik, to_399),
        (DialectName::Caddy, to_299),
        (DialectName::Rfc9209, to_299),
        (DialectName::Envoy, one),
        (DialectName::Varnish, one),
    ] {
        assert_eq!(accepted(name), expected, "{name}");
    }
}
