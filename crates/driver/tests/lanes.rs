//! Every candidate of every suite as a lane program: lowered, proven, without a barrier to spare; and those of the small
//! suites run by the interpreter of lane programs against the interpreter of tile programs.

use driver::frontend::Source;
use driver::{names, pipeline};
use lower_simt::target::Target;
use lower_simt::{ir::LaneKernel, verify};
use tile_ir::{Kernel, Module};

const TARGETS: [Target; 4] = [
    mlir_to_msl::limits::TARGET,
    mlir_to_gpu::limits::TARGET,
    mlir_to_musa::limits::TARGET,
    mlir_to_spirv::limits::TARGET,
];

fn lower(kernel: &Kernel, target: &Target) -> Result<LaneKernel, lower_simt::Error> {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    let mut lowered = lower_simt::lower(&module, target).map_err(|mut errors| errors.remove(0))?;
    Ok(lowered.kernels.remove(0))
}

#[test]
fn candidates_are_proven_and_no_barrier_is_spare() {
    let mut lowered = 0;
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for kernel in &module.kernels {
                let name = &kernel.name;
                match lower(kernel, target) {
                    Ok(lane) => {
                        assert_eq!(verify::verify(&lane, target), Ok(()), "{} {name}", target.name);
                        assert_eq!(verify::redundant_barriers(&lane, target), [], "{} {name}", target.name);
                        lowered += 1;
                    }
                    // A candidate may be too large for a target; another one of its family is taken.
                    Err(lower_simt::Error::Limit { .. }) => {}
                    Err(error) => panic!("{} {name}: {}", target.name, error.report()),
                }
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
                let lane = lower(kernel, target).unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.report()));
                for case in simt_testing::judged_cases(kernel, &[1, 2, 3]) {
                    if let Err(problem) = simt_testing::interpret_lanes(kernel, &lane, target, &case) {
                        panic!("{} {} seed {}: {problem}", target.name, kernel.name, case.seed);
                    }
                }
            }
        }
    }
}
