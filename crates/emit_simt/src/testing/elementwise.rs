//! Every operation on every type it takes.

use lower_simt::ir::{Convert, Expr, LaneKernel, Memory, Scalar, StmtKind};
use tile_ir::{Access, BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

use super::{Draft, bin, compare, convert, load};

/// Elements of a view.
const LEN: u64 = 256;

/// Register types with the element types that hold them.
const TYPES: [(Scalar, Elem); 5] = [
    (Scalar::F32, Elem::F32),
    (Scalar::Bool, Elem::I1),
    (Scalar::I8, Elem::I8),
    (Scalar::I32, Elem::I32),
    (Scalar::I64, Elem::I64),
];

/// A kernel with an input and an output of every type.
struct Sheet {
    draft: Draft,
    inputs: [Memory; 5],
    outputs: [Memory; 5],
    next: u32,
}

impl Sheet {
    fn new(name: &str) -> Sheet {
        let mut draft = Draft::new(name, 128);
        let inputs = TYPES.map(|(_, elem)| draft.view(&format!("in_{elem}"), elem, &[LEN], Access::Read));
        let outputs = TYPES.map(|(_, elem)| draft.view(&format!("out_{elem}"), elem, &[LEN], Access::Write));
        Sheet { draft, inputs, outputs, next: 0 }
    }

    fn index(scalar: Scalar) -> usize {
        TYPES.iter().position(|(known, _)| *known == scalar).unwrap_or_default()
    }

    /// Element `at` of the input of a type.
    fn input(&self, scalar: Scalar, at: u32) -> Expr {
        load(self.inputs[Sheet::index(scalar)], Expr::int(at))
    }

    /// Stores a value into the next element of its type's output.
    fn output(&mut self, value: Expr) {
        let scalar = value.scalar(self.draft.kernel());
        self.draft.store(self.outputs[Sheet::index(scalar)], self.next, value);
        self.next += 1;
        self.draft.next_line();
    }
}

/// Every operation of one operand, and the fused product.
pub fn unary() -> LaneKernel {
    let mut sheet = Sheet::new("unary");
    for &op in UnaryOp::ALL {
        sheet.output(Expr::Unary(op, Box::new(sheet.input(Scalar::F32, 0))));
    }
    let negated = Expr::Unary(UnaryOp::Neg, Box::new(Expr::Unary(UnaryOp::Neg, Box::new(sheet.input(Scalar::F32, 0)))));
    sheet.output(negated);
    let args = [0, 1, 2].map(|at| Box::new(sheet.input(Scalar::F32, at)));
    let [x, y, z] = args;
    sheet.output(Expr::Fma(x, y, z));
    sheet.draft.finish()
}

/// Every operation of two operands, on loaded values and with constants.
pub fn binary() -> LaneKernel {
    let mut sheet = Sheet::new("binary");
    for &op in BinaryOp::ALL {
        for (scalar, _) in TYPES {
            let takes = match scalar {
                Scalar::F32 => op.takes(true),
                Scalar::Bool => matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor),
                Scalar::I8 | Scalar::I32 | Scalar::I64 => op.takes(false),
            };
            if !takes {
                continue;
            }
            sheet.output(bin(op, sheet.input(scalar, 0), sheet.input(scalar, 1)));
            match scalar {
                Scalar::I8 | Scalar::I32 | Scalar::I64 => {
                    sheet.output(bin(op, sheet.input(scalar, 0), Expr::Int(scalar, 3)));
                    sheet.output(bin(op, Expr::Int(scalar, 200), sheet.input(scalar, 2)));
                    let ones = u64::MAX >> (64 - scalar.bits());
                    let shift = matches!(op, BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU);
                    if !shift {
                        sheet.output(bin(op, sheet.input(scalar, 0), Expr::Int(scalar, ones)));
                    }
                    sheet.output(bin(op, Expr::Int(scalar, 5), Expr::Int(scalar, 3)));
                }
                Scalar::F32 | Scalar::Bool => {}
            }
        }
    }
    sheet.draft.finish()
}

/// Every comparison.
pub fn comparisons() -> LaneKernel {
    let mut sheet = Sheet::new("comparisons");
    for &(predicate, ..) in Predicate::ALL {
        for (scalar, _) in TYPES {
            if predicate.is_float() != (scalar == Scalar::F32) {
                continue;
            }
            sheet.output(compare(predicate, sheet.input(scalar, 0), sheet.input(scalar, 1)));
            if scalar == Scalar::I32 || scalar == Scalar::I64 {
                let minus_three = (u64::MAX - 2) >> (64 - scalar.bits());
                sheet.output(compare(predicate, sheet.input(scalar, 0), Expr::Int(scalar, minus_three)));
                sheet.output(compare(predicate, sheet.input(scalar, 0), Expr::Int(scalar, 1 << (scalar.bits() - 1))));
            }
        }
    }
    sheet.draft.finish()
}

/// Every conversion.
pub fn conversions() -> LaneKernel {
    let mut sheet = Sheet::new("conversions");
    for elem in [Elem::F16, Elem::Bf16] {
        sheet.output(convert(Convert::Round(elem), sheet.input(Scalar::F32, 0)));
    }
    let ints = [Scalar::Bool, Scalar::I8, Scalar::I32, Scalar::I64];
    for from in ints {
        sheet.output(convert(Convert::UnsignedToFloat, sheet.input(from, 0)));
        sheet.output(convert(Convert::SignedToFloat, sheet.input(from, 0)));
        for to in ints {
            if from.bits() < to.bits() {
                sheet.output(convert(Convert::SignExtend(to), sheet.input(from, 0)));
                sheet.output(convert(Convert::ZeroExtend(to), sheet.input(from, 0)));
            }
            if from.bits() > to.bits() {
                sheet.output(convert(Convert::Truncate(to), sheet.input(from, 0)));
            }
        }
        if from != Scalar::Bool {
            sheet.output(convert(Convert::FloatToSigned(from), sheet.input(Scalar::F32, 0)));
            sheet.output(convert(Convert::FloatToUnsigned(from), sheet.input(Scalar::F32, 1)));
        }
    }
    sheet.output(convert(Convert::Bits(Scalar::I32), sheet.input(Scalar::F32, 0)));
    sheet.output(convert(Convert::Bits(Scalar::F32), sheet.input(Scalar::I32, 0)));
    sheet.output(convert(Convert::Bits(Scalar::F32), Expr::int(0x3f80_0000)));
    sheet.draft.finish()
}

/// Every reduction over lanes.
pub fn lane_reductions() -> LaneKernel {
    let mut sheet = Sheet::new("lane_reductions");
    let ops =
        [ReduceOp::Add, ReduceOp::MinF, ReduceOp::MaxF, ReduceOp::MinS, ReduceOp::MaxS, ReduceOp::MinU, ReduceOp::MaxU];
    for scalar in [Scalar::F32, Scalar::I32, Scalar::I64] {
        for op in ops {
            let float = matches!(op, ReduceOp::MinF | ReduceOp::MaxF);
            if op != ReduceOp::Add && float != (scalar == Scalar::F32) {
                continue;
            }
            for lanes in [32, 8] {
                let var = sheet.draft.var("x", scalar, Some(2));
                let value = sheet.input(scalar, 0);
                sheet.draft.push(StmtKind::Declare { var, init: Some(value) });
                sheet.draft.push(StmtKind::LaneReduce { var, index: Some(Expr::int(1)), op, lanes });
                sheet.output(Expr::Element(var, Box::new(Expr::int(1))));
            }
        }
    }
    sheet.draft.finish()
}
