//! Measures matrix times vector with bf16 weights beside a plain loop that reads the same memory.
//!
//! `cargo run --release -p mlir_to_cpu --example bandwidth`: GB/s for one and two threads. Each matrix is one of many,
//! together larger than the caches, as in a model's decode step.

use std::ffi::c_void;
use std::time::Instant;

use tile_ir::{Axis, CastOp, ContractSpec, Elem, KernelBuilder, Module, Own};

type Entry = unsafe extern "C" fn(*const *const c_void, u64, u64, *mut u8);

const BLOCK: u64 = 16;
const BYTES: usize = 1 << 30;

fn matvec(n: u64, k: u64) -> Module {
    let mut b = KernelBuilder::new("matvec");
    b.grid([n / BLOCK, 1, 1]);
    b.at("matvec.rs", 1, 1);
    let x = b.read("x", Elem::F32, &[1, k]);
    let w = b.weights("w", Elem::Bf16, &[n, k]);
    let y = b.write("y", Elem::F32, &[1, n], &[Own::Whole, Own::Block { axis: Axis::X, size: BLOCK }]);
    let id = b.program_id(Axis::X);
    let (zero, block) = (b.index(0), b.index(BLOCK as i64));
    let row = b.mul(id, block);
    let x = b.load(x, &[zero, zero], &[1, k]);
    let w = b.load(w, &[row, zero], &[BLOCK, k]);
    let w = b.cast(CastOp::ExtF, w, Elem::F32);
    let acc = b.splat(Elem::F32, &[1, BLOCK], 0.0);
    let sum = b.contract(x, w, acc, ContractSpec::matmul(true));
    b.store(y, sum, &[zero, row]);
    Module { name: "bench".into(), kernels: vec![b.finish().expect("valid")] }
}

/// Reads all of `data` and does nothing else. In assembly, so that it is as fast in every build profile.
fn read_all(data: &[u16]) {
    let bytes = size_of_val(data) / 256 * 256;
    // SAFETY: reads `bytes` bytes of the slice, 256 at a time; every machine this example is for has AVX.
    unsafe {
        std::arch::asm!(
            "2:",
            "vmovups ymm0, [{at}]",
            "vmovups ymm1, [{at} + 32]",
            "vmovups ymm2, [{at} + 64]",
            "vmovups ymm3, [{at} + 96]",
            "vmovups ymm4, [{at} + 128]",
            "vmovups ymm5, [{at} + 160]",
            "vmovups ymm6, [{at} + 192]",
            "vmovups ymm7, [{at} + 224]",
            "add {at}, 256",
            "cmp {at}, {end}",
            "jb 2b",
            "vzeroupper",
            at = inout(reg) data.as_ptr() => _,
            end = in(reg) data.as_ptr().byte_add(bytes),
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            options(readonly, nostack),
        );
    }
}

fn time(threads: usize, work: impl Fn(usize) + Sync) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 1..threads {
                let work = &work;
                scope.spawn(move || work(thread));
            }
            work(0);
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let data: Vec<u16> = (0..BYTES / 2).map(|i| 0x3c00 + (i * 37 % 97) as u16).collect();
    for threads in [1, 2] {
        let part = data.len() / threads;
        let seconds = time(threads, |thread| {
            read_all(&data[thread * part..(thread + 1) * part]);
        });
        println!("read                 {threads} threads {:7.2} GB/s", BYTES as f64 / seconds / 1e9);
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (n, k) in [(576_u64, 576_u64), (1536, 576), (49152, 576), (8960, 1536)] {
        let module = matvec(n, k);
        let options = mlir_to_cpu::Options::host().expect("a known processor");
        let object = mlir_to_cpu::emit(&module, &options).expect("compiles");
        let path = dir.path().join(format!("m{n}x{k}.so"));
        mlir_to_cpu::link::link(&object, &path).expect("links");
        if std::env::var_os("KEEP").is_some() {
            std::fs::copy(&path, format!("/tmp/m{n}x{k}.so")).expect("copied");
            std::fs::write("/tmp/matvec.clif", &object.clif).expect("written");
        }
        // SAFETY: the library was just made from a valid module, and runs no code when loaded.
        let library = unsafe { libloading::Library::new(&path).expect("loads") };
        // SAFETY: the symbol has the type that the crate documents.
        let entry: Entry = unsafe { *library.get::<Entry>(object.kernels[0].entry.as_bytes()).expect("found") };
        let x = vec![1.0_f32; k as usize];
        let size = (n * k) as usize;
        let copies = data.len() / size;
        for threads in [1, 2] {
            let outputs: Vec<Vec<f32>> = vec![vec![0.0; n as usize]; threads];
            let programs = n / BLOCK;
            let seconds = time(threads, |thread| {
                let (first, last) =
                    (programs * thread as u64 / threads as u64, programs * (thread as u64 + 1) / threads as u64);
                for copy in 0..copies {
                    let w = &data[copy * size..];
                    let args: [*const c_void; 3] =
                        [x.as_ptr().cast(), w.as_ptr().cast(), outputs[thread].as_ptr().cast()];
                    let mut scratch = [[0_u8; 64]; 64];
                    // SAFETY: the buffers have the shapes of the kernel's views; each thread has its own output.
                    unsafe { entry(args.as_ptr(), first, last, scratch.as_mut_ptr().cast()) };
                }
            });
            let bytes = (copies * size * 2) as f64;
            println!("matvec {n:6} x {k:5} {threads} threads {:7.2} GB/s", bytes / seconds / 1e9);
        }
    }
}
