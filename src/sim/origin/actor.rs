//! An origin at work: workers, a line of waiting requests, and what its faults change.

use std::collections::VecDeque;

use slotmap::SlotMap;

use super::api;
use super::api::Reply;
use super::{Route, route};
use crate::sim::fault::{Fault, FaultKind, OnConnect, OnRead, Piece};
use crate::sim::message::TemplateId;
use crate::sim::network::{Effects, End, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use crate::sim::random::Stream;
use crate::sim::scenario::{App, Distribution, Origin, OriginSettings};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, NodeId, Note, Observer, Outcome, SpanId, SpanKind};

/// A server of the application.
#[derive(Clone)]
pub(crate) struct OriginActor {
    id: String,
    app: App,
    settings: OriginSettings,
    faults: Vec<(Fault, u32)>,
    database: Option<NodeId>,
    /// Orders stored here where there is no database.
    stored: u32,
    busy: u32,
    line: VecDeque<SlotKey>,
    work: SlotMap<SlotKey, Work>,
    service: Stream,
    exceptions: Stream,
    /// What came while the process stood still, in order.
    stalled: Vec<Stalled>,
    /// The templates of the answers written so far, by [`Reply::index`].
    replies: [Option<TemplateId>; Reply::COUNT],
}

/// A request that is worked on or waits for a worker.
#[derive(Clone, Copy)]
struct Work {
    exchange: ExchangeKey,
    span: SpanId,
    request: u32,
    route: Route,
    /// How long a fault makes the work; none for the usual work.
    takes: Option<SimDuration>,
    has_worker: bool,
    query: Option<ExchangeKey>,
    caller_left: bool,
}

#[derive(Clone, Copy)]
enum Stalled {
    Packet { exchange: ExchangeKey, end: End, slot: SlotKey, packet: Packet },
    Timer { slot: SlotKey, timer: Timer },
}

/// Draws how long something takes.
pub(crate) fn draw(distribution: Distribution, chance: &mut Stream) -> SimDuration {
    match distribution {
        Distribution::Fixed(time) => time,
        Distribution::Exponential(mean) => chance.exponential(mean),
        Distribution::Uniform { low, high } => chance.between(low, high),
    }
}

impl OriginActor {
    pub(crate) fn new(origin: &Origin, seed: u64, database: Option<NodeId>) -> Self {
        Self {
            id: origin.id.clone(),
            app: origin.app,
            settings: origin.settings.clone(),
            faults: Vec::new(),
            database,
            stored: 0,
            busy: 0,
            line: VecDeque::new(),
            work: SlotMap::with_key(),
            service: Stream::new(seed, &origin.id, "service time"),
            exceptions: Stream::new(seed, &origin.id, "exceptions"),
            stalled: Vec::new(),
            replies: [None; Reply::COUNT],
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.work.is_empty() && self.stalled.is_empty()
    }

    /// How it keeps the connections that are opened to it.
    pub(crate) fn keeping(&self) -> Keeping {
        Keeping::idle_for(self.settings.keep_alive.unwrap_or(OriginSettings::DEFAULT_KEEP_ALIVE))
    }

    pub(crate) fn set(&mut self, settings: &OriginSettings) {
        self.settings.overlay(settings);
    }

    pub(crate) fn inject<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: &Fault, index: u32) {
        self.faults.retain(|(f, _)| f.kind() != fault.kind());
        self.faults.push((fault.clone(), index));
        if fault.behaviour().kills() {
            self.kill(fx, index);
        }
    }

    pub(crate) fn repair<O: Observer>(&mut self, fx: &mut Effects<'_, O>, kind: FaultKind) {
        self.faults.retain(|(f, _)| f.kind() != kind);
        if self.frozen().is_none() {
            for stalled in std::mem::take(&mut self.stalled) {
                match stalled {
                    Stalled::Packet { exchange, end, slot, packet } => {
                        self.arrive(fx, exchange, end, slot, packet)
                    }
                    Stalled::Timer { slot, timer } => self.timer(fx, slot, timer),
                }
            }
        }
    }

    fn frozen(&self) -> Option<u32> {
        self.faults.iter().find(|(f, _)| f.behaviour().freezes()).map(|(_, index)| *index)
    }

    /// The first fault that has something to say.
    fn ask_faults<T>(&self, question: impl Fn(&Fault) -> Option<T>) -> Option<(T, u32)> {
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
        match (end, packet) {
            (End::Callee, Packet::Request) => self.read(fx, exchange),
            (End::Callee, Packet::Handshake) => self.shake_hands(fx, exchange),
            (End::Callee, Packet::Close | Packet::Reset) => {
                fx.leave(exchange, End::Callee);
                if let Some(work) = self.work.get_mut(slot) {
                    work.caller_left = true;
                    let span = work.span;
                    fx.note(span, Note::CallerLeft);
                }
            }
            (End::Caller, Packet::Done(number)) => self.query_answered(fx, slot, Some(number)),
            (End::Caller, Packet::NoConnection(failure)) => {
                if let Some(work) = self.work.get(slot) {
                    fx.note(work.span, Note::Noticed(failure));
                }
                self.query_answered(fx, slot, None);
            }
            (End::Caller, Packet::Close | Packet::Reset) => {
                if let Some(work) = self.work.get(slot) {
                    let reset = packet == Packet::Reset;
                    fx.note(work.span, Note::Noticed(if reset { Failure::Reset } else { Failure::Closed }));
                }
                self.query_answered(fx, slot, None);
            }
            _ => {}
        }
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
            None => fx.reply(exchange, Packet::Accepted),
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
    fn read<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
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
        let route = route(self.app, fx.request(request));
        let slot = self.work.insert(Work {
            exchange,
            span,
            request,
            route,
            takes,
            has_worker: false,
            query: None,
            caller_left: false,
        });
        fx.serve(exchange, slot);
        if self.busy < self.settings.workers.unwrap_or(OriginSettings::DEFAULT_WORKERS) {
            self.start(fx, slot);
        } else if self.line.len() < self.settings.queue.unwrap_or(OriginSettings::DEFAULT_QUEUE) as usize {
            fx.note(span, Note::Queued(self.line.len() as u32));
            self.line.push_back(slot);
        } else {
            self.write(fx, slot, Reply::Overloaded, 0);
        }
    }

    /// A worker takes a request.
    fn start<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get_mut(slot) else { return };
        self.busy += 1;
        work.has_worker = true;
        fx.note(work.span, Note::Started(self.busy));
        let usual = self.settings.service_time.unwrap_or(OriginSettings::DEFAULT_SERVICE_TIME);
        match (work.takes, usual) {
            (Some(takes), _) | (None, Distribution::Fixed(takes)) => fx.timer(takes, slot, 0, Timer::Work),
            _ => fx.timer_by_chance(draw(usual, &mut self.service), slot, 0, Timer::Work),
        }
    }

    pub(crate) fn timer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, timer: Timer) {
        if !self.work.contains_key(slot) {
            return;
        }
        if self.frozen().is_some() {
            self.stalled.push(Stalled::Timer { slot, timer });
            return;
        }
        match timer {
            Timer::Work => self.worked(fx, slot),
            Timer::Written => self.release(fx, slot),
            _ => {}
        }
    }

    /// The origin's own work is done: throw, ask the database, or answer.
    fn worked<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.get(slot).copied() else { return };
        if let Some((share, fault)) = self.ask_faults(|f| f.behaviour().exception_share())
            && self.exceptions.chance(share)
        {
            fx.note(work.span, Note::FaultActed(fault));
            self.write(fx, slot, Reply::Exception, 0);
            return;
        }
        match self.database {
            Some(database) if work.route.asks_database() && !self.answers_by_itself() => {
                fx.note(work.span, Note::Asked);
                let query = fx.ask(database, work.request, fx.call_of(work.exchange), slot, work.span);
                if let Some(work) = self.work.get_mut(slot) {
                    work.query = Some(query);
                }
            }
            _ => {
                let number = match work.route {
                    Route::Create if !self.answers_by_itself() => {
                        self.stored += 1;
                        let number = FIRST_ORDER + self.stored - 1;
                        fx.note(work.span, Note::Committed(number));
                        number
                    }
                    Route::Read(number) => number,
                    _ => self.stored,
                };
                self.write(fx, slot, Reply::Usual(work.route), number);
            }
        }
    }

    /// True if a fault makes the application answer with an error before it does anything.
    fn answers_by_itself(&self) -> bool {
        self.faults.iter().any(|(f, _)| f.kind() == FaultKind::ApplicationError)
    }

    fn query_answered<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, number: Option<u32>) {
        let Some(work) = self.work.get_mut(slot) else { return };
        if let Some(query) = work.query.take() {
            fx.leave(query, End::Caller);
        }
        let work = *work;
        fx.note(work.span, Note::QueryAnswered);
        let reply = if number.is_some() { Reply::Usual(work.route) } else { Reply::Exception };
        self.write(fx, slot, reply, number.unwrap_or_default());
    }

    /// Writes an answer, in one piece or as a fault breaks it up.
    fn write<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, reply: Reply, number: u32) {
        let Some(work) = self.work.get(slot).copied() else { return };
        let usual = match self.replies[reply.index()] {
            Some(known) => known,
            None => {
                let id = fx.intern(api::template(reply, &self.id));
                self.replies[reply.index()] = Some(id);
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
        let id = changed.map_or(usual, |(template, _)| fx.intern(template));
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
        for (pause, piece) in pieces {
            at += pause;
            fx.reply_after(
                at,
                work.exchange,
                match piece {
                    Piece::HeadPart => Packet::HeadPart,
                    Piece::StatusLine => Packet::StatusLine,
                    Piece::Head(message) => Packet::Head(message),
                    Piece::Body(bytes) => Packet::Body(bytes),
                    Piece::BadChunk => Packet::BadChunk,
                    Piece::End => Packet::End,
                    Piece::Close => Packet::Close,
                    Piece::Reset => Packet::Reset,
                },
            );
        }
        fx.timer(at, slot, 0, Timer::Written);
    }

    /// The answer is out: the span ends, and the worker takes the next request.
    fn release<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(work) = self.work.remove(slot) else { return };
        if work.has_worker {
            self.busy -= 1;
            fx.note(work.span, Note::Released(self.busy));
        }
        fx.close(work.span, Outcome::Done);
        if work.has_worker
            && let Some(next) = self.line.pop_front()
        {
            self.start(fx, next);
        }
    }

    /// The process is gone, and its work with it. The kernel closes its connections.
    fn kill<O: Observer>(&mut self, fx: &mut Effects<'_, O>, fault: u32) {
        for (_, work) in std::mem::take(&mut self.work) {
            if let Some(query) = work.query {
                fx.hang_up(query);
            }
            fx.note(work.span, Note::FaultActed(fault));
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
        fx.close_idle();
        self.line.clear();
        self.busy = 0;
    }
}

/// The number of the first order that is created in a run.
pub(crate) const FIRST_ORDER: u32 = 1_042;
