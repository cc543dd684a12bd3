//! Every candidate of every suite as a core program: lowered and proven; and those of the small suites run by the
//! interpreter of core programs, whose pipes run early, late and in any order, against the interpreter of tile programs.

use driver::frontend::Source;
use driver::{names, pipeline};
use judge::{ArgValue, Case, Expected, Outputs};
use lower_dma::interp::{self, Arg, Options, Schedule};
use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;
use lower_dma::testing::TARGETS;
use tile_ir::{Access, Elem, Kernel, Module};

fn lower(kernel: &Kernel, target: &Target) -> Result<CoreKernel, lower_dma::Error> {
    let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
    let mut lowered = lower_dma::lower(&module, target).map_err(|mut errors| errors.remove(0))?;
    Ok(lowered.kernels.remove(0))
}

fn run(core: &CoreKernel, target: &Target, case: &Case, schedule: Schedule) -> Result<Outputs, String> {
    let mut written = case.outputs();
    let mut buffers = written.0.iter_mut();
    let mut args: Vec<Arg<'_>> = case
        .args
        .iter()
        .map(|arg| match &arg.value {
            ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Arg::In(&buffer.bytes),
            ArgValue::View { access: Access::Write, .. } => {
                let (_, buffer) = buffers.next().expect("one output per written view");
                // Integers have no bits to spare, so their unwritten elements cannot be told from data.
                let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
                if unwritten { Arg::Out(&mut buffer.bytes) } else { Arg::InOut(&mut buffer.bytes) }
            }
            ArgValue::Float(value) => Arg::F32(*value),
            ArgValue::Int { elem: Elem::I64, value } => Arg::I64(*value as i64),
            ArgValue::Int { value, .. } => Arg::I32(*value as u32 as i32),
        })
        .collect();
    let options = Options { schedule, ..Options::default() };
    interp::run(core, target, &mut args, &options).map_err(|trap| trap.to_string())?;
    drop(args);
    Ok(written)
}

#[test]
fn candidates_are_proven() {
    let mut lowered = 0;
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        for target in &TARGETS {
            for kernel in &module.kernels {
                let name = &kernel.name;
                match lower(kernel, target) {
                    Ok(core) => {
                        assert_eq!(lower_dma::verify::verify(&core, target), Ok(()), "{} {name}", target.name);
                        lowered += 1;
                    }
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
                let core = lower(kernel, target).unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.report()));
                for case in simt_testing::judged_cases(kernel, &[1, 2]) {
                    let truth = judge::run_interpreter(kernel, &case).expect("the tile program runs");
                    let expected = Expected::from_outputs(&case, &truth);
                    for schedule in [Schedule::Eager, Schedule::Late, Schedule::Random(case.seed)] {
                        let found = run(&core, target, &case, schedule)
                            .unwrap_or_else(|trap| panic!("{} {}: {trap}", target.name, kernel.name));
                        let comparison = judge::compare(&case, &expected, &found);
                        assert!(comparison.passed(), "{} {} {schedule:?}: {comparison}", target.name, kernel.name);
                    }
                }
            }
        }
    }
}
