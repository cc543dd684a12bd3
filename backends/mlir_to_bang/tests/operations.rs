//! Core programs by hand: what their texts compute on the emulator is what the interpreter of core programs says.

mod programs;

use emulator::bang::{Launch, Program, Schedule};
use emulator::{Arg, Checks};
use lower_dma::interp::{self, Options};
use lower_dma::ir::CoreKernel;
use mlir_to_bang::limits::TARGET;
use tile_ir::{Access, Elem, ParamKind, View};

const SCHEDULES: [Schedule; 4] = [Schedule::Eager, Schedule::Late, Schedule::Random(1), Schedule::Random(2)];

/// Numbers that are not too regular.
fn mix(index: u64) -> u64 {
    let x = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
}

/// Eighths of -2 to 2, so that some are equal and some zero, and numbers between, whose sums are exact too.
fn number(index: u64) -> f32 {
    let eighths = (mix(index) % 33) as f32 / 8.0 - 2.0;
    if index.is_multiple_of(3) { eighths + (mix(index + 7) % 128) as f32 / 1024.0 } else { eighths }
}

/// Contents of a view.
fn contents(name: &str, view: &View) -> Vec<u8> {
    if name == "counts" {
        return [3_i64, 9].into_iter().flat_map(i64::to_le_bytes).collect();
    }
    let element = |index: u64| -> Vec<u8> {
        let value = number(index);
        match view.elem {
            Elem::F32 => value.to_le_bytes().to_vec(),
            Elem::F16 => half::f16::from_f32(value).to_le_bytes().to_vec(),
            Elem::Bf16 => half::bf16::from_f32(value).to_le_bytes().to_vec(),
            Elem::I1 => vec![(mix(index) & 1) as u8],
            Elem::I8 => vec![mix(index) as u8],
            Elem::I32 => (mix(index) as u32).to_le_bytes().to_vec(),
            Elem::I64 | Elem::Index => mix(index).to_le_bytes().to_vec(),
        }
    };
    (0..view.shape.count()).flat_map(element).collect()
}

/// The views of a kernel, with what they hold; written ones hold zeros.
fn views(kernel: &CoreKernel) -> Vec<(String, View, Vec<u8>)> {
    let views = kernel.params.iter().map(|param| {
        let ParamKind::View(view) = &param.kind else { panic!("`{}` is a number", param.name) };
        let bytes = match view.access {
            Access::Read | Access::Weights => contents(&param.name, view),
            Access::Write => vec![0; (view.shape.count() * view.elem.bytes()) as usize],
        };
        (param.name.clone(), view.clone(), bytes)
    });
    views.collect()
}

fn float(elem: Elem, bytes: &[u8]) -> Option<f32> {
    match elem {
        Elem::F32 => Some(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
        Elem::F16 => Some(half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()),
        Elem::Bf16 => Some(half::bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32()),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => None,
    }
}

/// The first element that differs by more than a few roundings.
fn differs(elem: Elem, found: &[u8], expected: &[u8]) -> Option<String> {
    let bytes = elem.bytes() as usize;
    let pairs = found.chunks(bytes).zip(expected.chunks(bytes)).enumerate();
    let wrong = |(x, y): (&[u8], &[u8])| match float(elem, x).zip(float(elem, y)) {
        Some((x, y)) if x.is_finite() && y.is_finite() => (x - y).abs() > 2e-6 * x.abs().max(y.abs()).max(0.5),
        Some((x, y)) => x.to_bits() != y.to_bits() && !(x.is_nan() && y.is_nan()),
        None => x != y,
    };
    let (at, (x, y)) = pairs.into_iter().find(|(_, pair)| wrong(*pair))?;
    Some(format!("element {at}: {:?} {x:x?}, expected {:?} {y:x?}", float(elem, x), float(elem, y)))
}

fn check(kernel: &CoreKernel) {
    let mut expected = views(kernel);
    let mut args: Vec<interp::Arg<'_>> = expected
        .iter_mut()
        .map(|(_, view, bytes)| match view.access {
            Access::Read | Access::Weights => interp::Arg::In(bytes),
            Access::Write => interp::Arg::InOut(bytes),
        })
        .collect();
    interp::run(kernel, &TARGET, &mut args, &Options::default())
        .unwrap_or_else(|trap| panic!("{}: {trap}", kernel.name));
    drop(args);
    let source = mlir_to_bang::print(kernel).unwrap_or_else(|error| panic!("{error:?}"));
    let text = &source.text;
    let programs = Program::compile_all(None, text, &source.kernel.entry, Checks::Memory);
    let programs =
        programs.unwrap_or_else(|error| panic!("{}: {error} {:?}\n{text}", kernel.name, error.diagnostics()));
    for program in &programs {
        // Nothing more is declared than the manifest says, but for the rounding of arrays.
        let budget = source.kernel.budgets["nram"];
        assert_eq!(program.nram_bytes().next_multiple_of(64), budget.next_multiple_of(64), "{}", kernel.name);
        for schedule in SCHEDULES {
            let mut found = views(kernel);
            let args: Vec<Arg> = found
                .iter_mut()
                .map(|(_, view, bytes)| Arg::Buffer {
                    address: bytes.as_mut_ptr(),
                    bytes: bytes.len() as u64,
                    writable: view.access == Access::Write,
                })
                .collect();
            let launch = Launch { tasks: kernel.cores as u32, args: &args, workers: 1, schedule };
            let arch = program.arch();
            program
                .launch(&launch)
                .unwrap_or_else(|fault| panic!("{} {arch} {schedule:?}: {fault}\n{text}", kernel.name));
            for ((name, view, found), (_, _, expected)) in found.iter().zip(&expected) {
                if let Some(what) = differs(view.elem, found, expected) {
                    panic!("{} {arch} {schedule:?}: `{name}`, {what}\n{text}", kernel.name);
                }
            }
        }
    }
}

#[test]
fn texts_compute_what_the_interpreter_says() {
    let kernels = programs::all();
    let failure = |kernel: &CoreKernel| {
        let caught = std::panic::catch_unwind(|| check(kernel)).err()?;
        caught.downcast_ref::<String>().cloned().or_else(|| Some(format!("{}: a panic", kernel.name)))
    };
    // Most of the time is the compiler's, which is another process.
    let (some, others) = kernels.split_at(kernels.len() / 2);
    let failed: Vec<String> = std::thread::scope(|scope| {
        let handle = scope.spawn(|| some.iter().filter_map(failure).collect::<Vec<_>>());
        let mut failed: Vec<String> = others.iter().filter_map(failure).collect();
        failed.extend(handle.join().expect("panics are caught"));
        failed
    });
    assert!(failed.is_empty(), "{} fail:\n{}", failed.len(), failed.join("\n\n"));
}
