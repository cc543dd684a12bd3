//! Quotients: products with reciprocals. `__bang_div` does not exist on mtp_372, and one text is for both archs (source: BANG C Developer
//! Guide 4.7.2, `__bang_div`).

use emit_dma::{Area, Arg, Lines};

use super::elementwise::element;
use super::runs::{Run, call, runs, same};
use super::{Bang, helpers};
use crate::limits::SCRATCH;
use crate::names;

/// `dst = a / b`.
pub(super) fn quotient(bang: &Bang, dst: &Area<'_>, a: &Area<'_>, b: &Arg<'_>, lines: &mut Lines<'_>) {
    match b {
        Arg::Span(b) => spans(dst, [a, b], lines),
        Arg::Row(row) if dst.rows == 1 => spans(dst, [a, row], lines),
        Arg::Row(row) if dst.is_dense() && a.is_dense() && dst.cols <= SCRATCH => {
            helpers::scratch(lines.helpers);
            let [to, a, row] = [dst, a, row].map(|area| Run::first(area).pointer());
            let (scratch, cols) = (names::SCRATCH.to_owned(), dst.cols.to_string());
            call(lines, "__bang_recip", &[scratch.clone(), row, cols.clone()]);
            call(lines, "__bang_cycle_mul", &[to, a, scratch, dst.count().to_string(), cols]);
        }
        Arg::Row(row) => {
            let divide = helpers::divide(lines.helpers);
            lines.times(dst.rows, "row", |lines, number| {
                let [to, a] = [dst, a].map(|area| Run::row(area, number).pointer());
                call(lines, divide, &[to, a, Run::first(row).pointer(), dst.cols.to_string()]);
            });
        }
        Arg::Column(column) => lines.times(dst.rows, "row", |lines, number| {
            let [to, a] = [dst, a].map(|area| Run::row(area, number).pointer());
            let by = format!("1.0f / {}", element(bang, column, number).text);
            call(lines, "__bang_mul_scalar", &[to, a, by, dst.cols.to_string()]);
        }),
        Arg::Scalar(value) => runs(lines, &[dst, a], |lines, run, n| {
            let by = format!("1.0f / {}", value.at_least(emit::Prec::Unary));
            call(lines, "__bang_mul_scalar", &[run[0].pointer(), run[1].pointer(), by, n.to_string()]);
        }),
    }
}

/// The reciprocals stand in the destination, unless that is what is divided.
fn spans(dst: &Area<'_>, [a, b]: [&Area<'_>; 2], lines: &mut Lines<'_>) {
    let divide = if same(dst, a) { Some(helpers::divide(lines.helpers)) } else { None };
    runs(lines, &[dst, a, b], |lines, run, n| {
        let [to, a, b] = [0, 1, 2].map(|at: usize| run[at].pointer());
        let n = n.to_string();
        match divide {
            Some(divide) => call(lines, divide, &[to, a, b, n]),
            None => {
                call(lines, "__bang_recip", &[to.clone(), b, n.clone()]);
                call(lines, "__bang_mul", &[to.clone(), a, to, n]);
            }
        }
    });
}
