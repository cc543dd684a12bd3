//! Copies of tiles in shared memory for the matrix unit, padded with zeros to whole fragments.

use tile_ir::{BinaryOp, Predicate, Value};

use super::index::{Ix, Known, integer};
use super::layout::Layout;
use super::matrix::Product;
use super::matrix_plan::{stride, terms_first};
use super::{Lower, Result, SharedTile};
use crate::ir::{Expr, Memory, Place, Scalar, Shared, StmtKind};

/// The owner of writes into a copy: every element is written by one thread.
const COPY: u32 = 1;

/// An operand, or a part of it, in shared memory: `batch` times `rows` rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Staged {
    pub(crate) memory: Shared,
    /// Rows, padded.
    pub(crate) rows: u64,
    /// Elements from one row to the next.
    pub(crate) stride: u64,
    /// The rows are terms; otherwise the columns are.
    pub(crate) terms_first: bool,
}

/// What is copied where.
struct Copy<'p> {
    value: Value,
    /// Iterator of each dimension of `value`.
    map: &'p [usize],
    sizes: &'p [u64],
    /// Iterators of stack, rows and columns.
    groups: [&'p [usize]; 3],
    /// Rows and columns of the tile, without padding.
    real: [u64; 2],
    /// First row and column of the part.
    first: [Ix; 2],
    /// Rows and columns of the part, with padding.
    padded: [u64; 2],
    memory: Shared,
    stride: u64,
    /// The part is all of the tile.
    whole: bool,
}

impl<'a> Lower<'a> {
    /// Shared arrays for the operands of a product, or for a chunk of them.
    pub(crate) fn arrays_of(&mut self, product: &Product<'a>) -> [Staged; 2] {
        let plan = product.plan;
        let [rows, cols] = plan.padded();
        let chunk = plan.chunk;
        [(product.lhs, &product.spec.lhs, rows, "left"), (product.rhs, &product.spec.rhs, cols, "right")].map(
            |(value, map, other, name)| {
                let terms_first = terms_first(product.spec, &product.groups, map);
                let (rows, cols) = if terms_first { (chunk, other) } else { (other, chunk) };
                let stride = stride(cols);
                let elem = plan.unit.elem;
                let len = plan.batch * rows * stride;
                let name = self.name_or(value, name);
                let loc = self.loc.clone();
                self.shared_tiles.push(SharedTile { value, bytes: len * elem.bytes(), loc });
                let memory = self.shared(&format!("{name}_shared"), elem, len);
                Staged { memory, rows, stride, terms_first }
            },
        )
    }

    /// Copies the operands of a product, from term `first` on, into `arrays` or new ones.
    pub(crate) fn stage_operands(
        &mut self,
        product: &Product<'a>,
        first: &Ix,
        arrays: Option<[Staged; 2]>,
    ) -> Result<[Staged; 2]> {
        let arrays = match arrays {
            Some(arrays) => arrays,
            None => self.arrays_of(product),
        };
        let plan = product.plan;
        let [rows, cols] = plan.padded();
        let groups = &product.groups;
        let sides = [
            (product.lhs, &product.spec.lhs, &groups.rows, plan.m, rows),
            (product.rhs, &product.spec.rhs, &groups.cols, plan.n, cols),
        ];
        for (staged, (value, map, others, real, padded)) in arrays.iter().zip(sides) {
            let other = (others.as_slice(), real, padded, Ix::default());
            let terms = (groups.terms.as_slice(), plan.k, plan.chunk, first.clone());
            let (row, col) = if staged.terms_first { (terms, other) } else { (other, terms) };
            self.copy(&Copy {
                value,
                map,
                sizes: &product.sizes,
                groups: [&groups.batch, row.0, col.0],
                real: [row.1, col.1],
                first: [row.3, col.3],
                padded: [row.2, col.2],
                memory: staged.memory,
                stride: staged.stride,
                whole: plan.whole(),
            })?;
        }
        Ok(arrays)
    }

    /// Copies the start value of sums into the array of the result.
    pub(crate) fn stage_start(
        &mut self,
        product: &Product<'a>,
        result: Value,
        start: Value,
        memory: Shared,
        stride: u64,
    ) -> Result<()> {
        debug_assert_eq!(self.kernel.ty(result).shape, self.kernel.ty(start).shape, "checked by the validator");
        let (plan, groups) = (product.plan, &product.groups);
        self.copy(&Copy {
            value: start,
            map: &product.spec.acc,
            sizes: &product.sizes,
            groups: [&groups.batch, &groups.rows, &groups.cols],
            real: [plan.m, plan.n],
            first: [Ix::default(), Ix::default()],
            padded: plan.padded(),
            memory,
            stride,
            whole: true,
        })
    }

    fn copy(&mut self, copy: &Copy<'_>) -> Result<()> {
        match self.leaf_layout(copy.value).filter(|_| copy.whole) {
            Some(layout) => {
                self.copy_registers(copy, layout)?;
                self.fill_padding(copy)
            }
            None => self.copy_padded(copy),
        }
    }

    /// Visits the padded array; what lies outside of the tile is zero.
    fn copy_padded(&mut self, copy: &Copy<'_>) -> Result<()> {
        let elem = self.out.memory_elem(Memory::Shared(copy.memory));
        let most = self.facts.target.vector_bytes / elem.bytes();
        let vector = [8, 4, 2].into_iter().find(|v| *v <= most && copy.real[1].is_multiple_of(*v)).unwrap_or(1);
        let layout = self.copy_layout(copy, vector);
        self.nest(|lower| {
            lower.cells(layout, false, &mut |lower, cell| {
                let (batch, row) = lower.stack(&cell.row, copy.padded[0]);
                let row = lower.atoms.add(&copy.first[0], &row);
                let col = lower.atoms.add(&copy.first[1], &cell.col);
                let [rows, cols] = copy.real;
                let inside = lower.atoms.below(&row, rows as i64, true) == Known::Always
                    && lower.atoms.below(&col, cols as i64, true) == Known::Always;
                let zero = (!inside).then_some(Expr::Float(0.0));
                let var = lower.declare("part", Scalar::F32, vector, zero);
                lower.below(&row, (rows, 1), "row", &mut |lower, row| {
                    lower.below(&col, (cols, vector), "col", &mut |lower, col| {
                        lower.neighbours(vector, |lower, v| {
                            let col = lower.atoms.add(col, v);
                            let pos = lower.tile_position(copy, [&batch, row, &col]);
                            let ex = lower.eval(copy.value, &pos)?;
                            let index = (vector > 1).then(|| lower.index(v, Scalar::I32).expr);
                            lower.push(StmtKind::Assign { var, index, value: ex.expr });
                            Ok(())
                        })
                    })
                })?;
                let place = lower.copy_place(copy, &cell.row, &cell.col, None);
                lower.push(match vector {
                    1 => StmtKind::Store { place, value: Expr::Var(var) },
                    lanes => StmtKind::StoreVector { place, var, index: Expr::int(0), lanes: lanes as u32 },
                });
                Ok(())
            })
        })
    }

    /// Threads write what they hold in registers.
    fn copy_registers(&mut self, copy: &Copy<'_>, layout: Layout) -> Result<()> {
        let single = self.single_writer(layout);
        let rows = copy.padded[0] as i64;
        self.nest(|lower| {
            lower.guarded(single, |lower| {
                lower.cells(layout, true, &mut |lower, cell| {
                    let cell = cell.clone();
                    lower.neighbours(layout.vector, |lower, v| {
                        let linear = lower.cell_linear(layout, &cell, v);
                        let pos = lower.delinearize(copy.value, &linear);
                        let [batch, row, col] = lower.matrix_position(copy, &pos);
                        let row = lower.atoms.add(&lower.atoms.scale(&batch, rows), &row);
                        let ex = lower.eval(copy.value, &pos)?;
                        let place = lower.copy_place(copy, &row, &col, Some(COPY));
                        lower.push(StmtKind::Store { place, value: ex.expr });
                        Ok(())
                    })
                })
            })
        })
    }

    /// Zeros around the tile.
    fn fill_padding(&mut self, copy: &Copy<'_>) -> Result<()> {
        if copy.real == copy.padded {
            return Ok(());
        }
        let layout = self.copy_layout(copy, 1);
        self.nest(|lower| {
            lower.cells(layout, false, &mut |lower, cell| {
                let (_, row) = lower.stack(&cell.row, copy.padded[0]);
                let mut outside: Option<Expr> = None;
                for (ix, real, padded) in
                    [(&row, copy.real[0], copy.padded[0]), (&cell.col, copy.real[1], copy.padded[1])]
                {
                    if real != padded {
                        let at = lower.index(ix, Scalar::I32).expr;
                        let bound = integer(Scalar::I32, real as i64);
                        let test = Expr::Compare(Predicate::SGe, Box::new(at), Box::new(bound));
                        outside = Some(match outside {
                            None => test,
                            Some(other) => Expr::Binary(BinaryOp::Or, Box::new(other), Box::new(test)),
                        });
                    }
                }
                lower.guarded(outside, |lower| {
                    let place = lower.copy_place(copy, &cell.row, &cell.col, Some(COPY));
                    lower.push(StmtKind::Store { place, value: Expr::Float(0.0) });
                    Ok(())
                })
            })
        })
    }

    /// Neighbouring threads on neighbouring columns.
    fn copy_layout(&self, copy: &Copy<'_>, vector: u64) -> Layout {
        let [rows, cols] = copy.padded;
        let stack: u64 = copy.groups[0].iter().map(|&iterator| copy.sizes[iterator]).product();
        let lanes = (cols / vector).next_power_of_two().min(self.facts.threads);
        Layout { rows: stack * rows, cols, lanes, vector, every: false }
    }

    fn stack(&mut self, row: &Ix, rows: u64) -> (Ix, Ix) {
        let (batch, rest) = (self.atoms.div(row, rows as i64), self.atoms.rem(row, rows as i64));
        (batch, rest)
    }

    fn copy_place(&mut self, copy: &Copy<'_>, row: &Ix, col: &Ix, owner: Option<u32>) -> Place {
        let row = self.atoms.scale(row, copy.stride as i64);
        let sum = self.atoms.add(&row, col);
        let offset = self.index(&sum, Scalar::I32).expr;
        Place { memory: Memory::Shared(copy.memory), offset: Box::new(offset), owner }
    }

    /// The position in the tile of an element of the stack of matrices.
    fn tile_position(&mut self, copy: &Copy<'_>, at: [&Ix; 3]) -> Vec<Ix> {
        let mut of = vec![Ix::default(); copy.sizes.len()];
        for (group, ix) in copy.groups.iter().zip(at) {
            let mut rest = ix.clone();
            for (i, &iterator) in group.iter().enumerate().rev() {
                let size = copy.sizes[iterator] as i64;
                of[iterator] = if i == 0 { rest.clone() } else { self.atoms.rem(&rest, size) };
                rest = self.atoms.div(&rest, size);
            }
        }
        copy.map.iter().map(|&iterator| of[iterator].clone()).collect()
    }

    /// The position in the stack of matrices of an element of the tile.
    fn matrix_position(&self, copy: &Copy<'_>, pos: &[Ix]) -> [Ix; 3] {
        copy.groups.map(|group| {
            group.iter().fold(Ix::default(), |sum, &iterator| {
                let sum = self.atoms.scale(&sum, copy.sizes[iterator] as i64);
                let d = copy.map.iter().position(|&of| of == iterator);
                d.map_or(sum.clone(), |d| self.atoms.add(&sum, &pos[d]))
            })
        })
    }
}
