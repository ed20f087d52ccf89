//! An origin at work: workers, a line of waiting requests, and what its faults change.

use std::collections::VecDeque;

use slotmap::SlotMap;

use super::api::{Reply, Route, route};
use super::backlog::{Backlog, SYN_RETRIES, syn_wait};
use super::lifecycle::{Life, Phase};
use super::line::Line;
use super::mutex::Mutex;
use super::pool::Pool;
use super::process::Turn;
use super::store::Store;
use super::work::{Stage, Work};
use crate::sim::fault::{Fault, FaultKind, OnConnect, OnRead};
use crate::sim::message::{Method, TemplateId};
use crate::sim::network::{Effects, End, Event, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use crate::sim::query::Told;
use crate::sim::random::Stream;
use crate::sim::scenario::{App, Origin, OriginSettings, Updates};
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, NodeId, Note, Observer, Outcome, ProcessStep, SpanKind, Step};

/// A server of the application.
#[derive(Clone)]
pub(crate) struct OriginActor {
    pub(super) id: String,
    app: App,
    pub(super) settings: OriginSettings,
    pub(super) faults: Vec<(Fault, u32)>,
    pub(super) database: Option<NodeId>,
    /// The third parties that have to agree before an order is stored.
    pub(super) apis: Vec<NodeId>,
    /// What is stored here where there is no database.
    pub(super) store: Store,
    pub(super) busy: u32,
    pub(super) line: Line<SlotKey>,
    /// Connections that the process has not accepted.
    pub(super) backlog: Backlog<ExchangeKey>,
    /// SYNs that were dropped and will be sent again, with how often they were.
    syns: SlotMap<SlotKey, (ExchangeKey, u32)>,
    /// What was answered and waits for the loop.
    pub(super) ready: VecDeque<(SlotKey, Told)>,
    pub(super) pool: Pool<SlotKey>,
    pub(super) mutex: Mutex<SlotKey>,
    pub(super) work: SlotMap<SlotKey, Work>,
    pub(super) service: Stream,
    pub(super) exceptions: Stream,
    /// What came while the process stood still, in order.
    pub(super) stalled: Vec<Stalled>,
    /// The templates of the answers written so far, by [`Reply::index`]; those without a body after the others.
    pub(super) replies: [Option<TemplateId>; 2 * Reply::COUNT],
    pub(super) life: Life,
    /// How many processes were started in this run.
    pub(super) starts: u32,
    /// Requests that the present process has read, and since when its memory grows.
    pub(super) served: u64,
    pub(super) leaks_since: SimTime,
    pub(super) turns: Vec<Turn>,
}

#[derive(Clone, Copy)]
pub(super) enum Stalled {
    Packet { exchange: ExchangeKey, end: End, slot: SlotKey, packet: Packet },
    Timer { slot: SlotKey, epoch: u32, timer: Timer },
}

impl OriginActor {
    pub(crate) fn new(origin: &Origin, seed: u64, database: Option<NodeId>, apis: &[NodeId]) -> Self {
        Self {
            id: origin.id.clone(),
            app: origin.app,
            settings: origin.settings.clone(),
            faults: Vec::new(),
            database,
            apis: apis.to_vec(),
            store: Store::default(),
            busy: 0,
            line: Line::new(),
            backlog: Backlog::new(),
            syns: SlotMap::with_key(),
            ready: VecDeque::new(),
            pool: Pool::new(),
            mutex: Mutex::new(),
            work: SlotMap::with_key(),
            service: Stream::new(seed, &origin.id, "service time"),
            exceptions: Stream::new(seed, &origin.id, "exceptions"),
            stalled: Vec::new(),
            replies: [None; 2 * Reply::COUNT],
            life: Life::new(),
            starts: 0,
            served: 0,
            leaks_since: SimTime::ZERO,
            turns: Vec::new(),
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.work.is_empty() && self.stalled.is_empty() && self.backlog.len() == 0 && self.syns.is_empty()
    }

    /// How it keeps the connections that are opened to it.
    pub(crate) fn keeping(&self) -> Keeping {
        Keeping::idle_for(self.settings.keep_alive.unwrap_or(OriginSettings::DEFAULT_KEEP_ALIVE))
    }

    pub(crate) fn set(&mut self, settings: &OriginSettings) {
        self.settings.overlay(settings);
        // They may say something of the settings.
        self.replies = [None; 2 * Reply::COUNT];
    }

    pub(crate) fn inject<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: &Fault, index: u32) {
        self.faults.retain(|(f, _)| f.kind() != fault.kind());
        self.faults.push((fault.clone(), index));
        let behaviour = fault.behaviour();
        if behaviour.kills() {
            self.kill(fx, Some(index));
        }
        if behaviour.crashes_after().is_some() && self.life.phase != Phase::Down {
            self.die(fx, ProcessStep::Crashed, Some(index));
        }
        if behaviour.leak().is_some() {
            self.served = 0;
            self.leaks_since = fx.now;
            self.watch_memory(fx);
        }
    }

    pub(crate) fn repair<O: Observer>(&mut self, fx: &mut Effects<'_, O>, kind: FaultKind) {
        let was_down = kind == FaultKind::ProcessDown && self.faults.iter().any(|(f, _)| f.kind() == kind);
        self.faults.retain(|(f, _)| f.kind() != kind);
        if was_down
            && self.life.phase == Phase::Up
            && (self.settings.start_time, self.settings.warm_up) != (None, None)
        {
            self.start_process(fx);
        }
        if kind == FaultKind::WorkerPoolBusy {
            self.fill(fx);
        }
        if self.frozen().is_none() {
            if !self.waits_in_kernel() {
                self.backlog.clear();
            }
            for stalled in std::mem::take(&mut self.stalled) {
                match stalled {
                    Stalled::Packet { exchange, end, slot, packet } => {
                        self.arrive(fx, exchange, end, slot, packet)
                    }
                    Stalled::Timer { slot, epoch, timer } => self.timer(fx, slot, epoch, timer),
                }
            }
        }
    }

    fn frozen(&self) -> Option<u32> {
        self.faults.iter().find(|(f, _)| f.behaviour().freezes()).map(|(_, index)| *index)
    }

    /// The first fault that has something to say.
    pub(super) fn ask_faults<T>(&self, question: impl Fn(&Fault) -> Option<T>) -> Option<(T, u32)> {
        self.faults.iter().find_map(|(fault, index)| question(fault).map(|answer| (answer, *index)))
    }

    pub(crate) fn arrive<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        exchange: ExchangeKey,
        end: End,
        slot: SlotKey,
        packet: Packet,
    ) {
        if packet == Packet::Connect {
            self.connected(fx, exchange);
            return;
        }
        if let Some(fault) = self.frozen() {
            // The kernel takes data in, the process does not.
            if packet == Packet::Request
                && let Some(span) = fx.exchange(exchange).map(|x| x.span)
            {
                fx.note(span, Note::FaultActed(fault));
            }
            self.stalled.push(Stalled::Packet { exchange, end, slot, packet });
            return;
        }
        if end == End::Callee && !self.lives() {
            // Nobody is there any more: the kernel answers data with a reset.
            match packet {
                Packet::Close | Packet::Reset => fx.leave(exchange, End::Callee),
                _ => fx.reply(exchange, Packet::Reset),
            }
            return;
        }
        match (end, packet) {
            (End::Callee, Packet::Request) if self.waits_in_kernel() => self.asked(fx, exchange),
            (End::Callee, Packet::Request) => self.read(fx, exchange),
            (End::Callee, Packet::Handshake) => self.shake_hands(fx, exchange),
            // The process learns of it only once it has accepted the connection and read its request.
            (End::Callee, Packet::Close | Packet::Reset) if self.backlog.left(exchange) => {}
            (End::Callee, Packet::Close | Packet::Reset) => {
                fx.leave(exchange, End::Callee);
                self.caller_left(fx, slot);
            }
            (End::Caller, Packet::Done(number)) => {
                self.query_answered(fx, exchange, slot, Told::Done(number))
            }
            (End::Caller, Packet::Told(told)) => self.query_answered(fx, exchange, slot, told),
            (End::Caller, Packet::Refused) => {
                if let Some(work) = self.work.get(slot) {
                    fx.note(work.span, Note::Noticed(Failure::Refused));
                }
                self.query_answered(fx, exchange, slot, Told::Lost);
            }
            (End::Caller, Packet::NoConnection(failure)) => {
                if let Some(work) = self.work.get(slot) {
                    fx.note(work.span, Note::Noticed(failure));
                }
                self.query_answered(fx, exchange, slot, Told::Lost);
            }
            (End::Caller, Packet::Close | Packet::Reset) => {
                if let Some(work) = self.work.get(slot) {
                    let reset = packet == Packet::Reset;
                    fx.note(work.span, Note::Noticed(if reset { Failure::Reset } else { Failure::Closed }));
                }
                self.query_answered(fx, exchange, slot, Told::Lost);
            }
            _ => {}
        }
        self.settle(fx);
    }

    /// The kernel's part: a connection arrives.
    fn connected<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let acted = self.ask_faults(|f| f.behaviour().on_connect());
        if let Some((_, fault)) = acted
            && let Some(span) = fx.exchange(exchange).map(|x| x.span)
        {
            fx.note(span, Note::FaultActed(fault));
        }
        match acted.map(|(what, _)| what) {
            Some(OnConnect::Refuse) => fx.reply(exchange, Packet::Refused),
            Some(OnConnect::AcceptThenEnd { reset }) => {
                fx.reply(exchange, Packet::Accepted);
                fx.reply(exchange, if reset { Packet::Reset } else { Packet::Close });
            }
            None if !self.life.listens() => fx.reply(exchange, Packet::Refused),
            None if self.waits_in_kernel() || self.frozen().is_some() => {
                if self.backlog.push(exchange, self.settings.backlog) {
                    fx.reply(exchange, Packet::Accepted);
                } else {
                    let slot = self.syns.insert((exchange, 0));
                    self.drop_syn(fx, slot);
                }
            }
            None => fx.reply(exchange, Packet::Accepted),
        }
    }

    /// The accept queue is full: nothing is answered, and the caller's kernel asks again.
    fn drop_syn<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some((exchange, retries)) = self.syns.get(slot).copied() else { return };
        if let Some(span) = fx.exchange(exchange).map(|x| x.span) {
            fx.note(span, Note::Step(Step::SynDropped(self.backlog.len() as u32)));
        }
        fx.timer(syn_wait(retries), slot, 0, Timer::Syn);
    }

    /// True if a connection waits for its SYN to be sent again.
    pub(super) fn asks_again(&self, exchange: ExchangeKey) -> bool {
        self.syns.values().any(|(waiting, _)| *waiting == exchange)
    }

    /// A SYN that was dropped comes again, unless its caller has left.
    fn syn_again<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some((exchange, retries)) = self.syns.get_mut(slot) else { return };
        *retries += 1;
        let (exchange, retries) = (*exchange, *retries);
        let open = fx.exchange(exchange).is_some_and(|x| x.caller_open && x.callee_open);
        if open && retries <= SYN_RETRIES {
            if self.life.listens() && !self.backlog.has_room(self.settings.backlog) {
                self.drop_syn(fx, slot);
                return;
            }
            self.connected(fx, exchange);
        } else if open {
            let packet = Packet::NoConnection(Failure::NoReply);
            fx.schedule.add(fx.now, Event::Arrive { exchange, end: End::Caller, packet });
            fx.leave(exchange, End::Callee);
        }
        self.syns.remove(slot);
    }

    /// A request is here whose connection the process accepts only with a free worker.
    fn asked<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let waits = self.backlog.asked(exchange);
        if self.busy < self.capacity() {
            self.backlog.forget(exchange);
            self.read(fx, exchange);
        } else if !waits {
            // A connection that was accepted for an earlier request has no worker of its own any more.
            self.backlog.push(exchange, None);
            self.backlog.asked(exchange);
        }
    }

    fn shake_hands<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let Some((what, fault)) = self.ask_faults(|f| f.behaviour().on_handshake()) else {
            fx.reply(exchange, Packet::Handshake);
            return;
        };
        if let Some(span) = fx.exchange(exchange).map(|x| x.span) {
            fx.note(span, Note::FaultActed(fault));
        }
        fx.reply(exchange, Packet::NoHandshake(what));
    }

    /// The process reads a request.
    pub(super) fn read<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let Some((request, parent, served)) = fx.exchange(exchange).map(|x| (x.request, x.span, x.served))
        else {
            return;
        };
        if served > 1
            && let Some((OnRead::End { reset }, fault)) = self.ask_faults(|f| f.behaviour().on_reuse())
        {
            // It had hung up before it read anything.
            fx.note(parent, Note::FaultActed(fault));
            fx.reply(exchange, if reset { Packet::Reset } else { Packet::Close });
            return;
        }
        let span = fx.open(SpanKind::Work, parent, request);
        fx.note(span, Note::RequestRead);
        let mut takes = None;
        if let Some((what, fault)) = self.ask_faults(|f| f.behaviour().on_read()) {
            fx.note(span, Note::FaultActed(fault));
            match what {
                OnRead::End { reset } => {
                    fx.close(span, Outcome::Failed(Failure::Killed));
                    fx.reply(exchange, if reset { Packet::Reset } else { Packet::Close });
                    return;
                }
                OnRead::AnswerAfter(delay) => takes = Some(delay),
            }
        }
        self.served += 1;
        let asked = fx.request(request);
        let head_only = asked.is_some_and(|r| r.method == Method::Head);
        let route = match route(self.app, asked) {
            Route::Update(_) if self.settings.updates.unwrap_or_default() == Updates::Refused => {
                Route::ReadOnly
            }
            route => route,
        };
        let slot = self.work.insert(Work { head_only, takes, ..Work::new(exchange, span, request, route) });
        fx.serve(exchange, slot);
        if !self.check_memory(fx) {
            self.take_in(fx, slot);
        }
    }

    pub(crate) fn timer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
        timer: Timer,
    ) {
        // What the kernel, a supervisor or an operator does, whether or not the process stands still.
        match timer {
            Timer::Syn => return self.syn_again(fx, slot),
            Timer::Deploy => return self.deployed(fx, epoch),
            Timer::Process if epoch == self.life.epoch => return self.process_due(fx),
            Timer::Crash if epoch == self.starts => return self.crash_due(fx),
            Timer::Process | Timer::Crash => return,
            _ => {}
        }
        let Some(work) = self.work.get(slot).filter(|work| work.epoch == epoch) else { return };
        if self.frozen().is_some() {
            self.stalled.push(Stalled::Timer { slot, epoch, timer });
            return;
        }
        let stage = work.stage;
        match timer {
            Timer::Work => self.worked(fx, slot),
            Timer::Written => match stage {
                Stage::Dying(fault) => self.die(fx, ProcessStep::Crashed, Some(fault)),
                _ => self.release(fx, slot),
            },
            Timer::Queue if stage == Stage::Waiting => {
                if let Some(waited) = self.line.remove(slot, fx.now) {
                    self.turn_away(fx, slot, Step::QueueTimeout(waited));
                }
            }
            Timer::Acquire => self.pool_timed_out(fx, slot),
            Timer::Query => self.query_timed_out(fx, slot),
            Timer::Lock => self.lock_timed_out(fx, slot),
            _ => {}
        }
        self.settle(fx);
    }
}
