//! A kernel of one program, computed inside the programs of another.

use std::collections::BTreeMap;

use tile_ir::{
    Access, Kernel, Literal, Loc, Number, Op, OpKind, Param, ParamKind, Shape, Type, Value, ViewId, rewrite,
};

use crate::error::Error;
use crate::merge::{alone, merge_params, remap_view, rename};
use crate::replace::Replace;

/// Where a parameter of a fused kernel comes from: an index into the parameters of one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The producer's.
    Producer(usize),
    /// The consumer's.
    Consumer(usize),
}

/// A consumer with its producer inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Inlined {
    /// The kernel; name, family, tuning and grid are the consumer's.
    pub kernel: Kernel,
    /// Origin of each parameter.
    pub origins: Vec<Origin>,
    /// Parameters of the producer and of the consumer that must be bound alike.
    pub same: Vec<(usize, usize)>,
    /// How many of the producer's programs each program runs.
    pub copies: usize,
    /// The producer's parameter that nobody writes any more; `None` if the consumer overwrites it.
    pub drops: Option<usize>,
}

/// Computes `producer` in each program of `consumer`, in place of its loads from parameter `input`.
///
/// The producer has one program, which stores one tile over the whole of its one written view, once, and never reads
/// that view. The consumer reads the whole view, or parts at constant places. Everything else the producer reads must
/// stay as it is while the consumer runs: whoever launches the kernel sees to that.
///
/// # Errors
/// Kernels that are not of this form.
pub fn inline_producer(producer: &Kernel, consumer: &Kernel, input: usize) -> Result<Inlined, Error> {
    if producer.programs() != 1 {
        let (kernel, loc) = (producer.name.clone(), producer.loc.clone());
        return Err(Error::ManyPrograms { kernel, programs: producer.programs(), loc });
    }
    let output = output_of(producer)?;
    check_link(producer, consumer, output, input)?;
    let stored = stored_tile(producer, output)?;

    let mut kernel = consumer.clone();
    let (params, origins, maps) = merge_params(producer, consumer, output, input);
    kernel.params = params;
    // The producer's values follow the consumer's.
    let base = kernel.values.len() as u32;
    let moved = |value: Value| Value(value.0 + base);
    kernel.values.extend(producer.values.iter().cloned());
    for (param, origin) in kernel.params.iter_mut().zip(&origins) {
        if let (ParamKind::Scalar(scalar), Origin::Producer(_)) = (&mut param.kind, origin) {
            scalar.value = moved(scalar.value);
        }
    }
    let mut first = producer.body.clone();
    first.ops.retain(|op| op.kind.view_written() != Some(ViewId(output as u32)));
    rename(&mut first, &moved);
    first.for_each_op_mut(&mut |op| {
        alone(op);
        remap_view(op, &maps.producer);
    });
    let tile = moved(stored);
    let tile_shape = producer.ty(stored).shape;
    let constants = constants(consumer);
    let mut replace = Replace { consumer, input, tile, tile_shape, constants, gone: BTreeMap::new() };
    let mut body = consumer.body.clone();
    replace.block(&mut body)?;
    let gone = replace.gone;
    body.map_uses(&mut |value| gone.get(&value).copied().unwrap_or(value));
    body.for_each_op_mut(&mut |op| remap_view(op, &maps.consumer));
    body.ops.splice(..0, first.ops);
    kernel.body = body;
    rewrite::merge_common(&mut kernel);
    rewrite::remove_dead(&mut kernel);
    tile_ir::validate_kernel(&kernel)
        .map_err(|mut errors| Error::Invalid { kernel: kernel.name.clone(), source: Box::new(errors.remove(0)) })?;
    Ok(Inlined { kernel, origins, same: vec![(output, input)], copies: 1, drops: Some(output) })
}

/// The parameter that the producer writes.
pub(crate) fn output_of(producer: &Kernel) -> Result<usize, Error> {
    let written = |param: &Param| matches!(&param.kind, ParamKind::View(view) if view.access == Access::Write);
    let mut found = (0..producer.params.len()).filter(|&i| written(&producer.params[i]));
    match (found.next(), found.next()) {
        (Some(output), None) => Ok(output),
        (None, _) => Err(no_output(producer, "writes no view", &producer.loc)),
        (Some(_), Some(second)) => Err(no_output(producer, "writes several views", &producer.params[second].loc)),
    }
}

/// Whether the consumer's parameter `input` may be the producer's output.
pub(crate) fn fits(producer: &Kernel, consumer: &Kernel, output: usize, input: usize) -> bool {
    let views = (producer.view(ViewId(output as u32)), consumer.view(ViewId(input as u32)));
    let (Some(from), Some(to)) = views else { return false };
    to.access == Access::Read && (from.elem, from.shape) == (to.elem, to.shape)
}

fn check_link(producer: &Kernel, consumer: &Kernel, output: usize, input: usize) -> Result<(), Error> {
    if fits(producer, consumer, output, input) {
        return Ok(());
    }
    let arg = consumer.params.get(input).map_or_else(|| format!("#{input}"), |param| param.name.clone());
    Err(Error::WrongLink { kernel: consumer.name.clone(), arg, producer: producer.name.clone() })
}

fn no_output(producer: &Kernel, what: &str, loc: &Loc) -> Error {
    Error::Output { kernel: producer.name.clone(), what: what.to_owned(), loc: loc.clone() }
}

/// The tile that the producer stores over the whole of its output.
fn stored_tile(producer: &Kernel, output: usize) -> Result<Value, Error> {
    let refuse = |what: &str, loc: &Loc| Err(no_output(producer, what, loc));
    let shape = match &producer.params[output].kind {
        ParamKind::View(view) => view.shape,
        ParamKind::Scalar(_) => Shape::SCALAR,
    };
    let known = constants(producer);
    let mut touching: Vec<&Op> = Vec::new();
    producer.body.for_each_op(&mut |op| {
        if op.kind.view() == Some(ViewId(output as u32)) {
            touching.push(op);
        }
    });
    let [op] = touching[..] else {
        return refuse("does not access its output exactly once", &producer.loc);
    };
    let OpKind::Store { value, indices, mask: None, .. } = &op.kind else {
        return refuse("writes only a part of its output, or reads it", &op.loc);
    };
    if !producer.body.ops.iter().any(|top| std::ptr::eq(top, op)) {
        return refuse("writes its output in a loop or a branch", &op.loc);
    }
    let whole = producer.ty(*value).shape == shape && indices.iter().all(|index| known.get(index) == Some(&0));
    if whole { Ok(*value) } else { refuse("writes only a part of its output", &op.loc) }
}

/// Index constants by value.
fn constants(kernel: &Kernel) -> BTreeMap<Value, i64> {
    let mut known = BTreeMap::new();
    kernel.body.for_each_op(&mut |op| {
        if let (OpKind::Constant(Literal::Splat(Number::Int(number))), Some(result)) = (&op.kind, op.result())
            && kernel.ty(result) == Type::INDEX
        {
            known.insert(result, *number);
        }
    });
    known
}
