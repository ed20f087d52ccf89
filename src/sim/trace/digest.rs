//! One number for everything that happened.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

use super::Trace;

/// Feeds integers in one byte order and one width, so that a 32-bit browser and a 64-bit machine agree.
struct Stable(Xxh3);

impl Hasher for Stable {
    fn finish(&self) -> u64 {
        self.0.digest()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u8(&mut self, n: u8) {
        self.write(&[n]);
    }

    fn write_u16(&mut self, n: u16) {
        self.write(&n.to_le_bytes());
    }

    fn write_u32(&mut self, n: u32) {
        self.write(&n.to_le_bytes());
    }

    fn write_u64(&mut self, n: u64) {
        self.write(&n.to_le_bytes());
    }

    // Lengths and the numbers of enum variants have the width of the machine otherwise.
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as i64 as u64);
    }
}

/// The making of a digest, piece by piece, for traces that are too long to be gone through at once.
pub struct Digesting {
    hash: Stable,
    /// How many spans, then how many events were taken in; none before their turn.
    spans: Option<usize>,
    events: Option<usize>,
}

impl Default for Digesting {
    fn default() -> Self {
        Self { hash: Stable(Xxh3::new()), spans: None, events: None }
    }
}

impl Digesting {
    /// Takes in so many spans or events of the same trace; tells the digest once that was all.
    pub fn advance(&mut self, trace: &Trace, most: usize) -> Option<u64> {
        let hash = &mut self.hash;
        let most = take(hash, &trace.spans, &mut self.spans, most)?;
        take(hash, &trace.events, &mut self.events, most)?;
        trace.templates.hash(hash);
        (trace.end, trace.stop).hash(hash);
        Some(hash.finish())
    }
}

/// Takes in up to `most` more of a list, as the list's own `hash` would. Once that was all, it tells how many are left of `most`.
fn take<T: Hash>(hash: &mut Stable, list: &[T], taken: &mut Option<usize>, most: usize) -> Option<usize> {
    let from = *taken.get_or_insert_with(|| {
        hash.write_usize(list.len());
        0
    });
    let to = list.len().min(from.saturating_add(most));
    T::hash_slice(&list[from..to], hash);
    *taken = Some(to);
    (to == list.len()).then_some(most - (to - from))
}

impl Trace {
    /// A number that two traces share exactly when everything in them happened alike (64 bits of XXH3).
    ///
    /// It covers spans, notes, and the bytes of every template; the scenario counts only through what it caused.
    pub fn digest(&self) -> u64 {
        Digesting::default().advance(self, usize::MAX).unwrap_or_default()
    }
}
