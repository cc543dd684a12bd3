//! Stacks, kept between launches.

use std::sync::{Mutex, PoisonError};

use corosensei::stack::{DefaultStack, Stack};

/// Bytes of a stack: arrays of a thread, calls into the math library, the runtime.
const STACK: usize = 256 << 10;

static POOL: Mutex<Vec<DefaultStack>> = Mutex::new(Vec::new());

/// Stacks for the threads of a group.
#[derive(Default)]
pub(crate) struct Fibers {
    stacks: Vec<Option<DefaultStack>>,
}

impl Fibers {
    /// Takes `count` stacks from the pool, or makes them.
    pub(crate) fn new(count: usize) -> std::io::Result<Fibers> {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pool.len().saturating_sub(count);
        let mut stacks: Vec<_> = pool.drain(kept..).map(Some).collect();
        drop(pool);
        while stacks.len() < count {
            stacks.push(Some(DefaultStack::new(STACK)?));
        }
        Ok(Fibers { stacks })
    }

    /// Takes the stack of a thread.
    pub(crate) fn take(&mut self, thread: usize) -> Option<DefaultStack> {
        self.stacks.get_mut(thread)?.take()
    }

    /// Gives it back.
    pub(crate) fn put(&mut self, thread: usize, stack: DefaultStack) {
        if let Some(slot) = self.stacks.get_mut(thread) {
            *slot = Some(stack);
        }
    }

    /// Lowest and highest address of each stack.
    pub(crate) fn ranges(&self) -> Vec<(usize, usize)> {
        let range = |stack: &Option<DefaultStack>| {
            stack.as_ref().map_or((0, 0), |stack| (stack.limit().get(), stack.base().get()))
        };
        self.stacks.iter().map(range).collect()
    }
}

impl Drop for Fibers {
    fn drop(&mut self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.extend(self.stacks.drain(..).flatten());
    }
}
