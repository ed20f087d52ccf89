//! How a gateway tried again, in one sentence: by which settings, how far apart, and what came of it.

use super::cause::{Cause, called, dialect_of, settings_at};
use super::{Link, LinkKind};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Index, Note, Outcome, Span, SpanKind, Trace};

/// The link that tells it; none where the gateway tried once, or again only because a kept connection was gone.
pub(super) fn link(trace: &Trace, index: &Index<'_>, cause: &Cause) -> Option<Link> {
    let request = cause.request?;
    let tries: Vec<_> = trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).collect();
    let (_, last) = tries.last()?;
    let kept = tries.iter().any(|(id, t)| {
        matches!(t.outcome, Outcome::Failed(_)) && index.notes(*id).any(|(_, e)| e.note == Note::Reused)
    });
    if tries.len() < 2 || kept {
        return None;
    }
    let span = trace.span(request);
    let (_, settings) = settings_at(trace, span.node, span.start)?;
    let failures: Vec<Failure> = tries.iter().filter_map(|(_, t)| failure(t)).collect();
    let how = dialect_of(trace, span.node)?.tries_again(&settings, &failures);
    let ended = match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m)?.to_string(),
        Outcome::Failed(_) => "no answer".to_owned(),
        _ => return None,
    };
    let (event, at) = match index.notes(request).filter(|(_, e)| e.at <= last.end).last() {
        Some((event, e)) => (Some(event), e.at),
        None => (None, last.end),
    };
    let spans: Vec<&Span> = tries.iter().map(|(_, t)| *t).collect();
    let dialled = failures.iter().filter(|f| **f == Failure::HeldDown).count();
    let connections = match (dialled, tries.len() - dialled) {
        (0, _) => String::new(),
        (_, 1) => " (but one connection)".to_owned(),
        (_, n) => format!(" (but {n} connections)"),
    };
    let text = format!(
        "{}: {how}, {}, therefore {ended} after {} tries{connections} and {}.",
        called(trace, span.node),
        apart(&spans),
        tries.len(),
        seconds(last.end.since(span.start)),
    );
    let kind = LinkKind::Mechanism;
    Some(Link { at, event, kind, node: Some(span.node), text, setting: None, rule: None })
}

fn failure(span: &Span) -> Option<Failure> {
    match span.outcome {
        Outcome::Failed(failure) | Outcome::Broken(_, failure) => Some(failure),
        _ => None,
    }
}

/// How long the gateway waited between tries.
fn apart(tries: &[&Span]) -> String {
    let waits = tries.windows(2).map(|pair| pair[1].start.since(pair[0].end).as_millis());
    let (least, most) = waits.fold((u64::MAX, 0), |(least, most), wait| (least.min(wait), most.max(wait)));
    let spoken = |millis| SimDuration::from_millis(millis).spoken();
    match (least, most) {
        (_, 0) => "at once".to_owned(),
        (least, most) if least == most => format!("{} apart", spoken(most)),
        (least, most) => format!("{} to {} apart", spoken(least), spoken(most)),
    }
}

/// Seconds with one digit after the point, where that says anything.
fn seconds(time: SimDuration) -> String {
    if time.as_millis() < 50 {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
