//! Bytes that were seen at an origin behind the real products, in November 2026: nginx 1.22.1, HAProxy 2.6.12, Apache
//! httpd 2.4.71, Varnish 7.1.1, each with its defaults, one request at a time, from curl 7.88.1 over loopback.

use super::{Hop, RequestBytes};
use crate::sim::dialect::{DialectName, dialect};
use crate::sim::message::Method;
use crate::sim::scenario::{GatewaySettings, KeepAlive, UpstreamKeepAlive};

const GET: &str = "GET /orders/42?x=1 HTTP/1.1
Host: orders.example
User-Agent: curl/7.88.1
Accept: */*

";

/// With what a client or a proxy before may have said already.
const POST: &str = "POST /orders HTTP/1.1
Host: orders.example
User-Agent: curl/7.88.1
Accept: */*
Content-Type: application/json
Idempotency-Key: k1
X-Forwarded-For: 10.0.0.9
Via: 1.1 edge
Content-Length: 11

{\"item\": 1}";

fn parsed(text: &str) -> RequestBytes {
    let (head, body) = text.split_once("\n\n").expect("an empty line");
    let mut lines = head.lines();
    let mut first = lines.next().expect("a request line").split(' ');
    let method = first.next().and_then(|m| Method::ALL.into_iter().find(|known| known.as_str() == m));
    let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
    RequestBytes {
        method: method.expect("a method"),
        target: first.next().expect("a target").to_owned(),
        version: "HTTP/1.1",
        headers: lines.filter_map(header).collect(),
        body: body.to_owned(),
    }
}

fn through(name: DialectName, settings: &GatewaySettings, text: &str) -> String {
    let product = dialect(name);
    let hop = Hop { from: "127.0.0.1".into(), to: "127.0.0.1:18900".into(), number: 3 };
    let passage = product.passage(&product.effective(settings));
    parsed(text).passed_on(passage, &hop).render().replace("\r\n", "\n")
}

#[test]
fn each_product_writes_the_lines_that_an_origin_saw() {
    let kept = GatewaySettings {
        upstream_keep_alive: Some(UpstreamKeepAlive::On(KeepAlive::default())),
        ..GatewaySettings::default()
    };
    let usual = GatewaySettings::default();
    let cases = [
        (
            DialectName::Nginx,
            &usual,
            GET,
            "GET /orders/42?x=1 HTTP/1.0
Host: orders
Connection: close
User-Agent: curl/7.88.1
Accept: */*

",
        ),
        (
            DialectName::Nginx,
            &usual,
            POST,
            "POST /orders HTTP/1.0
Host: orders
Connection: close
Content-Length: 11
User-Agent: curl/7.88.1
Accept: */*
Content-Type: application/json
Idempotency-Key: k1
X-Forwarded-For: 10.0.0.9
Via: 1.1 edge

{\"item\": 1}",
        ),
        // With `keepalive`, `proxy_http_version 1.1` and `proxy_set_header Connection \"\"`.
        (
            DialectName::Nginx,
            &kept,
            GET,
            "GET /orders/42?x=1 HTTP/1.1
Host: orders
User-Agent: curl/7.88.1
Accept: */*

",
        ),
        (
            DialectName::Haproxy,
            &usual,
            POST,
            "POST /orders HTTP/1.1
host: orders.example
user-agent: curl/7.88.1
accept: */*
content-type: application/json
idempotency-key: k1
x-forwarded-for: 10.0.0.9
via: 1.1 edge
content-length: 11

{\"item\": 1}",
        ),
        (
            DialectName::Varnish,
            &usual,
            GET,
            "GET /orders/42?x=1 HTTP/1.1
Host: orders.example
User-Agent: curl/7.88.1
Accept: */*
X-Forwarded-For: 127.0.0.1
Accept-Encoding: gzip
X-Varnish: 3

",
        ),
        (
            DialectName::Varnish,
            &usual,
            POST,
            "POST /orders HTTP/1.1
Host: orders.example
User-Agent: curl/7.88.1
Accept: */*
Content-Type: application/json
Idempotency-Key: k1
Via: 1.1 edge
Content-Length: 11
X-Forwarded-For: 10.0.0.9, 127.0.0.1
X-Varnish: 3

{\"item\": 1}",
        ),
        (
            DialectName::Apache,
            &usual,
            GET,
            "GET /orders/42?x=1 HTTP/1.1
Host: 127.0.0.1:18900
User-Agent: curl/7.88.1
Accept: */*
X-Forwarded-For: 127.0.0.1
X-Forwarded-Host: orders.example
X-Forwarded-Server: orders.example
Connection: Keep-Alive

",
        ),
        (
            DialectName::Apache,
            &usual,
            POST,
            "POST /orders HTTP/1.1
Host: 127.0.0.1:18900
User-Agent: curl/7.88.1
Accept: */*
Content-Type: application/json
Idempotency-Key: k1
X-Forwarded-For: 10.0.0.9, 127.0.0.1
Via: 1.1 edge
X-Forwarded-Host: orders.example
X-Forwarded-Server: orders.example
Content-Length: 11
Connection: Keep-Alive

{\"item\": 1}",
        ),
    ];
    for (name, settings, request, seen) in cases {
        assert_eq!(through(name, settings, request), seen, "{name:?}");
    }
}

#[test]
fn go_sorts_names_and_replaces_what_nobody_vouches_for() {
    let text = through(DialectName::Caddy, &GatewaySettings::default(), POST);
    let names: Vec<&str> = text.lines().skip(1).filter_map(|l| l.split_once(": ").map(|(n, _)| n)).collect();
    assert_eq!(
        names[..10],
        [
            "Host",
            "User-Agent",
            "Content-Length",
            "Accept",
            "Accept-Encoding",
            "Content-Type",
            "Idempotency-Key",
            "Via",
            "X-Forwarded-For",
            "X-Forwarded-Host"
        ]
    );
    assert!(text.contains("\nVia: 1.1 edge, 1.1 Caddy\n") && text.contains("\nX-Forwarded-For: 127.0.0.1\n"));
}

#[test]
fn every_product_sends_a_host_and_the_same_body_and_keeps_the_key() {
    for name in DialectName::ALL {
        let text = through(*name, &GatewaySettings::default(), POST);
        let lower = text.to_ascii_lowercase();
        assert_eq!(lower.matches("\nhost: ").count(), 1, "{name:?}\n{text}");
        assert_eq!(lower.matches("\nx-forwarded-for: ").count(), 1, "{name:?}\n{text}");
        assert!(lower.contains("\nidempotency-key: k1\n"), "{name:?}\n{text}");
        assert!(
            lower.contains("\ncontent-length: 11\n") && text.ends_with("{\"item\": 1}"),
            "{name:?}\n{text}"
        );
        for filling in ["{received}", "{host}", "{from}", "{to}", "{id}", "{target}"] {
            assert!(!text.contains(filling), "{name:?}: {filling} is not filled in\n{text}");
        }
    }
}

#[test]
fn a_time_out_is_told_where_there_is_one() {
    let settings: GatewaySettings = serde_json::from_str(r#"{"request_timeout": "2s"}"#).expect("settings");
    let text = through(DialectName::Envoy, &settings, GET);
    assert!(text.contains("\nx-envoy-expected-rq-timeout-ms: 2000\n"), "{text}");
    assert!(text.contains("\nhost: orders.example\nuser-agent: "), "{text}");
}
