//! Element by element.

use super::{Args, Outcome, silu};
use cases::Buffer;
use cases::Expected;

fn map(args: &Args<'_>, f: impl Fn(f64) -> f64) -> Outcome {
    let input = args.buffer("input")?;
    args.sized("output", input.len())?;
    Ok(vec![Expected::all("output", input.values().into_iter().map(f).collect())])
}

/// Both buffers, by element.
fn both(args: &Args<'_>, left: &str, right: &str, f: impl Fn(&Buffer, &Buffer, usize) -> f64) -> Outcome {
    let a = args.buffer(left)?;
    let b = args.sized(right, a.len())?;
    args.sized("output", a.len())?;
    Ok(vec![Expected::all("output", (0..a.len()).map(|i| f(a, b, i)).collect())])
}

fn pairwise(args: &Args<'_>, left: &str, right: &str, f: impl Fn(f64, f64) -> f64) -> Outcome {
    both(args, left, right, |a, b, i| f(a.get(i), b.get(i)))
}

/// `output = a + b`.
pub(super) fn add(args: &Args<'_>) -> Outcome {
    pairwise(args, "a", "b", |a, b| a + b)
}

/// `output = silu(gate) * up`.
pub(super) fn silu_mul(args: &Args<'_>) -> Outcome {
    pairwise(args, "gate", "up", |gate, up| silu(gate) * up)
}

/// `output = |a - b|`.
pub(super) fn distance(args: &Args<'_>) -> Outcome {
    pairwise(args, "a", "b", |a, b| (a - b).abs())
}

/// `output = alpha * x + y`.
pub(super) fn axpy(args: &Args<'_>) -> Outcome {
    let alpha = args.float("alpha")?;
    pairwise(args, "x", "y", |x, y| alpha * x + y)
}

/// `output = sin x cos x + ln(1 + |x|) + sqrt(x² + 1) - tanh x + (x - floor x)`.
pub(super) fn functions(args: &Args<'_>) -> Outcome {
    map(args, |x| x.sin() * x.cos() + x.abs().ln_1p() + (x * x + 1.0).sqrt() - x.tanh() + (x - x.floor()))
}

/// `output = sqrt(input)`.
pub(super) fn sqrt(args: &Args<'_>) -> Outcome {
    map(args, f64::sqrt)
}

/// `output = scale * f(input)`, where `kind` 0 is the identity, 1 relu, 2 silu, others tanh; a copy if `scale` is 0.
pub(super) fn activation(args: &Args<'_>) -> Outcome {
    let (kind, scale) = (args.int("kind")?, args.float("scale")?);
    map(args, |x| match (scale == 0.0, kind) {
        (true, _) => x,
        (false, 0) => x * scale,
        (false, 1) => x.max(0.0) * scale,
        (false, 2) => silu(x) * scale,
        (false, _) => x.tanh() * scale,
    })
}

/// A xorshift round of each element modulo `modulus` (0 counts as 1), in 32 bits.
pub(super) fn hash(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let modulus = (args.int("modulus")? as u32).max(1);
    args.sized("output", input.len())?;
    let element = |i: usize| {
        let mut x = input.bits(i) as u32;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        // Buffers give 32-bit integers as signed.
        f64::from((x % modulus) as i32)
    };
    Ok(vec![Expected::all("output", (0..input.len()).map(element).collect())])
}

/// `output = clamp(7 - a / 3 - (-a) * b, -1000, 1000)` in wrapping 32 bits, division toward zero.
pub(super) fn signed(args: &Args<'_>) -> Outcome {
    both(args, "a", "b", |a, b, i| {
        let (a, b) = (a.bits(i) as i32, b.bits(i) as i32);
        let product = a.wrapping_neg().wrapping_mul(b);
        let sum = 7i32.wrapping_sub(a / 3).wrapping_sub(product);
        f64::from(sum.clamp(-1000, 1000))
    })
}
