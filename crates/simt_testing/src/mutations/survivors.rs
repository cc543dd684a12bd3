//! Damaged kernels that compute what the undamaged ones do: a table with the reason of each.
//!
//! An entry names one change: of which targets, kernel and operation, and the line of the lane program before and after it. Where
//! a kernel has a line more than once, `#2` says which of them. A damaged kernel that is missed and not in the table is an error, and
//! so is an entry that is noticed, so that no entry stands for anything but what it was written for.

use std::collections::BTreeSet;

use lower_simt::testing::Mutation;
use lower_simt::text::print;

use super::original::Original;

/// Reasons (lines that start with `#`), each followed by the changes that it holds for.
const TABLE: &str = include_str!("equivalent.txt");

/// Name of a change: kernel, operation, what was done, and the line that changed.
pub(super) fn name(original: &Original, mutation: &Mutation) -> String {
    let (before, after) = (print(&original.lane), print(&mutation.kernel));
    let lines: Vec<&str> = before.lines().map(str::trim).collect();
    let changed: Vec<&str> = after.lines().map(str::trim).collect();
    let at = lines.iter().zip(&changed).position(|(before, after)| before != after).unwrap_or(0);
    let same = |line: &&&str| **line == lines[at];
    let number = match (lines[..at].iter().filter(same).count(), lines.iter().filter(same).count()) {
        (_, 1) => String::new(),
        (earlier, _) => format!(" #{}", earlier + 1),
    };
    let Mutation { op, change, .. } = mutation;
    let by = changed.get(at).copied().unwrap_or_default();
    format!("{}: {op} {change}: `{}`{number} -> `{by}`", original.kernel.name, lines[at])
}

/// The changes of a target that the table names.
///
/// # Panics
/// If an entry has no reason or no targets, or is there twice.
pub(super) fn listed(target: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut reason = false;
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            reason = true;
            continue;
        }
        assert!(reason, "without a reason: {line}");
        let (targets, name) = line.split_once(" | ").unwrap_or_else(|| panic!("without targets: {line}"));
        if targets.split(", ").any(|name| name == target) {
            assert!(found.insert(name.to_owned()), "twice: {line}");
        }
    }
    found
}
