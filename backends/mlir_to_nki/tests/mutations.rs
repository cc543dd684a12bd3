//! Lowered kernels with one thing damaged: the verifier, the emulator or a comparison notices.

mod backend;

use lower_nki::testing::{mutations, spreads};
use lower_nki::verify::verify;
use rayon::prelude::*;
use tile_ir::Kernel;

/// Kernels on whose inputs every operation makes a difference. Among functions and whole-range integers are steps for numbers that random inputs
/// do not have, such as the last one of a division.
const TOLD_APART: [&str; 7] = ["product", "matrices", "tall", "append", "odd_product", "stretch", "overhang"];

/// How a damaged program was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noticed {
    Verifier,
    Run,
    Numbers,
    /// Nothing depends on what was damaged: see [`spreads`].
    Equal,
    /// Not at all.
    Missed,
}

#[test]
fn damaged_programs_are_noticed() {
    let stride = if kernel_testing::full() { 1 } else { 7 };
    let mut all: Vec<(Kernel, lower_nki::testing::Mutation)> = Vec::new();
    for kernel in backend::hand().into_iter().filter(|kernel| TOLD_APART.contains(&kernel.name.as_str())) {
        let program = backend::lower(&kernel).unwrap_or_else(|error| panic!("{}", error.report()));
        all.extend(mutations(&program).into_iter().map(|mutation| (kernel.clone(), mutation)));
    }
    let count = all.len();
    let chosen: Vec<_> = all.into_iter().step_by(stride).collect();
    let results: Vec<(Noticed, String)> = chosen
        .par_iter()
        .map(|(kernel, mutation)| {
            let described = format!("{}, {}", kernel.name, mutation.what);
            if verify(&mutation.program).is_err() {
                return (Noticed::Verifier, described);
            }
            let source = mlir_to_nki::print(&mutation.program).expect("verified");
            for case in kernel_testing::judged_cases(kernel, &[1, 2, 3, 4]) {
                match backend::run(&source, &case) {
                    Err(_) => return (Noticed::Run, described),
                    Ok(found) if kernel_testing::compare(kernel, &case, &found).is_err() => {
                        return (Noticed::Numbers, described);
                    }
                    Ok(_) => {}
                }
            }
            let nan = mutation.what.starts_with("no number") && spreads(&mutation.program);
            (if nan { Noticed::Equal } else { Noticed::Missed }, described)
        })
        .collect();
    let by = |way: Noticed| results.iter().filter(|result| result.0 == way).count();
    println!(
        "{} of {count} damaged programs: {} by the verifier, {} by the run, {} by its numbers, {} equal, {} missed",
        results.len(),
        by(Noticed::Verifier),
        by(Noticed::Run),
        by(Noticed::Numbers),
        by(Noticed::Equal),
        by(Noticed::Missed)
    );
    let missed: Vec<&str> = results.iter().filter(|result| result.0 == Noticed::Missed).map(|r| r.1.as_str()).collect();
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}
