//! What operations compute. Every address was checked before; vectors may overlap only as `admit` allows, and operands need not be
//! aligned.

mod active;
mod arithmetic;
mod convert;
mod reduce;

pub(super) use active::TABLES;

use super::Arch;
use super::op::{Copy, Op, Span};

/// An element that need not be aligned. Unlike `read_unaligned` it costs nothing where debug assertions are on.
#[repr(C, packed)]
struct Element<T>(T);

/// Element `index` of a vector.
///
/// # Safety
/// It lies in memory that may be read.
unsafe fn load<T: std::marker::Copy>(start: usize, index: usize) -> T {
    // SAFETY: by contract.
    unsafe { (*(start as *const Element<T>).wrapping_add(index)).0 }
}

/// Writes element `index` of a vector.
///
/// # Safety
/// It lies in memory that may be written.
unsafe fn store<T: std::marker::Copy>(start: usize, index: usize, value: T) {
    // SAFETY: by contract.
    unsafe { (*(start as *mut Element<T>).wrapping_add(index)).0 = value };
}

/// Runs an operation; the result of one that returns a value.
///
/// # Safety
/// The memory of its spans may be read and written as they say.
pub(super) unsafe fn run(op: &Op, arch: Arch) -> u32 {
    // SAFETY: by contract, here and in each arm.
    unsafe {
        match *op {
            Op::Copy(Copy { to, from, .. }) | Op::Move { to, from } => copy(to, from),
            Op::Write { size, to, bits } => {
                for start in to.segments() {
                    write(size, start, (to.bytes / size) as usize, bits);
                }
            }
            Op::Map { f, ty, to, a, n } => arithmetic::map(f, ty, to, a, n as usize),
            Op::Zip { f, ty, to, a, b, n } => arithmetic::zip(f, ty, to, a, b, n as usize),
            Op::Scalar { f, ty, to, a, value, n } => arithmetic::scalar(f, ty, to, a, value, n as usize),
            Op::Cycle { f, ty, to, a, seg, n, seg_n } => {
                let row = seg_n * ty.bytes();
                for part in 0..n / seg_n {
                    let offset = (part * row) as usize;
                    arithmetic::zip(f, ty, to + offset, a + offset, seg, seg_n as usize);
                }
            }
            Op::Fusion { first, second, to, a, b, c, n, seg_n } => {
                arithmetic::fusion([first, second], to, a, [b, c], [n as usize, seg_n as usize]);
            }
            Op::Convert { f, to, from, n, .. } => convert::convert(f, to, from, n as usize, arch),
            Op::ReduceSum { to, from, n } => reduce::blocks(to, from, n as usize),
            Op::Pool { f, to, from, window } => reduce::pool(f, to, from, window),
            Op::Arg { f, to, from, n } => reduce::arg(f, to, from, n as usize),
            Op::Transpose { bytes, to, from, height, width } => match bytes {
                1 => transpose::<u8>(to, from, height as usize, width as usize),
                2 => transpose::<u16>(to, from, height as usize, width as usize),
                _ => transpose::<u32>(to, from, height as usize, width as usize),
            },
            Op::Sum { from, n } => return reduce::sum(from, n as usize).to_bits(),
        }
    }
    0
}

/// Copies segments, as if all were read before one is written.
unsafe fn copy(to: Span, from: Span) {
    let (flat_to, flat_from) = (to.flat(), from.flat());
    if flat_to.counts == [1, 1] && flat_from.counts == [1, 1] {
        // SAFETY: by contract of `run`.
        unsafe { std::ptr::copy(flat_from.start as *const u8, flat_to.start as *mut u8, flat_to.bytes as usize) };
        return;
    }
    let bytes = to.bytes as usize;
    if !to.meets(from) {
        for (to, from) in to.segments().zip(from.segments()) {
            // SAFETY: by contract of `run`.
            unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes) };
        }
        return;
    }
    let mut held = Vec::with_capacity(bytes * (from.counts[0] * from.counts[1]) as usize);
    for from in from.segments() {
        // SAFETY: by contract of `run`.
        held.extend_from_slice(unsafe { std::slice::from_raw_parts(from as *const u8, bytes) });
    }
    for (to, held) in to.segments().zip(held.chunks(bytes)) {
        // SAFETY: by contract of `run`.
        unsafe { std::ptr::copy_nonoverlapping(held.as_ptr(), to as *mut u8, bytes) };
    }
}

unsafe fn write(bytes: u64, to: usize, n: usize, bits: u32) {
    for index in 0..n {
        // SAFETY: by contract of `run`.
        unsafe {
            match bytes {
                1 => store(to, index, bits as u8),
                2 => store(to, index, bits as u16),
                _ => store(to, index, bits),
            }
        }
    }
}

unsafe fn transpose<T: std::marker::Copy>(to: usize, from: usize, height: usize, width: usize) {
    for row in 0..height {
        for column in 0..width {
            // SAFETY: by contract of `run`.
            unsafe { store(to, column * height + row, load::<T>(from, row * width + column)) };
        }
    }
}
