//! Reductions and products.

use tile_ir::{BinaryOp, ContractSpec, Op, OpKind, Predicate, ReduceOp, Value};

use super::index::{Ix, integer, resize};
use super::layout::Layout;
use super::plan::Plan;
use super::product::{Strategy, iterations, iterator_sizes, reduced_terms, strategy};
use super::{Lower, Result, Storage};
use crate::ir::{Convert, Expr, Memory, Scalar, StmtKind, Unroll, Var};

/// What is summed, whatever operation asked for it.
pub(super) struct Sum<'a> {
    pub(super) result: Value,
    /// Start value, of the result's shape.
    start: Value,
    pub(super) op: ReduceOp,
    /// Type of the running sum.
    pub(super) scalar: Scalar,
    pub(super) terms: u64,
    kind: Kind<'a>,
}

impl Sum<'_> {
    /// Element type of parts of the sum in shared memory.
    pub(super) fn elem(&self) -> tile_ir::Elem {
        match self.scalar {
            Scalar::F32 => tile_ir::Elem::F32,
            Scalar::I64 => tile_ir::Elem::I64,
            Scalar::Bool | Scalar::I8 | Scalar::I32 => tile_ir::Elem::I32,
        }
    }
}

pub(super) enum Kind<'a> {
    Reduce { value: Value, dims: &'a [usize] },
    Contract { lhs: Value, rhs: Value, spec: &'a ContractSpec, sizes: Vec<u64> },
}

impl<'a> Lower<'a> {
    /// Lowers a `Reduce` or `Contract`.
    pub(crate) fn reduction(&mut self, op: &'a Op) -> Result<()> {
        let Some(result) = op.result() else { return self.broken("a reduction without a result") };
        let own = self.scalar(result);
        let sum = match &op.kind {
            OpKind::Reduce { op, value, acc, dims } => {
                let scalar = match (op, self.scalar(*value)) {
                    (_, Scalar::I8 | Scalar::Bool) => Scalar::I32,
                    (ReduceOp::Add, _) => own,
                    (_, scalar) => scalar.max(own).max(self.scalar(*acc)),
                };
                let terms = reduced_terms(self.kernel, *value, dims);
                Sum { result, start: *acc, op: *op, scalar, terms, kind: Kind::Reduce { value: *value, dims } }
            }
            OpKind::Contract { lhs, rhs, acc, spec } => {
                let sizes = iterator_sizes(self.kernel, spec, *lhs, *rhs);
                let terms = iterations(spec, &sizes, true);
                let kind = Kind::Contract { lhs: *lhs, rhs: *rhs, spec, sizes };
                Sum { result, start: *acc, op: ReduceOp::Add, scalar: Scalar::F32, terms, kind }
            }
            _ => return self.broken("not a reduction"),
        };
        match strategy(self.facts, op) {
            Strategy::Lanes { layout, vector } => self.sum_by_lanes(&sum, layout, vector),
            Strategy::Owned(layout) => self.sum_by_owner(&sum, layout),
            Strategy::Teams { threads, vector, layout } => self.sum_by_teams(&sum, (threads, vector), layout),
            Strategy::Columns { operand, layout } => self.sum_by_columns(&sum, operand, layout),
            Strategy::Matrix(_) => self.multiply(op),
        }
    }

    /// Position of output `o` and term `k` in the operands; the term.
    pub(super) fn term(&mut self, sum: &Sum<'_>, output: &[Ix], k: &Ix) -> Result<Term> {
        match &sum.kind {
            Kind::Reduce { value, dims } => {
                let shape = self.kernel.ty(*value).shape;
                let mut rest = k.clone();
                let mut pos = vec![Ix::default(); shape.rank()];
                for (i, &d) in dims.iter().enumerate().rev() {
                    let size = shape.dims()[d] as i64;
                    pos[d] = if i == 0 { rest.clone() } else { self.atoms.rem(&rest, size) };
                    rest = self.atoms.div(&rest, size);
                }
                let kept = (0..shape.rank()).filter(|d| !dims.contains(d));
                for (d, ix) in kept.zip(output) {
                    pos[d] = ix.clone();
                }
                let ex = self.eval(*value, &pos)?;
                let own = self.scalar(*value);
                let expr = match (own, sum.op) {
                    (Scalar::I8, ReduceOp::MinS | ReduceOp::MaxS) => {
                        Expr::Convert(Convert::SignExtend(sum.scalar), Box::new(ex.expr))
                    }
                    (Scalar::I8 | Scalar::Bool, _) => Expr::Convert(Convert::ZeroExtend(sum.scalar), Box::new(ex.expr)),
                    (own, _) => resize(ex.expr, own, sum.scalar, self.signed(*value)),
                };
                Ok(Term::One(expr))
            }
            Kind::Contract { lhs, rhs, spec, sizes } => {
                let mut at = vec![Ix::default(); sizes.len()];
                let mut rest = k.clone();
                let outermost = spec.reduced.iter().position(|reduced| *reduced);
                for iterator in (0..sizes.len()).rev().filter(|&iterator| spec.reduced[iterator]) {
                    let size = sizes[iterator] as i64;
                    let first = outermost == Some(iterator);
                    at[iterator] = if first { rest.clone() } else { self.atoms.rem(&rest, size) };
                    rest = self.atoms.div(&rest, size);
                }
                for (&iterator, ix) in spec.acc.iter().zip(output) {
                    at[iterator] = ix.clone();
                }
                let pos = |map: &[usize]| -> Vec<Ix> { map.iter().map(|&iterator| at[iterator].clone()).collect() };
                let (x, y) = (self.eval(*lhs, &pos(&spec.lhs))?, self.eval(*rhs, &pos(&spec.rhs))?);
                Ok(Term::Product(x.expr, y.expr))
            }
        }
    }

    /// `sum[index] = sum[index] (op) term`.
    pub(super) fn accumulate(&mut self, sum: &Sum<'_>, var: Var, index: Option<Expr>, term: Term) {
        let old = read(var, index.as_ref());
        let value = match term {
            Term::One(term) => combine(sum.op, old, term),
            Term::Product(x, y) => Expr::Fma(Box::new(x), Box::new(y), Box::new(old)),
        };
        self.push(StmtKind::Assign { var, index, value });
    }

    fn sum_by_lanes(&mut self, sum: &Sum<'_>, layout: Layout, vector: u64) -> Result<()> {
        let threads = self.facts.threads;
        let (outputs, lanes, groups) = (layout.rows, layout.lanes, layout.groups(threads));
        let slots = layout.row_slots(threads);
        let identity = identity(sum.op, sum.scalar);
        let name = self.name(sum.result);
        let var = self.declare(&name, sum.scalar, slots, Some(identity));
        let array = slots > 1;
        // An operand's own layout decides where its registers are.
        let spread = |leaf: &Layout| leaf.cols == sum.terms && leaf.lanes == lanes && leaf.cols > 1;
        let kept = match &sum.kind {
            Kind::Reduce { value, .. } if self.reads_registers(*value) => self
                .leaf_layout(*value)
                .filter(|leaf| spread(leaf) && leaf.rows == outputs && leaf.every == layout.every),
            // A row that all groups multiply with theirs.
            Kind::Contract { lhs, rhs, .. } => [*lhs, *rhs].into_iter().find_map(|value| {
                let leaf = self.leaf_layout(value).filter(|_| self.reads_registers(value));
                leaf.filter(|leaf| spread(leaf) && leaf.rows == 1 && (leaf.every || lanes == threads))
            }),
            Kind::Reduce { .. } => None,
        };
        let vector = kept.map_or(vector, |leaf| leaf.vector);
        self.nest(|lower| {
            let at_terms = |lower: &mut Self, k: &Ix| -> Result<()> {
                let group = lower.row_group(layout);
                lower.unrolled("r", slots, |lower, r| {
                    let first = lower.atoms.scale(r, groups as i64);
                    let row = lower.atoms.add(&first, &group);
                    let index = if array { Some(lower.index(r, Scalar::I32).expr) } else { None };
                    lower.below(&row, (outputs, 1), "row", &mut |lower, row| {
                        let output = lower.delinearize(sum.result, row);
                        lower.neighbours(vector, |lower, v| {
                            let k = lower.atoms.add(k, v);
                            let term = lower.term(sum, &output, &k)?;
                            lower.accumulate(sum, var, index.clone(), term);
                            Ok(())
                        })
                    })
                })
            };
            let lane = lower.lane(lanes);
            let first = lower.atoms.scale(&lane, vector as i64);
            let span = lanes * vector;
            if sum.terms <= span || kept.is_some() {
                return lower.unrolled("c", sum.terms.div_ceil(span), |lower, c| {
                    let start = lower.atoms.scale(c, span as i64);
                    let k = lower.atoms.add(&start, &first);
                    lower.below(&k, (sum.terms, vector), "k", &mut |lower, k| at_terms(lower, k))
                });
            }
            let unroll = lower.unroll(slots * vector);
            lower.strided("k", (&first, sum.terms, span), (vector, unroll), at_terms)
        })?;
        self.exchange(sum, var, slots, lanes)?;
        self.add_start(sum, var, layout)?;
        self.finish(sum, var, layout)
    }

    /// A factor that keeps the body of a loop at a readable size.
    pub(super) fn unroll(&self, each: u64) -> Unroll {
        match (32 / each.max(1)).min(u64::from(self.facts.target.max_unroll)).min(4) {
            0 | 1 => Unroll::No,
            n => Unroll::By(n as u32),
        }
    }

    /// Adds up over the threads of each group.
    fn exchange(&mut self, sum: &Sum<'_>, var: Var, slots: u64, lanes: u64) -> Result<()> {
        if lanes == 1 {
            return Ok(());
        }
        let array = slots > 1;
        let within = lanes.min(32) as u32;
        self.unrolled("r", slots, |lower, r| {
            let index = if array { Some(lower.index(r, Scalar::I32).expr) } else { None };
            lower.push(StmtKind::LaneReduce { var, index, op: sum.op, lanes: within });
            Ok(())
        })?;
        if lanes <= 32 {
            return Ok(());
        }
        // Several subgroups share a row: each leaves its part in shared memory, and all threads add them in one order.
        let parts = lanes / 32;
        let groups = self.facts.threads / lanes;
        let shared = Memory::Shared(self.shared("partial", sum.elem(), slots * groups * parts));
        let (group, lane) = (self.group(lanes), self.lane(lanes));
        let part = self.atoms.div(&lane, 32);
        let lane32 = self.lane(32);
        let first_lane = self.index(&lane32, Scalar::I32).expr;
        let leader = Expr::Compare(Predicate::IEq, Box::new(first_lane), Box::new(Expr::int(0)));
        let start = |lower: &mut Self, r: &Ix| -> Ix {
            let first = lower.atoms.scale(r, groups as i64);
            let row = lower.atoms.add(&first, &group);
            lower.atoms.scale(&row, parts as i64)
        };
        self.guarded(Some(leader), |lower| {
            lower.unrolled("r", slots, |lower, r| {
                let index = if array { Some(lower.index(r, Scalar::I32).expr) } else { None };
                let first = start(lower, r);
                let at = lower.atoms.add(&first, &part);
                let offset = lower.index(&at, Scalar::I32).expr;
                let value = read(var, index.as_ref());
                lower.push(StmtKind::Store { place: super::eval::place(shared, offset), value });
                Ok(())
            })
        })?;
        self.unrolled("r", slots, |lower, r| {
            let index = if array { Some(lower.index(r, Scalar::I32).expr) } else { None };
            let first = start(lower, r);
            let offset = lower.index(&first, Scalar::I32).expr;
            let value = Expr::Load(super::eval::place(shared, offset));
            lower.push(StmtKind::Assign { var, index: index.clone(), value });
            lower.strided("s", (&Ix::constant(1), parts, 1), (1, Unroll::Full), |lower, s| {
                let at = lower.atoms.add(&first, s);
                let offset = lower.index(&at, Scalar::I32).expr;
                let value = Expr::Load(super::eval::place(shared, offset));
                let value = combine(sum.op, read(var, index.as_ref()), value);
                lower.push(StmtKind::Assign { var, index, value });
                Ok(())
            })
        })
    }

    /// Adds the start value, unless it changes nothing.
    pub(super) fn add_start(&mut self, sum: &Sum<'_>, var: Var, layout: Layout) -> Result<()> {
        if self.is_identity(sum) {
            return Ok(());
        }
        let array = self.out.var(var).len.is_some();
        let (own, signed) = (self.scalar(sum.start), self.signed(sum.start));
        let narrow = self.kernel.ty(sum.start).elem == tile_ir::Elem::I8;
        let signed = signed && !(narrow && matches!(sum.op, ReduceOp::MinU | ReduceOp::MaxU));
        self.elements(sum.result, layout, true, &mut |lower, pos, slot| {
            let ex = lower.eval(sum.start, pos)?;
            let index = if array { Some(lower.index(slot, Scalar::I32).expr) } else { None };
            let start = resize(ex.expr, own, sum.scalar, signed);
            let value = combine(sum.op, read(var, index.as_ref()), start);
            lower.push(StmtKind::Assign { var, index, value });
            Ok(())
        })
    }

    /// Whether the start value changes nothing.
    fn is_identity(&self, sum: &Sum<'_>) -> bool {
        let Some(OpKind::Constant(tile_ir::Literal::Splat(n))) = self.facts.defs[sum.start.index()].map(|op| &op.kind)
        else {
            return false;
        };
        if self.kernel.ty(sum.start).elem == tile_ir::Elem::I8 {
            return sum.op == ReduceOp::Add && *n == tile_ir::Number::Int(0);
        }
        super::eval::number(self.scalar(sum.start), *n) == identity(sum.op, self.scalar(sum.start))
            && self.scalar(sum.start) == sum.scalar
    }

    fn sum_by_owner(&mut self, sum: &Sum<'_>, layout: Layout) -> Result<()> {
        let registers = layout.registers(self.facts.threads);
        let name = self.name(sum.result);
        let init = identity(sum.op, sum.scalar);
        let var = self.declare(&name, sum.scalar, registers, Some(init));
        let array = registers > 1;
        self.nest(|lower| {
            let unroll = lower.unroll(registers);
            let body = |lower: &mut Self, k: &Ix| {
                lower.cells(layout, true, &mut |lower, cell| {
                    let cell = cell.clone();
                    lower.neighbours(layout.vector, |lower, v| {
                        let linear = lower.cell_linear(layout, &cell, v);
                        let output = lower.delinearize(sum.result, &linear);
                        let slot = lower.atoms.add(&cell.slot, v);
                        let term = lower.term(sum, &output, k)?;
                        let index = if array { Some(lower.index(&slot, Scalar::I32).expr) } else { None };
                        lower.accumulate(sum, var, index, term);
                        Ok(())
                    })
                })
            };
            if sum.terms == 1 {
                return body(lower, &Ix::default());
            }
            lower.strided("k", (&Ix::default(), sum.terms, 1), (1, unroll), body)
        })?;
        self.add_start(sum, var, layout)?;
        self.finish(sum, var, layout)
    }

    /// Gives the sum to the result, in registers or shared memory.
    pub(super) fn finish(&mut self, sum: &Sum<'_>, var: Var, layout: Layout) -> Result<()> {
        let own = self.scalar(sum.result);
        let var = if own == sum.scalar && self.kernel.ty(sum.result).elem.bits() != 16 {
            var
        } else {
            self.narrow(sum, var, own)?
        };
        if self.kernel.ty(sum.result).is_scalar() {
            let depth = self.depth();
            self.storage[sum.result.index()] = Storage::Scalar(Expr::Var(var), depth);
            return Ok(());
        }
        match self.plans[sum.result.index()] {
            Plan::Keep(_) | Plan::Virtual => {
                self.storage[sum.result.index()] = Storage::Registers(var, layout);
                Ok(())
            }
            Plan::Shared => {
                self.storage[sum.result.index()] = Storage::Registers(var, layout);
                let shared = self.shared_for(sum.result);
                self.fill_shared(sum.result, sum.result, shared)?;
                self.storage[sum.result.index()] = Storage::Shared(shared);
                Ok(())
            }
        }
    }

    /// The sum in the result's type.
    fn narrow(&mut self, sum: &Sum<'_>, var: Var, own: Scalar) -> Result<Var> {
        let len = self.out.var(var).len;
        let name = self.out.var(var).name.clone();
        let to = self.declare(&name, own, u64::from(len.unwrap_or(1)), None);
        self.unrolled("r", u64::from(len.unwrap_or(1)), |lower, r| {
            let index = if len.is_some() { Some(lower.index(r, Scalar::I32).expr) } else { None };
            let value = resize(read(var, index.as_ref()), sum.scalar, own, true);
            let value = lower.round(sum.result, value);
            lower.push(StmtKind::Assign { var: to, index, value });
            Ok(())
        })?;
        Ok(to)
    }
}

/// What is added to a sum.
pub(super) enum Term {
    One(Expr),
    Product(Expr, Expr),
}

pub(super) fn read(var: Var, index: Option<&Expr>) -> Expr {
    match index {
        None => Expr::Var(var),
        Some(index) => Expr::Element(var, Box::new(index.clone())),
    }
}

/// `a (op) b`.
pub(crate) fn combine(op: ReduceOp, a: Expr, b: Expr) -> Expr {
    let op = match op {
        ReduceOp::Add => BinaryOp::Add,
        ReduceOp::MinF => BinaryOp::MinF,
        ReduceOp::MaxF => BinaryOp::MaxF,
        ReduceOp::MinS => BinaryOp::MinS,
        ReduceOp::MaxS => BinaryOp::MaxS,
        ReduceOp::MinU => BinaryOp::MinU,
        ReduceOp::MaxU => BinaryOp::MaxU,
    };
    Expr::Binary(op, Box::new(a), Box::new(b))
}

/// The number that changes nothing.
pub(crate) fn identity(op: ReduceOp, scalar: Scalar) -> Expr {
    let bits = scalar.bits();
    match op {
        ReduceOp::Add => integer(scalar, 0),
        ReduceOp::MinF => Expr::Float(f32::INFINITY),
        ReduceOp::MaxF => Expr::Float(f32::NEG_INFINITY),
        ReduceOp::MinS => integer(scalar, i64::MAX >> (64 - bits)),
        ReduceOp::MaxS => integer(scalar, i64::MIN >> (64 - bits)),
        ReduceOp::MinU => integer(scalar, -1),
        ReduceOp::MaxU => integer(scalar, 0),
    }
}
