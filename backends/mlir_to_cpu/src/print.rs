//! The readable form of the code: CLIF, with the user's lines as comments.

use std::fmt::Write as _;

use bundle::manifest::LineOrigin;
use tile_ir::Kernel;

use crate::lower::Lowered;

/// Appends a kernel's function to `text`; gives the origin of each line, counted from the text's
/// start, at which the user's position changes: there are thousands of lines, and neighbours mostly share theirs.
pub(crate) fn function(text: &mut String, kernel: &Kernel, entry: &str, lowered: &Lowered) -> Vec<LineOrigin> {
    let [x, y, z] = kernel.grid;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "; kernel {} -> {entry}: {x} x {y} x {z} programs", kernel.name);
    let mut lines = Vec::new();
    let mut emitted = text.lines().count() as u32;
    let mut last = None;
    let clif = lowered.function.display().to_string();
    for line in clif.lines() {
        // The code generator prints a source number, in hexadecimal, before each operation that has one.
        let (number, rest) = match line.strip_prefix('@').and_then(|line| line.split_once(' ')) {
            Some((number, rest)) => (u32::from_str_radix(number, 16).ok(), rest.trim_start()),
            None => (None, line.trim_start()),
        };
        let origin = number.and_then(|number| lowered.locs.get(number as usize));
        let starts = number != last;
        if let (Some((file, row, column)), true) = (origin, starts) {
            let _ = writeln!(text, "    ; {file}:{row}:{column}");
            emitted += 1;
            last = number;
        }
        let indent = if line.starts_with([' ', '@']) && !rest.starts_with("block") { "    " } else { "" };
        let _ = writeln!(text, "{indent}{rest}");
        emitted += 1;
        if let (Some((file, row, _)), true) = (origin, starts) {
            lines.push(LineOrigin { emitted, file: file.clone(), line: *row });
        }
    }
    text.push('\n');
    lines
}
