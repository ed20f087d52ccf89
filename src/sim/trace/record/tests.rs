use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::sim::dialect::{RuleId, Setting};
use crate::sim::message::{HeadDefect, TemplateId};
use crate::sim::time::SimDuration;
use crate::sim::trace::{BreakerState, Failure, GiveUp, RetryObstacle, RetryReason};

/// A whole number with many bits or few, or at an edge.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), (0..64u32, any::<u64>()).prop_map(|(s, n)| n >> s)]
}

fn small() -> impl Strategy<Value = u32> {
    number().prop_map(|n| n as u32)
}

fn node() -> impl Strategy<Value = NodeId> {
    prop_oneof![(0..20u16).prop_map(NodeId), any::<u16>().prop_map(NodeId)]
}

fn message() -> impl Strategy<Value = Message> {
    (small(), small(), number()).prop_map(|(template, number, sent)| Message {
        template: TemplateId(template),
        number,
        sent: SimTime::from_nanos(sent),
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let defects = [HeadDefect::Garbage, HeadDefect::NulByte, HeadDefect::LengthAndChunked];
    prop_oneof![
        proptest::sample::select(vec![
            Failure::Refused,
            Failure::Unreachable,
            Failure::NameNotResolved,
            Failure::NoReply,
            Failure::ConnectTimeout,
            Failure::Closed,
            Failure::Reset,
            Failure::HeadTooLarge,
            Failure::ReadTimeout,
            Failure::InvalidChunk,
            Failure::BodyTimeout,
            Failure::NoLiveUpstream,
            Failure::AttemptTimeout,
            Failure::Unparsable,
            Failure::CallerLeft,
            Failure::Killed,
            Failure::HandshakeFailed,
            Failure::BadCertificate,
            Failure::BreakerOpen,
            Failure::Throttled,
            Failure::DeadlineExceeded,
            Failure::Abandoned,
            Failure::Cancelled,
            Failure::RateLimited,
            Failure::ClientLimit,
            Failure::Shed,
            Failure::GatewayBreakerOpen,
            Failure::NoRoom,
            Failure::QueueTimeout,
            Failure::TryTimeout,
            Failure::RequestTimeout,
            Failure::BodyTooLarge,
            Failure::BadTarget,
        ]),
        proptest::sample::select(defects.to_vec()).prop_map(Failure::InvalidHead),
        any::<bool>().prop_map(|reset| Failure::Truncated { reset }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Open),
        Just(Outcome::Done),
        Just(Outcome::Unfinished),
        message().prop_map(Outcome::Answer),
        (message(), failure()).prop_map(|(m, f)| Outcome::Broken(m, f)),
        failure().prop_map(Outcome::Failed),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    let parcel = proptest::sample::select(Parcel::SHORT.to_vec());
    let departed = (parcel, node(), any::<bool>(), any::<bool>(), number());
    let give_up = [
        GiveUp::Accepted,
        GiveUp::Status,
        GiveUp::ConnectionError,
        GiveUp::Method,
        GiveUp::Attempts,
        GiveUp::Budget,
        GiveUp::Breaker,
        GiveUp::Throttled,
        GiveUp::Deadline,
        GiveUp::Abandoned,
        GiveUp::RetryAfterTooLong,
        GiveUp::RetryAfterMalformed,
    ];
    let states = [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen];
    let reasons = [RetryReason::Backoff, RetryReason::RetryAfter];
    prop_oneof![
        proptest::sample::select(vec![
            Note::Connected,
            Note::RequestRead,
            Note::Asked,
            Note::QueryAnswered,
            Note::HeadRead,
            Note::CallerLeft,
            Note::CallEnded,
            Note::Reused,
            Note::BudgetRefused,
            Note::Hedged,
            Note::GotPlace,
            Note::NotInStore,
            Note::WaitsForFetch,
            Note::Stored,
            Note::Panicked,
            Note::AllBack,
            Note::TriesNoMore(RetryObstacle::TooMany),
            Note::TriesNoMore(RetryObstacle::NoTime),
        ]),
        departed.prop_map(|(parcel, link, toward, lost, takes)| Note::Departed {
            parcel,
            link,
            toward,
            lost,
            takes
        }),
        (0..7u8, small()).prop_map(|(which, n)| match which {
            0 => Note::Change(n),
            1 => Note::FaultActed(n),
            2 => Note::Queued(n),
            3 => Note::Started(n),
            4 => Note::Released(n),
            5 => Note::WaitsForPlace(n),
            _ => Note::Committed(n),
        }),
        failure().prop_map(Note::Noticed),
        (
            any::<u16>(),
            proptest::option::of(proptest::sample::select([&Setting::ALL[..], &Setting::MORE[..]].concat()))
        )
            .prop_map(|(rule, setting)| Note::Decided(RuleId(rule), setting)),
        (0..6u8, node()).prop_map(|(which, node)| match which {
            0 => Note::Picked(node),
            1 => Note::PassedOver(node),
            2 => Note::PeerOut(node),
            3 => Note::ProbedDown(node),
            4 => Note::ProbedUp(node),
            _ => Note::PeerBack(node),
        }),
        (node(), small()).prop_map(|(node, n)| Note::PeerFailed(node, n)),
        message().prop_map(Note::Wrote),
        (number(), proptest::sample::select(reasons.to_vec()))
            .prop_map(|(wait, reason)| Note::RetryIn(SimDuration::from_nanos(wait), reason)),
        proptest::sample::select(give_up.to_vec()).prop_map(Note::GaveUp),
        number().prop_map(|nanos| Note::LookedUp(SimDuration::from_nanos(nanos))),
        number().prop_map(|nanos| Note::Paced(SimDuration::from_nanos(nanos))),
        number().prop_map(|nanos| Note::Delayed(SimDuration::from_nanos(nanos))),
        number().prop_map(|nanos| Note::FromStore(SimDuration::from_nanos(nanos))),
        number().prop_map(|nanos| Note::StaleFromStore(SimDuration::from_nanos(nanos))),
        number().prop_map(|nanos| Note::TriesAgainIn(SimDuration::from_nanos(nanos))),
        (node(), number()).prop_map(|(node, nanos)| Note::Ejected(node, SimDuration::from_nanos(nanos))),
        any::<u16>().prop_map(Note::Throttled),
        (node(), proptest::sample::select(states.to_vec())).prop_map(|(node, s)| Note::Breaker(node, s)),
    ]
}

#[derive(Clone, Debug)]
enum Told {
    Open(SpanKind, NodeId, SpanId, u32),
    Close(SpanId, Outcome),
    Note(SpanId, Note),
}

fn told() -> impl Strategy<Value = (u64, Told)> {
    let span = || small().prop_map(SpanId);
    let kinds = [
        SpanKind::Call,
        SpanKind::Attempt,
        SpanKind::GatewayRequest,
        SpanKind::Try,
        SpanKind::Work,
        SpanKind::Query,
        SpanKind::Probe,
        SpanKind::Refresh,
    ];
    let open = (proptest::sample::select(kinds.to_vec()), node(), span(), small());
    let what = prop_oneof![
        open.prop_map(|(kind, node, parent, detail)| Told::Open(kind, node, parent, detail)),
        (span(), outcome()).prop_map(|(span, outcome)| Told::Close(span, outcome)),
        (span(), note()).prop_map(|(span, note)| Told::Note(span, note)),
    ];
    (prop_oneof![Just(0), number()], what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(start in number(), newest in small(), told in vec(told(), 1..60)) {
        let begin = Context::new(SimTime::from_nanos(start), SpanId(newest));
        let (mut context, mut bytes, mut now) = (begin, Vec::new(), start);
        let mut written = Vec::new();
        for (later, what) in told {
            now = now.wrapping_add(later);
            let at = SimTime::from_nanos(now);
            written.push((at, match what {
                Told::Open(kind, node, parent, detail) => {
                    let span = context.open(&mut bytes, at, kind, node, parent, detail);
                    Record::Open { span, kind, node, parent, detail }
                }
                Told::Close(span, outcome) => {
                    context.close(&mut bytes, at, span, outcome);
                    Record::Close { span, outcome }
                }
                Told::Note(span, note) => {
                    context.note(&mut bytes, at, span, note);
                    Record::Note { span, note }
                }
            }));
        }
        let (mut reader, mut rest) = (begin, &bytes[..]);
        for (at, record) in written {
            let read = reader.read(&mut rest);
            prop_assert_eq!((reader.at, read), (at, record));
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(reader, context);
    }
}

#[test]
fn what_is_frequent_takes_few_bytes() {
    let size = |at: u64, note| {
        let (mut context, mut bytes) = (Context::new(SimTime::ZERO, SpanId(9)), Vec::new());
        let crossing = Note::Departed {
            parcel: Parcel::Connect,
            link: NodeId(2),
            toward: true,
            lost: false,
            takes: 500_000,
        };
        context.note(&mut bytes, SimTime::ZERO, SpanId(9), crossing);
        let before = bytes.len();
        context.note(&mut bytes, SimTime::from_nanos(at), SpanId(9), note);
        bytes.len() - before
    };
    let answer = Note::Departed {
        parcel: Parcel::Answer,
        link: NodeId(2),
        toward: false,
        lost: false,
        takes: 500_000,
    };
    assert_eq!(size(0, answer), 3);
    assert_eq!(size(0, Note::Connected), 2);
    // Half a millisecond later: 19 bits are three bytes.
    assert_eq!(size(500_000, Note::Connected), 5);
    let sent = SimTime::from_millis(1);
    assert_eq!(size(1_000_000, Note::Wrote(Message { template: TemplateId(1), number: 42, sent })), 8);
}
