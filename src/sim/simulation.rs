//! The run itself: takes the next event, hands it to one actor, until nothing is left or a limit is reached.

mod checkpoint;

use crate::sim::order;
use std::sync::Arc;

use super::client::ClientActor;
use super::dependency::DependencyActor;
use super::fault::{Fault, FaultKind};
use super::gateway::GatewayActor;
use super::message::Templates;
use super::network::{
    Arrival, Effects, End, Event, ExchangeKey, Keeping, LinkState, Network, Packet, SlotKey, Timer,
};
use super::origin::OriginActor;
use super::scenario::{Action, Change, DependencyKind, Link, Requests, Scenario, Settings, Traffic};
use super::schedule::{Next, Schedule};
use super::time::SimTime;
use super::trace::{FaultEntry, NodeId, NodeKind, Note, Observer, SpanId, Stop, Trace, nodes};

/// How many events a run may have. Reaching it is reported as [`Stop::EventLimit`], never a hang.
pub const EVENT_LIMIT: u64 = 20_000_000;

/// A run: clone it to keep a checkpoint.
#[derive(Clone)]
pub struct Simulation<O: Observer> {
    /// The timeline in order of time, each with its index there.
    changes: Arc<[(u32, Change)]>,
    /// How many of them have happened.
    changed: usize,
    /// When the next of them is due; never, if none is left.
    change_at: SimTime,
    ids: Arc<[String]>,
    requests: Arc<Requests>,
    epoch: u64,
    horizon: SimTime,
    now: SimTime,
    handled: u64,
    limit: u64,
    stop: Stop,
    schedule: Schedule<Event>,
    network: Network,
    actors: Vec<Actor>,
    templates: Templates,
    faults: u32,
    /// For each change that starts traffic, the index of its first request.
    traffic_requests: Arc<[u32]>,
    observer: O,
}

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a run has a handful of them, in one vector")]
enum Actor {
    Client(ClientActor),
    Gateway(Box<GatewayActor>),
    Origin(OriginActor),
    Dependency(DependencyActor),
}

impl Actor {
    /// True if it is working on nothing.
    fn is_idle(&self) -> bool {
        match self {
            Self::Client(client) => client.is_idle(),
            Self::Gateway(gateway) => gateway.is_idle(),
            Self::Origin(origin) => origin.is_idle(),
            Self::Dependency(dependency) => dependency.is_idle(),
        }
    }
}

/// Runs a scenario to its end and tells everything that happened.
pub fn run(scenario: &Scenario) -> Trace {
    let mut simulation = Simulation::new(scenario, Trace::new(scenario));
    simulation.finish();
    simulation.into_observer()
}

impl Scenario {
    /// The timeline in order of time; changes of one moment in the order written.
    pub fn in_order(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.timeline.iter().collect();
        order::by_key(&mut changes, |c| c.at);
        changes
    }
}

impl<O: Observer> Simulation<O> {
    /// A run of `scenario` at its start. The scenario must be one that [`Scenario::check`] accepts; what it
    /// names that does not exist is left out.
    pub fn new(scenario: &Scenario, observer: O) -> Self {
        let nodes = nodes(scenario);
        let first = |kind| nodes.iter().position(|n| n.kind == kind).unwrap_or_default() as u16;
        let (gateway, origin) = (first(NodeKind::Gateway), first(NodeKind::Origin));
        // Without a gateway, clients speak to the first origin.
        let entry = if scenario.gateways.is_empty() { origin } else { gateway };
        let dependency = first(NodeKind::Dependency);
        let of_kind = |kind| {
            let listed = scenario.dependencies.iter().enumerate();
            listed.filter(move |(_, d)| d.kind == kind).map(|(i, _)| NodeId(dependency + i as u16))
        };
        let database = of_kind(DependencyKind::Database).next();
        let apis: Vec<NodeId> = of_kind(DependencyKind::Api).collect();
        let no_link = Link::default();
        let links = (scenario.clients.iter().map(|_| &no_link))
            .chain(scenario.gateways.iter().map(|g| &g.link))
            .chain(scenario.origins.iter().map(|o| &o.link))
            .chain(scenario.dependencies.iter().map(|d| &d.link));
        let links: Vec<&Link> = links.collect();
        let origins: Vec<NodeId> = (0..scenario.origins.len() as u16).map(|i| NodeId(origin + i)).collect();
        let actors = (scenario
            .clients
            .iter()
            .map(|c| Actor::Client(ClientActor::new(c, scenario.seed, NodeId(entry)))))
        .chain(scenario.gateways.iter().enumerate().map(|(i, g)| {
            // Gateways stand in a row: each one's upstream is the next, the last one's are the origins.
            let upstreams = if i + 1 < scenario.gateways.len() {
                vec![NodeId(gateway + i as u16 + 1)]
            } else {
                origins.clone()
            };
            let names = upstreams.iter().map(|n| nodes[usize::from(n.0)].id.clone()).collect();
            Actor::Gateway(Box::new(GatewayActor::new(g, upstreams, names, scenario.seed)))
        }))
        .chain(
            scenario
                .origins
                .iter()
                .map(|o| Actor::Origin(OriginActor::new(o, scenario.seed, database, &apis))),
        )
        .chain(
            scenario.dependencies.iter().map(|d| Actor::Dependency(DependencyActor::new(d, scenario.seed))),
        )
        .collect();
        let states =
            links.iter().zip(&nodes).map(|(link, node)| LinkState::new(link, scenario.seed, &node.id));
        let network = Network::new(states.collect());
        let mut simulation = Self {
            ids: nodes.into_iter().map(|n| n.id).collect(),
            changes: Arc::default(),
            changed: 0,
            change_at: SimTime::NEVER,
            requests: Arc::default(),
            epoch: scenario.epoch,
            horizon: SimTime::ZERO + scenario.horizon,
            now: SimTime::ZERO,
            handled: 0,
            limit: EVENT_LIMIT,
            stop: Stop::Running,
            schedule: Schedule::new(),
            network,
            actors,
            templates: Templates::default(),
            faults: 0,
            traffic_requests: Arc::default(),
            observer,
        };
        for node in 0..simulation.actors.len() as u16 {
            simulation.keep_connections(NodeId(node));
        }
        simulation.plan(scenario);
        for (i, link) in links.iter().enumerate() {
            for fault in &link.faults {
                simulation.inject(&format!("link:{}", simulation.ids[i].clone()), fault, None);
            }
        }
        for (id, fault) in (scenario.origins.iter().flat_map(|o| o.faults.iter().map(move |f| (&o.id, f))))
            .chain(scenario.dependencies.iter().flat_map(|d| d.faults.iter().map(move |f| (&d.id, f))))
        {
            simulation.inject(id, fault, None);
        }
        for node in 0..simulation.actors.len() as u16 {
            simulation.act(NodeId(node), |actor, fx| {
                if let Actor::Gateway(gateway) = actor {
                    gateway.start(fx);
                }
            });
        }
        let mut first_request = Requests::TRAFFIC;
        for (i, client) in scenario.clients.iter().enumerate() {
            if let Some(traffic) = &client.traffic {
                simulation.start_traffic(NodeId(i as u16), traffic, first_request);
                first_request += traffic.mix.len() as u32;
            }
        }
        simulation
    }

    fn start_traffic(&mut self, node: NodeId, traffic: &Traffic, first_request: u32) {
        let horizon = self.horizon;
        self.act(node, |actor, fx| {
            if let Actor::Client(client) = actor {
                client.start_traffic(fx, traffic, first_request, horizon);
            }
        });
    }

    /// The present moment of the run.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Events handled so far.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Why the run ended, or that it goes on.
    pub fn stop(&self) -> Stop {
        self.stop
    }

    /// Who watches.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Allows another number of events than [`EVENT_LIMIT`]. A run that was stopped by the limit goes on if it is higher now.
    pub fn limit_events(&mut self, limit: u64) {
        self.limit = limit;
        if self.stop == Stop::EventLimit && self.handled < limit {
            self.stop = Stop::Running;
        }
    }

    /// Handles the next event; tells its moment, or none when the run has ended.
    pub fn step(&mut self) -> Option<SimTime> {
        if self.stop != Stop::Running {
            return None;
        }
        let next = self.schedule.next();
        let Some(at) = self.next_at(next) else {
            self.stop = Stop::Quiet;
            return None;
        };
        if at > self.horizon {
            // What is left may be timers that nobody needs any more.
            let changes_left = self.changes.last().is_some_and(|(_, c)| c.at > self.horizon);
            let idle = !changes_left && self.actors.iter().all(Actor::is_idle);
            self.stop = if idle { Stop::Quiet } else { Stop::Horizon };
            self.now = if idle { self.now } else { self.horizon };
            return None;
        }
        if self.handled >= self.limit {
            self.stop = Stop::EventLimit;
            return None;
        }
        self.now = at;
        self.handled += 1;
        // Changes come before whatever else happens at their moment.
        if self.change_at == at && self.changed < self.changes.len() {
            self.change();
            return Some(at);
        }
        let event = self.schedule.take(next?)?;
        match event {
            Event::Arrive { exchange, end, packet } => self.arrive(exchange, end, packet),
            Event::Write { exchange, packet } => {
                if self.network.exchanges.get(exchange).is_some_and(|x| x.callee_open) {
                    self.at_end(exchange, End::Callee, |fx| fx.reply(exchange, packet));
                }
            }
            Event::Timer { node, slot, epoch, timer } => self.timer(node, slot, epoch, timer),
            Event::Dial(exchange) => self.at_end(exchange, End::Caller, |fx| fx.looked_up(exchange)),
            Event::Idle { exchange, end } => {
                self.at_end(exchange, end, |fx| fx.idle_for_long(exchange, end));
            }
        }
        Some(at)
    }

    /// Runs until nothing is left, the horizon, or the limit of events.
    pub fn finish(&mut self) {
        while self.step().is_some() {}
    }

    /// Runs up to and including a moment.
    pub fn run_until(&mut self, until: SimTime) {
        while self.stop == Stop::Running && self.next_at(self.schedule.next()).is_some_and(|at| at <= until) {
            self.step();
        }
        if self.stop == Stop::Running {
            self.now = self.now.max(until.min(self.horizon));
        }
    }

    /// When the next event or change is due.
    fn next_at(&self, next: Option<Next>) -> Option<SimTime> {
        match next {
            Some(next) => Some(next.at().min(self.change_at)),
            None => self.changes.get(self.changed).map(|_| self.change_at),
        }
    }

    /// Lets one actor act.
    fn act<R>(&mut self, node: NodeId, what: impl FnOnce(&mut Actor, &mut Effects<'_, O>) -> R) -> R {
        let mut fx = Effects {
            now: self.now,
            node,
            schedule: &mut self.schedule,
            network: &mut self.network,
            templates: &mut self.templates,
            observer: &mut self.observer,
            requests: &self.requests,
            epoch: self.epoch,
        };
        what(&mut self.actors[usize::from(node.0)], &mut fx)
    }

    /// Has the network do something in the name of one end of a connection.
    fn at_end<R: Default>(
        &mut self,
        exchange: ExchangeKey,
        end: End,
        what: impl FnOnce(&mut Effects<'_, O>) -> R,
    ) -> R {
        let Some(x) = self.network.exchanges.get(exchange) else { return R::default() };
        let node = match end {
            End::Caller => x.caller,
            End::Callee => x.callee,
        };
        self.act(node, |_, fx| what(fx))
    }

    fn arrive(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let Some(x) = self.network.exchanges.get(exchange) else { return };
        let node = match end {
            End::Caller => x.caller,
            End::Callee => x.callee,
        };
        self.act(node, |actor, fx| {
            let Arrival::For(slot, packet) = fx.kernel(exchange, end, packet) else { return };
            match actor {
                Actor::Client(client) => client.arrive(fx, slot, packet),
                Actor::Gateway(gateway) => gateway.arrive(fx, exchange, end, slot, packet),
                Actor::Origin(origin) => origin.arrive(fx, exchange, end, slot, packet),
                Actor::Dependency(dependency) => dependency.arrive(fx, exchange, slot, packet),
            }
        });
    }

    /// Tells the network how a node keeps connections open, as its settings say now.
    fn keep_connections(&mut self, node: NodeId) {
        let (caller, callee) = match &self.actors[usize::from(node.0)] {
            Actor::Client(client) => (client.keeping(), Keeping::NOT),
            Actor::Gateway(gateway) => gateway.keeping(),
            Actor::Origin(origin) => (Keeping::NOT, origin.keeping()),
            Actor::Dependency(_) => (Keeping::NOT, Keeping::NOT),
        };
        self.network.keep_as_caller(node, caller);
        self.network.keep_as_callee(node, callee);
    }

    /// How many events are to come: a measure of what the run holds in memory.
    pub fn scheduled(&self) -> usize {
        self.schedule.len()
    }

    /// Connections opened so far, ended so far, and standing (open at one end at least).
    pub fn connections(&self) -> (u64, u64, u64) {
        self.network.counts()
    }

    fn timer(&mut self, node: NodeId, slot: SlotKey, epoch: u32, timer: Timer) {
        self.act(node, |actor, fx| match actor {
            Actor::Client(client) => client.timer(fx, slot, epoch, timer),
            Actor::Gateway(gateway) => gateway.timer(fx, slot, epoch, timer),
            Actor::Origin(origin) => origin.timer(fx, slot, epoch, timer),
            Actor::Dependency(dependency) => dependency.timer(fx, slot, timer),
        });
    }

    fn change(&mut self) {
        let (index, change) = self.changes[self.changed].clone();
        self.changed += 1;
        self.change_at = self.changes.get(self.changed).map_or(SimTime::NEVER, |(_, c)| c.at);
        self.observer.note(self.now, SpanId::NONE, Note::Change(index));
        match change.action {
            Action::Send { client, .. } => {
                if let Some(node) = self.named(&client) {
                    self.act(node, |actor, fx| {
                        if let Actor::Client(client) = actor {
                            client.call(fx, index);
                        }
                    });
                }
            }
            Action::Inject { node, fault } => self.inject(&node, &fault, Some(index)),
            Action::Repair { node, fault } => self.repair(&node, fault),
            Action::Set { node, to: Settings::Traffic(traffic) } => {
                if let Some(node) = self.named(&node) {
                    let first_request = self.traffic_requests[index as usize];
                    self.start_traffic(node, &traffic, first_request);
                }
            }
            Action::Set { node, to } => self.set(&node, &to),
            Action::Deploy(deploy) => {
                for (place, origin) in deploy.origins.iter().enumerate() {
                    if let Some(node) = self.named(origin) {
                        self.act(node, |actor, fx| {
                            if let Actor::Origin(origin) = actor {
                                origin.deploy(fx, &deploy, place as u64);
                            }
                        });
                    }
                }
            }
        }
    }

    fn named(&self, id: &str) -> Option<NodeId> {
        self.ids.iter().position(|name| name == id).map(|i| NodeId(i as u16))
    }

    fn inject(&mut self, place: &str, fault: &Fault, change: Option<u32>) {
        let index = self.faults;
        self.faults += 1;
        let since = self.now;
        self.observer.fault(|| FaultEntry { place: place.to_owned(), fault: fault.clone(), since, change });
        if let Some(node) = place.strip_prefix("link:").and_then(|id| self.named(id)) {
            self.network.links[usize::from(node.0)].inject(fault, index, self.now);
        } else if let Some(node) = self.named(place) {
            self.act(node, |actor, fx| match actor {
                Actor::Origin(origin) => origin.inject(fx, fault, index),
                Actor::Dependency(dependency) => dependency.inject(fx, fault, index),
                Actor::Client(_) | Actor::Gateway(_) => {}
            });
        }
    }

    fn repair(&mut self, place: &str, kind: FaultKind) {
        if let Some(node) = place.strip_prefix("link:").and_then(|id| self.named(id)) {
            self.network.links[usize::from(node.0)].repair(kind);
        } else if let Some(node) = self.named(place) {
            self.act(node, |actor, fx| match actor {
                Actor::Origin(origin) => origin.repair(fx, kind),
                Actor::Dependency(dependency) => dependency.repair(fx, kind),
                Actor::Client(_) | Actor::Gateway(_) => {}
            });
        }
    }

    fn set(&mut self, place: &str, to: &Settings) {
        if let (Settings::Latency(latency), Some(node)) =
            (to, place.strip_prefix("link:").and_then(|id| self.named(id)))
        {
            self.network.links[usize::from(node.0)].set_latency(*latency);
            return;
        }
        let Some(node) = self.named(place) else { return };
        match (&mut self.actors[usize::from(node.0)], to) {
            (Actor::Client(client), Settings::Client(policy)) => client.set(policy),
            (Actor::Client(client), Settings::NoTraffic {}) => client.stop_traffic(),
            (Actor::Gateway(_), Settings::Gateway(settings)) => self.act(node, |actor, fx| {
                if let Actor::Gateway(gateway) = actor {
                    gateway.set(fx, settings);
                }
            }),
            (Actor::Origin(origin), Settings::Origin(settings)) => origin.set(settings),
            (Actor::Dependency(dependency), Settings::Dependency(settings)) => dependency.set(settings),
            _ => {}
        }
        self.keep_connections(node);
    }
}

impl Simulation<Trace> {
    /// The trace of what has happened so far; spans that are open at the end of a run are closed as unfinished.
    pub fn into_observer(mut self) -> Trace {
        self.observer.settle(self.now, self.stop);
        self.observer
    }
}
