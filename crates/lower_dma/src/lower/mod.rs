//! From a tile program to a core program.
//!
//! [`facts`] decides which tiles are kept in local buffers. Then every store, every kept tile, every sum becomes a nest of loops over
//! *chunks* of its elements, small enough for local memory; what is virtual under it is computed chunk by chunk ([`eval`]), down
//! to loads and kept tiles. What no vector operation of the target does becomes a loop of scalar code over the elements of a
//! chunk: always right, and slow. If the buffers do not fit, the kernel is lowered again with smaller chunks.
//!
//! Programs are spread over cores in contiguous ranges ([`programs`]); what is the same for all programs is done once per core.
//! Addresses come afterwards ([`crate::place`]), then synchronisation ([`crate::sync`]), then the proof ([`crate::verify`]).

mod casts;
mod control;
mod direct;
mod elements;
mod eval;
mod exprs;
mod facts;
mod functions;
mod memory;
mod moves;
mod pipeline;
mod product;
mod programs;
mod reduce;
mod scalar;
mod state;
mod store;

use tile_ir::analysis::{Analysis, prove_in_bounds};
use tile_ir::{Kernel, Module};

use crate::Error;
use crate::ir::{CoreKernel, CoreModule};
use crate::place::{self, Placed};
use crate::target::Target;
use crate::{caps, sync, verify};
use facts::Facts;
use state::Lower;

/// Elements of a chunk, and bytes of a tile that is kept though it need not be; the first sizes that fit are taken.
const SIZES: [(u64, u64); 6] =
    [(8192, 48 << 10), (4096, 48 << 10), (2048, 40 << 10), (1024, 24 << 10), (512, 16 << 10), (256, 4 << 10)];

/// Lowers one candidate of every kernel family for `target`, in source order: of those that leave the most cores busy
/// the one with the fewest programs that fits.
///
/// # Errors
/// Everything that keeps the module from being lowered, in source order.
pub fn lower(module: &Module, target: &Target) -> Result<CoreModule, Vec<Error>> {
    if let Err(errors) = tile_ir::validate(module) {
        return Err(errors.into_iter().map(|error| Error::Invalid(Box::new(error))).collect());
    }
    let mut families: Vec<&str> = Vec::new();
    for kernel in &module.kernels {
        if !families.contains(&kernel.family.as_str()) {
            families.push(&kernel.family);
        }
    }
    let (mut kernels, mut errors) = (Vec::new(), Vec::new());
    for family in families {
        let mut candidates: Vec<&Kernel> = module.kernels.iter().filter(|kernel| kernel.family == family).collect();
        candidates.sort_by_key(|kernel| {
            let turns = kernel.programs().div_ceil(programs::grain(kernel, target));
            (std::cmp::Reverse(turns.min(target.cores)), kernel.programs())
        });
        let (mut lowered, mut refused) = (None, None);
        for kernel in candidates {
            match lower_kernel(kernel, target) {
                Ok(kernel) => {
                    lowered = Some(kernel);
                    break;
                }
                // A mistake of ours is told, not passed over.
                Err(error @ Error::Broken { .. }) => {
                    refused = Some(error);
                    break;
                }
                Err(error @ (Error::Unsupported { .. } | Error::Limit { .. } | Error::Invalid(_))) => {
                    refused.get_or_insert(error);
                }
            }
        }
        match (lowered, refused) {
            (Some(kernel), _) => kernels.push(kernel),
            (None, refused) => errors.extend(refused),
        }
    }
    if errors.is_empty() { Ok(CoreModule { name: module.name.clone(), kernels }) } else { Err(errors) }
}

fn lower_kernel(kernel: &Kernel, target: &Target) -> Result<CoreKernel, Error> {
    caps::check(kernel, target)?;
    let mut kernel = kernel.clone();
    prove_in_bounds(&mut kernel);
    tile_ir::rewrite::remove_dead(&mut kernel);
    let analysis = Analysis::new(&kernel);
    let mut last = None;
    for (chunk, limit) in SIZES {
        let facts = Facts::new(&kernel, target, &analysis, limit);
        let lowered = Lower::new(&facts, chunk).run()?;
        holds(&lowered, target)?;
        match place::place(lowered, target) {
            Ok(placed) => {
                if target.vectors.is_some() {
                    crate::narrow::check(&placed.0, target)?;
                }
                return finish(placed, target);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| broken(&kernel, target, "there is no chunk size")))
}

/// Refuses local buffers of elements that the target does not have.
fn holds(kernel: &CoreKernel, target: &Target) -> Result<(), Error> {
    let Some(data) = kernel.buffers.iter().find(|data| !target.holds(data.elem)) else { return Ok(()) };
    Err(Error::Unsupported {
        target: target.name,
        kernel: kernel.name.clone(),
        op: format!("tile {}", data.name),
        elem: data.elem,
        loc: data.loc.clone(),
        help: "the target has no numbers of 64 bits: use i32, or bound what they are made of".to_owned(),
    })
}

fn finish(placed: Placed, target: &Target) -> Result<CoreKernel, Error> {
    let core = sync::synchronise(placed, target);
    match verify::verify(&core, target) {
        Ok(()) => Ok(core),
        Err(errors) => {
            let first = errors.into_iter().next();
            let (detail, loc) = first
                .map_or_else(|| ("no reason".to_owned(), core.loc.clone()), |error| (error.to_string(), error.loc));
            Err(Error::Broken { target: target.name, kernel: core.name, detail, loc })
        }
    }
}

fn broken(kernel: &Kernel, target: &Target, detail: &str) -> Error {
    Error::Broken {
        target: target.name,
        kernel: kernel.name.clone(),
        detail: detail.to_owned(),
        loc: kernel.loc.clone(),
    }
}
