//! Places that are used in turn: taken for work that is under way, given back when it has ended.

/// A ring that grows when all places are taken.
pub(super) struct Ring<T> {
    places: Vec<T>,
    free: Vec<usize>,
}

impl<T> Ring<T> {
    pub(super) fn new() -> Ring<T> {
        Ring { places: Vec::new(), free: Vec::new() }
    }

    /// A place that nobody uses, made if there is none.
    pub(super) fn take<E>(&mut self, make: impl FnOnce() -> Result<T, E>) -> Result<usize, E> {
        if let Some(index) = self.free.pop() {
            return Ok(index);
        }
        self.places.push(make()?);
        Ok(self.places.len() - 1)
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.places.get(index)
    }

    /// Nobody uses it any more.
    pub(super) fn give(&mut self, index: usize) {
        self.free.push(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_never_twice_at_a_time() {
        let (mut ring, mut made) = (Ring::new(), 0);
        let mut take = |ring: &mut Ring<u32>| {
            ring.take(|| {
                made += 1;
                Ok::<u32, ()>(made)
            })
        };
        let (a, b) = (take(&mut ring).unwrap(), take(&mut ring).unwrap());
        assert_ne!(a, b);
        ring.give(a);
        assert_eq!(take(&mut ring), Ok(a));
        let c = take(&mut ring).unwrap();
        assert!(c != a && c != b);
        assert_eq!((ring.get(a), ring.get(b), ring.get(c), ring.get(3)), (Some(&1), Some(&2), Some(&3), None));
        assert_eq!(ring.take(|| Err("full")), Err("full"), "what cannot be made is no place");
        assert_eq!(ring.get(3), None);
    }
}
