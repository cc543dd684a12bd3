//! The vendor's compiler as a judge of the printed text: NVRTC, which needs neither a GPU nor a toolkit, and `nvcc` where it
//! is installed. Both compile for sm_90 and report registers, spills and shared memory.

use emit::Source;
use vendor::{Absent, Finding, Outcome, Resources, Severity, Tool, Tools, Verdict};

pub use vendor::nvrtc::{Compiled, Nvrtc};

/// 32-bit registers of a multiprocessor, which one group must fit in.
const REGISTERS: u64 = 65_536;

/// Registers are allocated in steps of 256 per 32 threads.
const REGISTER_STEP: u64 = 8;

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// NVRTC.
    pub nvrtc: Result<Nvrtc, Absent>,
    /// `nvcc`.
    pub nvcc: Result<Tool, Absent>,
}

impl Judges {
    /// Loads NVRTC (fetched the first time) and looks for `nvcc`.
    pub fn find(tools: &Tools) -> Judges {
        Judges { nvrtc: Nvrtc::open(), nvcc: tools.find("nvcc") }
    }

    /// What each says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![
            verdict("nvrtc", by_nvrtc(self.nvrtc.as_ref(), source)),
            verdict("nvcc", by_nvcc(self.nvcc.as_ref(), source)),
        ]
    }
}

/// What NVRTC says.
pub fn by_nvrtc(nvrtc: Result<&Nvrtc, &Absent>, source: &Source) -> Outcome {
    match nvrtc {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(nvrtc) => match nvrtc.compile(source) {
            Err(findings) => Outcome::Findings(findings),
            Ok(compiled) => launchable("nvrtc", source, compiled.resources),
        },
    }
}

/// What `nvcc` says.
pub fn by_nvcc(nvcc: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    let outcome = match nvcc {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(tool) => {
            let options = ["-arch=sm_90", "-std=c++17", "-fmad=false", "-Xptxas", "-v", "-diag-suppress", "186"];
            let output = ["-cubin", "-o", "out.cubin", file_name(source)];
            tool.judge(source, &[&options[..], &output].concat())
        }
    };
    match outcome {
        Outcome::Passed(resources) => launchable("nvcc", source, resources),
        outcome @ (Outcome::Findings(_) | Outcome::Skipped(_)) => outcome,
    }
}

/// A group whose registers exceed those of a multiprocessor compiles and cannot be launched.
fn launchable(judge: &'static str, source: &Source, resources: Vec<Resources>) -> Outcome {
    let threads: u64 = source.kernel.block.iter().product();
    let mut findings = Vec::new();
    for kernel in &resources {
        let used = u64::from(kernel.registers).next_multiple_of(REGISTER_STEP).saturating_mul(threads);
        if used > REGISTERS {
            let text = format!(
                "{threads} threads of `{}` with {} registers each need {used} registers, a group has {REGISTERS}",
                kernel.kernel, kernel.registers
            );
            findings.push(Finding::new(judge, Severity::Error, source, None, text));
        }
    }
    // A text without its kernel compiles too.
    if !resources.iter().any(|kernel| kernel.kernel == source.kernel.entry) {
        let text = format!("the text has no kernel `{}`", source.kernel.entry);
        findings.push(Finding::new(judge, Severity::Error, source, None, text));
    }
    Outcome::of(findings, resources)
}

fn file_name(source: &Source) -> &str {
    source.file.rsplit('/').next().unwrap_or(&source.file)
}
