//! Sorting with one code for all types.
//!
//! The library's sort is made anew for each type and each order, some kilobytes each time; with it, sorting was a
//! fifteenth of the page's module. This one is stable, and as quick as need be where nothing is sorted a million times.

use std::cmp::Ordering;

/// Sorts by a key; what has the same key stays in its order.
pub fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts what has an order of its own.
pub fn sort<T: Ord>(items: &mut [T]) {
    by(items, T::cmp);
}

/// Sorts by a comparison; what it calls equal stays in its order.
pub fn by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    // Most lists here are sorted already, or nearly.
    if items.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
        return;
    }
    let mut order = order(items.len(), &|a, b| compare(&items[b], &items[a]) == Ordering::Less);
    // Each item goes to its place by way of a swap, along the cycles of the order.
    for start in 0..order.len() {
        let mut here = start;
        while order[here] != start {
            let next = order[here];
            items.swap(here, next);
            order[here] = here;
            here = next;
        }
        order[here] = here;
    }
}

/// The positions of items in their order, by merging; `is_after(a, b)` tells whether `b` belongs before `a`.
fn order(count: usize, is_after: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut from: Vec<usize> = (0..count).collect();
    let mut to = from.clone();
    let mut width = 1;
    while width < count {
        for start in (0..count).step_by(2 * width) {
            let (middle, end) = ((start + width).min(count), (start + 2 * width).min(count));
            let (mut left, mut right) = (start, middle);
            for place in &mut to[start..end] {
                let takes_right = left >= middle || (right < end && is_after(from[left], from[right]));
                let taken = if takes_right { &mut right } else { &mut left };
                *place = from[*taken];
                *taken += 1;
            }
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Stream;

    #[test]
    fn it_sorts_as_the_library_does_and_keeps_equals_in_order() {
        let mut stream = Stream::new(7, "order", "test");
        for count in (0..40).chain([1_000, 4_097]) {
            let mixed: Vec<(u64, usize)> =
                (0..count).map(|i| (stream.below(1 + count as u64 / 3), i)).collect();
            let (mut ours, mut theirs) = (mixed.clone(), mixed);
            by_key(&mut ours, |(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs);
            by(&mut ours, |a, b| (b.1 % 7, a.0).cmp(&(a.1 % 7, b.0)));
            theirs.sort_by(|a, b| (b.1 % 7, a.0).cmp(&(a.1 % 7, b.0)));
            assert_eq!(ours, theirs);
        }
    }
}
