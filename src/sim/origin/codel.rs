//! CoDel for a queue of requests (RFC 8289 §4 and §5).
//!
//! The pseudo-code of §5.6 is followed with requests in place of packets: a request that is dropped is answered
//! 503, and "less than a packet is left" becomes "no other request waits".

use crate::sim::time::{SimDuration, SimTime};

/// What the controller decides, request by request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Codel {
    /// When the wait will have been above the target for an interval.
    first_above: Option<SimTime>,
    dropping: bool,
    next_drop: SimTime,
    count: u32,
    last_count: u32,
}

/// The request at the head of the queue, taken out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<T> {
    pub(crate) item: T,
    pub(crate) since: SimTime,
    /// No other waits behind it.
    pub(crate) last: bool,
}

impl Codel {
    /// Takes requests out with `take` until one is to be served; those to drop go to `dropped`.
    pub(crate) fn serve<T: Copy>(
        &mut self,
        now: SimTime,
        target: SimDuration,
        interval: SimDuration,
        mut take: impl FnMut() -> Option<Head<T>>,
        mut dropped: impl FnMut(T),
    ) -> Option<T> {
        let mut head = take();
        let mut may_drop = self.may_drop(now, target, interval, head.as_ref());
        if self.dropping {
            self.dropping = may_drop;
            while self.dropping && now >= self.next_drop {
                dropped(head?.item);
                self.count += 1;
                head = take();
                may_drop = self.may_drop(now, target, interval, head.as_ref());
                self.dropping = may_drop;
                if may_drop {
                    self.next_drop = law(self.next_drop, interval, self.count);
                }
            }
        } else if may_drop {
            dropped(head?.item);
            head = take();
            self.may_drop(now, target, interval, head.as_ref());
            self.dropping = true;
            // Dropping that ended a short while ago begins again where it was.
            let drops_before = self.count.saturating_sub(self.last_count);
            let recent = now.since(self.next_drop) < interval.times(16);
            self.count = if drops_before > 1 && recent { drops_before } else { 1 };
            self.next_drop = law(now, interval, self.count);
            self.last_count = self.count;
        }
        head.map(|h| h.item)
    }

    fn may_drop<T>(
        &mut self,
        now: SimTime,
        target: SimDuration,
        interval: SimDuration,
        head: Option<&Head<T>>,
    ) -> bool {
        let Some(head) = head.filter(|h| !h.last && now.since(h.since) >= target) else {
            self.first_above = None;
            return false;
        };
        debug_assert!(head.since <= now, "nobody waits from the future");
        match self.first_above {
            Some(at) => now >= at,
            None => {
                self.first_above = Some(now + interval);
                false
            }
        }
    }
}

/// The control law: the next drop comes an interval, divided by the root of the count, later.
fn law(from: SimTime, interval: SimDuration, count: u32) -> SimTime {
    from + interval.scaled(1.0 / libm::sqrt(f64::from(count.max(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: SimDuration = SimDuration::from_millis(5);
    const INTERVAL: SimDuration = SimDuration::from_millis(100);

    /// Serves one request each 10 ms from a queue in which each has waited `wait`; tells when some are dropped.
    fn drops(wait: SimDuration, until_ms: u64) -> Vec<u64> {
        let mut codel = Codel::default();
        let mut found = Vec::new();
        for ms in (1_000..1_000 + until_ms).step_by(10) {
            let now = SimTime::from_millis(ms);
            let head = Head { item: (), since: now - wait, last: false };
            codel.serve(now, TARGET, INTERVAL, || Some(head), |()| found.push(ms - 1_000));
        }
        found
    }

    #[test]
    fn nothing_is_dropped_at_the_target_or_before_an_interval_has_passed() {
        assert_eq!(drops(SimDuration::from_millis(4), 2_000), [0; 0]);
        assert_eq!(drops(SimDuration::from_millis(50), 100), [0; 0]);
    }

    #[test]
    fn drops_come_closer_by_the_root_of_their_count() {
        // The first at 100 ms, then law(100) = 200, 200 + 100/√2 = 270.7, + 100/√3 = 328.4, + 100/2 = 378.4,
        // each seen at the next service of the 10 ms grid.
        assert_eq!(drops(SimDuration::from_millis(50), 400), [100, 200, 280, 330, 380]);
    }

    #[test]
    fn the_last_request_is_never_dropped() {
        let mut codel = Codel::default();
        for ms in (1_000..3_000).step_by(10) {
            let now = SimTime::from_millis(ms);
            let head = Head { item: 7, since: SimTime::ZERO, last: true };
            let served =
                codel.serve(now, TARGET, INTERVAL, || Some(head), |_: i32| unreachable!("it is the last"));
            assert_eq!(served, Some(7));
        }
    }
}
