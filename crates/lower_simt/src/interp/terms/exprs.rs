//! Expressions, in one thread.

use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::super::arith;
use super::super::state::Mask;
use super::{Machine, Value, hash, term};
use crate::ir::{Builtin, Convert, Expr, Memory, Place, Scalar, Var};

impl Machine<'_> {
    /// The value, or `None` where the program traps or has no terms.
    pub(super) fn eval(&mut self, expr: &Expr, thread: usize) -> Option<Value> {
        Some(match expr {
            Expr::Float(value) => Value::Known(u64::from(value.to_bits())),
            Expr::Int(_, bits) => Value::Known(*bits),
            Expr::Bool(bit) => Value::Known(u64::from(*bit)),
            Expr::Var(var) => self.registers[self.slot(*var, 0, 1)? * self.threads + thread]?,
            Expr::Element(var, index) => {
                let index = self.index(index, thread)?;
                self.registers[self.slot(*var, index, 1)? * self.threads + thread]?
            }
            Expr::Builtin(builtin) => Value::Known(match builtin {
                Builtin::Thread => thread as u64,
                Builtin::Lane => thread as u64 % 32,
                Builtin::Subgroup => thread as u64 / 32,
                Builtin::Program(axis) => self.program[axis.index()] & u64::from(u32::MAX),
            }),
            Expr::Param(param) => term(("param", param)),
            Expr::Unary(op, x) => {
                let x = self.eval(x, thread)?;
                match (op, x) {
                    (UnaryOp::Neg | UnaryOp::Abs | UnaryOp::Floor, Value::Known(bits)) => {
                        let mut lane = [bits];
                        arith::unary(*op, &mut lane);
                        Value::Known(lane[0])
                    }
                    // Targets compute these each in their way.
                    (
                        UnaryOp::Exp
                        | UnaryOp::Log
                        | UnaryOp::Sqrt
                        | UnaryOp::Rsqrt
                        | UnaryOp::Tanh
                        | UnaryOp::Sin
                        | UnaryOp::Cos,
                        _,
                    )
                    | (UnaryOp::Neg | UnaryOp::Abs | UnaryOp::Floor, Value::Term(..)) => term(("unary", op, x)),
                }
            }
            Expr::Binary(op, x, y) => {
                let scalar = x.scalar(self.kernel);
                let (x, y) = (self.eval(x, thread)?, self.eval(y, thread)?);
                self.binary(*op, scalar, x, y)?
            }
            Expr::Fma(x, y, z) => {
                let (x, y, z) = (self.eval(x, thread)?, self.eval(y, thread)?, self.eval(z, thread)?);
                if let (Value::Known(x), Value::Known(y), Value::Known(z)) = (x, y, z) {
                    let mut lane = [x];
                    arith::fma(&mut lane, &[y], &[z]);
                    Value::Known(lane[0])
                } else {
                    term(("fma", x, y, z))
                }
            }
            Expr::Compare(predicate, x, y) => {
                let scalar = x.scalar(self.kernel);
                let (x, y) = (self.eval(x, thread)?, self.eval(y, thread)?);
                if let (Value::Known(x), Value::Known(y)) = (x, y) {
                    let mut lane = [x];
                    arith::compare(*predicate, scalar, &mut lane, &[y]);
                    Value::Known(lane[0])
                } else {
                    term(("compare", predicate, x, y))
                }
            }
            Expr::Select(condition, x, y) => match self.eval(condition, thread)? {
                Value::Known(0) => self.eval(y, thread)?,
                Value::Known(_) => self.eval(x, thread)?,
                condition @ Value::Term(..) => {
                    // What a side does that may trap is done only if it is taken.
                    let before = std::mem::take(&mut self.partial);
                    let x = self.eval(x, thread)?;
                    let first = std::mem::take(&mut self.partial);
                    let y = self.eval(y, thread)?;
                    let second = std::mem::replace(&mut self.partial, before);
                    self.partial.extend(first.into_iter().map(|partial| hash((condition, true, partial))));
                    self.partial.extend(second.into_iter().map(|partial| hash((condition, false, partial))));
                    term(("select", condition, x, y))
                }
            },
            Expr::Convert(convert, x) => {
                let scalar = x.scalar(self.kernel);
                let x = self.eval(x, thread)?;
                self.convert(*convert, scalar, x)
            }
            Expr::Load(place) => self.load(place, thread)?,
        })
    }

    fn binary(&mut self, op: BinaryOp, scalar: Scalar, x: Value, y: Value) -> Option<Value> {
        // Targets divide floats each in their way.
        if let (Value::Known(x), Value::Known(y)) = (x, y)
            && op != BinaryOp::DivF
        {
            let mut lane = [x];
            arith::binary(op, scalar, &mut lane, &[y], &Mask::new(vec![true])).ok()?;
            return Some(Value::Known(lane[0]));
        }
        let always = match op {
            BinaryOp::DivU | BinaryOp::RemU => y.known().is_some_and(|y| y != 0),
            BinaryOp::DivS | BinaryOp::RemS => y.known().is_some_and(|y| y != 0 && arith::signed(scalar, y) != -1),
            BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => y.known().is_some_and(|y| y < u64::from(scalar.bits())),
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor => true,
        };
        let result = hash(("binary", op, scalar, x, y));
        if !always {
            self.partial.insert(result);
        }
        Some(Value::Term(result, None))
    }

    fn convert(&mut self, convert: Convert, from: Scalar, x: Value) -> Value {
        if let Value::Known(bits) = x {
            let mut lane = [bits];
            arith::convert(convert, from, &mut lane);
            return Value::Known(lane[0]);
        }
        match convert {
            Convert::Round(elem) => round(elem, x),
            Convert::FloatToSigned(_) | Convert::FloatToUnsigned(_) => {
                let result = hash(("convert", convert, from, x));
                self.partial.insert(result);
                Value::Term(result, None)
            }
            Convert::SignedToFloat
            | Convert::UnsignedToFloat
            | Convert::SignExtend(_)
            | Convert::ZeroExtend(_)
            | Convert::Truncate(_)
            | Convert::Bits(_) => term(("convert", convert, from, x)),
        }
    }

    /// An index, offset or bound.
    pub(super) fn index(&mut self, expr: &Expr, thread: usize) -> Option<i64> {
        let bits = self.eval(expr, thread)?.known()?;
        Some(arith::signed(expr.scalar(self.kernel), bits))
    }

    /// The register of `var[index]`, after which there are `lanes` in all.
    pub(super) fn slot(&self, var: Var, index: i64, lanes: usize) -> Option<usize> {
        let index = usize::try_from(index).ok()?;
        let len = self.kernel.vars.get(var.0 as usize)?.len.unwrap_or(1) as usize;
        (index.checked_add(lanes)? <= len).then(|| self.base[var.0 as usize] + index)
    }

    fn load(&mut self, place: &Place, thread: usize) -> Option<Value> {
        let at = self.index(&place.offset, thread)?;
        self.read(place.memory, at)
    }

    /// The element of a memory.
    pub(super) fn read(&self, memory: Memory, at: i64) -> Option<Value> {
        let at = usize::try_from(at).ok()?;
        match memory {
            Memory::Global(view) => self.views.get(view.index())?.get(at).copied(),
            Memory::Shared(shared) => *self.shared.get(shared.0 as usize)?.get(at)?,
        }
    }

    /// Writes the element of a memory.
    pub(super) fn write(&mut self, memory: Memory, at: i64, value: Value) -> Option<()> {
        let at = usize::try_from(at).ok()?;
        let value = round(self.kernel.memory_elem(memory), value);
        match memory {
            Memory::Global(view) => *self.views.get_mut(view.index())?.get_mut(at)? = value,
            Memory::Shared(shared) => *self.shared.get_mut(shared.0 as usize)?.get_mut(at)? = Some(value),
        }
        Some(())
    }
}

/// The value as `elem` holds it.
pub(super) fn round(elem: Elem, x: Value) -> Value {
    match (elem, x) {
        (Elem::F16 | Elem::Bf16, Value::Known(bits)) => {
            Value::Known(u64::from(arith::round(elem, f32::from_bits(bits as u32)).to_bits()))
        }
        (Elem::F16 | Elem::Bf16, Value::Term(_, narrow)) if narrow == Some(elem) => x,
        (Elem::F16 | Elem::Bf16, Value::Term(..)) => Value::Term(hash(("round", elem, x)), Some(elem)),
        (Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, _) => x,
    }
}
