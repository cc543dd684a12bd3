//! Faults of printed text, put at the user's line.

use bundle::manifest::{Kernel, LineOrigin};
use diagnostics::{Kind, Report};

/// The user's line that line `emitted` of the text comes from: its own, else that of the closest line before it, since what
/// belongs to no line of the user's (a brace, a declaration) belongs to what was printed around it.
pub fn origin(kernel: &Kernel, emitted: u32) -> Option<&LineOrigin> {
    kernel.lines.iter().filter(|origin| origin.emitted <= emitted).max_by_key(|origin| origin.emitted)
}

/// A device's refusal as a report: text that does not compile, or broke a rule while it ran, at the user's line. The
/// user's program passed all checks, so the text is at fault.
pub fn report(error: device::Error, kernels: &[Kernel]) -> anyhow::Error {
    let device::Error::Fault { kernel: name, file, line, message } = error else {
        return error.into();
    };
    let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
    let report = Report::new(Kind::Bug, format!("the text printed for kernel `{name}` broke a rule of its target"))
        .note(format!("{place}: {message}"));
    let kernel = kernels.iter().find(|kernel| kernel.name == name);
    match kernel.zip(line).and_then(|(kernel, line)| origin(kernel, line)) {
        Some(origin) => report.at(&origin.file, origin.line, 0).into(),
        None => report.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn kernel() -> Kernel {
        let line = |emitted, line| LineOrigin { emitted, file: "user.rs".to_owned(), line };
        Kernel {
            name: "k".to_owned(),
            entry: "k".to_owned(),
            file: "k.cu".to_owned(),
            tuning: BTreeMap::new(),
            grid: [1; 3],
            block: [32, 1, 1],
            args: Vec::new(),
            budgets: BTreeMap::new(),
            dependent: false,
            needs: vec![],
            push_constant_bytes: 0,
            parts: vec![],
            scratch_bytes: 0,
            host_reads: vec![],
            workgroups: None,
            lines: vec![line(4, 10), line(9, 12)],
        }
    }

    #[test]
    fn closest_line_before() {
        let at = |emitted| origin(&kernel(), emitted).map(|origin| origin.line);
        assert_eq!([at(3), at(4), at(8), at(9), at(100)], [None, Some(10), Some(10), Some(12), Some(12)]);
    }

    #[test]
    fn a_fault_is_reported_at_the_users_line() {
        let (kernel_name, file) = ("k".to_owned(), "k.cu".to_owned());
        let fault = device::Error::Fault { kernel: kernel_name, file, line: Some(8), message: "race".to_owned() };
        let text = report(fault, &[kernel()]).to_string();
        assert!(text.contains("user.rs:10") && text.contains("k.cu:8: race") && text.contains("`k`"), "{text}");
        let other = report(device::Error::DeadBuffer, &[kernel()]).to_string();
        assert_eq!(other, device::Error::DeadBuffer.to_string());
    }
}
