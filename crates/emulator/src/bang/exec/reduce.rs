//! Sums and extremes of vectors. The order in which hardware adds is not documented; one after another is as good as any.

use super::super::code::Reduction;
use super::super::op::Window;
use super::{load, store};

/// The sum of each block of 32 at its first element; other elements stay.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn blocks(to: usize, from: usize, n: usize) {
    for block in 0..n / 32 {
        let first = block * 32;
        // SAFETY: by contract.
        unsafe { store(to, first, sum(from + first * 4, 32)) };
    }
}

/// The sum of a vector.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn sum(from: usize, n: usize) -> f32 {
    // SAFETY: by contract.
    (0..n).fold(0.0, |sum, index| sum + unsafe { load::<f32>(from, index) })
}

/// Takes one place of a window into what is held of each channel.
unsafe fn fold(held: &mut [f32], start: usize, f: impl Fn(f32, f32) -> f32) {
    for (channel, held) in held.iter_mut().enumerate() {
        // SAFETY: by contract of `run`.
        *held = f(*held, unsafe { load(start, channel) });
    }
}

/// Slides a window over a tensor.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn pool(f: Reduction, to: usize, from: usize, window: Window) {
    let (rows, columns) = window.out();
    let channels = window.channels as usize;
    let mut held = vec![0.0_f32; channels];
    for row in 0..rows {
        for column in 0..columns {
            for y in 0..window.kernel_height {
                for x in 0..window.kernel_width {
                    let pixel = (row * window.stride_height + y) * window.width + column * window.stride_width + x;
                    let start = from + pixel as usize * channels * 4;
                    // SAFETY: by contract.
                    unsafe {
                        match f {
                            _ if y == 0 && x == 0 => fold(&mut held, start, |_, value| value),
                            Reduction::Sum => fold(&mut held, start, |held, value| held + value),
                            Reduction::Max => fold(&mut held, start, f32::max),
                            Reduction::Min => fold(&mut held, start, f32::min),
                        }
                    }
                }
            }
            let start = to + ((row * columns + column) as usize) * channels * 4;
            for (channel, held) in held.iter().enumerate() {
                // SAFETY: by contract.
                unsafe { store(start, channel, *held) };
            }
        }
    }
}

/// The extreme of a vector and, behind it, its first position as 64 bits. NaN is passed over.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn arg(f: Reduction, to: usize, from: usize, n: usize) {
    let mut best = (f32::NAN, 0_u64);
    for index in 0..n {
        // SAFETY: by contract.
        let value = unsafe { load::<f32>(from, index) };
        let better = match f {
            Reduction::Max | Reduction::Sum => value > best.0,
            Reduction::Min => value < best.0,
        };
        if better || (best.0.is_nan() && !value.is_nan()) {
            best = (value, index as u64);
        }
    }
    // SAFETY: by contract.
    unsafe {
        store(to, 0, best.0);
        store(to + 4, 0, best.1);
    }
}
