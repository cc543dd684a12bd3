//! The `cpu` device runs a bundle compiled from C by the system's compiler, and refuses what it must.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use device::{Arg, Binding, Buffer, Cpu, Device, Error, Judge, LoadedKernel, Program, Usage};

/// `y[position, :] = weight * x + offset`, one program per element, through scratch memory; and a sum of two views.
const SOURCE: &str = r#"
#include <stdint.h>
void scale_row(const void *const *args, uint64_t first, uint64_t last, uint8_t *scratch) {
    const float *x = args[0], *weight = args[1];
    float *y = (float *)args[2];
    uint32_t position = *(const uint32_t *)args[3];
    float offset = *(const float *)args[4];
    uint64_t wide = *(const uint64_t *)args[5];
    float *local = (float *)scratch;
    for (uint64_t i = first; i < last; i++) {
        local[i % 16] = x[i] * weight[i];
        y[position * 1000 + i] = local[i % 16] + offset + (float)(wide >> 40) + (float)((uintptr_t)scratch % 64);
    }
}
void add(const void *const *args, uint64_t first, uint64_t last, uint8_t *scratch) {
    const float *a = args[0], *b = args[1];
    float *y = (float *)args[2];
    for (uint64_t i = first; i < last; i++) y[i] = a[i] + b[i];
    (void)scratch;
}
"#;

fn view(name: &str, shape: &[u64], access: Access, own: &[Own]) -> Declared {
    let (shape, own) = (shape.to_vec(), own.to_vec());
    let kind = ArgKind::View { dtype: Dtype::F32, shape, access, layout: Layout::RowMajor, own };
    Declared { name: name.to_owned(), kind }
}

fn scalar(name: &str, dtype: Dtype, bound: Option<u64>) -> Declared {
    Declared { name: name.to_owned(), kind: ArgKind::Scalar { dtype, bound } }
}

fn kernel(name: &str, grid: u64, args: Vec<Declared>) -> Kernel {
    Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: "kernels.so".to_owned(),
        tuning: BTreeMap::new(),
        grid: [grid, 1, 1],
        block: [1, 1, 1],
        args,
        budgets: BTreeMap::from([("scratch".to_owned(), 64)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    }
}

fn kernels() -> Vec<Kernel> {
    let block = Own::Block { axis: 0, size: 1 };
    vec![
        kernel(
            "scale_row",
            1000,
            vec![
                view("x", &[1, 1000], Access::Read, &[]),
                view("weight", &[1, 1000], Access::Weights, &[]),
                view("y", &[4, 1000], Access::Write, &[Own::At { arg: "position".to_owned() }, block.clone()]),
                scalar("position", Dtype::I32, Some(4)),
                scalar("offset", Dtype::F32, None),
                scalar("wide", Dtype::I64, None),
            ],
        ),
        kernel(
            "add",
            1000,
            vec![
                view("a", &[1000], Access::Read, &[]),
                view("b", &[1000], Access::Read, &[]),
                view("y", &[1000], Access::Write, &[block]),
            ],
        ),
    ]
}

/// Compiles the source and writes a bundle; `edit` may spoil it.
fn write_bundle(dir: &Path, target: &str, edit: impl FnOnce(&mut Vec<Kernel>, &mut BundleWriter)) -> Bundle {
    let source = dir.join("kernels.c");
    let library = dir.join("compiled.so");
    std::fs::write(&source, SOURCE).unwrap();
    let compiler = Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(compiler.expect("the tests need the C compiler `cc`").success());
    let mut writer = BundleWriter::new("test", "group", target);
    writer.feature(std::env::consts::ARCH);
    writer.file("kernels.so", std::fs::read(&library).unwrap()).unwrap();
    let mut kernels = kernels();
    edit(&mut kernels, &mut writer);
    for kernel in kernels {
        writer.kernel(kernel);
    }
    let folder = dir.join("bundle");
    writer.finish(&folder).unwrap();
    Bundle::open(&folder).unwrap()
}

struct Setup {
    _dir: tempfile::TempDir,
    device: Cpu,
    program: Program,
}

impl Setup {
    fn new(threads: usize) -> Setup {
        let dir = tempfile::tempdir().unwrap();
        let bundle = write_bundle(dir.path(), "cpu", |_, _| {});
        let mut device = Cpu::new(Some(threads)).unwrap();
        let program = device.load(&bundle).unwrap();
        Setup { _dir: dir, device, program }
    }

    fn floats(&mut self, values: &[f32], usage: Usage) -> Buffer {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        let buffer = self.device.alloc(bytes.len() as u64, usage).unwrap();
        self.device.upload(buffer, 0, &bytes).unwrap();
        buffer
    }

    fn read(&mut self, buffer: Buffer, offset: u64, count: usize) -> Vec<f32> {
        let mut bytes = vec![0; count * 4];
        self.device.download(buffer, offset * 4, &mut bytes).unwrap();
        bytes.chunks_exact(4).map(|chunk| f32::from_ne_bytes(chunk.try_into().unwrap())).collect()
    }

    fn kernel(&self, name: &str) -> LoadedKernel {
        self.program.kernel(name).unwrap().clone()
    }

    /// Arguments that `scale_row` accepts.
    fn scale_args(&mut self) -> Vec<Arg> {
        let x: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let x = self.floats(&x, Usage::Data);
        let weight = self.floats(&[2.0; 1000], Usage::Weights);
        let y = self.device.alloc(16000, Usage::Data).unwrap();
        vec![Arg::Buffer(x), Arg::Buffer(weight), Arg::Buffer(y), Arg::U32(1), Arg::F32(0.5), Arg::U64(3 << 40)]
    }
}

#[test]
fn runs_with_any_number_of_threads() {
    for threads in [1, 2, 5] {
        let mut setup = Setup::new(threads);
        assert_eq!(setup.device.threads(), threads);
        assert_eq!(setup.device.judge(), Judge::NativeCpu);
        let args = setup.scale_args();
        let Arg::Buffer(y) = args[2] else { unreachable!() };
        let mut binding = Binding::new(&setup.device, &setup.kernel("scale_row"), &args).unwrap();
        setup.device.launch(&binding).unwrap();
        binding.set(3, Arg::U32(3)).unwrap();
        binding.set(4, Arg::F32(-0.5)).unwrap();
        setup.device.launch(&binding).unwrap();
        setup.device.sync().unwrap();
        let expect = |offset: f32| (0..1000).map(|i| 2.0 * i as f32 + 3.0 + offset).collect::<Vec<f32>>();
        assert_eq!(setup.read(y, 1000, 1000), expect(0.5));
        assert_eq!(setup.read(y, 3000, 1000), expect(-0.5));
        assert_eq!(setup.read(y, 0, 1000), [0.0; 1000], "row 0 was not written");
        assert_eq!(setup.read(y, 2000, 1000), [0.0; 1000], "row 2 was not written");
    }
}

/// Asserts that a binding is refused with words that explain it.
fn refused(setup: &Setup, kernel: &str, args: &[Arg], words: &str) {
    let error = Binding::new(&setup.device, &setup.kernel(kernel), args).expect_err(words).to_string();
    assert!(error.contains(words), "expected `{words}` in `{error}`");
    assert!(matches!(words, "freed") || error.contains(kernel), "names the kernel: {error}");
}

#[test]
fn bindings_that_do_not_fit() {
    let mut setup = Setup::new(1);
    let good = setup.scale_args();
    let change = |index: usize, arg: Arg| {
        let mut args = good.clone();
        args[index] = arg;
        args
    };
    let small = setup.device.alloc(3999, Usage::Data).unwrap();
    let weights = setup.device.alloc(16000, Usage::Weights).unwrap();
    refused(&setup, "scale_row", &good[..5], "takes 6 arguments, 5 are bound");
    refused(&setup, "scale_row", &change(0, Arg::U32(0)), "is a view, a 32-bit integer is bound");
    refused(&setup, "scale_row", &change(3, good[0]), "is a number, a buffer is bound");
    refused(&setup, "scale_row", &change(3, Arg::U64(0)), "is a 32-bit integer, a 64-bit integer is bound");
    refused(&setup, "scale_row", &change(4, Arg::U32(0)), "is an f32 number, a 32-bit integer is bound");
    refused(&setup, "scale_row", &change(5, Arg::F32(0.0)), "is a 64-bit integer, an f32 number is bound");
    refused(&setup, "scale_row", &change(3, Arg::U32(4)), "must be below 4, it is 4");
    refused(&setup, "scale_row", &change(0, Arg::Buffer(small)), "needs 4000 bytes, its buffer has 3999");
    refused(&setup, "scale_row", &change(2, Arg::Buffer(weights)), "its buffer holds weights");
    refused(&setup, "scale_row", &change(1, good[0]), "one that kernels may write");
    refused(&setup, "scale_row", &change(0, good[2]), "shares its buffer with `x`");
    let (x, y) = (good[0], good[2]);
    refused(&setup, "add", &[x, y, y], "shares its buffer with `b`");
    refused(&setup, "add", &[y, x, y], "shares its buffer with `a`");
    // Read views may share, and may read weights.
    Binding::new(&setup.device, &setup.kernel("add"), &[x, x, y]).unwrap();
    Binding::new(&setup.device, &setup.kernel("add"), &[Arg::Buffer(weights), x, y]).unwrap();

    let mut binding = Binding::new(&setup.device, &setup.kernel("scale_row"), &good).unwrap();
    for (index, value) in [(3, Arg::U32(4)), (3, Arg::U64(1)), (0, good[2]), (2, Arg::U32(0)), (3, good[0]), (9, x)] {
        assert!(binding.set(index, value).is_err(), "{index}");
    }
    assert_eq!(binding.args(), good, "a refused change changes nothing");
}

#[test]
fn dead_and_foreign_buffers() {
    let mut setup = Setup::new(1);
    let args = setup.scale_args();
    let binding = Binding::new(&setup.device, &setup.kernel("scale_row"), &args).unwrap();
    let Arg::Buffer(x) = args[0] else { unreachable!() };
    setup.device.free(x).unwrap();
    assert!(matches!(setup.device.launch(&binding), Err(Error::DeadBuffer)));
    refused(&setup, "scale_row", &args, "freed");
    assert!(matches!(setup.device.free(x), Err(Error::DeadBuffer)));
    let _reused = setup.device.alloc(4000, Usage::Data).unwrap();
    assert!(matches!(setup.device.launch(&binding), Err(Error::DeadBuffer)), "not even when the slot is reused");

    let mut other = Setup::new(1);
    let foreign = other.scale_args();
    refused(&setup, "scale_row", &foreign, "freed");
    let binding = Binding::new(&other.device, &other.kernel("scale_row"), &foreign).unwrap();
    let error = setup.device.launch(&binding).unwrap_err().to_string();
    assert!(error.contains("another device"), "{error}");
}

#[test]
fn copies_out_of_range() {
    let mut setup = Setup::new(1);
    let buffer = setup.device.alloc(100, Usage::Data).unwrap();
    setup.device.upload(buffer, 90, &[7; 10]).unwrap();
    let mut bytes = [0; 12];
    setup.device.download(buffer, 88, &mut bytes).unwrap();
    assert_eq!(bytes, [0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
    for offset in [91, 101, u64::MAX] {
        assert!(matches!(setup.device.upload(buffer, offset, &[0; 10]), Err(Error::OutOfRange { .. })));
        assert!(matches!(setup.device.download(buffer, offset, &mut bytes[..10]), Err(Error::OutOfRange { .. })));
    }
    assert!(matches!(setup.device.alloc(u64::MAX, Usage::Data), Err(Error::OutOfMemory { .. })));
}

/// Loads a spoiled bundle and returns the message.
fn load_error(target: &str, edit: impl FnOnce(&mut Vec<Kernel>, &mut BundleWriter)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let bundle = write_bundle(dir.path(), target, edit);
    let mut device = Cpu::new(Some(1)).unwrap();
    device.load(&bundle).unwrap_err().to_string()
}

#[test]
fn bundles_that_do_not_load() {
    let error = load_error("cuda", |_, _| {});
    assert!(error.contains("compiled for target `cuda`"), "{error}");
    let error = load_error("cpu", |_, writer| {
        writer.feature("avx9000");
    });
    assert!(error.contains("`avx9000`"), "{error}");
    let error = load_error("cpu", |kernels, _| kernels[1].entry = "missing".to_owned());
    assert!(error.contains("no symbol `missing`"), "{error}");
    let error = load_error("cpu", |kernels, _| kernels[0].block = [32, 1, 1]);
    assert!(error.contains("several threads"), "{error}");
    let error = load_error("cpu", |kernels, writer| {
        writer.file("noise.so", b"not a library".as_slice()).unwrap();
        kernels[1].file = "noise.so".to_owned();
    });
    assert!(error.contains("cannot load noise.so"), "{error}");
}

#[test]
fn opening_by_name() {
    let device = device::open("cpu", Some(2)).unwrap();
    assert_eq!((device.name(), device.judge().to_string().as_str()), ("cpu", "native cpu"));
    assert!(matches!(device::open("gpu", None), Err(Error::UnknownDevice { .. })));
    assert!(matches!(device::open("cpu", Some(0)), Err(Error::Open { .. })));
    assert!(matches!(device::open("cpu", Some(1 << 20)), Err(Error::Open { .. })));
}
