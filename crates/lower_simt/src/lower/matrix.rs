//! Products on the matrix unit.
//!
//! Operands are copied to shared memory, padded with zeros to whole fragments ([`super::stage`]); each subgroup multiplies the
//! fragments of its part of the result and leaves the sums in shared memory. Sums that a loop carries for one product stay
//! in fragments while the loop runs.

use tile_ir::{Block, ContractSpec, Elem, Literal, Number, Op, OpKind, Value};

use super::index::Ix;
use super::matrix_plan::{Groups, MatrixPlan, groups, stride};
use super::product::{Strategy, iterator_sizes, strategy};
use super::scope::Scope;
use super::stage::Staged;
use super::{Lower, Result, SharedTile, Storage};
use crate::ir::{
    Expr, Fragment, FragmentData, FragmentRole, MatrixOp, Memory, Place, Scalar, Shared, StmtKind, Unroll,
};

/// The owner of what subgroups do to their own sums: no subgroup touches another's.
const SUMS: u32 = 0;

/// A product.
pub(crate) struct Product<'a> {
    pub(crate) plan: MatrixPlan,
    pub(crate) lhs: Value,
    pub(crate) rhs: Value,
    pub(crate) spec: &'a ContractSpec,
    pub(crate) groups: Groups,
    /// Size of each iterator.
    pub(crate) sizes: Vec<u64>,
}

/// The sums of a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums {
    fragment: Fragment,
    /// Where they are when the product is done, and before if they do not start from one number.
    memory: Shared,
    /// Elements from one row of `memory` to the next.
    stride: u64,
}

/// Carried sums that stay in fragments: number of the carried value, product, sums.
pub(crate) struct Running<'a> {
    pub(crate) index: usize,
    product: Product<'a>,
    result: Value,
    sums: Sums,
}

/// A fragment of a subgroup: where it is, and its number.
struct Piece {
    batch: Ix,
    row: Ix,
    col: Ix,
    at: Expr,
}

impl<'a> Lower<'a> {
    /// The product of an operation that runs on the matrix unit.
    pub(crate) fn matrix_product(&self, op: &'a Op) -> Option<Product<'a>> {
        let OpKind::Contract { lhs, rhs, spec, .. } = &op.kind else { return None };
        let Strategy::Matrix(plan) = strategy(self.facts, op) else { return None };
        let sizes = iterator_sizes(self.kernel, spec, *lhs, *rhs);
        Some(Product { plan, lhs: *lhs, rhs: *rhs, spec, groups: groups(spec)?, sizes })
    }

    /// Lowers a product on the matrix unit.
    pub(crate) fn multiply(&mut self, op: &'a Op) -> Result<()> {
        let (Some(result), Some(product)) = (op.result(), self.matrix_product(op)) else {
            return self.broken("not a product of matrices");
        };
        if let Some(sums) = self.running.get(&result).copied() {
            return self.advance(&product, sums);
        }
        let OpKind::Contract { acc, .. } = &op.kind else { return self.broken("not a product") };
        let name = self.name(result);
        let sums = self.sums_of(&product, result, &name);
        let from_memory = self.start_value(*acc).is_none();
        if from_memory {
            self.stage_start(&product, result, *acc, sums.memory, sums.stride)?;
        }
        if product.plan.whole() {
            // Everything is staged before the first barrier.
            let staged = self.stage_operands(&product, &Ix::default(), None)?;
            self.start_sums(&product, *acc, sums)?;
            self.multiply_staged(&product, sums, &staged)?;
        } else {
            self.start_sums(&product, *acc, sums)?;
            self.advance(&product, sums)?;
        }
        self.finish_sums(&product, result, sums)
    }

    /// Starts the carried sums of a loop that stay in fragments.
    pub(crate) fn start_running(&mut self, init: &[Value], body: &'a Block) -> Result<Vec<Running<'a>>> {
        let mut started = Vec::new();
        for (index, (&init, (&arg, &yielded))) in
            init.iter().zip(body.args.iter().skip(1).zip(&body.yields)).enumerate()
        {
            let once = self.facts.uses[arg.index()] == 1 && self.facts.uses[yielded.index()] == 1;
            let Some(op) = body.ops.iter().find(|op| op.result() == Some(yielded)) else { continue };
            let carries = matches!(&op.kind, OpKind::Contract { acc, .. } if *acc == arg);
            // Narrower sums are rounded in every round.
            if !once || !carries || self.kernel.ty(yielded).elem != Elem::F32 {
                continue;
            }
            let Some(product) = self.matrix_product(op) else { continue };
            let name = self.name(arg);
            let sums = self.sums_of(&product, yielded, &name);
            if self.start_value(init).is_none() {
                self.stage_start(&product, yielded, init, sums.memory, sums.stride)?;
            }
            self.start_sums(&product, init, sums)?;
            self.running.insert(yielded, sums);
            started.push(Running { index, product, result: yielded, sums });
        }
        Ok(started)
    }

    /// Leaves the sums of a loop in shared memory.
    pub(crate) fn finish_running(&mut self, running: &[Running<'a>], results: &[Value]) -> Result<()> {
        for one in running {
            self.finish_sums(&one.product, one.result, one.sums)?;
            self.storage[results[one.index].index()] = self.storage[one.result.index()].clone();
        }
        Ok(())
    }

    /// Declares the fragments and the shared array of a result.
    fn sums_of(&mut self, product: &Product<'a>, result: Value, name: &str) -> Sums {
        let plan = &product.plan;
        let [rows, cols] = plan.padded();
        let stride = stride(cols);
        let len = plan.batch * rows * stride;
        let loc = self.loc.clone();
        self.shared_tiles.push(SharedTile { value: result, bytes: len * Elem::F32.bytes(), loc });
        let memory = self.shared(&format!("{name}_shared"), Elem::F32, len);
        let count = plan.each().iter().product::<u64>();
        let fragment = self.fragments(&format!("{name}_sums"), FragmentRole::Acc, Elem::F32, count);
        Sums { fragment, memory, stride }
    }

    fn fragments(&mut self, name: &str, role: FragmentRole, elem: Elem, len: u64) -> Fragment {
        self.out.fragments.push(FragmentData { name: name.to_owned(), role, elem, len: len as u32 });
        let fragment = Fragment(self.out.fragments.len() as u32 - 1);
        self.push(StmtKind::Matrix(MatrixOp::Declare { fragment }));
        fragment
    }

    /// The number that every sum starts from.
    fn start_value(&self, start: Value) -> Option<f32> {
        match self.facts.defs[start.index()].map(|op| &op.kind) {
            Some(OpKind::Constant(Literal::Splat(Number::Float(value)))) => Some(*value),
            Some(OpKind::Broadcast(from)) => self.start_value(*from),
            Some(_) | None => None,
        }
    }

    fn start_sums(&mut self, product: &Product<'a>, start: Value, sums: Sums) -> Result<()> {
        let number = self.start_value(start);
        self.pieces(&product.plan, &mut |lower, piece| {
            let (fragment, at) = (sums.fragment, piece.at.clone());
            let op = match number {
                Some(value) => MatrixOp::Fill { fragment, at, value },
                None => {
                    let place = lower.place_of_sums(&product.plan, sums, piece);
                    MatrixOp::Load { fragment, at, place, stride: sums.stride, transposed: false }
                }
            };
            lower.push(StmtKind::Matrix(op));
            Ok(())
        })
    }

    fn finish_sums(&mut self, product: &Product<'a>, result: Value, sums: Sums) -> Result<()> {
        self.pieces(&product.plan, &mut |lower, piece| {
            let place = lower.place_of_sums(&product.plan, sums, piece);
            let op = MatrixOp::Store { fragment: sums.fragment, at: piece.at.clone(), place, stride: sums.stride };
            lower.push(StmtKind::Matrix(op));
            Ok(())
        })?;
        let strides = self.result_strides(product, sums.stride);
        self.storage[result.index()] = Storage::Strided(sums.memory, strides);
        Ok(())
    }

    /// By dimension of the result: elements of the padded array from one index to the next.
    pub(crate) fn result_strides(&self, product: &Product<'a>, stride: u64) -> Vec<u64> {
        let [rows, _] = product.plan.padded();
        let mut of = vec![0; product.sizes.len()];
        let groups = &product.groups;
        for (group, first) in [(&groups.batch, rows * stride), (&groups.rows, stride), (&groups.cols, 1)] {
            let mut next = first;
            for &iterator in group.iter().rev() {
                of[iterator] = next;
                next *= product.sizes[iterator];
            }
        }
        product.spec.acc.iter().map(|&iterator| of[iterator]).collect()
    }

    fn place_of_sums(&mut self, plan: &MatrixPlan, sums: Sums, piece: &Piece) -> Place {
        let [rows, _] = plan.padded();
        let batch = self.atoms.scale(&piece.batch, (rows * sums.stride) as i64);
        let row = self.atoms.scale(&piece.row, (u64::from(plan.unit.m) * sums.stride) as i64);
        let col = self.atoms.scale(&piece.col, plan.unit.n.into());
        let sum = self.atoms.add(&batch, &row);
        let sum = self.atoms.add(&sum, &col);
        let offset = self.index(&sum, Scalar::I32).expr;
        Place { memory: Memory::Shared(sums.memory), offset: Box::new(offset), owner: Some(SUMS) }
    }

    /// Adds a product to sums in fragments.
    fn advance(&mut self, product: &Product<'a>, sums: Sums) -> Result<()> {
        let plan = product.plan;
        if plan.whole() {
            let staged = self.stage_operands(product, &Ix::default(), None)?;
            return self.multiply_staged(product, sums, &staged);
        }
        let arrays = self.arrays_of(product);
        let var = self.var("chunk", Scalar::I32, None);
        // The same for all threads: barriers may stand inside.
        self.loops.insert(var);
        let floor = self.floor;
        self.scopes.push(Scope::default());
        self.floor = self.depth();
        let last = (plan.k - 1) / plan.chunk * plan.chunk;
        let first = self.loop_atom(var, 0, last as i64, plan.chunk as i64, false);
        let staged = self.stage_operands(product, &first, Some(arrays))?;
        self.multiply_staged(product, sums, &staged)?;
        self.floor = floor;
        let body = self.scopes.pop().map(|scope| scope.stmts).unwrap_or_default();
        self.push(StmtKind::For {
            var,
            lower: Expr::int(0),
            upper: Expr::int(plan.k as u32),
            step: Expr::int(plan.chunk as u32),
            unroll: Unroll::No,
            body,
        });
        Ok(())
    }

    /// Runs `body` for every fragment of the result that this subgroup has.
    fn pieces(&mut self, plan: &MatrixPlan, body: &mut dyn FnMut(&mut Self, &Piece) -> Result<()>) -> Result<()> {
        let [_, rows, cols] = plan.each();
        self.nest(|lower| {
            lower.along(plan, 0, "stack", &mut |lower, batch, b| {
                lower.along(plan, 1, "i", &mut |lower, row, i| {
                    lower.along(plan, 2, "j", &mut |lower, col, j| {
                        let at = lower.number([b, i, j], [rows, cols]);
                        let (batch, row, col) = (batch.clone(), row.clone(), col.clone());
                        body(lower, &Piece { batch, row, col, at })
                    })
                })
            })
        })
    }

    /// Number of a fragment of the sums.
    fn number(&mut self, [b, i, j]: [&Ix; 3], [rows, cols]: [u64; 2]) -> Expr {
        let b = self.atoms.scale(b, (rows * cols) as i64);
        let i = self.atoms.scale(i, cols as i64);
        let sum = self.atoms.add(&b, &i);
        let sum = self.atoms.add(&sum, j);
        self.index(&sum, Scalar::I32).expr
    }

    /// Runs `body` for this subgroup's fragments along a dimension: position, and number among its own.
    fn along(
        &mut self,
        plan: &MatrixPlan,
        d: usize,
        name: &str,
        body: &mut dyn FnMut(&mut Self, &Ix, &Ix) -> Result<()>,
    ) -> Result<()> {
        let subgroup = self.group(32);
        let inner: u64 = plan.split[d + 1..].iter().product();
        let outer = self.atoms.div(&subgroup, inner as i64);
        let own = self.atoms.rem(&outer, plan.split[d] as i64);
        let (count, split) = (plan.fragments()[d], plan.split[d]);
        self.unrolled(name, plan.each()[d], |lower, number| {
            let first = lower.atoms.scale(number, split as i64);
            let at = lower.atoms.add(&first, &own);
            lower.below(&at, (count, 1), &format!("{name}_at"), &mut |lower, at| body(lower, at, number))
        })
    }

    /// Multiplies what is staged.
    fn multiply_staged(&mut self, product: &Product<'a>, sums: Sums, staged: &[Staged; 2]) -> Result<()> {
        let plan = product.plan;
        let [_, rows, cols] = plan.each();
        let elem = plan.unit.elem;
        let left = self.fragments("left", FragmentRole::A, elem, rows);
        let right = self.fragments("right", FragmentRole::B, elem, cols);
        let step = u64::from(plan.unit.k);
        let terms = plan.chunk.min(plan.k.next_multiple_of(step));
        let [lhs, rhs] = staged;
        let round = |lower: &mut Self, k: &Ix| {
            lower.along(&plan, 0, "stack", &mut |lower, batch, b| {
                lower.along(&plan, 1, "i", &mut |lower, row, i| {
                    let row = lower.atoms.scale(row, plan.unit.m.into());
                    let at = lower.index(i, Scalar::I32).expr;
                    lower.load_staged((left, at), lhs, batch, &row, k);
                    Ok(())
                })?;
                lower.along(&plan, 2, "j", &mut |lower, col, j| {
                    let col = lower.atoms.scale(col, plan.unit.n.into());
                    let at = lower.index(j, Scalar::I32).expr;
                    lower.load_staged((right, at.clone()), rhs, batch, &col, k);
                    lower.along(&plan, 1, "i", &mut |lower, _, i| {
                        let acc = lower.number([b, i, j], [rows, cols]);
                        let a = lower.index(i, Scalar::I32).expr;
                        lower.push(StmtKind::Matrix(MatrixOp::Multiply {
                            acc: (sums.fragment, acc),
                            a: (left, a),
                            b: (right, at.clone()),
                        }));
                        Ok(())
                    })
                })
            })
        };
        self.nest(|lower| {
            if terms == step {
                return round(lower, &Ix::default());
            }
            let unroll = Unroll::By(lower.facts.target.max_unroll.clamp(1, 2));
            lower.strided("k", (&Ix::default(), terms, step), (step, unroll), |lower, k| round(lower, k))
        })
    }

    /// Loads the fragment of an operand at `other` (row of the left, column of the right one) and term `k`.
    fn load_staged(&mut self, to: (Fragment, Expr), staged: &Staged, batch: &Ix, other: &Ix, k: &Ix) {
        let (row, col) = if staged.terms_first { (k, other) } else { (other, k) };
        let batch = self.atoms.scale(batch, (staged.rows * staged.stride) as i64);
        let row = self.atoms.scale(row, staged.stride as i64);
        let sum = self.atoms.add(&batch, &row);
        let sum = self.atoms.add(&sum, col);
        let offset = self.index(&sum, Scalar::I32).expr;
        let place = super::eval::place(Memory::Shared(staged.memory), offset);
        let left = self.out.fragment(to.0).role == FragmentRole::A;
        self.push(StmtKind::Matrix(MatrixOp::Load {
            fragment: to.0,
            at: to.1,
            place,
            stride: staged.stride,
            transposed: left == staged.terms_first,
        }));
    }
}
