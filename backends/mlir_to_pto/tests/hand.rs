//! Core programs by hand: what their text computes is what the interpreter of core programs says.

mod programs;

use emulator::{Arg, Checks, Language, Launch, Program};
use lower_dma::interp;
use lower_dma::ir::CoreKernel;
use lower_dma::verify::verify;
use mlir_to_pto::limits::TARGET;
use tile_ir::testing::{Rng, random_buffer};
use tile_ir::{Access, Elem, ParamKind, View};

/// At once, as late as possible, and two random times.
const SEEDS: [u64; 4] = [0, 1, 2, 77];

fn views(core: &CoreKernel) -> Vec<&View> {
    core.params
        .iter()
        .filter_map(|param| match &param.kind {
            ParamKind::View(view) => Some(view),
            ParamKind::Scalar(_) => None,
        })
        .collect()
}

/// What the interpreter makes of the buffers.
fn interpreted(core: &CoreKernel, mut buffers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut args: Vec<interp::Arg<'_>> = buffers
        .iter_mut()
        .zip(views(core))
        .map(|(bytes, view)| match view.access {
            Access::Read | Access::Weights => interp::Arg::In(bytes),
            Access::Write => interp::Arg::InOut(bytes),
        })
        .collect();
    let options = interp::Options { schedule: interp::Schedule::Late, ..interp::Options::default() };
    interp::run(core, &TARGET, &mut args, &options).unwrap_or_else(|trap| panic!("{}: {trap}", core.name));
    drop(args);
    buffers
}

/// What the text makes of the buffers.
fn executed(program: &Program, core: &CoreKernel, buffers: &[Vec<u8>], seed: u64) -> Result<Vec<Vec<u8>>, String> {
    let word = |chunk: &[u8]| {
        let mut word = [0; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        u128::from_ne_bytes(word)
    };
    let mut words: Vec<Vec<u128>> = buffers.iter().map(|bytes| bytes.chunks(16).map(word).collect()).collect();
    let args: Vec<Arg> = words
        .iter_mut()
        .zip(buffers)
        .zip(views(core))
        .map(|((words, bytes), view)| Arg::Buffer {
            address: words.as_mut_ptr().cast(),
            bytes: bytes.len() as u64,
            writable: view.access == Access::Write,
        })
        .collect();
    let grid = [core.cores, 1, 1];
    let launch = Launch { grid, threads: 1, dynamic_shared: 0, args: &args, workers: 1, seed };
    program.launch(&launch).map_err(|fault| fault.to_string())?;
    let bytes = |words: &Vec<u128>| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>();
    Ok(words.iter().zip(buffers).map(|(words, old)| bytes(words)[..old.len()].to_vec()).collect())
}

/// Whether two buffers hold the same; functions and sums may differ in the last places.
fn same(elem: Elem, a: &[u8], b: &[u8]) -> bool {
    if elem != Elem::F32 {
        return a == b;
    }
    let numbers = |bytes: &[u8]| {
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect::<Vec<f32>>()
    };
    numbers(a).iter().zip(numbers(b)).all(|(&a, b)| {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan() || (a - b).abs() <= 2e-6 * a.abs().max(b.abs()).max(1.0)
    })
}

#[test]
fn texts_compute_what_the_interpreter_says() {
    for core in programs::all() {
        verify(&core, &TARGET).unwrap_or_else(|errors| panic!("{}: {errors:?}", core.name));
        let source = mlir_to_pto::print(&core).unwrap_or_else(|error| panic!("{}", error.report()));
        let program = Program::compile(Language::Pto, &source.text, &source.kernel.entry, Checks::Memory)
            .unwrap_or_else(|error| panic!("{error}\n{:#?}\n{}", error.diagnostics(), source.text));
        let mut rng = Rng::new(7);
        let buffers: Vec<Vec<u8>> =
            views(&core).iter().map(|view| random_buffer(&mut rng, view.elem, view.shape.dims()).bytes).collect();
        let expected = interpreted(&core, buffers.clone());
        for seed in SEEDS {
            let found = executed(&program, &core, &buffers, seed)
                .unwrap_or_else(|problem| panic!("{} seed {seed}: {problem}\n{}", core.name, source.text));
            for (param, ((found, expected), view)) in
                core.params.iter().zip(found.iter().zip(&expected).zip(views(&core)))
            {
                assert!(same(view.elem, found, expected), "{} seed {seed}: {}\n{}", core.name, param.name, source.text);
            }
        }
    }
}
