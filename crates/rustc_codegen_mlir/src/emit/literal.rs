//! Constants.

use tile_ir::{Elem, Literal, Number, Type};

/// Value and type of `arith.constant`.
pub(super) fn constant(literal: &Literal, ty: Type) -> String {
    match literal {
        Literal::Splat(value) if ty.is_scalar() && ty.elem == Elem::I1 => number(*value, ty.elem),
        Literal::Splat(value) if ty.is_scalar() => format!("{} : {ty}", number(*value, ty.elem)),
        Literal::Splat(value) => format!("dense<{}> : {ty}", number(*value, ty.elem)),
        Literal::Iota { dim } => {
            let dims = ty.shape.dims();
            let inner: u64 = dims[dim + 1..].iter().product();
            let extent = dims[*dim];
            let item = |i: u64| Number::Int((i / inner % extent) as i64);
            let items: Vec<String> = (0..ty.shape.count()).map(|i| number(item(i), ty.elem)).collect();
            format!("dense<{}> : {ty}", nested(&items, dims))
        }
        Literal::Dense(values) => {
            let items: Vec<String> = values.iter().map(|&value| number(value, ty.elem)).collect();
            format!("dense<{}> : {ty}", nested(&items, ty.shape.dims()))
        }
    }
}

fn nested(items: &[String], dims: &[u64]) -> String {
    match dims {
        [] | [_] => format!("[{}]", items.join(", ")),
        [_, rest @ ..] => {
            let inner: u64 = rest.iter().product();
            let parts: Vec<String> = items.chunks(inner.max(1) as usize).map(|part| nested(part, rest)).collect();
            format!("[{}]", parts.join(", "))
        }
    }
}

fn number(value: Number, elem: Elem) -> String {
    match value {
        Number::Int(0) if elem == Elem::I1 => "false".to_owned(),
        Number::Int(_) if elem == Elem::I1 => "true".to_owned(),
        Number::Int(number) => number.to_string(),
        Number::Float(number) => float(number, elem),
    }
}

/// The shortest decimal that reads back as the same number, or its bits.
fn float(value: f32, elem: Elem) -> String {
    let magnitude = value.abs();
    let mut text = if value == 0.0 || (1e-4..1e7).contains(&magnitude) { format!("{value:?}") } else { format!("{value:e}") };
    if !text.contains('.')
        && let Some(at) = text.find('e')
    {
        text.insert_str(at, ".0");
    }
    // MLIR reads decimals as double first.
    let same = text.parse::<f64>().is_ok_and(|read| (read as f32).to_bits() == value.to_bits());
    if same && value.is_finite() {
        return text;
    }
    match elem {
        Elem::Bf16 => format!("0x{:04X}", half::bf16::from_f32(value).to_bits()),
        Elem::F16 => format!("0x{:04X}", half::f16::from_f32(value).to_bits()),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => format!("0x{:08X}", value.to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_back() {
        let text = |value| float(value, Elem::F32);
        assert_eq!(text(1.0), "1.0");
        assert_eq!(text(-0.0), "-0.0");
        assert_eq!(text(1e-6), "1.0e-6");
        assert_eq!(text(1.5e30), "1.5e30");
        assert_eq!(text(f32::NEG_INFINITY), "0xFF800000");
        assert_eq!(float(f32::INFINITY, Elem::Bf16), "0x7F80");
    }

    #[test]
    fn tiles() {
        let ty = Type::tile(Elem::I32, &[2, 3]).unwrap();
        assert_eq!(constant(&Literal::Iota { dim: 1 }, ty), "dense<[[0, 1, 2], [0, 1, 2]]> : vector<2x3xi32>");
        assert_eq!(constant(&Literal::Iota { dim: 0 }, ty), "dense<[[0, 0, 0], [1, 1, 1]]> : vector<2x3xi32>");
        let ty = ty.with_elem(Elem::I1);
        assert_eq!(constant(&Literal::Splat(Number::Int(1)), ty), "dense<true> : vector<2x3xi1>");
    }
}
