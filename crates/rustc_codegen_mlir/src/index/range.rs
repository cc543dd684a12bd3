//! Ranges of unsigned integers.

use std::collections::HashMap;

use tile_ir::{BinaryOp, Block, CastOp, Elem, Kernel, Literal, Number, OpKind, ParamKind, Type, Value};

/// Least and greatest value, read as unsigned.
pub(super) type Range = (u64, u64);

/// Greatest value of an integer type; of `index`, the greatest that is not negative.
pub(super) fn most(elem: Elem) -> u64 {
    match elem {
        Elem::I1 => 1,
        Elem::I8 => u64::from(u8::MAX),
        Elem::I32 => u64::from(u32::MAX),
        Elem::I64 => u64::MAX,
        Elem::Index => i64::MAX as u64,
        Elem::F32 | Elem::F16 | Elem::Bf16 => 0,
    }
}

/// Ranges of a kernel's integer scalars.
pub(super) struct Ranges {
    known: HashMap<Value, Range>,
}

impl Ranges {
    /// Computes all ranges.
    pub(super) fn of(kernel: &Kernel) -> Ranges {
        let mut ranges = Ranges { known: HashMap::new() };
        for param in &kernel.params {
            if let ParamKind::Scalar(scalar) = &param.kind
                && scalar.elem.is_int()
            {
                let end = scalar.bound.map_or(most(scalar.elem), |bound| bound.saturating_sub(1));
                ranges.known.insert(scalar.value, (0, end.min(most(scalar.elem))));
            }
        }
        ranges.block(kernel, &kernel.body);
        ranges
    }

    /// Range of a value; `None` for an `index` that may be negative, and for what is no integer scalar.
    pub(super) fn get(&self, value: Value) -> Option<Range> {
        self.known.get(&value).copied()
    }

    fn block(&mut self, kernel: &Kernel, block: &Block) {
        for &arg in &block.args {
            if !self.known.contains_key(&arg) {
                self.insert(arg, kernel.ty(arg), None);
            }
        }
        for op in &block.ops {
            if let OpKind::For { lower, upper, body, .. } = &op.kind
                && let (Some(&counter), Some(lower), Some(upper)) =
                    (body.args.first(), self.get(*lower), self.get(*upper))
            {
                self.known.insert(counter, (lower.0, upper.1.saturating_sub(1).max(lower.0)));
            }
            for nested in op.kind.blocks() {
                self.block(kernel, nested);
            }
            for &result in &op.results {
                let ty = kernel.ty(result);
                let range = if op.results.len() == 1 { self.result(kernel, &op.kind, ty) } else { None };
                self.insert(result, ty, range);
            }
        }
    }

    /// Records a range if the type can hold it, else the type's own.
    fn insert(&mut self, value: Value, ty: Type, range: Option<Range>) {
        if !ty.is_scalar() || ty.elem.is_float() {
            return;
        }
        match range.filter(|range| range.1 <= most(ty.elem)) {
            Some(range) => {
                self.known.insert(value, range);
            }
            None if ty.elem == Elem::Index => {}
            None => {
                self.known.insert(value, (0, most(ty.elem)));
            }
        }
    }

    fn result(&self, kernel: &Kernel, kind: &OpKind, ty: Type) -> Option<Range> {
        match kind {
            OpKind::ProgramId(axis) => Some((0, kernel.grid[axis.index()].saturating_sub(1))),
            OpKind::NumPrograms(axis) => Some((kernel.grid[axis.index()], kernel.grid[axis.index()])),
            OpKind::Constant(Literal::Splat(Number::Int(number))) => {
                let shift = 64 - ty.elem.bits().clamp(1, 64);
                let bits = if ty.elem == Elem::I1 { *number as u64 & 1 } else { (*number as u64) << shift >> shift };
                Some((bits, bits))
            }
            OpKind::Cast(CastOp::ExtU | CastOp::IndexU | CastOp::TruncI, a) => self.get(*a),
            OpKind::Cast(CastOp::ExtS | CastOp::IndexS, a) => {
                let positive = most(kernel.ty(*a).elem) / 2;
                self.get(*a).filter(|range| range.1 <= positive)
            }
            OpKind::Binary(op, a, b) => binary(*op, self.get(*a)?, self.get(*b)?),
            OpKind::Select { on_true, on_false, .. } => {
                let (a, b) = (self.get(*on_true)?, self.get(*on_false)?);
                Some((a.0.min(b.0), a.1.max(b.1)))
            }
            _ => None,
        }
    }
}

/// The exact range, not yet cut to a type.
fn binary(op: BinaryOp, a: Range, b: Range) -> Option<Range> {
    Some(match op {
        BinaryOp::Add => (a.0.checked_add(b.0)?, a.1.checked_add(b.1)?),
        BinaryOp::Mul => (a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?),
        BinaryOp::Sub if a.0 >= b.1 => (a.0 - b.1, a.1 - b.0),
        BinaryOp::DivU => (a.0.checked_div(b.1)?, a.1.checked_div(b.0)?),
        BinaryOp::RemU => (0, a.1.min(b.1.checked_sub(1)?)),
        BinaryOp::MinU => (a.0.min(b.0), a.1.min(b.1)),
        BinaryOp::MaxU => (a.0.max(b.0), a.1.max(b.1)),
        BinaryOp::And => (0, a.1.min(b.1)),
        BinaryOp::ShrU if b.0 == b.1 && b.0 < 64 => (a.0 >> b.0, a.1 >> b.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_arithmetic() {
        assert_eq!(binary(BinaryOp::Add, (1, 2), (3, 4)), Some((4, 6)));
        assert_eq!(binary(BinaryOp::Add, (0, u64::MAX), (1, 1)), None);
        assert_eq!(binary(BinaryOp::Sub, (5, 9), (1, 5)), Some((0, 8)));
        assert_eq!(binary(BinaryOp::Sub, (0, 9), (1, 5)), None);
        assert_eq!(binary(BinaryOp::DivU, (8, 9), (0, 2)), None);
        assert_eq!(binary(BinaryOp::RemU, (0, 100), (7, 7)), Some((0, 6)));
        assert_eq!(binary(BinaryOp::ShrU, (8, 17), (2, 2)), Some((2, 4)));
    }
}
