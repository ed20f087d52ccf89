//! What the time of an attempt went into, by the names of HAR 1.2.

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Event, Note, Parcel, Span};

/// The phases of one attempt; all but `ssl` together are its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Before anything was done for it; a kept connection that turned out to be dead counts here.
    pub blocked: SimDuration,
    /// The name was looked up; none where the address was known.
    pub dns: Option<SimDuration>,
    /// The connection was opened, with its TLS handshake; none on a kept one.
    pub connect: Option<SimDuration>,
    /// The TLS handshake alone, which is part of `connect`; none without.
    pub ssl: Option<SimDuration>,
    /// The request was written. Requests leave in one piece, so that this takes no time.
    pub send: SimDuration,
    /// From then on until the head of the answer was here.
    pub wait: SimDuration,
    /// Until the end of the answer.
    pub receive: SimDuration,
}

impl Phases {
    /// Those of an attempt as far as it went by `now`; `notes` are the attempt's own, in order of time.
    pub fn of<'a>(span: &Span, now: SimTime, notes: impl Iterator<Item = &'a Event>) -> Self {
        let end = span.end.min(now).max(span.start);
        let mut at = Moments { start: span.start, ..Moments::default() };
        for event in notes.take_while(|e| e.at <= end) {
            at.take(event);
        }
        let Moments { start, reused, looked_up, dialled, handshake, connected, requested, headed } = at;
        let mut phases = Self { blocked: start.since(span.start), ..Self::default() };
        let mut here = start;
        if !reused {
            if let Some((at, takes)) = looked_up {
                let until = (at + takes).min(end);
                phases.blocked += at.since(here);
                phases.dns = Some(until.since(at));
                here = until;
            }
            if dialled.is_some() || looked_up.is_none() || here < end {
                let open = connected.unwrap_or(end);
                phases.connect = Some(open.since(here));
                phases.ssl = handshake.map(|at| open.since(at));
                here = open;
            }
        }
        let sent = requested.unwrap_or(here).max(here);
        phases.send = sent.since(here);
        let head = headed.unwrap_or(end).max(sent);
        phases.wait = head.since(sent);
        phases.receive = end.since(head);
        phases
    }

    /// The time that they make together.
    pub fn total(&self) -> SimDuration {
        let opened = self.dns.unwrap_or_default() + self.connect.unwrap_or_default();
        self.blocked + opened + self.send + self.wait + self.receive
    }
}

#[derive(Default)]
struct Moments {
    start: SimTime,
    reused: bool,
    looked_up: Option<(SimTime, SimDuration)>,
    dialled: Option<SimTime>,
    handshake: Option<SimTime>,
    connected: Option<SimTime>,
    requested: Option<SimTime>,
    headed: Option<SimTime>,
}

impl Moments {
    fn take(&mut self, event: &Event) {
        let at = event.at;
        match event.note {
            // All before it was for nothing.
            Note::Resent => *self = Self { start: at, ..Self::default() },
            Note::Reused => self.reused = true,
            Note::LookedUp(takes) => self.looked_up = Some((at, takes)),
            Note::Connected => self.connected = Some(at),
            Note::HeadRead => self.headed = Some(at),
            Note::Departed { parcel, toward: true, .. } => {
                let first = match parcel {
                    Parcel::Connect => &mut self.dialled,
                    Parcel::Handshake => &mut self.handshake,
                    Parcel::Request => &mut self.requested,
                    _ => return,
                };
                first.get_or_insert(at);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::trace::SpanKind;
    use crate::sim::{Scenario, run};

    fn all(json: &str) -> Vec<(Phases, SimDuration)> {
        let trace = run(&Scenario::from_json(json).expect("a scenario"));
        (trace.of_kind(SpanKind::Attempt))
            .map(|(id, s)| (Phases::of(s, SimTime::NEVER, trace.notes(id)), s.end.since(s.start)))
            .collect()
    }

    const SEND: &str = r#"{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}"#;

    #[test]
    fn phases_add_up_whatever_happens() {
        for gateway in [
            r#"{}"#,
            r#"{"link": {"tls": "1.3", "dns": {"lookup": {"fixed": "20ms"}}}}"#,
            r#"{"link": {"faults": [{"refused": {}}]}}"#,
            r#"{"link": {"faults": [{"black_hole": {}}]}}"#,
            r#"{"link": {"dns": {}, "faults": [{"name_not_resolved": {}}]}}"#,
        ] {
            let json = format!(r#"{{"gateways": [{gateway}], "timeline": [{SEND}]}}"#);
            for (phases, took) in all(&json) {
                assert_eq!(phases.total(), took, "{gateway}: {phases:?}");
                assert!(phases.ssl <= phases.connect, "{gateway}: {phases:?}");
            }
        }
    }

    #[test]
    fn each_phase_has_its_part() {
        let json = format!(
            r#"{{"gateways": [{{"link": {{"tls": "1.3", "dns": {{"lookup": {{"fixed": "20ms"}}}}}}}}], "timeline": [{SEND}]}}"#
        );
        let (phases, _) = all(&json)[0];
        let ms = |n| Some(SimDuration::from_millis(n));
        assert_eq!((phases.dns, phases.connect, phases.ssl), (ms(20), ms(2), ms(1)));
        assert!(phases.blocked.is_zero() && phases.send.is_zero() && !phases.wait.is_zero());
    }

    #[test]
    fn an_attempt_under_way_ends_now() {
        let scenario = Scenario::from_json(&format!(r#"{{"timeline": [{SEND}]}}"#)).expect("a scenario");
        let trace = run(&scenario);
        let (id, span) = trace.of_kind(SpanKind::Attempt).next().expect("an attempt");
        let half = Phases::of(span, SimTime::from_nanos(400_000), trace.notes(id));
        assert_eq!(half.total(), SimDuration::from_micros(400));
        assert_eq!(half.connect, Some(SimDuration::from_micros(400)));
    }
}
