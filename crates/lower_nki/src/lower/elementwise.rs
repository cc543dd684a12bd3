//! Elementwise operations, on tiles and numbers of the run alike.

use tile_ir::analysis::Range;
use tile_ir::{BinaryOp, CastOp, Elem, Op, OpKind, Predicate, Shape, UnaryOp, Value};

use super::calc::{Arg, Size};
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Val, natural};
use crate::ir::{Alu, Dtype, Expr, Span};
use crate::limits::PARTITIONS;

impl Lower<'_> {
    pub(super) fn range(&self, value: Value) -> Range {
        self.analysis.range(value).unwrap_or(Range::all(self.ty(value).elem))
    }

    /// What has to be done to have a tile with `parts` partitions: 0 if nothing.
    fn cost(&self, id: FormsId, parts: u64) -> u32 {
        let data = self.data(id);
        if data.count == 1 || data.list.iter().any(|span| span.parts == parts) {
            return 0;
        }
        match &data.origin {
            Origin::Source(_) if data.list.is_empty() => 0,
            Origin::Source(_) => 1,
            Origin::Forms => 3,
            Origin::Broadcast(of, dims) => {
                let own = self.data(*of);
                if own.count == 1 {
                    return 0;
                }
                match super::moves::split(dims, parts) {
                    Some((lead, _)) if lead.iter().all(|dim| dim.step == 0 || dim.count == 1) => {
                        let loaded = own.copies.as_ref().is_some_and(|span| span.parts >= parts);
                        let fresh = matches!(own.origin, Origin::Source(_)) && own.list.is_empty();
                        if loaded || fresh { 0 } else { 2 }
                    }
                    Some((lead, _)) => {
                        let repeats: u64 = lead.iter().filter(|dim| dim.step == 0).map(|dim| dim.count).product();
                        if repeats > 1 { 4 } else { self.cost(*of, parts) }
                    }
                    None => 4,
                }
            }
        }
    }

    /// Partitions for an operation on these tiles.
    pub(super) fn choose_parts(&self, ids: &[FormsId], shape: &Shape) -> u64 {
        let count = shape.count();
        if count == 1 {
            return PARTITIONS;
        }
        let mut candidates = vec![natural(shape)];
        for id in ids {
            candidates.extend(self.data(*id).list.iter().map(|span| span.parts));
            if let Origin::Broadcast(of, _) = &self.data(*id).origin {
                candidates.extend(self.data(*of).list.iter().map(|span| span.parts));
            }
        }
        let fitting = candidates.into_iter().filter(|parts| count.is_multiple_of(*parts));
        let cost = |parts: u64| ids.iter().map(|id| self.cost(*id, parts)).sum::<u32>();
        fitting.min_by_key(|&parts| (cost(parts), std::cmp::Reverse(parts))).unwrap_or(1)
    }

    /// Computes a tile from others, where they are known: outside of loops that do not change them.
    pub(super) fn compute_tile(
        &mut self,
        op: &Op,
        operands: &[Value],
        dtype: Dtype,
        f: impl FnOnce(&mut Self, &[Arg], Size) -> Result<Span>,
    ) -> Result<Val> {
        let result = op.results[0];
        let shape = self.ty(result).shape;
        let vals: Vec<Val> = operands.iter().map(|&value| self.value(value)).collect::<Result<_>>()?;
        let level = vals.iter().map(|val| self.level_of(val)).max().unwrap_or(0);
        let name = self.name_of(result, word(&op.kind));
        let before = std::mem::replace(&mut self.naming, name.clone());
        let val = self.at_level(level, |lower| {
            let ids: Vec<FormsId> =
                vals.iter().filter_map(|val| if let Val::Tile(id) = val { Some(*id) } else { None }).collect();
            let parts = lower.choose_parts(&ids, &shape);
            let size = Size { parts, free: if shape.count() == 1 { 1 } else { shape.count() / parts } };
            let mut args = Vec::new();
            for val in &vals {
                args.push(lower.arg(val, size)?);
            }
            let span = f(lower, &args, size)?;
            let id = lower.new_forms(&name, lower.dtype(&span), shape.count(), Origin::Forms, vec![span]);
            debug_assert!(lower.data(id).dtype == dtype || dtype.is_float());
            Ok(Val::Tile(id))
        });
        self.naming = before;
        val
    }

    pub(super) fn arg(&mut self, val: &Val, size: Size) -> Result<Arg> {
        Ok(match val {
            Val::Float(x) => Arg::Float(*x),
            Val::Int(Expr::Int(n)) => Arg::Int(*n),
            Val::Int(expr) => {
                let column = self.int_column(expr, Dtype::I32)?;
                Arg::Span(Span { parts: size.parts, dims: vec![(0, size.free)], ..column })
            }
            Val::Tile(id) => {
                let span = self.form(*id, size.parts)?;
                let dims = if self.data(*id).count == 1 { vec![(0, size.free)] } else { span.dims };
                Arg::Span(Span { dims, ..span })
            }
        })
    }

    pub(super) fn unary_op(&mut self, op: &Op, kind: UnaryOp, x: Value) -> Result<Val> {
        let elem = self.ty(x).elem;
        if let Val::Float(x) = self.value(x)? {
            return Ok(self.fold_unary(kind, x, elem));
        }
        let dtype = Dtype::held(elem);
        self.compute_tile(op, &[x], dtype, |lower, args, _| match &args[0] {
            Arg::Span(x) => lower.unary(kind, x, dtype),
            Arg::Float(_) | Arg::Int(_) => lower.broken("a function of a number"),
        })
    }

    pub(super) fn binary_op(&mut self, op: &Op, kind: BinaryOp, a: Value, b: Value) -> Result<Val> {
        let elem = self.ty(a).elem;
        match (self.value(a)?, self.value(b)?) {
            (Val::Float(x), Val::Float(y)) => return self.fold_floats(kind, x, y, elem),
            (Val::Int(x), Val::Int(y)) => return self.fold_ints(kind, &x, &y, elem),
            (_, _) => {}
        }
        let (dtype, ranges) = (Dtype::held(elem), [self.range(a), self.range(b)]);
        self.compute_tile(op, &[a, b], dtype, |lower, args, size| {
            if elem.is_float() {
                lower.float_binary(kind, dtype, &args[0], &args[1], size)
            } else {
                lower.int_binary(op, kind, elem, [&args[0], &args[1]], ranges, size)
            }
        })
    }

    pub(super) fn float_binary(&mut self, kind: BinaryOp, dtype: Dtype, a: &Arg, b: &Arg, size: Size) -> Result<Span> {
        let alu = match kind {
            BinaryOp::Add => Alu::Add,
            BinaryOp::Sub => Alu::Subtract,
            BinaryOp::Mul => Alu::Multiply,
            BinaryOp::MinF => Alu::Minimum,
            BinaryOp::MaxF => Alu::Maximum,
            BinaryOp::DivF => return self.quotient(a, b, dtype, size),
            BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => return self.broken("integers among floats"),
        };
        self.alu(alu, dtype, a, b, size)
    }

    pub(super) fn fma_op(&mut self, op: &Op, [x, y, z]: [Value; 3]) -> Result<Val> {
        let elem = self.ty(x).elem;
        if let (Val::Float(x), Val::Float(y), Val::Float(z)) = (self.value(x)?, self.value(y)?, self.value(z)?) {
            return Ok(Val::Float(super::folding::round(elem, x.mul_add(y, z))));
        }
        let dtype = Dtype::held(elem);
        self.compute_tile(op, &[x, y, z], dtype, |lower, args, size| {
            if let (Arg::Float(x), Arg::Float(y)) = (&args[0], &args[1]) {
                return lower.alu(Alu::Add, dtype, &Arg::Float(x * y), &args[2], size);
            }
            let product = lower.alu(Alu::Multiply, Dtype::F32, &args[0], &args[1], size)?;
            lower.alu(Alu::Add, dtype, &product.into(), &args[2], size)
        })
    }

    pub(super) fn compare_op(&mut self, op: &Op, predicate: Predicate, a: Value, b: Value) -> Result<Val> {
        let elem = self.ty(a).elem;
        match (self.value(a)?, self.value(b)?) {
            (Val::Float(x), Val::Float(y)) => return Ok(self.fold_compare_floats(predicate, x, y)),
            (Val::Int(x), Val::Int(y)) => return self.fold_compare(predicate, &x, &y, elem),
            (_, _) => {}
        }
        let ranges = [self.range(a), self.range(b)];
        self.compute_tile(op, &[a, b], Dtype::U8, |lower, args, size| {
            let alu = match predicate {
                Predicate::FEq => Alu::Equal,
                Predicate::FNe => Alu::NotEqual,
                Predicate::FLt => Alu::Less,
                Predicate::FLe => Alu::LessEqual,
                Predicate::FGt => Alu::Greater,
                Predicate::FGe => Alu::GreaterEqual,
                Predicate::IEq
                | Predicate::INe
                | Predicate::SLt
                | Predicate::SLe
                | Predicate::SGt
                | Predicate::SGe
                | Predicate::ULt
                | Predicate::ULe
                | Predicate::UGt
                | Predicate::UGe => return lower.int_compare(predicate, [&args[0], &args[1]], ranges, size),
            };
            lower.alu(alu, Dtype::U8, &args[0], &args[1], size)
        })
    }

    pub(super) fn select_op(&mut self, op: &Op, cond: Value, on_true: Value, on_false: Value) -> Result<Val> {
        if let Val::Int(expr) = self.value(cond)? {
            let holds = self.decide(&[&expr], |values| values[0] & 1)?;
            return self.value(if holds != 0 { on_true } else { on_false });
        }
        let dtype = Dtype::held(self.ty(on_true).elem);
        self.compute_tile(op, &[cond, on_true, on_false], dtype, |lower, args, size| {
            let mask = lower.mask_span(&args[0], size)?;
            lower.choose(&mask, &args[1], &args[2], dtype)
        })
    }

    /// A mask with as many elements as there are of the result.
    fn mask_span(&mut self, arg: &Arg, size: Size) -> Result<Span> {
        match arg {
            Arg::Span(span) if span.free() == size.free => Ok(span.clone()),
            Arg::Span(span) => Ok(Span { dims: vec![(0, size.free)], ..span.clone() }),
            Arg::Float(_) | Arg::Int(_) => self.broken("a mask that is a number"),
        }
    }

    pub(super) fn cast_op(&mut self, op: &Op, kind: CastOp, x: Value) -> Result<Val> {
        let (from, to) = (self.ty(x).elem, self.ty(op.results[0]).elem);
        let val = self.value(x)?;
        if let Some(folded) = self.fold_cast(kind, &val, from, to)? {
            return Ok(folded);
        }
        if self.is_alias(op, kind) {
            return Ok(val);
        }
        if !self.holds_integers(op, kind, from, to) {
            return self.refuse(op, to, "numbers here leave 32 bits; use `u32` or bound the parameters");
        }
        self.compute_tile(op, &[x], Dtype::held(to), |lower, args, size| match &args[0] {
            Arg::Span(x) => lower.convert_elements(op, kind, x, size),
            Arg::Float(_) | Arg::Int(_) => lower.broken("a conversion of a number"),
        })
    }

    /// Whether 32 bits hold what a conversion to 64 makes.
    fn holds_integers(&self, op: &Op, kind: CastOp, from: Elem, to: Elem) -> bool {
        let wide = matches!(to, Elem::I64 | Elem::Index);
        let range = self.range(op.results[0]);
        let fits = range.lo() >= i32::MIN.into() && range.hi() <= i32::MAX.into();
        let saturates = matches!(kind, CastOp::ExtU | CastOp::IndexU | CastOp::FpToSInt | CastOp::FpToUInt);
        !wide || fits || from == Elem::I1 || saturates
    }
}

/// What an operation without a name of the user's makes.
fn word(kind: &OpKind) -> &'static str {
    match kind {
        OpKind::Unary(op, _) => match op {
            UnaryOp::Neg => "negated",
            UnaryOp::Abs => "magnitude",
            UnaryOp::Exp => "power",
            UnaryOp::Log => "logarithm",
            UnaryOp::Sqrt | UnaryOp::Rsqrt => "root",
            UnaryOp::Tanh => "tangent",
            UnaryOp::Sin => "sine",
            UnaryOp::Cos => "cosine",
            UnaryOp::Floor => "floor",
        },
        OpKind::Binary(op, ..) => match op {
            BinaryOp::Add => "total",
            BinaryOp::Sub => "difference",
            BinaryOp::Mul => "product",
            BinaryOp::DivF | BinaryOp::DivS | BinaryOp::DivU => "quotient",
            BinaryOp::RemS | BinaryOp::RemU => "rest",
            BinaryOp::MinF | BinaryOp::MinS | BinaryOp::MinU => "least",
            BinaryOp::MaxF | BinaryOp::MaxS | BinaryOp::MaxU => "most",
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => "bits",
        },
        OpKind::Fma(..) => "total",
        OpKind::Compare(..) => "holds",
        OpKind::Select { .. } => "chosen",
        OpKind::Cast(..) => "converted",
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
        | OpKind::Slice { .. }
        | OpKind::InsertSlice { .. }
        | OpKind::Extract { .. }
        | OpKind::Insert { .. }
        | OpKind::Reduce { .. }
        | OpKind::Contract { .. }
        | OpKind::CreateMask { .. }
        | OpKind::Load { .. }
        | OpKind::Store { .. }
        | OpKind::LoadScalar { .. }
        | OpKind::StoreScalar { .. }
        | OpKind::Gather { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => "tile",
    }
}
