//! The matrix unit.

use super::super::matrix::shape;
use super::stmts::{Mask, on};
use super::{Machine, Value, term};
use crate::ir::{Expr, Fragment, MatrixOp};

impl Machine<'_> {
    /// Elements of all fragments of an array in one subgroup.
    pub(super) fn fragment_len(&self, fragment: Fragment) -> Option<usize> {
        let (rows, cols) = shape(self.kernel, self.target.matrix, fragment)?;
        Some((rows * cols) as usize * self.kernel.fragment(fragment).len as usize)
    }

    pub(super) fn matrix(&mut self, op: &MatrixOp, mask: &Mask) -> Option<()> {
        let leaders: Vec<usize> = on(mask).filter(|thread| thread % 32 == 0).collect();
        for thread in leaders {
            match op {
                MatrixOp::Declare { fragment } => {
                    let len = self.fragment_len(*fragment)?;
                    self.fragments[fragment.0 as usize][thread / 32 * len..][..len].fill(None);
                }
                MatrixOp::Fill { fragment, at, value } => {
                    let (elements, _) = self.elements(*fragment, at, thread)?;
                    let value = Value::Known(u64::from(value.to_bits()));
                    self.fragments[fragment.0 as usize][elements].fill(Some(value));
                }
                MatrixOp::Load { fragment, at, place, stride, transposed } => {
                    let (elements, [_, cols]) = self.elements(*fragment, at, thread)?;
                    let first = self.index(&place.offset, thread)?;
                    for (number, element) in elements.enumerate() {
                        let (row, col) = (number / cols, number % cols);
                        let (i, j) = if *transposed { (col, row) } else { (row, col) };
                        let value = self.read(place.memory, first + (i as u64 * stride + j as u64) as i64)?;
                        self.fragments[fragment.0 as usize][element] = Some(value);
                    }
                }
                MatrixOp::Multiply { acc, a, b } => {
                    let (sums, [_, n]) = self.elements(acc.0, &acc.1, thread)?;
                    let (left, [_, k]) = self.elements(a.0, &a.1, thread)?;
                    let (right, _) = self.elements(b.0, &b.1, thread)?;
                    let left = self.fragments[a.0.0 as usize][left].to_vec();
                    let right = self.fragments[b.0.0 as usize][right].to_vec();
                    for (number, element) in sums.enumerate() {
                        let (i, j) = (number / n, number % n);
                        let row: Option<Vec<Value>> = left[i * k..][..k].iter().copied().collect();
                        let col: Option<Vec<Value>> = (0..k).map(|p| right[p * n + j]).collect();
                        let sum = self.fragments[acc.0.0 as usize][element]?;
                        self.fragments[acc.0.0 as usize][element] = Some(term(("product", sum, row?, col?)));
                    }
                }
                MatrixOp::Store { fragment, at, place, stride } => {
                    let (elements, [_, cols]) = self.elements(*fragment, at, thread)?;
                    let first = self.index(&place.offset, thread)?;
                    for (number, element) in elements.enumerate() {
                        let value = self.fragments[fragment.0 as usize][element]?;
                        let at = first + ((number / cols) as u64 * stride + (number % cols) as u64) as i64;
                        self.write(place.memory, at, value)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Where the elements of a subgroup's fragment are; its rows and columns.
    fn elements(
        &mut self,
        fragment: Fragment,
        at: &Expr,
        thread: usize,
    ) -> Option<(std::ops::Range<usize>, [usize; 2])> {
        let (rows, cols) = shape(self.kernel, self.target.matrix, fragment)?;
        let len = self.kernel.fragment(fragment).len as usize;
        let at = usize::try_from(self.index(at, thread)?).ok().filter(|&at| at < len)?;
        let size = (rows * cols) as usize;
        let first = (thread / 32 * len + at) * size;
        Some((first..first + size, [rows as usize, cols as usize]))
    }
}
