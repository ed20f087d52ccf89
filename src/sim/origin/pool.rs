//! A pool of connections to the database.
//!
//! Left out: opening connections anew (they stand already), their greatest age, validation queries.

use std::collections::VecDeque;

/// Who holds a connection, and who waits for one.
#[derive(Clone, Debug)]
pub(crate) struct Pool<T> {
    in_use: u32,
    waiting: VecDeque<T>,
}

impl<T: Copy + PartialEq> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self { in_use: 0, waiting: VecDeque::new() }
    }

    /// True if `who` has a connection now; else it waits in line behind [`Pool::waiting`] others.
    pub(crate) fn acquire(&mut self, who: T, size: Option<u32>) -> bool {
        let free = size.is_none_or(|size| self.in_use < size);
        if free {
            self.in_use += 1;
        } else {
            self.waiting.push_back(who);
        }
        free
    }

    /// A connection comes back; tells who has it next.
    pub(crate) fn release(&mut self, size: Option<u32>) -> Option<T> {
        self.in_use = self.in_use.saturating_sub(1);
        if size.is_some_and(|size| self.in_use >= size) {
            return None;
        }
        let next = self.waiting.pop_front();
        self.in_use += u32::from(next.is_some());
        next
    }

    /// Someone waits no longer; true if it did wait.
    pub(crate) fn give_up(&mut self, who: T) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|w| *w != who);
        self.waiting.len() < before
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_free(&self) -> bool {
        self.in_use == 0 && self.waiting.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_to_who_waits_longest() {
        let mut pool = Pool::new();
        assert_eq!([1, 2, 3, 4].map(|who| pool.acquire(who, Some(2))), [true, true, false, false]);
        assert_eq!(pool.waiting(), 2);
        assert!(pool.give_up(3) && !pool.give_up(3));
        assert_eq!(pool.release(Some(2)), Some(4));
        assert_eq!((pool.release(Some(2)), pool.release(Some(2))), (None, None));
        assert!(pool.acquire(5, Some(2)));
    }

    #[test]
    fn a_pool_that_was_made_smaller_gives_nothing_until_it_fits() {
        let mut pool = Pool::new();
        assert!([1, 2, 3].iter().all(|who| pool.acquire(*who, None)));
        assert!(!pool.acquire(4, Some(1)));
        assert_eq!([(); 3].map(|()| pool.release(Some(1))), [None, None, Some(4)]);
    }
}
