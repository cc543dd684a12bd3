//! The rules that rewrites of launches obey.

use crate::check::{at_most, broken, limits};
use crate::error::Error;
use crate::manifest::{Access, Arg, ArgKind, Fusion, Kernel, Manifest, Slot};

/// Checks one rewrite: kernels and arguments exist, and what is bound alike is of one type.
///
/// # Errors
/// The first broken rule.
pub(crate) fn check(manifest: &Manifest, fusion: &Fusion) -> Result<(), Error> {
    let find = |name: &str| manifest.kernels.iter().find(|kernel| kernel.name == name);
    let missing = |name: &str| Error::Manifest { message: format!("a fusion names `{name}`, which is no kernel") };
    let fused = find(&fusion.kernel).ok_or_else(|| missing(&fusion.kernel))?;
    let what = format!("the number of launches that `{}` stands for", fused.name);
    at_most(&what, fusion.launches.len() as u64, limits::LAUNCHES)?;
    let launches: Vec<&Kernel> =
        fusion.launches.iter().map(|name| find(name).ok_or_else(|| missing(name))).collect::<Result<_, _>>()?;
    if launches.len() < 2 {
        return Err(broken(fused, "stands for fewer than two launches"));
    }
    let arg = |slot: &Slot| {
        let kernel = launches.get(slot.launch);
        let found = kernel.and_then(|kernel| kernel.args.iter().find(|arg| arg.name == slot.arg));
        let message = || format!("takes argument `{}` of launch {}, which is not there", slot.arg, slot.launch);
        found.ok_or_else(|| broken(fused, message()))
    };
    if fusion.args.len() != fused.args.len() {
        let (found, needed) = (fusion.args.len(), fused.args.len());
        return Err(broken(fused, format!("is a fusion that binds {found} arguments of {needed}")));
    }
    for (slot, own) in fusion.args.iter().zip(&fused.args) {
        let bound = arg(slot)?;
        if !fits(own, bound) || is_written(own) != is_written(bound) {
            return Err(broken(fused, format!("binds `{}` to `{}`, which is of another type", own.name, bound.name)));
        }
    }
    for same in &fusion.same {
        at_most("the number of arguments of a fusion", same.len() as u64, limits::ARGS)?;
        let [first, rest @ ..] = same.as_slice() else {
            return Err(broken(fused, "has an empty list of arguments that are bound alike"));
        };
        let first = arg(first)?;
        for slot in rest {
            let other = arg(slot)?;
            if !fits(first, other) {
                let message = format!("wants `{}` and `{}` bound alike, which differ in type", first.name, other.name);
                return Err(broken(fused, message));
            }
        }
    }
    for slot in &fusion.drops {
        if !is_written(arg(slot)?) || fusion.args.contains(slot) {
            return Err(broken(fused, format!("drops `{}`, which is not written or still used", slot.arg)));
        }
    }
    Ok(())
}

/// Whether what is bound to one can be bound to the other: views of one size in bytes, numbers of one type.
fn fits(one: &Arg, other: &Arg) -> bool {
    match (&one.kind, &other.kind) {
        (ArgKind::View { dtype: a, shape: x, .. }, ArgKind::View { dtype: b, shape: y, .. }) => {
            a == b && x.iter().product::<u64>() == y.iter().product::<u64>()
        }
        (ArgKind::Scalar { dtype: a, bound: x }, ArgKind::Scalar { dtype: b, bound: y }) => (a, x) == (b, y),
        (ArgKind::View { .. }, ArgKind::Scalar { .. }) | (ArgKind::Scalar { .. }, ArgKind::View { .. }) => false,
    }
}

fn is_written(arg: &Arg) -> bool {
    matches!(arg.kind, ArgKind::View { access: Access::Write, .. })
}
