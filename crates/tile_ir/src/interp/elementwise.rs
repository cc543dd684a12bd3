//! Constants and elementwise arithmetic.

use super::trap::TrapKind;
use super::value::{Data, Val, round, unsigned, width, wrap};
use crate::op::{BinaryOp, Literal, Number, Predicate, UnaryOp};
use crate::types::{Elem, Type};

pub(super) fn constant(literal: &Literal, ty: Type) -> Val {
    let count = ty.shape.count() as usize;
    let data = match literal {
        Literal::Splat(Number::Float(x)) => Data::Floats(vec![*x; count]),
        Literal::Splat(Number::Int(n)) => Data::Ints(vec![*n; count]),
        Literal::Iota { dim } => {
            let stride = ty.shape.strides()[*dim];
            let extent = ty.shape.dims()[*dim];
            Data::Ints((0..count as u64).map(|i| (i / stride % extent) as i64).collect())
        }
        Literal::Dense(numbers) if ty.elem.is_float() => Data::Floats(
            numbers.iter().map(|number| if let Number::Float(x) = number { *x } else { f32::NAN }).collect(),
        ),
        Literal::Dense(numbers) => {
            Data::Ints(numbers.iter().map(|number| if let Number::Int(n) = number { *n } else { 0 }).collect())
        }
    };
    Val::new(ty, data)
}

fn floats(ty: Type, values: impl Iterator<Item = f32>) -> Val {
    let data = match ty.elem {
        Elem::F16 | Elem::Bf16 => values.map(|x| round(ty.elem, x)).collect(),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => values.collect(),
    };
    Val::new(ty, Data::Floats(data))
}

pub(super) fn unary(op: UnaryOp, a: &Val, ty: Type) -> Val {
    let map = |f: fn(f32) -> f32| floats(ty, a.floats().iter().map(|&x| f(x)));
    let wide = |f: fn(f64) -> f64| floats(ty, a.floats().iter().map(|&x| f(f64::from(x)) as f32));
    match op {
        UnaryOp::Neg => map(|x| -x),
        UnaryOp::Abs => map(f32::abs),
        UnaryOp::Exp => wide(f64::exp),
        UnaryOp::Log => wide(f64::ln),
        UnaryOp::Sqrt => wide(f64::sqrt),
        UnaryOp::Rsqrt => wide(|x| 1.0 / x.sqrt()),
        UnaryOp::Tanh => wide(f64::tanh),
        UnaryOp::Sin => wide(f64::sin),
        UnaryOp::Cos => wide(f64::cos),
        UnaryOp::Floor => map(f32::floor),
    }
}

/// The smaller; the number where one side is NaN; the first on a tie.
pub(super) fn min_num(a: f32, b: f32) -> f32 {
    if a.is_nan() || b < a { b } else { a }
}

/// The larger; the number where one side is NaN; the first on a tie.
pub(super) fn max_num(a: f32, b: f32) -> f32 {
    if a.is_nan() || b > a { b } else { a }
}

pub(super) fn binary(op: BinaryOp, a: &Val, b: &Val, ty: Type) -> Result<Val, TrapKind> {
    if ty.elem.is_float() { Ok(float_binary(op, a, b, ty)) } else { int_binary(op, a, b, ty) }
}

fn float_binary(op: BinaryOp, a: &Val, b: &Val, ty: Type) -> Val {
    let zip = |f: fn(f32, f32) -> f32| floats(ty, a.floats().iter().zip(b.floats()).map(|(&x, &y)| f(x, y)));
    match op {
        BinaryOp::Add => zip(|x, y| x + y),
        BinaryOp::Sub => zip(|x, y| x - y),
        BinaryOp::Mul => zip(|x, y| x * y),
        BinaryOp::DivF => zip(|x, y| x / y),
        BinaryOp::MinF => zip(min_num),
        BinaryOp::MaxF => zip(max_num),
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
        | BinaryOp::ShrU => unreachable!("the validator refuses integer operations on floats"),
    }
}

fn int_binary(op: BinaryOp, a: &Val, b: &Val, ty: Type) -> Result<Val, TrapKind> {
    let elem = ty.elem;
    let u = |x: i64| unsigned(elem, x);
    let total = |f: &dyn Fn(i64, i64) -> i64| -> Result<Val, TrapKind> {
        let values = a.ints().iter().zip(b.ints()).map(|(&x, &y)| wrap(elem, f(x, y))).collect();
        Ok(Val::new(ty, Data::Ints(values)))
    };
    let partial = |f: &dyn Fn(i64, i64) -> Result<i64, TrapKind>| -> Result<Val, TrapKind> {
        let values = a.ints().iter().zip(b.ints()).map(|(&x, &y)| Ok(wrap(elem, f(x, y)?)));
        Ok(Val::new(ty, Data::Ints(values.collect::<Result<_, TrapKind>>()?)))
    };
    let nonzero = |y: i64| {
        if y == 0 { Err(TrapKind::DivisionByZero) } else { Ok(y) }
    };
    let divisible = |x: i64, y: i64| {
        let smallest = wrap(elem, 1i64.wrapping_shl(width(elem) as u32 - 1));
        if x == smallest && y == -1 { Err(TrapKind::DivisionOverflow) } else { nonzero(y) }
    };
    let amount = |y: i64| {
        let amount = u(y);
        if amount < width(elem) { Ok(amount) } else { Err(TrapKind::Shift { elem, amount }) }
    };
    match op {
        BinaryOp::Add => total(&|x, y| x.wrapping_add(y)),
        BinaryOp::Sub => total(&|x, y| x.wrapping_sub(y)),
        BinaryOp::Mul => total(&|x, y| x.wrapping_mul(y)),
        BinaryOp::DivS => partial(&|x, y| Ok(x / divisible(x, y)?)),
        BinaryOp::DivU => partial(&|x, y| Ok((u(x) / u(nonzero(y)?)) as i64)),
        BinaryOp::RemS => partial(&|x, y| Ok(x % divisible(x, y)?)),
        BinaryOp::RemU => partial(&|x, y| Ok((u(x) % u(nonzero(y)?)) as i64)),
        BinaryOp::MinS => total(&|x, y| x.min(y)),
        BinaryOp::MaxS => total(&|x, y| x.max(y)),
        BinaryOp::MinU => total(&|x, y| if u(y) < u(x) { y } else { x }),
        BinaryOp::MaxU => total(&|x, y| if u(y) > u(x) { y } else { x }),
        BinaryOp::And => total(&|x, y| x & y),
        BinaryOp::Or => total(&|x, y| x | y),
        BinaryOp::Xor => total(&|x, y| x ^ y),
        BinaryOp::Shl => partial(&|x, y| Ok(x << amount(y)?)),
        BinaryOp::ShrS => partial(&|x, y| Ok(x >> amount(y)?)),
        BinaryOp::ShrU => partial(&|x, y| Ok((u(x) >> amount(y)?) as i64)),
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => {
            unreachable!("the validator refuses float operations on integers")
        }
    }
}

pub(super) fn fma(a: &Val, b: &Val, c: &Val, ty: Type) -> Val {
    let terms = a.floats().iter().zip(b.floats()).zip(c.floats());
    floats(ty, terms.map(|((&x, &y), &z)| x.mul_add(y, z)))
}

/// `elem` is the operands' element type, `ty` the result's type.
pub(super) fn compare(predicate: Predicate, a: &Val, b: &Val, elem: Elem, ty: Type) -> Val {
    let float = |f: fn(f32, f32) -> bool| -> Vec<i64> {
        a.floats().iter().zip(b.floats()).map(|(&x, &y)| i64::from(f(x, y))).collect()
    };
    let int = |f: fn(i64, i64) -> bool| -> Vec<i64> {
        a.ints().iter().zip(b.ints()).map(|(&x, &y)| i64::from(f(x, y))).collect()
    };
    let uint = |f: fn(u64, u64) -> bool| -> Vec<i64> {
        let pairs = a.ints().iter().zip(b.ints());
        pairs.map(|(&x, &y)| i64::from(f(unsigned(elem, x), unsigned(elem, y)))).collect()
    };
    let bits = match predicate {
        Predicate::FEq => float(|x, y| x == y),
        Predicate::FNe => float(|x, y| x != y),
        Predicate::FLt => float(|x, y| x < y),
        Predicate::FLe => float(|x, y| x <= y),
        Predicate::FGt => float(|x, y| x > y),
        Predicate::FGe => float(|x, y| x >= y),
        Predicate::IEq => int(|x, y| x == y),
        Predicate::INe => int(|x, y| x != y),
        Predicate::SLt => int(|x, y| x < y),
        Predicate::SLe => int(|x, y| x <= y),
        Predicate::SGt => int(|x, y| x > y),
        Predicate::SGe => int(|x, y| x >= y),
        Predicate::ULt => uint(|x, y| x < y),
        Predicate::ULe => uint(|x, y| x <= y),
        Predicate::UGt => uint(|x, y| x > y),
        Predicate::UGe => uint(|x, y| x >= y),
    };
    Val::new(ty, Data::Ints(bits))
}

/// `cond` is a scalar or of the result's shape.
pub(super) fn select(cond: &Val, on_true: &Val, on_false: &Val, ty: Type) -> Val {
    let conds = match cond {
        Val::Int(c) => {
            return if *c != 0 { on_true.clone() } else { on_false.clone() };
        }
        Val::Ints(conds) => conds,
        Val::Float(_) | Val::Floats(_) => {
            unreachable!("the validator refuses conditions that are not i1")
        }
    };
    let data = if ty.elem.is_float() {
        let pairs = on_true.floats().iter().zip(on_false.floats());
        Data::Floats(conds.iter().zip(pairs).map(|(&c, (&x, &y))| if c != 0 { x } else { y }).collect())
    } else {
        let pairs = on_true.ints().iter().zip(on_false.ints());
        Data::Ints(conds.iter().zip(pairs).map(|(&c, (&x, &y))| if c != 0 { x } else { y }).collect())
    };
    Val::new(ty, data)
}
