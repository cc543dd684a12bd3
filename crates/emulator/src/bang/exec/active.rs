//! The table-driven functions, wrong by as much as documented, so that text that relies on them fails a comparison.
//!
//! Errors and domains: Cambricon BANG C Developer Guide 4.7.2, pages of `__bang_active_*`. The sign of the error is chosen by the
//! bits of the argument. Outside its domain a function gives NaN.

use super::super::code::Function;

/// `exact`, off by the relative error `error`.
fn off(exact: f64, argument: f32, error: f64) -> f32 {
    let hash = argument.to_bits().wrapping_mul(0x9e37_79b9);
    let sign = if hash >> 31 == 0 { 1.0 } else { -1.0 };
    (exact * (1.0 + sign * error)) as f32
}

fn inside(argument: f32, low: f32, high: f32, value: impl FnOnce() -> f32) -> f32 {
    if argument >= low && argument <= high { value() } else { f32::NAN }
}

pub(super) fn function(f: Function) -> fn(f32) -> f32 {
    match f {
        Function::ActiveExp => |x| match x {
            x if x < -7.75 => 5.96e-8,
            x => inside(x, -7.75, 11.0, || off(f64::from(x).exp(), x, 0.01)),
        },
        Function::ActiveExpHp => |x| match x {
            x if x < -15.5 => 3e-7,
            x => inside(x, -15.5, 16.0, || off(f64::from(x).exp(), x, 0.003)),
        },
        Function::ActiveSigmoid => |x| match x {
            x if x < -7.75 => 0.0,
            x if x > 7.75 => 1.0,
            x => off(1.0 / (1.0 + (-f64::from(x)).exp()), x, 0.01),
        },
        Function::ActiveTanh => |x| off(f64::from(x).tanh(), x, 0.01),
        Function::ActiveRecip => |x| inside(x, 0.007_812_5, 65_472.0, || off(1.0 / f64::from(x), x, 0.003)),
        Function::ActiveRecipHp => |x| inside(x, 2.2205e-16, 2e6, || off(1.0 / f64::from(x), x, 0.0004)),
        Function::ActiveRsqrt => |x| inside(x, 0.005, 63_487.0, || off(1.0 / f64::from(x).sqrt(), x, 0.01)),
        Function::ActiveRsqrtHp => |x| inside(x, 0.000_367, 1e6, || off(1.0 / f64::from(x).sqrt(), x, 0.0005)),
        // No other is one of these.
        _ => |_| f32::NAN,
    }
}

/// Bytes of NRAM that the tables of an active function take, by its name in the text
/// (source: the guide's appendix on activation tables, f32 column).
pub(in crate::bang) const TABLES: [(&str, u64); 9] = [
    ("__bang_active_exp", 5120),
    ("__bang_active_exphp", 15_360),
    ("__bang_active_sigmoid", 512),
    ("__bang_active_tanh", 512),
    ("__bang_active_recip", 13_824),
    ("__bang_active_reciphp", 36_352),
    ("__bang_active_rsqrt", 12_800),
    ("__bang_active_rsqrthp", 40_448),
    ("__bang_active_relu", 512),
];
