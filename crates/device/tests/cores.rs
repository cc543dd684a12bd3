//! Devices of machines of cores: `ascendc-emu`, `pto-emu`, `bang-emu`, each with a small text by hand.

use std::collections::BTreeMap;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use device::{Arg, Binding, Buffer, Checks, Device, Emulated, EmulatedOptions, Error, Judge, LoadedKernel, Usage};

/// Elements of a program, programs of a core, cores.
const BLOCK: usize = 64;
const PROGRAMS: usize = 4;
const CORES: usize = 3;
const ELEMENTS: usize = BLOCK * PROGRAMS * CORES;

/// `y = factor * x`. What the mark `WAIT` stands before is what orders the copy and the product.
const ASCENDC: &str = r#"#include "kernel_operator.h"
using namespace AscendC;
extern "C" __global__ __aicore__ void scale(GM_ADDR x, GM_ADDR y, float factor) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  InitSocState();
  GlobalTensor<float> gx, gy;
  gx.SetGlobalBuffer((__gm__ float*)x);
  gy.SetGlobalBuffer((__gm__ float*)y);
  LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 256, 64);
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t at = (GetBlockIdx() * 4 + i) * 64;
    DataCopy(a, gx[at], 64);
    /*WAIT*/ SetFlag<HardEvent::MTE2_V>(EVENT_ID0); WaitFlag<HardEvent::MTE2_V>(EVENT_ID0);
    Muls(b, a, factor, 64);
    SetFlag<HardEvent::V_MTE3>(EVENT_ID0); WaitFlag<HardEvent::V_MTE3>(EVENT_ID0);
    DataCopy(gy[at], b, 64);
    PipeBarrier<PIPE_ALL>();
  }
}
"#;

const PTO: &str = r#"#include <pto/pto-inst.hpp>
#include <pto/common/constants.hpp>
using namespace pto;
__global__ AICORE void scale(__gm__ void* xv, __gm__ void* yv, float factor) {
  auto x = (__gm__ float*)xv; auto y = (__gm__ float*)yv;
#if defined(__DAV_VEC__)
  set_mask_norm(); set_vector_mask(-1, -1);
  using T = Tile<TileType::Vec, float, 1, 64>;
  using G = GlobalTensor<float, Shape<1, 1, 1, 1, 64>, Stride<1, 1, 1, 64, 1>>;
  T a, b; TASSIGN(a, 0); TASSIGN(b, 256);
  for (int32_t i = 0; i < 4; ++i) {
    int32_t at = ((int32_t)get_block_idx() * 4 + i) * 64;
    G gx(x + at), gy(y + at);
    TLOAD(a, gx);
    /*WAIT*/ set_flag(PIPE_MTE2, PIPE_V, EVENT_ID0); wait_flag(PIPE_MTE2, PIPE_V, EVENT_ID0);
    TMULS(b, a, factor);
    set_flag(PIPE_V, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID0);
    TSTORE(gy, b);
    pipe_barrier(PIPE_ALL);
  }
#endif
}
"#;

const BANG: &str = r#"#include <bang.h>
__nram__ float a[64], b[64];
__mlu_entry__ void scale(const float *x, float *y, float factor) {
  for (int i = 0; i < 4; ++i) {
    int at = ((int)taskId * 4 + i) * 64;
    __memcpy_async(a, x + at, 256, GDRAM2NRAM);
    /*WAIT*/ __sync_io();
    __bang_mul_scalar(b, a, factor, 64);
    __memcpy(y + at, b, 256, NRAM2GDRAM);
  }
}
"#;

/// Devices and their texts.
const ALL: [(&str, &str); 3] = [("ascendc-emu", ASCENDC), ("pto-emu", PTO), ("bang-emu", BANG)];

fn kernel() -> Kernel {
    let view = |name: &str, access, own: &[Own]| {
        let (shape, own) = (vec![ELEMENTS as u64], own.to_vec());
        let kind = ArgKind::View { dtype: Dtype::F32, shape, access, layout: Layout::RowMajor, own };
        Declared { name: name.to_owned(), kind }
    };
    let factor = ArgKind::Scalar { dtype: Dtype::F32, bound: None };
    Kernel {
        name: "scale".to_owned(),
        entry: "scale".to_owned(),
        file: "scale.txt".to_owned(),
        tuning: BTreeMap::new(),
        grid: [(CORES * PROGRAMS) as u64, 1, 1],
        block: [1, 1, 1],
        args: vec![
            view("x", Access::Read, &[]),
            view("y", Access::Write, &[Own::Block { axis: 0, size: BLOCK as u64 }]),
            Declared { name: "factor".to_owned(), kind: factor },
        ],
        budgets: BTreeMap::from([("ub".to_owned(), 512)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: Some([CORES as u64, 1, 1]),
        lines: vec![],
    }
}

fn bundle(device: &str, text: &str, kernel: Kernel) -> (tempfile::TempDir, Bundle) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = BundleWriter::new("test", "group", device.trim_end_matches("-emu"));
    writer.file("scale.txt", text).unwrap();
    writer.kernel(kernel);
    writer.finish(dir.path()).unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    (dir, bundle)
}

fn options(checks: Checks) -> EmulatedOptions {
    EmulatedOptions { checks, threads: Some(2), seed: 0, cache: None }
}

/// A device with the kernel, and its buffers.
struct Setup {
    device: Emulated,
    kernel: LoadedKernel,
    x: Buffer,
    y: Buffer,
}

fn load(device: &str, text: &str, options: EmulatedOptions) -> Result<(Emulated, LoadedKernel), Error> {
    let mut opened = Emulated::named(device, options)?;
    let (_dir, bundle) = bundle(device, text, kernel());
    let kernel = opened.load(&bundle)?.kernel("scale").unwrap().clone();
    Ok((opened, kernel))
}

/// `None` where this machine has no compiler.
fn setup(device: &str, text: &str, checks: Checks) -> Option<Setup> {
    let (mut device, kernel) = match load(device, text, options(checks)) {
        Ok(loaded) => loaded,
        Err(Error::Open { device, message }) => {
            eprintln!("SKIPPED: {device}: {message}");
            return None;
        }
        Err(error) => panic!("{error}\n{text}"),
    };
    let bytes: Vec<u8> = (0..ELEMENTS).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let [x, y] = [(); 2].map(|()| device.alloc(bytes.len() as u64, Usage::Data).unwrap());
    device.upload(x, 0, &bytes).unwrap();
    Some(Setup { device, kernel, x, y })
}

impl Setup {
    /// What a launch leaves in `y`, which held NaN.
    fn launch(&mut self, factor: f32) -> Result<Vec<f32>, Error> {
        self.device.upload(self.y, 0, &[0xff; ELEMENTS * 4]).unwrap();
        let args = [Arg::Buffer(self.x), Arg::Buffer(self.y), Arg::F32(factor)];
        let binding = Binding::new(&self.device, &self.kernel, &args).unwrap();
        self.device.launch(&binding)?;
        let mut bytes = [0; ELEMENTS * 4];
        self.device.download(self.y, 0, &mut bytes).unwrap();
        Ok(bytes.chunks_exact(4).map(|chunk| f32::from_le_bytes(chunk.try_into().unwrap())).collect())
    }
}

#[test]
fn cores_run_ranges_of_programs_under_every_schedule() {
    for (name, text) in ALL {
        for checks in [Checks::Memory, Checks::Barriers] {
            let Some(mut setup) = setup(name, text, checks) else { continue };
            assert_eq!((setup.device.name(), setup.device.judge()), (name, Judge::Emulated));
            // At once, as late as possible, at random.
            for seed in 0..4 {
                setup.device.set_seed(seed);
                let found = setup.launch(seed as f32 + 0.5).unwrap_or_else(|error| panic!("{name} {seed}: {error}"));
                let expected: Vec<f32> = (0..ELEMENTS).map(|i| i as f32 * (seed as f32 + 0.5)).collect();
                assert_eq!(found, expected, "{name} {checks:?} {seed}");
            }
        }
    }
}

#[test]
fn what_nothing_orders_is_a_fault_at_its_line() {
    for (name, text) in ALL {
        let wrong: Vec<&str> = text.lines().filter(|line| !line.contains("WAIT")).collect();
        let Some(mut setup) = setup(name, &wrong.join("\n"), Checks::Memory) else { continue };
        for seed in 0..4 {
            setup.device.set_seed(seed);
            match setup.launch(1.0) {
                Err(Error::Fault { kernel, file, line: Some(line), message }) => {
                    assert_eq!((kernel.as_str(), file.as_str()), ("scale", "scale.txt"));
                    assert!(wrong[line as usize - 1].to_lowercase().contains("mul"), "{name} line {line}: {message}");
                }
                other => panic!("{name} {seed}: {other:?}"),
            }
        }
    }
}

#[test]
fn seeds_choose_the_schedule() {
    // Without the watch over bytes a copy that nothing waits for does no harm at once, and shows when it comes late.
    for (name, text) in &ALL[..2] {
        let wrong: Vec<&str> = text.lines().filter(|line| !line.contains("WAIT")).collect();
        let Some(mut setup) = setup(name, &wrong.join("\n"), Checks::Barriers) else { continue };
        let expected: Vec<f32> = (0..ELEMENTS).map(|i| i as f32 * 3.0).collect();
        // The first launch has the seed of the options, the next one the next.
        assert_eq!(setup.launch(3.0).unwrap(), expected, "{name}");
        assert_ne!(setup.launch(3.0).unwrap(), expected, "{name}");
        setup.device.set_seed(0);
        assert_eq!(setup.launch(3.0).unwrap(), expected, "{name}");
    }
}

#[test]
fn texts_that_do_not_compile_say_where() {
    for (name, text) in ALL {
        let wrong = text.replacen("for (", "undeclared(1);\n  for (", 1);
        let at = wrong.lines().position(|line| line.contains("undeclared")).unwrap() as u32 + 1;
        match load(name, &wrong, options(Checks::Memory)).map(drop) {
            Err(Error::Fault { line, message, .. }) => assert_eq!(line, Some(at), "{name}: {message}"),
            Err(Error::Open { message, .. }) => eprintln!("SKIPPED: {name}: {message}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn compiled_texts_are_kept() {
    for (name, text) in ALL {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("cache");
        let options = EmulatedOptions { cache: Some(cache.clone()), ..options(Checks::Barriers) };
        let kept = || std::fs::read_dir(&cache).unwrap().count();
        match load(name, text, options.clone()).map(drop) {
            Ok(()) => {}
            Err(Error::Open { .. }) => continue,
            Err(error) => panic!("{name}: {error}"),
        }
        let first = kept();
        assert!(first > 0, "{name}");
        load(name, text, options).map(drop).unwrap();
        assert_eq!(kept(), first, "{name}");
    }
}

#[test]
fn bang_runs_on_both_archs_where_everything_is_checked() {
    let differs = BANG.replace(
        "    __memcpy(y",
        "#if __BANG_ARCH__ >= 520\n    if (i == 2 && taskId == 1) b[5] = -1.0f;\n#endif\n    __memcpy(y",
    );
    let only_one = BANG.replace("    __memcpy(y", "#if __BANG_ARCH__ < 520\n    b[70] = 1.0f;\n#endif\n    __memcpy(y");
    let element = (PROGRAMS + 2) * BLOCK + 5;
    if let Some(mut setup) = setup("bang-emu", &differs, Checks::Memory) {
        let error = setup.launch(2.0).unwrap_err().to_string();
        let words = format!("kernel `scale`: element {element} of `y` is not the same on mtp_372 and on mtp_592");
        assert_eq!(error, words);
    }
    // For whole models: one arch.
    if let Some(mut setup) = setup("bang-emu", &differs, Checks::Barriers) {
        assert_eq!(setup.launch(2.0).unwrap()[element], -1.0);
    }
    if let Some(mut setup) = setup("bang-emu", &only_one, Checks::Memory) {
        let error = setup.launch(2.0).unwrap_err().to_string();
        assert!(error.contains("mtp_372: write out of bounds"), "{error}");
    }
}

#[test]
fn launches_of_another_shape_are_refused() {
    let refused = |name: &str, edit: &dyn Fn(&mut Kernel)| {
        let text = ALL.iter().find(|(device, _)| *device == name).unwrap().1;
        let mut kernel = kernel();
        edit(&mut kernel);
        let (_dir, bundle) = bundle(name, text, kernel);
        let mut device = Emulated::named(name, options(Checks::Barriers)).unwrap();
        device.load(&bundle).map(drop).unwrap_err().to_string()
    };
    for edit in [
        &(|kernel: &mut Kernel| kernel.workgroups = Some([3, 2, 1])) as &dyn Fn(&mut Kernel),
        &|kernel| kernel.workgroups = Some([1 << 32, 1, 1]),
        &|kernel| kernel.block = [32, 1, 1],
    ] {
        let error = refused("bang-emu", edit);
        assert!(error.contains("kernel `scale`") && error.contains("tasks are along x"), "{error}");
    }
    for (name, text) in &ALL[..2] {
        let mut kernel = kernel();
        kernel.workgroups = Some([3, 2, 1]);
        let (_dir, bundle) = bundle(name, text, kernel);
        let mut device = Emulated::named(name, options(Checks::Barriers)).unwrap();
        let Ok(program) = device.load(&bundle) else { continue };
        let [x, y] = [(); 2].map(|()| device.alloc((ELEMENTS * 4) as u64, Usage::Data).unwrap());
        let args = [Arg::Buffer(x), Arg::Buffer(y), Arg::F32(1.0)];
        let binding = Binding::new(&device, program.kernel("scale").unwrap(), &args).unwrap();
        let error = device.launch(&binding).unwrap_err().to_string();
        assert!(error.contains("there is 1 thread on each of 1 to 65535 cores"), "{name}: {error}");
    }
}

#[test]
fn opening_by_name() {
    for (name, text) in ALL {
        assert!(device::NAMES.contains(&name));
        let mut device = device::open(name, Some(2)).unwrap();
        assert_eq!((device.name(), device.judge()), (name, Judge::Emulated));
        assert!(matches!(device::open(name, Some(0)), Err(Error::Open { .. })));
        let (_dir, other) = bundle("cuda-emu", text, kernel());
        assert!(matches!(device.load(&other), Err(Error::Target { found, .. }) if found == "cuda"));
    }
    for name in ["cuda", "toaster-emu"] {
        let error = Emulated::named(name, options(Checks::Memory)).err().unwrap();
        assert!(matches!(error, Error::UnknownDevice { .. }), "{error}");
    }
}
