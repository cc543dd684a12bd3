//! A value for every byte of an address space, kept by ranges of equal values.

use std::collections::BTreeMap;

/// Ranges by their first byte: the byte behind the last one, and the value. Bytes in no range have the default.
#[derive(Debug)]
pub(super) struct Ranges<T> {
    map: BTreeMap<usize, (usize, T)>,
}

impl<T> Default for Ranges<T> {
    fn default() -> Ranges<T> {
        Ranges { map: BTreeMap::new() }
    }
}

impl<T: Clone + Default + PartialEq> Ranges<T> {
    /// Cuts the range around `at`, so that one starts there.
    fn cut(&mut self, at: usize) {
        let Some((_, (end, value))) = self.map.range_mut(..at).next_back() else { return };
        if *end > at {
            let tail = (*end, value.clone());
            *end = at;
            self.map.insert(at, tail);
        }
    }

    /// Gives each range of `start..end` to `change`, with its first byte, until that gives an error.
    pub(super) fn update<E>(
        &mut self,
        start: usize,
        end: usize,
        mut change: impl FnMut(usize, &mut T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.cut(start);
        self.cut(end);
        let mut at = start;
        while at < end {
            let next = self.map.range(at..end).next().map(|(next, _)| *next);
            match next {
                Some(next) if next == at => {
                    if let Some((end, value)) = self.map.get_mut(&at) {
                        change(at, value)?;
                        at = *end;
                    }
                }
                Some(_) | None => {
                    let gap = next.unwrap_or(end);
                    let mut value = T::default();
                    change(at, &mut value)?;
                    self.map.insert(at, (gap, value));
                    at = gap;
                }
            }
        }
        self.merge(start, end);
        Ok(())
    }

    /// Joins equal neighbours from the one before `start` to the one at `end`.
    fn merge(&mut self, start: usize, end: usize) {
        let first = self.map.range(..start).next_back().map_or(start, |(first, _)| *first);
        let keys: Vec<usize> = self.map.range(first..=end).map(|(key, _)| *key).collect();
        let mut kept: Option<usize> = None;
        for key in keys {
            let joins = kept.is_some_and(|kept| match (self.map.get(&kept), self.map.get(&key)) {
                (Some((end, value)), Some((_, other))) => *end == key && value == other,
                _ => false,
            });
            match (joins, kept) {
                (true, Some(first)) => {
                    if let Some((end, _)) = self.map.remove(&key)
                        && let Some(range) = self.map.get_mut(&first)
                    {
                        range.0 = end;
                    }
                }
                (true, None) | (false, _) => kept = Some(key),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(ranges: &Ranges<u32>, bytes: usize) -> Vec<u32> {
        let mut values = vec![0; bytes];
        for (start, (end, value)) in &ranges.map {
            values[*start..*end].fill(*value);
        }
        values
    }

    #[test]
    fn ranges_are_an_array() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let (mut ranges, mut plain) = (Ranges::default(), vec![0_u32; 64]);
        for _ in 0..2000 {
            let start = random(63);
            let end = start + 1 + random(64 - start - 1 + 1).min(63 - start);
            let add = random(2);
            ranges
                .update(start, end, |_, value: &mut u32| {
                    *value = if add == 1 { (*value + 1) % 4 } else { 2 };
                    Ok::<(), ()>(())
                })
                .unwrap();
            for value in &mut plain[start..end] {
                *value = if add == 1 { (*value + 1) % 4 } else { 2 };
            }
            assert_eq!(values(&ranges, 64), plain);
            let mut last: Option<(usize, u32)> = None;
            for (start, (end, value)) in &ranges.map {
                assert!(end > start && last != Some((*start, *value)), "equal neighbours are one");
                last = Some((*end, *value));
            }
        }
    }

    #[test]
    fn the_first_byte_of_a_refused_range_is_known() {
        let mut ranges = Ranges::default();
        ranges
            .update(10, 20, |_, value: &mut u32| {
                *value = 1;
                Ok::<(), ()>(())
            })
            .unwrap();
        let refused = ranges.update(5, 25, |at, value| if *value == 1 { Err(at) } else { Ok(()) });
        assert_eq!(refused, Err(10));
    }
}
