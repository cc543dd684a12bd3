//! Runs one program: the threads of one group.

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::calls::WORKER;
use super::copies::Copies;
use super::lanes::Met;
use super::order::mix;
use super::{Fibers, LANES, Order, RawFault, Slot, State, Worker};
use crate::build::NUMBERS;
use crate::library::Entry;
use crate::memory::Checker;
use crate::{FaultKind, Language};

/// What all programs of a launch share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launched<'a> {
    pub(crate) language: Language,
    pub(crate) grid: [u64; 3],
    pub(crate) threads: u32,
    /// A buffer's address, or the address of a scalar.
    pub(crate) args: &'a [usize],
    pub(crate) seed: u64,
}

type Fiber = Coroutine<(), (), (), DefaultStack>;

impl Worker {
    pub(crate) fn new(launched: &Launched<'_>, checker: Option<Checker>) -> Worker {
        Worker {
            language: launched.language,
            threads: launched.threads,
            grid: launched.grid,
            program: [0; 3],
            current: 0,
            slots: Vec::new(),
            fault: None,
            copies: Copies::default(),
            checker,
        }
    }

    fn numbers(&self) -> [u32; NUMBERS] {
        let mut numbers = [0; NUMBERS];
        let thread = self.current as u32;
        let program = self.program.map(|index| index as u32);
        let grid = self.grid.map(|size| size as u32);
        let group = [self.threads, 1, 1];
        let position = [thread, 0, 0];
        for axis in 0..3 {
            numbers[axis] = program[axis].wrapping_mul(group[axis]).wrapping_add(position[axis]);
            numbers[3 + axis] = program[axis];
            numbers[6 + axis] = position[axis];
            numbers[9 + axis] = group[axis];
            numbers[12 + axis] = grid[axis].wrapping_mul(group[axis]);
            numbers[15 + axis] = grid[axis];
        }
        numbers[18..23].copy_from_slice(&[thread, thread % 32, thread / 32, self.threads.div_ceil(32), 32]);
        numbers
    }

    /// All threads wait at one barrier, or all are done.
    fn barrier(&mut self) -> Result<bool, RawFault> {
        let first = self.slots[0].state;
        let same = |state: State| match (first, state) {
            (State::Barrier { scope, site }, State::Barrier { scope: scope2, site: site2 }) => {
                scope == scope2 && site == site2
            }
            (State::Done, State::Done) => true,
            _ => false,
        };
        if let Some(odd) = self.slots.iter().position(|slot| !same(slot.state)) {
            let (at, other) = if first == State::Done { (odd, 0) } else { (0, odd) };
            return Err(self.divergent(
                FaultKind::DivergentBarrier,
                at,
                other,
                "the threads of a group are not at one barrier",
            ));
        }
        let State::Barrier { scope, .. } = first else { return Ok(false) };
        if let Some(checker) = &mut self.checker {
            checker.group_barrier(scope);
        }
        for slot in &mut self.slots {
            slot.state = State::Ready;
        }
        Ok(true)
    }
}

/// Runs program number `number`, whose indices are `program`.
pub(crate) fn run(
    launched: &Launched<'_>,
    entry: Entry,
    worker: &mut Worker,
    fibers: &mut Fibers,
    program: [u64; 3],
    number: u64,
) -> Result<(), RawFault> {
    let worker: *mut Worker = worker;
    // SAFETY: the pointer is from the reference above; hooks use it too, but only while a fiber runs, and no reference to the
    // worker lives while one does.
    unsafe { (*worker).start(launched, program, number) };
    let mut threads: Vec<Option<Fiber>> = Vec::with_capacity(launched.threads as usize);
    for thread in 0..launched.threads as usize {
        let Some(stack) = fibers.take(thread) else { break };
        let args = launched.args.as_ptr();
        threads.push(Some(Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
            // SAFETY: as above; the references end before the kernel starts.
            let numbers = unsafe {
                let thread = (*worker).current;
                (&mut (*worker).slots)[thread].yielder = yielder;
                (&*worker).numbers()
            };
            // SAFETY: the entry takes these tables; what the kernel does with the memory behind them is its own matter, and
            // `Checks::Memory` finds every access that is not its own.
            unsafe { entry(args, numbers.as_ptr()) };
        })));
    }
    WORKER.set(worker);
    let result = schedule(launched, worker, &mut threads, number);
    WORKER.set(std::ptr::null_mut());
    for (thread, fiber) in threads.into_iter().enumerate() {
        let Some(mut fiber) = fiber else { continue };
        if !fiber.done() {
            // SAFETY: a kernel's frames own nothing, so they may be forgotten.
            unsafe { fiber.force_reset() };
        }
        fibers.put(thread, fiber.into_stack());
    }
    result
}

impl Worker {
    fn start(&mut self, launched: &Launched<'_>, program: [u64; 3], number: u64) {
        self.program = program;
        self.fault = None;
        self.copies.clear();
        self.slots.clear();
        let slot = || Slot { state: State::Ready, value: 0, yielder: std::ptr::null() };
        self.slots.extend(std::iter::repeat_with(slot).take(launched.threads as usize));
        if let Some(checker) = &mut self.checker {
            checker.start(number, launched.threads as usize);
        }
    }
}

fn schedule(
    launched: &Launched<'_>,
    worker: *mut Worker,
    threads: &mut [Option<Fiber>],
    number: u64,
) -> Result<(), RawFault> {
    let seed = if launched.seed == 0 { 0 } else { mix(launched.seed ^ mix(number + 1)) };
    let count = threads.len();
    let subgroups = Order::new(count.div_ceil(LANES) as u64, seed);
    let lanes = Order::new(LANES as u64, seed.rotate_left(17));
    let lanes: [usize; LANES] = std::array::from_fn(|index| lanes.at(index as u64) as usize);
    loop {
        for index in 0..count.div_ceil(LANES) {
            let subgroup = subgroups.at(index as u64) as usize;
            loop {
                for lane in lanes {
                    let thread = subgroup * LANES + lane;
                    let Some(Some(fiber)) = threads.get_mut(thread) else { continue };
                    // SAFETY: see `run`: no fiber runs here.
                    let ready = unsafe {
                        (*worker).current = thread;
                        (&(*worker).slots)[thread].state == State::Ready
                    };
                    if !ready {
                        continue;
                    }
                    let result = fiber.resume(());
                    // SAFETY: as above.
                    let worker = unsafe { &mut *worker };
                    match result {
                        CoroutineResult::Yield(()) => {}
                        CoroutineResult::Return(()) => worker.slots[thread].state = State::Done,
                    }
                    if let Some(fault) = worker.fault.take() {
                        return Err(fault);
                    }
                }
                // SAFETY: as above.
                match unsafe { (*worker).meet(subgroup) }? {
                    Met::Again => {}
                    Met::Stop => break,
                }
            }
        }
        // SAFETY: as above.
        if !unsafe { (*worker).barrier() }? {
            return Ok(());
        }
    }
}
