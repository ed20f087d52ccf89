//! How fast fivexx is, beside its peers: one job, done by each of them in turn. `cargo xtask bench` runs it.
//!
//! The job is an M/M/10 queue: requests come by chance, 80 a second, to ten workers of whom each finishes 10 a
//! second. The peers do that and nothing else: SimPy (`peers/mmc.py`), plain JavaScript (`peers/mmc.mjs`) and
//! a bare binary heap in Rust (`peers/heap.rs`), which is the practical limit. fivexx does it as one part of a
//! request's whole way ([`job`]).
//!
//! Each contestant is a process that lives through all rounds: it reads a line with a job and a number of
//! requests, and answers with a line of `name=figure` pairs. Nobody starts cold, and the rounds can interleave.

#[path = "../peers/heap.rs"]
pub mod heap;
pub mod job;
mod moves;
pub mod wasm;
