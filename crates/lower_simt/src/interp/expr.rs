//! Evaluation of expressions for all threads at once.

use super::arith;
use super::memory::Agent;
use super::state::{Fault, Machine, Mask, Value};
use super::trap::TrapKind;
use crate::ir::{Builtin, Convert, Expr, Place, Scalar, Var};

impl<'a> Machine<'a> {
    /// Values in the threads of `mask`; elsewhere anything.
    pub(super) fn eval(&mut self, expr: &'a Expr, mask: &Mask) -> Result<Value, Fault> {
        match expr {
            Expr::Float(value) => Ok(self.value(Scalar::F32, u64::from(value.to_bits()))),
            Expr::Int(scalar, bits) => Ok(self.value(*scalar, *bits)),
            Expr::Bool(bit) => Ok(self.value(Scalar::Bool, u64::from(*bit))),
            Expr::Var(var) => {
                let slot = self.slot(*var, 0, 1)?;
                self.register(*var, slot, mask)
            }
            Expr::Element(var, index) => {
                let index = self.eval(index, mask)?;
                let value = self.element(*var, &index, mask);
                self.free(index);
                value
            }
            Expr::Builtin(builtin) => Ok(self.builtin(*builtin)),
            Expr::Param(param) => {
                let bits = self.scalars.get(*param).copied();
                let bits = bits.ok_or_else(|| TrapKind::Malformed(format!("parameter {param} does not exist")))?;
                Ok(self.value(expr.scalar(self.kernel), bits))
            }
            Expr::Unary(op, x) => {
                let mut x = self.float(x, mask)?;
                arith::unary(*op, &mut x.lanes);
                Ok(x)
            }
            Expr::Binary(op, x, y) => {
                let (mut x, y) = self.pair(x, y, mask)?;
                arith::binary(*op, x.scalar, &mut x.lanes, &y.lanes, mask)
                    .map_err(|(thread, kind)| Fault::at(thread, kind))?;
                self.free(y);
                Ok(x)
            }
            Expr::Fma(x, y, z) => {
                let (mut x, y, z) = (self.float(x, mask)?, self.float(y, mask)?, self.float(z, mask)?);
                arith::fma(&mut x.lanes, &y.lanes, &z.lanes);
                self.free(y);
                self.free(z);
                Ok(x)
            }
            Expr::Compare(predicate, x, y) => {
                let (mut x, y) = self.pair(x, y, mask)?;
                if predicate.is_float() != (x.scalar == Scalar::F32) {
                    return Err(TrapKind::Malformed(format!("{predicate:?} on {:?}", x.scalar)).into());
                }
                arith::compare(*predicate, x.scalar, &mut x.lanes, &y.lanes);
                self.free(y);
                Ok(Value { scalar: Scalar::Bool, lanes: x.lanes })
            }
            Expr::Select(condition, on_true, on_false) => {
                let condition = self.condition(condition, mask)?;
                let (yes, no) = (mask.split(&condition.lanes, true), mask.split(&condition.lanes, false));
                self.free(condition);
                // A side that no thread takes is not evaluated: it may be what the condition guards against.
                if no.none() {
                    return self.eval(on_true, mask);
                }
                if yes.none() {
                    return self.eval(on_false, mask);
                }
                let (mut x, y) = (self.eval(on_true, &yes)?, self.eval(on_false, &no)?);
                same(x.scalar, y.scalar)?;
                for thread in no.threads() {
                    x.lanes[thread] = y.lanes[thread];
                }
                self.free(y);
                Ok(x)
            }
            Expr::Convert(convert, x) => {
                let mut x = self.eval(x, mask)?;
                arith::convert(*convert, x.scalar, &mut x.lanes);
                x.scalar = match convert {
                    Convert::Round(_) | Convert::SignedToFloat | Convert::UnsignedToFloat => Scalar::F32,
                    Convert::FloatToSigned(to)
                    | Convert::FloatToUnsigned(to)
                    | Convert::SignExtend(to)
                    | Convert::ZeroExtend(to)
                    | Convert::Truncate(to)
                    | Convert::Bits(to) => *to,
                };
                Ok(x)
            }
            Expr::Load(place) => self.load(place, mask),
        }
    }

    fn float(&mut self, expr: &'a Expr, mask: &Mask) -> Result<Value, Fault> {
        let value = self.eval(expr, mask)?;
        same(Scalar::F32, value.scalar)?;
        Ok(value)
    }

    fn pair(&mut self, x: &'a Expr, y: &'a Expr, mask: &Mask) -> Result<(Value, Value), Fault> {
        let (x, y) = (self.eval(x, mask)?, self.eval(y, mask)?);
        same(x.scalar, y.scalar)?;
        Ok((x, y))
    }

    pub(super) fn condition(&mut self, expr: &'a Expr, mask: &Mask) -> Result<Value, Fault> {
        let value = self.eval(expr, mask)?;
        same(Scalar::Bool, value.scalar)?;
        Ok(value)
    }

    /// An index, offset or bound: `I32` or `I64`.
    pub(super) fn index(&mut self, expr: &'a Expr, mask: &Mask) -> Result<Value, Fault> {
        let value = self.eval(expr, mask)?;
        match value.scalar {
            Scalar::I32 | Scalar::I64 => Ok(value),
            Scalar::F32 | Scalar::Bool | Scalar::I8 => {
                Err(TrapKind::Malformed(format!("an index of type {:?}", value.scalar)).into())
            }
        }
    }

    fn builtin(&mut self, builtin: Builtin) -> Value {
        let uniform = match builtin {
            Builtin::Program(axis) => self.program[axis.index()] & u64::from(u32::MAX),
            Builtin::Thread | Builtin::Lane | Builtin::Subgroup => 0,
        };
        let mut value = self.value(Scalar::I32, uniform);
        let lanes = value.lanes.iter_mut().zip(0u64..);
        match builtin {
            Builtin::Thread => lanes.for_each(|(lane, thread)| *lane = thread),
            Builtin::Lane => lanes.for_each(|(lane, thread)| *lane = thread % 32),
            Builtin::Subgroup => lanes.for_each(|(lane, thread)| *lane = thread / 32),
            Builtin::Program(_) => {}
        }
        value
    }

    fn register(&mut self, var: Var, slot: usize, mask: &Mask) -> Result<Value, Fault> {
        self.check_defined(var, slot, mask)?;
        let mut lanes = self.pool.pop().unwrap_or_default();
        lanes.clear();
        lanes.extend_from_slice(&self.registers[slot * self.threads..][..self.threads]);
        Ok(Value { scalar: self.kernel.var(var).scalar, lanes })
    }

    /// The index all threads of `mask` agree on, if they do.
    pub(super) fn common(index: &Value, mask: &Mask) -> Option<i64> {
        let mut threads = mask.threads();
        let first = index.signed(threads.next()?);
        threads.all(|thread| index.signed(thread) == first).then_some(first)
    }

    fn element(&mut self, var: Var, index: &Value, mask: &Mask) -> Result<Value, Fault> {
        if let Some(index) = Machine::common(index, mask) {
            let slot = self.slot(var, index, 1)?;
            return self.register(var, slot, mask);
        }
        let mut value = self.value(self.kernel.var(var).scalar, 0);
        for thread in mask.threads() {
            let slot = self.slot(var, index.signed(thread), 1).map_err(|kind| Fault::at(thread, kind))?;
            let at = slot * self.threads + thread;
            if !self.full[slot] && !self.defined[at] {
                return Err(Fault::at(thread, TrapKind::Undefined(self.kernel.var(var).name.clone())));
            }
            value.lanes[thread] = self.registers[at];
        }
        Ok(value)
    }

    fn load(&mut self, place: &'a Place, mask: &Mask) -> Result<Value, Fault> {
        let mut offset = self.index(&place.offset, mask)?;
        let (memory, moment) = self.memory(place.memory)?;
        let fault = |thread| move |kind| Fault::at(thread, kind);
        for thread in mask.threads() {
            let at = memory.range(offset.signed(thread), 1).map_err(fault(thread))?;
            offset.lanes[thread] = memory.read(at, Agent(thread as u32), moment, place.owner).map_err(fault(thread))?;
        }
        offset.scalar = Scalar::of(memory.elem);
        Ok(offset)
    }
}

fn same(x: Scalar, y: Scalar) -> Result<(), Fault> {
    if x == y { Ok(()) } else { Err(TrapKind::Malformed(format!("{y:?} where {x:?} is wanted")).into()) }
}
