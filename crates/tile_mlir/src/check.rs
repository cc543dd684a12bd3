//! What is refused before any pass runs: operations outside the subset, and types that passes could stumble over.

use std::sync::Arc;

use crate::errors::{ImportError, Problem};
use crate::raw::{Block, Operation};
use crate::{location, subset, types};

/// Most errors reported of one file.
const ERROR_LIMIT: usize = 20;

/// All operations outside the subset and all types outside it, in order.
pub(crate) fn module(module: Operation<'_>, text_name: &Arc<str>) -> Vec<ImportError> {
    let mut checker = Checker { text_name, errors: Vec::new() };
    for operation in module.blocks(0).into_iter().flat_map(Block::operations) {
        if operation.name() == "func.func" {
            checker.regions(operation);
        } else {
            checker.refuse_operation(operation);
        }
    }
    checker.errors.truncate(ERROR_LIMIT);
    checker.errors
}

struct Checker<'t> {
    text_name: &'t Arc<str>,
    errors: Vec<ImportError>,
}

impl Checker<'_> {
    fn refuse(&mut self, operation: Operation<'_>, problem: Problem) {
        let loc = location::read(&operation.location_text(), self.text_name).loc;
        self.errors.push(problem.at(loc));
    }

    fn refuse_operation(&mut self, operation: Operation<'_>) {
        let name = operation.name().to_owned();
        self.refuse(operation, Problem::Operation { instead: subset::instead(&name), name });
    }

    fn regions(&mut self, operation: Operation<'_>) {
        for block in (0..operation.region_count()).flat_map(|region| operation.blocks(region)) {
            for (index, arg) in block.args().enumerate() {
                if let Err(problem) = types::any(arg.ty()) {
                    match location::of_arguments(operation, self.text_name).get(index) {
                        Some(loc) => self.errors.push(problem.at(loc.clone())),
                        None => self.refuse(operation, problem),
                    }
                }
            }
            for inner in block.operations() {
                if self.errors.len() >= ERROR_LIMIT {
                    return;
                }
                self.operation(inner);
            }
        }
    }

    fn operation(&mut self, operation: Operation<'_>) {
        if subset::known(operation.name()).is_none() {
            return self.refuse_operation(operation);
        }
        for result in operation.results() {
            if let Err(problem) = types::any(result.ty()) {
                return self.refuse(operation, problem);
            }
        }
        self.regions(operation);
    }
}
