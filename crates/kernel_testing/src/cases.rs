//! Inputs of launches.

use judge::{ArgValue, Buffer, Case, CaseArg};
use tile_ir::testing::{OwnedArg, random_args};
use tile_ir::{Elem, Kernel, ParamKind};

/// Inputs made from each seed as the judges make them.
///
/// # Panics
/// If the kernel's views are too large for a case.
pub fn judged_cases(kernel: &Kernel, seeds: &[u64]) -> Vec<Case> {
    seeds.iter().map(|&seed| judge::generate(kernel, seed).expect("small views")).collect()
}

/// Inputs on which random kernels do not trap: floats in `[-1, 1)`, integers of their whole range, written views with contents.
pub fn random_case(kernel: &Kernel, seed: u64) -> Case {
    let args = kernel.params.iter().zip(random_args(kernel, seed)).map(|(param, arg)| {
        let value = match (&param.kind, arg) {
            (ParamKind::View(view), OwnedArg::Buffer(buffer)) => ArgValue::View {
                buffer: Buffer { elem: view.elem, shape: view.shape, bytes: buffer.bytes },
                access: view.access,
            },
            (_, OwnedArg::F32(value)) => ArgValue::Float(value),
            (_, OwnedArg::I32(value)) => ArgValue::Int { elem: Elem::I32, value: u64::from(value as u32) },
            (_, OwnedArg::I64(value)) => ArgValue::Int { elem: Elem::I64, value: value as u64 },
            (ParamKind::Scalar(_), OwnedArg::Buffer(_)) => unreachable!("a scalar's argument is a number"),
        };
        CaseArg { name: param.name.clone(), value }
    });
    Case { family: kernel.family.clone(), seed, args: args.collect() }
}
