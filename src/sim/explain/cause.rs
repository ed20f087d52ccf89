//! Finding the mechanism that led to an outcome.

use crate::sim::dialect::{Dialect, EffectiveSettings, Setting, dialect};
use crate::sim::fault::FaultKind;
use crate::sim::scenario::{Action, GatewaySettings, Settings};
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, Index, NodeId, NodeKind, Note, Outcome, SpanId, SpanKind, Step, Trace};

/// What led to an outcome, under the names that the reference uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it; the reference explains each")]
pub enum Mechanism {
    ConnectionRefused,
    HostUnreachable,
    ConnectTimeout,
    NameNotResolved,
    ClosedBeforeAnswer,
    ResetBeforeAnswer,
    InvalidHead,
    HeadTooLarge,
    ReadTimeout,
    BodyCut,
    NoLiveUpstream,
    UnhandledException,
    OwnAnswer,
    Maintenance,
    Overloaded,
    NotImplemented,
    ClientTimeout,
    TlsFailed,
    RateLimited,
    LimitReached,
    BreakerOpen,
    RequestTimeout,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::ConnectionRefused,
        Self::HostUnreachable,
        Self::ConnectTimeout,
        Self::NameNotResolved,
        Self::ClosedBeforeAnswer,
        Self::ResetBeforeAnswer,
        Self::InvalidHead,
        Self::HeadTooLarge,
        Self::ReadTimeout,
        Self::BodyCut,
        Self::NoLiveUpstream,
        Self::UnhandledException,
        Self::OwnAnswer,
        Self::Maintenance,
        Self::Overloaded,
        Self::NotImplemented,
        Self::ClientTimeout,
        Self::TlsFailed,
        Self::RateLimited,
        Self::LimitReached,
        Self::BreakerOpen,
        Self::RequestTimeout,
    ];

    /// The name by which the reference knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::HostUnreachable => "host_unreachable",
            Self::ConnectTimeout => "connect_timeout",
            Self::NameNotResolved => "name_not_resolved",
            Self::ClosedBeforeAnswer => "closed_before_answer",
            Self::ResetBeforeAnswer => "reset_before_answer",
            Self::InvalidHead => "invalid_head",
            Self::HeadTooLarge => "head_too_large",
            Self::ReadTimeout => "read_timeout",
            Self::BodyCut => "body_cut",
            Self::NoLiveUpstream => "no_live_upstream",
            Self::UnhandledException => "unhandled_exception",
            Self::OwnAnswer => "own_answer",
            Self::Maintenance => "maintenance",
            Self::Overloaded => "overloaded",
            Self::NotImplemented => "not_implemented",
            Self::ClientTimeout => "client_timeout",
            Self::TlsFailed => "tls_failed",
            Self::RateLimited => "rate_limited",
            Self::LimitReached => "overloaded",
            Self::BreakerOpen => "breaker_open",
            Self::RequestTimeout => "read_timeout",
        }
    }

    /// True if a timer decided.
    pub const fn is_timer(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::ReadTimeout | Self::ClientTimeout | Self::RequestTimeout)
    }

    pub(super) const fn of(failure: Failure) -> Option<Self> {
        Some(match failure {
            Failure::Refused | Failure::HeldDown => Self::ConnectionRefused,
            Failure::Unreachable => Self::HostUnreachable,
            Failure::NoReply | Failure::ConnectTimeout => Self::ConnectTimeout,
            Failure::NameNotResolved => Self::NameNotResolved,
            Failure::Closed => Self::ClosedBeforeAnswer,
            Failure::Reset => Self::ResetBeforeAnswer,
            Failure::InvalidHead(_) | Failure::Unparsable => Self::InvalidHead,
            Failure::HeadTooLarge | Failure::HeadLines => Self::HeadTooLarge,
            Failure::ReadTimeout => Self::ReadTimeout,
            Failure::Truncated { .. } | Failure::InvalidChunk | Failure::BodyTimeout => Self::BodyCut,
            Failure::NoLiveUpstream => Self::NoLiveUpstream,
            Failure::AttemptTimeout | Failure::DeadlineExceeded => Self::ClientTimeout,
            Failure::HandshakeFailed | Failure::BadCertificate => Self::TlsFailed,
            Failure::RateLimited => Self::RateLimited,
            Failure::ClientLimit | Failure::Shed | Failure::NoRoom | Failure::QueueTimeout => {
                Self::LimitReached
            }
            Failure::GatewayBreakerOpen => Self::BreakerOpen,
            Failure::TryTimeout => Self::ReadTimeout,
            Failure::RequestTimeout => Self::RequestTimeout,
            Failure::Unrepeatable
            | Failure::BodyTooLarge
            | Failure::BadTarget
            | Failure::CallerLeft
            | Failure::Killed
            | Failure::BreakerOpen
            | Failure::Throttled
            | Failure::Abandoned
            | Failure::Cancelled => return None,
        })
    }
}

/// What led to the outcome of an attempt, as far as the trace tells.
pub(super) struct Cause {
    pub(super) mechanism: Option<Mechanism>,
    /// The failure that decided, if one did.
    pub(super) failure: Option<Failure>,
    /// The gateway's span, if the request got so far.
    pub(super) request: Option<SpanId>,
    /// The try that decided.
    pub(super) attempt: Option<SpanId>,
    /// Who noticed.
    pub(super) gateway: Option<NodeId>,
    /// About whom.
    pub(super) origin: Option<NodeId>,
    /// The work at the origin that the answer came from, or that did not answer.
    pub(super) work: Option<SpanId>,
}

pub(super) fn find(trace: &Trace, index: &Index<'_>, attempt: SpanId) -> Cause {
    // With gateways in a row, the outermost decided, unless it passed on what the next one answered.
    let mut request = index.last_child(attempt, SpanKind::GatewayRequest);
    let mut last_try = request.and_then(|r| index.last_child(r, SpanKind::Try));
    while let Some(t) = last_try
        && matches!(trace.span(t).outcome, Outcome::Answer(_))
        && let Some(inner) = index.last_child(t, SpanKind::GatewayRequest)
    {
        request = Some(inner);
        last_try = index.last_child(inner, SpanKind::Try);
    }
    // Without a gateway, the origin works for the attempt itself.
    let asked = last_try.or(request.is_none().then_some(attempt));
    let work = asked
        .and_then(|t| index.below(t).into_iter().rev().find(|span| trace.span(*span).kind == SpanKind::Work));
    let client = match trace.span(attempt).outcome {
        // The gateway's own reason says more than the client's, except where the client itself lost patience
        // or never got through to the gateway.
        Outcome::Failed(f) | Outcome::Broken(_, f) if f.is_the_client_s() => Some(f),
        Outcome::Failed(f) | Outcome::Broken(_, f) if request.is_none() => Some(f),
        _ => None,
    };
    // What the gateway itself refused, with or without tries before it.
    let refused = request.and_then(|r| {
        index.notes(r).find_map(|(_, e)| match e.note {
            Note::Noticed(failure) if failure.is_own_refusal() => Some(failure),
            _ => None,
        })
    });
    let from_store = request.is_some_and(|r| {
        index.notes(r).any(|(_, e)| matches!(e.note, Note::FromStore(_) | Note::StaleFromStore(_)))
    });
    let no_live = request
        .is_some_and(|r| index.notes(r).any(|(_, e)| e.note == Note::Noticed(Failure::NoLiveUpstream)));
    let failure = client.or(refused.filter(|_| !from_store)).or_else(|| {
        if no_live && last_try.is_none_or(|t| matches!(trace.span(t).outcome, Outcome::Failed(_))) {
            // With tries before it, the failure of the last try is the more telling one.
            return last_try.and_then(|t| failed(trace, t)).or(Some(Failure::NoLiveUpstream));
        }
        last_try.and_then(|t| failed(trace, t))
    });
    let mechanism = match failure {
        _ if from_store && client.is_none() => None,
        Some(failure) => Mechanism::of(failure),
        None if last_try.is_none() && request.is_some() => Some(Mechanism::Maintenance),
        None => work.and_then(|w| of_answer(trace, index, w)),
    };
    Cause {
        mechanism,
        failure,
        request,
        attempt: last_try,
        gateway: request.map(|r| trace.span(r).node),
        origin: last_try.map(|t| NodeId(trace.span(t).detail as u16)),
        work,
    }
}

fn failed(trace: &Trace, attempt: SpanId) -> Option<Failure> {
    match trace.span(attempt).outcome {
        Outcome::Failed(f) | Outcome::Broken(_, f) => Some(f),
        _ => None,
    }
}

/// Why an origin answered as it did; none for a success.
fn of_answer(trace: &Trace, index: &Index<'_>, work: SpanId) -> Option<Mechanism> {
    let status = index.notes(work).find_map(|(_, e)| match e.note {
        Note::Wrote(m) => trace.status(m),
        _ => None,
    })?;
    let acted = |kind| acted(index, work).iter().any(|(_, f)| trace.faults[*f as usize].fault.kind() == kind);
    Some(match status {
        _ if acted(FaultKind::ApplicationError) => Mechanism::OwnAnswer,
        500 => Mechanism::UnhandledException,
        501 => Mechanism::NotImplemented,
        503 if needs_failed(index, work) => Mechanism::OwnAnswer,
        503 => Mechanism::Overloaded,
        400.. => Mechanism::OwnAnswer,
        _ => return None,
    })
}

/// True if something that the application needs had failed before it answered: its database, a third party, a lock.
fn needs_failed(index: &Index<'_>, work: SpanId) -> bool {
    let failed =
        |note| matches!(note, Note::Step(Step::QueryFailed(_) | Step::LockTimeout) | Note::Noticed(_));
    index.notes(work).any(|(_, e)| failed(e.note))
}

/// The faults that had an effect on `root` or what it caused, in order of time: the event's index and the fault's.
pub(super) fn acted(index: &Index<'_>, root: SpanId) -> Vec<(usize, u32)> {
    let notes = index.notes_below(root).into_iter();
    notes
        .filter_map(|(i, e)| match e.note {
            Note::FaultActed(fault) => Some((i, fault)),
            _ => None,
        })
        .collect()
}

/// The settings of a gateway that held at a moment: what is configured, and with the defaults filled in.
pub(super) fn settings_at(
    trace: &Trace,
    gateway: NodeId,
    at: SimTime,
) -> Option<(GatewaySettings, EffectiveSettings)> {
    let id = &trace.node(gateway).id;
    let mut settings = trace.scenario.gateways.iter().find(|g| g.id == *id)?.settings.clone();
    for change in trace.scenario.in_order() {
        if change.at > at {
            break;
        }
        if let Action::Set { node, to: Settings::Gateway(s) } = &change.action
            && node == id
        {
            settings.overlay(s);
        }
    }
    let effective = dialect_of(trace, gateway)?.effective(&settings);
    Some((settings, effective))
}

pub(super) fn dialect_of(trace: &Trace, gateway: NodeId) -> Option<&'static dyn Dialect> {
    trace.dialect(gateway).map(dialect)
}

/// A setting with the value that held when the request began.
pub(super) fn value(trace: &Trace, request: SpanId, setting: Setting) -> Option<super::SettingValue> {
    let span = trace.span(request);
    let (configured, effective) = settings_at(trace, span.node, span.start)?;
    let dialect = dialect_of(trace, span.node)?;
    Some(super::SettingValue {
        setting,
        directive: dialect.directive(setting),
        value: dialect.value(setting, &effective),
        is_default: !setting.is_configured(&configured),
    })
}

/// What a person calls a node in a sentence.
pub(super) fn called(trace: &Trace, node: NodeId) -> String {
    let n = trace.node(node);
    match n.kind {
        NodeKind::Client => "the client".to_owned(),
        NodeKind::Gateway => trace.dialect(node).map_or_else(|| n.id.clone(), |d| d.to_string()),
        NodeKind::Origin => n.id.clone(),
        NodeKind::Dependency => format!("the {}", n.id),
    }
}
