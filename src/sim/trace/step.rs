//! Decisions of origins and dependencies, as notes.

use serde::{Deserialize, Serialize};

use super::span::NodeId;
use crate::sim::time::SimDuration;

/// A decision within an origin or a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// The kernel dropped the request for a connection: so many wait to be accepted already.
    SynDropped(u32),
    /// The request was turned away on arrival: so many were inside.
    ShedByConcurrency(u32),
    /// The request was turned away on arrival: the oldest in the queue had waited this long.
    ShedByDelay(SimDuration),
    /// It waited this long for a worker, as long as it may.
    QueueTimeout(SimDuration),
    /// The discipline of the queue dropped it after this long.
    Dropped(SimDuration),
    /// Nobody waits for it any more, so it was not begun.
    Skipped,
    /// Nobody waits for it any more, so it was ended.
    Cancelled,
    /// It waits for a connection of the pool, with this many before it.
    PoolWait(u32),
    /// The origin calls a third party.
    Called(NodeId),
    /// A query or call failed.
    QueryFailed(QueryFailure),
    /// The row was read in this version.
    RowRead(u32),
    /// The row was written and has this version now.
    RowWritten(u32),
    /// The row was read in one version and has another one now.
    RowStale {
        /// What was read.
        read: u32,
        /// What is there.
        found: u32,
    },
    /// It waits for a lock, with this many before it.
    LockWait(u32),
    /// It holds the lock.
    Locked,
    /// It waited for the lock as long as it may.
    LockTimeout,
    /// The idempotency key is new.
    KeyClaimed,
    /// The idempotency key is known: the first answer, with this order, is given again.
    KeyReplayed(u32),
    /// The first request with this idempotency key is still worked on.
    KeyBusy,
    /// The idempotency key was used for another request.
    KeyMismatch,
    /// There is no order of this number.
    NoOrder(u32),
    /// Something about a process; of no span.
    Process(NodeId, ProcessStep),
}

/// A step in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProcessStep {
    /// It is told to stop: it closes its port and finishes what it has begun.
    Stopping,
    /// It has finished and is gone.
    Stopped,
    /// It did not finish in time and was killed.
    DrainCut,
    /// It was killed.
    Killed,
    /// It crashed.
    Crashed,
    /// The kernel killed it for its memory.
    OutOfMemory,
    /// It will be started again after this long.
    RestartIn(SimDuration),
    /// It starts; its port is still closed.
    Starting,
    /// Its port is open.
    Ready,
}

/// Why a query or a call came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QueryFailure {
    /// It was answered with an error.
    Error,
    /// It waited for a lock as long as it may.
    LockTimeout,
    /// There are too many connections at the other end.
    TooManyConnections,
    /// The pool had no connection in time.
    PoolExhausted,
    /// No answer came in time.
    TimedOut,
}

impl Step {
    /// What happened, as the end of a sentence about the request or the process.
    pub fn words(self) -> String {
        match self {
            Self::SynDropped(waiting) => format!("the kernel drops the connection: {waiting} wait already"),
            Self::ShedByConcurrency(inside) => format!("is turned away: {inside} requests are inside"),
            Self::ShedByDelay(waited) => {
                format!("is turned away: the oldest in the queue has waited {}", waited.spoken())
            }
            Self::QueueTimeout(waited) => format!("has waited {} for a worker, too long", waited.spoken()),
            Self::Dropped(waited) => format!("is dropped from the queue after {}", waited.spoken()),
            Self::Skipped => "is skipped: nobody waits for it".to_owned(),
            Self::Cancelled => "is cancelled: nobody waits for it".to_owned(),
            Self::PoolWait(before) => format!("waits for a database connection, {before} before it"),
            Self::Called(_) => "calls a third party".to_owned(),
            Self::QueryFailed(failure) => failure.words().to_owned(),
            Self::RowRead(version) => format!("reads version {version} of the row"),
            Self::RowWritten(version) => format!("writes version {version} of the row"),
            Self::RowStale { read, found } => {
                format!("cannot write: it read version {read}, and the row has version {found}")
            }
            Self::LockWait(before) => format!("waits for the lock, {before} before it"),
            Self::Locked => "holds the lock".to_owned(),
            Self::LockTimeout => "has waited too long for the lock".to_owned(),
            Self::KeyClaimed => "its idempotency key is new".to_owned(),
            Self::KeyReplayed(order) => {
                format!("its idempotency key is known: order {order} is told again")
            }
            Self::KeyBusy => "the first request with its idempotency key is still worked on".to_owned(),
            Self::KeyMismatch => "its idempotency key was used for another request".to_owned(),
            Self::NoOrder(order) => format!("there is no order {order}"),
            Self::Process(_, step) => step.words(),
        }
    }
}

impl ProcessStep {
    /// What happened to the process, as the end of a sentence about it.
    pub fn words(self) -> String {
        match self {
            Self::Stopping => "closes its port and finishes what it has begun".to_owned(),
            Self::Stopped => "has stopped".to_owned(),
            Self::DrainCut => "did not finish in time and is killed".to_owned(),
            Self::Killed => "is killed".to_owned(),
            Self::Crashed => "crashes".to_owned(),
            Self::OutOfMemory => "is killed by the kernel: out of memory".to_owned(),
            Self::RestartIn(wait) if wait.is_zero() => "will be restarted at once".to_owned(),
            Self::RestartIn(wait) => format!("will be restarted in {}", wait.spoken()),
            Self::Starting => "starts".to_owned(),
            Self::Ready => "is ready".to_owned(),
        }
    }
}

impl QueryFailure {
    /// What happened, as the end of a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Error => "the query fails with an error",
            Self::LockTimeout => "the query waited too long for a lock",
            Self::TooManyConnections => "the other end has too many connections",
            Self::PoolExhausted => "no database connection was free in time",
            Self::TimedOut => "no answer came in time",
        }
    }
}
