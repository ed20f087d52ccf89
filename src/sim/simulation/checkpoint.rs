//! A run as a value: copied for a checkpoint, watched by somebody else, gone on with otherwise.

use crate::sim::order;
use std::sync::Arc;

use super::Simulation;
use crate::sim::scenario::{Change, Requests, Scenario};
use crate::sim::time::SimTime;
use crate::sim::trace::{Observer, Stop};

impl Scenario {
    /// Until when a run of `other` is a run of this scenario too: the moment of the first change that only one of
    /// them has, [`SimTime::NEVER`] if they have the same. None if they differ in more than their timelines and texts.
    ///
    /// A change counts as the same where it stands at the same place of the timeline after the same changes.
    pub fn shared_until(&self, other: &Self) -> Option<SimTime> {
        let same = self.timeline.iter().zip(&other.timeline).take_while(|(a, b)| a == b).count();
        let bare = |s: &Self| Self {
            name: String::new(),
            description: String::new(),
            timeline: Vec::new(),
            ..s.clone()
        };
        let rest = self.timeline[same..].iter().chain(&other.timeline[same..]);
        (bare(self) == bare(other)).then(|| rest.map(|c| c.at).min().unwrap_or(SimTime::NEVER))
    }
}

impl<O: Observer> Simulation<O> {
    /// Takes over a scenario's timeline; what has happened of it stays.
    pub(super) fn plan(&mut self, scenario: &Scenario) {
        let mut changes: Vec<(u32, Change)> =
            scenario.timeline.iter().enumerate().map(|(i, c)| (i as u32, c.clone())).collect();
        order::by_key(&mut changes, |(_, c)| c.at);
        self.change_at = changes.get(self.changed).map_or(SimTime::NEVER, |(_, c)| c.at);
        self.changes = changes.into();
        self.requests = Arc::new(Requests::new(scenario));
        self.traffic_requests = Requests::of_changes(scenario).into();
    }

    /// Goes on with another scenario from here. The two must share all up to the present moment
    /// ([`Scenario::shared_until`]); what comes is then what a run of `scenario` from its start would be.
    pub(crate) fn revise(&mut self, scenario: &Scenario) {
        self.plan(scenario);
        self.stop = Stop::Running;
    }

    /// How many events the run may have.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// The same run, watched by what `watch` makes of the observer.
    pub(crate) fn watched_by<P: Observer>(&self, watch: impl FnOnce(&O) -> P) -> Simulation<P> {
        Simulation {
            changes: Arc::clone(&self.changes),
            changed: self.changed,
            change_at: self.change_at,
            ids: Arc::clone(&self.ids),
            requests: Arc::clone(&self.requests),
            epoch: self.epoch,
            horizon: self.horizon,
            now: self.now,
            handled: self.handled,
            limit: self.limit,
            stop: self.stop,
            schedule: self.schedule.clone(),
            network: self.network.clone(),
            actors: self.actors.clone(),
            templates: self.templates.clone(),
            faults: self.faults,
            traffic_requests: Arc::clone(&self.traffic_requests),
            observer: watch(&self.observer),
        }
    }

    /// About how many bytes a copy takes: what follows the events to come and the exchanges under way.
    pub fn held(&self) -> usize {
        /// An exchange, and what its two ends remember of it.
        const EXCHANGE: usize = 400;
        self.schedule.held() + EXCHANGE * self.network.exchanges.len()
    }
}
