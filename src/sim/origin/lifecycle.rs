//! The life of a process: up, draining, down, starting; and who starts it again.
//!
//! A run begins with processes that have been up for long.

use crate::sim::scenario::{Restart, WarmUp};
use crate::sim::time::{SimDuration, SimTime};

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It serves.
    Up,
    /// Its port is closed, and it finishes what it has begun.
    Draining,
    /// It is gone.
    Down,
    /// It starts; its port is not open yet.
    Starting,
}

/// The life of one process and its successors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) phase: Phase,
    /// Timers of an earlier epoch are void.
    pub(crate) epoch: u32,
    /// When the present process began to serve; none if that was before the run.
    pub(crate) ready: Option<SimTime>,
    /// When the present process was started.
    pub(crate) started: SimTime,
    /// Deaths in a row.
    deaths: u32,
}

impl Life {
    pub(crate) const fn new() -> Self {
        Self { phase: Phase::Up, epoch: 0, ready: None, started: SimTime::ZERO, deaths: 0 }
    }

    /// True if the port is open.
    pub(crate) fn listens(&self) -> bool {
        self.phase == Phase::Up
    }

    /// True if there is a process that can work.
    pub(crate) fn works(&self) -> bool {
        matches!(self.phase, Phase::Up | Phase::Draining)
    }

    /// Goes over to another phase; timers set before are void.
    pub(crate) fn enter(&mut self, phase: Phase, now: SimTime) {
        self.phase = phase;
        self.epoch += 1;
        match phase {
            Phase::Starting => self.started = now,
            Phase::Up => self.ready = Some(now),
            Phase::Draining | Phase::Down => {}
        }
    }

    /// The process has died by itself: how long until it is started again; none for never.
    pub(crate) fn restart_in(&mut self, policy: Restart, now: SimTime) -> Option<SimDuration> {
        match policy {
            Restart::Never => None,
            Restart::After(wait) => Some(wait),
            Restart::BackOff { first, cap, reset } => {
                if now.since(self.started) >= reset {
                    self.deaths = 0;
                }
                self.deaths += 1;
                // The first restart comes at once; then the wait doubles.
                Some(match self.deaths {
                    1 => SimDuration::ZERO,
                    n => first.times(1 << (n - 2).min(40)).min(cap),
                })
            }
        }
    }

    /// By how much everything takes longer because the process is young.
    pub(crate) fn slowness(&self, warm_up: Option<WarmUp>, now: SimTime) -> f64 {
        let (Some(warm_up), Some(ready)) = (warm_up, self.ready) else { return 1.0 };
        let age = now.since(ready);
        if age >= warm_up.over {
            return 1.0;
        }
        let left = 1.0 - age.as_secs_f64() / warm_up.over.as_secs_f64();
        1.0 + (warm_up.factor - 1.0) * left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_from_the_second_restart_to_its_cap_and_is_forgotten_after_a_long_life() {
        let mut life = Life::new();
        let mut now = SimTime::from_secs(1_000);
        let mut waits = Vec::new();
        for _ in 0..8 {
            life.enter(Phase::Starting, now);
            now = now + SimDuration::from_secs(1);
            let wait = life.restart_in(Restart::default(), now).expect("a restart");
            waits.push(wait.as_millis() / 1_000);
            now = now + wait;
        }
        // Kubernetes' documentation: at once, then 10 s, 20 s, 40 s, ..., capped at 300 s.
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        life.enter(Phase::Starting, now);
        let late = now + SimDuration::from_secs(600);
        assert_eq!(life.restart_in(Restart::default(), late), Some(SimDuration::ZERO));
        assert_eq!(life.restart_in(Restart::Never, late), None);
    }

    #[test]
    fn warming_up_falls_evenly() {
        let warm_up = Some(WarmUp { factor: 3.0, over: SimDuration::from_secs(10) });
        let mut life = Life::new();
        assert!((life.slowness(warm_up, SimTime::ZERO) - 1.0).abs() < 1e-12, "up for long already");
        life.enter(Phase::Up, SimTime::from_secs(5));
        for (secs, expected) in [(5, 3.0), (10, 2.0), (15, 1.0), (60, 1.0)] {
            let found = life.slowness(warm_up, SimTime::from_secs(secs));
            assert!((found - expected).abs() < 1e-9, "{secs} s: {found}");
        }
    }
}
