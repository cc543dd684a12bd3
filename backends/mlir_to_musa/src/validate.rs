//! Judges of the printed text: rules for what the vendor's compiler rejects, NVIDIA's compiler in its place (MUSA C++ is
//! CUDA C++ with other names), and `mcc` where it is installed.

mod rules;

use emit::Source;
use vendor::nvrtc::{Header, Nvrtc};
use vendor::{Absent, Finding, Outcome, Severity, Tool, Tools, Verdict};

pub use rules::check;

/// Bytes of shared memory that fit every architecture: what `mp_21` has.
pub const SHARED_BYTES: u64 = 28_672;

/// Headers of the toolkit, as far as a kernel needs them: CUDA's own names are built in.
const HEADERS: [Header<'static>; 1] =
    [Header { name: "musa_runtime.h", text: "#pragma once\n#define __MUSACC__ 1\n#define __MUSA_ARCH__ 220\n" }];

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// NVRTC in the place of `mcc`.
    pub nvrtc: Result<Nvrtc, Absent>,
    /// `mcc`.
    pub mcc: Result<Tool, Absent>,
}

impl Judges {
    /// Loads NVRTC (fetched the first time) and looks for `mcc`.
    pub fn find(tools: &Tools) -> Judges {
        Judges { nvrtc: Nvrtc::open(), mcc: tools.find("mcc") }
    }

    /// What each says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![
            verdict("rules", Outcome::of(check(source), Vec::new())),
            verdict("nvrtc", by_nvrtc(self.nvrtc.as_ref(), source)),
            verdict("mcc", by_mcc(self.mcc.as_ref(), source)),
        ]
    }
}

/// What NVRTC says of the text behind a header that has MUSA's names. Its resources are an NVIDIA machine's, so only shared
/// memory is judged.
pub fn by_nvrtc(nvrtc: Result<&Nvrtc, &Absent>, source: &Source) -> Outcome {
    let nvrtc = match nvrtc {
        Err(absent) => return Outcome::Skipped(absent.clone()),
        Ok(nvrtc) => nvrtc,
    };
    let compiled = match nvrtc.compile_with("nvrtc", source, &HEADERS, &[]) {
        Err(findings) => return Outcome::Findings(findings),
        Ok(compiled) => compiled,
    };
    let error = |text| Finding::new("nvrtc", Severity::Error, source, None, text);
    let mut findings = Vec::new();
    for kernel in compiled.resources.iter().filter(|kernel| kernel.shared > SHARED_BYTES) {
        let text =
            format!("`{}` uses {} bytes of shared memory, a group has {SHARED_BYTES}", kernel.kernel, kernel.shared);
        findings.push(error(text));
    }
    if !compiled.resources.iter().any(|kernel| kernel.kernel == source.kernel.entry) {
        findings.push(error(format!("the text has no kernel `{}`", source.kernel.entry)));
    }
    Outcome::of(findings, compiled.resources)
}

/// What `mcc` says, for the device of MTT S4000.
pub fn by_mcc(mcc: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    match mcc {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(tool) => {
            let file = source.file.rsplit('/').next().unwrap_or(&source.file);
            let options = ["--cuda-device-only", "--cuda-gpu-arch=mp_22", "-std=c++17", "-O3", "-x", "musa"];
            tool.judge(source, &[&options[..], &[file, "-o", "out.mubin"]].concat())
        }
    }
}
