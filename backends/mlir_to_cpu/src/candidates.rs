//! Which candidate of each kernel family to compile.

use tile_ir::{Kernel, Module};

use crate::error::Error;
use crate::plan::{Plan, plan};
use crate::{Options, caps};

/// A kernel that was chosen, with its plan.
pub(crate) struct Candidate<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) plan: Plan<'a>,
}

/// Chooses one candidate of each family of a valid module, in source order: the one the options name, or the largest that fits.
pub(crate) fn choose<'a>(module: &'a Module, options: &Options) -> Result<Vec<Candidate<'a>>, Vec<Error>> {
    let mut families: Vec<(&str, Vec<&Kernel>)> = Vec::new();
    for kernel in &module.kernels {
        match families.iter_mut().find(|(family, _)| *family == kernel.family) {
            Some((_, kernels)) => kernels.push(kernel),
            None => families.push((&kernel.family, vec![kernel])),
        }
    }
    let mut errors = Vec::new();
    let mut chosen = Vec::new();
    for (family, kernels) in &families {
        match choose_one(family, kernels, options) {
            Ok(candidate) => chosen.push(candidate),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(chosen) } else { Err(errors) }
}

fn choose_one<'a>(family: &str, kernels: &[&'a Kernel], options: &Options) -> Result<Candidate<'a>, Vec<Error>> {
    if let Some(wanted) = options.candidates.get(family) {
        return match kernels.iter().find(|kernel| kernel.name == *wanted) {
            Some(kernel) => check(kernel),
            None => Err(vec![Error::UnknownCandidate {
                family: family.to_owned(),
                candidate: wanted.clone(),
                known: kernels.iter().map(|kernel| kernel.name.clone()).collect(),
            }]),
        };
    }
    let mut order = kernels.to_vec();
    order.sort_by_key(|kernel| std::cmp::Reverse(size(kernel)));
    let mut last = Vec::new();
    for kernel in order {
        match check(kernel) {
            Ok(candidate) => return Ok(candidate),
            // The smallest candidate's errors are the ones to fix.
            Err(errors) => last = errors,
        }
    }
    Err(last)
}

/// Product of the tile sizes.
fn size(kernel: &Kernel) -> u64 {
    kernel.tuning.iter().fold(1, |size, (_, n)| size.saturating_mul(*n))
}

/// Checks a kernel against capabilities and limits.
fn check(kernel: &Kernel) -> Result<Candidate<'_>, Vec<Error>> {
    let errors = caps::check(kernel);
    if !errors.is_empty() {
        return Err(errors);
    }
    let plan = plan(kernel).map_err(|error| vec![error])?;
    Ok(Candidate { kernel, plan })
}
