//! Writing answers, in one piece or as a fault breaks them up.

use super::actor::OriginActor;
use super::api;
use super::api::Reply;
use super::work::{Stage, Work};
use crate::sim::fault::Piece;
use crate::sim::message::TemplateId;
use crate::sim::network::{Effects, Packet, SlotKey, Timer};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Note, Observer};

impl OriginActor {
    /// Writes an answer.
    pub(super) fn write<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        reply: Reply,
        number: u32,
    ) {
        let Some(work) = self.work.get(slot).copied() else { return };
        let index = reply.index() + if work.head_only { Reply::COUNT } else { 0 };
        let usual = match self.replies[index] {
            Some(known) => known,
            None => {
                let mut template = api::template(reply, &self.id, self.settings.shedding.unwrap_or_default());
                if work.head_only {
                    template = template.without_body();
                }
                let id = fx.intern(template);
                self.replies[index] = Some(id);
                id
            }
        };
        if self.faults.is_empty() {
            let message = fx.message(usual, number);
            fx.note(work.span, Note::Wrote(message));
            fx.reply(work.exchange, Packet::Whole(message));
            self.release(fx, slot);
        } else {
            self.write_faulty(fx, slot, work, usual, number);
        }
    }

    /// Writes an answer as the faults make it.
    fn write_faulty<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        work: Work,
        usual: TemplateId,
        number: u32,
    ) {
        let changed = self.ask_faults(|f| f.behaviour().answer(fx.templates.get(usual)));
        let changed_by = changed.as_ref().map(|(_, fault)| *fault);
        if let Some(fault) = changed_by {
            fx.note(work.span, Note::FaultActed(fault));
        }
        let id = changed.map_or(usual, |(template, _)| {
            let is_head = work.head_only && template.raw.is_none();
            fx.intern(if is_head { template.without_body() } else { template })
        });
        let message = fx.message(id, number);
        fx.note(work.span, Note::Wrote(message));
        let pieces = self.ask_faults(|f| f.behaviour().pieces(message, fx.templates.get(id)));
        let Some((pieces, fault)) = pieces else {
            fx.reply(work.exchange, Packet::Whole(message));
            self.release(fx, slot);
            return;
        };
        if changed_by != Some(fault) {
            fx.note(work.span, Note::FaultActed(fault));
        }
        let mut at = SimDuration::ZERO;
        let mut whole = false;
        for (pause, piece) in pieces {
            at += pause;
            if whole {
                continue;
            }
            // To HEAD nothing follows the head, whatever the application would have written.
            whole = work.head_only && matches!(piece, Piece::Head(_));
            fx.reply_after(
                at,
                work.exchange,
                match piece {
                    Piece::HeadPart => Packet::HeadPart,
                    Piece::StatusLine => Packet::StatusLine,
                    Piece::Head(message) if whole => Packet::Whole(message),
                    Piece::Head(message) => Packet::Head(message),
                    Piece::Body(bytes) => Packet::Body(bytes),
                    Piece::BadChunk => Packet::BadChunk,
                    Piece::End => Packet::End,
                    Piece::Close => Packet::Close,
                    Piece::Reset => Packet::Reset,
                },
            );
        }
        let dies = self.ask_faults(|f| f.behaviour().dies_writing()).filter(|(_, dies)| *dies == fault);
        let Some(work) = self.work.get_mut(slot) else { return };
        work.stage = Stage::Writing;
        work.epoch += 1;
        if let Some((after, fault)) = dies {
            work.stage = Stage::Dying(fault);
            at += after;
        }
        fx.timer(at, slot, work.epoch, Timer::Written);
    }
}
