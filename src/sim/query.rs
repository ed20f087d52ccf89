//! What an origin asks its database or a third party, and what comes back.

use super::trace::QueryFailure;

/// What a query is, where that does not follow from the request alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Statement {
    /// What the request's route needs; an idempotency key is obeyed.
    #[default]
    Usual,
    /// The same, but an idempotency key is ignored.
    Unkeyed,
    /// The version of a row.
    ReadVersion,
    /// Write a row if it still has this version.
    WriteIf(u32),
    /// Write a row.
    Write,
    /// A call of a third party's API: nothing is stored.
    Call,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A number: an order's, or a row's version.
    Done(u32),
    /// An earlier request with this key has made this order.
    Replayed(u32),
    /// An earlier request with this key is still worked on.
    KeyBusy,
    /// The key was used for another request.
    KeyMismatch,
    /// There is no such order.
    NoOrder,
    /// The row has this version instead.
    Stale(u32),
    /// An error, or none of it in time.
    Failed(QueryFailure),
    /// The connection broke, or none came about; which of them the trace says already.
    Lost,
}
