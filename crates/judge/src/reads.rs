//! Which views a kernel reads.

use tile_ir::{Kernel, ViewId};

/// Whether the kernel's body reads view parameter `view`.
pub(crate) fn reads(kernel: &Kernel, view: ViewId) -> bool {
    let mut found = false;
    kernel.body.for_each_op(&mut |op| found |= op.kind.view_read() == Some(view));
    found
}
