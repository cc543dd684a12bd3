//! The interpreter against plain Rust.

mod arithmetic;
mod control;
mod launch;
mod memory;
mod products;
mod shapes;

use super::*;
use crate::builder::KernelBuilder;
use crate::kernel::{Kernel, Own};
use crate::op::{Value, ViewId};
use crate::types::{Elem, Shape};

/// Runs `f` on whole buffers as tiles; the result tile (or scalar, as a tile of one) comes back as a buffer.
pub(crate) fn eval(
    inputs: &[&Buffer],
    f: impl FnOnce(&mut KernelBuilder, &[Value]) -> Value,
) -> Result<Buffer, Box<Trap>> {
    let mut b = KernelBuilder::new("eval");
    let views: Vec<ViewId> =
        (0..inputs.len()).map(|i| b.read(&format!("in{i}"), inputs[i].elem, inputs[i].shape.dims())).collect();
    let zero = b.index(0);
    let tiles: Vec<Value> = (0..inputs.len())
        .map(|i| b.load(views[i], &vec![zero; inputs[i].shape.rank()], inputs[i].shape.dims()))
        .collect();
    let mut result = f(&mut b, &tiles);
    if b.ty(result).is_scalar() {
        result = b.broadcast(result, &[1]);
    }
    let ty = b.ty(result);
    let own = vec![Own::Whole; ty.shape.rank()];
    let out = b.write("out", ty.elem, ty.shape.dims(), &own);
    b.store(out, result, &vec![zero; ty.shape.rank()]);
    let kernel = b.finish().expect("a valid kernel");

    let mut output = Buffer::zeros(ty.elem, ty.shape.dims()).expect("a buffer");
    let mut args: Vec<Arg> = inputs.iter().map(|&buffer| Arg::In(buffer)).collect();
    args.push(Arg::Out(&mut output));
    run(&kernel, &mut args, &Options::default())?;
    Ok(output)
}

fn floats(elem: Elem, dims: &[u64], values: &[f32]) -> Buffer {
    Buffer::from_floats(elem, dims, values).expect("as many values as the shape has")
}

pub(crate) fn ints(elem: Elem, dims: &[u64], values: &[i64]) -> Buffer {
    Buffer::from_ints(elem, dims, values).expect("as many values as the shape has")
}

fn trap_kind(result: Result<impl std::fmt::Debug, Box<Trap>>) -> TrapKind {
    result.expect_err("a trap").kind
}

/// Runs a kernel without inputs, whose only parameter is an output `out` of `shape`.
fn run_out(kernel: &Kernel, elem: Elem, shape: Shape, options: &Options) -> Result<(Buffer, Outcome), Box<Trap>> {
    let mut output = Buffer::zeros(elem, shape.dims()).expect("a buffer");
    let outcome = run(kernel, &mut [Arg::Out(&mut output)], options)?;
    Ok((output, outcome))
}
