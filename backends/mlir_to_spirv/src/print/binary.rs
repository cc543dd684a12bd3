//! Operations of two operands, and comparisons.

use lower_simt::ir::{Expr, Scalar};
use spirv::{GlslStd450Op as GLOp, Op};
use tile_ir::{BinaryOp, Predicate};

use super::Printer;
use crate::asm::{Id, Ty};
use crate::types::register;

impl Printer<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Id {
        let scalar = x.scalar(self.kernel);
        let (x, y) = (self.expr(x), self.expr(y));
        match scalar {
            Scalar::F32 => self.float_binary(op, x, y),
            Scalar::Bool => self.bool_binary(op, x, y),
            Scalar::I8 => self.byte_binary(op, x, y),
            Scalar::I32 | Scalar::I64 => self.int_binary(op, register(scalar), x, y),
        }
    }

    fn float_binary(&mut self, op: BinaryOp, x: Id, y: Id) -> Id {
        match op {
            BinaryOp::Add => self.float_op(Op::FAdd, &[x, y]),
            BinaryOp::Sub => self.float_op(Op::FSub, &[x, y]),
            BinaryOp::Mul => self.float_op(Op::FMul, &[x, y]),
            BinaryOp::DivF => self.float_op(Op::FDiv, &[x, y]),
            BinaryOp::MinF => self.glsl(GLOp::NMin, Ty::Float, &[x, y]),
            BinaryOp::MaxF => self.glsl(GLOp::NMax, Ty::Float, &[x, y]),
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
            | BinaryOp::ShrU => self.no_value(format!("`{}` on f32", op.mlir_name(false))),
        }
    }

    fn bool_binary(&mut self, op: BinaryOp, x: Id, y: Id) -> Id {
        match op {
            BinaryOp::And => self.op(Op::LogicalAnd, Ty::Bool, &[x, y]),
            BinaryOp::Or => self.op(Op::LogicalOr, Ty::Bool, &[x, y]),
            BinaryOp::Xor => self.op(Op::LogicalNotEqual, Ty::Bool, &[x, y]),
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => self.no_value(format!("`{}` on i1", op.mlir_name(false))),
        }
    }

    /// On words below 256: as words, and back to 8 bits.
    fn byte_binary(&mut self, op: BinaryOp, x: Id, y: Id) -> Id {
        let signed = match op {
            BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS => true,
            BinaryOp::ShrS => {
                let x = self.sign_extend_byte(x);
                let shifted = self.int_binary(op, Ty::Uint, x, y);
                return self.low_byte(shifted);
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivU
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrU => false,
        };
        let (x, y) = if signed { (self.sign_extend_byte(x), self.sign_extend_byte(y)) } else { (x, y) };
        let result = self.int_binary(op, Ty::Uint, x, y);
        self.low_byte(result)
    }

    /// The low 8 bits.
    pub(super) fn low_byte(&mut self, x: Id) -> Id {
        let mask = self.module.uint(0xff);
        self.op(Op::BitwiseAnd, Ty::Uint, &[x, mask])
    }

    /// 8 bits as a signed word.
    pub(super) fn sign_extend_byte(&mut self, x: Id) -> Id {
        let amount = self.module.uint(24);
        let high = self.op(Op::ShiftLeftLogical, Ty::Uint, &[x, amount]);
        self.op(Op::ShiftRightArithmetic, Ty::Uint, &[high, amount])
    }

    fn int_binary(&mut self, op: BinaryOp, ty: Ty, x: Id, y: Id) -> Id {
        let op = match op {
            BinaryOp::Add => Op::IAdd,
            BinaryOp::Sub => Op::ISub,
            BinaryOp::Mul => Op::IMul,
            BinaryOp::And => Op::BitwiseAnd,
            BinaryOp::Or => Op::BitwiseOr,
            BinaryOp::Xor => Op::BitwiseXor,
            BinaryOp::DivS => Op::SDiv,
            BinaryOp::DivU => Op::UDiv,
            BinaryOp::RemU => Op::UMod,
            // Vulkan leaves `OpSRem` of negative numbers open.
            BinaryOp::RemS => {
                let quotient = self.op(Op::SDiv, ty, &[x, y]);
                let product = self.op(Op::IMul, ty, &[quotient, y]);
                return self.op(Op::ISub, ty, &[x, product]);
            }
            BinaryOp::Shl => Op::ShiftLeftLogical,
            BinaryOp::ShrU => Op::ShiftRightLogical,
            BinaryOp::ShrS => Op::ShiftRightArithmetic,
            BinaryOp::MinS => return self.extreme(GLOp::SMin, Op::SLessThan, ty, x, y),
            BinaryOp::MaxS => return self.extreme(GLOp::SMax, Op::SGreaterThan, ty, x, y),
            BinaryOp::MinU => return self.extreme(GLOp::UMin, Op::ULessThan, ty, x, y),
            BinaryOp::MaxU => return self.extreme(GLOp::UMax, Op::UGreaterThan, ty, x, y),
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => {
                return self.no_value(format!("`{}` on an integer type", op.mlir_name(true)));
            }
        };
        self.op(op, ty, &[x, y])
    }

    /// The smaller or larger one; the extended instructions know 32 bits only.
    pub(super) fn extreme(&mut self, short: GLOp, wide: Op, ty: Ty, x: Id, y: Id) -> Id {
        match ty {
            Ty::Ulong => {
                let first = self.op(wide, Ty::Bool, &[x, y]);
                self.choose(ty, first, x, y)
            }
            Ty::Uint | Ty::Float | Ty::Bool | Ty::Byte | Ty::Short => self.glsl(short, ty, &[x, y]),
        }
    }

    pub(super) fn compare(&mut self, predicate: Predicate, x: &Expr, y: &Expr) -> Id {
        let scalar = x.scalar(self.kernel);
        if predicate.is_float() != (scalar == Scalar::F32) {
            return self.no_value("a comparison of the other kind of number");
        }
        let (mut x, mut y) = (self.expr(x), self.expr(y));
        if scalar == Scalar::Bool {
            return self.compare_bools(predicate, x, y);
        }
        let (op, signed) = match predicate {
            Predicate::FEq => (Op::FOrdEqual, false),
            Predicate::FNe => (Op::FUnordNotEqual, false),
            Predicate::FLt => (Op::FOrdLessThan, false),
            Predicate::FLe => (Op::FOrdLessThanEqual, false),
            Predicate::FGt => (Op::FOrdGreaterThan, false),
            Predicate::FGe => (Op::FOrdGreaterThanEqual, false),
            Predicate::IEq => (Op::IEqual, false),
            Predicate::INe => (Op::INotEqual, false),
            Predicate::ULt => (Op::ULessThan, false),
            Predicate::ULe => (Op::ULessThanEqual, false),
            Predicate::UGt => (Op::UGreaterThan, false),
            Predicate::UGe => (Op::UGreaterThanEqual, false),
            Predicate::SLt => (Op::SLessThan, true),
            Predicate::SLe => (Op::SLessThanEqual, true),
            Predicate::SGt => (Op::SGreaterThan, true),
            Predicate::SGe => (Op::SGreaterThanEqual, true),
        };
        if signed && scalar == Scalar::I8 {
            (x, y) = (self.sign_extend_byte(x), self.sign_extend_byte(y));
        }
        self.op(op, Ty::Bool, &[x, y])
    }

    /// A signed bit is 0 or -1: its order is the other way round.
    fn compare_bools(&mut self, predicate: Predicate, x: Id, y: Id) -> Id {
        let (op, denied, kept) = match predicate {
            Predicate::IEq => return self.op(Op::LogicalEqual, Ty::Bool, &[x, y]),
            Predicate::INe => return self.op(Op::LogicalNotEqual, Ty::Bool, &[x, y]),
            Predicate::ULt | Predicate::SGt => (Op::LogicalAnd, x, y),
            Predicate::ULe | Predicate::SGe => (Op::LogicalOr, x, y),
            Predicate::UGt | Predicate::SLt => (Op::LogicalAnd, y, x),
            Predicate::UGe | Predicate::SLe => (Op::LogicalOr, y, x),
            Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
                return self.no_value("a comparison of the other kind of number");
            }
        };
        let not = self.op(Op::LogicalNot, Ty::Bool, &[denied]);
        self.op(op, Ty::Bool, &[not, kept])
    }
}
