//! Copies between views and local buffers. Sizes and strides are bytes; the segment number is one less than there are segments (source:
//! BANG C Developer Guide 4.7.2, `__memcpy_async`).

use emit::{Prec, Text};
use emit_dma::{CopyArea, Lines, plus, times};

use super::runs::{Run, call, pointer};

/// A size: `unsigned int`, of which numbers are known to be.
fn size(text: &Text) -> String {
    match text.text.parse::<u64>() {
        Ok(_) => text.text.clone(),
        Err(_) => format!("(uint32_t){}", text.at_least(Prec::Unary)),
    }
}

fn less_one(text: &Text) -> Text {
    match text.text.parse::<u64>() {
        Ok(count) => Text::atom(count.saturating_sub(1).to_string()),
        Err(_) => Text::binary(text, "-", &Text::atom("1"), Prec::Sum, false),
    }
}

/// Writes a copy. Behind a row there is nothing to fill: a block is one byte.
pub(super) fn copy(copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
    let bytes = copy.elem.bytes();
    let direction = if copy.inward { "GDRAM2NRAM" } else { "NRAM2GDRAM" };
    let start = |lines: &mut Lines<'_>, local: Run, view_offset: &Text, rest: Vec<String>, guard: Option<String>| {
        let (near, far) = (local.pointer(), pointer(copy.view, view_offset).text);
        let [to, from] = if copy.inward { [near, far] } else { [far, near] };
        let args = [vec![to, from], rest].concat();
        match guard {
            None => call(lines, "__memcpy_async", &args),
            Some(guard) => lines.line(&format!("if ({guard}) {{ __memcpy_async({}); }}", args.join(", "))),
        }
    };
    let first = Run::first(&copy.local);
    let row = size(&times(&copy.cols, bytes));
    if copy.local.rows == 1 {
        return start(lines, first, &copy.view_offset, vec![row, direction.to_owned()], None);
    }
    if copy.fixed_cols().is_some_and(|cols| cols == copy.local.pitch && cols == copy.view_pitch) {
        let all = size(&times(&copy.rows, copy.view_pitch * bytes));
        return start(lines, first, &copy.view_offset, vec![all, direction.to_owned()], None);
    }
    let (near, far) = (copy.local.pitch * bytes, copy.view_pitch * bytes);
    // Strides of sources are `int`.
    if i32::try_from(near).is_ok() && i32::try_from(far).is_ok() {
        let [to, from] = if copy.inward { [near, far] } else { [far, near] };
        let rows = size(&less_one(&copy.rows));
        let rest = vec![row, direction.to_owned(), to.to_string(), from.to_string(), rows];
        return start(lines, first, &copy.view_offset, rest, None);
    }
    lines.times(copy.local.rows, "row", |lines, number| {
        let guard = match copy.fixed_rows() {
            Some(rows) if rows == copy.local.rows => None,
            Some(_) | None => Some(format!("{} < {}", number.text, copy.rows.at_least(Prec::Shift))),
        };
        let wide = Text::new(format!("(int64_t){}", number.text), Prec::Unary);
        let offset = plus(&copy.view_offset, &times(&wide, copy.view_pitch));
        start(lines, Run::row(&copy.local, number), &offset, vec![row, direction.to_owned()], guard);
    });
}
