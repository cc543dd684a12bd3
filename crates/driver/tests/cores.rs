//! Every candidate of every suite as a core program: lowered and proven; and those of the small suites run by the
//! interpreter of core programs, whose pipes run early, late and in any order, against the interpreter of tile programs.

use driver::frontend::Source;
use driver::{names, pipeline};
use lower_dma::interp::Schedule;
use lower_dma::testing::TARGETS;

#[test]
fn candidates_are_proven() {
    let mut lowered = 0;
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for kernel in &module.kernels {
                let name = &kernel.name;
                let core = dma_testing::lower(kernel, target)
                    .unwrap_or_else(|error| panic!("{} {name}: {}", target.name, error.report()));
                assert_eq!(lower_dma::verify::verify(&core, target), Ok(()), "{} {name}", target.name);
                lowered += 1;
            }
        }
    }
    assert!(lowered > 400, "{lowered}");
}

#[test]
fn candidates_compute_what_the_tile_program_says() {
    for suite in ["gallery", "qwen2-reduced"] {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for kernel in &module.kernels {
                let core = dma_testing::lower(kernel, target)
                    .unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.report()));
                for case in dma_testing::judged_cases(kernel, &[1, 2]) {
                    let schedules = [Schedule::Eager, Schedule::Late, Schedule::Random(case.seed)];
                    dma_testing::interpret_cores(kernel, &core, target, &case, &schedules)
                        .unwrap_or_else(|problem| panic!("{} {}: {problem}", target.name, kernel.name));
                }
            }
        }
    }
}
