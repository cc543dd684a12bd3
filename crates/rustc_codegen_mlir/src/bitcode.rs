//! Loading bitcode and optimising it into the form that lifting expects.
//!
//! Everything is inlined into the kernels; LLVM then dissolves Rust's plumbing (iterators, options, closures, checks).
//! No pass that is run rotates, vectorises or unrolls a loop on its own: kernels keep the loops that were written, except
//! those whose counter must become a constant (see [`crate::unroll`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::errors::{Error, Problem, Result};
use crate::llvm::{Context, Function, Module, Op, Value};
use crate::loc::Locator;
use crate::params;
use crate::symbols::{Callee, classify};
use crate::unroll;
use tile_ir::Loc;

/// Inlining and the first cleaning.
const INLINE: &str = "always-inline,function(lower-expect,sroa,early-cse<memssa>,simplifycfg,\
    instcombine<no-verify-fixpoint>,simplifycfg),globaldce";

/// Cleaning, repeated until nothing is left to unroll. Jump threading is left out: it may tear loops apart.
const CLEAN: &str = "always-inline,function(lower-expect,sroa,early-cse<memssa>,simplifycfg,\
    instcombine<no-verify-fixpoint>,correlated-propagation,constraint-elimination,simplifycfg,\
    instcombine<no-verify-fixpoint>,early-cse<memssa>,simplifycfg,adce),globaldce";

/// Unrolls the loops marked for it, and no other.
const UNROLL: &str = "function(loop-simplify,lcssa,loop-unroll<O3;no-partial;no-peeling;no-runtime;no-upperbound>,\
    sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)";

/// The form that lifting expects: one latch and a preheader per loop, loop values leave through phis, and what a loop
/// does not change (such as its bound) is computed before it.
const FINISH: &str = "function(loop-simplify,lcssa,loop-mssa(licm),loop-simplify,lcssa)";

/// Rounds of unrolling; loops nested deeper than this stay.
const ROUNDS: usize = 8;

/// Parses bitcode.
pub(crate) fn load<'c>(context: &'c Context, bitcode: &[u8]) -> Result<Module<'c>> {
    let magic = bitcode.starts_with(b"BC\xC0\xDE") || bitcode.starts_with(&[0xDE, 0xC0, 0x17, 0x0B]);
    if !magic {
        let problem = Problem::Bitcode("the file does not hold LLVM bitcode".into());
        return Err(Error::new(problem, Loc::Unknown));
    }
    Module::parse(context, bitcode).map_err(|text| {
        let text = if text.is_empty() { "it is damaged".into() } else { text };
        Error::new(Problem::Bitcode(text), Loc::Unknown)
    })
}

/// Calls that reach themselves, from any kernel. They would never be inlined away.
pub(crate) fn find_recursion(kernels: &[Function<'_>], locator: &Locator) -> Vec<Error> {
    let mut search = RecursionSearch { locator, state: BTreeMap::new(), errors: Vec::new() };
    for &kernel in kernels {
        search.visit(kernel);
    }
    search.errors
}

struct RecursionSearch<'a, 'm> {
    locator: &'a Locator,
    /// Whether the function is finished; absent if not reached.
    state: BTreeMap<Function<'m>, bool>,
    errors: Vec<Error>,
}

impl<'m> RecursionSearch<'_, 'm> {
    /// Depth-first, without recursion of our own: call graphs can be deep.
    fn visit(&mut self, root: Function<'m>) {
        let mut stack = vec![(root, callees(root))];
        if self.state.insert(root, false).is_some() {
            return;
        }
        while let Some((function, calls)) = stack.last_mut() {
            let Some((call, callee)) = calls.pop() else {
                self.state.insert(*function, true);
                stack.pop();
                continue;
            };
            match self.state.get(&callee) {
                Some(true) => {}
                Some(false) => {
                    let function = crate::symbols::readable(&callee.name());
                    self.errors.push(Error::new(Problem::Recursion { function }, self.locator.of(call)));
                }
                None => {
                    self.state.insert(callee, false);
                    stack.push((callee, callees(callee)));
                }
            }
        }
    }
}

/// Direct calls of functions with a body, last first.
fn callees(function: Function<'_>) -> Vec<(Value<'_>, Function<'_>)> {
    let calls = function.instructions().into_iter().filter(|inst| inst.opcode() == Some(Op::LLVMCall));
    let mut calls: Vec<_> =
        calls.filter_map(|call| Some((call, call.callee().as_function().filter(|f| !f.is_declaration())?))).collect();
    calls.reverse();
    calls
}

/// Makes everything but the kernels inlinable, and tells LLVM what the intrinsics do.
pub(crate) fn prepare(module: &mut Module<'_>, kernels: &[String]) {
    module.drop_used_lists();
    let kernels: BTreeSet<&str> = kernels.iter().map(String::as_str).collect();
    for function in module.functions() {
        let name = function.name();
        if function.is_declaration() {
            describe(function, &name);
            continue;
        }
        for attribute in ["noinline", "optnone", "cold"] {
            function.remove_attribute(attribute);
        }
        let kernel = kernels.contains(name.as_str());
        function.set_internal(!kernel);
        if !kernel {
            function.add_attribute("alwaysinline", 0);
        }
    }
}

/// Effects of the intrinsics, so that LLVM may merge and drop calls.
fn describe(function: Function<'_>, name: &str) {
    // `memory(none)` is 0; `memory(read)` has the read bit in each of LLVM's locations.
    const NONE: u64 = 0;
    const READ: u64 = 0b01_01_01_01_01_01_01_01;
    let effects = match classify(name) {
        Callee::Pure => Some(NONE),
        Callee::Reads => Some(READ),
        Callee::Writes => None,
        Callee::Panic(_) | Callee::Allocation | Callee::Llvm | Callee::Unknown => return,
    };
    function.add_attribute("nounwind", 0);
    function.add_attribute("willreturn", 0);
    if let Some(effects) = effects {
        function.add_attribute("memory", effects);
    }
}

/// Runs the pipeline. `kernels` are symbol names.
pub(crate) fn optimise(module: &mut Module<'_>, kernels: &[String]) -> Result<()> {
    let failed = |text| Error::new(Problem::Passes(text), Loc::Unknown);
    module.run_passes(INLINE).map_err(failed)?;
    for function in functions(module, kernels) {
        params::assume_bounds(function);
    }
    module.run_passes(CLEAN).map_err(failed)?;
    for _ in 0..ROUNDS {
        module.run_passes(FINISH).map_err(failed)?;
        let marked: usize = functions(module, kernels).into_iter().map(unroll::mark).sum();
        if marked == 0 {
            break;
        }
        module.run_passes(UNROLL).map_err(failed)?;
        module.run_passes(CLEAN).map_err(failed)?;
    }
    module.run_passes(FINISH).map_err(failed)
}

/// The kernels' functions.
pub(crate) fn functions<'m>(module: &'m Module<'_>, kernels: &[String]) -> Vec<Function<'m>> {
    module.functions().into_iter().filter(|f| !f.is_declaration() && kernels.contains(&f.name())).collect()
}

/// What a call that cannot be lifted means.
pub(crate) fn refuse(callee: Callee, name: &str) -> Problem {
    match callee {
        Callee::Panic(kind) => Problem::Panic(kind),
        Callee::Allocation => Problem::Allocation,
        Callee::Llvm => Problem::Operation { name: name.trim_start_matches("llvm.").to_owned() },
        Callee::Pure | Callee::Reads | Callee::Writes | Callee::Unknown => {
            Problem::Extern { name: crate::symbols::readable(name) }
        }
    }
}
