//! The target's limits.

use tile_ir::{Kernel, ParamKind};

use super::Lowered;
use crate::caps;
use crate::error::Error;
use crate::target::Target;

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
    for (axis, (&programs, &most)) in ["x", "y", "z"].iter().zip(kernel.grid.iter().zip(&target.max_grid)) {
        if programs > most {
            let help = format!("use larger blocks along {axis}, or put this dimension on another axis");
            return Err(limit(&format!("the grid along {axis}"), programs, most, help));
        }
    }
    let views = kernel.params.iter().filter(|param| matches!(param.kind, ParamKind::View(_))).count();
    if views > target.max_buffers {
        let help = "pass fewer views: several can be parts of one".to_owned();
        return Err(limit("the number of views", views as u64, target.max_buffers as u64, help));
    }
    caps::check(kernel, target)
}

/// Checks the shared memory of a lowered kernel; names its largest tile.
pub(super) fn shared(lowered: &Lowered, kernel: &Kernel, target: &Target) -> Result<(), Error> {
    let needed = lowered.kernel.shared_bytes();
    if needed <= target.shared_bytes {
        return Ok(());
    }
    let largest = lowered.shared_tiles.iter().max_by_key(|tile| tile.bytes);
    let (what, loc, help) = match largest {
        Some(tile) => {
            let (ty, bytes) = (kernel.ty(tile.value), tile.bytes);
            let name =
                kernel.values[tile.value.index()].name.as_ref().map(|name| format!("`{name}` ")).unwrap_or_default();
            let rows = ty.shape.dims().first().copied().unwrap_or(1);
            let others = needed.saturating_sub(bytes);
            let room = target.shared_bytes.saturating_sub(others);
            let fits = rows.saturating_mul(room) / bytes.max(1);
            let what = format!(
                "tile {name}of {}x{} ({bytes} bytes) with the others, in bytes of shared memory,",
                ty.shape, ty.elem
            );
            let loc = tile.loc.clone();
            let help = match fits {
                0 => "split the kernel: its other tiles leave no room for this one".to_owned(),
                fits => format!("a block of {fits} rows instead of {rows} fits"),
            };
            (what, loc, help)
        }
        None => {
            let help = "use smaller blocks".to_owned();
            ("shared memory in bytes".to_owned(), kernel.loc.clone(), help)
        }
    };
    let (target, limit) = (target.name, target.shared_bytes);
    Err(Error::Limit { target, kernel: kernel.name.clone(), what, needed, limit, loc, help })
}
