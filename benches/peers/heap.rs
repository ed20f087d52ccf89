//! The job on a bare binary heap, with nothing around it: the practical limit, natively and in WebAssembly.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Requests a second.
const RATE: f64 = 80.0;
/// What one worker finishes a second.
const SERVICE: f64 = 10.0;
const WORKERS: u32 = 10;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Departure,
}

/// Lets so many requests through the queue and tells their mean wait for a worker, in seconds.
pub fn mmc(requests: u64) -> f64 {
    let mut chance = Chance(88_172_645_463_325_252, 362_436_069);
    let mut schedule = BinaryHeap::new();
    let mut line = VecDeque::new();
    let (mut created, mut arrived, mut busy, mut waited) = (0_u64, 0, 0, 0_u64);
    schedule.push(Reverse((chance.exponential(RATE), created, Event::Arrival)));
    while let Some(Reverse((now, _, event))) = schedule.pop() {
        let mut add = |after: u64, event| {
            created += 1;
            schedule.push(Reverse((now + after, created, event)));
        };
        match event {
            Event::Arrival => {
                arrived += 1;
                if arrived < requests {
                    add(chance.exponential(RATE), Event::Arrival);
                }
                if busy < WORKERS {
                    busy += 1;
                    add(chance.exponential(SERVICE), Event::Departure);
                } else {
                    line.push_back(now);
                }
            }
            Event::Departure => match line.pop_front() {
                Some(since) => {
                    waited += now - since;
                    add(chance.exponential(SERVICE), Event::Departure);
                }
                None => busy -= 1,
            },
        }
    }
    waited as f64 / requests as f64 / 1e9
}

/// xorshift128+ (Vigna, "Further scramblings of Marsaglia's xorshift generators", 2017).
struct Chance(u64, u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        let (mut a, b) = (self.0, self.1);
        self.0 = b;
        a ^= a << 23;
        a ^= a >> 17;
        a ^= b ^ (b >> 26);
        self.1 = a;
        ((a.wrapping_add(b) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Nanoseconds until the next of events that come at this rate a second.
    fn exponential(&mut self, rate: f64) -> u64 {
        (-self.uniform().ln() / rate * 1e9) as u64
    }
}
