//! Upstream passes that simplify a module without lowering its tile operations.

use melior::ir::Module;
use melior::pass::{PassManager, transform};

use crate::context::Session;
use crate::errors::Problem;

/// Folds and deduplicates, hoists what loops do not change, then folds again what that uncovered. None of these passes
/// takes tile operations apart: transfers, contractions and reductions stay what they are.
pub(crate) fn simplify(session: &Session, module: &mut Module<'_>) -> Result<(), Problem> {
    let passes = PassManager::new(session.context());
    passes.add_pass(transform::create_canonicalizer());
    passes.add_pass(transform::create_cse());
    passes.add_pass(transform::create_loop_invariant_code_motion());
    passes.add_pass(transform::create_canonicalizer());
    passes.add_pass(transform::create_cse());
    passes.run(module).map_err(|_| Problem::PassFailed)
}
