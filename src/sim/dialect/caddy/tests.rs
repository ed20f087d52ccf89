use super::*;
use crate::sim::message::{Message, TemplateId};
use crate::sim::time::{SimDuration, SimTime};

const MESSAGE: Message = Message { template: TemplateId(0), number: 0, sent: SimTime::ZERO };

fn situation(settings: &EffectiveSettings, failure: Failure, method: Method) -> Situation<'_> {
    Situation {
        failure,
        method,
        sent: !is_dial_error(failure),
        reused: false,
        head_begun: false,
        client_reused: false,
        status_line_read: false,
        head_accepted: false,
        answer_begun: false,
        others_left: true,
        tries_left: u32::MAX,
        before: None,
        elapsed: SimDuration::ZERO,
        come_back_in: None,
        settings,
    }
}

fn trying(seconds: u64) -> EffectiveSettings {
    let next_upstream_timeout = Some(SimDuration::from_secs(seconds));
    Caddy.effective(&GatewaySettings { next_upstream_timeout, ..GatewaySettings::default() })
}

#[test]
fn only_get_is_repeated_once_it_was_connected() {
    let s = trying(2);
    let action = |failure, method| Caddy.decide(situation(&s, failure, method)).action;
    assert_eq!(action(Failure::Refused, Method::Post), Action::Next);
    assert_eq!(action(Failure::HandshakeFailed, Method::Post), Action::Answer(502));
    assert_eq!(action(Failure::Closed, Method::Get), Action::Next);
    // `req.Method != "GET"`: idempotent or not, no other one is.
    assert_eq!(action(Failure::Closed, Method::Head), Action::Answer(502));
}

#[test]
fn time_that_is_over_ends_all_tries() {
    let s = trying(2);
    let late = |failure| {
        let elapsed = SimDuration::from_secs(2);
        Caddy.decide(Situation { elapsed, ..situation(&s, failure, Method::Get) })
    };
    let verdict = late(Failure::ReadTimeout);
    assert_eq!(verdict.action, Action::Answer(504));
    assert_eq!(verdict.not_next, Some((TIME_IS_UP, Setting::NextUpstreamTimeout)));
    assert_eq!(late(Failure::NoLiveUpstream).action, Action::Answer(503));
}

#[test]
fn where_nobody_is_available_the_failure_before_gives_the_status() {
    let s = trying(2);
    let nobody = situation(&s, Failure::NoLiveUpstream, Method::Post);
    assert_eq!(Caddy.decide(nobody).action, Action::Next, "whatever the method");
    let last = Situation { tries_left: 1, ..nobody };
    assert_eq!(Caddy.decide(last).action, Action::Answer(503));
    let after = |before| Caddy.decide(Situation { before: Some(before), ..last }).action;
    assert_eq!(after(Failure::Refused), Action::Answer(502));
    assert_eq!(after(Failure::ReadTimeout), Action::Answer(504));
}

#[test]
fn a_kept_connection_that_ends_is_replaced_unseen_for_what_can_be_replayed() {
    let s = Caddy.effective(&GatewaySettings::default());
    let action = |method, head_begun| {
        let reused = situation(&s, Failure::Closed, method);
        Caddy.decide(Situation { reused: true, head_begun, ..reused }).action
    };
    assert_eq!(action(Method::Get, false), Action::Redial);
    assert_eq!(action(Method::Get, true), Action::Answer(502));
    // `isReplayable` names GET, HEAD, OPTIONS and TRACE: not DELETE, idempotent as it is.
    assert_eq!(action(Method::Delete, false), Action::Answer(502));
}

#[test]
fn headers_are_sorted_and_via_stands_for_server() {
    let mut upstream = Template::new(999, "Odd", &[("x-origin", "A"), ("Connection", "close")], "hi");
    // Recorded: caddy tuned status_999.
    let names: Vec<_> = Caddy.forward(&upstream).headers.into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["Content-Length", "Via", "X-Origin", "Date", "Content-Type"]);
    assert!(Caddy.forward(&upstream).render(MESSAGE, 0).starts_with("HTTP/1.1 999 status code 999\r\n"));
    upstream.framing = Framing::Chunked;
    let names: Vec<_> = Caddy.forward(&upstream).headers.into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["Via", "X-Origin", "Date", "Transfer-Encoding"]);
}

#[test]
fn an_error_has_no_body_and_maintenance_has_one() {
    let refused =
        OwnAnswer { failure: Some(Failure::Refused), ..OwnAnswer::configured(502, RetryAfter::Absent) };
    let page = Caddy.own(refused).render(MESSAGE, 0);
    assert!(page.starts_with("HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\nDate: "), "{page}");
    assert!(page.ends_with("\r\nContent-Length: 0\r\n\r\n"), "{page}");
    let page = Caddy.page(503, RetryAfter::Seconds(120)).render(MESSAGE, 0);
    assert!(page.contains("\r\nRetry-After: 120\r\nServer: Caddy\r\n"), "{page}");
    assert!(page.ends_with("\r\n\r\ndown for maintenance"), "{page}");
}

#[test]
fn a_status_below_100_closes_and_is_not_held_against_anybody() {
    let settings = Caddy.effective(&GatewaySettings::default());
    let template = Template::new(42, "What", &[], "hi");
    assert_eq!(Caddy.read(&template, 0, &settings), Reading::Reject(Failure::Unparsable));
    assert!(!Caddy.counts(Failure::Unparsable, false));
    let verdict = Caddy.decide(situation(&settings, Failure::Unparsable, Method::Get));
    assert_eq!(verdict.action, Action::Close);
}
