//! Two kernels' parameters, values and views in one.

use std::collections::BTreeSet;

use tile_ir::{Block, Kernel, Literal, Number, Op, OpKind, Param, Value, ViewId};

use crate::inline::Origin;

/// Gives an access its view's number in the fused kernel.
pub(crate) fn remap_view(op: &mut Op, map: &[usize]) {
    if let Some(view) = op.kind.view_mut() {
        *view = ViewId(map[view.index()] as u32);
    }
}

/// Gives every value of a block its number in the fused kernel, definitions and regions included.
pub(crate) fn rename(block: &mut Block, moved: &impl Fn(Value) -> Value) {
    block.map_uses(&mut |value| moved(value));
    let define = |values: &mut Vec<Value>| values.iter_mut().for_each(|value| *value = moved(*value));
    define(&mut block.args);
    block.for_each_op_mut(&mut |op| {
        define(&mut op.results);
        op.kind.blocks_mut().into_iter().for_each(|block| define(&mut block.args));
    });
}

/// The producer's only program is number 0 of 1, whichever program computes it.
pub(crate) fn alone(op: &mut Op) {
    let number = match op.kind {
        OpKind::ProgramId(_) => 0,
        OpKind::NumPrograms(_) => 1,
        _ => return,
    };
    op.kind = OpKind::Constant(Literal::Splat(Number::Int(number)));
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
        param.take_name(&mut taken);
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
    params.iter_mut().for_each(|param| param.map_owners(|owner| maps.consumer[owner]));
    (params, origins, maps)
}
