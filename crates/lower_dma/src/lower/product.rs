//! Products.
//!
//! The right operand is read once, chunk by chunk; the left one is kept, row by row:
//!
//! - its terms are neighbours in both operands: each row of the chunk times the left row, then the sums of rows;
//! - else each row of the chunk times one element of the left row, then the sums of columns.
//!
//! Parts are added in `f32`. Where an operand lies otherwise, or a result has one column, operands change places or are
//! put into order first.

use tile_ir::{BinaryOp, ContractSpec, Elem, Op, OpKind, ReduceOp, Value};

use super::exprs::{add, int, mul};
use super::facts::Geometry;
use super::moves::coordinates;
use super::state::{Chunk, Kept, Lower, Result};
use crate::ir::{Convert, Expr, Operand, Scalar, StmtKind, VectorOp};

/// What an iterator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Batch,
    Left,
    Right,
    Term,
}

/// A product in the usual form.
struct Plan {
    left: Value,
    right: Value,
    batch: u64,
    m: u64,
    n: u64,
    k: u64,
    /// The left operand lies as `[batch, m, k]`; else it is put into that order.
    left_fits: bool,
    /// The right operand lies as `[batch, n, k]`.
    terms_last: bool,
    /// The right operand lies as `[batch, k, n]`.
    terms_first: bool,
}

fn roles(spec: &ContractSpec) -> Option<Vec<Role>> {
    (0..spec.reduced.len())
        .map(|i| {
            let (left, right, acc) = (spec.lhs.contains(&i), spec.rhs.contains(&i), spec.acc.contains(&i));
            match (left, right, acc, spec.reduced[i]) {
                (true, true, true, false) => Some(Role::Batch),
                (true, false, true, false) => Some(Role::Left),
                (false, true, true, false) => Some(Role::Right),
                (true, true, false, true) => Some(Role::Term),
                (_, _, _, _) => None,
            }
        })
        .collect()
}

impl Lower<'_> {
    fn plan(&self, lhs: Value, rhs: Value, spec: &ContractSpec) -> Option<Plan> {
        let roles = roles(spec)?;
        let one = |role: Role| roles.iter().filter(|&&r| r == role).count() <= 1;
        if ![Role::Batch, Role::Left, Role::Right, Role::Term].into_iter().all(one) {
            return None;
        }
        let (dims_l, dims_r) = (self.facts.ty(lhs).shape, self.facts.ty(rhs).shape);
        let size = |role: Role| {
            let iterator = roles.iter().position(|&r| r == role)?;
            let l = spec.lhs.iter().position(|&i| i == iterator).map(|d| dims_l.dims()[d]);
            l.or_else(|| spec.rhs.iter().position(|&i| i == iterator).map(|d| dims_r.dims()[d]))
        };
        let sizes = [Role::Batch, Role::Left, Role::Right, Role::Term].map(|role| size(role).unwrap_or(1));
        let [batch, m, n, k] = sizes;
        // The order of dimensions with more than one element.
        let order = |list: &[usize]| -> Vec<Role> {
            let large = |role: &Role| size(*role).unwrap_or(1) > 1;
            list.iter().map(|&i| roles[i]).filter(large).collect()
        };
        let (l, r, a) = (order(&spec.lhs), order(&spec.rhs), order(&spec.acc));
        let is = |list: &[Role], want: [Role; 3]| {
            let large = |role: &&Role| size(**role).unwrap_or(1) > 1;
            list.iter().eq(want.iter().filter(large))
        };
        if k < 2 {
            return None;
        }
        let swap = (n == 1 && m > 1) || !is(&a, [Role::Batch, Role::Left, Role::Right]);
        let (b, left, right, term) = (Role::Batch, Role::Left, Role::Right, Role::Term);
        if swap {
            let right_order = [b, right, left];
            // A result with one column is one row in local memory, which several batches would share.
            if !is(&a, right_order) || (batch > 1 && (m == 1 || n == 1)) {
                return None;
            }
            return Some(Plan {
                left: rhs,
                right: lhs,
                batch,
                m: n,
                n: m,
                k,
                left_fits: is(&r, [b, right, term]),
                terms_last: is(&l, [b, left, term]),
                terms_first: is(&l, [b, term, left]),
            });
        }
        if batch > 1 && n == 1 {
            return None;
        }
        Some(Plan {
            left: lhs,
            right: rhs,
            batch,
            m,
            n,
            k,
            left_fits: is(&l, [b, left, term]),
            terms_last: is(&r, [b, right, term]),
            terms_first: is(&r, [b, term, right]),
        })
    }

    /// A product; its result is kept.
    pub(super) fn product(&mut self, op: &Op) -> Result<()> {
        let OpKind::Contract { lhs, rhs, acc, spec } = &op.kind else { return self.broken("no product") };
        let result = op.results[0];
        let plan = if self.facts.ty(result).is_scalar() { None } else { self.plan(*lhs, *rhs, spec) };
        let Some(plan) = plan else { return self.product_elements(*lhs, *rhs, *acc, spec, result) };
        let left = self.left(&plan)?;
        let kept = self.keep(result, "product");
        self.fresh();
        self.fill_as(*acc, result, kept)?;
        self.fresh();
        let right = match (plan.terms_last || plan.terms_first, plan.batch) {
            (true, 1) => None,
            (_, _) => self.right(&plan)?,
        };
        let was = self.storage[plan.right.index()];
        if right.is_some() {
            self.storage[plan.right.index()] = right;
        }
        let by_rows = plan.terms_last || !plan.terms_first;
        self.counted("batch", plan.batch, 1, |lower, batch| {
            lower.fresh();
            if by_rows { lower.by_rows(&plan, left, kept, &batch) } else { lower.by_columns(&plan, left, kept, &batch) }
        })?;
        self.storage[plan.right.index()] = was;
        self.fresh();
        self.settle(result, kept)
    }

    fn by_rows(&mut self, plan: &Plan, left: Kept, kept: Kept, batch: &Expr) -> Result<()> {
        let geometry = Geometry { rows: plan.n, cols: plan.k };
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let part = Chunk { row: add(chunk.row.clone(), mul(batch.clone(), int(plan.n))), ..chunk.clone() };
            let right = lower.eval_span(plan.right, &part)?;
            lower.counted("m", plan.m, 1, |lower, m| {
                let m = add(m, mul(batch.clone(), int(plan.m)));
                let row = Chunk { row: m.clone(), col: chunk.col.clone(), rows: 1, cols: chunk.cols };
                let product = lower.temp(Elem::F32, chunk.rows, chunk.cols);
                let factors = vec![Operand::Span(right), Operand::Row(left.span(&row))];
                lower.vector(VectorOp::Binary(BinaryOp::Mul), &product, factors);
                let place = Chunk { row: m, col: chunk.row.clone(), rows: 1, cols: chunk.rows };
                lower.fold_rows(ReduceOp::Add, product, &kept.span(&place));
                Ok(())
            })
        })
    }

    fn by_columns(&mut self, plan: &Plan, left: Kept, kept: Kept, batch: &Expr) -> Result<()> {
        let geometry = Geometry { rows: plan.k, cols: plan.n };
        let (rows, cols) = self.extents(geometry);
        self.chunks(geometry, rows, cols, &mut |lower, chunk| {
            let part = Chunk { row: add(chunk.row.clone(), mul(batch.clone(), int(plan.k))), ..chunk.clone() };
            let right = lower.eval_span(plan.right, &part)?;
            lower.counted("m", plan.m, 1, |lower, m| {
                let m = add(m, mul(batch.clone(), int(plan.m)));
                let row = Chunk { row: m.clone(), col: chunk.row.clone(), rows: 1, cols: chunk.rows };
                let product = lower.temp(Elem::F32, chunk.rows, chunk.cols);
                let factors = vec![Operand::Span(right), Operand::Column(left.span(&row))];
                lower.vector(VectorOp::Binary(BinaryOp::Mul), &product, factors);
                let sums = lower.temp(Elem::F32, 1, chunk.cols);
                lower.vector(VectorOp::ReduceCols(ReduceOp::Add), &sums, vec![Operand::Span(product)]);
                let place = Chunk { row: m, col: chunk.col.clone(), rows: 1, cols: chunk.cols };
                lower.accumulate(ReduceOp::Add, &kept.span(&place), sums);
                Ok(())
            })
        })
    }

    /// The left operand, kept as rows of terms.
    fn left(&mut self, plan: &Plan) -> Result<Kept> {
        let geometry = Geometry { rows: plan.batch * plan.m, cols: plan.k };
        self.fresh();
        if plan.left_fits {
            if self.facts.is_splat(plan.left) {
                let kept = self.buffer("left", Elem::F32, geometry.rows, geometry.cols);
                self.fill(plan.left, kept)?;
                return Ok(kept);
            }
            return match self.source(plan.left)? {
                Some(kept) => Ok(kept),
                None => self.broken("an operand has no place"),
            };
        }
        self.in_order(plan.left, plan.batch, plan.m, plan.k)
    }

    /// The right operand as a whole, as rows of terms or of columns.
    fn right(&mut self, plan: &Plan) -> Result<Option<Kept>> {
        self.fresh();
        if plan.terms_last || plan.terms_first {
            return self.source(plan.right);
        }
        self.in_order(plan.right, plan.batch, plan.n, plan.k).map(Some)
    }

    /// A tile of `[batch, k, other]` as rows of terms.
    fn in_order(&mut self, value: Value, batch: u64, other: u64, k: u64) -> Result<Kept> {
        let source = self.source(value)?;
        let ty = self.facts.ty(value);
        let kept = self.buffer("left", Elem::F32, batch * other, k);
        let shape = tile_ir::Shape::new(&[batch, k, other]).unwrap_or(ty.shape);
        self.fresh();
        self.each(1, shape.count(), |lower, _, flat| {
            // Dimensions of one element aside, the tile is in this order.
            let at = coordinates(flat, &shape);
            let element = lower.source_element(value, source, &coordinates(flat, &ty.shape))?;
            let row = add(mul(at[0].clone(), int(other)), at[2].clone());
            let place = kept.at(row, at[1].clone());
            lower.emit(StmtKind::Write { buffer: kept.buffer, offset: place, value: element });
            Ok(())
        })?;
        Ok(kept)
    }

    /// Any product, element by element.
    fn product_elements(
        &mut self,
        lhs: Value,
        rhs: Value,
        acc: Value,
        spec: &ContractSpec,
        result: Value,
    ) -> Result<()> {
        let (left, right) = (self.facts.ty(lhs).shape, self.facts.ty(rhs).shape);
        let to = self.facts.ty(result);
        let sources = [self.source(lhs)?, self.source(rhs)?, self.source(acc)?];
        let gone: Vec<usize> = (0..spec.reduced.len()).filter(|&i| spec.reduced[i]).collect();
        let size = |i: usize| {
            let l = spec.lhs.iter().position(|&j| j == i).map(|d| left.dims()[d]);
            l.or_else(|| spec.rhs.iter().position(|&j| j == i).map(|d| right.dims()[d])).unwrap_or(1)
        };
        let sizes: Vec<u64> = gone.iter().map(|&i| size(i)).collect();
        let Some(terms) = tile_ir::Shape::new(&sizes) else { return self.broken("a shape of too many dimensions") };
        let total = self.var("sum", Scalar::F32);
        let kept = if to.is_scalar() { None } else { Some(self.keep(result, "product")) };
        self.fresh();
        self.counted("r", to.shape.count(), 1, |lower, flat| {
            let outer = coordinates(&flat, &to.shape);
            let start = lower.source_element(acc, sources[2], &outer)?;
            lower.emit(StmtKind::Let { var: total, value: start });
            lower.counted("k", terms.count(), 1, |lower, k| {
                let inner = coordinates(&k, &terms);
                let mut at = vec![Expr::int(0); spec.reduced.len()];
                spec.acc.iter().zip(&outer).for_each(|(&i, e)| at[i] = e.clone());
                gone.iter().zip(inner).for_each(|(&i, e)| at[i] = e);
                let of = |dims: &[usize]| -> Vec<Expr> { dims.iter().map(|&i| at[i].clone()).collect() };
                let x = lower.source_element(lhs, sources[0], &of(&spec.lhs))?;
                let y = lower.source_element(rhs, sources[1], &of(&spec.rhs))?;
                let sum = Expr::Fma(Box::new(x), Box::new(y), Box::new(Expr::Var(total)));
                lower.emit(StmtKind::Assign { var: total, value: sum });
                Ok(())
            })?;
            let sum = match to.elem {
                Elem::F16 | Elem::Bf16 => Expr::Convert(Convert::Round(to.elem), Box::new(Expr::Var(total))),
                Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Expr::Var(total),
            };
            if let Some(kept) = kept {
                let cols = kept.geometry.cols;
                let place = kept.at(super::exprs::div(flat.clone(), cols), super::exprs::rem(flat.clone(), cols));
                let span = kept.span(&Chunk::whole(kept.geometry));
                lower.write(&span, place, sum, to.elem);
            } else {
                lower.emit(StmtKind::Assign { var: total, value: sum });
            }
            Ok(())
        })?;
        match kept {
            Some(kept) => self.storage[result.index()] = Some(kept),
            None => self.scalars[result.index()] = Some(Expr::Var(total)),
        }
        Ok(())
    }
}
