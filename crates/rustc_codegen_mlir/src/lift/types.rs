//! Types of scalars and tiles.
//!
//! LLVM's integers have any width. Those without a type of their own in MLIR are kept, zero-extended, in the next wider
//! one ("carrier").

use tile::abi::ElemCode;
use tile_ir::{Elem, Type};

use super::Lifter;
use crate::errors::Problem;
use crate::llvm::{Op, TypeKind, Value as LlvmValue};
use crate::params::{constant, elem, elem_code};

/// Most elements of a tile.
const MOST_ELEMENTS: u64 = 1 << 24;

/// Type of a scalar.
pub(super) fn scalar(value: LlvmValue<'_>) -> Result<Type, Problem> {
    match value.type_kind() {
        TypeKind::LLVMFloatTypeKind => Ok(Type::F32),
        TypeKind::LLVMDoubleTypeKind => Err(Problem::Double),
        TypeKind::LLVMIntegerTypeKind => match value.int_width() {
            bits @ 65.. => Err(Problem::WideInteger { bits }),
            bits => Ok(Type::scalar(carrier(bits))),
        },
        TypeKind::LLVMPointerTypeKind => Err(Problem::HandleEscapes),
        _ => Err(Problem::ValueType { text: value.type_text() }),
    }
}

/// The type that holds integers of this width.
pub(super) fn carrier(bits: u32) -> Elem {
    match bits {
        0..=1 => Elem::I1,
        2..=8 => Elem::I8,
        9..=32 => Elem::I32,
        33.. => Elem::I64,
    }
}

/// Whether the width has a type of its own.
pub(super) fn exact(bits: u32) -> bool {
    matches!(bits, 1 | 8 | 32 | 64)
}

/// Low `bits` as a constant of the carrier: sign-extended if the width has a type of its own (`i1`: 0 or 1).
pub(super) fn canonical(number: u64, bits: u32) -> i64 {
    let shift = 64 - bits.clamp(1, 64);
    let low = number << shift >> shift;
    if exact(bits) && bits > 1 { (low << shift) as i64 >> shift } else { low as i64 }
}

/// Shape given as `(b, r, c)`: rank 2 if `b` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dims {
    pub(super) b: u64,
    pub(super) r: u64,
    pub(super) c: u64,
}

impl Dims {
    /// Reads three arguments starting at `first`.
    pub(super) fn read(args: &[LlvmValue<'_>], first: usize) -> Result<Dims, Problem> {
        let number = |i: usize| constant(args.get(first + i), "the shape of a tile");
        Ok(Dims { b: number(0)?, r: number(1)?, c: number(2)? })
    }

    /// Rank-2 shape from two arguments.
    pub(super) fn read_flat(args: &[LlvmValue<'_>], first: usize) -> Result<Dims, Problem> {
        let number = |i: usize| constant(args.get(first + i), "the shape of a tile");
        Ok(Dims { b: 0, r: number(0)?, c: number(1)? })
    }

    /// Dimensions, outermost first.
    pub(super) fn list(self) -> Vec<u64> {
        if self.b == 0 { vec![self.r, self.c] } else { vec![self.b, self.r, self.c] }
    }

    /// The tile type.
    pub(super) fn tile(self, elem: Elem) -> Result<Type, Problem> {
        let list = self.list();
        let count = list.iter().try_fold(1_u64, |n, &d| n.checked_mul(d).filter(|&n| n > 0 && n <= MOST_ELEMENTS));
        let ty = Type::tile(elem, &list).filter(|_| count.is_some());
        ty.ok_or_else(|| {
            let shape = list.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
            Problem::BadShape { what: "this tile".into(), shape }
        })
    }
}

/// Type of the tile an intrinsic makes; `None` if it makes none.
pub(super) fn result(name: &str, args: &[LlvmValue<'_>]) -> Result<Option<Type>, Problem> {
    let code = |i: usize| elem_code(args.get(i)).map(elem);
    let shaped = |code_at: usize, dims_at: usize| Dims::read(args, dims_at)?.tile(code(code_at)?).map(Some);
    match name {
        "__tile_load" => Dims::read_flat(args, 6)?.tile(code(1)?).map(Some),
        "__tile_load_matrix" => Dims::read_flat(args, 8)?.tile(code(1)?).map(Some),
        "__tile_gather" => Dims::read_flat(args, 5)?.tile(code(1)?).map(Some),
        "__tile_splat_f32" | "__tile_splat_u32" => shaped(1, 2),
        "__tile_iota" => Dims::read(args, 1)?.tile(Elem::I32).map(Some),
        "__tile_unary" => shaped(2, 3),
        "__tile_binary" | "__tile_fma" | "__tile_select" => shaped(3, 4),
        "__tile_compare" => Dims::read(args, 4)?.tile(Elem::I1).map(Some),
        "__tile_cast" => shaped(2, 3),
        "__tile_broadcast" | "__tile_reshape" => shaped(1, 5),
        "__tile_transpose" => {
            let Dims { b, r, c } = Dims::read(args, 2)?;
            Dims { b, r: c, c: r }.tile(code(1)?).map(Some)
        }
        "__tile_slice" => shaped(1, 8),
        "__tile_insert" => shaped(2, 9),
        "__tile_reduce" => {
            let Dims { mut b, mut r, mut c } = Dims::read(args, 4)?;
            let axis = constant(args.get(3), "the axis")?;
            *match axis {
                0 if b > 0 => &mut b,
                1 => &mut r,
                2 => &mut c,
                value => {
                    return Err(Problem::BadCode { what: "the axis".into(), value });
                }
            } = 1;
            Dims { b, r, c }.tile(code(2)?).map(Some)
        }
        "__tile_contract" => {
            let Dims { b, r, c } = Dims::read(args, 3)?;
            Dims { b, r, c }.tile(Elem::F32).map(Some)
        }
        _ => Ok(None),
    }
}

/// Signedness of an element type.
pub(super) fn signed(code: ElemCode) -> bool {
    match code {
        ElemCode::I8 | ElemCode::I32 => true,
        ElemCode::U32 | ElemCode::Bool | ElemCode::F32 | ElemCode::Bf16 | ElemCode::F16 => false,
    }
}

impl<'m> Lifter<'_, 'm> {
    /// Finds the tile type of every pointer: from the intrinsics that make them, through phis and selects.
    pub(super) fn infer_tiles(&mut self) {
        let instructions = self.function.instructions();
        let mut joins = Vec::new();
        for inst in instructions {
            if inst.type_kind() != TypeKind::LLVMPointerTypeKind {
                continue;
            }
            match inst.opcode() {
                Some(Op::LLVMCall) => {
                    let Some(callee) = inst.callee().as_function() else {
                        continue;
                    };
                    // What is wrong with the arguments is reported when the call is lifted.
                    if let Ok(Some(ty)) = result(&callee.name(), &inst.arguments()) {
                        self.tiles.insert(inst, ty);
                    }
                }
                Some(Op::LLVMPHI) => joins.push((inst, inst.incoming().into_iter().map(|(_, v)| v).collect())),
                Some(Op::LLVMSelect) => joins.push((inst, inst.operands().split_off(1))),
                Some(Op::LLVMFreeze) => joins.push((inst, inst.operands())),
                _ => {}
            }
        }
        self.propagate(&joins);
    }

    fn propagate(&mut self, joins: &[(LlvmValue<'m>, Vec<LlvmValue<'m>>)]) {
        let mut changed = true;
        while changed {
            changed = false;
            for (join, inputs) in joins {
                if self.tiles.contains_key(join) {
                    continue;
                }
                if let Some(ty) = inputs.iter().find_map(|input| self.tiles.get(input)).copied() {
                    self.tiles.insert(*join, ty);
                    changed = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_kept_in_one_form() {
        assert_eq!(canonical(0xFFFF_FFFF, 32), -1);
        assert_eq!(canonical(u64::MAX, 64), -1);
        assert_eq!(canonical(1, 1), 1);
        assert_eq!(canonical(0x80, 8), -128);
        assert_eq!(canonical(0xFFFF, 16), 0xFFFF);
        assert_eq!((carrier(1), carrier(7), carrier(16), carrier(33)), (Elem::I1, Elem::I8, Elem::I32, Elem::I64));
    }
}
