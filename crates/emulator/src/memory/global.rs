//! Accesses of written buffers, by all programs of a launch.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::shadow::{Cell, Touch};

/// Bytes of a buffer that share a lock and are watched from their first access on.
const PAGE: usize = 256;
/// Locks.
const SHARDS: usize = 64;

type Pages = HashMap<(usize, usize), Box<[Cell; PAGE]>>;

/// Last accesses of each byte.
#[derive(Debug)]
pub(crate) struct Global {
    shards: Vec<Mutex<Pages>>,
}

impl Global {
    pub(crate) fn new() -> Global {
        Global { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Records an access, or gives the first byte of it that races, with the other access and whether that was a write.
    pub(crate) fn touch(
        &self,
        buffer: usize,
        offset: usize,
        size: usize,
        now: Touch,
        write: bool,
    ) -> Result<(), (usize, (Touch, bool))> {
        let mut at = 0;
        while at < size {
            let (page, first) = ((offset + at) / PAGE, (offset + at) % PAGE);
            let count = (PAGE - first).min(size - at);
            let mut pages = self.shards[page % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
            let cells = pages.entry((buffer, page)).or_insert_with(|| Box::new([Cell::default(); PAGE]));
            for index in 0..count {
                cells[first + index].touch(now, write).map_err(|other| (at + index, other))?;
            }
            at += count;
        }
        Ok(())
    }
}
