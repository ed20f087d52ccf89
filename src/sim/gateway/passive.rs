//! What a gateway learns about its upstreams from the requests that it passes on.
//!
//! One memory for each upstream, and one way of judging it for each kind of product ([`PassiveHealth`]). What
//! counts as a failure is partly the product's (its dialect blames or does not) and partly the settings'.

use std::collections::VecDeque;

use crate::sim::random::Stream;
use crate::sim::scenario::{ErrorState, FailureWindow, Layer, Observe, OnError, Outlier, PassiveHealth};
use crate::sim::time::{SimDuration, SimTime};

/// How a try at an upstream ended, as far as health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// With an answer of this status (none: HTTP/0.9) after this long.
    Answer { status: Option<u16>, took: SimDuration },
    /// No connection came about, or none in time.
    NoConnection,
    /// The answer did not come in time.
    Timeout,
    /// The connection broke, or what came was no answer.
    Broken,
}

/// What follows for an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Nothing,
    /// A failure was counted; so many now.
    Counted(u32),
    /// A failure was counted, and it is out.
    Out(u32),
    /// It is ejected for this long.
    Ejected(SimDuration),
    /// It is trusted again.
    Back,
    /// To be taken as a failed probe.
    FailCheck,
    /// To be taken as all failed probes but one.
    SuddenDeath,
    /// To be taken as down.
    MarkDown,
}

/// What is remembered of an upstream.
#[derive(Clone, Debug, Default)]
struct Peer {
    /// nginx: failures, and the whole seconds of the last failure and of the last look.
    fails: u32,
    accessed: u64,
    checked: u64,
    /// Caddy: when the last failures were, at most as many as put it out.
    failures: VecDeque<SimTime>,
    /// Apache: since when it is in the error state. Envoy: since when it is ejected. Traefik: since when it is down.
    out_since: Option<SimTime>,
    /// Envoy, HAProxy: failures in a row, of either sort.
    in_a_row: u32,
    gateway_in_a_row: u32,
    /// Envoy: how many times the base time the next ejection lasts, less one.
    backoff: u32,
}

/// The memory of a gateway.
#[derive(Clone, Debug)]
pub(super) struct Passive {
    peers: Vec<Peer>,
    /// How many of them the configuration lists.
    listed: usize,
    enforcing: Stream,
}

impl Passive {
    pub(super) fn new(size: usize, enforcing: Stream) -> Self {
        Self { peers: vec![Peer::default(); size], listed: size, enforcing }
    }

    /// So many of the upstreams are listed now.
    pub(super) fn list(&mut self, listed: usize) {
        self.listed = listed;
    }

    /// True while an upstream is passed over. `max_fails` and `fail_timeout` belong to [`PassiveHealth::MaxFails`].
    pub(super) fn is_out(
        &self,
        rule: &PassiveHealth,
        peer: usize,
        now: SimTime,
        max_fails: u32,
        fail_timeout: SimDuration,
    ) -> bool {
        let p = &self.peers[peer];
        match rule {
            PassiveHealth::Off | PassiveHealth::Observe(_) => false,
            // A pool of one is never marked as failed: there is no better choice.
            PassiveHealth::MaxFails => {
                self.listed > 1
                    && max_fails > 0
                    && p.fails >= max_fails
                    && seconds(now).saturating_sub(p.checked) <= fail_timeout.as_millis() / 1_000
            }
            PassiveHealth::Window(w) if w.consecutive => {
                p.out_since.is_some_and(|since| now.since(since) < w.fail_duration)
            }
            PassiveHealth::Window(w) => {
                let remembered = p.failures.iter().filter(|at| now.since(**at) < w.fail_duration).count();
                remembered >= w.max_fails as usize
            }
            // `ap_proxy_retry_worker` of proxy_util.c (httpd 2.4) compares with "later than".
            PassiveHealth::ErrorState(e) => p.out_since.is_some_and(|since| now.since(since) <= e.retry),
            PassiveHealth::Outlier(_) => p.out_since.is_some(),
        }
    }

    /// An upstream is asked.
    pub(super) fn picked(
        &mut self,
        rule: &PassiveHealth,
        peer: usize,
        now: SimTime,
        fail_timeout: SimDuration,
    ) -> Finding {
        let p = &mut self.peers[peer];
        match rule {
            PassiveHealth::MaxFails => {
                if seconds(now).saturating_sub(p.checked) > fail_timeout.as_millis() / 1_000 {
                    p.checked = seconds(now);
                }
                Finding::Nothing
            }
            PassiveHealth::ErrorState(_) if p.out_since.take().is_some() => Finding::Back,
            _ => Finding::Nothing,
        }
    }

    /// All upstreams are out: Apache's `forcerecovery` lets all of them back in. True if it did.
    pub(super) fn recover_all(&mut self, rule: &PassiveHealth) -> bool {
        let PassiveHealth::ErrorState(ErrorState { force_recovery: true, .. }) = rule else { return false };
        let any = self.peers.iter().any(|p| p.out_since.is_some());
        self.peers.iter_mut().for_each(|p| p.out_since = None);
        any
    }

    /// A try has ended. `blamed` is what the product itself makes of a failure.
    pub(super) fn ended(
        &mut self,
        rule: &PassiveHealth,
        peer: usize,
        now: SimTime,
        seen: Seen,
        blamed: bool,
        max_fails: u32,
    ) -> Finding {
        match rule {
            PassiveHealth::Off => Finding::Nothing,
            PassiveHealth::MaxFails => self.nginx(peer, now, blamed, max_fails),
            PassiveHealth::Window(w) => self.window(w, peer, now, seen, blamed),
            PassiveHealth::ErrorState(e) => self.error_state(e, peer, now, seen, blamed),
            PassiveHealth::Outlier(o) => self.outlier(o, peer, now, seen),
            PassiveHealth::Observe(o) => self.observe(o, peer, seen),
        }
    }

    /// `ngx_http_upstream_free_round_robin_peer`, nginx 1.22.1; times count in whole seconds, as there.
    fn nginx(&mut self, peer: usize, now: SimTime, blamed: bool, max_fails: u32) -> Finding {
        let single = self.listed == 1;
        let p = &mut self.peers[peer];
        if !blamed {
            let forgiven = p.fails > 0 && (single || p.accessed < p.checked);
            if forgiven {
                p.fails = 0;
                return Finding::Back;
            }
            return Finding::Nothing;
        }
        if single {
            return Finding::Nothing;
        }
        p.fails = p.fails.saturating_add(1);
        p.accessed = seconds(now);
        p.checked = seconds(now);
        if max_fails > 0 && p.fails >= max_fails { Finding::Out(p.fails) } else { Finding::Counted(p.fails) }
    }

    /// `countFailure` of Caddy 2 (`healthchecks.go`): each failure adds one, and takes it back after `fail_duration`.
    fn window(&mut self, w: &FailureWindow, peer: usize, now: SimTime, seen: Seen, blamed: bool) -> Finding {
        let failed = match seen {
            // An answer that is tried again because of its status is none (`retryableResponseError`).
            Seen::Answer { status, took } => {
                status.is_some_and(|s| w.statuses.contains(&s)) || (!w.latency.is_zero() && took >= w.latency)
            }
            _ => blamed,
        };
        let p = &mut self.peers[peer];
        if !failed {
            if w.consecutive {
                p.failures.clear();
            }
            return Finding::Nothing;
        }
        p.failures.retain(|at| now.since(*at) < w.fail_duration);
        p.failures.push_back(now);
        let count = p.failures.len() as u32;
        while p.failures.len() > w.max_fails as usize {
            p.failures.pop_front();
        }
        if count < w.max_fails {
            return Finding::Counted(count);
        }
        // What fails while it is out does not prolong that (`WrapHandler` of Traefik 3.7's `healthcheck.go`).
        if p.out_since.is_none_or(|since| now.since(since) >= w.fail_duration) {
            p.out_since = Some(now);
        }
        Finding::Out(count)
    }

    /// Apache: `PROXY_WORKER_IN_ERROR`, set by a connection that does not come about, by `failonstatus` and `failontimeout`.
    fn error_state(
        &mut self,
        e: &ErrorState,
        peer: usize,
        now: SimTime,
        seen: Seen,
        blamed: bool,
    ) -> Finding {
        let failed = match seen {
            Seen::Answer { status, .. } => status.is_some_and(|s| e.statuses.contains(&s)),
            Seen::Timeout => blamed || e.on_timeout,
            Seen::NoConnection | Seen::Broken => blamed,
        };
        let p = &mut self.peers[peer];
        // The only member is asked all the same, as a plain ProxyPass does.
        if failed && (self.listed > 1 || !e.force_recovery) {
            p.out_since = Some(now);
            return Finding::Out(1);
        }
        Finding::Nothing
    }

    /// `DetectorHostMonitorImpl::putHttpResponseCode` and `DetectorImpl::onConsecutiveErrorWorker` of Envoy
    /// (`outlier_detection_impl.cc`). What fails at the gateway itself counts as a 5xx of a gateway, as it does
    /// there without `split_external_local_origin_errors`.
    fn outlier(&mut self, o: &Outlier, peer: usize, now: SimTime, seen: Seen) -> Finding {
        let status = match seen {
            Seen::Answer { status, .. } => status.unwrap_or(200),
            Seen::Timeout => 504,
            Seen::NoConnection | Seen::Broken => 503,
        };
        let p = &mut self.peers[peer];
        if status < 500 {
            p.in_a_row = 0;
            p.gateway_in_a_row = 0;
            return Finding::Nothing;
        }
        p.in_a_row += 1;
        p.gateway_in_a_row = if matches!(status, 502..=504) { p.gateway_in_a_row + 1 } else { 0 };
        let by_5xx = o.consecutive_5xx > 0 && p.in_a_row == o.consecutive_5xx;
        let by_gateway =
            o.consecutive_gateway_failure > 0 && p.gateway_in_a_row == o.consecutive_gateway_failure;
        // Each is drawn for, whatever the other says, so that one setting never shifts the draws of the other.
        let gateway_enforced = by_gateway && self.enforcing.chance(o.enforcing_consecutive_gateway_failure);
        let enforced = by_5xx && self.enforcing.chance(o.enforcing_consecutive_5xx);
        if by_5xx {
            self.peers[peer].in_a_row = 0;
        }
        if by_gateway {
            self.peers[peer].gateway_in_a_row = 0;
        }
        if !(gateway_enforced || enforced) || self.peers[peer].out_since.is_some() {
            return Finding::Counted(self.peers[peer].in_a_row);
        }
        let ejected = self.peers.iter().filter(|p| p.out_since.is_some()).count();
        let share = (ejected + 1) as f64 / self.listed.max(1) as f64;
        if share > o.max_ejected && !(o.always_eject_one && ejected == 0) {
            return Finding::Nothing;
        }
        let p = &mut self.peers[peer];
        p.out_since = Some(now);
        p.in_a_row = 0;
        p.gateway_in_a_row = 0;
        if o.base_ejection_time.times(u64::from(p.backoff)) < o.max_ejection_time {
            p.backoff += 1;
        }
        Finding::Ejected(ejection(o, p.backoff))
    }

    /// Envoy's timer (`onIntervalTimer`): ends ejections that are over, forgets old ones bit by bit. Calls `back` for
    /// each that ends; true while there is something left to look at.
    pub(super) fn sweep(&mut self, o: &Outlier, now: SimTime, mut back: impl FnMut(usize)) -> bool {
        for (i, p) in self.peers.iter_mut().enumerate() {
            match p.out_since {
                Some(since) if now.since(since) >= ejection(o, p.backoff) => {
                    p.out_since = None;
                    p.in_a_row = 0;
                    p.gateway_in_a_row = 0;
                    back(i);
                }
                Some(_) => {}
                None => p.backoff = p.backoff.saturating_sub(1),
            }
        }
        self.peers.iter().any(|p| p.out_since.is_some() || p.backoff > 0)
    }

    /// `health_adjust` of HAProxy 2.6 (`server.c`) with the statuses of `http_ana.c`: 501 and 505 are no failures.
    fn observe(&mut self, o: &Observe, peer: usize, seen: Seen) -> Finding {
        let failed = match seen {
            Seen::Answer { status, .. } => {
                o.layer == Layer::Answers && status.is_some_and(|s| s >= 500 && s != 501 && s != 505)
            }
            Seen::NoConnection => true,
            Seen::Timeout | Seen::Broken => o.layer == Layer::Answers,
        };
        let p = &mut self.peers[peer];
        if !failed {
            p.in_a_row = 0;
            return Finding::Nothing;
        }
        p.in_a_row += 1;
        if p.in_a_row < o.error_limit {
            return Finding::Counted(p.in_a_row);
        }
        p.in_a_row = 0;
        match o.on_error {
            OnError::FailCheck => Finding::FailCheck,
            OnError::SuddenDeath => Finding::SuddenDeath,
            OnError::MarkDown => Finding::MarkDown,
        }
    }
}

fn ejection(o: &Outlier, backoff: u32) -> SimDuration {
    o.base_ejection_time.times(u64::from(backoff)).min(o.max_ejection_time.max(o.base_ejection_time))
}

/// True if so few are well that health is no longer asked (Envoy, `healthy_panic_threshold`).
pub(super) fn panics(well: usize, all: usize, threshold: f64) -> bool {
    (well as f64) < threshold * all as f64
}

fn seconds(at: SimTime) -> u64 {
    at.as_nanos() / 1_000_000_000
}

#[cfg(test)]
mod tests;
