//! Printed text, as it looks and as MLIR 19 itself reads it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::builder::KernelBuilder;
use crate::kernel::{Kernel, Module, Own};
use crate::op::{Axis, BinaryOp, CastOp, ContractSpec, Index, Number, Predicate, ReduceOp, UnaryOp, Value};
use crate::testing::{Rng, kernel_from_seed, mutate};
use crate::types::Elem;
use crate::{print_module, validate_kernel};

fn mlir_opt() -> PathBuf {
    let installed = std::env::var_os("MLIR_SYS_190_PREFIX")
        .map(|prefix| PathBuf::from(prefix).join("bin/mlir-opt"))
        .filter(|path| path.exists());
    installed
        .or_else(|| which::which("mlir-opt-19").ok())
        .or_else(|| which::which("mlir-opt").ok())
        .expect("MLIR 19's mlir-opt is installed (./x installs it)")
}

/// Feeds text to `mlir-opt`, which must accept it without a word.
fn accepted(text: &str) {
    let mut child = Command::new(mlir_opt())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mlir-opt starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text_in = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text_in.as_bytes()));
    let output = child.wait_with_output().expect("mlir-opt ends");
    writer.join().expect("the writer ends").expect("mlir-opt reads everything");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}\n{text}");
}

fn print(kernels: Vec<Kernel>) -> String {
    let module = Module { name: "test \"ü\\".into(), kernels };
    let text = print_module(&module).expect("a valid module");
    assert_eq!(print_module(&module).expect("a valid module"), text, "two runs differ");
    text
}

#[test]
fn a_kernel_reads_like_the_document_says() {
    let mut b = KernelBuilder::new("scale_bn16");
    b.at("src/scale.rs", 3, 1);
    b.family("scale", &[("BN", 16)]);
    b.grid([4, 1, 1]);
    let x = b.read("x", Elem::F32, &[64]);
    let y = b.write("y", Elem::F32, &[64], &[Own::Block { axis: Axis::X, size: 16 }]);
    b.scalar("n", Elem::I32, Some(64));
    b.at("src/scale.rs", 5, 9);
    let (id, size) = (b.program_id(Axis::X), b.index(16));
    let start = b.mul(id, size);
    b.name(start, "start");
    b.at("src/scale.rs", 6, 13);
    let tile = b.load(x, &[start], &[16]);
    b.name(tile, "x");
    let doubled = b.add(tile, tile);
    b.store(y, doubled, &[start]);
    let text = print(vec![b.finish().expect("valid")]);
    let expected = r#"module @"test \22\C3\BC\5C" {
  func.func @scale_bn16(
      %x: memref<64xf32> {tenfold.name = "x", tenfold.access = "read"} loc("src/scale.rs":3:1),
      %y: memref<64xf32> {tenfold.name = "y", tenfold.access = "write", tenfold.own = ["block(x, 16)"]} loc("src/scale.rs":3:1),
      %n: i32 {tenfold.name = "n", tenfold.bound = 64 : i64} loc("src/scale.rs":3:1)
      ) attributes {tenfold.family = "scale", tenfold.tuning = {BN = 16 : i64}, tenfold.grid = array<i64: 4, 1, 1>} {
    %0 = gpu.block_id x loc("src/scale.rs":5:9)
    %c16 = arith.constant 16 : index loc("src/scale.rs":5:9)
    %start = arith.muli %0, %c16 : index loc("start"("src/scale.rs":5:9))
    %cst = arith.constant 0.0 : f32 loc("src/scale.rs":6:13)
    %x_0 = vector.transfer_read %x[%start], %cst {in_bounds = [false]} : memref<64xf32>, vector<16xf32> loc("x"("src/scale.rs":6:13))
    %1 = arith.addf %x_0, %x_0 : vector<16xf32> loc("src/scale.rs":6:13)
    vector.transfer_write %1, %y[%start] {in_bounds = [false]} : vector<16xf32>, memref<64xf32> loc("src/scale.rs":6:13)
    return loc("src/scale.rs":3:1)
  } loc("src/scale.rs":3:1)
}
"#;
    assert_eq!(text, expected.replace(r"\22\C3\BC\5C", r#"\"\C3\BC\\"#));
    accepted(&text);
}

#[test]
fn loops_and_branches_list_the_names_of_what_they_carry() {
    let mut b = KernelBuilder::new("names");
    let y = b.write("y", Elem::F32, &[4], &[Own::Whole]);
    let n = b.scalar("n", Elem::I32, None);
    let (zero, ten, one) = (b.index(0), b.index(10), b.int(Elem::I1, 1));
    let x = b.splat(Elem::F32, &[4], 0.0);
    // Without a name the counters are those of their depth, and no list is needed.
    b.for_loop(zero, ten, ten, &[], |b, i, _| {
        b.for_loop(zero, i, ten, &[], |_, _, _| vec![]);
        vec![]
    });
    let sums = b.for_loop(zero, ten, ten, &[x], |b, start, carried| {
        b.name(start, "start");
        b.name(carried[0], "sum");
        vec![b.add(carried[0], x)]
    });
    let found = b.while_loop(
        &[n],
        |b, args| {
            b.name(args[0], "größe");
            (one, vec![args[0]])
        },
        |_, args| args.to_vec(),
    );
    let chosen = b.if_else(one, |_| vec![sums[0], found[0]], |_| vec![x, n]);
    b.name(chosen[1], "chosen");
    b.store(y, chosen[0], &[zero]);
    let text = print(vec![b.finish().expect("valid")]);
    let heads: Vec<&str> = text.lines().filter(|line| line.contains("scf.for ")).map(str::trim_start).collect();
    let counters: Vec<&str> =
        heads.iter().filter_map(|line| line.split("scf.for ").nth(1)?.split(' ').next()).collect();
    assert_eq!(counters, ["%i", "%j", "%start"]);
    let lists: Vec<&str> =
        text.lines().filter_map(|line| line.split_once("tenfold.names = ")?.1.split('}').next()).collect();
    assert_eq!(
        lists,
        [r#"["start", "sum"]"#, r#"["gr\C3\B6\C3\9Fe", ""]"#.replace(r"\\", r"\").as_str(), r#"["", "chosen"]"#]
    );
    accepted(&text);
}

#[test]
fn invalid_modules_have_no_spelling() {
    let mut b = KernelBuilder::new("bad");
    b.add(Value(3), Value(4));
    let module = Module { name: String::new(), kernels: vec![b.finish_unchecked()] };
    assert!(print_module(&module).is_err());
}

/// Every elementwise operation, conversion and constant, on scalars and tiles of every type.
fn elementwise() -> Kernel {
    let mut b = KernelBuilder::new("elementwise");
    let scalar_or_tile = |b: &mut KernelBuilder, elem: Elem, tile: bool| {
        let value = b.number(elem, 1);
        if tile { b.broadcast(value, &[3, 5]) } else { value }
    };
    for tile in [false, true] {
        for &elem in Elem::ALL {
            let x = scalar_or_tile(&mut b, elem, tile);
            if elem.is_float() {
                for &op in UnaryOp::ALL {
                    b.unary(op, x);
                }
                b.fma(x, x, x);
            }
            for &op in BinaryOp::ALL {
                let bitwise = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
                if op.takes(elem.is_float()) && (elem != Elem::I1 || bitwise) {
                    b.binary(op, x, x);
                }
            }
            let mut bits = None;
            for &(predicate, _, _) in Predicate::ALL {
                let signed = matches!(predicate, Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe);
                if predicate.is_float() == elem.is_float() && !(signed && elem == Elem::I1) {
                    bits = Some(b.compare(predicate, x, x));
                }
            }
            b.select(bits.expect("every type compares"), x, x);
            let cond = b.int(Elem::I1, 1);
            b.select(cond, x, x);
            for &op in CastOp::ALL {
                for &to in Elem::ALL {
                    // What the validator takes, MLIR must take.
                    let mut with = b.clone();
                    with.cast(op, x, to);
                    if with.clone().finish().is_ok() {
                        b = with;
                    }
                }
            }
        }
    }
    b.finish().expect("valid")
}

fn constants() -> Kernel {
    let mut b = KernelBuilder::new("constants");
    let numbers = [
        0.0,
        -0.0,
        1.0,
        -2.5,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.1,
        1e-40,
        f32::MAX,
        f32::MIN_POSITIVE,
        16_777_217.0,
    ];
    for x in numbers {
        b.float(Elem::F32, x);
        b.splat(Elem::F32, &[2, 2], x);
        for elem in [Elem::F16, Elem::Bf16] {
            let narrow = crate::interp::Buffer::from_floats(elem, &[1], &[x]).expect("a buffer");
            b.float(elem, narrow.to_floats().expect("floats")[0]);
        }
    }
    b.dense(Elem::F32, &[3, 4], numbers.map(Number::Float).to_vec());
    for elem in [Elem::I8, Elem::I32, Elem::I64, Elem::Index] {
        b.int(elem, -7);
        b.splat_int(elem, &[4], -7);
        b.dense(elem, &[2, 1, 2], (0..4).map(|n| Number::Int(n - 2)).collect());
        for (dims, dim) in [(&[5][..], 0), (&[5, 1], 0), (&[2, 5], 1), (&[5, 2], 0), (&[2, 3, 4], 1), (&[1, 3, 1], 1)] {
            b.iota(elem, dims, dim);
        }
    }
    b.int(Elem::I1, 0);
    b.splat_int(Elem::I1, &[4], 1);
    b.dense(Elem::I1, &[2], vec![Number::Int(1), Number::Int(0)]);
    b.finish().expect("valid")
}

fn shapes() -> Kernel {
    let mut b = KernelBuilder::new("shapes");
    let x = b.splat(Elem::F32, &[2, 3, 4], 1.0);
    let one = b.index(1);
    b.broadcast(x, &[5, 2, 3, 4]);
    b.transpose(x, &[2, 0, 1]);
    b.slice(x, &[1, 0, 2], &[1, 2, 2]);
    let part = b.splat(Elem::F32, &[1, 2, 2], 0.0);
    b.insert_slice(part, x, &[1, 1, 0]);
    for indices in [
        vec![Index::Static(1)],
        vec![Index::Dynamic(one)],
        vec![Index::Static(0), Index::Dynamic(one)],
        vec![Index::Dynamic(one), Index::Static(2), Index::Dynamic(one)],
    ] {
        let taken = b.extract(x, &indices);
        b.insert(taken, x, &indices);
    }
    b.create_mask(&[2, 3], &[Index::Static(1), Index::Dynamic(one)]);
    b.create_mask(&[4], &[Index::Static(0)]);
    b.finish().expect("valid")
}

/// Reshapes between all shapes of the same count.
fn reshapes() -> Kernel {
    let mut b = KernelBuilder::new("reshapes");
    let shapes: [&[u64]; 16] = [
        &[12],
        &[1, 12],
        &[12, 1],
        &[3, 4],
        &[4, 3],
        &[6, 2],
        &[2, 6, 1],
        &[1, 3, 4],
        &[3, 1, 4],
        &[2, 2, 3],
        &[1, 1, 12],
        &[12, 1, 1],
        &[1, 6, 1, 2],
        &[3, 2, 2, 1],
        &[1, 1, 1, 12],
        &[2, 1, 6, 1],
    ];
    for from in shapes {
        let x = b.splat(Elem::Bf16, from, 0.0);
        for to in shapes {
            b.reshape(x, to);
        }
    }
    let x = b.splat(Elem::F32, &[1, 1], 0.0);
    for to in [&[1][..], &[1, 1, 1], &[1, 1, 1, 1]] {
        b.reshape(x, to);
    }
    b.finish().expect("valid")
}

fn products() -> Kernel {
    let mut b = KernelBuilder::new("products");
    let f = b.splat(Elem::F32, &[2, 3, 4], 1.0);
    let i = b.splat_int(Elem::I32, &[2, 3, 4], 1);
    for &(op, _) in ReduceOp::ALL {
        let float = matches!(op, ReduceOp::Add | ReduceOp::MinF | ReduceOp::MaxF);
        let value = if float { f } else { i };
        let zero = if float { b.float(Elem::F32, 0.0) } else { b.int(Elem::I32, 0) };
        b.reduce(op, value, zero, &[0, 1, 2]);
        let zeros = b.broadcast(zero, &[3]);
        b.reduce(op, value, zeros, &[0, 2]);
    }
    let (x, y) = (b.splat(Elem::F32, &[5, 7], 1.0), b.splat(Elem::F32, &[6, 7], 1.0));
    let acc = b.splat(Elem::F32, &[5, 6], 0.0);
    b.contract(x, y, acc, ContractSpec::matmul(true));
    let (x, y) = (b.splat(Elem::Bf16, &[2, 5, 7], 1.0), b.splat(Elem::Bf16, &[2, 7, 6], 1.0));
    let acc = b.splat(Elem::Bf16, &[2, 5, 6], 0.0);
    b.contract(x, y, acc, ContractSpec::batch_matmul(false));
    let x = b.splat(Elem::F32, &[9], 1.0);
    let zero = b.float(Elem::F32, 0.0);
    let dot = ContractSpec { reduced: vec![true], lhs: vec![0], rhs: vec![0], acc: vec![] };
    b.contract(x, x, zero, dot);
    b.finish().expect("valid")
}

fn memory() -> Kernel {
    let mut b = KernelBuilder::new("memory");
    b.grid([2, 3, 4]);
    b.at("dir\\with \"quotes\"/k.rs", 1, 2);
    let x = b.weights("x", Elem::Bf16, &[8, 16]);
    let line = b.read("line", Elem::I8, &[100]);
    let position = b.scalar("position", Elem::I64, None);
    let own = [
        Own::Block { axis: Axis::X, size: 4 },
        Own::At { param: 2 },
        Own::Block { axis: Axis::Z, size: 1 },
        Own::Block { axis: Axis::Y, size: 5 },
    ];
    let y = b.write("y", Elem::Bf16, &[8, 4, 4, 16], &own);
    b.scalar("eps", Elem::F32, None);
    let at = b.cast(CastOp::IndexS, position, Elem::Index);
    for axis in Axis::ALL {
        b.program_id(axis);
        b.num_programs(axis);
    }
    let tile = b.load(x, &[at, at], &[4, 5]);
    b.load(x, &[at, at], &[7]);
    let mask = b.splat_int(Elem::I1, &[4, 5], 1);
    let pad = b.float(Elem::Bf16, -1.0);
    b.load_masked(x, &[at, at], &[4, 5], pad, Some(mask));
    b.store(y, tile, &[at, at, at, at]);
    b.store_masked(y, tile, &[at, at, at, at], Some(mask));
    let element = b.load_scalar(x, &[at, at]);
    b.store_scalar(y, element, &[at, at, at, at]);
    let offsets = b.splat_int(Elem::I32, &[4, 5], 3);
    b.gather(x, offsets, mask, tile);
    let offsets = b.splat_int(Elem::Index, &[4, 5], 3);
    b.gather(x, offsets, mask, tile);
    let other = b.splat_int(Elem::I8, &[4, 5], 0);
    b.gather(line, offsets, mask, other);
    let huge = b.read("huge", Elem::I8, &[1 << 16, 1 << 16]);
    let offsets = b.splat_int(Elem::I32, &[4, 5], -3);
    b.gather(huge, offsets, mask, other);
    b.finish().expect("valid")
}

fn control() -> Kernel {
    let mut b = KernelBuilder::new("control");
    let n = b.scalar("n", Elem::I32, None);
    let (zero, ten) = (b.index(0), b.index(10));
    let cond = b.int(Elem::I1, 1);
    let x = b.splat(Elem::F32, &[4], 0.0);
    b.for_loop(zero, ten, ten, &[], |_, _, _| vec![]);
    b.for_loop(zero, ten, ten, &[x], |b, i, carried| {
        b.name(i, "i");
        vec![b.add(carried[0], x)]
    });
    let two = b.for_loop(zero, ten, ten, &[x, n], |b, i, carried| {
        b.name(i, "i");
        let inner = b.for_loop(zero, i, ten, &[carried[0]], |_, _, carried| carried.to_vec());
        vec![inner[0], carried[1]]
    });
    b.add(two[0], two[0]);
    b.while_loop(&[], |_, _| (cond, vec![]), |_, _| vec![]);
    let found = b.while_loop(
        &[n, n],
        |b, args| (b.compare(Predicate::SLt, args[0], args[1]), vec![args[1], x]),
        |b, args| vec![b.add(args[0], n), n],
    );
    b.add(found[0], n);
    b.when(cond, |b| {
        b.add(n, n);
    });
    b.if_else(
        cond,
        |_| vec![],
        |b| {
            b.add(n, n);
            vec![]
        },
    );
    let picked = b.if_else(cond, |_| vec![n, x], |_| vec![n, x]);
    b.add(picked[1], x);
    b.if_else(cond, |_| vec![n], |b| vec![b.add(n, n)]);
    b.finish().expect("valid")
}

#[test]
fn mlir_accepts_every_operation() {
    for kernel in [elementwise(), constants(), shapes(), reshapes(), products(), memory(), control()] {
        accepted(&print(vec![kernel]));
    }
}

#[test]
fn mlir_accepts_several_kernels() {
    accepted(&print(vec![shapes(), control()]));
    let empty = print_module(&Module::default()).expect("valid");
    assert_eq!(empty, "module {\n}\n");
    accepted(&empty);
}

#[test]
fn mlir_accepts_random_kernels() {
    let renamed = |mut kernel: Kernel, seed: u64| {
        kernel.name = format!("random_{seed}");
        kernel
    };
    accepted(&print((0..60).map(|seed| renamed(kernel_from_seed(seed), seed)).collect()));
    // What our validator lets pass, MLIR's must.
    let damaged = (0..800).filter_map(|seed| {
        let mut kernel = renamed(kernel_from_seed(seed), seed);
        mutate(&mut kernel, &mut Rng::new(seed));
        validate_kernel(&kernel).is_ok().then_some(kernel)
    });
    accepted(&print(damaged.collect()));
}
