//! From a tile program to a program of a NeuronCore.
//!
//! The core carries out the programs of the grid one after the other; what is the same for all is made before the loop over them, because
//! an operation goes where its operands are known. Tiles are kept as rows of partitions ([`values`]), and brought into another form when
//! an instruction wants one. Integers that depend on loops with known bounds stay integers of the compiler, so that parts of tiles that
//! hang over a view are cut when the program is made; where turns differ in that, the loop is cut into parts that are alike ([`plan`]), and
//! the kernel is lowered again. The proof is [`crate::verify`].

mod calc;
mod casts;
mod contract;
mod control;
mod elementwise;
mod folding;
mod functions;
mod gather;
mod integers;
mod invariant;
mod masks;
mod memory;
mod moves;
mod overhang;
mod plan;
mod reduce;
mod shape;
mod snapshots;
mod state;
mod stores;
mod values;

use tile_ir::analysis::{Analysis, prove_in_bounds};
use tile_ir::{Elem, Kernel, Module, ParamKind};

use crate::ir::{Base, Dtype, Expr, Hbm, Program};
use crate::{Error, TARGET, caps, limits, verify};
use moves::Dim;
use plan::{LoopKey, Plan};
use state::{Fail, Lower, Result};
use values::{Origin, Source, Val};

/// Most times that a kernel is lowered again.
const TRIES: usize = 512;

/// Lowers one candidate of every kernel family, in source order: the one with the fewest programs that fits, since they run one after
/// the other and large tiles fill the partitions.
///
/// # Errors
/// Everything that keeps the module from being lowered, in source order.
pub fn lower(module: &Module) -> std::result::Result<Vec<Program>, Vec<Error>> {
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
        candidates.sort_by_key(|kernel| kernel.programs());
        let mut refused = None;
        let mut lowered = None;
        for kernel in candidates {
            match lower_kernel(kernel) {
                Ok(program) => {
                    lowered = Some(program);
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
        match lowered {
            Some(program) => kernels.push(program),
            None => errors.extend(refused),
        }
    }
    if errors.is_empty() { Ok(kernels) } else { Err(errors) }
}

fn lower_kernel(kernel: &Kernel) -> std::result::Result<Program, Error> {
    caps::check(kernel)?;
    let mut kernel = kernel.clone();
    prove_in_bounds(&mut kernel);
    tile_ir::rewrite::remove_dead(&mut kernel);
    let analysis = Analysis::new(&kernel);
    let mut plan = Plan::default();
    let mut unrolled: Option<Program> = None;
    for _ in 0..TRIES {
        let program = match Lower::new(&kernel, &analysis, &mut plan).run() {
            Err(Fail::Again) => continue,
            Err(Fail::Error(error)) => return settle(&kernel, unrolled, error),
            Ok(program) => program,
        };
        if verify::instructions(&program) > limits::UNROLLED
            && let Some(key) = next_at_run_time(&kernel, &plan)
        {
            unrolled.get_or_insert(program);
            plan.at_run_time.insert(key);
            continue;
        }
        let program = roomy(program);
        return match verify::verify(&program) {
            Ok(()) => Ok(program),
            Err(error) => settle(&kernel, unrolled, error),
        };
    }
    Err(broken(&kernel, "the kernel is lowered again and again"))
}

/// The program without loops of the run, if there is one that may be printed; else the error.
fn settle(kernel: &Kernel, unrolled: Option<Program>, error: Error) -> std::result::Result<Program, Error> {
    let Some(program) = unrolled else { return Err(error) };
    let needed = verify::instructions(&program);
    if needed > limits::MOST_UNROLLED {
        return Err(Error::Limit {
            target: TARGET,
            kernel: kernel.name.clone(),
            what: "the kernel in instructions of an unrolled text".to_owned(),
            needed,
            limit: limits::MOST_UNROLLED,
            loc: kernel.loc.clone(),
            help: "use larger tiles, or do not read what the kernel writes".to_owned(),
        });
    }
    let program = roomy(program);
    verify::verify(&program).map(|()| program)
}

/// A program that gives tiles back after their last use, if it takes too much room without.
fn roomy(mut program: Program) -> Program {
    if verify::sbuf_bytes(&program) > limits::SBUF_BYTES {
        verify::release(&mut program);
    }
    program
}

/// The outermost loop that the run does not carry out yet.
fn next_at_run_time(kernel: &Kernel, plan: &Plan) -> Option<LoopKey> {
    let axes = (0..3).rev().filter(|&axis| kernel.grid[axis] > 1).map(LoopKey::Axis);
    let mut loops = Vec::new();
    kernel.body.for_each_op(&mut |op| {
        if let tile_ir::OpKind::For { body, .. } = &op.kind {
            loops.extend(body.args.first().map(|&arg| LoopKey::For(arg)));
        }
    });
    axes.chain(loops).find(|key| !plan.at_run_time.contains(key))
}

impl Lower<'_> {
    /// Scalar parameters, which are tensors of one element.
    fn scalars(&mut self) -> Result<()> {
        for (index, param) in self.kernel.params.iter().enumerate() {
            let ParamKind::Scalar(scalar) = &param.kind else { continue };
            if scalar.elem == Elem::I64 {
                return Err(Fail::Error(Error::Unsupported {
                    target: TARGET,
                    kernel: self.kernel.name.clone(),
                    op: format!("scalar `{}`", param.name),
                    elem: scalar.elem,
                    loc: param.loc.clone(),
                    help: "no dtype of NKI has 64 bits; use `u32`".to_owned(),
                }));
            }
            let dims = vec![Dim { count: 1, step: 1 }];
            let hbm = Hbm { base: Base::Param(index), offset: Expr::Int(0), dims: vec![], dynamic: None };
            let source = Source { hbm, dims, written: None };
            let dtype = Dtype::held(scalar.elem);
            let id = self.new_forms(&param.name, dtype, 1, Origin::Source(source), vec![]);
            self.set(scalar.value, Val::Tile(id));
        }
        Ok(())
    }
}

fn broken(kernel: &Kernel, detail: &str) -> Error {
    Error::Broken { target: TARGET, kernel: kernel.name.clone(), detail: detail.to_owned(), loc: kernel.loc.clone() }
}
