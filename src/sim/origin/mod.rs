//! Origins: the orders API, its workers and its queue.
//!
//! | request | answer |
//! |---|---|
//! | `GET /orders/N` | 200 with the order (one query) |
//! | `POST /orders` | 201 and one order more, each time it is carried out (one query that commits) |
//! | `GET /report` | 200 after a slow query |
//! | another path | 404 |
//! | another method on these paths | 405; one that the API does not know at all: 501 (RFC 9110 §15.6.2) |
//!
//! A worker is busy from the moment it takes a request until its answer is written, and it does not notice
//! that its caller has left: the work is finished for nobody, and an order that nobody waits for is stored
//! all the same.
//!
//! Left out for now: cancelling work, an accept backlog, warm-up.

mod actor;
mod api;

pub(crate) use actor::{FIRST_ORDER, OriginActor, draw};
pub(crate) use api::{Route, route};
