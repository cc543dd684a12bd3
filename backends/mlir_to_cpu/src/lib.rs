//! The CPU target: typed tile IR to native code, through Cranelift.
//!
//! # Execution model
//! A kernel becomes one function, `extern "C" fn(args: *const *const c_void, first: u64, last: u64, scratch: *mut u8)`,
//! that runs the programs with linear index in `[first, last)`, x fastest, then y, then z. Programs are independent, so a
//! caller may split `[0, programs)` over threads in any way. Within a program, loops over tile elements use 128-bit
//! vectors; there is no other parallelism.
//!
//! # Memory model
//! `args[i]` is the address of the buffer of a view, row-major without gaps, or of the value of a scalar. Views that
//! a launch writes overlap no other view. `scratch` is private to the calling thread: `budgets["scratch"]` bytes, aligned
//! to [`limits::SCRATCH_ALIGN`]. A function keeps no other state and touches nothing outside its views and scratch.
//!
//! Tiles mostly do not exist: a chain of loads and elementwise operations becomes one loop over the consumer's elements
//! (`plan` says which tiles are kept).
//!
//! # Limits
//! See [`limits`]; what the target lacks is in [`caps`]. Both give errors that name the kernel and the user's line.
//!
//! # Options
//! [`Options`]: the processor to compile for, and which candidate of each kernel family.

mod candidates;
pub mod caps;
mod error;
mod features;
pub mod limits;
pub mod link;
mod lower;
pub mod names;
mod plan;
mod print;
mod types;
pub mod validate;

use std::collections::BTreeMap;

use ::emit::{Described, describe};
use bundle::manifest;
use cranelift_codegen::Context;
use cranelift_codegen::ir::UserFuncName;
use cranelift_module::{Linkage, Module as _, default_libcall_names};
use cranelift_object::{ObjectBuilder, ObjectModule};
use tile_ir::{Module, OpKind};

pub use ::emit::dtype;
pub use error::Error;
pub use features::{Features, X86_FEATURES};

/// Target name.
pub const TARGET: &str = "cpu";

/// How to compile.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The processor.
    pub features: Features,
    /// Kernel to use for a family, by name; the largest candidate within the limits for families not listed.
    pub candidates: BTreeMap<String, String>,
}

impl Options {
    /// For the processor this runs on, with the largest candidates.
    ///
    /// # Errors
    /// [`Error::Machine`] where this processor is not one we compile for.
    pub fn host() -> Result<Options, Error> {
        Ok(Options { features: Features::host()?, candidates: BTreeMap::new() })
    }
}

/// A compiled module.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuObject {
    /// Relocatable object file; needs the C maths library. [`link::link`] makes the shared library.
    pub bytes: Vec<u8>,
    /// The chosen kernels, in source order, with [`names::LIBRARY_FILE`] as their file.
    pub kernels: Vec<manifest::Kernel>,
    /// Processor features the code needs.
    pub features: Vec<String>,
    /// The code as text, with the user's lines as comments; the manifest's line map counts its lines.
    pub clif: String,
}

/// Compiles one candidate of every kernel family.
///
/// # Errors
/// Everything that keeps the module from being compiled, in source order.
pub fn emit(module: &Module, options: &Options) -> Result<CpuObject, Vec<Error>> {
    let module = &prepare(module)?;
    let chosen = candidates::choose(module, options)?;
    let isa = options.features.isa().map_err(|error| vec![error])?;
    let failed = |kernel: &str, detail: String| {
        vec![Error::Codegen { kernel: kernel.to_owned(), detail, loc: tile_ir::Loc::Unknown }]
    };
    let builder = ObjectBuilder::new(isa, module.name.as_str(), default_libcall_names())
        .map_err(|error| failed(&module.name, error.to_string()))?;
    let mut object = ObjectModule::new(builder);
    let mut kernels = Vec::new();
    let mut errors = Vec::new();
    let mut clif = header(module, options);
    for candidate in &chosen {
        match compile(candidate, options, &mut object, &mut clif) {
            Ok(kernel) => kernels.push(kernel),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let bytes = object.finish().emit().map_err(|error| failed(&module.name, error.to_string()))?;
    Ok(CpuObject { bytes, kernels, features: options.features.names().to_vec(), clif })
}

/// The module, checked, with promises of the memory accesses that are proven and no others: a promise that a file
/// makes by itself is not relied on.
fn prepare(module: &Module) -> Result<Module, Vec<Error>> {
    let invalid = |error| Error::Invalid(Box::new(error));
    tile_ir::validate(module).map_err(|errors| errors.into_iter().map(invalid).collect::<Vec<_>>())?;
    let mut module = module.clone();
    for kernel in &mut module.kernels {
        kernel.body.for_each_op_mut(&mut |op| {
            if let OpKind::Load { in_bounds, .. } | OpKind::Store { in_bounds, .. } = &mut op.kind {
                in_bounds.fill(false);
            }
        });
        tile_ir::analysis::prove_in_bounds(kernel);
    }
    Ok(module)
}

fn header(module: &Module, options: &Options) -> String {
    format!(
        "; tenfold {}; target cpu; {}; group {}\n",
        env!("CARGO_PKG_VERSION"),
        options.features.names().join(" "),
        module.name
    )
}

/// Compiles a kernel into `object` and appends its text to `clif`.
fn compile(
    candidate: &candidates::Candidate<'_>,
    options: &Options,
    object: &mut ObjectModule,
    clif: &mut String,
) -> Result<manifest::Kernel, Error> {
    let kernel = candidate.kernel;
    let entry = names::entry_symbol(&kernel.name);
    let failed = |detail: String| Error::Codegen { kernel: kernel.name.clone(), detail, loc: kernel.loc.clone() };
    let lowered = lower::lower(kernel, &candidate.plan, &options.features, object, &entry)?;
    let lines = print::function(clif, kernel, &entry, &lowered);
    let id = object
        .declare_function(&entry, Linkage::Export, &lowered.function.signature)
        .map_err(|error| failed(error.to_string()))?;
    let mut function = lowered.function;
    function.name = UserFuncName::user(0, id.as_u32());
    let mut context = Context::for_function(function);
    object.define_function(id, &mut context).map_err(|error| failed(format!("{error:?}")))?;
    // `candidates::choose` has refused parameters of a type without a memory form.
    Ok(describe(Described {
        family: &kernel.family,
        entry,
        file: names::LIBRARY_FILE.to_owned(),
        tuning: &kernel.tuning,
        params: &kernel.params,
        grid: kernel.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::from([("scratch".to_owned(), candidate.plan.scratch_bytes)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: None,
        lines,
    }))
}
