//! Expressions.

use lower_simt::ir::{Expr, Scalar};
use spirv::{GlslStd450Op as GLOp, Op, StorageClass};
use tile_ir::{BinaryOp, UnaryOp};

use super::{Printer, Slot};
use crate::asm::{Id, Ty};
use crate::types::register;

impl Printer<'_> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Id {
        match expr {
            Expr::Float(value) => self.module.float(*value),
            Expr::Int(scalar, value) => self.int(*scalar, *value),
            Expr::Bool(value) => self.module.truth(*value),
            Expr::Var(var) => match self.slot(*var) {
                Some(Slot::Value(id)) => id,
                Some(Slot::Scalar(variable, ty)) => self.read(variable, ty),
                Some(Slot::Array(..)) => self.no_value(format!("array {} is read as a number", var.0)),
                None => self.module.uint(0),
            },
            Expr::Element(var, index) => match self.slot(*var) {
                Some(Slot::Array(variable, ty)) => {
                    let index = self.expr(index);
                    let pointer = self.element(StorageClass::Function, variable, ty, index);
                    self.read(pointer, ty)
                }
                Some(Slot::Value(_) | Slot::Scalar(..)) => {
                    self.no_value(format!("number {} is read as an array", var.0))
                }
                None => self.module.uint(0),
            },
            Expr::Builtin(builtin) => match self.builtins.get(builtin) {
                Some(id) => *id,
                None => self.no_value(format!("{builtin:?} is not declared")),
            },
            Expr::Param(index) => match self.params.get(*index) {
                Some(Some(id)) => *id,
                Some(None) | None => self.no_value(format!("parameter {index} does not exist")),
            },
            Expr::Unary(op, x) => self.unary(*op, x),
            Expr::Binary(op, x, y) => self.binary(*op, x, y),
            Expr::Fma(x, y, z) => {
                let args = [self.expr(x), self.expr(y), self.expr(z)];
                self.glsl(GLOp::Fma, Ty::Float, &args)
            }
            Expr::Compare(predicate, x, y) => self.compare(*predicate, x, y),
            Expr::Select(condition, x, y) => self.select(condition, x, y),
            Expr::Convert(convert, x) => self.convert(*convert, x),
            Expr::Load(place) => self.load(place),
        }
    }

    /// An integer constant; `value` is its bits.
    pub(super) fn int(&mut self, scalar: Scalar, value: u64) -> Id {
        match scalar {
            Scalar::Bool => self.module.truth(value & 1 == 1),
            Scalar::I8 => self.module.uint(value as u32 & 0xff),
            Scalar::I32 | Scalar::F32 => self.module.uint(value as u32),
            Scalar::I64 => self.module.ulong(value),
        }
    }

    fn unary(&mut self, op: UnaryOp, x: &Expr) -> Id {
        let x = self.expr(x);
        match op {
            UnaryOp::Neg => self.op(Op::FNegate, Ty::Float, &[x]),
            UnaryOp::Abs => self.glsl(GLOp::FAbs, Ty::Float, &[x]),
            UnaryOp::Exp => self.exp(x),
            UnaryOp::Log => self.log(x),
            UnaryOp::Sqrt => self.glsl(GLOp::Sqrt, Ty::Float, &[x]),
            UnaryOp::Rsqrt => self.glsl(GLOp::InverseSqrt, Ty::Float, &[x]),
            UnaryOp::Tanh => self.tanh(x),
            UnaryOp::Sin => self.sin(x),
            UnaryOp::Cos => self.cos(x),
            UnaryOp::Floor => self.glsl(GLOp::Floor, Ty::Float, &[x]),
        }
    }

    /// One of two; only the chosen one is evaluated where that could be noticed.
    fn select(&mut self, condition: &Expr, x: &Expr, y: &Expr) -> Id {
        let ty = register(x.scalar(self.kernel));
        let condition = self.expr(condition);
        if harmless(x) && harmless(y) {
            let (x, y) = (self.expr(x), self.expr(y));
            return self.choose(ty, condition, x, y);
        }
        let [yes, no, out] = ["chosen", "not_chosen", "choice"].map(|name| self.label(name));
        self.split(condition, yes, no, out);
        let mut sides = Vec::new();
        for (label, side) in [(yes, x), (no, y)] {
            self.enter(label);
            self.function.deeper();
            let value = self.expr(side);
            sides.extend([value.into(), self.block.into()]);
            self.jump(out);
            self.function.shallower();
        }
        self.enter(out);
        let ty = self.module.ty(ty);
        self.typed(Op::Phi, ty, sides)
    }
}

/// Whether an expression may be evaluated where it is not wanted: it reads no memory, and no array where the index may be
/// outside, and divides by nothing that may be zero.
fn harmless(expr: &Expr) -> bool {
    let own = match expr {
        Expr::Load(_) => false,
        Expr::Element(_, index) => matches!(index.as_ref(), Expr::Int(..)),
        Expr::Binary(BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU, _, divisor) => {
            matches!(divisor.as_ref(), Expr::Int(_, 1..=0x7f))
        }
        Expr::Binary(
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
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU,
            ..,
        )
        | Expr::Float(_)
        | Expr::Int(..)
        | Expr::Bool(_)
        | Expr::Var(_)
        | Expr::Builtin(_)
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Select(..)
        | Expr::Convert(..) => true,
    };
    own && expr.operands().into_iter().all(harmless)
}
