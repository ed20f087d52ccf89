//! From try to try: choosing an upstream, waiting for a place, learning from failures.

use std::sync::Arc;

use super::passive::{Finding, Seen};
use super::places::Entry;
use super::pool::{Choice, Remark};
use super::retry::{Plan, stays};
use super::{GatewayActor, Request, Try, limit};
use crate::sim::dialect::{Action, OwnAnswer, Situation};
use crate::sim::network::{Asks, Effects, ExchangeKey, Packet, SlotKey, Timer};
use crate::sim::scenario::{Again, PassiveHealth, RetryAfter};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Observer, Outcome, RetryObstacle, SpanKind};

impl GatewayActor {
    /// Asks an upstream, if one is to be had, or waits in line for a place.
    pub(super) fn next_try<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        if !self.line.is_empty() && self.requests.get(slot).is_some_and(|r| !r.queued) {
            return self.wait_for_place(fx, slot);
        }
        match self.choose(fx, slot) {
            Choice::Upstream(peer) => self.try_at(fx, slot, peer),
            Choice::Full => self.wait_for_place(fx, slot),
            Choice::Nobody => self.refuse(fx, slot, Failure::NoLiveUpstream, None),
        }
    }

    fn choose<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) -> Choice {
        let Some(r) = self.requests.get(slot) else { return Choice::Nobody };
        let s = &r.settings;
        if s.limits.all_upstreams > 0 && self.pool.active() >= s.limits.all_upstreams {
            return Choice::Full;
        }
        let again = s.retry.again;
        let only = r.last.filter(|_| stays(again, self.tries_left(r) == 1));
        // The only one there is may be asked again (ngx_http_upstream_get_round_robin_peer, `peers->single`).
        let tried = match again {
            Again::Untried if self.pool.size() > 1 => r.tried,
            Again::Other if self.pool.size() > 1 => r.last.map_or(0, |last| 1 << last),
            Again::SameThenOther if only.is_none() && self.pool.size() > 1 => {
                r.last.map_or(0, |last| 1 << last)
            }
            _ => 0,
        };
        let (upstreams, span, now) = (&self.upstreams, r.span, fx.now);
        let mut remark = |remark| {
            fx.note(
                span,
                match remark {
                    Remark::PassedOver(peer) => Note::PassedOver(upstreams[peer]),
                    Remark::Back(peer) => Note::PeerBack(upstreams[peer]),
                    Remark::Panicked => Note::Panicked,
                    Remark::Recovered => Note::AllBack,
                },
            );
        };
        match self.pool.pick(tried, only, now, s, &mut remark) {
            Choice::Nobody if again == Again::Other => self.pool.pick(0, only, now, s, &mut remark),
            choice => choice,
        }
    }

    fn try_at<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, peer: usize) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        if std::mem::take(&mut r.queued) {
            self.line.leave(slot);
            fx.note(r.span, Note::GotPlace);
        }
        // Nothing that came of a try before counts any more.
        (r.head, r.held) = (None, 0);
        r.tried |= 1 << peer;
        r.last = Some(peer);
        r.tries += 1;
        if r.tries > 1 && !r.retrying {
            r.retrying = true;
            self.retries.begin();
        }
        fx.note(r.span, Note::Picked(self.upstreams[peer]));
        self.ask(fx, slot, peer, false);
    }

    /// Asks an upstream, if need be over a new connection.
    fn ask<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, peer: usize, anew: bool) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        r.epoch += 1;
        self.pool.begin(peer);
        let upstream = self.upstreams[peer];
        let try_span = fx.open(SpanKind::Try, r.span, u32::from(upstream.0));
        let call = fx.call_of(r.down);
        let fresh = anew || !self.dialect.reuses(r.client_reused, &r.settings);
        let asks = Asks { callee: upstream, request: r.request, call, slot, span: try_span };
        let kept = if fresh { None } else { fx.reuse(asks) };
        let reused = kept.is_some();
        let held_down = !reused && self.held_down[peer] > fx.now;
        let exchange = match kept {
            Some(exchange) => exchange,
            None if held_down => ExchangeKey::default(),
            None => fx.connect(asks),
        };
        let (span, started) = (try_span, fx.now);
        let sent = reused;
        r.attempt = Some(Try {
            exchange,
            span,
            peer,
            started,
            sent,
            reused,
            head_begun: false,
            status_line_read: false,
            head: None,
        });
        if held_down {
            return self.failed(fx, slot, Failure::HeldDown);
        }
        if reused {
            fx.send(exchange, Packet::Request);
            Self::restart_clock(fx, r, slot);
        } else {
            fx.timer(r.settings.connect_timeout, slot, r.epoch, Timer::Connect);
        }
        limit(fx, r.settings.retry.per_try_timeout, slot, r.tries, Timer::Try);
    }

    fn wait_for_place<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        if r.queued {
            return;
        }
        match self.line.enter(slot, r.settings.limits.queue) {
            Entry::Waits(before) => {
                r.queued = true;
                r.epoch += 1;
                fx.note(r.span, Note::WaitsForPlace(before));
                limit(fx, r.settings.limits.queue_timeout, slot, r.epoch, Timer::Queue);
            }
            Entry::Full => self.refuse(fx, slot, Failure::NoRoom, None),
        }
    }

    /// Places may have become free: those that wait the longest take them.
    pub(super) fn fill_places<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        while let Some(slot) = self.line.first() {
            match self.choose(fx, slot) {
                Choice::Upstream(peer) => self.try_at(fx, slot, peer),
                Choice::Full => return,
                Choice::Nobody => self.refuse(fx, slot, Failure::NoLiveUpstream, None),
            }
        }
    }

    pub(super) fn waited_too_long<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        self.refuse(fx, slot, Failure::QueueTimeout, None);
    }

    /// The time for the whole request is over.
    pub(super) fn out_of_time<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey) {
        match self.requests.get(slot).map(|r| r.attempt.is_some()) {
            Some(true) => self.failed(fx, slot, Failure::RequestTimeout),
            Some(false) => self.refuse(fx, slot, Failure::RequestTimeout, None),
            None => {}
        }
    }

    /// Something failed upstream.
    pub(super) fn failed<O: Observer>(&mut self, fx: &mut Effects<'_, O>, slot: SlotKey, failure: Failure) {
        let Some(r) = self.requests.get(slot) else { return };
        let Some(attempt) = r.attempt else { return };
        fx.note(attempt.span, Note::Noticed(failure));
        let outcome = match attempt.head {
            Some(head) => Outcome::Broken(head, failure),
            None => Outcome::Failed(failure),
        };
        let replayed = attempt.reused && self.dialect.replays(r.method, failure, attempt.head_begun);
        let blamed = !replayed && self.dialect.counts(failure, r.head.is_some());
        let hold = self.dialect.holds_down(failure);
        if !hold.is_zero() {
            self.held_down[attempt.peer] = fx.now + hold;
        }
        self.end_try(fx, slot, outcome, blamed);
        self.decide(fx, slot, failure, Some(attempt), None);
    }

    /// Ends the present try: tells the pool, leaves the connection.
    pub(super) fn end_try<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        outcome: Outcome,
        blamed: bool,
    ) {
        let Some(r) = self.requests.get_mut(slot) else { return };
        let Some(attempt) = r.attempt.take() else { return };
        r.epoch += 1;
        match outcome {
            Outcome::Failed(_) | Outcome::Broken(..) => fx.hang_up(attempt.exchange),
            // The rest of an answer that is thrown away would come before the next one.
            _ if blamed && !self.dialect.reads_what_it_drops() => fx.hang_up(attempt.exchange),
            _ => fx.done(attempt.exchange),
        }
        fx.close(attempt.span, outcome);
        self.pool.end(attempt.peer);
        self.learn(fx, slot, &attempt, outcome, blamed);
        self.fill_places(fx);
    }

    fn learn<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        attempt: &Try,
        outcome: Outcome,
        blamed: bool,
    ) {
        let Some(r) = self.requests.get(slot) else { return };
        let (s, span, peer) = (&r.settings, r.span, attempt.peer);
        let seen = match outcome {
            Outcome::Answer(m) => Seen::Answer {
                status: fx.templates.get(m.template).status,
                took: fx.now.since(attempt.started),
            },
            Outcome::Failed(f) | Outcome::Broken(_, f) => seen(f),
            _ => return,
        };
        let node = self.upstreams[peer];
        let found = self.pool.learn(peer, fx.now, seen, blamed, s);
        let probe = &s.health_check;
        match found {
            Finding::Nothing => {}
            Finding::Counted(fails) => fx.note(span, Note::PeerFailed(node, fails)),
            Finding::Out(fails) => {
                fx.note(span, Note::PeerFailed(node, fails));
                fx.note(span, Note::PeerOut(node));
            }
            Finding::Ejected(time) => {
                fx.note(span, Note::PeerOut(node));
                fx.note(span, Note::Ejected(node, time));
                self.sweep_soon(fx);
            }
            Finding::Back => fx.note(span, Note::PeerBack(node)),
            Finding::FailCheck => {
                if self.pool.probed(peer, super::probe::Probed::Silent, probe) == Some(false) {
                    fx.note(span, Note::ProbedDown(node));
                }
            }
            Finding::SuddenDeath | Finding::MarkDown => {
                if self.pool.fail_probes(peer, probe, found == Finding::SuddenDeath) {
                    fx.note(span, Note::ProbedDown(node));
                }
            }
        }
    }

    pub(super) fn sweep_soon<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        if let (PassiveHealth::Outlier(o), false) = (&self.settings.passive_health, self.sweeping) {
            self.sweeping = true;
            // Sweeps lie at multiples of the interval since the start of the run.
            let over = fx.now.as_nanos() % o.interval.as_nanos().max(1);
            let left = SimDuration::from_nanos(o.interval.as_nanos() - over);
            fx.timer_by_chance(left, SlotKey::default(), 0, Timer::Sweep);
        }
    }

    /// Looks whether ejections are over.
    pub(super) fn sweep<O: Observer>(&mut self, fx: &mut Effects<'_, O>) {
        self.sweeping = false;
        let (upstreams, s) = (&self.upstreams, &self.settings);
        let more = self.pool.sweep(fx.now, s, |peer| {
            fx.note(crate::sim::trace::SpanId::NONE, Note::PeerBack(upstreams[peer]));
        });
        if more {
            self.sweep_soon(fx);
        }
        self.fill_places(fx);
    }

    /// How many more tries a request has.
    pub(super) fn tries_left(&self, r: &Request) -> u32 {
        let most = match (r.settings.next_upstream_tries, r.settings.retry.again) {
            (0, Again::Untried) => self.pool.size() as u32,
            (limit, Again::Untried) => limit.min(self.pool.size() as u32),
            // As long as there is time; without such a limit, retries are off (Caddy, `lb_try_duration`).
            (0, _) if r.settings.next_upstream_timeout.is_zero() && r.settings.request_timeout.is_zero() => 1,
            (0, _) => u32::MAX,
            (limit, _) => limit,
        };
        most.saturating_sub(r.tries)
    }

    pub(super) fn decide<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        failure: Failure,
        attempt: Option<Try>,
        come_back_in: Option<SimDuration>,
    ) {
        let Some(r) = self.requests.get(slot) else { return };
        let span = r.span;
        let settings = Arc::clone(&r.settings);
        let situation = Situation {
            failure,
            method: r.method,
            sent: attempt.is_some_and(|a| a.sent),
            reused: attempt.is_some_and(|a| a.reused),
            head_begun: attempt.is_some_and(|a| a.head_begun),
            status_line_read: attempt.is_some_and(|a| a.status_line_read),
            client_reused: r.client_reused,
            // What is gathered first can still be replaced.
            head_accepted: r.head.is_some() && !r.settings.response_buffering,
            answer_begun: r.begun,
            others_left: (0..self.upstreams.len()).any(|peer| r.tried & (1 << peer) == 0),
            tries_left: self.tries_left(r),
            before: r.before,
            elapsed: fx.now.since(r.started),
            come_back_in,
            settings: &settings,
        };
        let mut verdict = self.dialect.decide(situation);
        let mut wait = SimDuration::ZERO;
        if verdict.action == Action::Next {
            match self.plan_retry(fx.now, slot) {
                Ok(time) if self.dialect.waits(Some(failure)) => wait = time,
                Ok(_) => {}
                Err(obstacle) => {
                    fx.note(span, Note::TriesNoMore(obstacle));
                    verdict = self.dialect.decide(Situation { tries_left: 0, reused: false, ..situation });
                }
            }
        }
        fx.note(span, Note::Decided(verdict.rule, verdict.setting));
        if let Some((rule, setting)) = verdict.not_next {
            fx.note(span, Note::Decided(rule, Some(setting)));
        }
        let Some(r) = self.requests.get_mut(slot) else { return };
        if attempt.is_some() {
            r.before = Some(failure);
        }
        let (method, tries) = (r.method, r.tries);
        let own = |status, retry_after| OwnAnswer {
            status,
            retry_after,
            failure: Some(failure),
            rule: Some(verdict.rule),
            head_begun: situation.head_begun,
            method,
            tries,
            limit: match failure {
                Failure::Shed => settings.limits.total_requests,
                Failure::ClientLimit => settings.limits.client_requests,
                _ => 0,
            },
        };
        match verdict.action {
            Action::Next => {
                if attempt.is_none()
                    && let Some(r) = self.requests.get_mut(slot)
                {
                    // To find nobody who may be asked counts as a try.
                    r.tries += 1;
                }
                if failure == Failure::NameNotResolved
                    && let Some(r) = self.requests.get_mut(slot)
                {
                    // Nobody was asked, so there is none to stay with.
                    r.last = None;
                }
                self.try_again(fx, slot, wait);
            }
            Action::Answer(status) => self.answer_error(fx, slot, own(status, RetryAfter::Absent)),
            Action::AnswerLater(status, later) => self.answer_error(fx, slot, own(status, later)),
            Action::CutShort => self.cut_short(fx, slot, failure),
            Action::Close => self.close(fx, slot, failure),
            Action::Redial => {
                if let Some(attempt) = attempt {
                    self.ask(fx, slot, attempt.peer, true);
                }
            }
        }
    }

    /// Whether a request may try once more, and after which wait.
    pub(super) fn plan_retry(&mut self, now: SimTime, slot: SlotKey) -> Result<SimDuration, RetryObstacle> {
        let Some(r) = self.requests.get(slot) else { return Err(RetryObstacle::NoTime) };
        let s = &r.settings;
        let elapsed = now.since(r.started);
        let left = s.next_upstream_timeout.as_nanos().saturating_sub(elapsed.as_nanos());
        let mut left = (!s.next_upstream_timeout.is_zero()).then(|| SimDuration::from_nanos(left));
        if self.dialect.waits_past_the_end() && left.take().is_some_and(SimDuration::is_zero) {
            return Err(RetryObstacle::NoTime);
        }
        let same = stays(s.retry.again, self.tries_left(r) == 1) || self.pool.size() == 1;
        match self.retries.plan(&s.retry, r.tries, same, left, r.retrying) {
            Plan::Now => Ok(SimDuration::ZERO),
            Plan::After(wait) => Ok(wait),
            Plan::TooMany => Err(RetryObstacle::TooMany),
            Plan::NoTime => Err(RetryObstacle::NoTime),
        }
    }

    pub(super) fn try_again<O: Observer>(
        &mut self,
        fx: &mut Effects<'_, O>,
        slot: SlotKey,
        wait: SimDuration,
    ) {
        if wait.is_zero() {
            return self.next_try(fx, slot);
        }
        let Some(r) = self.requests.get_mut(slot) else { return };
        r.epoch += 1;
        fx.note(r.span, Note::TriesAgainIn(wait));
        fx.timer_by_chance(wait, slot, r.epoch, Timer::TryAgain);
    }
}

/// What a failure says about an upstream's health.
fn seen(failure: Failure) -> Seen {
    match failure {
        Failure::Refused
        | Failure::Unreachable
        | Failure::NameNotResolved
        | Failure::NoReply
        | Failure::HeldDown
        | Failure::ConnectTimeout
        | Failure::HandshakeFailed
        | Failure::BadCertificate => Seen::NoConnection,
        Failure::ReadTimeout | Failure::TryTimeout | Failure::RequestTimeout | Failure::BodyTimeout => {
            Seen::Timeout
        }
        _ => Seen::Broken,
    }
}
