//! Arithmetic, comparisons and choices on vectors.

use emit::Text;
use lower_dma::ir::{Operand, Span};
use tile_ir::{BinaryOp, Elem, Predicate, UnaryOp};

use super::Printer;
use super::integers::{unsigned, word};

impl Printer<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, dst: &Span, a: &Operand) {
        let to = self.part(dst);
        if to.elem != Elem::F32 {
            return self.fail(format!("{op:?} on {}", to.elem));
        }
        let a = self.arg(a, to.elem);
        self.map(&to, &[a], |printer, args| printer.function(op, &args[0]));
    }

    pub(super) fn binary(&mut self, op: BinaryOp, dst: &Span, a: &Operand, b: &Operand) {
        let to = self.part(dst);
        let args = [self.arg(a, to.elem), self.arg(b, to.elem)];
        match to.elem {
            Elem::F32 => self.map(&to, &args, |printer, args| printer.real(op, &args[0], &args[1])),
            Elem::I32 => self.map(&to, &args, |printer, args| printer.whole(op, &args[0], &args[1])),
            Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I64 | Elem::Index => {
                self.fail(format!("arithmetic on vectors of {}", to.elem));
            }
        }
    }

    pub(super) fn fma(&mut self, dst: &Span, args: [&Operand; 3]) {
        let to = self.part(dst);
        if to.elem != Elem::F32 {
            return self.fail(format!("a product and a sum of {}", to.elem));
        }
        let args = args.map(|arg| self.arg(arg, to.elem));
        self.map(&to, &args, |_, args| Text::call("v_f32_mac_b", args));
    }

    /// A mask is 1 and 0.
    pub(super) fn compare(&mut self, predicate: Predicate, dst: &Span, a: &Operand, b: &Operand) {
        let to = self.part(dst);
        let elem = match a {
            Operand::Span(span) => self.kernel.buffer(span.buffer).elem,
            Operand::Row(_) | Operand::Column(_) | Operand::Scalar(_) => Elem::Index,
        };
        let (word, without_sign) = word(predicate);
        let of = match (elem, predicate.is_float(), without_sign) {
            (Elem::F32, true, _) => "f32",
            (Elem::I32, false, false) => "i32",
            (Elem::I32, false, true) => "u32",
            (_, _, _) => return self.fail(format!("a comparison of {elem}")),
        };
        let args = [self.arg(a, elem), self.arg(b, elem)];
        let function = format!("v_f32_sel_{word}_{of}_b");
        self.map(&to, &args, |_, args| {
            let cast = |x: &Text| if without_sign { unsigned(x) } else { x.clone() };
            Text::call(&function, &[cast(&args[0]), cast(&args[1]), Text::atom("1.0f"), Text::atom("0.0f")])
        });
    }

    pub(super) fn select(&mut self, dst: &Span, mask: &Operand, a: &Operand, b: &Operand) {
        let to = self.part(dst);
        let function = match to.elem {
            Elem::F32 => "v_f32_sel_neq_f32_b",
            Elem::I32 => "v_i32_sel_neq_f32_b",
            Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I64 | Elem::Index => {
                return self.fail(format!("a choice between elements of {}", to.elem));
            }
        };
        let args = [self.arg(mask, Elem::I1), self.arg(a, to.elem), self.arg(b, to.elem)];
        self.map(&to, &args, |_, args| {
            Text::call(function, &[args[0].clone(), Text::atom("0.0f"), args[1].clone(), args[2].clone()])
        });
    }
}
