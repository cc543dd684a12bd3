//! Changes to the chosen places: limits on chains of virtual tiles, and tiles that take over another's memory.

use tile_ir::{Block, Kernel, Op, OpKind};

use super::cost::new_buffer;
use super::{Place, Plan};
use crate::limits::MAX_CHAIN;

/// Keeps a tile wherever a chain of virtual tiles would get too long.
pub(super) fn cut_chains(kernel: &Kernel, plan: &mut Plan<'_>) {
    let mut length = vec![0_u32; kernel.values.len()];
    kernel.body.for_each_op(&mut |op| {
        let Some(result) = op.result() else { return };
        if plan.places[result.index()] != Place::Virtual {
            return;
        }
        let longest = op.kind.operands().into_iter().map(|operand| length[operand.index()]).max();
        length[result.index()] = longest.unwrap_or(0) + 1;
        if length[result.index()] > MAX_CHAIN {
            length[result.index()] = 0;
            plan.places[result.index()] = Place::Buffer(new_buffer(kernel, plan, result));
        }
    });
}

/// Lets a tile be made where it is wanted: a yielded tile in the loop's next buffer, an insertion in its operand's.
pub(super) fn share(kernel: &Kernel, block: &Block, plan: &mut Plan<'_>) {
    let mut uses = vec![0_u32; kernel.values.len()];
    kernel.body.for_each_op(&mut |op| {
        let yielded = op.kind.blocks().into_iter().flat_map(|inner| inner.yields.iter().copied());
        for value in op.kind.operands().into_iter().chain(yielded) {
            uses[value.index()] += 1;
        }
    });
    share_block(block, plan, &uses);
}

fn share_block(block: &Block, plan: &mut Plan<'_>, uses: &[u32]) {
    for op in &block.ops {
        if let OpKind::InsertSlice { into, .. } | OpKind::Insert { into, .. } = &op.kind
            && let Some(result) = op.result()
            && let (Place::Buffer(_), Place::Buffer(shared)) = (plan.places[result.index()], plan.places[into.index()])
            && uses[into.index()] == 1
            && block.ops.iter().any(|other| other.result() == Some(*into))
        {
            plan.places[result.index()] = Place::Buffer(shared);
        }
        for inner in op.kind.blocks() {
            share_block(inner, plan, uses);
        }
        if let OpKind::For { body, .. } = &op.kind {
            for (&yielded, &arg) in body.yields.iter().zip(body.args.iter().skip(1)) {
                let made_here = body.ops.iter().any(|inner| inner.result() == Some(yielded) && makes_own(inner));
                let once = body.yields.iter().filter(|&&other| other == yielded).count() == 1;
                let in_buffer = matches!(plan.places[yielded.index()], Place::Buffer(_));
                if plan.places[arg.index()] == Place::Carried && made_here && once && in_buffer {
                    plan.places[yielded.index()] = Place::Next(arg);
                }
            }
        }
    }
}

/// Whether the result is computed into a buffer that is its own: not one that branches or loops fill, nor one that an
/// insertion shares.
fn makes_own(op: &Op) -> bool {
    let shares = matches!(op.kind, OpKind::InsertSlice { .. } | OpKind::Insert { .. });
    !shares && op.kind.blocks().is_empty()
}
