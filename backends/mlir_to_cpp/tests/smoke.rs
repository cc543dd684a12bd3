//! Random kernels, printed and executed.
use emulator::{Arg, Checks, Language, Launch, Program};
use judge::{ArgValue, Case, CaseArg, Expected, Buffer};
use tile_ir::testing::{OwnedArg, kernel_from_seed, random_args, stream_from_seed};
use tile_ir::{Access, Elem, Kernel, Module, ParamKind};

fn random_case(kernel: &Kernel, seed: u64) -> Case {
    let args = kernel.params.iter().zip(random_args(kernel, seed)).map(|(param, arg)| {
        let value = match (&param.kind, arg) {
            (ParamKind::View(view), OwnedArg::Buffer(buffer)) => ArgValue::View {
                buffer: Buffer { elem: view.elem, shape: view.shape, bytes: buffer.bytes },
                access: view.access,
            },
            (_, OwnedArg::F32(value)) => ArgValue::Float(value),
            (_, OwnedArg::I32(value)) => ArgValue::Int { elem: Elem::I32, value: u64::from(value as u32) },
            (_, OwnedArg::I64(value)) => ArgValue::Int { elem: Elem::I64, value: value as u64 },
            (ParamKind::Scalar(_), OwnedArg::Buffer(_)) => unreachable!(),
        };
        CaseArg { name: param.name.clone(), value }
    });
    Case { family: kernel.family.clone(), seed, args: args.collect() }
}

#[test]
fn smoke() {
    let from: u64 = std::env::var("FROM").map_or(0, |x| x.parse().unwrap());
    let to: u64 = std::env::var("TO").map_or(8, |x| x.parse().unwrap());
    let mut bad = 0;
    for seed in from..to {
        for kernel in [kernel_from_seed(seed), stream_from_seed(seed)] {
            let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
            let sources = match mlir_to_cpp::emit(&module, &mlir_to_cpp::Options::default()) {
                Ok(sources) => sources,
                Err(errors) => { println!("{} {seed}: refused {}", kernel.name, errors[0].report()); continue; }
            };
            let source = &sources[0];
            let program = match Program::compile(Language::AscendC, &source.text, &source.kernel.entry, Checks::Memory) {
                Ok(program) => program,
                Err(error) => { bad += 1; println!("{} {seed}: COMPILE {error}\n{:?}\n{}", kernel.name, error.diagnostics(), source.text); continue }
            };
            let case = random_case(&kernel, 1);
            let truth = judge::run_interpreter(&kernel, &case).unwrap();
            let expected = Expected::from_outputs(&case, &truth);
            for order in [0u64, 1, 2, 77] {
                let mut written = case.outputs();
                let mut buffers = written.0.iter_mut();
                let args: Vec<Arg> = case.args.iter().map(|arg| match &arg.value {
                    ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Arg::Buffer { address: buffer.bytes.as_ptr().cast_mut().cast(), bytes: buffer.bytes.len() as u64, writable: false },
                    ArgValue::View { access: Access::Write, .. } => { let (_, b) = buffers.next().unwrap(); Arg::Buffer { address: b.bytes.as_mut_ptr().cast(), bytes: b.bytes.len() as u64, writable: true } }
                    ArgValue::Float(v) => Arg::F32(*v),
                    ArgValue::Int { elem: Elem::I64, value } => Arg::U64(*value),
                    ArgValue::Int { value, .. } => Arg::U32(*value as u32),
                }).collect();
                let cores = source.kernel.workgroups.unwrap();
                let result = program.launch(&Launch { grid: cores, threads: 1, dynamic_shared: 0, args: &args, workers: 2, seed: order });
                drop(buffers);
                let problem = match result { Err(fault) => Some(fault.to_string()), Ok(()) => { let c = judge::compare(&case, &expected, &written); (!c.passed()).then(|| c.to_string()) } };
                if let Some(problem) = problem {
                    bad += 1;
                    println!("{} {seed} order {order}: {problem}", kernel.name);
                    if std::env::var_os("TEXT").is_some() { for (i, l) in source.text.lines().enumerate() { println!("{:4} {l}", i + 1); } }
                    break;
                }
            }
        }
    }
    assert_eq!(bad, 0);
}
