//! Two kernels' parameters, values and views in one.

use std::collections::BTreeSet;

use tile_ir::{Block, Kernel, Literal, Number, Op, OpKind, Own, Param, ParamKind, Value, ViewId};

use crate::inline::Origin;

/// Gives an access its view's number in the fused kernel.
pub(crate) fn remap_view(op: &mut Op, map: &[usize]) {
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
pub(crate) fn remap_views(op: &mut Op, map: &[usize]) {
    remap_view(op, map);
    for block in op.kind.blocks_mut() {
        block.for_each_op_mut(&mut |op| remap_view(op, map));
    }
}

/// Gives every value of an operation its number in the fused kernel, definitions and regions included.
pub(crate) fn rename(op: &mut Op, moved: &impl Fn(Value) -> Value) {
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
pub(crate) fn alone(op: &mut Op) {
    let number = |number| OpKind::Constant(Literal::Splat(Number::Int(number)));
    match &mut op.kind {
        OpKind::ProgramId(_) => op.kind = number(0),
        OpKind::NumPrograms(_) => op.kind = number(1),
        kind => kind.blocks_mut().into_iter().for_each(|block| block.ops.iter_mut().for_each(alone)),
    }
}

/// New index of each parameter; that of the two views that vanish is never asked for.
pub(crate) struct Maps {
    pub(crate) producer: Vec<usize>,
    pub(crate) consumer: Vec<usize>,
}

/// The parameters of both without the view between them, and where they come from. Names stay the consumer's.
pub(crate) fn merge_params(
    producer: &Kernel,
    consumer: &Kernel,
    output: usize,
    input: usize,
) -> (Vec<Param>, Vec<Origin>, Maps) {
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
