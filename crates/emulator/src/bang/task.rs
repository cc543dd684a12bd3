//! Runs one task on a fiber, so that a fault can leave it.

use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::FaultKind;
use super::admit::Refusal;
use super::engine::{Core, RawFault};
use super::hooks::{RUNNING, Running};
use crate::library::Entry;
use crate::run::Fibers;

/// Runs a core's task to its end.
pub(super) fn run(entry: Entry, args: &[usize], core: Core<'_>, fibers: &mut Fibers) -> Result<(), RawFault> {
    let Some(stack) = fibers.take(0) else {
        let message = "the worker has no stack".to_owned();
        let refusal = Refusal { kind: FaultKind::Launch, message, rule: "" };
        return Err(RawFault { refusal, site: 0, other: None });
    };
    let mut running = Running { core, fault: None, yielder: std::ptr::null() };
    // The fiber ends before `running` does: it has returned or is forgotten when this function returns.
    let pointer: *mut Running<'static> = (&raw mut running).cast();
    let args = args.as_ptr();
    let mut fiber = Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
        // SAFETY: `running` outlives the fiber; the reference ends here.
        unsafe { (*pointer).yielder = yielder };
        // SAFETY: the entry takes a table of arguments and no numbers; what it does with the memory behind is checked by hooks.
        unsafe { entry(args, std::ptr::null()) };
    });
    RUNNING.set(pointer);
    let ended = matches!(fiber.resume(()), CoroutineResult::Return(()));
    RUNNING.set(std::ptr::null_mut());
    if !ended {
        // SAFETY: a kernel's frames own nothing, so they may be forgotten.
        unsafe { fiber.force_reset() };
    }
    fibers.put(0, fiber.into_stack());
    match running.fault.take() {
        Some(fault) => Err(fault),
        None => {
            running.core.finish();
            Ok(())
        }
    }
}
