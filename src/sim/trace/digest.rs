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

impl Trace {
    /// A number that two traces share exactly when everything in them happened alike (64 bits of XXH3).
    ///
    /// It covers spans, notes, and the bytes of every template; the scenario counts only through what it caused.
    pub fn digest(&self) -> u64 {
        let mut hash = Stable(Xxh3::new());
        self.spans.hash(&mut hash);
        self.events.hash(&mut hash);
        self.templates.hash(&mut hash);
        (self.end, self.stop).hash(&mut hash);
        hash.finish()
    }
}
