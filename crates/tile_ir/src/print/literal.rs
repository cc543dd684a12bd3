//! Constants.

use half::{bf16, f16};

use super::{Printer, comma, vector};
use crate::kernel::Loc;
use crate::op::{Literal, Number};
use crate::types::{Elem, Type};

impl Printer<'_> {
    /// Prints a constant named `name`.
    pub(super) fn constant(&mut self, name: &str, literal: &Literal, ty: Type, loc: &Loc) {
        match literal {
            Literal::Splat(value) if ty.is_scalar() => {
                let value = scalar(*value, ty.elem);
                self.line(&format!("{name} = arith.constant {value}"), loc);
            }
            Literal::Splat(value) => {
                let value = number(*value, ty.elem);
                self.line(&format!("{name} = arith.constant dense<{value}> : {ty}"), loc);
            }
            Literal::Iota { dim } => self.iota(name, *dim, ty, loc),
            Literal::Dense(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(|value| number(*value, ty.elem)).collect();
                let nested = nest(&numbers, ty.shape.dims());
                self.line(&format!("{name} = arith.constant dense<{nested}> : {ty}"), loc);
            }
        }
    }

    /// A tile counting along `dim`: written out along that dimension only, then broadcast.
    fn iota(&mut self, name: &str, dim: usize, ty: Type, loc: &Loc) {
        let dims = ty.shape.dims();
        let extent = dims[dim];
        let numbers: Vec<String> = (0..extent).map(|i| i.to_string()).collect();
        if ty.shape.count() == extent {
            let nested = nest(&numbers, dims);
            return self.line(&format!("{name} = arith.constant dense<{nested}> : {ty}"), loc);
        }
        let mut compact = vec![1; dims.len() - dim];
        compact[0] = extent;
        let (counter, from) = (self.names.number(), vector(ty, &compact));
        let nested = nest(&numbers, &compact);
        self.line(&format!("{counter} = arith.constant dense<{nested}> : {from}"), loc);
        self.line(&format!("{name} = vector.broadcast {counter} : {from} to {ty}"), loc);
    }
}

/// Row-major elements in one pair of brackets per dimension.
fn nest(elements: &[String], dims: &[u64]) -> String {
    match dims {
        [] => elements.concat(),
        [_, rest @ ..] => {
            let size = rest.iter().product::<u64>().max(1) as usize;
            format!("[{}]", comma(elements.chunks(size).map(|part| nest(part, rest))))
        }
    }
}

/// A scalar constant with its type; `i1` has none.
fn scalar(value: Number, elem: Elem) -> String {
    let text = number(value, elem);
    if elem == Elem::I1 { text } else { format!("{text} : {elem}") }
}

fn number(value: Number, elem: Elem) -> String {
    match value {
        Number::Float(x) => float(x, elem),
        Number::Int(bit) if elem == Elem::I1 => (bit != 0).to_string(),
        Number::Int(n) => n.to_string(),
    }
}

/// The shortest decimal that reads back as the same number, with the point that MLIR wants; bits where there is none.
fn float(x: f32, elem: Elem) -> String {
    let text = format!("{x:?}");
    // MLIR reads decimals as f64 and rounds that, so the text must survive the detour.
    if !x.is_finite() || text.parse::<f64>().map(|wide| wide as f32) != Ok(x) {
        return match elem {
            Elem::F16 => format!("0x{:04X}", f16::from_f32(x).to_bits()),
            Elem::Bf16 => format!("0x{:04X}", bf16::from_f32(x).to_bits()),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
                format!("0x{:08X}", x.to_bits())
            }
        };
    }
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_a_point_or_are_bits() {
        for (x, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-5, "1.0e-5"),
            (1.5e-42, "1.5e-42"),
            (f32::MAX, "3.4028235e38"),
            (f32::INFINITY, "0x7F800000"),
            (f32::NAN, "0x7FC00000"),
        ] {
            assert_eq!(float(x, Elem::F32), text);
        }
        assert_eq!(float(f32::NEG_INFINITY, Elem::F16), "0xFC00");
        assert_eq!(float(f32::NEG_INFINITY, Elem::Bf16), "0xFF80");
    }
}
