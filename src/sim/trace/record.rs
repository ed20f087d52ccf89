//! Records as bytes: what a run tells its observer, each in some six bytes.
//!
//! A record is a byte that says what it is, then whatever that byte does not say already: the time since the
//! record before it (nothing where none has passed), the span (nothing where it is the one of the record
//! before), and the rest as [postcard](https://docs.rs/postcard) writes it: varints, no names. What is frequent
//! is told in less: a departure is two bytes where the link takes as long as the last time, and an answer's
//! moment is counted back from the record's.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{NodeId, Note, Outcome, Parcel, SpanId, SpanKind};
use crate::sim::message::Message;
use crate::sim::time::SimTime;

/// Something that an observer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// A span began.
    Open {
        /// Which; spans are numbered in order of their start.
        span: SpanId,
        /// What it is.
        kind: SpanKind,
        /// Whose.
        node: NodeId,
        /// What caused it.
        parent: SpanId,
        /// As the simulation counts it; see [`Scenario::detail`](crate::sim::Scenario::detail).
        detail: u32,
    },
    /// A span ended.
    Close {
        /// Which.
        span: SpanId,
        /// How.
        outcome: Outcome,
    },
    /// A moment.
    Note {
        /// Of which span.
        span: SpanId,
        /// What.
        note: Note,
    },
}

impl Parcel {
    /// Those that a departure names in half a byte; others take a byte more.
    const SHORT: [Self; 11] = [
        Self::Connect,
        Self::Accepted,
        Self::Refused,
        Self::Request,
        Self::HeadPart,
        Self::Head,
        Self::Body,
        Self::Answer,
        Self::Close,
        Self::Reset,
        Self::Handshake,
    ];
}

/// Links whose last crossing is remembered.
const LINKS: usize = 16;

/// What the next record is told relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context {
    /// The moment of the last record.
    pub(super) at: SimTime,
    /// The span that began last; [`SpanId::NONE`] before the first.
    pub(super) newest: SpanId,
    /// The span of the last record.
    last: SpanId,
    /// How long the last departure over each link takes, in nanoseconds.
    takes: [u64; LINKS],
}

// The first byte: two bits of what, one for the time, four for the span.
const OPEN: u8 = 0;
const CLOSE: u8 = 1;
const NOTE: u8 = 2;
const DEPARTED: u8 = 3;
const LATER: u8 = 1 << 2;
const SPAN_AT: u32 = 3;
/// The span is that of the last record.
const SAME: u8 = 0;
/// The span's distance from the newest follows; a shorter one is in the four bits, plus one.
const FAR: u8 = 15;
// The second byte of a departure, beside the parcel.
const TOWARD: u8 = 1 << 4;
const LOST: u8 = 1 << 5;
const AS_BEFORE: u8 = 1 << 6;

impl Context {
    pub(super) const fn new(at: SimTime, newest: SpanId) -> Self {
        Self { at, newest, last: newest, takes: [0; LINKS] }
    }

    /// Where a record begins: its kind, moment and span.
    #[inline]
    fn begin(&mut self, out: &mut Vec<u8>, what: u8, at: SimTime, span: SpanId) {
        let moved = at.as_nanos().wrapping_sub(self.at.as_nanos());
        let distance = self.newest.0.wrapping_sub(span.0);
        let near =
            if span == self.last { SAME } else { distance.saturating_add(1).min(u32::from(FAR)) as u8 };
        out.push(what | if moved == 0 { 0 } else { LATER } | near << SPAN_AT);
        if moved != 0 {
            put(out, moved);
        }
        if near == FAR {
            put(out, u64::from(distance));
        }
        self.at = at;
        self.last = span;
    }

    pub(super) fn open(
        &mut self,
        out: &mut Vec<u8>,
        at: SimTime,
        kind: SpanKind,
        node: NodeId,
        parent: SpanId,
        detail: u32,
    ) -> SpanId {
        self.begin(out, OPEN, at, parent);
        put_value(out, &kind);
        put(out, u64::from(node.0));
        // What traffic asks has the highest bit; this makes it a small number.
        put(out, u64::from(detail.rotate_left(1)));
        self.newest = SpanId(self.newest.0.wrapping_add(1));
        self.last = self.newest;
        self.newest
    }

    pub(super) fn close(&mut self, out: &mut Vec<u8>, at: SimTime, span: SpanId, outcome: Outcome) {
        self.begin(out, CLOSE, at, span);
        put_value(out, &relative_outcome(outcome, at));
    }

    pub(super) fn note(&mut self, out: &mut Vec<u8>, at: SimTime, span: SpanId, note: Note) {
        if let Note::Departed { parcel, link, toward, lost, takes } = note
            && Parcel::SHORT.get(parcel as usize) == Some(&parcel)
            && let Some(before) = self.takes.get(usize::from(link.0)).copied()
        {
            self.begin(out, DEPARTED, at, span);
            let mut second = parcel as u8;
            for (said, bit) in [(toward, TOWARD), (lost, LOST), (takes == before, AS_BEFORE)] {
                second |= if said { bit } else { 0 };
            }
            out.push(second);
            out.push(link.0 as u8);
            if takes != before {
                put(out, takes);
                self.takes[usize::from(link.0)] = takes;
            }
        } else {
            self.begin(out, NOTE, at, span);
            put_value(out, &relative_note(note, at));
        }
    }

    /// Reads one record off the front of bytes that this module wrote.
    pub(super) fn read(&mut self, bytes: &mut &[u8]) -> Record {
        let first = byte(bytes);
        if first & LATER != 0 {
            self.at = SimTime::from_nanos(self.at.as_nanos().wrapping_add(take(bytes)));
        }
        let near = first >> SPAN_AT;
        let span = match near {
            SAME => self.last,
            FAR => SpanId(self.newest.0.wrapping_sub(take(bytes) as u32)),
            near => SpanId(self.newest.0.wrapping_sub(u32::from(near) - 1)),
        };
        self.last = span;
        match first & 3 {
            OPEN => {
                let kind = take_value(bytes);
                let node = NodeId(take(bytes) as u16);
                let detail = (take(bytes) as u32).rotate_right(1);
                self.newest = SpanId(self.newest.0.wrapping_add(1));
                self.last = self.newest;
                Record::Open { span: self.newest, kind, node, parent: span, detail }
            }
            CLOSE => Record::Close { span, outcome: relative_outcome(take_value(bytes), self.at) },
            NOTE => Record::Note { span, note: relative_note(take_value(bytes), self.at) },
            _ => {
                let second = byte(bytes);
                let link = NodeId(u16::from(byte(bytes)));
                let takes = &mut self.takes[usize::from(link.0)];
                if second & AS_BEFORE == 0 {
                    *takes = take(bytes);
                }
                let note = Note::Departed {
                    parcel: Parcel::SHORT[usize::from(second & 15)],
                    link,
                    toward: second & TOWARD != 0,
                    lost: second & LOST != 0,
                    takes: *takes,
                };
                Record::Note { span, note }
            }
        }
    }
}

/// A message's moment counted back from `at`; done twice it is what it was.
fn relative(message: Message, at: SimTime) -> Message {
    Message { sent: SimTime::from_nanos(at.as_nanos().wrapping_sub(message.sent.as_nanos())), ..message }
}

fn relative_note(note: Note, at: SimTime) -> Note {
    if let Note::Wrote(message) = note { Note::Wrote(relative(message, at)) } else { note }
}

fn relative_outcome(outcome: Outcome, at: SimTime) -> Outcome {
    match outcome {
        Outcome::Answer(message) => Outcome::Answer(relative(message, at)),
        Outcome::Broken(message, failure) => Outcome::Broken(relative(message, at), failure),
        other => other,
    }
}

/// Writes a number, seven bits to a byte, the least first (LEB128).
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn byte(bytes: &mut &[u8]) -> u8 {
    let (first, rest) = bytes.split_first().expect("a record is whole");
    *bytes = rest;
    *first
}

fn take(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let next = byte(bytes);
        number |= u64::from(next & 0x7f) << shift;
        if next < 0x80 {
            return number;
        }
        shift += 7;
    }
}

/// postcard writes to the end of a vector.
struct End<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for End<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

fn put_value<T: Serialize>(out: &mut Vec<u8>, value: &T) {
    postcard::serialize_with_flavor(value, End(out)).expect("enums of numbers can be written");
}

fn take_value<T: DeserializeOwned>(bytes: &mut &[u8]) -> T {
    let (value, rest) = postcard::take_from_bytes(bytes).expect("a record reads as it was written");
    *bytes = rest;
    value
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
