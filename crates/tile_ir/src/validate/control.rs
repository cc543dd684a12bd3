//! Loops and branches.

use super::{Check, count, same};
use crate::kernel::Kernel;
use crate::op::{Block, Value};
use crate::types::Type;

fn types(kernel: &Kernel, values: &[Value]) -> Vec<Type> {
    values.iter().map(|&value| kernel.ty(value)).collect()
}

fn all_same(roles: &'static str, role: &'static str, expected: &[Type], found: &[Type]) -> Check {
    count(roles, expected.len(), found.len())?;
    expected.iter().zip(found).try_for_each(|(&expected, &found)| same(role, expected, found))
}

pub(super) fn for_loop(kernel: &Kernel, range: [Value; 3], init: &[Value], body: &Block, results: &[Type]) -> Check {
    for (role, value) in ["lower bound", "upper bound", "step"].into_iter().zip(range) {
        same(role, Type::INDEX, kernel.ty(value))?;
    }
    let carried = types(kernel, init);
    let args: Vec<Type> = [Type::INDEX].into_iter().chain(carried.iter().copied()).collect();
    all_same("loop arguments", "loop argument", &args, &types(kernel, &body.args))?;
    all_same("yielded values", "yielded value", &carried, &types(kernel, &body.yields))?;
    all_same("results", "result", &carried, results)
}

pub(super) fn while_loop(
    kernel: &Kernel,
    init: &[Value],
    before: &Block,
    cond: Value,
    after: &Block,
    results: &[Type],
) -> Check {
    let carried = types(kernel, init);
    let handed = types(kernel, &before.yields);
    all_same("condition arguments", "condition argument", &carried, &types(kernel, &before.args))?;
    same("condition", Type::BOOL, kernel.ty(cond))?;
    all_same("loop arguments", "loop argument", &handed, &types(kernel, &after.args))?;
    all_same("yielded values", "yielded value", &carried, &types(kernel, &after.yields))?;
    all_same("results", "result", &handed, results)
}

pub(super) fn branch(kernel: &Kernel, cond: Value, then: &Block, otherwise: &Block, results: &[Type]) -> Check {
    same("condition", Type::BOOL, kernel.ty(cond))?;
    for block in [then, otherwise] {
        count("branch arguments", 0, block.args.len())?;
        all_same("yielded values", "yielded value", results, &types(kernel, &block.yields))?;
    }
    Ok(())
}
