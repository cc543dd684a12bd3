//! Which launches need a barrier before them.
//!
//! Launches between two barriers form an *epoch* and may run at the same time, in any order. Two launches conflict if
//! one writes a buffer that the other reads or writes; a barrier must stand between them. [`Hazards`] asks for one only
//! when a launch conflicts with its own epoch. For launches in a given order no placement has fewer barriers: each one
//! is as late as its conflict allows, so it separates at least as much as any earlier choice would.
//!
//! Whole buffers are compared, not ranges: kernels own parts that only their own arguments name.

use std::collections::HashMap;
use std::hash::Hash;

/// What a launch does with a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads it.
    Read,
    /// Writes it, and may read it.
    Write,
}

/// The buffers of the current epoch; `K` names a buffer.
#[derive(Debug)]
pub(crate) struct Hazards<K> {
    epoch: HashMap<K, Mode>,
}

impl<K: Copy + Eq + Hash> Hazards<K> {
    /// Nothing has been launched.
    pub(crate) fn new() -> Hazards<K> {
        Hazards { epoch: HashMap::new() }
    }

    /// Forgets the epoch, because everything launched so far is ordered before what follows by other means.
    pub(crate) fn reset(&mut self) {
        self.epoch.clear();
    }

    /// Adds a launch with these accesses. `true` if a barrier must stand right before it; it then starts a new epoch.
    ///
    /// A buffer may be listed several times; accesses of one launch do not conflict with each other.
    pub(crate) fn launch(&mut self, accesses: &[(K, Mode)]) -> bool {
        let conflict = accesses.iter().any(|(buffer, mode)| match (self.epoch.get(buffer), mode) {
            (None, Mode::Read | Mode::Write) | (Some(Mode::Read), Mode::Read) => false,
            (Some(Mode::Write), Mode::Read | Mode::Write) | (Some(Mode::Read), Mode::Write) => true,
        });
        if conflict {
            self.epoch.clear();
        }
        for &(buffer, mode) in accesses {
            let known = self.epoch.entry(buffer).or_insert(mode);
            if mode == Mode::Write {
                *known = Mode::Write;
            }
        }
        conflict
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Random, conflicts};
    use super::*;

    type Launch = Vec<(u32, Mode)>;

    fn sequence(random: &mut Random, launches: u64, buffers: u64) -> Vec<Launch> {
        let access = |random: &mut Random| {
            (random.below(buffers) as u32, if random.below(3) == 0 { Mode::Write } else { Mode::Read })
        };
        (0..launches)
            .map(|_| {
                let accesses = random.below(4);
                (0..accesses).map(|_| access(random)).collect()
            })
            .collect()
    }

    fn planned(launches: &[Launch]) -> Vec<bool> {
        let mut hazards = Hazards::new();
        launches.iter().map(|launch| hazards.launch(launch)).collect()
    }

    /// By definition: between every two launches that conflict stands a barrier.
    fn sound(launches: &[Launch], barriers: &[bool]) -> bool {
        (0..launches.len()).all(|late| {
            (0..late).all(|early| {
                !conflicts(&launches[early], &launches[late]) || barriers[early + 1..=late].contains(&true)
            })
        })
    }

    #[test]
    fn every_conflict_is_separated_and_every_barrier_is_needed() {
        let mut random = Random::new(1);
        for round in 0..2000 {
            let (length, buffers) = (1 + random.below(40), 1 + random.below(12));
            let launches = sequence(&mut random, length, buffers);
            let barriers = planned(&launches);
            assert!(sound(&launches, &barriers), "round {round}: {launches:?} {barriers:?}");
            for index in (0..barriers.len()).filter(|&index| barriers[index]) {
                let mut fewer = barriers.clone();
                fewer[index] = false;
                assert!(!sound(&launches, &fewer), "round {round}: no need for barrier {index} in {launches:?}");
            }
        }
    }

    /// Against all placements of barriers in short sequences: none has fewer.
    #[test]
    fn no_placement_has_fewer_barriers() {
        let mut random = Random::new(2);
        for _ in 0..300 {
            let length = 1 + random.below(9);
            let launches = sequence(&mut random, length, 4);
            let fewest = (0..1u32 << length)
                .map(|set| (0..length).map(|bit| set >> bit & 1 == 1).collect::<Vec<bool>>())
                .filter(|barriers| sound(&launches, barriers))
                .map(|barriers| barriers.iter().filter(|barrier| **barrier).count())
                .min();
            let found = planned(&launches).iter().filter(|barrier| **barrier).count();
            assert_eq!(Some(found), fewest, "{launches:?}");
        }
    }

    #[test]
    fn the_three_hazards_and_none() {
        use Mode::{Read, Write};
        for (first, second, barrier) in
            [(Write, Read, true), (Read, Write, true), (Write, Write, true), (Read, Read, false)]
        {
            let mut hazards = Hazards::new();
            assert!(!hazards.launch(&[('a', first), ('b', Read)]), "nothing is before the first launch");
            assert!(!hazards.launch(&[('b', Read), ('c', Write)]), "reads of `b` share an epoch");
            assert_eq!(hazards.launch(&[('a', second)]), barrier, "{first:?} then {second:?}");
            hazards.reset();
            assert!(!hazards.launch(&[('a', Write)]), "a reset orders everything");
        }
        let mut hazards = Hazards::new();
        assert!(!hazards.launch(&[('a', Write), ('a', Read)]), "a launch does not wait for itself");
        assert!(hazards.launch(&[('a', Read)]), "and is known as a writer");
    }
}
