//! Symbol and file names of what this target writes.

/// File that holds the machine code of a bundle.
pub const LIBRARY_FILE: &str = "kernels.so";

/// Symbol of a kernel's entry point. The prefix keeps kernels named like C functions (`exp`) apart from them.
pub fn entry_symbol(kernel: &str) -> String {
    let mut symbol = String::from("tenfold_");
    for c in kernel.chars() {
        symbol.push(if c.is_ascii_alphanumeric() { c } else { '_' });
    }
    symbol
}

/// Symbol of the `index`th constant tile of a kernel.
pub(crate) fn constant_symbol(entry: &str, index: usize) -> String {
    format!("{entry}.const{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_identifiers() {
        assert_eq!(entry_symbol("q_proj_bn16"), "tenfold_q_proj_bn16");
        assert_eq!(entry_symbol("a.b-ç"), "tenfold_a_b__");
    }
}
