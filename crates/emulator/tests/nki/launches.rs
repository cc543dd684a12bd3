//! Arguments and outputs of launches.

use emulator::nki::Dtype::{Bf16, F32, I32};
use emulator::nki::{Fault, FaultKind, Launch, Operand, Program, Shared};
use emulator::{Arg, Checks};

use crate::harness::{IMPORTS, compile, input, out, text};

/// Runs a kernel of `x` (f32 `[4, 8]`, writable) and a number, with an output of the same sizes.
fn run(body: &str) -> Option<(Result<(), Fault>, String)> {
    let source = format!("{IMPORTS}def k(x, n):\n{body}");
    let program = compile(&source)?;
    let (mut x, mut y) = (vec![1.0_f32; 32], vec![0.0_f32; 32]);
    let args = [out(&mut x, F32, &[4, 8]), Operand::Scalar(Arg::U32(2))];
    let result = program.launch(&Launch { args: &args, outputs: &[out(&mut y, F32, &[4, 8])] });
    if result.is_ok() {
        assert_eq!(y, vec![1.0; 32]);
    }
    Some((result, source))
}

#[test]
fn outputs() {
    let right = "    out = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.shared_hbm)
    t = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=t, src=x)
    nisa.dma_copy(dst=out, src=t)
    return out
";
    let Some((result, source)) = run(right) else { return };
    result.unwrap_or_else(|fault| panic!("{fault}\n{source}"));
    let wrongs = [
        ("nl.shared_hbm", "nl.hbm", FaultKind::Space, Some("buffer=nl.hbm")),
        ("dst=out, src=t", "dst=out[0:3, :], src=t[0:3, :]", FaultKind::Uninitialised, Some("shared_hbm")),
        ("return out", "return out[0:4, 0:7]", FaultKind::Language, None),
        ("return out", "return t", FaultKind::Space, Some("buffer=nl.sbuf")),
        ("return out", "return n", FaultKind::Language, None),
        ("return out", "return out, x", FaultKind::Launch, None),
        ("return out", "return", FaultKind::Launch, None),
        (
            "(4, 8), dtype=nl.float32, buffer=nl.shared_hbm",
            "(8, 8), dtype=nl.float32, buffer=nl.shared_hbm",
            FaultKind::Shape,
            Some("dst=out"),
        ),
        ("dst=out, src=t)", "dst=out, src=t)\n    nisa.dma_copy(dst=x, src=t)", FaultKind::Language, None),
        ("src=x", "src=x + 1", FaultKind::Language, Some("src=x + 1")),
        ("src=x", "src=y", FaultKind::Language, Some("src=y")),
        ("return out", "assert n == 3\n    return out", FaultKind::Language, Some("assert")),
    ];
    for (from, to, kind, marker) in wrongs {
        assert!(right.contains(from));
        let Some((result, source)) = run(&right.replacen(from, to, 1)) else { return };
        let fault = result.expect_err(&source);
        assert_eq!(fault.kind, kind, "{fault}\n{source}");
        if let Some(marker) = marker {
            let line = fault.line.unwrap_or_else(|| panic!("no line: {fault}\n{source}"));
            assert!(text(&source, line).contains(marker), "{fault}\n{source}");
        }
    }
    // An argument that is written in place and returned.
    let place = "    t = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=t, value=1.0)
    nisa.dma_copy(dst=x, src=t)
    return x
";
    let Some((result, source)) = run(place) else { return };
    result.unwrap_or_else(|fault| panic!("{fault}\n{source}"));
}

#[test]
fn arguments() {
    let source = format!("{IMPORTS}def k(x, y):\n    return x\n");
    let Some(program) = compile(&source) else { return };
    let mut memory = vec![1.0_f32; 32];
    let given = vec![2.0_f32; 32];
    let x = input(&given, F32, &[4, 8]);
    let one = Operand::Scalar(Arg::F32(1.5));
    let output = out(&mut memory, F32, &[4, 8]);
    program.launch(&Launch { args: &[x, one], outputs: &[output] }).unwrap();
    let wrong: [(&[Operand], &[Operand]); 9] = [
        (&[x], &[output]),
        (&[x, one, one], &[output]),
        (&[x, Operand::Scalar(Arg::U64(1 << 31))], &[output]),
        (&[input(&given, F32, &[4, 7]), one], &[output]),
        (&[input(&given, Bf16, &[4, 8]), one], &[output]),
        (&[input(&given, F32, &[]), one], &[output]),
        (&[x, one], &[x]),
        (&[x, one], &[out(&mut memory.clone(), I32, &[4, 8])]),
        (&[x, one], &[]),
    ];
    for (at, (args, outputs)) in wrong.into_iter().enumerate() {
        let fault = program.launch(&Launch { args, outputs }).expect_err(&at.to_string());
        assert_eq!(fault.kind, FaultKind::Launch, "{at}: {fault}");
    }
    // The process serves on after each.
    program.launch(&Launch { args: &[x, one], outputs: &[output] }).unwrap();
    assert_eq!(memory, given);
}

/// Memory that both processes have is read and written where it is, whether launches are checked or not; a launch that is checked and goes wrong
/// leaves it as it was.
#[test]
fn shared_memory() {
    let body = "def k(x, y):
    t = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(dst=t, src=x)
    nisa.tensor_tensor(dst=t, data1=t, data2=t, op=nl.add)
    nisa.dma_copy(dst=y, src=t)
    return y
";
    let source = format!("{IMPORTS}{body}");
    let wrong = source.replace("    return y", "    nisa.memset(dst=t[0:4, 0:9], value=0.0)\n    return y");
    for (checks, source, right) in
        [(Checks::Memory, &source, true), (Checks::Barriers, &source, true), (Checks::Memory, &wrong, false)]
    {
        let program = match Program::compile_with(source, "k", checks) {
            Ok(program) => program,
            Err(error) if error.is_skip() => return,
            Err(error) => panic!("{error}"),
        };
        // bf16: 1.5 in, 3 out; the view is not at the beginning of the file.
        let [mut x, mut y] = [256, 256].map(|bytes| Shared::zeroed(bytes).expect("memory"));
        let operand = |memory: &mut Shared, writable| {
            // SAFETY: the memory has 256 bytes.
            let address = unsafe { memory.pointer().add(64) };
            let buffer = Arg::Buffer { address, bytes: 64, writable };
            Operand::Tensor { buffer, dtype: Bf16, shape: &[4, 8] }
        };
        // SAFETY: as above, and nothing else has it.
        let bits = |memory: &mut Shared| unsafe { std::slice::from_raw_parts_mut(memory.pointer().cast::<u16>(), 128) };
        bits(&mut x).fill(0x3fc0);
        let args = [operand(&mut x, false), operand(&mut y, true)];
        let result = program.launch(&Launch { args: &args, outputs: &[args[1]] });
        assert_eq!(result.is_ok(), right, "{result:?}");
        let wanted = if right { 0x4040 } else { 0 };
        for (at, found) in bits(&mut y).iter().enumerate() {
            assert_eq!(*found, if (32..64).contains(&at) { wanted } else { 0 }, "{at}");
        }
    }
}
