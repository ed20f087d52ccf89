//! Every preset about gateways shows what its text says.

use fivexx::presets::{Preset, named};
use fivexx::sim::dialect::dialect;
use fivexx::sim::others::{Ended, Heard, opinion};
use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::run;
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::{Failure, Note, Outcome, SpanKind, Trace};

fn preset(id: &str) -> Preset {
    named(id).unwrap_or_else(|| unreachable!("there is no preset {id}"))
}

/// The scenario of one of its runs.
fn scenario(id: &str, name: &str) -> Scenario {
    let found = preset(id).runs.into_iter().find(|run| run.name == name);
    found.unwrap_or_else(|| unreachable!("{id} has no run {name}")).scenario
}

/// What the client heard in one of its runs.
fn heard(id: &str, name: &str) -> Vec<Heard> {
    let scenario = scenario(id, name);
    let said = opinion(&scenario, "gateway", scenario.gateways[0].dialect).expect("a gateway");
    assert!(said.lacks.is_empty(), "{:?}", said.lacks);
    said.answers
}

fn statuses(heard: &[Heard]) -> Vec<u16> {
    heard.iter().map(|h| h.status.unwrap_or_default()).collect()
}

/// Milliseconds of each attempt.
fn took(heard: &[Heard]) -> Vec<u64> {
    heard.iter().map(|h| h.took.as_millis()).collect()
}

fn seconds(heard: &Heard) -> f64 {
    (heard.took.as_secs_f64() * 10.0).round() / 10.0
}

/// The seconds, of the run, at which this status was asked for.
fn when(heard: &[Heard], status: u16) -> Vec<f64> {
    heard.iter().filter(|h| h.status == Some(status)).map(|h| h.at.as_secs_f64()).collect()
}

fn count(heard: &[Heard], status: u16) -> usize {
    when(heard, status).len()
}

/// All lines that a run writes to the gateway's logs.
fn log(trace: &Trace) -> Vec<String> {
    let requests = trace.of_kind(SpanKind::GatewayRequest);
    let lines = requests.flat_map(|(id, span)| {
        let name = trace.dialect(span.node).expect("a gateway has a dialect");
        dialect(name).log_lines(trace, id)
    });
    lines.map(|line| line.text).collect()
}

#[test]
fn frozen_or_refused() {
    for (name, frozen, refused, tries, refused_after) in [
        ("nginx", 504, 502, 1, 0.0),
        ("HAProxy", 504, 503, 4, 3.0),
        ("Envoy", 504, 503, 1, 0.0),
        ("Apache", 502, 503, 1, 0.0),
        ("Varnish", 503, 503, 1, 0.0),
        ("Caddy", 504, 502, 1, 0.0),
        ("Traefik", 504, 502, 1, 0.0),
    ] {
        let heard = heard("frozen-or-refused", name);
        assert_eq!(statuses(&heard), [frozen, refused], "{name}");
        assert_eq!((heard[0].tries.len(), seconds(&heard[0])), (1, 2.0), "{name}");
        assert_eq!((heard[1].tries.len(), seconds(&heard[1])), (tries, refused_after), "{name}");
    }
}

#[test]
fn rolling_restart() {
    let nginx = heard("rolling-restart", "nginx");
    let failed = when(&nginx, 502);
    assert!(failed.iter().all(|at| (6.99..=14.0).contains(at)), "{failed:?}");
    assert!(failed.iter().any(|at| *at > 10.5), "longer than the second restart: {failed:?}");
    assert!(failed.len() > 25 && failed.len() + count(&nginx, 200) == nginx.len(), "{}", failed.len());
    let haproxy = heard("rolling-restart", "HAProxy");
    assert_eq!(count(&haproxy, 200), haproxy.len(), "no error");
    assert!(took(&haproxy).iter().any(|ms| *ms >= 1_000), "but waits");
    let apache = heard("rolling-restart", "Apache");
    assert_eq!(count(&apache, 503), 1);
    assert_eq!(count(&apache, 200), apache.len() - 1);
}

#[test]
fn sixty_seconds_out() {
    let tried_a_from = |name| {
        let heard = heard("sixty-seconds-out", name);
        assert_eq!(heard.len(), 225);
        let later = heard.iter().filter(|h| h.at > SimTime::from_secs(6));
        let first = later.filter(|h| h.tries.iter().any(|t| t.upstream == "A")).map(|h| h.at.as_secs_f64());
        (first.fold(f64::INFINITY, f64::min), heard)
    };
    let (back, balancer) = tried_a_from("Apache, a balancer of two");
    assert!((63.0..64.5).contains(&back), "asked again at {back} s");
    assert_eq!(count(&balancer, 200), balancer.len(), "the other one answers for both");
    let (back, single) = tried_a_from("Apache, a single server");
    assert!((6.0..6.7).contains(&back), "asked again at {back} s");
    assert!(count(&single, 503) >= 8 && when(&single, 503).iter().all(|at| *at < 6.0));
}

#[test]
fn post_is_not_get() {
    let one = |name| {
        let heard = heard("post-is-not-get", name);
        let upstreams: String = heard[0].tries.iter().map(|t| t.upstream.as_str()).collect();
        (heard[0].status, upstreams)
    };
    assert_eq!(one("nginx, GET"), (Some(200), "AB".to_owned()));
    assert_eq!(one("nginx, POST"), (Some(502), "A".to_owned()));
    assert_eq!(one("nginx, POST, refused"), (Some(201), "AB".to_owned()), "nothing was sent yet");
    assert_eq!(one("nginx, POST, frozen"), (Some(504), "A".to_owned()));
    let race = |name| {
        let heard = heard("post-is-not-get", name);
        assert_eq!(heard.len(), 2);
        (heard[1].status, heard[1].tries.len())
    };
    assert_eq!(race("nginx, kept connection, GET"), (Some(200), 2));
    assert_eq!(race("nginx, kept connection, POST"), (Some(502), 1));
    assert_eq!(race("Varnish, kept connection, GET"), (Some(200), 2));
    assert_eq!(race("Varnish, kept connection, POST"), (Some(503), 1));
    assert_eq!(race("Caddy, kept connection, GET"), (Some(200), 2));
    assert_eq!(race("Caddy, kept connection, POST"), (Some(502), 1));
    assert_eq!(race("Traefik, kept connection, GET"), (Some(200), 2));
    assert_eq!(race("Traefik, kept connection, POST"), (Some(502), 1));
    assert_eq!(race("Envoy, kept connection, GET"), (Some(503), 1));
    assert_eq!(race("Envoy, kept connection, POST"), (Some(503), 1));
}

#[test]
fn two_servers_one_dead() {
    for name in ["nginx", "Apache"] {
        assert_eq!(statuses(&heard("two-servers-one-dead", name)), [200; 6], "{name}");
    }
    let haproxy = heard("two-servers-one-dead", "HAProxy");
    assert_eq!(statuses(&haproxy), [503, 200, 503, 200, 503, 200]);
    assert_eq!((seconds(&haproxy[0]), seconds(&haproxy[1])), (3.0, 0.0));
    for name in ["Envoy", "Varnish"] {
        let heard = heard("two-servers-one-dead", name);
        assert_eq!((count(&heard, 200), count(&heard, 503)), (3, 3), "{name}");
    }
    let traefik = heard("two-servers-one-dead", "Traefik");
    assert_eq!((count(&traefik, 200), count(&traefik, 502)), (3, 3));
    // Caddy draws one of the two each time.
    let caddy = heard("two-servers-one-dead", "Caddy");
    let (good, failed) = (count(&caddy, 200), count(&caddy, 502));
    assert!(good + failed == 6 && (1..=5).contains(&failed), "{:?}", statuses(&caddy));
}

#[test]
fn closed_without_a_word() {
    for (name, logged) in [("HAProxy", false), ("Apache", true)] {
        let heard = heard("closed-without-a-word", name);
        assert_eq!((heard[0].status, heard[1].status), (Some(200), None), "{name}");
        assert_eq!((heard[1].ended, heard[1].sees.as_str()), (Ended::Closed, ""), "{name}");
        let log = log(&run(&scenario("closed-without-a-word", name)));
        assert_eq!(log.iter().any(|line| line.contains(" 502 ")), logged, "{name}: {log:?}");
        let access = log.iter().filter(|line| line.contains("\"GET /orders/42")).count();
        assert_eq!(access, if logged { 2 } else { 1 }, "{name}: {log:?}");
    }
}

#[test]
fn what_a_retry_costs() {
    let of = |name| {
        let heard = heard("what-a-retry-costs", name).remove(0);
        let dialled = heard.tries.iter().filter(|t| t.dialled).count();
        (heard.status, heard.tries.len(), dialled, seconds(&heard))
    };
    assert_eq!(of("HAProxy, frozen"), (Some(504), 4, 4, 8.0));
    assert_eq!(of("Envoy, frozen"), (Some(504), 1, 1, 2.0));
    assert_eq!(of("Varnish, refused"), (Some(503), 3, 1, 0.0));
    assert_eq!(of("Caddy, refused"), (Some(502), 9, 9, 2.0));
    assert_eq!(of("Caddy, POST, hangs up"), (Some(502), 1, 1, 0.0));
    assert_eq!(of("Traefik, refused"), (Some(502), 3, 3, 0.0));
    assert_eq!(of("Traefik, hangs up"), (Some(502), 1, 1, 0.0));
}

#[test]
fn what_a_timeout_measures() {
    let of = |name| {
        let heard = heard("what-a-timeout-measures", name).remove(0);
        (heard.status, heard.ended, seconds(&heard))
    };
    assert_eq!(of("nginx, dripped head"), (Some(504), Ended::Answered, 2.0));
    for name in ["Apache, dripped head", "Varnish, dripped head"] {
        let (status, ended, seconds) = of(name);
        assert_eq!((status, ended), (Some(200), Ended::Answered), "{name}");
        assert!((9.0..=10.5).contains(&seconds), "19 bytes, half a second each: {seconds}");
    }
    // Cut after two seconds; the connection is closed one later, as recorded.
    assert_eq!(of("Envoy, slow body"), (Some(200), Ended::CutShort, 3.0));
    // When the client has the head, in milliseconds.
    let head = |name| {
        let trace = run(&scenario("what-a-timeout-measures", name));
        let (id, _) = trace.of_kind(SpanKind::Attempt).next().expect("an attempt");
        let read = trace.notes(id).find(|e| e.note == Note::HeadRead).expect("a head came");
        read.at.as_millis()
    };
    assert!(head("Caddy, slow body") > 2_000, "Caddy holds the head back: {}", head("Caddy, slow body"));
    assert!(head("Traefik, slow body") < 1_100, "Traefik does not: {}", head("Traefik, slow body"));
    for name in ["nginx, slow body", "Caddy, slow body", "Traefik, slow body"] {
        let (status, ended, seconds) = of(name);
        assert_eq!((status, ended), (Some(200), Ended::Answered), "{name}");
        assert!(seconds > 2.5, "{name}: longer than the time-out in all: {seconds}");
    }
}

#[test]
fn no_timeout_configured() {
    for (name, frozen, black_hole) in [
        ("Envoy", 15.0, 5.0),
        ("nginx", 60.0, 60.0),
        ("Apache", 60.0, 60.0),
        ("Varnish", 60.0, 3.5),
        ("HAProxy", 130.0, 130.0),
        ("Caddy", 130.0, 3.0),
        ("Traefik", 130.0, 30.0),
    ] {
        let heard = heard("no-timeout-configured", name);
        assert_eq!((seconds(&heard[0]), seconds(&heard[1])), (frozen, black_hole), "{name}");
        let gave_up = heard.iter().filter(|h| h.ended == Ended::GaveUp).count();
        let waits_for_ever = heard.iter().filter(|h| h.took >= SimDuration::from_secs(130)).count();
        assert_eq!(gave_up, waits_for_ever, "{name}");
    }
}

#[test]
fn knowledge_changes_the_status() {
    let envoy = heard("knowledge-changes-the-status", "Envoy, probes");
    let body = |text: &str| {
        let met = envoy.iter().filter(|h| h.sees.contains(text)).map(|h| h.at.as_secs_f64());
        met.collect::<Vec<f64>>()
    };
    let (error, nobody) = (body("upstream connect error"), body("no healthy upstream"));
    assert!(!error.is_empty() && !nobody.is_empty());
    assert!(error.iter().all(|at| *at < nobody[0]), "first {error:?}, then {nobody:?}");
    let asked_nobody = envoy.iter().filter(|h| h.sees.contains("no healthy upstream"));
    assert!(asked_nobody.clone().all(|h| h.tries.is_empty() && h.status == Some(503)));
    // What the gateway has learnt makes 503 of 502.
    let learns = |name| {
        let heard = heard("knowledge-changes-the-status", name);
        let (first, later) = (when(&heard, 502), when(&heard, 503));
        assert!(
            !first.is_empty() && !later.is_empty() && first[0] < later[0],
            "{name}: {first:?}, {later:?}"
        );
        let refused = heard.iter().filter(|h| h.status == Some(503));
        assert!(refused.clone().all(|h| h.tries.is_empty()), "{name}: a 503 asks nobody");
        (heard, first, later)
    };
    learns("Caddy, passive health");
    let (traefik, ..) = learns("Traefik, probes");
    let nobody = traefik.iter().find(|h| h.status == Some(503)).expect("it has learnt");
    assert!(nobody.sees.ends_with("no available server\n"), "{}", nobody.sees);
    // The breaker lets requests back bit by bit, for three seconds: some pass and some do not.
    let (traefik, _, refused) = learns("Traefik, circuit breaker");
    let last = refused.last().copied().expect("some were refused");
    let back = traefik.iter().find(|h| h.status == Some(200) && h.at > SimTime::from_secs(7));
    let back = back.expect("requests pass again").at.as_secs_f64();
    assert!(back < last - 0.5, "from {back} s on requests pass, until {last} s some are refused");
}

#[test]
fn limits_and_their_answers() {
    let of = |name, status| {
        let heard = heard("limits-and-their-answers", name);
        let refused: Vec<Heard> = heard.into_iter().filter(|h| h.status == Some(status)).collect();
        assert!(refused.len() >= 5, "{name}: {} were refused", refused.len());
        refused
    };
    let says = |heard: &[Heard], header: &str| {
        heard.iter().all(|h| h.sees.to_ascii_lowercase().contains(&format!("\r\n{header}:")))
    };
    for (name, status) in [("nginx, rate", 503), ("nginx, rate, 429", 429), ("Envoy, rate", 429)] {
        let refused = of(name, status);
        assert!(!says(&refused[..1], "retry-after"), "{name}: {}", refused[0].sees);
        assert!(refused.iter().all(|h| h.tries.is_empty()), "{name}");
    }
    assert!(says(&of("Envoy, two at a time", 503), "x-envoy-overloaded"));
    assert!(says(&of("Traefik, rate", 429), "retry-after"));
    let haproxy = of("HAProxy, two at a time", 503);
    assert!(took(&haproxy).iter().all(|ms| (1_000..1_010).contains(ms)), "{:?}", took(&haproxy));
}

#[test]
fn the_client_leaves() {
    for (name, logged) in [
        ("nginx", Some("status=499")),
        ("Envoy", Some("status=0 flags=DC")),
        ("Caddy", Some("\"status\":499")),
        ("Traefik", Some("499")),
        ("HAProxy", None),
        ("Apache", None),
        ("Varnish", None),
    ] {
        let trace = run(&scenario("the-client-leaves", name));
        let (_, attempt) = trace.of_kind(SpanKind::Attempt).next().expect("an attempt");
        assert_eq!(attempt.end.as_millis(), 500, "{name}");
        let (_, t) = trace.of_kind(SpanKind::Try).next().expect("a try");
        let log = log(&trace);
        match logged {
            Some(words) => {
                assert_eq!(t.outcome, Outcome::Failed(Failure::CallerLeft), "{name}");
                assert!(log.iter().any(|line| line.contains(words)), "{name}: {log:?}");
            }
            None => {
                assert!(matches!(t.outcome, Outcome::Answer(_)), "{name}: {:?}", t.outcome);
                assert!(t.end >= SimTime::from_secs(5), "{name}");
                assert!(log.iter().any(|line| line.contains("200")), "{name}: {log:?}");
            }
        }
    }
}

#[test]
fn stale_while_down() {
    let gone = heard("stale-while-down", "Varnish, the origin is gone");
    assert_eq!(count(&gone, 200), gone.len(), "nobody sees the outage");
    let trace = run(&scenario("stale-while-down", "Varnish, the origin is gone"));
    assert!(trace.events.iter().any(|e| matches!(e.note, Note::StaleFromStore(_))));
    let answers = heard("stale-while-down", "Varnish, the origin answers 503");
    let failed = when(&answers, 503);
    assert!(failed.len() > 5 && failed.iter().all(|at| (3.0..8.0).contains(at)), "{failed:?}");
    let abandoned = heard("stale-while-down", "Varnish, 503 abandoned");
    assert_eq!(count(&abandoned, 200), abandoned.len());
    let longer = heard("stale-while-down", "Varnish, gone for longer than that");
    let own: Vec<&Heard> = longer.iter().filter(|h| h.status == Some(503)).collect();
    assert!(own.first().is_some_and(|h| h.at > SimTime::from_secs(12)), "the copy lasts for eleven seconds");
    assert!(own.iter().all(|h| h.sees.contains("\r\nRetry-After: 5\r\n")));
}

#[test]
fn work_for_nobody() {
    let lasts = |name| {
        let heard = heard("work-for-nobody", name);
        let failed = when(&heard, 504);
        assert_eq!(count(&heard, 200) + failed.len(), heard.len(), "{name}");
        failed.last().copied().unwrap_or_default() - failed.first().copied().unwrap_or_default()
    };
    // Recorded: 13.5 to 15 s at every gateway.
    let goes_on = lasts("nginx, workers go on");
    assert!((13.0..=16.0).contains(&goes_on), "{goes_on} s of 504s");
    let skips = lasts("nginx, workers skip what was given up");
    assert!(skips < goes_on - 5.0, "{skips} s of 504s");
}

#[test]
fn garbage_in() {
    let of = |name| heard("garbage-in", name).remove(0);
    let nginx = of("nginx, no status line");
    assert_eq!((nginx.status, nginx.ended), (None, Ended::GaveUp), "no end to be seen, so the client waits");
    assert_eq!(nginx.rule.map(|rule| rule.id), Some("http09"));
    assert_eq!(of("Apache, status `abc`").status, Some(200));
    let haproxy = of("HAProxy, NUL in a header");
    assert_eq!((haproxy.status, haproxy.sees.contains('\0')), (Some(200), true));
    for name in ["nginx, two lengths", "Apache, two lengths"] {
        assert_eq!(of(name).status, Some(200), "{name}");
    }
    let varnish = of("Varnish, two lengths").sees;
    let lengths = varnish.matches("Content-Length").count();
    assert_eq!(lengths, 2, "both are passed on: {varnish}");
}

#[test]
fn the_page_s_file_of_presets_is_today_s() {
    let now = fivexx::presets::file().expect("every file is a preset");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/presets.json");
    if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(path, &now).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(now == kept, "docs/presets.json is out of date; `cargo xtask presets` writes it anew");
}

/// A plain start for each kind of end; the last status that its client got.
#[test]
fn each_plain_start_ends_as_it_says() {
    for (id, ends) in [
        ("nobody-at-the-port", vec![Some(502)]),
        ("taken-and-never-answered", vec![Some(504)]),
        ("the-program-fails", vec![Some(500)]),
        ("out-of-service-on-purpose", vec![Some(503), Some(200)]),
        ("a-method-nobody-knows", vec![Some(501)]),
        ("the-client-hangs-up", vec![None]),
    ] {
        let heard = heard(id, "nginx");
        assert_eq!(heard.iter().map(|h| h.status).collect::<Vec<_>>(), ends, "{id}");
        let took = heard[0].took.as_millis();
        let (low, high) = match id {
            "taken-and-never-answered" => (2_000, 2_010),
            "the-client-hangs-up" => (1_000, 1_000),
            _ => (0, 50),
        };
        assert!((low..=high).contains(&took), "{id}: {took}");
    }
    let back = heard("out-of-service-on-purpose", "nginx")[1].at.as_secs_f64();
    assert!((8.0..8.1).contains(&back), "seven seconds after the answer: {back}");
    let left = run(&scenario("the-client-hangs-up", "nginx"));
    assert!(log(&left).iter().any(|line| line.contains("499")), "{:?}", log(&left));
}
