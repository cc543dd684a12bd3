//! What an accelerator's own compiler says, re-pointed at the user's Rust.

use bundle::manifest::{Kernel, LineOrigin};

use crate::error::Error;

/// The first error of a compiler's log that names a line, as clang prints them, `NAME:LINE:COLUMN: error: MESSAGE`, or as
/// NVRTC does, `NAME(LINE): error: MESSAGE`.
fn first_error(log: &str) -> Option<(u32, &str)> {
    log.lines().find_map(|line| {
        let (place, message) = line.split_once("error:")?;
        if let Some((_, number)) = place.trim_end().strip_suffix("):").and_then(|place| place.rsplit_once('(')) {
            return Some((number.parse().ok()?, message.trim()));
        }
        // The name may hold colons itself, so the numbers are read from the end.
        let mut parts = place.trim_end().trim_end_matches("fatal").trim_end().trim_end_matches(':').rsplit(':');
        let _column: u32 = parts.next()?.parse().ok()?;
        Some((parts.next()?.parse().ok()?, message.trim()))
    })
}

/// Where line `line` of `file` comes from: the kernel, and the user's line, of the nearest mapped line at or above it.
fn origin<'a>(kernels: &'a [Kernel], file: &str, line: u32) -> Option<(&'a Kernel, &'a LineOrigin)> {
    let mapped = kernels.iter().filter(|kernel| kernel.file == file);
    let mapped = mapped.flat_map(|kernel| kernel.lines.iter().map(move |origin| (kernel, origin)));
    mapped.filter(|(_, origin)| origin.emitted <= line).max_by_key(|(_, origin)| origin.emitted)
}

/// The error for `file`, whose text was refused with this log. `kernels` are all of the bundle, one of them in `file`.
pub(crate) fn refused(kernels: &[Kernel], file: &str, log: &str) -> Error {
    let Some((line, message)) = first_error(log) else {
        return Error::Load { file: file.to_owned(), message: log.trim().to_owned() };
    };
    let found = origin(kernels, file, line);
    let kernel = found.map(|(kernel, _)| kernel).or_else(|| kernels.iter().find(|kernel| kernel.file == file));
    Error::Compile {
        kernel: kernel.map_or_else(String::new, |kernel| kernel.name.clone()),
        file: file.to_owned(),
        line,
        origin: found.map(|(_, origin)| origin.clone()),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn kernel(name: &str, file: &str, lines: &[(u32, u32)]) -> Kernel {
        let origin = |&(emitted, line)| LineOrigin { emitted, file: "src/lib.rs".to_owned(), line };
        Kernel {
            name: name.to_owned(),
            entry: name.to_owned(),
            file: file.to_owned(),
            tuning: BTreeMap::new(),
            grid: [1, 1, 1],
            block: [1, 1, 1],
            args: vec![],
            budgets: BTreeMap::new(),
            dependent: false,
            needs: vec![],
            push_constant_bytes: 0,
            parts: vec![],
            scratch_bytes: 0,
            host_reads: vec![],
            workgroups: None,
            lines: lines.iter().map(origin).collect(),
        }
    }

    #[test]
    fn errors_name_the_users_line() {
        let kernels = [
            kernel("one", "a.metal", &[(5, 50), (9, 90)]),
            kernel("two", "a.metal", &[(20, 7)]),
            kernel("b", "b", &[]),
        ];
        let log = "program_source:3:1: warning: unused\nprogram_source:11:9: error: use of undeclared 'x'\n  y = x;\n";
        let error = refused(&kernels, "a.metal", log).to_string();
        assert_eq!(error, "kernel `one`: a.metal:11 does not compile (made from src/lib.rs:90): use of undeclared 'x'");
        let error = refused(&kernels, "a.metal", "x:20:1: fatal error: stop").to_string();
        assert_eq!(error, "kernel `two`: a.metal:20 does not compile (made from src/lib.rs:7): stop");
        let error = refused(&kernels, "a.metal", "a.metal(9): error: identifier \"x\" is undefined\n").to_string();
        let undefined = "identifier \"x\" is undefined";
        assert_eq!(error, format!("kernel `one`: a.metal:9 does not compile (made from src/lib.rs:90): {undefined}"));
        let error = refused(&kernels, "a.metal", "C:/k:4:1: error: early").to_string();
        assert_eq!(error, "kernel `one`: a.metal:4 does not compile: early");
        let error = refused(&kernels, "b", "the service died: error: 12\n").to_string();
        assert_eq!(error, "cannot load b: the service died: error: 12");
    }
}
