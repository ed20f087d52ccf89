//! The states of a breaker, and what moves it from one to the next.

use super::window::{Counts, Tally};
use super::{Breaker, Trip};
use crate::sim::client::backoff::Memory;
use crate::sim::random::Stream;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::BreakerState;

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Shift {
    pub(in super::super) to: BreakerState,
    /// After how long [`Circuit::timer`] is to be called, with which mark.
    pub(in super::super) timer: Option<(SimDuration, u32)>,
}

/// A breaker at work.
#[derive(Clone, Debug)]
pub(in super::super) struct Circuit {
    settings: Breaker,
    state: State,
    /// Counts the changes of state. What began before the last change no longer counts.
    mark: u32,
    /// How often it has opened since it was last closed.
    openings: u32,
    memory: Memory,
    /// Failures in a row.
    row: u32,
    tally: Option<Tally>,
    chance: Stream,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: SimTime },
    HalfOpen { let_through: u32, ended: Counts },
}

impl Circuit {
    /// A closed breaker; its marks begin with `mark`.
    pub(in super::super) fn new(settings: Breaker, mark: u32, chance: Stream) -> Self {
        let tally = match settings.trip {
            Trip::Consecutive(_) => None,
            Trip::Window(window) => Some(Tally::new(window.over)),
        };
        let state = State::Closed;
        Self { settings, state, mark, openings: 0, memory: Memory::default(), row: 0, tally, chance }
    }

    pub(in super::super) fn settings(&self) -> &Breaker {
        &self.settings
    }

    pub(in super::super) fn mark(&self) -> u32 {
        self.mark
    }

    pub(in super::super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Asks to begin an attempt: its mark, or none if it is refused.
    pub(in super::super) fn ask(&mut self, now: SimTime) -> (Option<u32>, Option<Shift>) {
        let mut shift = None;
        if let State::Open { until } = self.state
            && self.clock(now) >= until
        {
            shift = Some(self.half_open());
        }
        let passes = match &mut self.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { let_through, .. } => {
                let passes = *let_through < self.settings.permitted;
                *let_through += u32::from(passes);
                passes
            }
        };
        if let (false, Trip::Window(window), Some(tally)) = (passes, self.settings.trip, &mut self.tally)
            && window.counts_refused
        {
            tally.add(now, false, false);
        }
        (passes.then_some(self.mark), shift)
    }

    /// An attempt has ended; what began before the last change of state no longer counts.
    pub(in super::super) fn ended(
        &mut self,
        now: SimTime,
        mark: u32,
        failed: bool,
        took: SimDuration,
    ) -> Option<Shift> {
        let window = match self.settings.trip {
            Trip::Consecutive(_) => None,
            Trip::Window(window) => Some(window),
        };
        let slow = window.and_then(|w| w.slow).is_some_and(|s| took > s.after);
        if mark != self.mark {
            return None;
        }
        if let Some(tally) = self
            .tally
            .as_mut()
            .filter(|_| matches!(self.state, State::Closed) || window.is_some_and(|w| w.keeps))
        {
            tally.add(now, failed, slow);
        }
        match &mut self.state {
            State::Open { .. } => None,
            State::Closed => {
                self.row = if failed { self.row + 1 } else { 0 };
                self.trips(failed || slow).then(|| self.open(now))
            }
            State::HalfOpen { ended, .. } => {
                ended.add(failed, slow);
                let ended = *ended;
                let all = ended.attempts >= self.settings.permitted;
                match window {
                    None if failed => Some(self.open(now)),
                    _ if !all => None,
                    Some(window) if ended.trips(&window) => Some(self.open(now)),
                    _ => Some(self.close()),
                }
            }
        }
    }

    /// Nobody waits for an attempt any more: it says nothing about the other side.
    pub(in super::super) fn cancelled(&mut self, mark: u32) {
        if let State::HalfOpen { let_through, .. } = &mut self.state
            && mark == self.mark
        {
            *let_through = let_through.saturating_sub(1);
        }
    }

    /// The timer of a [`Shift`] has run out.
    pub(in super::super) fn timer(&mut self, mark: u32) -> Option<Shift> {
        let open = matches!(self.state, State::Open { .. });
        (open && mark == self.mark).then(|| self.half_open())
    }

    fn trips(&self, bad: bool) -> bool {
        match self.settings.trip {
            Trip::Consecutive(failures) => self.row >= failures,
            Trip::Window(window) => {
                let counts = self.tally.as_ref().map(Tally::counts).unwrap_or_default();
                let most = match window.over {
                    super::Over::Attempts(attempts) => attempts,
                    super::Over::Time { .. } => u32::MAX,
                };
                (bad || !window.looks_at_failures)
                    && counts.attempts >= window.minimum.min(most)
                    && counts.trips(&window)
            }
        }
    }

    fn open(&mut self, now: SimTime) -> Shift {
        self.mark += 1;
        self.openings += 1;
        let wait = self.settings.open.wait(self.openings, None, &mut self.memory, &mut self.chance);
        self.state = State::Open { until: self.clock(now) + wait };
        let timer = self.settings.half_open_by_timer.then_some((wait, self.mark));
        Shift { to: BreakerState::Open, timer }
    }

    /// The time as the breaker reads it.
    fn clock(&self, now: SimTime) -> SimTime {
        if self.settings.whole_milliseconds { SimTime::from_millis(now.as_millis()) } else { now }
    }

    fn half_open(&mut self) -> Shift {
        self.mark += 1;
        self.state = State::HalfOpen { let_through: 0, ended: Counts::default() };
        Shift { to: BreakerState::HalfOpen, timer: None }
    }

    fn close(&mut self) -> Shift {
        self.mark += 1;
        self.openings = 0;
        self.row = 0;
        self.memory = Memory::default();
        if let (Trip::Window(window), Some(tally)) = (self.settings.trip, &mut self.tally)
            && !window.keeps
        {
            tally.clear();
        }
        self.state = State::Closed;
        Shift { to: BreakerState::Closed, timer: None }
    }
}

#[cfg(test)]
mod tests;
