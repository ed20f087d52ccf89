//! What any gateway does: take a request, choose an upstream, time it, pass the answer on.
//!
//! Whatever products do differently is asked of the [`Dialect`]; what they do alike is in the small machines
//! beside this file, each a choice of parameters ([`EffectiveSettings`]). A request passes [`admit`] (limits,
//! rate, breaker, store), then goes from try to try ([`tries`]), and [`answers`] is what goes back.

mod admit;
mod answers;
mod balance;
mod breaker;
mod cache;
mod passive;
mod places;
mod pool;
mod probe;
mod probing;
mod rate;
mod retry;
mod tries;

use std::sync::Arc;

use slotmap::SlotMap;

use self::breaker::Breaker;
use self::cache::Store;
use self::places::{Line, UnderWay};
use self::pool::{Member, Pool};
use self::probing::Prober;
use self::rate::RateLimiter;
use self::retry::Retries;
use super::dialect::{Dialect, EffectiveSettings, dialect};
use super::message::{Message, Method, TemplateId};
use super::network::{Effects, End, ExchangeKey, Keeping, Packet, SlotKey, Timer};
use super::random::Stream;
use super::scenario::{Gateway, GatewaySettings, UpstreamKeepAlive};
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, NodeId, Note, Observer, Outcome, SpanId, SpanKind};

/// A gateway.
#[derive(Clone)]
pub(crate) struct GatewayActor {
    dialect: &'static dyn Dialect,
    configured: GatewaySettings,
    /// Requests keep the settings with which they began.
    settings: Arc<EffectiveSettings>,
    upstreams: Vec<NodeId>,
    names: Vec<String>,
    pool: Pool,
    requests: SlotMap<SlotKey, Request>,
    /// Until when each upstream is not dialled again after a failure.
    held_down: Vec<SimTime>,
    /// Requests that came so far.
    came: u32,
    /// How each upstream template is passed on, by its index, to a request without a body, with one, and to HEAD.
    forwarded: Vec<[Option<TemplateId>; 3]>,
    /// Requests that wait for a place at an upstream.
    line: Line<SlotKey>,
    /// Requests of each client, and of all.
    clients: UnderWay,
    under_way: u32,
    rate: RateLimiter,
    breaker: Breaker,
    retries: Retries,
    store: Store<SlotKey>,
    /// How an answer of each template looks from the store, by template and age in seconds.
    aged: Vec<(TemplateId, u64, TemplateId)>,
    probers: SlotMap<SlotKey, Prober>,
    /// The sweep that looks after ejections is due.
    sweeping: bool,
}

/// A request that the gateway is working on.
#[derive(Clone)]
struct Request {
    /// Whom to answer; nobody's where the gateway fetches something for its store.
    down: ExchangeKey,
    span: SpanId,
    request: u32,
    method: Method,
    /// Its client's connection carried another request before.
    client_reused: bool,
    settings: Arc<EffectiveSettings>,
    started: SimTime,
    tried: u64,
    tries: u32,
    /// Timers of an earlier epoch are void.
    epoch: u32,
    attempt: Option<Try>,
    /// The upstream of the try before.
    last: Option<usize>,
    /// How the try before failed.
    before: Option<Failure>,
    /// The head of the answer, as it will be passed on.
    head: Option<Message>,
    /// Body bytes that are held back with the head.
    held: u32,
    /// The head is out.
    begun: bool,
    /// Nothing in the answer tells the client where it ends.
    endless: bool,
    /// The answer is out; only the connection is still open.
    answered: bool,
    /// Whose requests it is counted among, while it is.
    client: Option<usize>,
    /// It is counted among all requests.
    counted: bool,
    /// It waits for a place at an upstream.
    queued: bool,
    /// It passed the breaker.
    past_breaker: bool,
    /// It is counted among those that try again.
    retrying: bool,
    /// What it asks of the store, if it does.
    stored: Option<Wanted>,
}

/// What a request has to do with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// It fetches the answer of this key.
    Fetches(u32),
    /// It waits for another that fetches it.
    Waits(u32),
}

/// A try at one upstream.
#[derive(Clone, Copy)]
struct Try {
    exchange: ExchangeKey,
    span: SpanId,
    peer: usize,
    started: SimTime,
    sent: bool,
    /// On a connection that carried a request before.
    reused: bool,
    /// Some of a head came.
    head_begun: bool,
    /// All of the head's first line came.
    status_line_read: bool,
    /// What the upstream itself wrote.
    head: Option<Message>,
}

impl GatewayActor {
    pub(crate) fn new(gateway: &Gateway, upstreams: Vec<NodeId>, names: Vec<String>, seed: u64) -> Self {
        let dialect = dialect(gateway.dialect);
        let settings = dialect.effective(&gateway.settings);
        let start = if dialect.begins_anywhere() {
            Stream::new(seed, &gateway.id, "first upstream").below(upstreams.len() as u64) as usize
        } else {
            dialect.begins_with()
        };
        let balance = (start, dialect.draws_two_different());
        Self {
            dialect,
            configured: gateway.settings.clone(),
            pool: Pool::new(upstreams.len(), balance, seed, &gateway.id, &settings.health_check),
            settings: Arc::new(settings),
            held_down: vec![SimTime::ZERO; upstreams.len()],
            came: 0,
            upstreams,
            names,
            requests: SlotMap::with_key(),
            forwarded: Vec::new(),
            line: Line::new(),
            clients: UnderWay::default(),
            under_way: 0,
            rate: RateLimiter::default(),
            breaker: Breaker::new(),
            retries: Retries::new(Stream::new(seed, &gateway.id, "retry wait")),
            store: Store::new(),
            aged: Vec::new(),
            probers: SlotMap::with_key(),
            sweeping: false,
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

    /// The run begins.
    pub(crate) fn start<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        self.list_upstreams();
        self.begin_probing(fx);
    }

    /// Changes settings for requests from now on.
    pub(crate) fn set<O: Observer>(&mut self, fx: &mut Effects<'_, O>, settings: &GatewaySettings) {
        self.configured.overlay(settings);
        let before =
            std::mem::replace(&mut self.settings, Arc::new(self.dialect.effective(&self.configured)));
        self.list_upstreams();
        if before.health_check != self.settings.health_check {
            self.begin_probing(fx);
        }
        self.sweep_soon(fx);
        // More places may be free now than before.
        self.fill_places(fx);
    }

    fn list_upstreams(&mut self) {
        let listed = self.configured.upstreams.as_deref();
        self.pool.configure(self.names.iter().map(|name| match listed {
            None => Member::USUAL,
            Some(listed) => match listed.iter().find(|u| u.origin == *name) {
                Some(u) => Member { weight: u.weight, backup: u.backup, absent: false },
                None => Member { absent: true, ..Member::USUAL },
            },
        }));
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
            End::Caller if self.is_probe(exchange, slot) => self.probe_answered(fx, slot, packet),
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
        let span = fx.open(SpanKind::GatewayRequest, parent, request);
        fx.note(span, Note::RequestRead);
        let slot = self.insert(fx, exchange, span, request);
        self.came = self.came.wrapping_add(1);
        fx.serve(exchange, slot);
        self.admit(fx, slot);
    }

    fn insert<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        down: ExchangeKey,
        span: SpanId,
        request: u32,
    ) -> SlotKey {
        let method = fx.request(request).map_or(Method::Get, |r| r.method);
        let slot = self.requests.insert(Request {
            down,
            span,
            request,
            method,
            client_reused: fx.exchange(down).is_some_and(|x| x.served > 1),
            settings: Arc::clone(&self.settings),
            started: fx.now,
            tried: 0,
            tries: 0,
            epoch: 0,
            attempt: None,
            last: None,
            before: None,
            head: None,
            held: 0,
            begun: false,
            endless: false,
            answered: false,
            client: None,
            counted: false,
            queued: false,
            past_breaker: false,
            retrying: false,
            stored: None,
        });
        limit(fx, self.settings.request_timeout, slot, 0, Timer::Total);
        slot
    }

    /// A request is done, however it ended: it is counted nowhere any more.
    fn forget(&mut self, slot: SlotKey) -> Option<Request> {
        let r = self.requests.remove(slot)?;
        if let Some(client) = r.client {
            self.clients.end(client);
        }
        self.under_way -= u32::from(r.counted);
        if r.queued {
            self.line.leave(slot);
        }
        if r.retrying {
            self.retries.end();
        }
        if let Some(Wanted::Waits(key)) = r.stored {
            self.store.leave(key, slot);
        }
        Some(r)
    }

    /// The client has left: nothing more can be told to it.
    fn client_left<O: Observer>(&mut self, fx: &mut Effects<'_, O>, exchange: ExchangeKey, slot: SlotKey) {
        fx.leave(exchange, End::Callee);
        let Some(span) = self.requests.get(slot).filter(|r| !r.answered).map(|r| r.span) else {
            self.forget(slot);
            return;
        };
        fx.note(span, Note::CallerLeft);
        if !self.dialect.stops_for_nobody() {
            return;
        }
        let Some(r) = self.forget(slot) else { return };
        if r.past_breaker {
            self.breaker.abandoned();
        }
        if let Some(attempt) = r.attempt {
            fx.hang_up(attempt.exchange);
            fx.close(attempt.span, Outcome::Failed(Failure::CallerLeft));
            self.pool.end(attempt.peer);
        }
        fx.close(r.span, Outcome::Failed(Failure::CallerLeft));
        if let Some(Wanted::Fetches(key)) = r.stored {
            self.fetch_failed(fx, key, &r.settings);
        }
        self.fill_places(fx);
    }

    pub(crate) fn timer<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        epoch: u32,
        timer: Timer,
    ) {
        match timer {
            Timer::Sweep => return self.sweep(fx),
            Timer::Probe => return self.probe(fx, slot, epoch),
            Timer::ProbeOver => return self.probe_timed_out(fx, slot, epoch),
            _ => {}
        }
        let Some(r) = self.requests.get_mut(slot) else { return };
        match timer {
            Timer::Total if !r.answered => return self.out_of_time(fx, slot),
            Timer::Try => {
                if r.tries == epoch && r.attempt.is_some() && r.head.is_none() {
                    self.failed(fx, slot, Failure::TryTimeout);
                }
                return;
            }
            Timer::Flush => return Self::flush(fx, r),
            _ if r.epoch != epoch => return,
            _ => {}
        }
        match timer {
            Timer::Connect => self.failed(fx, slot, Failure::ConnectTimeout),
            Timer::Read if r.head.is_some() => self.failed(fx, slot, Failure::BodyTimeout),
            Timer::Read => self.failed(fx, slot, Failure::ReadTimeout),
            Timer::Delay => self.past_rate(fx, slot),
            Timer::TryAgain => self.next_try(fx, slot),
            Timer::Queue => self.waited_too_long(fx, slot),
            Timer::KeepAlive => {
                let down = r.down;
                self.forget(slot);
                fx.reply(down, Packet::Close);
            }
            _ => {}
        }
    }
}

/// Sets a timer, unless its time is 0, which stands for "never".
fn limit<O: Observer>(fx: &mut Effects<'_, O>, after: SimDuration, slot: SlotKey, epoch: u32, timer: Timer) {
    if !after.is_zero() {
        fx.timer(after, slot, epoch, timer);
    }
}
