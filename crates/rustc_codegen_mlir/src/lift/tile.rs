//! Intrinsics: dispatch, program indices, making tiles, elementwise operations.

use tile::abi::{BinaryCode, CompareCode, ElemCode, UnaryCode};
use tile_ir::{Axis, BinaryOp, CastOp, Elem, Literal, OpKind, Predicate, Type, UnaryOp, Value};

use super::types::{Dims, signed};
use super::{Lifted, Lifter, Lifting};
use crate::errors::Problem;
use crate::llvm::Value as LlvmValue;
use crate::params::{constant, elem, elem_code};

/// Reads an operation code with its table's `from_code`.
macro_rules! code {
    ($table:ident, $value:expr) => {{
        let what = "the operation";
        let code = constant($value, what)?;
        let known = u32::try_from(code).ok().and_then($table::from_code);
        known.ok_or_else(|| Problem::BadCode { what: what.into(), value: code })
    }};
}

/// Leading dimensions of the view of an access, beyond rows and columns.
fn matrices(name: &str) -> usize {
    usize::from(name.ends_with("_matrix"))
}

impl<'m> Lifter<'_, 'm> {
    /// Lifts a call of an intrinsic. `None`: it has no value.
    pub(super) fn intrinsic(&mut self, name: &str, args: &[LlvmValue<'m>]) -> Lifting<Option<Lifted>> {
        let value = match name {
            "__tile_bind_view"
            | "__tile_bind_partition"
            | "__tile_bind_row"
            | "__tile_bind_matrix"
            | "__tile_bind_u32"
            | "__tile_bind_f32" => {
                return Ok(None);
            }
            "__tile_store" | "__tile_store_matrix" => {
                self.store(args, matrices(name))?;
                return Ok(None);
            }
            "__tile_program_id" => self.program(args, OpKind::ProgramId)?,
            "__tile_num_programs" => self.program(args, OpKind::NumPrograms)?,
            "__tile_load" | "__tile_load_matrix" => self.load(args, matrices(name))?,
            "__tile_gather" => self.gather(args)?,
            "__tile_splat_f32" => self.splat_float(args)?,
            "__tile_splat_u32" => self.splat_integer(args)?,
            "__tile_iota" => self.iota(args)?,
            "__tile_unary" => {
                let (op, code) = (code!(UnaryCode, args.first())?, elem_code(args.get(2))?);
                let ty = Dims::read(args, 3)?.tile(elem(code))?;
                let x = self.tile(args[1], ty)?;
                self.unary_code(op, code, x)?
            }
            "__tile_scalar_unary" => {
                let op = code!(UnaryCode, args.first())?;
                let x = self.value(args[1])?;
                self.unary_code(op, ElemCode::F32, x)?
            }
            "__tile_binary" => {
                let (op, code) = (code!(BinaryCode, args.first())?, elem_code(args.get(3))?);
                let ty = Dims::read(args, 4)?.tile(elem(code))?;
                let (lhs, rhs) = (self.tile(args[1], ty)?, self.tile(args[2], ty)?);
                let op = binary(op, code)?;
                self.op(OpKind::Binary(op, lhs, rhs), ty)
            }
            "__tile_fma" => {
                let ty = Dims::read(args, 4)?.tile(elem(elem_code(args.get(3))?))?;
                let (x, y, z) = (self.tile(args[0], ty)?, self.tile(args[1], ty)?, self.tile(args[2], ty)?);
                self.op(OpKind::Fma(x, y, z), ty)
            }
            "__tile_compare" => {
                let (op, code) = (code!(CompareCode, args.first())?, elem_code(args.get(3))?);
                let ty = Dims::read(args, 4)?.tile(elem(code))?;
                let (lhs, rhs) = (self.tile(args[1], ty)?, self.tile(args[2], ty)?);
                self.compare(predicate(op, code), lhs, rhs)
            }
            "__tile_select" => {
                let ty = Dims::read(args, 4)?.tile(elem(elem_code(args.get(3))?))?;
                let cond = self.tile(args[0], ty.with_elem(Elem::I1))?;
                let (on_true, on_false) = (self.tile(args[1], ty)?, self.tile(args[2], ty)?);
                self.op(OpKind::Select { cond, on_true, on_false }, ty)
            }
            "__tile_cast" => {
                let (from, to) = (elem_code(args.get(1))?, elem_code(args.get(2))?);
                let dims = Dims::read(args, 3)?;
                let x = self.tile(args[0], dims.tile(elem(from))?)?;
                self.convert(x, from, to)
            }
            _ => {
                return self.shape_intrinsic(name, args).map(|value| Some(Lifted::Value(value)));
            }
        };
        Ok(Some(Lifted::Value(value)))
    }

    fn program(&mut self, args: &[LlvmValue<'m>], kind: impl FnOnce(Axis) -> OpKind) -> Lifting<Value> {
        let axis = constant(args.first(), "the program axis")?;
        let known = usize::try_from(axis).ok().and_then(|axis| Axis::ALL.get(axis).copied());
        let axis = known.ok_or(Problem::BadCode { what: "the program axis".into(), value: axis })?;
        let index = self.op(kind(axis), Type::INDEX);
        Ok(self.op(OpKind::Cast(CastOp::IndexU, index), Type::I32))
    }

    fn splat_float(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let code = elem_code(args.get(1))?;
        let ty = Dims::read(args, 2)?.tile(elem(code))?;
        if !ty.elem.is_float() {
            return Err(Some(element_type("splat of a float", code)));
        }
        let value = self.value(args[0])?;
        if let Some(tile_ir::Number::Float(number)) = self.cfg.number(value) {
            return Ok(self.float(ty, number));
        }
        let value = match ty.elem {
            Elem::F32 => value,
            _ => self.op(OpKind::Cast(CastOp::TruncF, value), Type::scalar(ty.elem)),
        };
        Ok(self.op(OpKind::Broadcast(value), ty))
    }

    fn splat_integer(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let code = elem_code(args.get(1))?;
        let ty = Dims::read(args, 2)?.tile(elem(code))?;
        let value = self.value(args[0])?;
        if let Some(number) = self.cfg.integer(value) {
            let number = match code {
                ElemCode::Bool => i64::from(number & 1 == 1),
                ElemCode::I8 => i64::from(number as i8),
                ElemCode::U32 | ElemCode::I32 => number,
                ElemCode::F32 | ElemCode::Bf16 | ElemCode::F16 => {
                    return Err(Some(element_type("splat of an integer", code)));
                }
            };
            return Ok(self.int(ty, number));
        }
        let value = match code {
            ElemCode::U32 | ElemCode::I32 => value,
            ElemCode::I8 | ElemCode::Bool => self.op(OpKind::Cast(CastOp::TruncI, value), Type::scalar(ty.elem)),
            ElemCode::F32 | ElemCode::Bf16 | ElemCode::F16 => {
                return Err(Some(element_type("splat of an integer", code)));
            }
        };
        Ok(self.op(OpKind::Broadcast(value), ty))
    }

    fn iota(&mut self, args: &[LlvmValue<'m>]) -> Lifting<Value> {
        let axis = constant(args.first(), "the axis")?;
        let dims = Dims::read(args, 1)?;
        let ty = dims.tile(Elem::I32)?;
        let dim = super::shape::dimension(axis, dims)?;
        // The numbers once, then repeated along the other dimensions.
        let mut flat = vec![1; ty.shape.rank()];
        flat[dim] = ty.shape.dims()[dim];
        let numbers = Type::tile(Elem::I32, &flat).unwrap_or(ty);
        let iota = self.op(OpKind::Constant(Literal::Iota { dim }), numbers);
        Ok(if numbers == ty { iota } else { self.op(OpKind::Broadcast(iota), ty) })
    }

    fn unary_code(&mut self, op: UnaryCode, code: ElemCode, x: Value) -> Lifting<Value> {
        let ty = self.cfg.ty(x);
        let float = ty.elem.is_float();
        let op = match op {
            UnaryCode::Neg if !float => {
                let zero = self.int(ty, 0);
                return Ok(self.binary(BinaryOp::Sub, zero, x));
            }
            UnaryCode::Abs if !float => {
                if !signed(code) {
                    return Ok(x);
                }
                let zero = self.int(ty, 0);
                let negated = self.binary(BinaryOp::Sub, zero, x);
                return Ok(self.binary(BinaryOp::MaxS, x, negated));
            }
            UnaryCode::Not if !float => {
                let ones = self.int(ty, if code == ElemCode::Bool { 1 } else { -1 });
                return Ok(self.binary(BinaryOp::Xor, x, ones));
            }
            UnaryCode::Not => return Err(Some(element_type(op.name(), code))),
            _ if !float => return Err(Some(element_type(op.name(), code))),
            UnaryCode::Recip => {
                let one = self.float(ty, 1.0);
                return Ok(self.binary(BinaryOp::DivF, one, x));
            }
            UnaryCode::Neg => UnaryOp::Neg,
            UnaryCode::Abs => UnaryOp::Abs,
            UnaryCode::Exp => UnaryOp::Exp,
            UnaryCode::Log => UnaryOp::Log,
            UnaryCode::Sqrt => UnaryOp::Sqrt,
            UnaryCode::Rsqrt => UnaryOp::Rsqrt,
            UnaryCode::Tanh => UnaryOp::Tanh,
            UnaryCode::Sin => UnaryOp::Sin,
            UnaryCode::Cos => UnaryOp::Cos,
            UnaryCode::Floor => UnaryOp::Floor,
        };
        Ok(self.unary(op, x))
    }

    /// Value conversion between element types.
    fn convert(&mut self, x: Value, from: ElemCode, to: ElemCode) -> Value {
        let ty = self.cfg.ty(x);
        let target = ty.with_elem(elem(to));
        let (from_float, to_float) = (ty.elem.is_float(), target.elem.is_float());
        if to == ElemCode::Bool && from != ElemCode::Bool {
            let zero = self.cfg.zero(ty, &self.loc);
            let predicate = if from_float { Predicate::FNe } else { Predicate::INe };
            return self.compare(predicate, x, zero);
        }
        let cast = match (from_float, to_float) {
            _ if ty.elem == target.elem => return x,
            (true, true) if ty.elem.bits() < target.elem.bits() => CastOp::ExtF,
            (true, true) if ty.elem.bits() > target.elem.bits() => CastOp::TruncF,
            (true, true) => {
                // Between the two 16-bit formats: through f32, which holds both.
                let wide = self.op(OpKind::Cast(CastOp::ExtF, x), ty.with_elem(Elem::F32));
                return self.op(OpKind::Cast(CastOp::TruncF, wide), target);
            }
            (true, false) if signed(to) => CastOp::FpToSInt,
            (true, false) => CastOp::FpToUInt,
            (false, true) if signed(from) => CastOp::SIntToFp,
            (false, true) => CastOp::UIntToFp,
            (false, false) if ty.elem.bits() > target.elem.bits() => CastOp::TruncI,
            (false, false) if signed(from) => CastOp::ExtS,
            (false, false) => CastOp::ExtU,
        };
        self.op(OpKind::Cast(cast, x), target)
    }
}

/// An operation that does not exist for an element type.
pub(super) fn element_type(what: &str, code: ElemCode) -> Problem {
    Problem::ElemType { what: what.to_owned(), elem: code.name().to_owned() }
}

/// The operation for this element type.
fn binary(op: BinaryCode, code: ElemCode) -> Result<BinaryOp, Problem> {
    let float = elem(code).is_float();
    let pick = |of_float: Option<BinaryOp>, of_signed: BinaryOp, of_unsigned: BinaryOp| {
        let integer = if signed(code) { of_signed } else { of_unsigned };
        if float { of_float } else { Some(integer) }
    };
    let same = |op: BinaryOp| pick(Some(op), op, op);
    let integer = |op: BinaryOp| pick(None, op, op);
    let truth = code == ElemCode::Bool;
    let picked = match op {
        BinaryCode::Add => same(BinaryOp::Add),
        BinaryCode::Sub => same(BinaryOp::Sub),
        BinaryCode::Mul => same(BinaryOp::Mul),
        BinaryCode::Div => pick(Some(BinaryOp::DivF), BinaryOp::DivS, BinaryOp::DivU),
        BinaryCode::Rem => pick(None, BinaryOp::RemS, BinaryOp::RemU),
        BinaryCode::Min => pick(Some(BinaryOp::MinF), BinaryOp::MinS, BinaryOp::MinU),
        BinaryCode::Max => pick(Some(BinaryOp::MaxF), BinaryOp::MaxS, BinaryOp::MaxU),
        BinaryCode::And => integer(BinaryOp::And),
        BinaryCode::Or => integer(BinaryOp::Or),
        BinaryCode::Xor => integer(BinaryOp::Xor),
        BinaryCode::Shl => integer(BinaryOp::Shl),
        BinaryCode::Shr => pick(None, BinaryOp::ShrS, BinaryOp::ShrU),
    };
    let logical = matches!(op, BinaryCode::And | BinaryCode::Or | BinaryCode::Xor);
    picked.filter(|_| !truth || logical).ok_or_else(|| element_type(op.name(), code))
}

fn predicate(op: CompareCode, code: ElemCode) -> Predicate {
    let pick = |float: Predicate, of_signed: Predicate, unsigned: Predicate| match elem(code).is_float() {
        true => float,
        false if signed(code) => of_signed,
        false => unsigned,
    };
    match op {
        CompareCode::Eq => pick(Predicate::FEq, Predicate::IEq, Predicate::IEq),
        CompareCode::Ne => pick(Predicate::FNe, Predicate::INe, Predicate::INe),
        CompareCode::Lt => pick(Predicate::FLt, Predicate::SLt, Predicate::ULt),
        CompareCode::Le => pick(Predicate::FLe, Predicate::SLe, Predicate::ULe),
        CompareCode::Gt => pick(Predicate::FGt, Predicate::SGt, Predicate::UGt),
        CompareCode::Ge => pick(Predicate::FGe, Predicate::SGe, Predicate::UGe),
    }
}
