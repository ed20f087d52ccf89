//! What several tests share.

#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod gateways;

use fivexx::sim::client::{
    AwsQuota, Breaker, Budget, Combine, ConnectionErrors, DeadlineRule, Delay, Deposit, EnvoyBudget,
    FinagleBudget, Fraction, GrpcThrottle, Hedge, Jitter, Malformed, MaxRetries, ObeyRetryAfter, Over,
    OverCap, Policy, RateLimit, Repeat, Slow, SlowDown, Throttle, TokenBucket, Trip, Window,
};
use fivexx::sim::fault::{ALL, Fault, Place};
use fivexx::sim::message::Method;
use fivexx::sim::random::Stream;
use fivexx::sim::scenario::{
    Accepts, Action, Arrivals, CallerLeft, Change, Client, ConflictAnswer, Dependency, DependencyKind,
    DependencySettings, Deploy, Discipline, Distribution, Dns, Execution, Gateway, GatewaySettings,
    IdempotencyKey, KeepAlive, Link, Maintenance, NextUpstream, OnFailure, Origin, OriginSettings,
    PoolSettings, Request, Restart, RetryAfter, Scenario, Settings, Share, Shedding, Tls, Traffic, Updates,
    UpstreamKeepAlive, WarmUp,
};
use fivexx::sim::time::{SimDuration, SimTime};

/// Draws that make a random scenario; the same seed makes the same scenario everywhere.
struct Draw(Stream);

impl Draw {
    fn chance(&mut self, share: f64) -> bool {
        self.0.chance(share)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0.below(n as u64) as usize
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn millis(&mut self, most: u64) -> SimDuration {
        SimDuration::from_millis(1 + self.0.below(most))
    }

    fn maybe<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.chance(0.5) { Some(what(self)) } else { None }
    }

    fn some<T: Clone>(&mut self, from: &[T]) -> Vec<T> {
        from.iter().filter(|_| self.0.chance(0.5)).cloned().collect()
    }

    fn distribution(&mut self) -> Distribution {
        match self.below(3) {
            0 => Distribution::Fixed(self.millis(500)),
            1 => Distribution::Exponential(self.millis(500)),
            _ => {
                let low = self.millis(100);
                Distribution::Uniform { low, high: low + self.millis(500) }
            }
        }
    }

    /// Usually plain, since most that is set here turns requests away.
    fn origin_settings(&mut self) -> OriginSettings {
        let plain = OriginSettings {
            workers: self.maybe(|d| 1 + d.below(4) as u32),
            queue: self.maybe(|d| d.below(4) as u32),
            service_time: self.maybe(Self::distribution),
            keep_alive: self.maybe(|d| d.millis(3_000)),
            updates: self.maybe(|d| {
                let locked = Updates::Locked {
                    hold: d.millis(50),
                    timeout: d.millis(200),
                    on_timeout: OnFailure::Http503,
                };
                let optimistic = Updates::Optimistic { retries: 1, answer: ConflictAnswer::Conflict };
                d.pick(&[Updates::Refused, locked, optimistic])
            }),
            ..OriginSettings::default()
        };
        if self.chance(0.5) {
            return plain;
        }
        OriginSettings {
            execution: self.maybe(|d| d.pick(&[Execution::Threads, Execution::EventLoop])),
            accepts: self.maybe(|d| d.pick(&[Accepts::Always, Accepts::WhenFree])),
            backlog: self.maybe(|d| d.below(3) as u32),
            discipline: self.maybe(|d| {
                let (short, long) = (d.millis(20), d.millis(200));
                d.pick(&[
                    Discipline::Fifo,
                    Discipline::Lifo,
                    Discipline::Codel { target: short, interval: long },
                    Discipline::Adaptive { shortest: short, longest: long },
                ])
            }),
            queue_timeout: self.maybe(|d| d.millis(1_000)),
            shedding: self.maybe(|d| {
                let concurrency = Shedding::Concurrency { limit: 1 + d.below(4) as u32, retry_after: 1 };
                let delay = Shedding::QueueDelay { limit: d.millis(100), retry_after: 2 };
                d.pick(&[Shedding::Off, concurrency, delay])
            }),
            caller_left: self
                .maybe(|d| d.pick(&[CallerLeft::GoesOn, CallerLeft::Cancels, CallerLeft::SkipsQueued])),
            start_time: self.maybe(|d| d.millis(2_000)),
            warm_up: self.maybe(|d| WarmUp { factor: 3.0, over: d.millis(5_000) }),
            restart: self.maybe(|d| {
                let after = Restart::After(d.millis(2_000));
                d.pick(&[Restart::Never, Restart::default(), after])
            }),
            pool: self
                .maybe(|d| PoolSettings { size: 1 + d.below(2) as u32, acquire_timeout: d.millis(500) }),
            query_timeout: self.maybe(|d| d.millis(1_000)),
            call_timeout: self.maybe(|d| d.millis(1_000)),
            on_query_failure: self.maybe(|d| d.pick(&[OnFailure::Http500, OnFailure::Http503])),
            ..plain
        }
    }

    fn retry_after(&mut self) -> RetryAfter {
        match self.below(3) {
            0 => RetryAfter::Absent,
            1 => RetryAfter::Seconds(self.below(6) as u32),
            _ => RetryAfter::Date(SimDuration::from_secs(self.below(6) as u64)),
        }
    }

    fn policy(&mut self) -> Policy {
        let delay = match self.below(3) {
            0 => Delay::None,
            1 => Delay::Fixed(self.millis(2_000)),
            _ => Delay::Exponential {
                base: self.millis(1_000),
                factor: 1.0 + self.below(30) as f64 / 10.0,
                cap: self.maybe(|d| d.millis(5_000)),
                jitter: self.pick(&[Jitter::None, Jitter::Full]),
                cap_last: false,
            },
        };
        Policy {
            attempts: Some(1 + self.below(6) as u32),
            delay,
            statuses: self.some(&[429, 500, 501, 502, 503, 504]),
            connection_errors: ConnectionErrors::all(if self.chance(0.5) {
                Repeat::Methods
            } else {
                Repeat::Never
            }),
            methods: self.some(&Method::ALL),
            retry_after: ObeyRetryAfter {
                seconds: self.chance(0.5),
                date: self.chance(0.5),
                cap: self.maybe(|d| d.millis(5_000)),
                ..ObeyRetryAfter::default()
            },
            attempt_timeout: self.maybe(|d| d.millis(4_000)),
            ..Policy::default()
        }
    }

    fn gateway_settings(&mut self) -> GatewaySettings {
        let conditions = [
            NextUpstream::Error,
            NextUpstream::Timeout,
            NextUpstream::InvalidHeader,
            NextUpstream::Http500,
            NextUpstream::Http502,
            NextUpstream::Http503,
            NextUpstream::Http504,
            NextUpstream::NonIdempotent,
        ];
        GatewaySettings {
            connect_timeout: self.maybe(|d| d.millis(3_000)),
            send_timeout: self.maybe(|d| d.millis(3_000)),
            read_timeout: self.maybe(|d| d.millis(3_000)),
            next_upstream: self.maybe(|d| d.some(&conditions)),
            next_upstream_tries: self.maybe(|d| d.below(4) as u32),
            next_upstream_timeout: self.maybe(|d| d.millis(3_000)),
            max_fails: self.maybe(|d| d.below(3) as u32),
            fail_timeout: self.maybe(|d| d.millis(10_000)),
            header_limit: self.maybe(|d| 256 + d.below(10_000) as u32),
            maintenance: self.maybe(|d| {
                if d.chance(0.8) {
                    Maintenance::Off
                } else {
                    Maintenance::On { retry_after: d.retry_after() }
                }
            }),
            keep_alive: self.maybe(Self::keep_alive),
            upstream_keep_alive: self.maybe(|d| UpstreamKeepAlive::On(d.keep_alive())),
            ..GatewaySettings::default()
        }
    }

    fn keep_alive(&mut self) -> KeepAlive {
        KeepAlive {
            idle: self.millis(3_000),
            most: 1 + self.below(4) as u32,
            requests: 1 + self.below(20) as u32,
        }
    }

    /// Light enough for thousands of runs.
    fn traffic(&mut self) -> Option<Traffic> {
        if self.chance(0.6) {
            return None;
        }
        let rate = self.below(8) as f64;
        let arrivals = match self.below(6) {
            0 => Arrivals::Constant { rate },
            1 => Arrivals::Poisson { rate },
            2 => Arrivals::Ramp { from: rate, to: self.below(8) as f64, over: self.millis(20_000) },
            3 => Arrivals::Spike { rate, peak: 20.0, at: self.millis(5_000), length: self.millis(3_000) },
            4 => Arrivals::Bursts { rate, on: self.millis(3_000), off: self.millis(3_000) },
            _ => Arrivals::Closed {
                users: 1 + self.below(4) as u32,
                think: Distribution::Fixed(self.millis(3_000)),
            },
        };
        let mix = (0..1 + self.below(3))
            .map(|_| Share { weight: 1.0 + self.below(9) as f64, request: self.request() })
            .collect();
        Some(Traffic { arrivals, mix, until: self.maybe(|d| SimTime::ZERO + d.millis(30_000)) })
    }

    fn fault(&mut self, place: Place) -> Fault {
        let kinds: Vec<_> = ALL.iter().filter(|f| f.place == place).collect();
        (self.pick(&kinds).default)()
    }

    fn faults(&mut self, place: Place) -> Vec<Fault> {
        if self.chance(0.8) { Vec::new() } else { vec![self.fault(place)] }
    }

    fn link(&mut self) -> Link {
        Link {
            latency: SimDuration::from_micros(self.below(20_000) as u64),
            jitter: self.maybe(|d| Distribution::Exponential(d.millis(20))),
            bandwidth: self.maybe(|d| 1_000 + d.below(1_000_000) as u64),
            tls: self.maybe(|d| d.pick(&[Tls::V1_2, Tls::V1_3])),
            dns: self.maybe(|d| Dns { ttl: d.maybe(|d| d.millis(5_000)), ..Dns::default() }),
            faults: self.faults(Place::Link),
        }
    }

    fn request(&mut self) -> Request {
        let paths = ["/orders/42", "/orders", "/report", "/nowhere"];
        let mut request = Request::new(self.pick(&Method::ALL), self.pick(&paths));
        request.idempotency_key = match self.below(4) {
            0 => IdempotencyKey::PerCall,
            1 => IdempotencyKey::Given("key".to_owned()),
            _ => IdempotencyKey::None,
        };
        request
    }

    fn action(&mut self, scenario: &Scenario) -> Action {
        let client = self.pick(&scenario.clients).id;
        let gateway = self.pick(&scenario.gateways).id;
        let origin = self.pick(&scenario.origins).id;
        let dependency = scenario.dependencies.first().map(|d| d.id.clone());
        let (node, place) = match (self.below(4), dependency) {
            (0, _) => (format!("link:{gateway}"), Place::Link),
            (1, _) => (format!("link:{origin}"), Place::Link),
            (2, Some(dependency)) => (dependency, Place::Dependency),
            _ => (origin.clone(), Place::Origin),
        };
        match self.below(8) {
            0 | 1 => Action::Inject { node, fault: self.fault(place) },
            2 => Action::Repair { node, fault: self.fault(place).kind() },
            3 => match self.below(4) {
                0 => Action::Set { node: client, to: Settings::Client(Box::new(self.policy())) },
                1 => Action::Set { node: gateway, to: Settings::Gateway(Box::new(self.gateway_settings())) },
                2 => Action::Set { node: origin, to: Settings::Origin(self.origin_settings()) },
                _ => match self.traffic() {
                    Some(traffic) => Action::Set { node: client, to: Settings::Traffic(traffic) },
                    None if self.chance(0.5) => Action::Set { node: client, to: Settings::NoTraffic {} },
                    None => {
                        Action::Set { node: format!("link:{origin}"), to: Settings::Latency(self.millis(50)) }
                    }
                },
            },
            4 if self.chance(0.3) => Action::Deploy(Deploy {
                origins: vec![origin],
                graceful: self.chance(0.7),
                drain: self.millis(1_000),
                ..Deploy::default()
            }),
            _ => Action::Send { client, request: self.request() },
        }
    }
}

/// A random scenario with all mechanisms mixed.
pub(crate) fn random_scenario(seed: u64) -> Scenario {
    let mut draw = Draw(Stream::new(seed, "test", "scenario"));
    let d = &mut draw;
    let clients = (0..1 + d.below(2))
        .map(|i| Client {
            id: format!("client{i}"),
            policy: d.policy(),
            keep_alive: d.maybe(Draw::keep_alive),
            traffic: d.traffic(),
        })
        .collect();
    let gateways = (0..1 + d.below(2))
        .map(|i| Gateway {
            id: format!("gateway{i}"),
            link: d.link(),
            settings: d.gateway_settings(),
            ..Gateway::default()
        })
        .collect();
    let origins = (0..1 + d.below(3))
        .map(|i| Origin {
            id: format!("origin{i}"),
            link: d.link(),
            settings: d.origin_settings(),
            faults: d.faults(Place::Origin),
            ..Origin::default()
        })
        .collect();
    let dependencies = (0..d.below(3))
        .map(|i| Dependency {
            id: format!("database{i}"),
            link: d.link(),
            kind: d.pick(&[DependencyKind::Database, DependencyKind::Database, DependencyKind::Api]),
            settings: DependencySettings {
                connections: d.maybe(|d| 1 + d.below(3) as u32),
                query_time: d.maybe(Draw::distribution),
                max_connections: if d.chance(0.1) { Some(2) } else { None },
                lock_timeout: d.maybe(|d| d.millis(1_000)),
                ..DependencySettings::default()
            },
            faults: d.faults(Place::Dependency),
        })
        .collect();
    let mut scenario = Scenario {
        name: format!("random {seed}"),
        seed,
        horizon: SimDuration::from_secs(1 + d.below(60) as u64),
        clients,
        gateways,
        origins,
        dependencies,
        ..Scenario::default()
    };
    scenario.timeline = (0..4 + d.below(24))
        .map(|_| Change { at: SimTime::ZERO + d.millis(20_000), action: d.action(&scenario) })
        .collect();
    // Something is always sent within the shortest horizon.
    let client = scenario.clients[0].id.clone();
    let send = Action::Send { client, request: d.request() };
    scenario.timeline.push(Change { at: SimTime::ZERO + d.millis(900), action: send });
    scenario
}

/// The random scenario of that seed, whose clients also have budgets, breakers and all else that a policy can say.
///
/// It draws from a stream of its own, so that the plain scenario stays as it is.
pub(crate) fn guarded_scenario(seed: u64) -> Scenario {
    let mut scenario = random_scenario(seed);
    let mut draw = Draw(Stream::new(seed, "test", "guards"));
    for client in &mut scenario.clients {
        draw.guard(&mut client.policy);
    }
    for change in &mut scenario.timeline {
        if let Action::Set { to: Settings::Client(policy), .. } = &mut change.action {
            draw.guard(policy);
        }
    }
    scenario
}

/// Scenarios of each make in turn: plain ones, guarded clients, gateways that have everything, and both.
pub(crate) fn any_scenario(seed: u64) -> Scenario {
    match seed % 4 {
        0 => random_scenario(seed),
        1 => guarded_scenario(seed),
        2 => gateways::equip(random_scenario(seed), seed),
        _ => gateways::equip(guarded_scenario(seed), seed),
    }
}

impl Draw {
    /// Lays more settings over a policy; numbers are small enough for each of them to have an effect.
    fn guard(&mut self, policy: &mut Policy) {
        self.repeat(policy);
        policy.deadline = self.maybe(|d| d.millis(6_000));
        policy.deadline_rule =
            self.pick(&[DeadlineRule::Cut, DeadlineRule::NoRetryPast, DeadlineRule::NoWaitAfter]);
        policy.patience = self.maybe(Draw::distribution);
        let deposit = self.pick(&[Deposit::Requests, Deposit::Successes]);
        policy.budget = self.maybe(|d| {
            let ratio = d.below(4) as f64 / 4.0;
            d.pick(&[
                Budget::Finagle(FinagleBudget {
                    ratio,
                    min_per_second: 1,
                    ttl: SimDuration::from_secs(2),
                    deposit,
                }),
                Budget::Envoy(EnvoyBudget { percent: 20.0, floor: 1 }),
                Budget::MaxRetries(MaxRetries { concurrent: 1 }),
                Budget::Grpc(GrpcThrottle { max_tokens: 3, token_ratio: 0.5 }),
                Budget::Aws(AwsQuota { capacity: 20, ..AwsQuota::default() }),
                Budget::TokenBucket(TokenBucket { each: ratio, cap: 2.0, deposit }),
            ])
        });
        let window = Window {
            over: self
                .pick(&[Over::Attempts(4), Over::Time { length: SimDuration::from_secs(2), slices: 4 }]),
            minimum: 2,
            looks_at_failures: self.chance(0.5),
            counts_refused: self.chance(0.5),
            keeps: self.chance(0.5),
            slow: self.maybe(|d| Slow { after: d.millis(1_000), ratio: 0.5 }),
            ..Window::default()
        };
        policy.breaker = self.maybe(|d| {
            Box::new(Breaker {
                trip: d.pick(&[Trip::Consecutive(2), Trip::Window(window)]),
                open: Delay::Fixed(d.millis(3_000)),
                permitted: 1 + d.below(3) as u32,
                half_open_by_timer: d.chance(0.5),
                ..Breaker::default()
            })
        });
        policy.throttle =
            self.maybe(|d| Box::new(Throttle { window: d.millis(9_000), ..Throttle::default() }));
        if let Some(throttle) = &mut policy.throttle {
            throttle.window += SimDuration::from_secs(1);
        }
        policy.rate_limit =
            self.maybe(|_| Box::new(RateLimit { throttling: vec![429, 503], ..RateLimit::default() }));
        policy.hedge = self.maybe(|d| Hedge { delay: d.millis(500), most: 1 + d.below(3) as u32 });
    }

    fn repeat(&mut self, policy: &mut Policy) {
        let jitter = match self.below(9) {
            0 => Jitter::None,
            1 => Jitter::Full,
            2 => Jitter::Equal,
            3 => Jitter::Decorrelated,
            4 => Jitter::PlusMinus(0.2),
            5 => Jitter::Proportional(0.5),
            6 => Jitter::Additive(self.millis(500)),
            7 => Jitter::Bounded(self.millis(500)),
            _ => Jitter::Smoothed,
        };
        let (base, cap) = (self.millis(500), Some(self.millis(4_000)));
        policy.delay = match self.below(4) {
            0 => Delay::List(vec![base, self.millis(2_000)]),
            1 => Delay::Linear { base, step: base, cap, jitter },
            _ => Delay::Exponential { base, factor: 2.0, cap, jitter, cap_last: self.chance(0.5) },
        };
        // Without a limit a run is as long as its horizon; short waits would make it a long one to check.
        if self.chance(0.1) {
            policy.delay = Delay::Fixed(SimDuration::from_secs(1));
            policy.attempts = None;
        }
        policy.first_retry_at_once = self.chance(0.3);
        policy.slow_down =
            self.maybe(|d| SlowDown { statuses: vec![429, 503], codes: Vec::new(), base: d.millis(1_000) });
        let kinds = [Repeat::Never, Repeat::Methods, Repeat::AnyMethod];
        policy.connection_errors.refused = self.pick(&kinds);
        policy.connection_errors.closed = self.pick(&kinds);
        policy.connection_errors.attempt_timeout = self.pick(&kinds);
        policy.retry_after.over_cap = self.pick(&[OverCap::Cut, OverCap::Ignore, OverCap::GiveUp]);
        policy.retry_after.over_backoff = self.maybe(|d| d.millis(1_000));
        policy.retry_after.statuses = self.maybe(|d| d.some(&[429, 502, 503]));
        policy.retry_after.repeats = self.chance(0.3);
        policy.retry_after.fraction = self.pick(&[Fraction::Malformed, Fraction::Read, Fraction::Cut]);
        policy.retry_after.zero = self.chance(0.5);
        policy.retry_after.malformed = self.pick(&[Malformed::Ignore, Malformed::GiveUp]);
        policy.retry_after.combine = self.pick(&[Combine::Replace, Combine::Maximum, Combine::Add]);
        policy.retry_after.jitter = self.chance(0.3);
        if self.chance(0.3) {
            policy.statuses = (500..600).collect();
        }
    }
}

/// How many random scenarios have a digest in `tests/golden/digests.txt`.
pub(crate) const DIGESTS: u64 = 96;
