//! The `metal` device on a Mac: small MSL kernels, dependent and independent launches, and what must be refused.
//!
//! Elsewhere it is only type-checked, by metal_types.rs.
#![cfg(any(target_os = "macos", tenfold_check_metal))]

use std::collections::BTreeMap;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, LineOrigin, Own};
use bundle::{Bundle, BundleWriter};
use device::{Arg, Binding, Buffer, Device, Error, Judge, LoadedKernel, Metal, Usage};

/// Groups of 32 threads; every thread owns one element. `turn` reads its neighbour through group memory.
const SOURCE: &str = r#"#include <metal_stdlib>
using namespace metal;
kernel void scale(device const float* x [[buffer(0)]], device float* y [[buffer(1)]], constant float& f [[buffer(2)]],
                  constant uint& n [[buffer(3)]], uint id [[thread_position_in_grid]]) {
  y[id] = fma(x[id], f, float(n));
}
kernel void turn(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],
                 uint id [[thread_position_in_grid]], uint lane [[thread_index_in_threadgroup]]) {
  threadgroup float part[32];
  part[lane] = x[id];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  y[id] = part[(lane + 1) % 32];
}
"#;

const ELEMENTS: usize = 4096;

fn view(name: &str, access: Access) -> Declared {
    let own = match access {
        Access::Write => vec![Own::Block { axis: 0, size: 32 }],
        Access::Read | Access::Weights => vec![],
    };
    let shape = vec![ELEMENTS as u64];
    Declared {
        name: name.to_owned(),
        kind: ArgKind::View { dtype: Dtype::F32, shape, access, layout: Layout::RowMajor, own },
    }
}

fn scalar(name: &str, dtype: Dtype) -> Declared {
    Declared { name: name.to_owned(), kind: ArgKind::Scalar { dtype, bound: None } }
}

fn kernel(name: &str, scalars: &[Declared]) -> Kernel {
    Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: "k.metal".to_owned(),
        tuning: BTreeMap::new(),
        grid: [ELEMENTS as u64 / 32, 1, 1],
        block: [32, 1, 1],
        args: [&[view("x", Access::Read), view("y", Access::Write)], scalars].concat(),
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![LineOrigin {
            emitted: if name == "scale" { 3 } else { 7 },
            file: "src/lib.rs".to_owned(),
            line: 30,
        }],
    }
}

fn bundle(dir: &tempfile::TempDir, source: &str, edit: impl FnOnce(&mut Vec<Kernel>)) -> Bundle {
    let mut kernels = vec![kernel("scale", &[scalar("f", Dtype::F32), scalar("n", Dtype::I32)]), kernel("turn", &[])];
    edit(&mut kernels);
    let mut writer = BundleWriter::new("test", "group", "msl");
    writer.file("k.metal", source.as_bytes()).unwrap();
    for kernel in kernels {
        writer.kernel(kernel);
    }
    let folder = dir.path().join("bundle");
    writer.finish(&folder).unwrap();
    Bundle::open(&folder).unwrap()
}

struct Setup {
    _dir: tempfile::TempDir,
    device: Metal,
    scale: LoadedKernel,
    turn: LoadedKernel,
}

impl Setup {
    fn new() -> Setup {
        let dir = tempfile::tempdir().unwrap();
        let bundle = bundle(&dir, SOURCE, |_| {});
        let mut device = Metal::new().unwrap();
        let program = device.load(&bundle).unwrap();
        let [scale, turn] = ["scale", "turn"].map(|name| program.kernel(name).unwrap().clone());
        Setup { _dir: dir, device, scale, turn }
    }

    fn buffer(&mut self) -> Buffer {
        self.device.alloc(ELEMENTS as u64 * 4, Usage::Data).unwrap()
    }

    fn upload(&mut self, buffer: Buffer, values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        self.device.upload(buffer, 0, &bytes).unwrap();
    }

    fn download(&mut self, buffer: Buffer) -> Vec<f32> {
        let mut bytes = vec![0; ELEMENTS * 4];
        self.device.download(buffer, 0, &mut bytes).unwrap();
        bytes.chunks_exact(4).map(|chunk| f32::from_ne_bytes(chunk.try_into().unwrap())).collect()
    }

    fn scale(&mut self, x: Buffer, y: Buffer, f: f32, n: u32) {
        let args = [Arg::Buffer(x), Arg::Buffer(y), Arg::F32(f), Arg::U32(n)];
        let binding = Binding::new(&self.device, &self.scale, &args).unwrap();
        self.device.launch(&binding).unwrap();
    }

    fn turn(&mut self, x: Buffer, y: Buffer) {
        let binding = Binding::new(&self.device, &self.turn, &[Arg::Buffer(x), Arg::Buffer(y)]).unwrap();
        self.device.launch(&binding).unwrap();
    }
}

#[test]
fn long_chains_of_launches_run_in_order() {
    let mut setup = Setup::new();
    assert_eq!((setup.device.name(), setup.device.judge()), ("metal", Judge::Hardware));
    let [mut x, mut y, aside] = [(); 3].map(|()| setup.buffer());
    assert!(setup.download(x).iter().all(|value| *value == 0.0), "buffers start as zeros");
    let mut expected: Vec<f32> = (0..ELEMENTS).map(|i| (i % 97) as f32).collect();
    setup.upload(x, &expected);
    // Far more than one command buffer holds; the launches on `aside` are free to overtake.
    for round in 0..300u32 {
        setup.scale(x, y, 0.5, round % 7);
        setup.scale(x, aside, 1.0, 1);
        setup.turn(y, x);
        let scaled: Vec<f32> = expected.iter().map(|value| value.mul_add(0.5, (round % 7) as f32)).collect();
        for (i, value) in expected.iter_mut().enumerate() {
            *value = scaled[i / 32 * 32 + (i + 1) % 32];
        }
        if round % 50 == 49 {
            setup.upload(y, &vec![-1.0; ELEMENTS]);
            assert_eq!(setup.download(x), expected, "round {round}");
            assert_eq!(setup.download(y), vec![-1.0; ELEMENTS]);
        }
        if round % 33 == 0 {
            std::mem::swap(&mut x, &mut y);
            setup.scale(y, x, 1.0, 0);
        }
    }
    assert_eq!(setup.download(x), expected);
}

#[test]
fn a_buffer_may_be_freed_while_launches_use_it() {
    let mut setup = Setup::new();
    let [x, y, z] = [(); 3].map(|()| setup.buffer());
    setup.upload(x, &[3.0; ELEMENTS]);
    setup.scale(x, y, 2.0, 0);
    setup.scale(y, z, 2.0, 1);
    setup.device.free(y).unwrap();
    assert_eq!(setup.download(z), [13.0; ELEMENTS]);
    assert!(matches!(setup.device.download(y, 0, &mut [0]), Err(Error::DeadBuffer)));
}

#[test]
fn what_does_not_fit_is_refused_when_it_is_loaded() {
    let mut device = Metal::new().unwrap();
    let mut refused = |source: &str, edit: &dyn Fn(&mut Vec<Kernel>)| {
        let dir = tempfile::tempdir().unwrap();
        device.load(&bundle(&dir, source, edit)).unwrap_err()
    };
    match refused(&SOURCE.replace("fma(x[id]", "fma(x[idd]"), &|_| {}) {
        Error::Compile { kernel, line: 5, origin: Some(origin), .. } if kernel == "scale" => {
            assert_eq!(origin.line, 30)
        }
        other => panic!("{other}"),
    }
    let missing = refused(SOURCE, &|kernels| kernels[0].entry = "nothing".to_owned());
    assert_eq!(missing.to_string(), "kernel `scale`: `k.metal` has no function `nothing`");
    let large = refused(SOURCE, &|kernels| kernels[0].block = [4096, 1, 1]);
    assert!(matches!(large, Error::Kernel { .. }), "{large}");
}
