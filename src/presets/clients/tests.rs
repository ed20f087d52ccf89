//! Each preset about clients shows what it says.

use super::*;
use crate::presets::named;
use crate::sim::client::Breaker;
use crate::sim::run;
use crate::sim::trace::{BreakerState, Failure, GiveUp, Note, Outcome, Span, SpanId, SpanKind, Trace};

#[test]
fn every_file_is_read_and_every_scenario_is_valid() {
    for preset in crate::presets::clients().expect("every file is a preset") {
        let (id, scenario) = (preset.id, scenario(preset.id));
        let json = serde_json::to_string(&scenario).expect("json");
        assert_eq!(Scenario::from_json(&json).as_ref(), Ok(&scenario), "{id}");
        assert!(preset.title.chars().count() <= 60 && !preset.title.ends_with('.'), "{id}: {}", preset.title);
        assert!(preset.text.iter().all(|t| t.ends_with('.') && !t.contains(". ")), "{id}: {:?}", preset.text);
    }
}

fn scenario(id: &str) -> Scenario {
    named(id).expect(id).runs.remove(0).scenario
}

/// How one call went.
#[derive(Debug)]
struct Went {
    method: Method,
    /// When each attempt left, in milliseconds from the call's start.
    left: Vec<u64>,
    /// The last status; none where no answer came.
    status: Option<u16>,
    why: Option<GiveUp>,
}

struct Shown(Trace);

impl Shown {
    fn of(id: &str) -> Self {
        Self(run(&scenario(id)))
    }

    fn calls_of(&self, client: &str) -> impl Iterator<Item = (SpanId, &Span)> {
        let client = client.to_owned();
        self.0.of_kind(SpanKind::Call).filter(move |(_, call)| self.0.node(call.node).id == client)
    }

    /// The calls of a client, in their order.
    fn calls(&self, client: &str) -> Vec<Went> {
        let status = |outcome| match outcome {
            Outcome::Answer(message) => self.0.status(message),
            _ => None,
        };
        let went = |(id, call): (SpanId, &Span)| {
            let attempts: Vec<&Span> =
                self.0.of_kind(SpanKind::Attempt).filter(|(_, a)| a.parent == id).map(|(_, a)| a).collect();
            Went {
                method: self.0.request(id).map_or(Method::Get, |r| r.method),
                left: attempts.iter().map(|a| a.start.since(call.start).as_millis()).collect(),
                status: attempts.last().and_then(|a| status(a.outcome)),
                why: self.0.notes(id).find_map(|e| match e.note {
                    Note::GaveUp(why) => Some(why),
                    _ => None,
                }),
            }
        };
        self.calls_of(client).map(went).collect()
    }

    /// How many attempts each call of a client made.
    fn attempts(&self, client: &str) -> Vec<usize> {
        self.calls(client).iter().map(|call| call.left.len()).collect()
    }
}

#[test]
fn a_dead_kept_connection_repeats_the_post_unseen() {
    let shown = Shown::of("unseen-resend");
    for client in ["chromium", "curl"] {
        let post = &shown.calls(client)[1];
        assert_eq!((post.method, post.left.len(), post.status), (Method::Post, 2, Some(200)), "{client}");
        assert_eq!(post.why, Some(GiveUp::Accepted));
        assert_eq!(shown.0.events.iter().filter(|e| e.note == Note::Resent).count(), 2);
    }
    let post = &shown.calls("node")[1];
    assert_eq!((post.left.len(), post.status, post.why), (1, None, Some(GiveUp::ConnectionError)));
}

#[test]
fn a_fresh_connection_that_dies_is_final() {
    let shown = Shown::of("fresh-connection");
    for client in ["chromium", "curl", "node"] {
        let calls = shown.calls(client);
        assert_eq!((calls.len(), calls[0].left.len(), calls[0].status), (1, 1, None), "{client}");
    }
}

#[test]
fn chromium_alone_repeats_after_a_408() {
    let shown = Shown::of("request-timeout-resend");
    let post = |client| shown.calls(client).remove(1);
    assert_eq!((post("chromium").left.len(), post("chromium").status), (2, Some(200)));
    assert_eq!((post("curl").left.len(), post("curl").status), (1, Some(408)));
}

#[test]
fn aws_clients_are_through_with_an_outage_of_seconds_and_slow_after_throttling() {
    let shown = Shown::of("aws-short-outage");
    for client in ["javascript", "boto3"] {
        let [outage, throttled] = &shown.calls(client)[..] else { unreachable!("two calls") };
        // Full jitter on 50 and 100 ms; on 1 and 2 s after 429.
        assert_eq!((outage.left.len(), outage.status), (3, Some(503)), "{client}");
        assert!(outage.left[1] <= 51 && outage.left[2] <= 152, "{client}: {outage:?}");
        assert_eq!((throttled.left.len(), throttled.status), (3, Some(429)), "{client}");
        assert!((200..=3_002).contains(&throttled.left[2]), "{client}: {throttled:?}");
    }
}

#[test]
fn the_aws_quota_runs_dry_and_thirty_successes_buy_two_retries() {
    let shown = Shown::of("aws-quota");
    // Recording: 17 calls of three attempts, one of two, then one each; 30 successes; three attempts, then one each.
    let mut expected = [vec![3; 17], vec![2], vec![1; 42], vec![1; 30], vec![3], vec![1; 5]].concat();
    assert_eq!(shown.attempts("boto3"), expected);
    assert_eq!(shown.attempts("javascript"), expected);
    expected.truncate(60);
    assert_eq!(expected.iter().map(|n| n - 1).sum::<usize>(), 500 / 14);
}

#[test]
fn what_cannot_be_read_ends_the_calls_of_urllib3() {
    let shown = Shown::of("malformed-retry-after");
    for client in ["urllib3", "requests"] {
        for call in shown.calls(client) {
            assert_eq!((call.left.len(), call.why), (1, Some(GiveUp::RetryAfterMalformed)), "{client}");
        }
    }
    // ky: 0.3, 0.6 s of its own; undici reads 1.5, and has 0.5, 1, 2, 4, 8 s of its own.
    assert!(shown.attempts("ky").iter().all(|n| *n == 3), "{:?}", shown.calls("ky"));
    let undici = shown.calls("undici");
    assert_eq!(undici.iter().map(|call| call.left[1] / 10 * 10).collect::<Vec<_>>(), [500, 500, 1_500]);
}

#[test]
fn curl_s_retry_looks_at_statuses_alone_and_repeats_a_post() {
    assert_eq!(Shown::of("curl-retry").attempts("curl"), [1, 1, 1, 1, 6]);
}

#[test]
fn curl_s_longest_time_is_passed_by_the_wait_that_began_before() {
    let calls = Shown::of("curl-retry-max-time").calls("curl");
    assert_eq!(calls[0].left.iter().map(|t| t / 100 * 100).collect::<Vec<_>>(), [0, 1_000, 3_000, 7_000]);
    assert_eq!(calls[0].why, Some(GiveUp::Deadline));
}

#[test]
fn some_libraries_do_not_wait_at_all() {
    let shown = Shown::of("retries-without-a-wait");
    let axios = shown.calls("axios-retry");
    assert_eq!(shown.attempts("axios-retry"), [4, 4], "the POST too");
    assert!(axios.iter().all(|call| call.left[3] <= 10), "{axios:?}");
    let httpx = shown.calls("httpx-retries");
    assert_eq!(httpx[0].left.len(), 11);
    assert!((10..=12).contains(&httpx[0].left[10]), "{httpx:?}");
}

#[test]
fn a_bare_decorator_makes_hundreds_of_attempts_a_second() {
    let shown = Shown::of("bare-retry");
    let made = shown.attempts("tenacity")[0];
    assert!((770..=850).contains(&made), "{made} attempts, 810 were recorded");
}

#[test]
fn no_two_lists_of_statuses_are_the_same() {
    let shown = Shown::of("status-lists");
    // 500, 501, 502, 503, 504.
    for (client, repeats) in [
        ("google", [true, false, false, true, false]),
        ("httpx-retries", [false, false, true, true, true]),
        ("wget", [false, false, false, false, true]),
        ("axios-retry", [true; 5]),
        ("reqwest-retry", [true; 5]),
    ] {
        let found: Vec<bool> = shown.attempts(client).iter().map(|n| *n > 1).collect();
        assert_eq!(found, repeats, "{client}");
    }
}

#[test]
fn a_time_out_shorter_than_the_asked_wait_ends_the_call() {
    let shown = Shown::of("retry-after-and-time-outs");
    assert_eq!(shown.calls("got-1s")[0].why, Some(GiveUp::RetryAfterTooLong));
    assert_eq!(shown.calls("axios-retry-1s")[0].why, Some(GiveUp::Deadline));
    for client in ["got", "axios-retry"] {
        assert_eq!(shown.attempts(&format!("{client}-1s")), [1], "{client}");
        let waited = shown.calls(client)[0].left[1];
        assert!((2_000..2_500).contains(&waited), "{client}: {waited}");
    }
}

#[test]
fn an_hour_is_waited_for_cut_or_not_noticed() {
    let shown = Shown::of("retry-after-of-an-hour");
    let second = |client: &str| shown.calls(client)[0].left.get(1).copied();
    assert_eq!((second("got"), second("axios-retry")), (None, None), "after 150 s");
    for (client, least, most) in [
        ("aws-javascript", 5_000, 5_060),
        ("undici", 30_000, 30_010),
        ("httpx-retries", 120_000, 120_010),
        ("boto3", 0, 60),
        ("p-retry", 1_000, 1_010),
        ("reqwest-retry", 0, 1_010),
        ("backon", 1_000, 1_010),
    ] {
        let waited = second(client).expect(client);
        assert!((least..=most).contains(&waited), "{client}: {waited}");
    }
}

#[test]
fn one_breaker_opens_at_once_and_the_other_never() {
    let scenario = scenario("breakers");
    let second = SimDuration::from_secs(1);
    let sampling = Breaker::cockatiel_sampling(
        0.2,
        second.times(30),
        None,
        crate::sim::client::Delay::Fixed(second.times(10)),
    );
    for (client, breaker) in scenario.clients.iter().zip([Breaker::opossum(), sampling]) {
        assert_eq!(client.policy.breaker.as_deref(), Some(&breaker), "{}", client.id);
    }
    let shown = Shown::of("breakers");
    let count = |client: &str, ends: &dyn Fn(Outcome) -> bool| {
        shown.calls_of(client).filter(|(_, call)| ends(call.outcome)).count()
    };
    let refused = |o: Outcome| o == Outcome::Failed(Failure::BreakerOpen);
    let failed = |o: Outcome| matches!(o, Outcome::Answer(m) if shown.0.status(m) == Some(503));
    // The recorded run had three calls under way before its first failure was known, and refused 300.
    assert_eq!((count("opossum", &failed), count("opossum", &refused)), (1, 300));
    assert_eq!((count("cockatiel", &failed), count("cockatiel", &refused)), (120, 0));
    let opened: Vec<u64> = (shown.0.events.iter())
        .filter(|e| matches!(e.note, Note::Breaker(_, BreakerState::Open)))
        .map(|e| e.at.as_millis())
        .collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
}
