//! For tests on a Vulkan device: modules from text, and the device under the validation layer, where both are there.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use bundle::manifest::{Access, Arg as Declared, ArgKind, Dtype, Kernel, Layout, Need, Own};
use bundle::{Bundle, BundleWriter};
use device::{Device, Error, Vulkan, VulkanOptions};

/// The device, which checks every call if it can; `None`, loudly, if there is none.
pub(crate) fn open(staged: bool, cache: Option<PathBuf>) -> Option<Vulkan> {
    let named = std::env::var("TENFOLD_VULKAN_DEVICE").ok();
    match Vulkan::new(VulkanOptions { device: named, validation: true, staged, cache }) {
        Ok(device) => {
            let validation = device.facts().into_iter().find(|fact| fact.name == "validation");
            if let Some(fact) = validation.filter(|fact| fact.value.contains("not installed")) {
                eprintln!("SKIPPED: nothing checks the calls of Vulkan: {}", fact.value);
            }
            Some(device)
        }
        Err(error) => {
            eprintln!("SKIPPED: nothing is run through Vulkan: {error}");
            assert!(matches!(error, Error::Open { device: "vulkan", .. }), "{error}");
            None
        }
    }
}

/// The module of a text in `tests/spirv`; `None`, loudly, without an assembler.
pub(crate) fn assemble(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/spirv");
    assemble_text(&std::fs::read_to_string(folder.join(format!("{name}.spvasm"))).unwrap())
}

/// As [`assemble`], of a text.
pub(crate) fn assemble_text(text: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (source, module) = (folder.path().join("k.spvasm"), folder.path().join("k.spv"));
    std::fs::write(&source, text).unwrap();
    let run = Command::new("spirv-as").args(["--target-env", "vulkan1.2", "-o"]).arg(&module).arg(&source).status();
    match run {
        Ok(status) => {
            assert!(status.success(), "spirv-as refuses\n{text}");
            Some(std::fs::read(&module).unwrap())
        }
        Err(error) => {
            eprintln!("SKIPPED: SPIR-V cannot be assembled (spirv-tools): {error}");
            None
        }
    }
}

/// A view of 32-bit elements.
pub(crate) fn view(name: &str, dtype: Dtype, elements: u64, access: Access) -> Declared {
    let own = if access == Access::Write { vec![Own::Whole] } else { vec![] };
    let kind = ArgKind::View { dtype, shape: vec![elements], access, layout: Layout::RowMajor, own };
    Declared { name: name.to_owned(), kind }
}

/// A number.
pub(crate) fn scalar(name: &str, dtype: Dtype) -> Declared {
    Declared { name: name.to_owned(), kind: ArgKind::Scalar { dtype, bound: None } }
}

/// A kernel of groups of `threads` threads, in a file of its name.
pub(crate) fn kernel(name: &str, groups: u64, threads: u64, args: Vec<Declared>) -> Kernel {
    let bytes = |arg: &Declared| match arg.kind {
        ArgKind::View { .. } => 8,
        ArgKind::Scalar { .. } => 4,
    };
    Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: format!("{name}.spv"),
        tuning: BTreeMap::new(),
        grid: [groups, 1, 1],
        block: [threads, 1, 1],
        push_constant_bytes: args.iter().map(bytes).sum(),
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        args,
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![Need::BufferDeviceAddress],
        workgroups: None,
        lines: vec![],
    }
}

/// A bundle of kernels with their modules.
pub(crate) fn bundle(kernels: Vec<(Kernel, Vec<u8>)>) -> Bundle {
    let folder = tempfile::tempdir().unwrap().keep();
    let mut writer = BundleWriter::new("test", "group", "spirv");
    for (kernel, module) in kernels {
        writer.file(kernel.file.clone(), module).unwrap();
        writer.kernel(kernel);
    }
    writer.finish(&folder).unwrap();
    Bundle::open(&folder).unwrap()
}
