//! Calling intrinsics.

/// Calls an intrinsic. The one place where the language's safe functions meet `extern "C"`.
macro_rules! intrinsic {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: Intrinsics are not linked functions: the kernel compiler gives each call its meaning, which is
        // defined for all arguments that the types of this crate let through; memory is reached only through view
        // parameters, inside their extents.
        unsafe { $crate::intrinsics::$name($($arg),*) }
    };
}

pub(crate) use intrinsic;
