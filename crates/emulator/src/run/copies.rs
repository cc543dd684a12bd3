//! Asynchronous copies from buffers to shared arrays, and the objects that tell when they have arrived.
//!
//! PTX ISA 8.x, "cp.async.bulk" and "mbarrier". A copy happens as late as the model allows: when a thread first waits for it. All
//! that is waited for must have been asked for by then: on hardware such a wait ends later or never, here it is refused.

use crate::memory::{Access, Checker};

/// An operation of `__emu_async`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Op {
    /// Makes an object.
    Init,
    /// Makes initialised objects visible to copies.
    Fence,
    /// Arrives, and expects so many bytes.
    Expect,
    /// Asks for a copy.
    Copy,
    /// Waits for the first phase.
    Wait,
}

impl Op {
    /// By its number in the call.
    pub(super) fn of(number: u32) -> Option<Op> {
        [Op::Init, Op::Fence, Op::Expect, Op::Copy, Op::Wait].into_iter().find(|op| *op as u32 == number)
    }
}

/// What sizes and addresses of copies are multiples of. PTX ISA, "cp.async.bulk".
const UNIT: u64 = 16;

/// An `mbarrier` object in its first phase.
#[derive(Debug)]
struct Arrival {
    at: usize,
    /// The thread that initialised it.
    thread: u32,
    /// That thread has executed the fence since.
    fenced: bool,
    /// Bytes; `None` before anyone has arrived.
    expected: Option<u64>,
    /// Target, source and bytes of what was asked for.
    copies: Vec<(usize, usize, u64)>,
}

/// The copies of a program.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    arrivals: Vec<Arrival>,
}

/// The accesses that an operation makes at once, for the checks of memory: sizes are checked as if they were addresses.
pub(super) fn accesses(op: Op, arrival: usize, [to, from]: [usize; 2], bytes: u64) -> Vec<Access> {
    // PTX ISA, "mbarrier": an object is 8 bytes, aligned to 8.
    let object = |write| Access { address: arrival, size: 8, write, align: 8 };
    match op {
        Op::Fence => vec![],
        Op::Init => vec![object(true)],
        Op::Copy => vec![
            object(false),
            Access { address: bytes as usize, size: 0, write: false, align: UNIT },
            Access { address: from, size: bytes, write: false, align: UNIT },
            Access { address: to, size: bytes, write: true, align: UNIT },
        ],
        Op::Expect | Op::Wait => vec![object(false)],
    }
}

impl Copies {
    /// A program starts.
    pub(crate) fn clear(&mut self) {
        self.arrivals.clear();
    }

    /// Does it, or says what is wrong.
    pub(super) fn step(
        &mut self,
        op: Op,
        at: usize,
        [to, from]: [usize; 2],
        bytes: u64,
        thread: u32,
        checker: Option<&mut Checker>,
    ) -> Result<(), String> {
        if op != Op::Fence && checker.as_ref().is_some_and(|checker| !checker.is_shared(at, 8)) {
            return Err("what tells of the arrival is not in shared memory".to_owned());
        }
        match op {
            Op::Fence => {
                let own = self.arrivals.iter_mut().filter(|arrival| arrival.thread == thread);
                own.for_each(|arrival| arrival.fenced = true);
                Ok(())
            }
            Op::Init => match self.arrival(at) {
                Ok(_) => Err("what tells of the arrival is initialised twice".to_owned()),
                Err(_) => {
                    self.arrivals.push(Arrival { at, thread, fenced: false, expected: None, copies: vec![] });
                    Ok(())
                }
            },
            // One arrival ends the phase: objects are initialised with a count of one.
            Op::Expect => match self.arrival(at)?.expected.replace(bytes) {
                None => Ok(()),
                Some(_) => Err("a second arrival, of one that is expected".to_owned()),
            },
            Op::Copy => self.arrival(at)?.copy(to, from, bytes, checker),
            Op::Wait => self.arrival(at)?.wait(thread, checker),
        }
    }

    fn arrival(&mut self, at: usize) -> Result<&mut Arrival, String> {
        let found = self.arrivals.iter_mut().find(|arrival| arrival.at == at);
        found.ok_or_else(|| "what tells of the arrival is not initialised".to_owned())
    }
}

impl Arrival {
    /// Bytes on their way.
    fn asked(&self) -> u64 {
        self.copies.iter().map(|copy| copy.2).sum()
    }

    fn copy(&mut self, to: usize, from: usize, bytes: u64, checker: Option<&mut Checker>) -> Result<(), String> {
        if !self.fenced {
            return Err("no fence.mbarrier_init between the initialisation and the copy".to_owned());
        }
        if checker.as_ref().is_some_and(|checker| !checker.is_shared(to, bytes)) {
            return Err("the target of the copy is not in shared memory".to_owned());
        }
        let asked = self.asked() + bytes;
        if let Some(expected) = self.expected.filter(|expected| asked > *expected) {
            return Err(format!("{asked} bytes are copied, {expected} are expected"));
        }
        if let Some(checker) = checker {
            checker.leaves(self.at, to, bytes);
        }
        self.copies.push((to, from, bytes));
        Ok(())
    }

    fn wait(&mut self, thread: u32, checker: Option<&mut Checker>) -> Result<(), String> {
        let asked = self.asked();
        if self.expected != Some(asked) {
            let expected = self.expected.unwrap_or(0);
            return Err(format!("waits for {expected} bytes, of which {asked} are on their way"));
        }
        for (to, from, bytes) in self.copies.drain(..) {
            // SAFETY: with checks both ranges were found inside a buffer and a shared array; without, the kernel is
            // trusted with its memory as in every other access.
            unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes as usize) };
        }
        // The phase is over: nothing more is expected, and later waits pass.
        self.expected = Some(0);
        if let Some(checker) = checker {
            checker.arrives(self.at, thread);
        }
        Ok(())
    }
}
