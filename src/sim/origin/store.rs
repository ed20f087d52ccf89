//! The orders: which there are, their versions, and the answers kept by idempotency key.
//!
//! The database holds them; an origin without a database holds its own.

use std::collections::BTreeMap;

use crate::sim::time::{SimDuration, SimTime};

/// The number of the first order that is created in a run.
pub(crate) const FIRST_ORDER: u32 = 1_042;
/// The orders that are there from the start: 1 to this one.
pub(crate) const LAST_OLD_ORDER: u32 = 99;
/// How long a key is kept; services keep them for a day (Stripe's API reference, "Idempotent requests": at least 24 h).
pub(crate) const KEY_LIFETIME: SimDuration = SimDuration::from_secs(86_400);

/// What is stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    created: u32,
    /// How often each order was written; absent for never.
    versions: BTreeMap<u32, u32>,
    keys: BTreeMap<u64, Kept>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    fingerprint: u64,
    since: SimTime,
    order: Option<u32>,
}

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nobody has used it; it is now taken.
    New,
    /// The request was carried out: it made this order.
    Done(u32),
    /// The first request is still worked on.
    Busy,
    /// It was used for another request.
    Mismatch,
}

impl Store {
    /// How many orders were created in this run.
    pub(crate) fn created(&self) -> u32 {
        self.created
    }

    /// Stores a new order and tells its number.
    pub(crate) fn create(&mut self) -> u32 {
        self.created += 1;
        FIRST_ORDER + self.created - 1
    }

    /// True if there is an order of this number.
    pub(crate) fn has(&self, order: u32) -> bool {
        (1..=LAST_OLD_ORDER).contains(&order)
            || order.checked_sub(FIRST_ORDER).is_some_and(|n| n < self.created)
    }

    /// An order's version: how often it was written.
    pub(crate) fn version(&self, order: u32) -> u32 {
        self.versions.get(&order).copied().unwrap_or_default()
    }

    /// Writes an order if its version is still `expected`.
    ///
    /// # Errors
    /// The version that was found instead.
    pub(crate) fn write_if(&mut self, order: u32, expected: u32) -> Result<u32, u32> {
        let version = self.versions.entry(order).or_default();
        if *version != expected {
            return Err(*version);
        }
        *version += 1;
        Ok(*version)
    }

    /// Writes an order whatever its version, and tells the new one.
    pub(crate) fn write(&mut self, order: u32) -> u32 {
        let version = self.versions.entry(order).or_default();
        *version += 1;
        *version
    }

    /// Takes a key, or tells what became of it.
    pub(crate) fn claim(&mut self, key: u64, fingerprint: u64, now: SimTime) -> Claim {
        match self.keys.get(&key).filter(|kept| now.since(kept.since) < KEY_LIFETIME) {
            Some(kept) if kept.fingerprint != fingerprint => Claim::Mismatch,
            Some(Kept { order: Some(order), .. }) => Claim::Done(*order),
            Some(_) => Claim::Busy,
            None => {
                self.keys.insert(key, Kept { fingerprint, since: now, order: None });
                Claim::New
            }
        }
    }

    /// The request of a key is carried out, or has failed and left nothing behind.
    pub(crate) fn settle(&mut self, key: u64, order: Option<u32>) {
        match order {
            Some(_) => {
                if let Some(kept) = self.keys.get_mut(&key) {
                    kept.order = order;
                }
            }
            None => {
                self.keys.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_there_from_the_start_or_once_created() {
        let mut store = Store::default();
        assert_eq!(
            [0, 1, 42, 99, 100, 999, 1_042].map(|n| store.has(n)),
            [false, true, true, true, false, false, false]
        );
        assert_eq!((store.create(), store.create()), (1_042, 1_043));
        assert_eq!([1_041, 1_042, 1_043, 1_044].map(|n| store.has(n)), [false, true, true, false]);
    }

    #[test]
    fn of_two_writers_who_read_the_same_version_one_loses() {
        let mut store = Store::default();
        let read = store.version(42);
        assert_eq!(store.write_if(42, read), Ok(1));
        assert_eq!(store.write_if(42, read), Err(1));
        assert_eq!(store.write_if(42, 1), Ok(2));
        assert_eq!((store.write(42), store.version(7)), (3, 0));
    }

    #[test]
    fn a_key_keeps_its_first_answer_for_a_day() {
        let mut store = Store::default();
        let at = SimTime::from_secs;
        assert_eq!(store.claim(1, 10, at(0)), Claim::New);
        assert_eq!(store.claim(1, 10, at(1)), Claim::Busy);
        store.settle(1, Some(1_042));
        assert_eq!(store.claim(1, 10, at(2)), Claim::Done(1_042));
        assert_eq!(store.claim(1, 11, at(2)), Claim::Mismatch);
        assert_eq!(store.claim(1, 10, at(86_399)), Claim::Done(1_042));
        assert_eq!(store.claim(1, 10, at(86_400)), Claim::New);
        store.settle(1, None);
        assert_eq!(store.claim(1, 11, at(86_401)), Claim::New);
    }
}
