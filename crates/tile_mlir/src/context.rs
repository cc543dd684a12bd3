//! An MLIR context with exactly the dialects of the subset, and the errors it reports.

use std::cell::RefCell;
use std::ffi::c_void;

use melior::Context;
use melior::dialect::DialectHandle;
use mlir_sys as sys;

use crate::raw;

/// One error that MLIR reported.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    /// MLIR's words.
    pub(crate) message: String,
    /// Location as MLIR prints it.
    pub(crate) location: String,
    /// Attached notes, each with its location.
    pub(crate) notes: Vec<(String, String)>,
}

/// Longest message kept; MLIR's may quote whole operations.
const MESSAGE_LIMIT: usize = 2000;

/// Most errors kept of one run.
const ERROR_LIMIT: usize = 100;

/// A context and where its errors go.
pub(crate) struct Session {
    context: Context,
    /// Boxed, because MLIR holds its address; declared after the context, so that it is dropped later.
    errors: Box<RefCell<Vec<Reported>>>,
}

impl Session {
    /// Loads `func, scf, arith, math, vector, memref, gpu`; nothing else can be parsed.
    pub(crate) fn new() -> Session {
        let context = Context::new();
        context.enable_multi_threading(false);
        context.set_allow_unregistered_dialects(false);
        // SAFETY: these functions return static handles.
        let handles = unsafe {
            [
                sys::mlirGetDialectHandle__func__(),
                sys::mlirGetDialectHandle__scf__(),
                sys::mlirGetDialectHandle__arith__(),
                sys::mlirGetDialectHandle__math__(),
                sys::mlirGetDialectHandle__vector__(),
                sys::mlirGetDialectHandle__memref__(),
                sys::mlirGetDialectHandle__gpu__(),
            ]
        };
        for handle in handles {
            // SAFETY: the handle is valid.
            unsafe { DialectHandle::from_raw(handle) }.load_dialect(&context);
        }
        let errors = Box::new(RefCell::new(Vec::new()));
        let data = (&raw const *errors).cast_mut().cast::<c_void>();
        // SAFETY: `errors` outlives the context, and the handler takes it by shared reference. melior's own wrapper
        // panics inside the callback on empty text, which would abort.
        unsafe {
            sys::mlirContextAttachDiagnosticHandler(context.to_raw(), Some(on_diagnostic), data, None);
        }
        Session { context, errors }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Takes the errors reported so far.
    pub(crate) fn take_errors(&self) -> Vec<Reported> {
        std::mem::take(&mut self.errors.borrow_mut())
    }
}

unsafe extern "C" fn on_diagnostic(diagnostic: sys::MlirDiagnostic, data: *mut c_void) -> sys::MlirLogicalResult {
    // SAFETY: `data` is the address that `Session::new` gave, alive as long as the context.
    let errors = unsafe { &*data.cast::<RefCell<Vec<Reported>>>() };
    // SAFETY: the diagnostic is valid for the call.
    let severity = unsafe { sys::mlirDiagnosticGetSeverity(diagnostic) };
    if severity == sys::MlirDiagnosticSeverity_MlirDiagnosticError
        && let Ok(mut errors) = errors.try_borrow_mut()
        && errors.len() < ERROR_LIMIT
    {
        errors.push(read(diagnostic));
    }
    sys::MlirLogicalResult { value: 1 }
}

fn read(diagnostic: sys::MlirDiagnostic) -> Reported {
    // SAFETY: the diagnostic and its notes are valid for the call of the handler.
    unsafe {
        let text = |diagnostic| {
            raw::print(MESSAGE_LIMIT, |callback, data| sys::mlirDiagnosticPrint(diagnostic, callback, data))
        };
        let location = |diagnostic| {
            raw::print(MESSAGE_LIMIT, |callback, data| {
                sys::mlirLocationPrint(sys::mlirDiagnosticGetLocation(diagnostic), callback, data);
            })
        };
        let notes = (0..sys::mlirDiagnosticGetNumNotes(diagnostic))
            .map(|i| sys::mlirDiagnosticGetNote(diagnostic, i))
            .map(|note| (text(note), location(note)))
            // MLIR's own print of the operation, and advice on building tools instead of programs.
            .filter(|(note, _)| !note.starts_with("see current operation") && !note.starts_with("Available dialects"))
            .collect();
        Reported { message: text(diagnostic), location: location(diagnostic), notes }
    }
}
