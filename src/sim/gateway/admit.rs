//! What a request passes before anybody is asked: its target and size, limits, rate, breaker, store.

use super::breaker::State;
use super::cache::{Found, Released};
use super::rate::Admission;
use super::{GatewayActor, Wanted};
use crate::sim::dialect::{EffectiveSettings, OwnAnswer};
use crate::sim::message::{Message, Method};
use crate::sim::network::{Effects, ExchangeKey, Packet, SlotKey, Timer};
use crate::sim::scenario::{Maintenance, Per, RetryAfter, Trip};
use crate::sim::time::SimDuration;
use crate::sim::trace::{BreakerState, Failure, Note, Observer, Outcome, SpanId, SpanKind};

impl GatewayActor {
    /// A request has come.
    pub(super) fn admit<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let s = &r.settings;
        if fx.requests.have_odd_targets()
            && let Some(asked) = fx.requests.get(r.request)
            && let Some(rule) = self.dialect.refuses_target(&asked.path)
        {
            let failure = Failure::BadTarget;
            fx.note(r.span, Note::Noticed(failure));
            fx.note(r.span, Note::Decided(rule, None));
            let own = OwnAnswer::configured(400, RetryAfter::Absent);
            let own = OwnAnswer { failure: Some(failure), rule: Some(rule), method: r.method, ..own };
            return self.answer(fx, slot, own);
        }
        let most = s.body_limit as usize;
        let too_large = most > 0 && fx.requests.get(r.request).is_some_and(|asked| asked.body.len() > most);
        if too_large && (s.maintenance == Maintenance::Off || self.dialect.limits_bodies_first()) {
            return self.refuse(fx, slot, Failure::BodyTooLarge, None);
        }
        if let Maintenance::On { retry_after } = s.maintenance {
            let (rule, setting) = self.dialect.maintenance();
            fx.note(r.span, Note::Decided(rule, Some(setting)));
            let own =
                OwnAnswer { rule: Some(rule), method: r.method, ..OwnAnswer::configured(503, retry_after) };
            return self.answer(fx, slot, own);
        }
        if s.limits.total_requests > 0 && self.under_way >= s.limits.total_requests {
            return self.refuse(fx, slot, Failure::Shed, None);
        }
        self.under_way += 1;
        r.counted = true;
        let client = fx.exchange(r.down).map_or(0, |x| usize::from(x.caller.0));
        if s.rate_limit.requests > 0 {
            let key = if s.rate_limit.per == Per::Client { client } else { 0 };
            match self.rate.admit(&s.rate_limit, key, fx.now) {
                Admission::Now => {}
                Admission::After(wait) => {
                    fx.note(r.span, Note::Delayed(wait));
                    fx.timer_by_chance(wait, slot, r.epoch, Timer::Delay);
                    return;
                }
                Admission::Refused(wait) => {
                    return self.refuse(fx, slot, Failure::RateLimited, Some(wait));
                }
            }
        }
        self.past_rate(fx, slot);
    }

    /// The request came at an allowed rate.
    pub(super) fn past_rate<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let most = r.settings.limits.client_requests;
        if most > 0 {
            let client = fx.exchange(r.down).map_or(0, |x| usize::from(x.caller.0));
            if !self.clients.begin(client, most) {
                return self.refuse(fx, slot, Failure::ClientLimit, None);
            }
            r.client = Some(client);
        }
        if r.settings.breaker.trip != Trip::Never {
            let before = self.breaker.state();
            let passes = self.breaker.admit(&r.settings.breaker, fx.now);
            Self::note_breaker(fx, r.span, before, self.breaker.state());
            if !passes {
                return self.refuse(fx, slot, Failure::GatewayBreakerOpen, None);
            }
            r.past_breaker = true;
        }
        if r.settings.cache.ttl.is_zero() || r.method != Method::Get {
            return self.next_try(fx, slot);
        }
        self.ask_store(fx, slot);
    }

    fn ask_store<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let path = fx.request(r.request).map_or("", |request| &request.path);
        let key = self.store.key(r.request, path);
        match self.store.look_up(&r.settings.cache, key, fx.now, slot) {
            Found::Miss => {
                fx.note(r.span, Note::NotInStore);
                r.stored = Some(Wanted::Fetches(key));
                self.next_try(fx, slot);
            }
            Found::Waits => {
                fx.note(r.span, Note::WaitsForFetch);
                r.stored = Some(Wanted::Waits(key));
            }
            Found::Fresh(answer, age) => self.give_out(fx, slot, answer, age, true),
            Found::Stale { answer, age, refresh } => {
                let (span, request) = (r.span, r.request);
                self.give_out(fx, slot, answer, age, false);
                if refresh {
                    let span = fx.open(SpanKind::Refresh, span, request);
                    let slot = self.insert(fx, ExchangeKey::default(), span, request);
                    self.requests[slot].stored = Some(Wanted::Fetches(key));
                    self.next_try(fx, slot);
                }
            }
        }
    }

    /// Answers from the store.
    fn give_out<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        answer: Message,
        age: SimDuration,
        fresh: bool,
    ) {
        let answer = self.aged(fx, answer, age);
        self.breaker_learns(fx, slot, answer);
        let Some(r) = self.forget(slot) else { return };
        fx.note(r.span, if fresh { Note::FromStore(age) } else { Note::StaleFromStore(age) });
        fx.note(r.span, Note::Wrote(answer));
        fx.close(r.span, Outcome::Answer(answer));
        fx.reply(r.down, Packet::Whole(answer));
    }

    /// An answer with its age, where the product tells it.
    fn aged<O: Observer>(&mut self, fx: &mut Effects<'_, O>, answer: Message, age: SimDuration) -> Message {
        if !self.dialect.tells_age() {
            return answer;
        }
        let seconds = age.as_millis() / 1_000;
        let known = self.aged.iter().find(|(of, age, _)| *of == answer.template && *age == seconds);
        let template = match known {
            Some((_, _, template)) => *template,
            None => {
                let mut template = fx.templates.get(answer.template).clone();
                let value = crate::sim::message::Value::Text(seconds.to_string());
                match template.headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("age")) {
                    Some((_, old)) => *old = value,
                    None => template.headers.push(("Age".to_owned(), value)),
                }
                let id = fx.intern(template);
                self.aged.push((answer.template, seconds, id));
                id
            }
        };
        Message { template, ..answer }
    }

    /// A stale answer in place of an error; true if there is one.
    pub(super) fn stale_instead<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) -> bool {
        let Some(r) = self.requests.get(slot) else { return false };
        let Some(Wanted::Fetches(key)) = r.stored else { return false };
        let Some((answer, age)) = self.store.stale(&r.settings.cache, key, fx.now) else { return false };
        let settings = std::sync::Arc::clone(&r.settings);
        self.give_out(fx, slot, answer, age, false);
        self.fetch_failed(fx, key, &settings);
        true
    }

    /// What was to be fetched for the store is not to be had.
    pub(super) fn fetch_failed<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        key: u32,
        settings: &EffectiveSettings,
    ) {
        let released = self.store.failed(&settings.cache, key, fx.now);
        self.release(fx, key, released);
    }

    /// An answer has come for the store.
    pub(super) fn fetched<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        span: SpanId,
        key: u32,
        settings: &EffectiveSettings,
        answer: Message,
    ) {
        // An answer without a status is none that could be stored.
        let status = fx.templates.get(answer.template).status.unwrap_or_default();
        let released = self.store.fetched(&settings.cache, key, fx.now, answer, status);
        if released.stored {
            fx.note(span, Note::Stored);
        }
        self.release(fx, key, released);
    }

    fn release<O: Observer>(&mut self, fx: &mut Effects<'_, O>, key: u32, released: Released<SlotKey>) {
        for slot in released.waiting {
            let Some(r) = self.requests.get_mut(slot) else { continue };
            r.stored = None;
            let cache = &r.settings.cache;
            let found = released.stored.then(|| self.store.stale(cache, key, fx.now)).flatten();
            match found {
                Some((answer, age)) => {
                    let fresh = age < cache.ttl;
                    self.give_out(fx, slot, answer, age, fresh);
                }
                None => self.next_try(fx, slot),
            }
        }
    }

    /// The gateway itself refuses a request.
    pub(super) fn refuse<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        failure: Failure,
        come_back_in: Option<SimDuration>,
    ) {
        let Some(r) = self.requests.get(slot) else { return };
        fx.note(r.span, Note::Noticed(failure));
        self.decide(fx, slot, failure, None, come_back_in);
    }

    /// The breaker learns how a request that it let through ended.
    pub(super) fn breaker_learns<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        answer: Message,
    ) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        if !std::mem::take(&mut r.past_breaker) {
            return;
        }
        let status = fx.templates.get(answer.template).status.unwrap_or(502);
        let before = self.breaker.state();
        self.breaker.answered(&r.settings.breaker, fx.now, status, fx.now.since(r.started));
        Self::note_breaker(fx, r.span, before, self.breaker.state());
    }

    fn note_breaker<O: Observer>(fx: &mut Effects<'_, O>, span: SpanId, before: State, after: State) {
        if before != after {
            let state = match after {
                State::Closed => BreakerState::Closed,
                State::Open(_) => BreakerState::Open,
                State::Recovering(_) => BreakerState::HalfOpen,
            };
            fx.note(span, Note::Breaker(fx.node, state));
        }
    }
}
