//! Symbol and file names of what this target writes.

/// File that holds the machine code of a bundle.
pub const LIBRARY_FILE: &str = "kernels.so";

/// Symbol of a kernel's entry point. The prefix keeps kernels named like C functions (`exp`) apart from them.
pub fn entry_symbol(kernel: &str) -> String {
    format!("tenfold_{kernel}")
}

/// Symbol of the `index`th constant tile of a kernel.
pub(crate) fn constant_symbol(entry: &str, index: usize) -> String {
    format!("{entry}.const{index}")
}
