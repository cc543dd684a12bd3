//! The runtime's side of the calls that a compiled text makes. They run on a fiber's stack and must not panic.

use std::cell::Cell;
use std::ptr;

use corosensei::Yielder;

use super::admit::Refusal;
use super::code::Code;
use super::engine::{Core, RawFault};
use super::op::Call;
use crate::build::hooks::{COUNT, Hook};

pub(super) use crate::build::hooks::assembly;

/// A running task.
pub(super) struct Running<'a> {
    pub(super) core: Core<'a>,
    pub(super) fault: Option<RawFault>,
    pub(super) yielder: *const Yielder<(), ()>,
}

thread_local! {
    /// The task that runs on this operating-system thread.
    pub(super) static RUNNING: Cell<*mut Running<'static>> = const { Cell::new(ptr::null_mut()) };
}

/// The table, in the order of [`Hook`].
pub(super) fn table() -> [usize; COUNT] {
    let mut table = [0; COUNT];
    table[Hook::Number as usize] = number as *const () as usize;
    table[Hook::Access as usize] = access as *const () as usize;
    table[Hook::Copy as usize] = copy as *const () as usize;
    table[Hook::Fill as usize] = fill as *const () as usize;
    table[Hook::Bang as usize] = bang as *const () as usize;
    table
}

/// Lets the core do something; a fault ends the task.
fn with<T>(site: usize, action: impl FnOnce(&mut Core<'static>, usize) -> Result<T, RawFault>) -> Option<T> {
    let running = RUNNING.get();
    // SAFETY: hooks are called by texts, which run only while `task::run` has set the pointer; the reference ends before the switch.
    let yielder = unsafe {
        let core = &mut (*running).core;
        let site = site.wrapping_sub(core.base);
        match action(core, site) {
            Ok(value) => return Some(value),
            Err(fault) => (*running).fault = Some(fault),
        }
        (*running).yielder
    };
    // SAFETY: the fiber stored its yielder when it started, and it lives as long as the fiber. It is not resumed.
    unsafe { (*yielder).suspend(()) };
    None
}

extern "C" fn number(index: u32, site: usize) -> u32 {
    with(site, |core, _| Ok(core.number(index))).unwrap_or(0)
}

extern "C" fn bang(code: u32, words: *const u64, site: usize) -> u32 {
    let result = with(site, |core, site| {
        let unknown = || RawFault {
            refusal: Refusal {
                kind: super::FaultKind::Limit,
                message: "a call that the headers do not have".to_owned(),
                rule: "calls are made by the headers",
            },
            site,
            other: None,
        };
        let code = Code::of(u64::from(code)).ok_or_else(unknown)?;
        // SAFETY: the headers pass as many words as the code has.
        let words = unsafe { std::slice::from_raw_parts(words, code.words()) };
        core.call(Call::read(code, words).ok_or_else(unknown)?, site)
    });
    result.unwrap_or(0)
}

extern "C" fn access(address: usize, size: u32, write: u32, site: usize) {
    with(site, |core, site| core.access(address, u64::from(size), write != 0, site));
}

extern "C" fn copy(to: *mut u8, from: *const u8, size: usize, site: usize) -> *mut u8 {
    let both = with(site, |core, site| {
        core.access(from as usize, size as u64, false, site)?;
        core.access(to as usize, size as u64, true, site)
    });
    if both.is_some() {
        // SAFETY: both ranges were checked.
        unsafe { ptr::copy(from, to, size) };
    }
    to
}

extern "C" fn fill(to: *mut u8, byte: i32, size: usize, site: usize) -> *mut u8 {
    if with(site, |core, site| core.access(to as usize, size as u64, true, site)).is_some() {
        // SAFETY: the range was checked.
        unsafe { ptr::write_bytes(to, byte as u8, size) };
    }
    to
}
