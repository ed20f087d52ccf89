//! Origins: the orders API, its process, its workers and its queue.
//!
//! | request | answer |
//! |---|---|
//! | `GET /orders/N` | 200 with the order (one query); 404 unless N is 1 to 99 or was created in this run |
//! | `HEAD /orders/N` | the same without a body |
//! | `POST /orders` | 201 and one order more, each time it is carried out (one query that commits); with an `Idempotency-Key` only the first time |
//! | `PUT /orders/N` | 405, or a new version of the order if the origin's `updates` say how |
//! | `GET /report` | 200 after a slow query |
//! | another path | 404 |
//! | another method on these paths | 405; one that the API does not know at all: 501 (RFC 9110 §15.6.2) |
//!
//! A worker is busy from the moment it takes a request until its answer is written, and by default it does not notice
//! that its caller has left: the work is finished for nobody, and an order that nobody waits for is stored
//! all the same.
//!
//! Each mechanism is a small type of its own: the accept queue, the line and its discipline, shedding, the
//! life of the process, the pool, the lock, the store. The actor puts them together.

mod actor;
mod answering;
mod api;
mod asking;
mod backlog;
mod codel;
mod lifecycle;
mod line;
mod mutex;
mod pool;
mod process;
mod queueing;
mod shedding;
mod store;
mod work;

pub(crate) use actor::OriginActor;
pub(crate) use api::{Route, route};
pub(crate) use store::{Claim, Store};

use super::random::Stream;
use super::scenario::Distribution;
use super::time::SimDuration;

/// Draws how long something takes.
pub(crate) fn draw(distribution: Distribution, chance: &mut Stream) -> SimDuration {
    distribution.draw(chance)
}
