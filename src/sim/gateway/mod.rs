//! What any gateway does: take a request, choose an upstream, time it, pass the answer on.
//!
//! Whatever products do differently is asked of the [`Dialect`]. Left out for now: caching, limits.

mod pool;

use std::sync::Arc;

use slotmap::SlotMap;

use self::pool::Pool;
use super::dialect::{Action, Dialect, EffectiveSettings, Reading, Situation, dialect};
use super::fault::OnHandshake;
use super::message::{Message, Method, TemplateId};
use super::network::{Effects, End, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use super::scenario::{Gateway, GatewaySettings, Maintenance, RetryAfter, UpstreamKeepAlive};
use super::time::SimTime;
use super::trace::{Failure, NodeId, Note, Observer, Outcome, SpanId, SpanKind};

/// A gateway.
#[derive(Clone)]
pub(crate) struct GatewayActor {
    dialect: &'static dyn Dialect,
    configured: GatewaySettings,
    /// Requests keep the settings with which they began.
    settings: Arc<EffectiveSettings>,
    upstreams: Vec<NodeId>,
    pool: Pool,
    requests: SlotMap<SlotKey, Request>,
    /// How each upstream template is passed on, by its index.
    forwarded: Vec<Option<TemplateId>>,
}

/// A request that the gateway is working on.
#[derive(Clone)]
struct Request {
    down: ExchangeKey,
    span: SpanId,
    request: u32,
    method: Method,
    settings: Arc<EffectiveSettings>,
    started: SimTime,
    tried: u64,
    tries: u32,
    /// Timers of an earlier epoch are void.
    epoch: u32,
    attempt: Option<Try>,
    /// The head of the answer, as it will be passed on.
    head: Option<Message>,
    /// Body bytes that are held back with the head.
    held: u32,
    /// The head is out.
    begun: bool,
    /// The answer is out; only the connection is still open.
    answered: bool,
}

/// A try at one upstream.
#[derive(Clone, Copy)]
struct Try {
    exchange: ExchangeKey,
    span: SpanId,
    peer: usize,
    sent: bool,
    /// On a connection that carried a request before.
    reused: bool,
    /// What the upstream itself wrote.
    head: Option<Message>,
}

impl GatewayActor {
    pub(crate) fn new(gateway: &Gateway, upstreams: Vec<NodeId>) -> Self {
        let dialect = dialect(gateway.dialect);
        Self {
            dialect,
            configured: gateway.settings.clone(),
            settings: Arc::new(dialect.effective(&gateway.settings)),
            pool: Pool::new(upstreams.len()),
            upstreams,
            requests: SlotMap::with_key(),
            forwarded: Vec::new(),
        }
    }

    /// True if nothing is being worked on.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.is_empty()
    }

    /// How it keeps the connections that it opens, and those that are opened to it.
    pub(crate) fn keeping(&self) -> (Keeping, Keeping) {
        let upstream = match self.settings.upstream_keep_alive {
            UpstreamKeepAlive::Off => Keeping::NOT,
            UpstreamKeepAlive::On(keep_alive) => Some(keep_alive).into(),
        };
        (upstream, Some(self.settings.keep_alive).into())
    }

    /// Changes settings for requests from now on.
    pub(crate) fn set(&mut self, settings: &GatewaySettings) {
        self.configured.overlay(settings);
        self.settings = Arc::new(self.dialect.effective(&self.configured));
    }

    pub(crate) fn arrive<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        exchange: ExchangeKey,
        end: End,
        slot: SlotKey,
        packet: Packet,
    ) {
        match end {
            End::Callee => self.client_sent(fx, exchange, slot, packet),
            End::Caller => self.upstream_sent(fx, slot, packet),
        }
    }

    fn client_sent<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        exchange: ExchangeKey,
        slot: SlotKey,
        packet: Packet,
    ) {
        match packet {
            Packet::Connect => fx.reply(exchange, Packet::Accepted),
            Packet::Handshake => fx.reply(exchange, Packet::Handshake),
            Packet::Request => self.begin(fx, exchange),
            Packet::Close | Packet::Reset => self.client_left(fx, exchange, slot),
            _ => {}
        }
    }

    fn begin<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey) {
        let Some((request, parent)) = fx.exchange(exchange).map(|x| (x.request, x.span)) else { return };
        let method = fx.request(request).map_or(Method::Get, |r| r.method);
        let span = fx.open(SpanKind::GatewayRequest, parent, request);
        fx.note(span, Note::RequestRead);
        let slot = self.requests.insert(Request {
            down: exchange,
            span,
            request,
            method,
            settings: Arc::clone(&self.settings),
            started: fx.now,
            tried: 0,
            tries: 0,
            epoch: 0,
            attempt: None,
            head: None,
            held: 0,
            begun: false,
            answered: false,
        });
        fx.serve(exchange, slot);
        if let Maintenance::On { retry_after } = self.settings.maintenance {
            let (rule, setting) = self.dialect.maintenance();
            fx.note(span, Note::Decided(rule, Some(setting)));
            self.answer(fx, slot, 503, retry_after);
        } else {
            self.next_try(fx, slot);
        }
    }

    /// Asks the next upstream, if one is to be had.
    fn next_try<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let upstreams = &self.upstreams;
        let s = &r.settings;
        let span = r.span;
        let picked = self.pool.pick(r.tried, fx.now, s.max_fails, s.fail_timeout, |peer| {
            fx.note(span, Note::PassedOver(upstreams[peer]));
        });
        let Some(peer) = picked else {
            fx.note(span, Note::Noticed(Failure::NoLiveUpstream));
            self.decide(fx, slot, Failure::NoLiveUpstream, None);
            return;
        };
        r.tried |= 1 << peer;
        r.tries += 1;
        r.epoch += 1;
        let upstream = upstreams[peer];
        fx.note(span, Note::Picked(upstream));
        let try_span = fx.open(SpanKind::Try, span, u32::from(upstream.0));
        let call = fx.call_of(r.down);
        let (exchange, reused) = fx.call(upstream, r.request, call, slot, try_span);
        r.attempt = Some(Try { exchange, span: try_span, peer, sent: reused, reused, head: None });
        if reused {
            fx.send(exchange, Packet::Request);
            Self::restart_clock(fx, r, slot);
        } else {
            fx.timer(r.settings.connect_timeout, slot, r.epoch, Timer::Connect);
        }
    }

    fn upstream_sent<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, packet: Packet) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let Some(attempt) = &mut r.attempt else { return };
        let try_span = attempt.span;
        match packet {
            Packet::Accepted => {
                attempt.sent = true;
                let exchange = attempt.exchange;
                fx.note(try_span, Note::Connected);
                fx.send(exchange, Packet::Request);
                Self::restart_clock(fx, r, slot);
            }
            Packet::Refused => self.failed(fx, slot, Failure::Refused),
            Packet::NoConnection(failure) => self.failed(fx, slot, failure),
            Packet::NoHandshake(OnHandshake::Plaintext) => self.failed(fx, slot, Failure::HandshakeFailed),
            Packet::NoHandshake(OnHandshake::BadCertificate) => {
                self.failed(fx, slot, Failure::BadCertificate);
            }
            Packet::HeadPart => {
                if self.dialect.head_bytes_restart_clock() {
                    Self::restart_clock(fx, r, slot);
                }
            }
            Packet::Head(message) => {
                attempt.head = Some(message);
                fx.note(try_span, Note::HeadRead);
                if self.accept(fx, slot, message) {
                    self.pass_head(fx, slot, message, false);
                }
            }
            Packet::Whole(message) => {
                attempt.head = Some(message);
                fx.note(try_span, Note::HeadRead);
                if self.accept(fx, slot, message) {
                    self.pass_head(fx, slot, message, true);
                    self.upstream_done(fx, slot);
                }
            }
            Packet::Body(bytes) => self.body(fx, slot, bytes),
            Packet::End | Packet::Done(_) => self.upstream_done(fx, slot),
            Packet::BadChunk => self.failed(fx, slot, Failure::InvalidChunk),
            Packet::Close if attempt.head.is_some() => self.closed_in_body(fx, slot),
            Packet::Reset if attempt.head.is_some() => {
                self.failed(fx, slot, Failure::Truncated { reset: true })
            }
            Packet::Close => self.failed(fx, slot, Failure::Closed),
            Packet::Reset => self.failed(fx, slot, Failure::Reset),
            Packet::Connect | Packet::Handshake | Packet::Request => {}
        }
    }

    fn restart_clock<O: Observer>(fx: &mut Effects<'_, O>, r: &mut Request, slot: SlotKey) {
        r.epoch += 1;
        fx.timer(r.settings.read_timeout, slot, r.epoch, Timer::Read);
    }

    /// Asks the dialect what it makes of a head; true if the answer is to be passed on.
    fn accept<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, message: Message) -> bool {
        let Some(r) = self.requests.get(slot) else { return false };
        let tries_left = self.tries_left(r);
        match self.dialect.read(fx.templates.get(message.template), tries_left, &r.settings) {
            Reading::Accept => true,
            Reading::PassRaw(rule) => {
                fx.note(r.span, Note::Decided(rule, None));
                true
            }
            Reading::Reject(failure) => {
                self.failed(fx, slot, failure);
                false
            }
            Reading::Next(rule, setting) => {
                fx.note(r.span, Note::Decided(rule, Some(setting)));
                self.end_try(fx, slot, Outcome::Answer(message), true);
                self.next_try(fx, slot);
                false
            }
        }
    }

    fn forwarded<O: Observer>(&mut self, fx: &mut Effects<'_, O>, message: Message) -> Message {
        let index = message.template.0 as usize;
        if self.forwarded.len() <= index {
            self.forwarded.resize(index + 1, None);
        }
        let template = match self.forwarded[index] {
            Some(known) => known,
            None => {
                let template = self.dialect.forward(fx.templates.get(message.template));
                let id = fx.intern(template);
                self.forwarded[index] = Some(id);
                id
            }
        };
        fx.message(template, message.number)
    }

    fn pass_head<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        message: Message,
        whole: bool,
    ) {
        let forwarded = self.forwarded(fx, message);
        let Some(r) = self.requests.get_mut(slot) else { return };
        r.head = Some(forwarded);
        if !whole {
            Self::restart_clock(fx, r, slot);
            if self.dialect.holds_back() == 0 {
                Self::begin_answer(fx, r);
            }
        }
    }

    fn begin_answer<O: Observer>(fx: &mut Effects<'_, O>, r: &mut Request) {
        if let Some(head) = r.head.filter(|_| !r.begun) {
            r.begun = true;
            fx.reply(r.down, Packet::Head(head));
        }
    }

    fn body<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, bytes: u32) {
        let holds_back = self.dialect.holds_back();
        let Some(r) = self.requests.get_mut(slot) else { return };
        Self::restart_clock(fx, r, slot);
        r.held += bytes;
        if r.begun || r.held >= holds_back {
            Self::begin_answer(fx, r);
            fx.reply(r.down, Packet::Body(r.held));
            r.held = 0;
        }
    }

    /// The upstream closed in the body: that is the end where nothing else tells it, else too early.
    fn closed_in_body<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let head = self.requests.get(slot).and_then(|r| r.attempt).and_then(|a| a.head);
        let ends_so =
            head.is_some_and(|h| fx.templates.get(h.template).framing == super::message::Framing::Close);
        if ends_so {
            self.upstream_done(fx, slot);
        } else {
            self.failed(fx, slot, Failure::Truncated { reset: false });
        }
    }

    /// The upstream's answer is complete.
    fn upstream_done<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        r.epoch += 1;
        let upstream = r.attempt.and_then(|a| a.head);
        let (down, begun, span, Some(head)) = (r.down, r.begun, r.span, r.head) else { return };
        fx.note(span, Note::Wrote(head));
        if let Some(upstream) = upstream {
            self.end_try(fx, slot, Outcome::Answer(upstream), false);
        }
        fx.close(span, Outcome::Answer(head));
        if fx.templates.get(head.template).raw.is_some() {
            // Nothing tells the client where this answer ends; the connection stays open until nobody wants it.
            fx.reply(down, Packet::Head(head));
            if let Some(r) = self.requests.get_mut(slot) {
                r.answered = true;
                fx.timer(r.settings.keep_alive.idle, slot, r.epoch, Timer::KeepAlive);
            }
            return;
        }
        if begun {
            fx.reply(down, Packet::End);
        } else {
            fx.reply(down, Packet::Whole(head));
        }
        self.requests.remove(slot);
    }

    /// Ends the present try: tells the pool, leaves the connection.
    fn end_try<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        outcome: Outcome,
        failed: bool,
    ) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let Some(attempt) = r.attempt.take() else { return };
        r.epoch += 1;
        let (span, max_fails) = (r.span, r.settings.max_fails);
        let node = self.upstreams[attempt.peer];
        match outcome {
            Outcome::Failed(_) | Outcome::Broken(..) => fx.hang_up(attempt.exchange),
            _ => fx.done(attempt.exchange),
        }
        fx.close(attempt.span, outcome);
        if failed {
            if let Some(counted) = self.pool.failed(attempt.peer, fx.now, max_fails) {
                fx.note(span, Note::PeerFailed(node, counted.fails));
                if counted.out {
                    fx.note(span, Note::PeerOut(node));
                }
            }
        } else if self.pool.answered(attempt.peer) {
            fx.note(span, Note::PeerBack(node));
        }
    }

    /// Something failed upstream.
    fn failed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        let Some(r) = self.requests.get(slot) else { return };
        let Some(attempt) = r.attempt else { return };
        fx.note(attempt.span, Note::Noticed(failure));
        let outcome = match attempt.head {
            Some(head) => Outcome::Broken(head, failure),
            None => Outcome::Failed(failure),
        };
        let blamed = self.dialect.counts(failure, r.head.is_some());
        self.end_try(fx, slot, outcome, blamed);
        self.decide(fx, slot, failure, Some(attempt));
    }

    fn tries_left(&self, r: &Request) -> u32 {
        let all = self.pool.size() as u32;
        let most = match r.settings.next_upstream_tries {
            0 => all,
            limit => limit.min(all),
        };
        most.saturating_sub(r.tries)
    }

    fn decide<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        failure: Failure,
        attempt: Option<Try>,
    ) {
        let Some(r) = self.requests.get(slot) else { return };
        let verdict = self.dialect.decide(Situation {
            failure,
            method: r.method,
            sent: attempt.is_some_and(|a| a.sent),
            reused: attempt.is_some_and(|a| a.reused),
            head_accepted: r.head.is_some(),
            answer_begun: r.begun,
            tries_left: self.tries_left(r),
            elapsed: fx.now.since(r.started),
            settings: &r.settings,
        });
        let span = r.span;
        fx.note(span, Note::Decided(verdict.rule, verdict.setting));
        if let Some((rule, setting)) = verdict.not_next {
            fx.note(span, Note::Decided(rule, Some(setting)));
        }
        match verdict.action {
            Action::Next => self.next_try(fx, slot),
            Action::Answer(status) => self.answer(fx, slot, status, RetryAfter::Absent),
            Action::CutShort => self.cut_short(fx, slot, failure),
            Action::Close => {
                let Some(r) = self.requests.remove(slot) else { return };
                fx.close(span, Outcome::Failed(failure));
                fx.reply(r.down, Packet::Close);
            }
        }
    }

    /// The status is out, or as good as: what there is goes on, and the connection is closed.
    fn cut_short<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        let Some(mut r) = self.requests.remove(slot) else { return };
        Self::begin_answer(fx, &mut r);
        if r.held > 0 {
            fx.reply(r.down, Packet::Body(r.held));
        }
        let outcome = r.head.map_or(Outcome::Failed(failure), |head| Outcome::Broken(head, failure));
        fx.close(r.span, outcome);
        fx.reply(r.down, Packet::Close);
    }

    /// Answers with the product's own page.
    fn answer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        status: u16,
        retry_after: RetryAfter,
    ) {
        let Some(r) = self.requests.remove(slot) else { return };
        let template = fx.intern(self.dialect.page(status, retry_after));
        let message = fx.message(template, 0);
        fx.note(r.span, Note::Wrote(message));
        fx.close(r.span, Outcome::Answer(message));
        fx.reply(r.down, Packet::Whole(message));
    }

    /// The client has left: nothing more can be told to it.
    fn client_left<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey, slot: SlotKey) {
        fx.leave(exchange, End::Callee);
        let Some(r) = self.requests.remove(slot) else { return };
        if r.answered {
            return;
        }
        fx.note(r.span, Note::CallerLeft);
        if let Some(attempt) = r.attempt {
            fx.hang_up(attempt.exchange);
            fx.close(attempt.span, Outcome::Failed(Failure::CallerLeft));
        }
        fx.close(r.span, Outcome::Failed(Failure::CallerLeft));
    }

    pub(crate) fn timer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
        timer: Timer,
    ) {
        let Some(r) = self.requests.get(slot) else { return };
        if r.epoch != epoch {
            return;
        }
        match timer {
            Timer::Connect => self.failed(fx, slot, Failure::ConnectTimeout),
            Timer::Read if r.head.is_some() => self.failed(fx, slot, Failure::BodyTimeout),
            Timer::Read => self.failed(fx, slot, Failure::ReadTimeout),
            Timer::KeepAlive => {
                let down = r.down;
                self.requests.remove(slot);
                fx.reply(down, Packet::Close);
            }
            _ => {}
        }
    }
}
