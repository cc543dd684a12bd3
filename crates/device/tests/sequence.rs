//! Recorded sequences run like their launches one by one: on the processor, on an emulated GPU, through Vulkan, and on a
//! real GPU where there is one.

mod vulkan_support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use device::{
    Arg, Binding, Buffer, Checks, Cpu, Cuda, Device, Emulated, EmulatedOptions, Error, Language, LoadedKernel, Usage,
};

const ELEMENTS: u64 = 1024;
const BLOCK: u64 = 128;
/// Scalars stay below.
const BOUND: u64 = 1000;

/// `y = 3 x + n`, modulo 2^32: neither order nor scalars can be mixed up unseen.
const C: &str = "
#include <stdint.h>
void step(const void *const *args, uint64_t first, uint64_t last, uint8_t *scratch) {
    const uint32_t *x = args[0];
    uint32_t *y = (uint32_t *)args[1], n = *(const uint32_t *)args[2];
    for (uint64_t i = first * 128; i < last * 128; i++) y[i] = 3 * x[i] + n;
    (void)scratch;
}
";

/// The same, twice; `early` lets the next launch start and then waits for the one before. Thread i reads what another
/// block wrote.
const CUDA: &str = "
extern \"C\" __global__ void __launch_bounds__(128) step(const unsigned int* x, unsigned int* y, unsigned int n) {
    const unsigned int i = blockIdx.x * 128 + threadIdx.x;
    y[i] = 3 * x[i] + n;
}
extern \"C\" __global__ void __launch_bounds__(128) early(const unsigned int* x, unsigned int* y, unsigned int n) {
    const unsigned int i = blockIdx.x * 128 + threadIdx.x;
#if __CUDA_ARCH__ >= 900
    asm volatile(\"griddepcontrol.launch_dependents;\");
    asm volatile(\"griddepcontrol.wait;\" ::: \"memory\");
#endif
    y[i] = 3 * x[i] + n;
}
";

fn kernel(name: &str, file: &str, threads: u64, dependent: bool) -> Kernel {
    let view = |name: &str, access, own: &[Own]| Declared {
        name: name.to_owned(),
        kind: ArgKind::View {
            dtype: Dtype::I32,
            shape: vec![ELEMENTS],
            access,
            layout: Layout::RowMajor,
            own: own.to_vec(),
        },
    };
    let scalar = ArgKind::Scalar { dtype: Dtype::I32, bound: Some(BOUND) };
    Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: file.to_owned(),
        tuning: BTreeMap::new(),
        grid: [ELEMENTS / BLOCK, 1, 1],
        block: [threads, 1, 1],
        args: vec![
            view("x", Access::Read, &[]),
            view("y", Access::Write, &[Own::Block { axis: 0, size: BLOCK }]),
            Declared { name: "n".to_owned(), kind: scalar },
        ],
        budgets: BTreeMap::new(),
        dependent,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    }
}

fn write(folder: &Path, target: &str, file: &str, contents: Vec<u8>, kernels: Vec<Kernel>) -> Bundle {
    let mut writer = BundleWriter::new("test", "group", target);
    if target == "cpu" {
        writer.feature(std::env::consts::ARCH);
    }
    writer.file(file, contents).unwrap();
    for kernel in kernels {
        writer.kernel(kernel);
    }
    let folder = folder.join("bundle");
    writer.finish(&folder).unwrap();
    Bundle::open(&folder).unwrap()
}

/// The device with its kernels.
fn cpu(threads: usize) -> (Box<dyn Device>, Vec<LoadedKernel>) {
    let dir = tempfile::tempdir().unwrap();
    let (source, library) = (dir.path().join("k.c"), dir.path().join("k.so"));
    std::fs::write(&source, C).unwrap();
    let cc = Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(cc.expect("the tests need the C compiler `cc`").success());
    let contents = std::fs::read(&library).unwrap();
    let bundle = write(dir.path(), "cpu", "k.so", contents, vec![kernel("step", "k.so", 1, false)]);
    let mut device = Cpu::new(Some(threads)).unwrap();
    let kernels = device.load(&bundle).unwrap().kernels().to_vec();
    (Box::new(device), kernels)
}

fn load_cuda(device: &mut dyn Device) -> Vec<LoadedKernel> {
    let dir = tempfile::tempdir().unwrap();
    let kernels = vec![kernel("step", "k.cu", BLOCK, false), kernel("early", "k.cu", BLOCK, true)];
    let bundle = write(dir.path(), "cuda", "k.cu", CUDA.into(), kernels);
    device.load(&bundle).unwrap().kernels().to_vec()
}

/// The GPU, if there is one.
fn cuda() -> Option<(Box<dyn Device>, Vec<LoadedKernel>)> {
    match Cuda::new() {
        Ok(mut device) => {
            let kernels = load_cuda(&mut device);
            Some((Box::new(device), kernels))
        }
        Err(error) => {
            eprintln!("SKIPPED: recorded sequences are not run on a GPU: {error}");
            assert!(matches!(error, Error::Open { device: "cuda", .. }), "{error}");
            None
        }
    }
}

fn emulated() -> (Box<dyn Device>, Vec<LoadedKernel>) {
    let options = EmulatedOptions { checks: Checks::Memory, threads: Some(2), seed: 1, cache: None };
    let mut device = Emulated::new(Language::Cuda, options).unwrap();
    let kernels = load_cuda(&mut device);
    (Box::new(device), kernels)
}

/// Any Vulkan device; `staged` copies even where the host reaches its memory.
fn vulkan(staged: bool) -> Option<(Box<dyn Device>, Vec<LoadedKernel>)> {
    let module = vulkan_support::assemble("step")?;
    let mut device = vulkan_support::open(staged, None)?;
    let kernel = Kernel { push_constant_bytes: 20, ..kernel("step", "k.spv", BLOCK, false) };
    let dir = tempfile::tempdir().unwrap();
    let bundle = write(dir.path(), "spirv", "k.spv", module, vec![kernel]);
    let kernels = device.load(&bundle).unwrap().kernels().to_vec();
    Some((Box::new(device), kernels))
}

fn buffers(device: &mut dyn Device) -> [Buffer; 3] {
    [(); 3].map(|()| device.alloc(ELEMENTS * 4, Usage::Data).unwrap())
}

fn upload(device: &mut dyn Device, buffer: Buffer, values: &[u32]) {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    device.upload(buffer, 0, &bytes).unwrap();
}

fn download(device: &mut dyn Device, buffer: Buffer) -> Vec<u32> {
    let mut bytes = vec![0; ELEMENTS as usize * 4];
    device.download(buffer, 0, &mut bytes).unwrap();
    bytes.as_chunks().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}

/// Reads from and writes to which buffer, and whether the scalar is the run's number (else the launch's): each pair of
/// neighbours has another hazard, and the last launch writes what the first reads.
const CHAIN: [(usize, usize, bool); 7] =
    [(0, 1, true), (1, 2, false), (2, 1, true), (1, 0, false), (0, 2, true), (2, 1, false), (1, 0, true)];

fn bindings(device: &dyn Device, kernels: &[LoadedKernel], buffers: &[Buffer; 3]) -> Vec<Binding> {
    let binding = |(index, &(from, to, _)): (usize, &(usize, usize, bool))| {
        // Kernels that wait by themselves and others, in all orders of two.
        let kernel = &kernels[[0, 1, 1, 0, 0, 1, 0][index] % kernels.len()];
        let args = [Arg::Buffer(buffers[from]), Arg::Buffer(buffers[to]), Arg::U32(index as u32)];
        Binding::new(device, kernel, &args).unwrap()
    };
    CHAIN.iter().enumerate().map(binding).collect()
}

/// What the chain computes in run number `run`.
fn expected(mut state: [Vec<u32>; 3], run: u32) -> [Vec<u32>; 3] {
    for (index, (from, to, is_run)) in CHAIN.into_iter().enumerate() {
        let n = if is_run { run } else { index as u32 };
        state[to] = state[from].iter().map(|x| x.wrapping_mul(3).wrapping_add(n)).collect();
    }
    state
}

/// Runs the chain again and again, with a new scalar each time; looks only now and then, so that runs can pile up.
fn replays(device: &mut dyn Device, kernels: &[LoadedKernel], runs: u32) {
    let buffers = buffers(device);
    let bindings = bindings(device, kernels, &buffers);
    let start: Vec<u32> = (0..ELEMENTS as u32).map(|i| i.wrapping_mul(0x9E37_79B9)).collect();
    upload(device, buffers[0], &start);
    let all: Vec<&Binding> = bindings.iter().collect();
    let mut sequence = device.record(&all).unwrap();
    assert_eq!(sequence.bindings().len(), CHAIN.len());
    if let Some(note) = sequence.note() {
        eprintln!("note: {note}");
    }
    assert_eq!(download(device, buffers[0]), start, "recording launches nothing");
    let mut state = [start.clone(), vec![0; ELEMENTS as usize], vec![0; ELEMENTS as usize]];
    for run in 0..runs {
        for (index, _) in CHAIN.iter().enumerate().filter(|(_, launch)| launch.2) {
            sequence.set(index, 2, Arg::U32(run)).unwrap();
        }
        device.replay(&mut sequence).unwrap();
        state = expected(state, run);
        if run % 7 == 3 {
            // Without new scalars the old ones stay.
            device.replay(&mut sequence).unwrap();
            state = expected(state, run);
        }
        if run % 13 == 5 {
            // Copies and single launches keep their place between runs.
            device.launch(&bindings[1]).unwrap();
            state[2] = state[1].iter().map(|x| x.wrapping_mul(3).wrapping_add(1)).collect();
            let patch: Vec<u32> = state[0].iter().map(|x| x ^ run).collect();
            upload(device, buffers[0], &patch);
            state[0] = patch;
        }
        if run % 10 == 9 || run + 1 == runs {
            for (buffer, expected) in buffers.iter().zip(&state) {
                assert_eq!(download(device, *buffer), *expected, "run {run}");
            }
        }
    }
    device.sync().unwrap();
}

#[test]
fn replays_on_the_processor() {
    for threads in [1, 3] {
        let (mut device, kernels) = cpu(threads);
        replays(&mut *device, &kernels, 40);
    }
}

#[test]
fn replays_on_an_emulated_gpu() {
    let (mut device, kernels) = emulated();
    replays(&mut *device, &kernels, 15);
}

#[test]
fn replays_on_a_gpu() {
    let Some((mut device, kernels)) = cuda() else { return };
    replays(&mut *device, &kernels, 500);
}

#[test]
fn replays_through_vulkan() {
    for staged in [false, true] {
        let Some((mut device, kernels)) = vulkan(staged) else { return };
        replays(&mut *device, &kernels, 200);
    }
}

/// What must be refused.
fn refusals(device: &mut dyn Device, kernels: &[LoadedKernel]) {
    let buffers = buffers(device);
    let bindings = bindings(device, kernels, &buffers);
    let all: Vec<&Binding> = bindings.iter().collect();
    let mut sequence = device.record(&all).unwrap();
    match sequence.set(CHAIN.len(), 2, Arg::U32(1)) {
        Err(Error::NoLaunch { launch: 7, launches: 7 }) => {}
        other => panic!("{other:?}"),
    }
    for (index, value) in [(2, Arg::U32(BOUND as u32)), (2, Arg::F32(1.0)), (0, Arg::Buffer(buffers[1]))] {
        assert!(matches!(sequence.set(0, index, value), Err(Error::Argument { .. })));
    }
    assert_eq!(sequence.bindings()[0].args()[2], Arg::U32(0), "the old value stays");
    device.replay(&mut sequence).unwrap();

    let mut empty = device.record(&[]).unwrap();
    device.replay(&mut empty).unwrap();

    // Another device's sequence.
    let (mut other, _) = cpu(1);
    assert!(matches!(other.replay(&mut sequence), Err(Error::Kernel { .. } | Error::DeadBuffer)));
    // A sequence outlives a buffer, but does not run with it; nor can it be recorded.
    let unrelated = device.alloc(64, Usage::Data).unwrap();
    device.free(unrelated).unwrap();
    device.replay(&mut sequence).unwrap();
    device.free(buffers[2]).unwrap();
    assert!(matches!(device.replay(&mut sequence), Err(Error::DeadBuffer)));
    assert!(matches!(device.record(&all), Err(Error::DeadBuffer)));
    device.sync().unwrap();
}

#[test]
fn refusals_on_the_processor() {
    let (mut device, kernels) = cpu(2);
    refusals(&mut *device, &kernels);
}

#[test]
fn refusals_on_an_emulated_gpu() {
    let (mut device, kernels) = emulated();
    refusals(&mut *device, &kernels);
}

#[test]
fn refusals_on_a_gpu() {
    let Some((device, kernels)) = cuda() else { return };
    accelerator_refusals(device, &kernels);
}

#[test]
fn refusals_through_vulkan() {
    for staged in [false, true] {
        let Some((device, kernels)) = vulkan(staged) else { return };
        accelerator_refusals(device, &kernels);
    }
}

/// What a device with memory of its own must refuse besides.
fn accelerator_refusals(mut device: Box<dyn Device>, kernels: &[LoadedKernel]) {
    refusals(&mut *device, kernels);
    // A petabyte is more than any GPU has, and says so.
    match device.alloc(1 << 50, Usage::Data) {
        Err(Error::OutOfDeviceMemory { bytes, free }) => assert!(bytes == 1 << 50 && free > 0 && free < bytes),
        other => panic!("{other:?}"),
    }
    let buffers = buffers(&mut *device);
    assert_eq!(download(&mut *device, buffers[0]), vec![0; ELEMENTS as usize], "it goes on after that");
    // A sequence may outlive its device.
    let bindings = bindings(&*device, kernels, &buffers);
    let sequence = device.record(&bindings.iter().collect::<Vec<_>>()).unwrap();
    drop(device);
    drop(sequence);
}
