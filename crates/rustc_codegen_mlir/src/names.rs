//! Names for people: constants say what they are, loop counters are `i`, `j`, `k`, scalar parameters keep theirs.
//! (Line tables have no variable names.)

use tile_ir::{Block, Kernel, Literal, Number, OpKind, ParamKind, Type, Value};

/// Names what can be named.
pub(crate) fn set(kernel: &mut Kernel) {
    let mut names = Vec::new();
    for param in &kernel.params {
        if let ParamKind::Scalar(scalar) = &param.kind {
            names.push((scalar.value, param.name.clone()));
        }
    }
    collect(kernel, &kernel.body, 0, &mut names);
    for (value, name) in names {
        kernel.values[value.index()].name = Some(name);
    }
}

fn collect(kernel: &Kernel, block: &Block, depth: usize, names: &mut Vec<(Value, String)>) {
    for op in &block.ops {
        if let (OpKind::Constant(literal), [result]) = (&op.kind, op.results.as_slice()) {
            names.push((*result, constant(literal, kernel.ty(*result))));
        }
        let counter = match &op.kind {
            OpKind::For { body, .. } => body.args.first(),
            _ => None,
        };
        if let Some(&counter) = counter {
            names.push((counter, ["i", "j", "k"].get(depth).unwrap_or(&"n").to_string()));
        }
        for nested in op.kind.blocks() {
            collect(kernel, nested, depth + usize::from(counter.is_some()), names);
        }
    }
}

/// `c16`, `c16_i64`, `cst`.
fn constant(literal: &Literal, ty: Type) -> String {
    match literal {
        Literal::Splat(Number::Int(1)) if ty == Type::BOOL => "true".to_owned(),
        Literal::Splat(Number::Int(_)) if ty == Type::BOOL => "false".to_owned(),
        Literal::Splat(Number::Int(number)) if ty.is_scalar() => {
            let sign = if *number < 0 { "m" } else { "" };
            let kind = if ty == Type::INDEX { String::new() } else { format!("_{}", ty.elem) };
            format!("c{sign}{}{kind}", number.unsigned_abs())
        }
        Literal::Iota { .. } => "iota".to_owned(),
        Literal::Splat(_) | Literal::Dense(_) => "cst".to_owned(),
    }
}
