//! Ranges of shared memory that asynchronous copies write.

/// A range that a copy writes.
#[derive(Debug)]
pub(super) struct Flight {
    /// What tells of its arrival.
    pub(super) arrival: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Once it has arrived: the group's barriers before that, and by thread whether it has waited.
    pub(super) landed: Option<(u32, Vec<bool>)>,
}

impl Flight {
    pub(super) fn overlaps(&self, address: usize, size: u64) -> bool {
        address < self.end && address as u64 + size > self.start as u64
    }

    /// Whether the copy may still be writing, as far as a thread can know.
    pub(super) fn unknown_to(&self, thread: u32, epoch: u32) -> bool {
        match &self.landed {
            None => true,
            Some((landed, waited)) => *landed == epoch && waited.get(thread as usize) != Some(&true),
        }
    }
}
