//! A store of answers to GET, with what may still be given out when they are no longer fresh.
//!
//! RFC 9111 for freshness and age (times are the settings', not `Cache-Control`'s), RFC 5861 for stale answers,
//! Varnish's waiting list for requests that come while an answer is being fetched. Left out: `Vary`,
//! conditional requests, hit-for-miss, and a limit of size.

use std::collections::BTreeMap;

use crate::sim::message::Message;
use crate::sim::scenario::CacheRule;
use crate::sim::time::{SimDuration, SimTime};

/// What a request finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing; it is the one that fetches.
    Miss,
    /// A fresh answer of that age.
    Fresh(Message, SimDuration),
    /// A stale one of that age, which may be given out; `refresh` says that a new one must be fetched meanwhile.
    Stale { answer: Message, age: SimDuration, refresh: bool },
    /// Somebody fetches it already, and this request waits for that.
    Waits,
}

/// What becomes of those that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Released<T> {
    /// Whether they find an answer now; otherwise each must fetch for itself.
    pub(super) stored: bool,
    pub(super) waiting: Vec<T>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    answer: Option<(Message, SimTime)>,
    fetching: bool,
    waiting: Vec<T>,
}

/// The store of a gateway; `T` stands for a request that waits.
#[derive(Clone, Debug)]
pub(super) struct Store<T> {
    /// The key of each path.
    paths: BTreeMap<String, u32>,
    /// The key of each kind of request, so that a path is looked up once; by the request's number, which may be
    /// any: what traffic and probes ask is numbered from far above.
    keys: BTreeMap<u32, u32>,
    entries: Vec<Entry<T>>,
}

impl<T: Copy + PartialEq> Store<T> {
    pub(super) fn new() -> Self {
        Self { paths: BTreeMap::new(), keys: BTreeMap::new(), entries: Vec::new() }
    }

    /// The key of a kind of request.
    pub(super) fn key(&mut self, request: u32, path: &str) -> u32 {
        if let Some(&key) = self.keys.get(&request) {
            return key;
        }
        let next = self.entries.len() as u32;
        let key = *self.paths.entry(path.to_owned()).or_insert(next);
        if key == next {
            self.entries.push(Entry { answer: None, fetching: false, waiting: Vec::new() });
        }
        self.keys.insert(request, key);
        key
    }

    /// A request comes.
    pub(super) fn look_up(&mut self, rule: &CacheRule, key: u32, now: SimTime, who: T) -> Found {
        let entry = &mut self.entries[key as usize];
        if let Some((answer, stored)) = entry.answer {
            let age = now.since(stored);
            if age < rule.ttl {
                return Found::Fresh(answer, age);
            }
            if age < rule.ttl + rule.stale_while_revalidate {
                let refresh = !std::mem::replace(&mut entry.fetching, true);
                return Found::Stale { answer, age, refresh };
            }
        }
        if rule.coalesce && entry.fetching {
            entry.waiting.push(who);
            return Found::Waits;
        }
        entry.fetching = true;
        Found::Miss
    }

    /// An answer was fetched.
    pub(super) fn fetched(
        &mut self,
        rule: &CacheRule,
        key: u32,
        now: SimTime,
        answer: Message,
        status: u16,
    ) -> Released<T> {
        let stored = rule.statuses.contains(&status);
        let entry = &mut self.entries[key as usize];
        if stored {
            entry.answer = Some((answer, now));
        }
        entry.fetching = false;
        Released { stored, waiting: std::mem::take(&mut entry.waiting) }
    }

    /// Nothing was to be had. Those that waited find a stale answer or must fetch for themselves.
    pub(super) fn failed(&mut self, rule: &CacheRule, key: u32, now: SimTime) -> Released<T> {
        let stored = self.stale(rule, key, now).is_some();
        let entry = &mut self.entries[key as usize];
        entry.fetching = false;
        Released { stored, waiting: std::mem::take(&mut entry.waiting) }
    }

    /// What may be given out in place of an error, with its age.
    pub(super) fn stale(&self, rule: &CacheRule, key: u32, now: SimTime) -> Option<(Message, SimDuration)> {
        let (answer, stored) = self.entries[key as usize].answer?;
        let age = now.since(stored);
        (age < rule.ttl + rule.stale_if_error).then_some((answer, age))
    }

    /// A request that waits gives up.
    pub(super) fn leave(&mut self, key: u32, who: T) {
        self.entries[key as usize].waiting.retain(|w| *w != who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::message::TemplateId;

    const SECOND: SimDuration = SimDuration::from_secs(1);

    fn rule() -> CacheRule {
        CacheRule {
            ttl: SECOND,
            stale_while_revalidate: SECOND.times(2),
            stale_if_error: SECOND.times(5),
            error_statuses: true,
            statuses: vec![200],
            coalesce: true,
        }
    }

    fn answer(number: u32) -> Message {
        Message { template: TemplateId(0), number, sent: SimTime::ZERO }
    }

    fn at(millis: u64) -> SimTime {
        SimTime::from_millis(millis)
    }

    #[test]
    fn fresh_then_stale_with_one_refresh_then_gone() {
        let (rule, mut store) = (rule(), Store::new());
        let key = store.key(0, "/a");
        assert_eq!(store.key(u32::MAX, "/a"), key);
        assert_ne!(store.key(1, "/b"), key);
        assert_eq!(store.look_up(&rule, key, at(0), 'a'), Found::Miss);
        assert_eq!(store.look_up(&rule, key, at(10), 'b'), Found::Waits);
        assert_eq!(store.look_up(&rule, key, at(10), 'c'), Found::Waits);
        store.leave(key, 'c');
        let released = store.fetched(&rule, key, at(20), answer(1), 200);
        assert_eq!(released, Released { stored: true, waiting: vec!['b'] });
        assert_eq!(
            store.look_up(&rule, key, at(1_019), 'd'),
            Found::Fresh(answer(1), SimDuration::from_millis(999))
        );
        for refresh in [true, false] {
            let found = store.look_up(&rule, key, at(1_020), 'e');
            assert_eq!(found, Found::Stale { answer: answer(1), age: SECOND, refresh });
        }
        store.failed(&rule, key, at(1_030));
        assert_eq!(store.look_up(&rule, key, at(3_020), 'f'), Found::Miss, "ttl 1 s and grace 2 s are over");
        let age = SimDuration::from_millis(3_000);
        assert_eq!(store.stale(&rule, key, at(3_020)), Some((answer(1), age)), "but better than an error");
        assert_eq!(store.stale(&rule, key, at(6_020)), None);
    }

    #[test]
    fn what_is_not_stored_sends_everybody_on_their_own() {
        let (rule, mut store) = (rule(), Store::new());
        let key = store.key(0, "/a");
        store.look_up(&rule, key, at(0), 'a');
        store.look_up(&rule, key, at(0), 'b');
        let released = store.fetched(&rule, key, at(5), answer(1), 404);
        assert_eq!(released, Released { stored: false, waiting: vec!['b'] });
        assert_eq!(store.look_up(&rule, key, at(6), 'c'), Found::Miss);
        let alone = CacheRule { coalesce: false, ..rule };
        assert_eq!(store.look_up(&alone, key, at(6), 'd'), Found::Miss);
    }
}
