//! The target's limits.

mod resize;

use std::collections::BTreeSet;

use tile_ir::{Kernel, ParamKind, Value};

use super::plan::Form;
use super::{Lowered, place};
use crate::Error;
use crate::caps;
use crate::target::Target;
use resize::Dims;

/// Checks what can be checked before lowering.
pub(super) fn check(kernel: &Kernel, target: &Target) -> Result<(), Error> {
    let limit = |what: &str, needed: u64, limit: u64, help: String| Error::Limit {
        target: target.name,
        kernel: kernel.name.clone(),
        what: what.to_owned(),
        needed,
        limit,
        loc: kernel.loc.clone(),
        help,
    };
    if target.warp > target.max_threads {
        let help = "no kernel fits such a target: its groups cannot hold what runs in step".to_owned();
        let what = "a group of the threads that run in step";
        return Err(limit(what, u64::from(target.warp), u64::from(target.max_threads), help));
    }
    for (axis, (&programs, &most)) in ["x", "y", "z"].iter().zip(kernel.grid.iter().zip(&target.max_grid)) {
        if programs > most {
            let least = programs.div_ceil(most.max(1));
            // Blocks that divide the work evenly, unless they are much larger.
            let even = smaller_divisors(programs).into_iter().find(|&left| left <= most).map(|left| programs / left);
            let times = even.filter(|&times| times <= least.saturating_mul(2)).unwrap_or(least);
            let left = programs.div_ceil(times);
            let help = format!(
                "blocks {times} times as large along {axis} make it {left} programs; or put this dimension on another axis"
            );
            return Err(limit(&format!("the grid along {axis}, in programs,"), programs, most, help));
        }
    }
    let (buffers, most) = (target.buffers(&kernel.params), target.max_buffers);
    if buffers > most {
        let scalars = kernel.params.iter().filter(|param| matches!(param.kind, ParamKind::Scalar(_))).count();
        let (what, help) = match (target.scalars_take_buffers, scalars) {
            (true, 1..) => (
                format!("the number of parameters ({} views, {scalars} scalars)", buffers - scalars),
                format!("pass at most {most} views and scalars: several views can be parts of one"),
            ),
            (true, 0) | (false, _) => {
                ("the number of views".to_owned(), format!("pass at most {most} views: several can be parts of one"))
            }
        };
        return Err(limit(&what, buffers as u64, most as u64, help));
    }
    caps::check(kernel, target)
}

/// The error of a lowered kernel with more shared memory than there is; names its largest tile.
pub(super) fn too_large(lowered: &Lowered, kernel: &Kernel, target: &Target, form: Form) -> Error {
    let needed = lowered.kernel.shared_bytes();
    let largest = lowered.shared_tiles.iter().max_by_key(|tile| tile.bytes);
    let (what, loc, help) = match largest {
        Some(tile) => {
            let (ty, bytes) = (kernel.ty(tile.value), tile.bytes);
            let name =
                kernel.values[tile.value.index()].name.as_ref().map(|name| format!("`{name}` ")).unwrap_or_default();
            let others = needed.saturating_sub(bytes);
            let beside = if others == 0 { String::new() } else { format!(" with {others} of others") };
            let what =
                format!("tile {name}of {}x{} ({bytes} bytes){beside}, in bytes of shared memory,", ty.shape, ty.elem);
            let loc = tile.loc.clone();
            let help = match fitting(kernel, target, tile.value, form) {
                Some(Fit { dim, size, needed }) => {
                    let mut dims = ty.shape.dims().to_vec();
                    let old = std::mem::replace(&mut dims[dim], size);
                    let dims: Vec<String> = dims.iter().map(u64::to_string).collect();
                    let unit = match dim {
                        0 => "rows",
                        dim if dim + 1 == dims.len() => "columns",
                        _ => "layers",
                    };
                    let (shape, elem) = (dims.join("x"), ty.elem);
                    format!("a block of {size} {unit} instead of {old} fits: {shape}x{elem}, {needed} bytes in all")
                }
                None => {
                    let rows = ty.shape.dims().first().copied().unwrap_or(1);
                    let room = target.shared_bytes.saturating_sub(others);
                    match smaller_divisors(rows).into_iter().find(|size| bytes / rows * size <= room) {
                        Some(size) => format!("there is room for {size} rows of this tile instead of {rows}"),
                        None => "split the kernel: no smaller block of this tile fits beside the others".to_owned(),
                    }
                }
            };
            (what, loc, help)
        }
        None => {
            let help = "use smaller blocks".to_owned();
            ("shared memory in bytes".to_owned(), kernel.loc.clone(), help)
        }
    };
    let (target, limit) = (target.name, target.shared_bytes);
    Error::Limit { target, kernel: kernel.name.clone(), what, needed, limit, loc, help }
}

/// A size that fits.
struct Fit {
    dim: usize,
    size: u64,
    /// Shared memory of the kernel with it, in bytes.
    needed: u64,
}

/// The largest divisor of a dimension of `value` with which the kernel fits; of its first dimension if one does. Found
/// by lowering the kernel with it: what else a block's size changes cannot be told from the tile alone.
fn fitting(kernel: &Kernel, target: &Target, value: Value, form: Form) -> Option<Fit> {
    let dims = Dims::new(kernel);
    for (dim, &extent) in kernel.ty(value).shape.dims().iter().enumerate() {
        for size in smaller_divisors(extent) {
            let parts = extent / size;
            let Some(mut smaller) = dims.resized(value, dim, size) else { continue };
            // Smaller blocks may be as many, or more of them: threads are chosen by both.
            let few = needed(&smaller, target, form);
            smaller.grid[0] = smaller.grid[0].saturating_mul(parts);
            let many = needed(&smaller, target, form);
            if let (Some(few), Some(many)) = (few, many)
                && few.max(many) <= target.shared_bytes
            {
                return Some(Fit { dim, size, needed: many });
            }
        }
    }
    None
}

/// The divisors of a number but itself, largest first.
fn smaller_divisors(number: u64) -> Vec<u64> {
    let small = (1..=number.isqrt()).filter(|&divisor| number.is_multiple_of(divisor));
    let divisors: BTreeSet<u64> = small.flat_map(|divisor| [divisor, number / divisor]).collect();
    divisors.into_iter().rev().filter(|&divisor| divisor != number).collect()
}

/// Shared memory of a kernel in bytes, if it can be lowered.
fn needed(kernel: &Kernel, target: &Target, form: Form) -> Option<u64> {
    place(kernel, target, form).ok().map(|lowered| lowered.kernel.shared_bytes())
}
