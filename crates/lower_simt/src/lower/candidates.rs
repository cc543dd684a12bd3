//! Which candidate of each kernel family to lower.

use tile_ir::{Kernel, Module};

use super::{ahead, lower_kernel};
use crate::error::Error;
use crate::ir::LaneKernel;
use crate::target::Target;

/// Lowers one candidate of each family, in source order.
pub(super) fn choose(module: &Module, target: &Target) -> Result<Vec<LaneKernel>, Vec<Error>> {
    let mut families: Vec<&str> = Vec::new();
    for kernel in &module.kernels {
        if !families.contains(&kernel.family.as_str()) {
            families.push(&kernel.family);
        }
    }
    let mut chosen = Vec::new();
    let mut errors = Vec::new();
    for family in families {
        let candidates: Vec<&Kernel> = module.kernels.iter().filter(|kernel| kernel.family == family).collect();
        match best(&candidates, target) {
            Ok(kernel) => chosen.push(kernel),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(chosen) } else { Err(errors) }
}

/// The largest tiles that leave enough programs to fill the machine; if none does, the most programs. Where weights are copied
/// ahead, tiles that are not too large for that come first.
fn best(candidates: &[&Kernel], target: &Target) -> Result<LaneKernel, Error> {
    let mut order = candidates.to_vec();
    order.sort_by_cached_key(|kernel| {
        let size: u64 = kernel.tuning.iter().map(|(_, size)| *size).product();
        let (programs, fits) = match target.ahead.and_then(|ahead| ahead.copy) {
            Some(copy) => match ahead::copyable_bytes(kernel, target, copy) {
                0 => (target.programs, true),
                bytes => (copy.programs, bytes <= copy.bytes),
            },
            None => (target.programs, true),
        };
        let enough = kernel.programs() >= programs;
        let few = if enough { 0 } else { u64::MAX - kernel.programs() };
        (!fits, !enough, few, u64::MAX - size)
    });
    let mut first = None;
    for kernel in order {
        match lower_kernel(kernel, target) {
            Ok(lowered) => return Ok(lowered),
            Err(error) => first = first.or(Some(error)),
        }
    }
    // The error of the candidate that was wanted most: the user's own choice comes down to it.
    Err(first.unwrap_or(Error::Broken {
        target: target.name,
        kernel: String::new(),
        detail: "a family without kernels".to_owned(),
        loc: tile_ir::Loc::Unknown,
    }))
}
