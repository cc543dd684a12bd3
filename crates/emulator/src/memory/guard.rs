//! Copies of buffers with free space around, so that an access outside one is not inside another.

use crate::Arg;

/// Bytes before and behind each copy. Never touched, so they cost addresses only.
const GUARD: usize = 1 << 20;

/// A copy of buffers that overlap.
struct Block {
    start: usize,
    end: usize,
    memory: Vec<u8>,
}

impl Block {
    /// The copy's first byte, aligned as the original to 4096 bytes.
    fn base(&self) -> usize {
        (self.memory.as_ptr() as usize + GUARD).next_multiple_of(4096) + self.start % 4096
    }
}

/// Copies of the buffers of a launch.
pub(crate) struct Guarded {
    /// Keeps the memory behind `args`.
    _blocks: Vec<Block>,
    args: Vec<Arg>,
}

impl Guarded {
    /// Copies the buffers of `args`; those that overlap stay together.
    ///
    /// # Safety
    /// Every buffer is valid for reads of its size.
    pub(crate) unsafe fn new(args: &[Arg]) -> Guarded {
        let mut ranges: Vec<_> = args.iter().filter_map(range).collect();
        ranges.sort_unstable();
        let mut blocks: Vec<Block> = Vec::new();
        for (start, end) in ranges {
            match blocks.last_mut() {
                Some(last) if start < last.end || start == last.start => last.end = last.end.max(end),
                Some(_) | None => blocks.push(Block { start, end, memory: vec![] }),
            }
        }
        for block in &mut blocks {
            let bytes = block.end - block.start;
            block.memory = vec![0; bytes + 2 * GUARD + 8192];
            let base = block.base();
            // SAFETY: the original is valid by contract; the copy has room for it behind `base`.
            unsafe { std::ptr::copy_nonoverlapping(block.start as *const u8, base as *mut u8, bytes) };
        }
        let moved = |arg: &Arg| match *arg {
            Arg::Buffer { address, bytes, writable } => {
                let start = address as usize;
                let block = blocks.iter().find(|block| (block.start..block.end.max(block.start + 1)).contains(&start));
                let address = block.map_or(address, |block| (block.base() + (start - block.start)) as *mut u8);
                Arg::Buffer { address, bytes, writable }
            }
            Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => *arg,
        };
        let args = args.iter().map(moved).collect();
        Guarded { _blocks: blocks, args }
    }

    /// The arguments with the copies' addresses.
    pub(crate) fn args(&self) -> &[Arg] {
        &self.args
    }

    /// Writes the copies of written buffers back.
    ///
    /// # Safety
    /// `args` are those given to [`Guarded::new`]; the writable ones are valid for writes of their size.
    pub(crate) unsafe fn write_back(&self, args: &[Arg]) {
        for (original, copy) in args.iter().zip(&self.args) {
            if let (Arg::Buffer { address: to, bytes, writable: true }, Arg::Buffer { address: from, .. }) =
                (original, copy)
            {
                // SAFETY: by contract; the copy is as long as the original.
                unsafe { std::ptr::copy_nonoverlapping(from.cast_const(), *to, *bytes as usize) };
            }
        }
    }
}

fn range(arg: &Arg) -> Option<(usize, usize)> {
    match arg {
        Arg::Buffer { address, bytes, .. } => Some((*address as usize, *address as usize + *bytes as usize)),
        Arg::U32(_) | Arg::U64(_) | Arg::F32(_) => None,
    }
}
