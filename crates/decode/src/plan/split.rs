//! Attention in two launches: over stretches of the cache side by side, and then brought together inside the output projection.

use bundle::manifest::{ArgKind, Manifest};

use crate::plan::{Argument, BufferPlan, Content, Launch, Plan, Source, Traffic};

/// The launch that is replaced.
const WHOLE: &str = "attention_decode_gqa";
/// Its parts.
const PARTS: &str = "attention_parts";
/// What brings them together: worth it only where another kernel does this on the way, see [`is_merged`].
const MERGE: &str = "attention_merge";

/// The plan with [`PARTS`] and [`MERGE`] in place of each [`WHOLE`], if the bundle has them and a rewrite that takes the second in,
/// other than those to the kernels `except`. An argument that attention has too is bound alike, every other one to a
/// buffer of its name.
pub(super) fn split_attention(plan: &Plan, manifest: &Manifest, except: &[String]) -> Option<Plan> {
    let mut rules = manifest.fusions.iter().filter(|rule| !except.contains(&rule.kernel));
    if !rules.any(|rule| rule.launches.iter().any(|launch| launch == MERGE)) {
        return None;
    }
    let mut split = Plan { step: Vec::new(), ..plan.clone() };
    for launch in &plan.step {
        if launch.kernel == WHOLE {
            for kernel in [PARTS, MERGE] {
                let bound = bind(&mut split.buffers, manifest, kernel, launch)?;
                split.step.push(bound);
            }
        } else {
            split.step.push(launch.clone());
        }
    }
    Some(split)
}

/// The position from which parts are faster. Short stretches leave their programs little to do, and bringing them together costs each
/// program of the output projection the same at any length: docs/performance.md has the times. Small caches reach it too.
pub(super) fn far_from(capacity: u64) -> u64 {
    (capacity / 8).min(384)
}

/// Whether no launch only brings parts together.
pub(super) fn is_merged(plan: &Plan) -> bool {
    plan.step.iter().all(|launch| launch.kernel != MERGE)
}

fn bind(buffers: &mut Vec<BufferPlan>, manifest: &Manifest, kernel: &str, whole: &Launch) -> Option<Launch> {
    let found = manifest.kernels.iter().find(|candidate| candidate.name == kernel)?;
    let mut args = Vec::new();
    for arg in &found.args {
        let source = match (&arg.kind, whole.args.iter().find(|known| known.name == arg.name)) {
            (_, Some(known)) => known.source,
            (ArgKind::View { dtype, shape, access, .. }, None) => {
                let wanted = BufferPlan {
                    name: format!("attention {}", arg.name),
                    dtype: *dtype,
                    elements: shape.iter().product(),
                    content: Content::Zero,
                };
                let buffer = buffers.iter().position(|buffer| *buffer == wanted).unwrap_or_else(|| {
                    buffers.push(wanted);
                    buffers.len() - 1
                });
                Source::Buffer { buffer, access: *access, traffic: Traffic::Whole }
            }
            (ArgKind::Scalar { .. }, None) => return None,
        };
        args.push(Argument { name: arg.name.clone(), source });
    }
    Some(Launch { kernel: kernel.to_owned(), args })
}
