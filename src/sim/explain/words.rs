//! The sentences of an explanation.

use super::cause::{Cause, Mechanism, called, settings_at};
use crate::sim::fault::FaultKind;
use crate::sim::message::HeadDefect;
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Index, NodeId, Note, Outcome, SpanId, SpanKind, Trace};

/// What happened, in one sentence.
pub(super) fn summary(trace: &Trace, index: &Index<'_>, cause: &Cause, outcome: Outcome) -> String {
    let name = |node: Option<NodeId>, otherwise: &str| {
        node.map_or_else(|| otherwise.to_owned(), |n| called(trace, n))
    };
    let gateway = name(cause.gateway, "the gateway");
    let origin = name(cause.origin, "the origin");
    let settings = cause.request.and_then(|r| {
        let span = trace.span(r);
        settings_at(trace, span.node, span.start).map(|(_, s)| s)
    });
    if matches!(outcome, Outcome::Open | Outcome::Unfinished) {
        return "Nothing has come back yet.".to_owned();
    }
    match cause.failure {
        Some(Failure::AttemptTimeout) => {
            return "The client's own limit ran out before an answer came.".to_owned();
        }
        Some(failure) if failure.is_the_client_s() => {
            return format!("The client stopped waiting: {}.", noticed(failure));
        }
        Some(Failure::Unrepeatable) => {
            return format!("{gateway} would have to ask again, but cannot send the request a second time.");
        }
        Some(Failure::BodyTooLarge) => {
            let most = settings.map_or(0, |s| s.body_limit);
            return format!("The body of the request is larger than the {most} bytes that {gateway} takes.");
        }
        Some(Failure::BadTarget) => return format!("{gateway} cannot read the target of the request."),
        Some(failure) if cause.request.is_none() => {
            return format!("The client got no connection to the gateway: {}.", noticed(failure));
        }
        _ => {}
    }
    let Some(mechanism) = cause.mechanism else {
        let stored = cause.request.and_then(|r| {
            index.notes(r).find_map(|(_, e)| match e.note {
                Note::FromStore(age) => Some((age, "")),
                Note::StaleFromStore(age) => Some((age, "stale ")),
                _ => None,
            })
        });
        if let Some((age, stale)) = stored {
            return format!("{gateway} gave out a {stale}answer from its store, {} old.", age.spoken());
        }
        return match outcome {
            Outcome::Answer(_) => format!("{origin} answered, and {gateway} passed the answer on."),
            Outcome::Broken(..) => format!("The client waited for more than {gateway} sent."),
            _ => "No answer came.".to_owned(),
        };
    };
    let sentence = match mechanism {
        Mechanism::ReadTimeout => match settings {
            Some(s) if cause.failure == Some(Failure::TryTimeout) => {
                format!("{gateway} gave {origin} {} for this try.", s.retry.per_try_timeout.spoken())
            }
            Some(s) => format!("{gateway} waited {} for {origin}, then gave up.", s.read_timeout.spoken()),
            None => format!("{gateway} waited for {origin}, then gave up."),
        },
        Mechanism::ConnectTimeout => match settings {
            Some(s) if cause.failure == Some(Failure::ConnectTimeout) => {
                format!(
                    "{gateway} tried for {} to reach {origin}, and nobody answered.",
                    s.connect_timeout.spoken()
                )
            }
            _ => format!("{gateway} tried to reach {origin}, and nobody answered."),
        },
        Mechanism::ConnectionRefused if refused_on_the_way(trace, index, cause) => {
            format!("A firewall in front of {origin} refused the connection.")
        }
        Mechanism::ConnectionRefused => format!("{origin} refused the connection: nobody listens there."),
        Mechanism::HostUnreachable => format!("{gateway} has no way to {origin}."),
        Mechanism::NameNotResolved => format!("{gateway} does not know the address of {origin}."),
        Mechanism::ClosedBeforeAnswer => format!("{origin} hung up without an answer."),
        Mechanism::ResetBeforeAnswer => {
            format!("The connection to {origin} was reset before an answer came.")
        }
        Mechanism::InvalidHead => match outcome {
            Outcome::Answer(_) if matches!(cause.failure, Some(Failure::InvalidHead(_))) => {
                format!("{origin} answered something that {gateway} cannot read.")
            }
            _ => "What came is not an HTTP answer.".to_owned(),
        },
        Mechanism::HeadTooLarge => match settings {
            _ if cause.failure == Some(Failure::HeadLines) => {
                format!(
                    "The head of {origin}'s answer has more lines, or a longer one, than {gateway} takes."
                )
            }
            Some(s) => format!(
                "The head of {origin}'s answer is larger than the {} bytes that {gateway} takes.",
                s.header_limit
            ),
            None => format!("The head of {origin}'s answer is larger than {gateway} takes."),
        },
        Mechanism::BodyCut if matches!(outcome, Outcome::Broken(..)) => {
            format!("{origin}'s answer broke off after its head, when the status was out already.")
        }
        Mechanism::BodyCut => format!("{origin}'s answer broke off, and {gateway} closed the connection."),
        Mechanism::NoLiveUpstream => format!("Every upstream counts as failed, so {gateway} asked nobody."),
        Mechanism::Maintenance => format!("{gateway} is in maintenance and asked nobody."),
        Mechanism::UnhandledException => {
            format!("The code on {origin} threw an exception; {gateway} passed its answer on.")
        }
        Mechanism::Overloaded => {
            format!("{origin} has no worker and no place in line left; {gateway} passed its answer on.")
        }
        Mechanism::NotImplemented => {
            format!("{origin} does not know this method; {gateway} passed its answer on.")
        }
        Mechanism::OwnAnswer => format!("{origin} wrote this answer itself; {gateway} passed it on."),
        Mechanism::TlsFailed if cause.failure == Some(Failure::BadCertificate) => {
            format!("{gateway} does not trust the certificate of {origin}.")
        }
        Mechanism::TlsFailed => format!("{origin} does not speak TLS where {gateway} does."),
        Mechanism::RateLimited => format!("Requests come faster than {gateway} allows."),
        Mechanism::LimitReached => match cause.failure {
            Some(Failure::ClientLimit) => {
                format!("The client has more requests under way than {gateway} allows.")
            }
            Some(Failure::Shed) => format!("{gateway} has too many requests under way and sheds the rest."),
            Some(Failure::QueueTimeout) => {
                format!(
                    "The request waited at {gateway} for a place at an upstream, and none became free in time."
                )
            }
            _ => format!(
                "{gateway} has as many requests at its upstreams as it may, and no place in line is left."
            ),
        },
        Mechanism::BreakerOpen => format!("{gateway}'s circuit breaker is open, so it asked nobody."),
        Mechanism::RequestTimeout => match settings {
            Some(s) => format!(
                "The request took longer than the {} that {gateway} gives it in all.",
                s.request_timeout.spoken()
            ),
            None => format!("The request took longer than {gateway} gives it in all."),
        },
        Mechanism::ClientTimeout => "The client's own limit ran out before an answer came.".to_owned(),
    };
    match (outcome, again_and_again(trace, cause)) {
        (Outcome::Answer(_), Some((times, time))) => {
            let sentence = sentence.trim_end_matches('.');
            format!("{sentence}; {gateway} tried {times} times in {}.", time.spoken())
        }
        _ => sentence,
    }
}

/// How often and for how long the gateway tried, if it went back to an upstream that it had tried before.
fn again_and_again(trace: &Trace, cause: &Cause) -> Option<(usize, SimDuration)> {
    let request = cause.request?;
    let tries = || trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(_, s)| s);
    let last = tries().last()?;
    let times = tries().count();
    let back = tries().take(times - 1).any(|t| t.detail == last.detail);
    let time = last.end.since(trace.span(request).start);
    back.then_some((times, SimDuration::from_millis(time.as_millis())))
}

/// True if the connection did not even get to the origin.
fn refused_on_the_way(trace: &Trace, index: &Index<'_>, cause: &Cause) -> bool {
    cause.attempt.is_some_and(|attempt| {
        super::cause::acted(index, attempt)
            .iter()
            .any(|(_, fault)| trace.faults[*fault as usize].fault.kind() == FaultKind::Refused)
    })
}

/// What a node noticed, as the end of a sentence such as "nginx: ...".
pub fn noticed(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused => "the connection was refused",
        Failure::Unreachable => "the host cannot be reached",
        Failure::NameNotResolved => "the name does not resolve",
        Failure::NoReply => "nobody answered until the kernel gave up",
        Failure::ConnectTimeout => "the connection did not open in time",
        Failure::Closed => "the connection was closed before an answer",
        Failure::Reset => "the connection was reset before an answer",
        Failure::InvalidHead(HeadDefect::NoColon) => "a header line has no colon",
        Failure::InvalidHead(HeadDefect::NulByte) => "a header contains a NUL byte",
        Failure::InvalidHead(_) => "the head of the answer cannot be read",
        Failure::HeadTooLarge => "the head of the answer is too large",
        Failure::ReadTimeout => "no answer came in time",
        Failure::Truncated { reset: false } => "the answer ended before its end",
        Failure::Truncated { reset: true } => "the connection was reset in the middle of the answer",
        Failure::InvalidChunk => "a chunk of the body cannot be read",
        Failure::BodyTimeout => "the body stood still for too long",
        Failure::NoLiveUpstream => "no upstream is left to ask",
        Failure::AttemptTimeout => "the client's own limit ran out",
        Failure::Unparsable => "what came is not an HTTP answer",
        Failure::CallerLeft => "whoever asked has left",
        Failure::Killed => "the process died",
        Failure::HandshakeFailed => "the TLS handshake failed",
        Failure::BadCertificate => "the certificate is not to be trusted",
        Failure::BreakerOpen => "the client's circuit breaker is open",
        Failure::Throttled => "the client's own throttling refused it",
        Failure::DeadlineExceeded => "the call's deadline passed",
        Failure::Abandoned => "the user has left",
        Failure::Cancelled => "another attempt was answered first",
        Failure::RateLimited => "requests come at too high a rate",
        Failure::ClientLimit => "the client has too many requests under way",
        Failure::Shed => "too many requests are under way",
        Failure::GatewayBreakerOpen => "the circuit breaker is open",
        Failure::NoRoom => "no place at an upstream is free, and none in the line",
        Failure::QueueTimeout => "no place at an upstream became free in time",
        Failure::TryTimeout => "the time for one try ran out",
        Failure::RequestTimeout => "the time for the whole request ran out",
        Failure::HeadLines => "the head of the answer has too many lines, or one that is too long",
        Failure::Unrepeatable => "the request cannot be sent again",
        Failure::BodyTooLarge => "the body of the request is too large",
        Failure::BadTarget => "the target of the request cannot be read",
        Failure::HeldDown => "it failed a moment ago and is not dialled again yet",
    }
}

/// How an attempt ended, as a sentence with the answer's first line in it.
pub(super) fn answer(trace: &Trace, attempt: SpanId, cause: &Cause) -> String {
    let who = match (cause.mechanism, cause.gateway) {
        (
            None
            | Some(
                Mechanism::UnhandledException
                | Mechanism::OwnAnswer
                | Mechanism::Overloaded
                | Mechanism::NotImplemented,
            ),
            Some(gateway),
        ) if cause.failure.is_none() => format!("{} passes on", called(trace, gateway)),
        (_, Some(gateway)) => format!("{} answers", called(trace, gateway)),
        _ => "The client reads".to_owned(),
    };
    let line = |message| {
        let template = trace.template(message);
        match template.status {
            Some(status) => format!("`{status:03} {}`", template.reason),
            None => "bytes without a status".to_owned(),
        }
    };
    match trace.span(attempt).outcome {
        Outcome::Answer(message) => format!("{who} {}.", line(message)),
        Outcome::Broken(message, failure) => {
            format!("{who} {}, but {}.", line(message), noticed(failure))
        }
        Outcome::Failed(failure) => format!("The client has no answer: {}.", noticed(failure)),
        _ => "The client still waits.".to_owned(),
    }
}
