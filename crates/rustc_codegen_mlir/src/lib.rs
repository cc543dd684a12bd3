//! The frontend: LLVM bitcode of a kernel crate to MLIR.
//!
//! rustc has done types, borrows, generics and monomorphisation; a kernel arrives as ordinary LLVM IR in which tile
//! operations are calls of intrinsics ([`tile::intrinsics`]). This crate reads it with rustc's own LLVM, inlines and
//! cleans it up (`bitcode`), reads what the kernel's parameters are (`params`), lifts instructions to operations of
//! the tile IR (`lift`), and turns jumps into loops and branches (`cfg`).
//!
//! It links LLVM 22 and so must not share a process with MLIR 19: the `rustc_codegen_mlir` executable is how the rest of
//! the toolchain calls it.

mod bitcode;
mod cfg;
mod entries;
mod errors;
mod index;
mod kernel;
mod lift;
mod llvm;
mod loc;
mod params;
mod signature;
mod symbols;
mod unroll;

use std::collections::BTreeMap;
use std::path::PathBuf;

use diagnostics::Report;
use tile_ir::{Loc, Module, ValidateError};

use crate::errors::{Error, Problem};
use crate::llvm::Context;
use crate::loc::Locator;

/// What to compile, and how to name places.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only this kernel group; all if `None`.
    pub group: Option<String>,
    /// Source paths inside this folder are given relative to it.
    pub root: Option<PathBuf>,
}

/// The kernels of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The kernels, named by the group.
    pub module: Module,
    /// The same as MLIR text.
    pub text: String,
}

/// Compiles the kernels in a crate's bitcode: one result per group, by name.
///
/// # Errors
/// Everything found wrong with the kernels, or the bitcode is damaged.
pub fn compile(bitcode: &[u8], options: &Options) -> Result<Vec<Group>, Vec<Report>> {
    compile_modules(bitcode, options).map_err(reports)
}

/// The LLVM IR from which kernels are lifted.
///
/// # Errors
/// As [`compile`], as far as they show before lifting.
pub fn optimised_llvm(bitcode: &[u8], options: &Options) -> Result<String, Vec<Report>> {
    let context = Context::new();
    optimised(&context, bitcode, options).map(|(module, _)| module.print()).map_err(reports)
}

/// The fusions that the crate's kernel groups declare, one per line as `name=producer>consumer+consumer`.
///
/// # Errors
/// The bitcode is damaged.
pub fn fusions(bitcode: &[u8], options: &Options) -> Result<String, Vec<Report>> {
    let context = Context::new();
    let module = bitcode::load(&context, bitcode).map_err(|error| reports(vec![error]))?;
    Ok(entries::fusions(&module, options.group.as_deref()).into_iter().map(|line| line + "\n").collect())
}

fn reports(errors: Vec<Error>) -> Vec<Report> {
    errors.into_iter().map(Report::from).collect()
}

/// Loads bitcode and runs the passes. Also returns the names of the kernels' functions.
fn optimised<'c>(
    context: &'c Context,
    bitcode: &[u8],
    options: &Options,
) -> Result<(llvm::Module<'c>, Vec<String>), Vec<Error>> {
    let locator = Locator::new(options.root.clone());
    let mut module = bitcode::load(context, bitcode).map_err(|error| vec![error])?;
    let kernels: Vec<String> = {
        let (entries, mut errors) = entries::find(&module, &locator);
        let chosen = choose(entries, options, &mut errors);
        let functions: Vec<_> = chosen.iter().map(|entry| entry.function).collect();
        errors.extend(bitcode::find_recursion(&functions, &locator));
        if !errors.is_empty() {
            return Err(errors);
        }
        functions.iter().map(|function| function.name()).collect()
    };
    bitcode::prepare(&mut module, &kernels);
    bitcode::optimise(&mut module, &kernels).map_err(|error| vec![error])?;
    Ok((module, kernels))
}

/// The entries of the wanted group.
fn choose<'m>(entries: Vec<entries::Entry<'m>>, options: &Options, errors: &mut Vec<Error>) -> Vec<entries::Entry<'m>> {
    let mut known: Vec<String> = entries.iter().map(|entry| entry.name.group.clone()).collect();
    known.dedup();
    let wanted = |entry: &entries::Entry<'m>| options.group.as_ref().is_none_or(|group| *group == entry.name.group);
    let chosen: Vec<_> = entries.into_iter().filter(wanted).collect();
    if chosen.is_empty() && errors.is_empty() {
        let problem = match &options.group {
            Some(wanted) if !known.is_empty() => Problem::UnknownGroup { wanted: wanted.clone(), known },
            _ => Problem::NoKernels,
        };
        errors.push(Error::new(problem, Loc::Unknown));
    }
    chosen
}

fn compile_modules(bitcode: &[u8], options: &Options) -> Result<Vec<Group>, Vec<Error>> {
    let context = Context::new();
    let (module, _) = optimised(&context, bitcode, options)?;
    let locator = Locator::new(options.root.clone());
    let (entries, mut errors) = entries::find(&module, &locator);
    let mut groups: BTreeMap<String, Module> = BTreeMap::new();
    for entry in choose(entries, options, &mut errors) {
        match kernel::compile(&entry, &locator) {
            Ok(kernel) => {
                let group = &entry.name.group;
                let module = groups.entry(group.clone()).or_default();
                module.name.clone_from(group);
                module.kernels.push(kernel);
            }
            Err(found) => {
                errors.extend(found.into_iter().map(|error| error.in_kernel(&entry.name.symbol(), &entry.loc)))
            }
        }
    }
    if !errors.is_empty() {
        return Err(merge(errors));
    }
    groups.into_values().map(group).collect()
}

/// Prints a group, which also validates it: a kernel that is not valid is a mistake of this crate.
fn group(module: Module) -> Result<Group, Vec<Error>> {
    let broken = |error: ValidateError| Error::new(Problem::Lifting(error.to_string()), Loc::Unknown);
    match tile_ir::print_module(&module) {
        Ok(text) => Ok(Group { module, text }),
        Err(errors) => Err(errors.into_iter().map(broken).collect()),
    }
}

/// Candidates of one family have the same mistakes: each is told once, by the first.
fn merge(errors: Vec<Error>) -> Vec<Error> {
    let mut kept: Vec<Error> = Vec::new();
    for error in errors {
        if !kept
            .iter()
            .any(|known| known.problem == error.problem && known.loc == error.loc && error.loc != Loc::Unknown)
        {
            kept.push(error);
        }
    }
    kept
}
