//! What the functions that kernels call are.

use crate::errors::PanicKind;

/// Kind of a called function without a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// Intrinsic without effects.
    Pure,
    /// Intrinsic that reads a view.
    Reads,
    /// Intrinsic that writes a view or declares something.
    Writes,
    /// Panics.
    Panic(PanicKind),
    /// Allocates or frees memory.
    Allocation,
    /// One of LLVM's own operations.
    Llvm,
    /// Anything else.
    Unknown,
}

/// Prefix of the kernel language's intrinsics.
pub(crate) const INTRINSIC_PREFIX: &str = "__tile_";

/// Classifies a symbol.
pub(crate) fn classify(symbol: &str) -> Callee {
    if let Some(name) = symbol.strip_prefix(INTRINSIC_PREFIX) {
        return match name {
            "load" | "load_matrix" | "gather" => Callee::Reads,
            "store" | "store_matrix" => Callee::Writes,
            _ if name.starts_with("bind_") => Callee::Writes,
            _ => Callee::Pure,
        };
    }
    if symbol.starts_with("llvm.") {
        return Callee::Llvm;
    }
    let path = readable(symbol);
    const ALLOCATION: [&str; 7] = [
        "__rust_alloc",
        "__rust_dealloc",
        "__rust_realloc",
        "__rust_no_alloc_shim",
        "handle_alloc_error",
        "exchange_malloc",
        "alloc::raw_vec",
    ];
    if ALLOCATION.iter().any(|name| path.contains(name)) {
        return Callee::Allocation;
    }
    match panic_kind(&path) {
        Some(kind) => Callee::Panic(kind),
        None => Callee::Unknown,
    }
}

fn panic_kind(path: &str) -> Option<PanicKind> {
    let last = path.rsplit("::").next().unwrap_or(path);
    let starts = |prefix: &str| last.starts_with(prefix);
    Some(match last {
        "panic_bounds_check" => PanicKind::Bounds,
        "unwrap_failed" | "expect_failed" => PanicKind::Unwrap,
        _ if starts("slice_") || path.contains("slice::index") || last == "len_mismatch_fail" => PanicKind::Slice,
        _ if starts("panic_const_") && (path.contains("div_by_zero") || path.contains("rem_by_zero")) => {
            PanicKind::DivisionByZero
        }
        _ if starts("panic_const_") && path.contains("overflow") => PanicKind::Overflow,
        _ if path.contains("::panicking::") || starts("panic") || last == "rust_begin_unwind" => PanicKind::Explicit,
        _ => return None,
    })
}

/// The Rust path of a symbol, without hashes and generic arguments' noise.
pub(crate) fn readable(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_told_apart() {
        let kind = |symbol: &str| match classify(symbol) {
            Callee::Panic(kind) => Some(kind),
            _ => None,
        };
        let core = "_RNvNtCsgEmfK2I1SDS_4core9panicking";
        assert_eq!(kind(&format!("{core}18panic_bounds_check")), Some(PanicKind::Bounds));
        assert_eq!(kind(&format!("{core}5panic")), Some(PanicKind::Explicit));
        assert_eq!(kind(&format!("{core}9panic_fmt")), Some(PanicKind::Explicit));
        let constant = "_RNvNtNtCsgEmfK2I1SDS_4core9panicking11panic_const";
        assert_eq!(kind(&format!("{constant}23panic_const_div_by_zero")), Some(PanicKind::DivisionByZero));
        assert_eq!(kind(&format!("{constant}24panic_const_add_overflow")), Some(PanicKind::Overflow));
        assert_eq!(kind("_RNvNtCsgEmfK2I1SDS_4core6option13unwrap_failed"), Some(PanicKind::Unwrap));
        assert_eq!(kind("memcpy"), None);
    }

    #[test]
    fn other_callees() {
        assert_eq!(classify("__tile_load"), Callee::Reads);
        assert_eq!(classify("__tile_load_matrix"), Callee::Reads);
        assert_eq!(classify("__tile_store_matrix"), Callee::Writes);
        assert_eq!(classify("__tile_bind_view"), Callee::Writes);
        assert_eq!(classify("__tile_unary"), Callee::Pure);
        assert_eq!(classify("llvm.assume"), Callee::Llvm);
        assert_eq!(classify("_RNvCs8xkjhSAGTYS_7___rustc12___rust_alloc"), Callee::Allocation);
        assert_eq!(classify("malloc"), Callee::Unknown);
    }
}
