//! The process of an origin: its deaths, its starts, its turn in a deploy.

use super::actor::{OriginActor, Stalled};
use super::lifecycle::Phase;
use crate::sim::network::{Effects, End, Packet, SlotKey, Timer};
use crate::sim::scenario::Deploy;
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Note, Observer, Outcome, ProcessStep, SpanId, Step};

/// A turn in a deploy that is to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    graceful: bool,
    drain: SimDuration,
}

impl OriginActor {
    /// True if there is a process that can read a request.
    pub(super) fn lives(&self) -> bool {
        self.life.works() && !self.faults.iter().any(|(f, _)| f.behaviour().kills())
    }

    fn tell<O: Observer>(&self, fx: &mut Effects<'_, O>, step: ProcessStep) {
        let node = fx.node;
        fx.note(SpanId::NONE, Note::Step(Step::Process(node, step)));
    }

    /// The origin's part in a deploy: its turn comes after so many others.
    pub(crate) fn deploy<O: Observer>(&mut self, fx: &mut Effects<'_, O>, deploy: &Deploy, place: u64) {
        self.turns.push(Turn { graceful: deploy.graceful, drain: deploy.drain });
        let turn = self.turns.len() as u32 - 1;
        fx.timer(deploy.each.times(place), SlotKey::default(), turn, Timer::Deploy);
    }

    /// Its turn has come.
    pub(super) fn deployed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, turn: u32) {
        let Some(turn) = self.turns.get(turn as usize).copied() else { return };
        if self.faults.iter().any(|(f, _)| f.behaviour().kills()) {
            // Nothing runs here that could be replaced.
            return;
        }
        if turn.graceful && self.life.phase == Phase::Up {
            self.tell(fx, ProcessStep::Stopping);
            self.life.enter(Phase::Draining, fx.now);
            fx.close_idle();
            fx.timer(turn.drain, SlotKey::default(), self.life.epoch, Timer::Process);
            self.settle(fx);
        } else {
            self.tell(fx, ProcessStep::Killed);
            self.kill(fx, None);
            self.start_process(fx);
        }
    }

    /// A process that drains is gone once it has finished everything.
    pub(super) fn settle<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        if self.life.phase == Phase::Draining && self.work.is_empty() && self.stalled.is_empty() {
            self.tell(fx, ProcessStep::Stopped);
            self.kill(fx, None);
            self.start_process(fx);
        }
    }

    /// The next step in the life of the process is due.
    pub(super) fn process_due<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        match self.life.phase {
            Phase::Down => self.start_process(fx),
            Phase::Starting => self.ready_to_serve(fx),
            Phase::Draining => {
                self.tell(fx, ProcessStep::DrainCut);
                self.kill(fx, None);
                self.start_process(fx);
            }
            Phase::Up => {}
        }
    }

    pub(super) fn start_process<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        self.life.enter(Phase::Starting, fx.now);
        self.starts += 1;
        self.served = 0;
        self.leaks_since = fx.now;
        self.tell(fx, ProcessStep::Starting);
        if let Some((after, _)) = self.ask_faults(|f| f.behaviour().crashes_after()) {
            fx.timer(after, SlotKey::default(), self.starts, Timer::Crash);
        }
        self.watch_memory(fx);
        match self.settings.start_time.filter(|time| !time.is_zero()) {
            Some(time) => fx.timer(time, SlotKey::default(), self.life.epoch, Timer::Process),
            None => self.ready_to_serve(fx),
        }
    }

    fn ready_to_serve<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        self.life.enter(Phase::Up, fx.now);
        self.tell(fx, ProcessStep::Ready);
    }

    /// The process dies by itself; its supervisor may start it again.
    pub(super) fn die<O: Observer>(&mut self, fx: &mut Effects<'_, O>, how: ProcessStep, fault: Option<u32>) {
        self.tell(fx, how);
        self.kill(fx, fault);
        self.life.enter(Phase::Down, fx.now);
        if let Some(wait) = self.life.restart_in(self.settings.restart.unwrap_or_default(), fx.now) {
            self.tell(fx, ProcessStep::RestartIn(wait));
            fx.timer(wait, SlotKey::default(), self.life.epoch, Timer::Process);
        }
    }

    /// A process may die now: of a fault that makes it crash, or of its memory.
    pub(super) fn crash_due<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        if self.life.phase == Phase::Down {
            return;
        }
        if let Some((_, fault)) = self.ask_faults(|f| f.behaviour().crashes_after()) {
            self.die(fx, ProcessStep::Crashed, Some(fault));
        } else {
            self.check_memory(fx);
        }
    }

    /// Kills the process if it needs more memory than it may have; true if so.
    pub(super) fn check_memory<O: Observer>(&mut self, fx: &mut Effects<'_, O>) -> bool {
        let Some((leak, fault)) = self.ask_faults(|f| f.behaviour().leak()) else { return false };
        let full = leak.is_full(self.served, fx.now.since(self.leaks_since));
        if full {
            self.die(fx, ProcessStep::OutOfMemory, Some(fault));
        }
        full
    }

    /// Has the process die when time alone will have filled its memory.
    pub(super) fn watch_memory<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        if let Some((leak, _)) = self.ask_faults(|f| f.behaviour().leak())
            && let Some(at) = leak.full_at(0)
        {
            fx.timer(at, SlotKey::default(), self.starts, Timer::Crash);
        }
    }

    /// The process is gone, and its work with it. The kernel closes its connections.
    pub(super) fn kill<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: Option<u32>) {
        // Draining keeps the slots' generations: timers of what dies here must not meet what comes later.
        for (_, work) in self.work.drain() {
            if let Some(query) = work.query {
                fx.hang_up(query);
            }
            if let Some(key) = work.key {
                self.store.settle(key, None);
            }
            if let Some(fault) = fault {
                fx.note(work.span, Note::FaultActed(fault));
            }
            fx.close(work.span, Outcome::Failed(Failure::Killed));
            if !work.caller_left {
                fx.reply(work.exchange, Packet::Close);
            }
        }
        for stalled in std::mem::take(&mut self.stalled) {
            // Data that nobody has read turns the close into a reset (RFC 2525 §2.17).
            if let Stalled::Packet { exchange, end: End::Callee, packet: Packet::Request, .. } = stalled {
                fx.reply(exchange, Packet::Reset);
            }
        }
        // The same for connections that nobody has accepted.
        for exchange in self.backlog.all() {
            if fx.exchange(exchange).is_some_and(|x| x.callee_open) {
                fx.reply(exchange, Packet::Reset);
            }
        }
        fx.close_idle();
        // Whatever else is open has not asked yet, except what asks for a connection.
        let node = fx.node;
        let open: Vec<_> = (fx.network.exchanges.iter())
            .filter(|(_, x)| x.callee == node && x.callee_open)
            .map(|(exchange, _)| exchange)
            .filter(|exchange| !self.asks_again(*exchange))
            .collect();
        for exchange in open {
            fx.reply(exchange, Packet::Close);
        }
        self.backlog.clear();
        self.line.clear();
        self.ready.clear();
        self.pool.clear();
        self.mutex.clear();
        self.busy = 0;
    }
}
