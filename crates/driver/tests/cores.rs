//! Every candidate of every suite as a core program: lowered and proven; and those of the small suites run by the
//! interpreter of core programs, whose pipes run early, late and in any order, against the interpreter of tile programs.

use driver::frontend::Source;
use driver::judges::family;
use driver::targets::{self, Lowered, Target};
use driver::{names, pipeline};
use lower_dma::Error;
use lower_dma::estimate::estimate;
use lower_dma::interp::Schedule;
use lower_dma::target::Target as Limits;
use tile_ir::{Access, Module, Param, ParamKind};

const TARGETS: [Limits; 5] = [
    mlir_to_cpp::limits::TARGET,
    mlir_to_pto::limits::TARGET,
    mlir_to_bang::limits::TARGET,
    mlir_to_gaudi::limits::TARGET,
    mlir_to_aie::limits::TARGET,
];

#[test]
fn candidates_are_proven() {
    let mut lowered = 0;
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for family in family::names(&module) {
                let candidates = module.kernels.iter().filter(|kernel| kernel.family == family);
                let mut fits = 0;
                for kernel in candidates {
                    let name = &kernel.name;
                    let core = match dma_testing::lower(kernel, target) {
                        Ok(core) => core,
                        // Of the largest tiles, not on every target.
                        Err(Error::Limit { .. }) => continue,
                        Err(error) => panic!("{} {name}: {}", target.name, error.report()),
                    };
                    assert_eq!(lower_dma::verify::verify(&core, target), Ok(()), "{} {name}", target.name);
                    fits += 1;
                }
                assert!(fits > 0, "{} {family}: no candidate fits", target.name);
                lowered += fits;
            }
        }
    }
    assert!(lowered > 300, "{lowered}");
}

#[test]
fn candidates_compute_what_the_tile_program_says() {
    for suite in ["gallery", "qwen2-reduced"] {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for kernel in &module.kernels {
                let core = match dma_testing::lower(kernel, target) {
                    Ok(core) => core,
                    Err(Error::Limit { .. }) => continue,
                    Err(error) => panic!("{}: {}", kernel.name, error.report()),
                };
                for case in dma_testing::judged_cases(kernel, &[1, 2]) {
                    let schedules = [Schedule::Eager, Schedule::Late, Schedule::Random(case.seed)];
                    dma_testing::interpret_cores(kernel, &core, target, &case, &schedules)
                        .unwrap_or_else(|problem| panic!("{} {}: {problem}", target.name, kernel.name));
                }
            }
        }
    }
}

/// Elements of weights from which on a kernel is a product with a matrix, not a norm or a look-up of a row.
const MATRIX: u64 = 1 << 16;

/// What a kernel that multiplies by a matrix reads of its weights is at most 1.05 times what there is: each weight once, and small
/// vectors once per core.
#[test]
fn every_weight_of_a_matrix_is_read_once() {
    let mut seen = 0;
    for suite in ["deepseek-r1-distill-qwen-1.5b", "smollm2-135m"] {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in [Target::Ascendc, Target::Pto, Target::Bang, Target::Gaudi, Target::Nki, Target::Aie] {
            for (kernel, params, read) in reads(target, &module) {
                let weights = params.iter().zip(&read).filter_map(|(param, bytes)| match &param.kind {
                    ParamKind::View(view) if view.access == Access::Weights => {
                        Some((view.shape.count(), view.shape.count() * view.elem.bytes(), *bytes))
                    }
                    ParamKind::View(_) | ParamKind::Scalar(_) => None,
                });
                let weights: Vec<(u64, u64, u64)> = weights.collect();
                let sum = |part: fn(&(u64, u64, u64)) -> u64| weights.iter().map(part).sum::<u64>();
                let (size, read) = (sum(|view| view.1), sum(|view| view.2));
                let matrix = weights.iter().any(|view| view.0 >= MATRIX);
                // A look-up reads a row of its table.
                if !matrix || read * 2 < size {
                    continue;
                }
                seen += 1;
                assert!(read as f64 <= 1.05 * size as f64, "{target} {kernel}: {read} of {size}");
            }
        }
    }
    assert!(seen >= 60, "{seen}");
}

/// The kernels that a target chooses, with the bytes that it reads of each parameter.
fn reads(target: Target, module: &Module) -> Vec<(String, Vec<Param>, Vec<u64>)> {
    match targets::lower(target, module) {
        Ok(Some(Lowered::Cores(cores, limits))) => {
            let kernels = cores.kernels.into_iter();
            kernels
                .map(|kernel| (kernel.name.clone(), kernel.params.clone(), estimate(&kernel, limits).bytes_in))
                .collect()
        }
        Ok(Some(Lowered::Neuron(programs))) => {
            let of = |program: lower_nki::ir::Program| {
                let moved = lower_nki::estimate::estimate(&program).params;
                let read = program.params.iter().map(|param| moved.get(&param.name).map_or(0, |moved| moved.read));
                (program.name.clone(), program.params.clone(), read.collect())
            };
            programs.into_iter().map(of).collect()
        }
        Ok(Some(Lowered::Lanes(..)) | None) => panic!("{target} has no explicit copies"),
        Err(error) => panic!("{target}: {error}"),
    }
}
