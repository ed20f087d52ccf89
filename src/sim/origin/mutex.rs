//! A lock that one request holds at a time; the others wait in line.

use std::collections::VecDeque;

/// Who holds it, and who waits.
#[derive(Clone, Debug)]
pub(crate) struct Mutex<T> {
    holder: Option<T>,
    waiting: VecDeque<T>,
}

impl<T: Copy + PartialEq> Mutex<T> {
    pub(crate) const fn new() -> Self {
        Self { holder: None, waiting: VecDeque::new() }
    }

    /// True if `who` holds it now; else it waits.
    pub(crate) fn acquire(&mut self, who: T) -> bool {
        if self.holder.is_none() {
            self.holder = Some(who);
            true
        } else {
            self.waiting.push_back(who);
            false
        }
    }

    /// Someone is done with it, or waits no longer; tells who holds it next if it changes hands.
    pub(crate) fn leave(&mut self, who: T) -> Option<T> {
        self.waiting.retain(|w| *w != who);
        if self.holder != Some(who) {
            return None;
        }
        self.holder = self.waiting.pop_front();
        self.holder
    }

    pub(crate) fn waits(&self, who: T) -> bool {
        self.waiting.contains(&who)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_free(&self) -> bool {
        self.holder.is_none() && self.waiting.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_rest_wait_in_order() {
        let mut lock = Mutex::new();
        assert_eq!([1, 2, 3, 4].map(|who| lock.acquire(who)), [true, false, false, false]);
        assert_eq!(lock.leave(2), None, "it only waited");
        assert_eq!(lock.leave(1), Some(3));
        assert!(lock.waits(4) && !lock.waits(3));
        assert_eq!(lock.leave(3), Some(4));
        assert_eq!(lock.leave(4), None);
        assert!(lock.acquire(5));
    }
}
