//! A kernel of one program, computed inside the programs of another.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{
    Access, Block, Kernel, Literal, Loc, Number, Op, OpKind, Own, Param, ParamKind, Shape, Type, Value, ViewId, rewrite,
};

use crate::error::Error;

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
    /// The producer's parameter that nobody writes any more.
    pub output: usize,
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
    let mut ops = producer.body.ops.clone();
    ops.retain(|op| !matches!(&op.kind, OpKind::Store { view, .. } if view.index() == output));
    for op in &mut ops {
        rename(op, &moved);
        alone(op);
        remap_views(op, &maps.producer);
    }
    let tile = moved(stored);
    let tile_shape = producer.ty(stored).shape;
    let constants = constants(consumer);
    let mut replace = Replace { consumer, input, tile, tile_shape, constants, gone: BTreeMap::new() };
    let mut body = consumer.body.clone();
    replace.block(&mut body)?;
    let gone = replace.gone;
    body.map_uses(&mut |value| gone.get(&value).copied().unwrap_or(value));
    body.for_each_op_mut(&mut |op| remap_view(op, &maps.consumer));
    ops.append(&mut body.ops);
    body.ops = ops;
    kernel.body = body;
    rewrite::merge_common(&mut kernel);
    rewrite::remove_dead(&mut kernel);
    tile_ir::validate_kernel(&kernel)
        .map_err(|mut errors| Error::Invalid { kernel: kernel.name.clone(), source: Box::new(errors.remove(0)) })?;
    Ok(Inlined { kernel, origins, output })
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
        if view_of(&op.kind).is_some_and(|view| view.index() == output) {
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

/// The view an operation accesses.
fn view_of(kind: &OpKind) -> Option<ViewId> {
    match kind {
        OpKind::Load { view, .. }
        | OpKind::Store { view, .. }
        | OpKind::LoadScalar { view, .. }
        | OpKind::StoreScalar { view, .. }
        | OpKind::Gather { view, .. } => Some(*view),
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Unary(..)
        | OpKind::Binary(..)
        | OpKind::Fma(..)
        | OpKind::Compare(..)
        | OpKind::Select { .. }
        | OpKind::Cast(..)
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
        | OpKind::Slice { .. }
        | OpKind::InsertSlice { .. }
        | OpKind::Extract { .. }
        | OpKind::Insert { .. }
        | OpKind::Reduce { .. }
        | OpKind::Contract { .. }
        | OpKind::CreateMask { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => None,
    }
}

fn remap_view(op: &mut Op, map: &[usize]) {
    if let OpKind::Load { view, .. }
    | OpKind::Store { view, .. }
    | OpKind::LoadScalar { view, .. }
    | OpKind::StoreScalar { view, .. }
    | OpKind::Gather { view, .. } = &mut op.kind
    {
        *view = ViewId(map[view.index()] as u32);
    }
}

/// As [`remap_view`], for the operations inside too.
fn remap_views(op: &mut Op, map: &[usize]) {
    remap_view(op, map);
    for block in op.kind.blocks_mut() {
        block.for_each_op_mut(&mut |op| remap_view(op, map));
    }
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

/// Gives every value of an operation its number in the fused kernel, definitions and regions included.
fn rename(op: &mut Op, moved: &impl Fn(Value) -> Value) {
    op.kind.map_operands(moved);
    if let OpKind::While { cond, .. } = &mut op.kind {
        *cond = moved(*cond);
    }
    op.results.iter_mut().for_each(|value| *value = moved(*value));
    for block in op.kind.blocks_mut() {
        rename_block(block, moved);
    }
}

fn rename_block(block: &mut Block, moved: &impl Fn(Value) -> Value) {
    block.args.iter_mut().chain(&mut block.yields).for_each(|value| *value = moved(*value));
    block.ops.iter_mut().for_each(|op| rename(op, moved));
}

/// The producer's only program is number 0 of 1, whichever program computes it.
fn alone(op: &mut Op) {
    let number = |number| OpKind::Constant(Literal::Splat(Number::Int(number)));
    match &mut op.kind {
        OpKind::ProgramId(_) => op.kind = number(0),
        OpKind::NumPrograms(_) => op.kind = number(1),
        kind => kind.blocks_mut().into_iter().for_each(|block| block.ops.iter_mut().for_each(alone)),
    }
}

/// New index of each parameter; that of the two views that vanish is never asked for.
struct Maps {
    producer: Vec<usize>,
    consumer: Vec<usize>,
}

fn merge_params(producer: &Kernel, consumer: &Kernel, output: usize, input: usize) -> (Vec<Param>, Vec<Origin>, Maps) {
    let mut taken: BTreeSet<String> =
        consumer.params.iter().enumerate().filter(|(i, _)| *i != input).map(|(_, param)| param.name.clone()).collect();
    let (mut params, mut origins) = (Vec::new(), Vec::new());
    let mut maps = Maps { producer: vec![0; producer.params.len()], consumer: vec![0; consumer.params.len()] };
    for (i, param) in producer.params.iter().enumerate().filter(|(i, _)| *i != output) {
        let mut param = param.clone();
        let wanted = param.name.clone();
        for number in 2.. {
            if taken.insert(param.name.clone()) {
                break;
            }
            param.name = format!("{wanted}_{number}");
        }
        maps.producer[i] = params.len();
        params.push(param);
        origins.push(Origin::Producer(i));
    }
    for (i, param) in consumer.params.iter().enumerate().filter(|(i, _)| *i != input) {
        maps.consumer[i] = params.len();
        params.push(param.clone());
        origins.push(Origin::Consumer(i));
    }
    // Only the consumer has written views left.
    for param in &mut params {
        if let ParamKind::View(view) = &mut param.kind {
            for own in &mut view.own {
                if let Own::At { param } = own {
                    *param = maps.consumer[*param];
                }
            }
        }
    }
    (params, origins, maps)
}

/// Takes the consumer's loads of the producer's output away.
struct Replace<'a> {
    consumer: &'a Kernel,
    input: usize,
    /// The output as a tile.
    tile: Value,
    tile_shape: Shape,
    /// The consumer's index constants.
    constants: BTreeMap<Value, i64>,
    /// Results of loads of the whole view: what stands for them.
    gone: BTreeMap<Value, Value>,
}

impl Replace<'_> {
    fn block(&mut self, block: &mut Block) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(block.ops.len());
        for mut op in std::mem::take(&mut block.ops) {
            if view_of(&op.kind).is_some_and(|view| view.index() == self.input) {
                match self.load(&op)? {
                    None => continue,
                    Some(slice) => op.kind = slice,
                }
            }
            for inner in op.kind.blocks_mut() {
                self.block(inner)?;
            }
            kept.push(op);
        }
        block.ops = kept;
        Ok(())
    }

    /// What an access of the view becomes; `None` if the whole tile stands for its result.
    fn load(&mut self, op: &Op) -> Result<Option<OpKind>, Error> {
        let whole = self.tile_shape;
        let (OpKind::Load { indices, mask: None, .. }, Some(result)) = (&op.kind, op.result()) else {
            return Err(self.refuse("element by element or under a mask", &op.loc));
        };
        let starts: Option<Vec<i64>> = indices.iter().map(|index| self.constants.get(index).copied()).collect();
        let Some(starts) = starts else {
            return Err(self.refuse("at a place that depends on the program or a loop", &op.loc));
        };
        let part = self.consumer.ty(result).shape;
        if part == whole && starts.iter().all(|&start| start == 0) {
            self.gone.insert(result, self.tile);
            return Ok(None);
        }
        let inside = part.rank() == whole.rank()
            && starts.iter().zip(part.dims().iter().zip(whole.dims())).all(|(&start, (&size, &extent))| {
                u64::try_from(start).is_ok_and(|start| start.checked_add(size).is_some_and(|end| end <= extent))
            });
        if !inside {
            return Err(self.refuse("past its end", &op.loc));
        }
        let offsets = starts.into_iter().map(i64::unsigned_abs).collect();
        Ok(Some(OpKind::Slice { value: self.tile, offsets }))
    }

    fn refuse(&self, what: &str, loc: &Loc) -> Error {
        Error::Part {
            kernel: self.consumer.name.clone(),
            arg: self.consumer.params[self.input].name.clone(),
            what: what.to_owned(),
            loc: loc.clone(),
        }
    }
}
