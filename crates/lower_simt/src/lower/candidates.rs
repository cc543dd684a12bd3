//! Which candidate of each kernel family to lower.

use tile_ir::{Kernel, Module};

use super::{ahead, lower_kernel};
use crate::Error;
use crate::ir::{LaneKernel, Stmt, StmtKind};
use crate::target::Target;

/// More combinations of candidates side by side are not tried.
const MOST_CHOICES: usize = 4096;

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

/// How a candidate's tiles suit the machine; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Suits {
    /// More weights than a program may copy ahead.
    too_large: bool,
    /// Too few programs to fill the machine.
    too_few: bool,
    /// How many are missing, as far as that matters.
    missing: u64,
}

fn suits(kernel: &Kernel, target: &Target) -> Suits {
    let (wanted, fits) = match target.ahead.and_then(|ahead| ahead.copy) {
        Some(copy) => match ahead::copyable_bytes(kernel, target, copy) {
            0 => (target.programs, true),
            bytes => (copy.programs, bytes <= copy.bytes),
        },
        None => (target.programs, true),
    };
    let too_few = kernel.programs() < wanted;
    Suits { too_large: !fits, too_few, missing: if too_few { wanted - kernel.programs() } else { 0 } }
}

/// The largest tiles that leave enough programs to fill the machine; if none does, the most programs. Where weights are copied
/// ahead, tiles that are not too large for that come first. Of candidates alike in this, one whose loops have no barrier.
fn best(candidates: &[&Kernel], target: &Target) -> Result<LaneKernel, Error> {
    let size = |kernel: &Kernel| kernel.tuning.iter().fold(1, |size: u64, (_, n)| size.saturating_mul(*n));
    let mut order: Vec<(Suits, &Kernel)> = candidates.iter().map(|kernel| (suits(kernel, target), *kernel)).collect();
    order.sort_by_key(|(suits, kernel)| (*suits, u64::MAX - size(kernel)));
    let mut first_error = None;
    let mut found: Option<(Suits, LaneKernel)> = None;
    for (suits, kernel) in order {
        if found.as_ref().is_some_and(|(other, _)| *other != suits) {
            break;
        }
        match lower_kernel(kernel, target) {
            Ok(lowered) if !waits_in_loop(&lowered.body, false) => return Ok(lowered),
            Ok(lowered) => found = found.or(Some((suits, lowered))),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    // The error of the candidate that was wanted most: the user's own choice comes down to it.
    found.map(|(_, lowered)| lowered).ok_or_else(|| {
        first_error.unwrap_or(Error::Broken {
            target: target.name,
            kernel: String::new(),
            detail: "a family without kernels".to_owned(),
            loc: tile_ir::Loc::Unknown,
        })
    })
}

/// Whether some loop has a barrier.
fn waits_in_loop(stmts: &[Stmt], inside: bool) -> bool {
    stmts.iter().any(|stmt| {
        let inside = inside || matches!(stmt.kind, StmtKind::For { .. } | StmtKind::While { .. });
        (inside && matches!(stmt.kind, StmtKind::Barrier { .. }))
            || stmt.blocks().into_iter().any(|block| waits_in_loop(block, inside))
    })
}

/// Of several families that stand side by side, one candidate of each: those that come closest, from above, to the programs that
/// fill the machine together. `None` where the target's choice of each by itself is as good.
pub(super) fn together<'a>(families: &[Vec<&'a Kernel>], target: &Target) -> Option<Vec<&'a Kernel>> {
    let copy = target.ahead.and_then(|ahead| ahead.copy)?;
    let fitting: Vec<Vec<&Kernel>> = families
        .iter()
        .map(|family| {
            let fits = |kernel: &&&Kernel| {
                let bytes = ahead::copyable_bytes(kernel, target, copy);
                bytes > 0 && bytes <= copy.bytes
            };
            family.iter().filter(fits).copied().collect()
        })
        .collect();
    let count = fitting.iter().fold(1, |count: usize, family| count.saturating_mul(family.len()));
    if count > MOST_CHOICES {
        return None;
    }
    let mut choices: Vec<Vec<&Kernel>> = vec![Vec::new()];
    for family in &fitting {
        choices = choices
            .into_iter()
            .flat_map(|choice| family.iter().map(move |kernel| choice.iter().copied().chain([*kernel]).collect()))
            .collect();
    }
    let programs = |choice: &[&Kernel]| choice.iter().map(|kernel| kernel.programs()).sum::<u64>();
    // With as many programs, those that copy the most alike: the largest copy is what all have to make room for.
    let largest =
        |choice: &[&Kernel]| choice.iter().map(|kernel| ahead::copyable_bytes(kernel, target, copy)).max().unwrap_or(0);
    choices
        .into_iter()
        .filter(|choice| programs(choice) >= copy.programs)
        .min_by_key(|choice| (programs(choice), largest(choice)))
}
