//! Asynchronous copies from buffers to shared arrays, and the objects that tell when they have arrived.
//!
//! PTX ISA 8.x, "cp.async.bulk" and "mbarrier". A copy happens as late as the model allows: when a thread first waits for it. All
//! that is waited for must have been asked for by then: on hardware such a wait ends later or never, here it is refused.

use crate::memory::{Access, Checker};

/// Operations of `__emu_async`.
pub(crate) const INIT: u32 = 0;
/// Makes initialised objects visible to copies.
pub(crate) const FENCE: u32 = 1;
/// Arrives, and expects so many bytes.
pub(crate) const EXPECT: u32 = 2;
/// Asks for a copy.
pub(crate) const COPY: u32 = 3;
/// Waits for the first phase.
pub(crate) const WAIT: u32 = 4;

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
    done: bool,
}

/// The copies of a program.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    arrivals: Vec<Arrival>,
}

/// The accesses that an operation makes at once, for the checks of memory: sizes are checked as if they were addresses.
pub(crate) fn accesses(op: u32, arrival: usize, [to, from]: [usize; 2], bytes: u64) -> Vec<Access> {
    // PTX ISA, "mbarrier": an object is 8 bytes, aligned to 8.
    let object = |write| Access { address: arrival, size: 8, write, align: 8 };
    match op {
        FENCE => vec![],
        INIT => vec![object(true)],
        COPY => vec![
            object(false),
            Access { address: bytes as usize, size: 0, write: false, align: UNIT },
            Access { address: from, size: bytes, write: false, align: UNIT },
            Access { address: to, size: bytes, write: true, align: UNIT },
        ],
        _ => vec![object(false)],
    }
}

impl Copies {
    /// A program starts.
    pub(crate) fn clear(&mut self) {
        self.arrivals.clear();
    }

    /// Does it, or says what is wrong.
    pub(crate) fn step(
        &mut self,
        op: u32,
        at: usize,
        [to, from]: [usize; 2],
        bytes: u64,
        thread: u32,
        mut checker: Option<&mut Checker>,
    ) -> Result<(), String> {
        if op == FENCE {
            self.arrivals
                .iter_mut()
                .filter(|arrival| arrival.thread == thread)
                .for_each(|arrival| arrival.fenced = true);
            return Ok(());
        }
        if checker.as_ref().is_some_and(|checker| !checker.is_shared(at, 8)) {
            return Err("what tells of the arrival is not in shared memory".to_owned());
        }
        let found = self.arrivals.iter_mut().find(|arrival| arrival.at == at);
        if op == INIT {
            let new = Arrival { at, thread, fenced: false, expected: None, copies: vec![], done: false };
            return match found {
                Some(_) => Err("what tells of the arrival is initialised twice".to_owned()),
                None => {
                    self.arrivals.push(new);
                    Ok(())
                }
            };
        }
        let Some(arrival) = found else {
            return Err("what tells of the arrival is not initialised".to_owned());
        };
        let asked: u64 = arrival.copies.iter().map(|copy| copy.2).sum();
        match op {
            // One arrival ends the phase: objects are initialised with a count of one.
            EXPECT => match arrival.expected.replace(bytes) {
                None => Ok(()),
                Some(_) => Err("a second arrival, of one that is expected".to_owned()),
            },
            COPY => {
                if !arrival.fenced {
                    return Err("no fence.mbarrier_init between the initialisation and the copy".to_owned());
                }
                if checker.as_ref().is_some_and(|checker| !checker.is_shared(to, bytes)) {
                    return Err("the target of the copy is not in shared memory".to_owned());
                }
                if asked + bytes > arrival.expected.unwrap_or(u64::MAX) {
                    let expected = arrival.expected.unwrap_or(0);
                    return Err(format!("{} bytes are copied, {expected} are expected", asked + bytes));
                }
                if let Some(checker) = &mut checker {
                    checker.leaves(at, to, bytes);
                }
                arrival.copies.push((to, from, bytes));
                Ok(())
            }
            _ => {
                if arrival.expected != Some(asked) {
                    let expected = arrival.expected.unwrap_or(0);
                    return Err(format!("waits for {expected} bytes, of which {asked} are on their way"));
                }
                if !std::mem::replace(&mut arrival.done, true) {
                    for (to, from, bytes) in arrival.copies.drain(..) {
                        // SAFETY: with checks both ranges were found inside a buffer and a shared array; without, the kernel
                        // is trusted with its memory as in every other access.
                        unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes as usize) };
                    }
                    arrival.expected = Some(0);
                }
                if let Some(checker) = &mut checker {
                    checker.arrives(at, thread);
                }
                Ok(())
            }
        }
    }
}
