//! What comes back from upstreams, and what goes to the client.

use super::{GatewayActor, Request, Wanted, limit};
use crate::sim::dialect::{OwnAnswer, Reading};
use crate::sim::fault::OnHandshake;
use crate::sim::message::{Framing, Message, Method, Template, Value};
use crate::sim::network::{Effects, Packet, SlotKey, Timer};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Note, Observer, Outcome};

impl GatewayActor {
    pub(super) fn upstream_sent<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        packet: Packet,
    ) {
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
            Packet::HeadPart | Packet::StatusLine => {
                attempt.head_begun = true;
                attempt.status_line_read |= packet == Packet::StatusLine;
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
            Packet::Connect | Packet::Handshake | Packet::Request | Packet::Query(_) | Packet::Told(_) => {}
        }
    }

    /// The upstream has sent something, or was sent something: from now on its silence counts anew.
    pub(super) fn restart_clock<O: Observer>(fx: &mut Effects<'_, O>, r: &mut Request, slot: SlotKey) {
        r.epoch += 1;
        let s = &r.settings;
        let silence = if r.head.is_some() { s.body_timeout } else { s.read_timeout };
        limit(fx, silence, slot, r.epoch, Timer::Read);
    }

    /// Asks the dialect what it makes of a head; true if the answer is to be passed on.
    fn accept<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, message: Message) -> bool {
        let Some(r) = self.requests.get(slot) else { return false };
        let elapsed = fx.now.since(r.started);
        let again = self.dialect.repeats_answers(r.method, elapsed, &r.settings);
        let (span, tries_left) = (r.span, if again { self.tries_left(r) } else { 0 });
        let once = self.dialect.sends_once(r.method);
        let is_head = r.method == Method::Head;
        match self.dialect.read(fx.templates.get(message.template), tries_left, &r.settings) {
            Reading::Accept => !self.hides(fx, slot, message),
            // An answer to HEAD ends with its head (RFC 9112 §6.3).
            Reading::LeaveOpen(rule) if is_head => {
                fx.note(span, Note::Decided(rule, None));
                true
            }
            Reading::PassRaw(rule) | Reading::LeaveOpen(rule) => {
                fx.note(span, Note::Decided(rule, None));
                if let Some(r) = self.requests.get_mut(slot) {
                    r.endless = true;
                }
                true
            }
            Reading::Reject(failure) => {
                self.failed(fx, slot, failure);
                false
            }
            Reading::Next(rule, setting) => match self.plan_retry(fx.now, slot) {
                Ok(wait) => {
                    let wait = if self.dialect.waits(None) { wait } else { SimDuration::ZERO };
                    fx.note(span, Note::Decided(rule, Some(setting)));
                    self.end_try(fx, slot, Outcome::Answer(message), true);
                    if once {
                        self.refuse(fx, slot, Failure::Unrepeatable, None);
                    } else {
                        self.try_again(fx, slot, wait);
                    }
                    false
                }
                Err(obstacle) => {
                    fx.note(span, Note::TriesNoMore(obstacle));
                    !self.hides(fx, slot, message)
                }
            },
        }
    }

    /// An upstream's error that a stale answer replaces (RFC 5861 §4); true if one did.
    fn hides<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, message: Message) -> bool {
        let Some(r) = self.requests.get(slot) else { return false };
        let error = matches!(fx.templates.get(message.template).status, Some(500 | 502 | 503 | 504));
        let Some(Wanted::Fetches(key)) = r.stored else { return false };
        if !error || !r.settings.cache.error_statuses {
            return false;
        }
        if self.store.stale(&r.settings.cache, key, fx.now).is_none() {
            return false;
        }
        self.end_try(fx, slot, Outcome::Answer(message), false);
        self.stale_instead(fx, slot)
    }

    fn forwarded<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        message: Message,
        method: Method,
    ) -> Message {
        let index = message.template.0 as usize;
        if self.forwarded.len() <= index {
            self.forwarded.resize(index + 1, [None; 3]);
        }
        let known = match method {
            Method::Head => 2,
            method => usize::from(method.has_body()),
        };
        let template = match self.forwarded[index][known] {
            Some(id) => id,
            None => {
                let upstream = fx.templates.get(message.template);
                let mut template = self.dialect.forward_to(upstream, method);
                if method == Method::Head && template.raw.is_none() {
                    template = head_alone(template, upstream);
                }
                let id = fx.intern(template);
                self.forwarded[index][known] = Some(id);
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
        let Some(method) = self.requests.get(slot).map(|r| r.method) else { return };
        let forwarded = self.forwarded(fx, message, method);
        let Some(r) = self.requests.get_mut(slot) else { return };
        r.head = Some(forwarded);
        if !whole {
            Self::restart_clock(fx, r, slot);
            let holds =
                self.dialect.holds_back() > 0 && self.dialect.holds(fx.templates.get(message.template));
            if !holds && !r.settings.response_buffering {
                Self::begin_answer(fx, r);
            } else if let Some(longest) = self.dialect.holds_for() {
                fx.timer(longest, slot, 0, Timer::Flush);
            }
        }
    }

    fn begin_answer<O: Observer>(fx: &mut Effects<'_, O>, r: &mut Request) {
        if let Some(head) = r.head.filter(|_| !r.begun) {
            r.begun = true;
            fx.reply(r.down, Packet::Head(head));
        }
    }

    /// What was held back was held back for long enough.
    pub(super) fn flush<O: Observer>(fx: &mut Effects<'_, O>, r: &mut Request) {
        if r.attempt.is_none() || r.head.is_none() || r.settings.response_buffering {
            return;
        }
        Self::begin_answer(fx, r);
        if r.held > 0 {
            fx.reply(r.down, Packet::Body(std::mem::take(&mut r.held)));
        }
    }

    fn body<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, bytes: u32) {
        let holds_back = self.dialect.holds_back();
        let Some(r) = self.requests.get_mut(slot) else { return };
        Self::restart_clock(fx, r, slot);
        r.held += bytes;
        if r.settings.response_buffering {
            return;
        }
        if r.begun || r.held >= holds_back {
            Self::begin_answer(fx, r);
            fx.reply(r.down, Packet::Body(r.held));
            r.held = 0;
        }
    }

    /// The upstream closed in the body: that is the end where nothing else tells it, else too early.
    fn closed_in_body<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let head = self.requests.get(slot).and_then(|r| r.attempt).and_then(|a| a.head);
        if head.is_some_and(|h| fx.templates.get(h.template).framing == Framing::Close) {
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
        let (down, begun, span, endless, Some(head)) = (r.down, r.begun, r.span, r.endless, r.head) else {
            return;
        };
        fx.note(span, Note::Wrote(head));
        if let Some(upstream) = upstream {
            self.end_try(fx, slot, Outcome::Answer(upstream), false);
        }
        self.breaker_learns(fx, slot, head);
        fx.close(span, Outcome::Answer(head));
        if endless {
            // Nothing tells the client where this answer ends; the connection stays open until nobody wants it.
            fx.reply(down, Packet::Head(head));
            let Some(r) = self.requests.get_mut(slot) else { return };
            r.answered = true;
            fx.timer(r.settings.keep_alive.idle, slot, r.epoch, Timer::KeepAlive);
            if let Some(Wanted::Fetches(key)) = r.stored.take() {
                let settings = std::sync::Arc::clone(&r.settings);
                self.fetch_failed(fx, key, &settings);
            }
            return;
        }
        if begun {
            fx.reply(down, Packet::End);
        } else {
            fx.reply(down, Packet::Whole(head));
        }
        let Some(r) = self.forget(slot) else { return };
        if let Some(Wanted::Fetches(key)) = r.stored {
            self.fetched(fx, span, key, &r.settings, head);
        }
    }

    /// The status is out, or as good as: what there is goes on, and the connection is closed.
    pub(super) fn cut_short<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        failure: Failure,
    ) {
        if let Some(head) = self.requests.get(slot).and_then(|r| r.head) {
            self.breaker_learns(fx, slot, head);
        }
        let Some(mut r) = self.forget(slot) else { return };
        Self::begin_answer(fx, &mut r);
        if r.held > 0 {
            fx.reply(r.down, Packet::Body(r.held));
        }
        let outcome = r.head.map_or(Outcome::Failed(failure), |head| Outcome::Broken(head, failure));
        fx.close(r.span, outcome);
        let pause = self.dialect.closes_after();
        if pause.is_zero() {
            fx.reply(r.down, Packet::Close);
        } else {
            fx.reply_after(pause, r.down, Packet::Close);
        }
        self.gave_no_answer(fx, &r);
    }

    /// The client's connection is closed without a byte.
    pub(super) fn close<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        let Some(r) = self.forget(slot) else { return };
        fx.close(r.span, Outcome::Failed(failure));
        fx.reply(r.down, Packet::Close);
        self.gave_no_answer(fx, &r);
    }

    /// Those that waited for this request's answer go on by themselves.
    fn gave_no_answer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, r: &Request) {
        if r.past_breaker {
            self.breaker.abandoned();
        }
        if let Some(Wanted::Fetches(key)) = r.stored {
            self.fetch_failed(fx, key, &r.settings);
        }
    }

    /// Answers with an error of its own, or with something stale in its place.
    pub(super) fn answer_error<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        own: OwnAnswer,
    ) {
        if !self.stale_instead(fx, slot) {
            self.answer(fx, slot, own);
        }
    }

    /// Answers with the product's own page.
    pub(super) fn answer<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, own: OwnAnswer) {
        let number = self.dialect.numbers(self.came.saturating_sub(1));
        let mut template = self.dialect.own(own);
        if own.method == Method::Head {
            template = self.dialect.own_to_head(template, number);
        }
        let closes = template.header("connection") == Some(&Value::Text("close".to_owned()));
        let template = fx.intern(template);
        let message = fx.message(template, number);
        self.breaker_learns(fx, slot, message);
        let Some(r) = self.forget(slot) else { return };
        fx.note(r.span, Note::Wrote(message));
        fx.close(r.span, Outcome::Answer(message));
        fx.reply(r.down, Packet::Whole(message));
        if closes {
            fx.reply_after(self.dialect.closes_after(), r.down, Packet::Close);
        }
        self.gave_no_answer(fx, &r);
    }
}

/// An upstream's answer to HEAD as it is passed on: there is no body to measure, so that the length is what the upstream
/// said of it, if it did.
fn head_alone(mut forwarded: Template, upstream: &Template) -> Template {
    let told = upstream.header("content-length");
    forwarded.headers.retain_mut(|(name, value)| {
        let is_length = name.eq_ignore_ascii_case("content-length");
        if let Some(told) = told.filter(|_| is_length) {
            value.clone_from(told);
        }
        !is_length || told.is_some()
    });
    forwarded.body.clear();
    forwarded
}
