//! The runtime's side of the calls in `build::hooks`. They run on a kernel's stack and must not panic.

use std::cell::Cell;
use std::ptr;

use corosensei::Yielder;

use super::core::Core;
use super::request::Request;
use super::span::Run;
use super::{Refused, limit};
use crate::FaultKind;
use crate::build::hooks;

/// A kernel that runs.
pub(super) struct Running {
    pub(super) core: *mut Core,
    pub(super) yielder: *const Yielder<(), ()>,
    pub(super) refused: Option<Refused>,
    /// Ranges that scalar code may touch freely: its stack, then constants.
    pub(super) stack: (usize, usize),
    pub(super) constants: Vec<(usize, usize)>,
}

thread_local! {
    /// The kernel that runs on this operating-system thread.
    pub(super) static RUNNING: Cell<*mut Running> = const { Cell::new(ptr::null_mut()) };
}

/// The table, in the order of [`hooks::Hook`].
pub(crate) fn hooks() -> [usize; hooks::COUNT] {
    // Nothing in these texts has barriers or lanes of threads.
    let mut table = [absent as *const () as usize; hooks::COUNT];
    table[hooks::Hook::Ascend as usize] = ascend as *const () as usize;
    table[hooks::Hook::Conversion as usize] = conversion as *const () as usize;
    table[hooks::Hook::Access as usize] = access as *const () as usize;
    table[hooks::Hook::Copy as usize] = copy as *const () as usize;
    table[hooks::Hook::Fill as usize] = fill as *const () as usize;
    table[hooks::Hook::Aligned as usize] = aligned as *const () as usize;
    table
}

/// Asks the core; a kernel whose call is refused never goes on.
fn ask<T: Default>(question: impl FnOnce(&mut Core, &Running) -> Result<T, Refused>) -> T {
    let running = RUNNING.get();
    // SAFETY: hooks are called by kernels, which run only while `launch::run` has set both; the references end before the
    // switch.
    let answer = unsafe { question(&mut *(*running).core, &*running) };
    match answer {
        Ok(answer) => answer,
        Err(refused) => {
            // SAFETY: as above; the yielder lives as long as the kernel's stack, which this is.
            unsafe {
                (*running).refused = Some(refused);
                (*(*running).yielder).suspend(());
            }
            T::default()
        }
    }
}

extern "C" fn ascend(request: *const Request, site: usize) -> u64 {
    // SAFETY: `headers/emu.h` passes a structure of this layout.
    let request = unsafe { *request };
    ask(|core, _| core.call(&request, site))
}

extern "C" fn conversion(_place: usize, from: u64, to: u64, site: usize) {
    ask(|_, _| -> Result<(), Refused> { Err(limit(format!("a number is cut from {from} to {to}")).at(site)) });
}

extern "C" fn absent() {
    ask(|_, _| -> Result<(), Refused> { Err(Refused::new(FaultKind::Call, "a call that a core does not have")) });
}

extern "C" fn aligned(address: usize, align: usize, site: usize) {
    ask(|_, _| match address.is_multiple_of(align.max(1)) {
        true => Ok(()),
        false => {
            let message = format!("a structure at an address that is no multiple of {align}");
            Err(Refused::new(FaultKind::Misaligned, message).at(site))
        }
    });
}

fn touch(address: usize, size: usize, write: bool, site: usize) {
    ask(|core, running| {
        let inside = |(start, end): (usize, usize)| address >= start && address.saturating_add(size) <= end;
        if inside(running.stack) || !write && running.constants.iter().any(|range| inside(*range)) {
            return Ok(());
        }
        core.pointer(Run { at: address, len: size }, write, site)
    });
}

extern "C" fn access(address: usize, size: u32, write: u32, site: usize) {
    touch(address, size as usize, write != 0, site);
}

extern "C" fn copy(to: *mut u8, from: *const u8, size: usize, site: usize) -> *mut u8 {
    touch(from as usize, size, false, site);
    touch(to as usize, size, true, site);
    // SAFETY: both ranges were checked.
    unsafe { ptr::copy(from, to, size) };
    to
}

extern "C" fn fill(to: *mut u8, byte: i32, size: usize, site: usize) -> *mut u8 {
    touch(to as usize, size, true, site);
    // SAFETY: the range was checked.
    unsafe { ptr::write_bytes(to, byte as u8, size) };
    to
}
