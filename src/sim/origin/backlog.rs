//! The kernel's accept queue: connections that are open for the caller and that the process has not accepted.
//!
//! Linux completes handshakes without the process; the queue holds one more than `listen(2)` asks for, since it is
//! full only when longer (`sk_acceptq_is_full` in include/net/sock.h). A SYN that finds it full is dropped without
//! a word (`net.ipv4.tcp_abort_on_overflow` 0, the default), and the caller's kernel sends it again after 1, 3, 7,
//! 15, 31 and 63 s (`tcp_syn_retries` 6, tcp(7)); it gives up after 127 s. Left out: the SYN queue and SYN cookies.

use std::collections::VecDeque;

use crate::sim::time::SimDuration;

/// The queue.
#[derive(Clone, Debug)]
pub(crate) struct Backlog<T> {
    waiting: VecDeque<Waiting<T>>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting<T> {
    connection: T,
    /// Its request has arrived, unread.
    asked: bool,
    /// Its caller has left since.
    left: bool,
}

impl<T: Copy + PartialEq> Backlog<T> {
    pub(crate) const fn new() -> Self {
        Self { waiting: VecDeque::new() }
    }

    pub(crate) fn has_room(&self, limit: Option<u32>) -> bool {
        limit.is_none_or(|limit| self.waiting.len() <= limit as usize)
    }

    /// A connection arrives; false where there is no room and the SYN is dropped.
    pub(crate) fn push(&mut self, connection: T, limit: Option<u32>) -> bool {
        let room = self.has_room(limit);
        if room {
            self.waiting.push_back(Waiting { connection, asked: false, left: false });
        }
        room
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The request of a connection arrives; false if the process has accepted it already.
    pub(crate) fn asked(&mut self, connection: T) -> bool {
        let found = self.waiting.iter_mut().find(|w| w.connection == connection);
        found.map(|w| w.asked = true).is_some()
    }

    /// The caller of a connection leaves. True if its request is here already and will be read all the same; else
    /// there is nothing to accept any more.
    pub(crate) fn left(&mut self, connection: T) -> bool {
        let Some(at) = self.waiting.iter().position(|w| w.connection == connection) else { return false };
        if self.waiting[at].asked {
            self.waiting[at].left = true;
            return true;
        }
        self.waiting.remove(at);
        false
    }

    /// The process accepts the first connection whose request is here; tells whether its caller has left.
    pub(crate) fn accept(&mut self) -> Option<(T, bool)> {
        let at = self.waiting.iter().position(|w| w.asked)?;
        self.waiting.remove(at).map(|w| (w.connection, w.left))
    }

    /// The process accepts one certain connection.
    pub(crate) fn forget(&mut self, connection: T) {
        self.waiting.retain(|w| w.connection != connection);
    }

    /// The process accepts them all, or is gone.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// All connections, those first that came first.
    pub(crate) fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.waiting.iter().map(|w| w.connection)
    }
}

/// How often a SYN is sent again.
pub(crate) const SYN_RETRIES: u32 = 6;

/// The wait after a SYN that was sent again so often: 1 s, doubled each time.
pub(crate) const fn syn_wait(retries: u32) -> SimDuration {
    SimDuration::from_secs(1 << if retries > SYN_RETRIES { SYN_RETRIES } else { retries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_holds_one_more_than_asked_for() {
        let mut backlog = Backlog::new();
        assert_eq!([1, 2, 3, 4].map(|c| backlog.push(c, Some(2))), [true, true, true, false]);
        let mut endless = Backlog::new();
        assert!((0..10_000).all(|c| endless.push(c, None)));
    }

    #[test]
    fn a_connection_is_accepted_when_its_request_is_here() {
        let mut backlog = Backlog::new();
        for connection in [1, 2, 3] {
            backlog.push(connection, None);
        }
        assert_eq!(backlog.accept(), None);
        assert!(backlog.asked(3) && backlog.asked(2) && !backlog.asked(9));
        assert!(backlog.left(3) && !backlog.left(1));
        assert_eq!([(); 3].map(|()| backlog.accept()), [Some((2, false)), Some((3, true)), None]);
        assert_eq!(backlog.len(), 0);
    }

    #[test]
    fn the_kernel_gives_up_after_127_seconds() {
        let sum: u64 = (0..=SYN_RETRIES).map(|n| syn_wait(n).as_millis()).sum();
        assert_eq!(sum, 127_000);
    }
}
