//! The runtime's side of the calls in `build::hooks`. They run on a fiber's stack and must not panic.

use std::cell::Cell;
use std::ptr;

use super::{RawFault, State, Worker, copies};
use crate::FaultKind;
use crate::build::hooks;
use crate::memory::Access;

thread_local! {
    /// The worker whose fibers run on this operating-system thread.
    pub(super) static WORKER: Cell<*mut Worker> = const { Cell::new(ptr::null_mut()) };
}

/// The table, in the order of [`hooks::Hook`].
pub(crate) fn hooks() -> [usize; hooks::COUNT] {
    let mut table = [0; hooks::COUNT];
    table[hooks::Hook::Lane as usize] = lane as *const () as usize;
    table[hooks::Hook::Barrier as usize] = barrier as *const () as usize;
    table[hooks::Hook::Number as usize] = number as *const () as usize;
    table[hooks::Hook::Matrix as usize] = matrix as *const () as usize;
    table[hooks::Hook::Access as usize] = access as *const () as usize;
    table[hooks::Hook::Copy as usize] = copy as *const () as usize;
    table[hooks::Hook::Fill as usize] = fill as *const () as usize;
    table[hooks::Hook::Alignment as usize] = alignment as *const () as usize;
    table[hooks::Hook::Aligned as usize] = aligned as *const () as usize;
    table[hooks::Hook::Async as usize] = asynchronous as *const () as usize;
    table
}

/// Lets other fibers run until the scheduler resumes this one; gives the slot's value.
#[inline(always)]
fn wait(state: State, value: u64) -> u64 {
    let worker = WORKER.get();
    // SAFETY: hooks are called by kernels, which run only while `group::run` has set the worker; no reference into it is held
    // over the switch.
    let (slot, yielder) = unsafe {
        let slot = (*worker).slots.as_mut_ptr().add((*worker).current);
        (*slot).state = state;
        (*slot).value = value;
        (slot, (*slot).yielder)
    };
    // SAFETY: the fiber stored its yielder when it started, and it lives as long as the fiber.
    unsafe { (*yielder).suspend(()) };
    // SAFETY: as above.
    unsafe { (*slot).value }
}

extern "C" fn lane(op: u32, value: u64, arg: u32, site: usize) -> u64 {
    wait(State::Lane { op, arg, site }, value)
}

extern "C" fn barrier(scope: u32, site: usize) {
    let state = if scope & 4 == 0 { State::Barrier { scope, site } } else { State::Meet { scope, site } };
    wait(state, 0);
}

extern "C" fn matrix(op: u32, payload: usize, site: usize) {
    wait(State::Matrix { op, payload, site }, 0);
}

extern "C" fn number(index: u32, _site: usize) -> u32 {
    // SAFETY: see `wait`.
    let worker = unsafe { &*WORKER.get() };
    let thread = worker.current as u32;
    match index {
        1 => thread % 32,
        8 => thread,
        11..14 => worker.program[index as usize - 11] as u32,
        14 => worker.threads,
        17..20 => worker.grid[index as usize - 17] as u32,
        15 | 16 => 1,
        _ => 0,
    }
}

fn checked(access: Access, site: usize) {
    let worker = WORKER.get();
    // SAFETY: see `wait`; the reference ends before the switch.
    let refused = unsafe {
        let worker = &mut *worker;
        let thread = worker.current as u32;
        match worker.checker.as_mut().map(|checker| checker.check(thread, access, site)) {
            Some(Err(refused)) => {
                let others = refused.other.map(|(thread, what, site)| (thread, what, Some(site)));
                worker.fault = Some(RawFault {
                    kind: refused.kind,
                    thread,
                    site: Some(site),
                    message: refused.message,
                    others: others.into_iter().collect(),
                });
                true
            }
            Some(Ok(())) | None => false,
        }
    };
    stop_if(refused);
}

extern "C" fn access(address: usize, size: u32, write: u32, site: usize) {
    checked(Access { address, size: u64::from(size), write: write != 0, align: 1 }, site);
}

extern "C" fn copy(to: *mut u8, from: *const u8, size: usize, site: usize) -> *mut u8 {
    checked(Access { address: from as usize, size: size as u64, write: false, align: 1 }, site);
    checked(Access { address: to as usize, size: size as u64, write: true, align: 1 }, site);
    // SAFETY: both ranges were checked.
    unsafe { ptr::copy(from, to, size) };
    to
}

extern "C" fn fill(to: *mut u8, byte: i32, size: usize, site: usize) -> *mut u8 {
    checked(Access { address: to as usize, size: size as u64, write: true, align: 1 }, site);
    // SAFETY: the range was checked.
    unsafe { ptr::write_bytes(to, byte as u8, size) };
    to
}

/// What clang passes about a place: file, line and column, the type, the logarithm of the alignment.
#[repr(C)]
struct Place {
    file: usize,
    line: u32,
    column: u32,
    ty: usize,
    log_align: u8,
    kind: u8,
}

extern "C" fn alignment(place: *const Place, address: usize, site: usize) {
    // SAFETY: clang's data of this layout.
    let align = 1_u64 << unsafe { (*place).log_align };
    aligned(address, align, site);
}

extern "C" fn aligned(address: usize, align: u64, site: usize) {
    checked(Access { address, size: 0, write: false, align }, site);
}

extern "C" fn asynchronous(op: u32, arrival: usize, to: usize, from: usize, bytes: u64, site: usize) -> u32 {
    // The calls are written by `build::ptx`, with numbers of `Op`.
    let Some(op) = copies::Op::of(op) else { return 0 };
    for access in copies::accesses(op, arrival, [to, from], bytes) {
        checked(access, site);
    }
    // SAFETY: see `wait`; the reference ends before the switch.
    let refused = unsafe {
        let worker = &mut *WORKER.get();
        let thread = worker.current as u32;
        let done = worker.copies.step(op, arrival, [to, from], bytes, thread, worker.checker.as_mut());
        let fault = |message| RawFault { kind: FaultKind::Copy, thread, site: Some(site), message, others: vec![] };
        worker.fault = done.err().map(fault);
        worker.fault.is_some()
    };
    stop_if(refused);
    1
}

/// Ends the thread whose call was refused: the scheduler sees the fault and never comes back.
fn stop_if(refused: bool) {
    if refused {
        wait(State::Done, 0);
    }
}
