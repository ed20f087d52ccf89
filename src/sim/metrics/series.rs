//! A row of values that only grows at its end, and whose copies share all but the newest.

use std::sync::Arc;

/// Values in a block.
const BLOCK: usize = 64;

/// An append-only row.
#[derive(Clone, Debug)]
pub(super) struct Series<T> {
    full: Vec<Arc<[T]>>,
    newest: Vec<T>,
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self { full: Vec::new(), newest: Vec::new() }
    }
}

impl<T> Series<T> {
    pub(super) fn push(&mut self, value: T) {
        self.newest.push(value);
        if self.newest.len() == BLOCK {
            self.full.push(std::mem::take(&mut self.newest).into());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.full.len() * BLOCK + self.newest.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let block = self.full.get(index / BLOCK).map_or(&self.newest[..], |block| &block[..]);
        block.get(if index / BLOCK <= self.full.len() { index % BLOCK } else { BLOCK })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.full.iter().flat_map(|block| block.iter()).chain(&self.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_they_were_put_and_not_beyond() {
        let mut series = Series::default();
        for n in 0..200 {
            series.push(n);
        }
        assert_eq!(series.len(), 200);
        assert!(series.iter().copied().eq(0..200));
        assert!((0..200).all(|n| series.get(n) == Some(&n)));
        assert_eq!([series.get(200), series.get(256), series.get(10_000)], [None; 3]);
    }
}
