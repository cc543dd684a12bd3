//! What no test from outside sees: where barriers stand, and what a run of a recorded sequence costs the host.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use bundle::BundleWriter;
use bundle::manifest::{self, Access, ArgKind, Dtype, Kernel, Layout, Need, Own};

use super::*;
use crate::binding::Arg;
use crate::program::LoadedKernel;

/// The device with the kernel `y = 3 x + n`; `None`, loudly, if something for that is not here.
fn device(validation: bool) -> Option<(Vulkan, LoadedKernel)> {
    let mut device = match Vulkan::new(VulkanOptions { validation, ..VulkanOptions::default() }) {
        Ok(device) => device,
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            return None;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let (source, module) = (folder.path().join("step.spvasm"), folder.path().join("step.spv"));
    std::fs::write(&source, include_str!("../../tests/spirv/step.spvasm")).unwrap();
    let run = Command::new("spirv-as").args(["--target-env", "vulkan1.2", "-o"]).arg(&module).arg(&source).status();
    match run {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            eprintln!("SKIPPED: SPIR-V cannot be assembled (spirv-tools): {error}");
            return None;
        }
    }
    let view = |name: &str, access, own: &[Own]| {
        let (shape, own) = (vec![1024], own.to_vec());
        let kind = ArgKind::View { dtype: Dtype::I32, shape, access, layout: Layout::RowMajor, own };
        manifest::Arg { name: name.to_owned(), kind }
    };
    let n = manifest::Arg { name: "n".to_owned(), kind: ArgKind::Scalar { dtype: Dtype::I32, bound: None } };
    let mut writer = BundleWriter::new("test", "group", TARGET);
    writer.file("step.spv", std::fs::read(&module).unwrap()).unwrap();
    writer.kernel(Kernel {
        name: "step".to_owned(),
        entry: "step".to_owned(),
        file: "step.spv".to_owned(),
        tuning: BTreeMap::new(),
        grid: [8, 1, 1],
        block: [128, 1, 1],
        args: vec![view("x", Access::Read, &[]), view("y", Access::Write, &[Own::Whole]), n],
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![Need::BufferDeviceAddress],
        push_constant_bytes: 20,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    });
    let folder = folder.path().join("bundle");
    writer.finish(&folder).unwrap();
    let program = device.load(&Bundle::open(&folder).unwrap()).unwrap();
    let kernel = program.kernels()[0].clone();
    Some((device, kernel))
}

fn bindings(device: &Vulkan, kernel: &LoadedKernel, buffers: &[Buffer], pairs: &[(usize, usize)]) -> Vec<Binding> {
    let bind = |&(from, to): &(usize, usize)| {
        Binding::new(device, kernel, &[Arg::Buffer(buffers[from]), Arg::Buffer(buffers[to]), Arg::U32(1)]).unwrap()
    };
    pairs.iter().map(bind).collect()
}

/// Where barriers stand in a recorded sequence.
fn barriers(sequence: &Sequence) -> Vec<bool> {
    let recorded = sequence.prepared.as_ref().unwrap().downcast_ref::<Recorded>().unwrap();
    recorded.steps.iter().map(|step| step.barrier).collect()
}

#[test]
fn barriers_only_where_a_hazard_is() {
    let Some((mut device, kernel)) = device(true) else { return };
    let buffers: Vec<Buffer> = (0..5).map(|_| device.alloc(4096, Usage::Data).unwrap()).collect();
    for (pairs, expected) in [
        (&[(0, 1), (0, 2), (3, 4)][..], &[false, false, false][..]),
        (&[(0, 1), (1, 2), (1, 3), (2, 4)], &[false, true, false, true]),
        (&[(0, 1), (2, 0)], &[false, true]),
        (&[(0, 1), (2, 1)], &[false, true]),
    ] {
        let bindings = bindings(&device, &kernel, &buffers, pairs);
        let mut sequence = device.record(&bindings.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(barriers(&sequence), expected, "{pairs:?}");
        device.replay(&mut sequence).unwrap();
    }
    device.sync().unwrap();
}

/// Commands are written anew for each run; that must stay far below the time of a token.
#[test]
fn runs_cost_the_host_little() {
    let Some((mut device, kernel)) = device(false) else { return };
    let buffers: Vec<Buffer> = (0..2).map(|_| device.alloc(4096, Usage::Data).unwrap()).collect();
    let pairs: Vec<(usize, usize)> = (0..200).map(|i| (i % 2, (i + 1) % 2)).collect();
    let bindings = bindings(&device, &kernel, &buffers, &pairs);
    let mut sequence = device.record(&bindings.iter().collect::<Vec<_>>()).unwrap();
    let mut times = Vec::new();
    for run in 0..100 {
        for launch in (0..200).step_by(4) {
            sequence.set(launch, 2, Arg::U32(run)).unwrap();
        }
        let start = Instant::now();
        device.replay(&mut sequence).unwrap();
        times.push(start.elapsed());
        device.sync().unwrap();
    }
    times.sort_unstable();
    eprintln!("200 launches are handed over in {:?} (median), {:?} at best", times[50], times[0]);
    assert!(times[0] < Duration::from_millis(2), "{:?}", times[0]);
}
