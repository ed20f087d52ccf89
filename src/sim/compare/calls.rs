//! Every call of a run as one row.

use crate::sim::message::Message;
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, Note, Outcome, Record, Recorder, SpanId, SpanKind};

/// What became of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its span.
    pub span: SpanId,
    /// Whose.
    pub client: NodeId,
    /// The how manieth of that client, counted from 0.
    pub nth: u32,
    /// What it asked, as the simulation counts; see [`Scenario::detail`](crate::sim::Scenario::detail).
    pub request: u32,
    /// When it began.
    pub start: SimTime,
    /// When it ended; none if it has not.
    pub end: Option<SimTime>,
    /// The status that it ended with; none without an answer.
    pub status: Option<u16>,
    /// Attempts that it took.
    pub attempts: u32,
    /// It ended with an answer of 400 or more although no worker had begun on its last attempt.
    pub refused_early: bool,
}

impl Call {
    /// True if it ended with a status below 400.
    pub fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (100..400).contains(&status))
    }
}

/// All calls of a log, in order of their start.
pub(super) fn calls(log: &Recorder) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut begun: Vec<u32> = Vec::new();
    // For each span its call, and which attempt of the call.
    let mut of: Vec<Option<(u32, u32)>> = Vec::with_capacity(log.spans() as usize);
    let mut worked: Vec<bool> = Vec::new();
    let status = |message: Message| log.template_of(message.template).and_then(|t| t.status);
    for (at, record) in log.records() {
        match record {
            Record::Open { span, kind: SpanKind::Call, node, detail, .. } => {
                let client = usize::from(node.0);
                if begun.len() <= client {
                    begun.resize(client + 1, 0);
                }
                of.push(Some((calls.len() as u32, 0)));
                worked.push(false);
                calls.push(Call {
                    span,
                    client: node,
                    nth: begun[client],
                    request: detail,
                    start: at,
                    end: None,
                    status: None,
                    attempts: 0,
                    refused_early: false,
                });
                begun[client] += 1;
            }
            Record::Open { kind, parent, .. } => {
                let mut owner = of.get(parent.0 as usize).copied().flatten();
                if let (SpanKind::Attempt, Some((call, attempt))) = (kind, &mut owner) {
                    calls[*call as usize].attempts += 1;
                    *attempt = calls[*call as usize].attempts;
                    worked[*call as usize] = false;
                }
                of.push(owner);
            }
            Record::Note { span, note: Note::Started(_) } => {
                if let Some((call, attempt)) = of.get(span.0 as usize).copied().flatten() {
                    worked[call as usize] |= calls[call as usize].attempts == attempt;
                }
            }
            Record::Close { span, outcome } => {
                let Some((index, 0)) = of.get(span.0 as usize).copied().flatten() else { continue };
                let call = &mut calls[index as usize];
                call.end = Some(at);
                if let Outcome::Answer(message) = outcome {
                    call.status = status(message);
                    call.refused_early = !call.is_good() && !worked[index as usize];
                }
            }
            Record::Note { .. } => {}
        }
    }
    calls
}
