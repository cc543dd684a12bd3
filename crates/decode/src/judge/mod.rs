//! Every kernel of a bundle on a device, against what the tile interpreter computed where the bundle was compiled.

mod launch;

use std::collections::BTreeSet;
use std::fmt;

use bundle::Bundle;
use bundle::manifest::{ArgKind, Kernel};
use cases::{Expected, Recorded, Recording, Value, compare};
use device::{Device, Program};

use crate::error::Error;

pub use launch::{Guards, LaunchError, launch};

/// Which cases to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only kernels of these names; all if there are none.
    pub kernels: Vec<String>,
    /// Only seeds up to this one.
    pub seeds: Option<u64>,
    /// What lies behind the buffers.
    pub guards: Guards,
}

impl Selection {
    fn takes(&self, kernel: &str) -> bool {
        self.kernels.is_empty() || self.kernels.iter().any(|name| name == kernel)
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Within tolerance; the largest relative L2 error of the outputs.
    Passed(f64),
    /// Wrong, or not run although it should have.
    Failed(String),
    /// There is no case.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed(relative) => write!(f, "ok {relative:.1e}"),
            Outcome::Failed(why) => write!(f, "FAILED: {why}"),
            Outcome::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// What became of one kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Its name in the bundle.
    pub kernel: String,
    /// Whether it stands for several launches.
    pub fused: bool,
    /// By seed.
    pub cases: Vec<(u64, Outcome)>,
}

impl Verdict {
    /// The first failure, else the skip, else the largest error.
    pub fn outcome(&self) -> Outcome {
        let failed = self.cases.iter().find_map(|(seed, outcome)| match outcome {
            Outcome::Failed(why) => Some(Outcome::Failed(format!("seed {seed}: {why}"))),
            Outcome::Passed(_) | Outcome::Skipped(_) => None,
        });
        let largest = self.cases.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Passed(relative) => Some(*relative),
            Outcome::Failed(_) | Outcome::Skipped(_) => None,
        });
        let largest = largest.reduce(f64::max).map(Outcome::Passed);
        failed.or(largest).unwrap_or_else(|| Outcome::Skipped("no case of it is recorded".to_owned()))
    }
}

/// Loads `bundle` on `device` and runs the recorded cases, kernel by kernel in the bundle's order; `done` is told each
/// verdict as it comes. A kernel of the bundle without a case is skipped; a case without its kernel has failed.
///
/// # Errors
/// A bundle that does not load, nothing that is selected, or a file of cases for another group of kernels.
pub fn judge(
    device: &mut dyn Device,
    bundle: &Bundle,
    recording: &mut Recording,
    selection: &Selection,
    done: &mut dyn FnMut(&Verdict),
) -> Result<Vec<Verdict>, Error> {
    let manifest = bundle.manifest();
    if recording.group != manifest.group {
        let (cases, bundle) = (&recording.group, &manifest.group);
        return Err(Error::input(format!("the cases are those of `{cases}`, the bundle is `{bundle}`")));
    }
    let names = manifest.kernels.iter().map(|kernel| kernel.name.clone());
    let recorded = recording.cases().iter().map(|case| case.kernel.clone());
    let mut seen = BTreeSet::new();
    let names: Vec<String> =
        names.chain(recorded).filter(|name| selection.takes(name) && seen.insert(name.clone())).collect();
    if let Some(unknown) = selection.kernels.iter().find(|name| !names.contains(name)) {
        return Err(Error::input(format!("neither bundle nor cases have a kernel `{unknown}`")));
    }
    let program = device.load(bundle)?;
    let mut verdicts = Vec::new();
    for name in names {
        let fused = manifest.fusions.iter().any(|fusion| fusion.kernel == name);
        let wanted =
            |case: &Recorded| case.kernel == name && selection.seeds.is_none_or(|most| case.recipe.seed <= most);
        let indices: Vec<usize> =
            recording.cases().iter().enumerate().filter(|(_, case)| wanted(case)).map(|(index, _)| index).collect();
        let cases = indices.into_iter().map(|index| {
            let seed = recording.cases()[index].recipe.seed;
            (seed, run(device, &program, recording, index, selection.guards))
        });
        let verdict = Verdict { cases: cases.collect(), kernel: name, fused };
        done(&verdict);
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn run(device: &mut dyn Device, program: &Program, recording: &mut Recording, index: usize, guards: Guards) -> Outcome {
    let recorded = &recording.cases()[index];
    let Some(kernel) = program.kernel(&recorded.kernel) else {
        return Outcome::Failed("the bundle has no such kernel".to_owned());
    };
    if !fits(recorded, kernel.manifest()) {
        return Outcome::Failed("the case was recorded for another form of this kernel".to_owned());
    }
    let (case, outputs) = match recording.make(index) {
        Ok(made) => made,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match launch(device, kernel, &case, guards) {
        Ok(found) => {
            let comparison = compare(&case, &Expected::from_outputs(&case, &outputs), &found);
            if comparison.passed() {
                Outcome::Passed(comparison.relative())
            } else {
                Outcome::Failed(comparison.to_string())
            }
        }
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// Whether the arguments are the kernel's: names, kinds, sizes and accesses.
fn fits(recorded: &Recorded, kernel: &Kernel) -> bool {
    let args = &recorded.recipe.args;
    args.len() == kernel.args.len()
        && args.iter().zip(&kernel.args).all(|(arg, declared)| {
            arg.name == declared.name
                && match (&arg.value, &declared.kind) {
                    (
                        Value::View { elem, shape, access, .. },
                        ArgKind::View { dtype, shape: extents, access: own, .. },
                    ) => {
                        shape.count().checked_mul(elem.bytes()) == bundle::view_bytes(*dtype, extents)
                            && is_same(*access, *own)
                    }
                    (Value::Float(_) | Value::Int { .. }, ArgKind::Scalar { .. }) => true,
                    (Value::View { .. }, ArgKind::Scalar { .. })
                    | (Value::Float(_) | Value::Int { .. }, ArgKind::View { .. }) => false,
                }
        })
}

fn is_same(access: view_types::Access, other: bundle::manifest::Access) -> bool {
    use bundle::manifest;
    use view_types::Access;
    match (access, other) {
        (Access::Read, manifest::Access::Read)
        | (Access::Weights, manifest::Access::Weights)
        | (Access::Write, manifest::Access::Write) => true,
        (Access::Read | Access::Weights | Access::Write, _) => false,
    }
}
