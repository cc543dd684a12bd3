//! Targets: typed IR to source text, and to a bundle.

mod alone;
mod bundles;
mod cpu;
mod dma;
mod fused;
mod lowered;
mod simt;

use std::fmt;

use bundle::manifest;
use emit::Companion;
use mlir_to_cpu::CpuObject;
use rayon::prelude::*;
use tile_ir::{Kernel, Module};

pub use bundles::{GENERATOR, write_bundle};
pub use fused::{LeftOut, compile_fused};
pub use lowered::{Lowered, lower, lowered};

/// A target that this version compiles for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Metal Shading Language.
    Msl,
    /// CUDA C++.
    Cuda,
    /// MUSA C++.
    Musa,
    /// SPIR-V for Vulkan.
    Spirv,
    /// AscendC C++.
    Ascendc,
    /// PTO-ISA C++.
    Pto,
    /// BANG C.
    Bang,
    /// TPC-C.
    Gaudi,
    /// NKI.
    Nki,
    /// IRON and the AIE API.
    Aie,
    /// This machine's processor.
    Cpu,
}

impl Target {
    /// Every target, in the order of the documentation.
    pub const ALL: [Target; 11] = [
        Target::Msl,
        Target::Cuda,
        Target::Musa,
        Target::Spirv,
        Target::Ascendc,
        Target::Pto,
        Target::Bang,
        Target::Gaudi,
        Target::Nki,
        Target::Aie,
        Target::Cpu,
    ];

    /// Name on the command line, in manifests and of snapshot folders.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Msl => "msl",
            Target::Cuda => "cuda",
            Target::Musa => "musa",
            Target::Spirv => "spirv",
            Target::Ascendc => "ascendc",
            Target::Pto => "pto",
            Target::Bang => "bang",
            Target::Gaudi => "gaudi",
            Target::Nki => "nki",
            Target::Aie => "aie",
            Target::Cpu => "cpu",
        }
    }

    /// The device that runs its bundles on this machine.
    pub const fn device(self) -> &'static str {
        match self {
            Target::Msl => "msl-emu",
            Target::Cuda => "cuda-emu",
            Target::Musa => "musa-emu",
            Target::Spirv => "vulkan",
            Target::Ascendc => "ascendc-emu",
            Target::Pto => "pto-emu",
            Target::Bang => "bang-emu",
            Target::Gaudi => "gaudi-emu",
            Target::Nki => "nki-emu",
            Target::Aie => "aie-emu",
            Target::Cpu => "cpu",
        }
    }

    /// The target whose bundles the device `name` runs.
    pub fn of_device(name: &str) -> Option<Target> {
        match name {
            "metal" => Some(Target::Msl),
            "cuda" => Some(Target::Cuda),
            _ => Target::ALL.into_iter().find(|target| target.device() == name),
        }
    }

    /// Whether an emulator runs its text on this machine.
    pub const fn is_emulated(self) -> bool {
        match self {
            Target::Msl
            | Target::Cuda
            | Target::Musa
            | Target::Ascendc
            | Target::Pto
            | Target::Bang
            | Target::Gaudi
            | Target::Nki
            | Target::Aie => true,
            Target::Spirv | Target::Cpu => false,
        }
    }

    /// Whether its kernels do not stand side by side in one launch.
    pub const fn is_alone(self) -> bool {
        alone::is_alone(self)
    }

    /// What starts a comment in its text.
    pub const fn comment(self) -> &'static str {
        match self {
            Target::Msl
            | Target::Cuda
            | Target::Musa
            | Target::Ascendc
            | Target::Pto
            | Target::Bang
            | Target::Gaudi => "//",
            Target::Nki | Target::Aie => "#",
            Target::Spirv | Target::Cpu => ";",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its file name in the bundle.
    pub file: String,
    /// The text.
    pub text: String,
    /// What the device loads, where that is not the text.
    pub binary: Option<emit::Binary>,
    /// Further texts that belong to it.
    pub parts: Vec<emit::Part>,
}

impl Text {
    /// What was printed of one kernel.
    fn of(source: emit::Source) -> (Text, manifest::Kernel) {
        let emit::Source { file, text, binary, parts, kernel } = source;
        (Text { file, text, binary, parts }, kernel)
    }

    /// The file that the device loads.
    fn loaded(&self) -> &str {
        self.binary.as_ref().map_or(&self.file, |binary| &binary.file)
    }
}

/// What a target made of a module.
#[derive(Debug)]
pub struct Compiled {
    /// The target.
    pub target: Target,
    texts: Vec<Text>,
    /// Files that build the texts, or start what is built.
    companions: Vec<Companion>,
    kernels: Vec<manifest::Kernel>,
    /// Machine code, where the text is only for people.
    object: Option<CpuObject>,
    fusions: Vec<manifest::Fusion>,
    left_out: Vec<LeftOut>,
}

impl Compiled {
    /// What a target made of a module's kernels by themselves.
    fn plain(target: Target, texts: Vec<Text>, kernels: Vec<manifest::Kernel>, object: Option<CpuObject>) -> Compiled {
        Compiled { target, texts, companions: Vec::new(), kernels, object, fusions: Vec::new(), left_out: Vec::new() }
    }

    /// What a printer made of a module's kernels.
    fn printed(target: Target, sources: Vec<emit::Source>) -> Compiled {
        let (texts, kernels) = sources.into_iter().map(Text::of).unzip();
        Compiled::plain(target, texts, kernels, None)
    }

    /// The kernels of the bundle: one candidate per family, in source order.
    pub fn kernels(&self) -> &[manifest::Kernel] {
        &self.kernels
    }

    /// What its fused kernels stand for.
    pub fn fusions(&self) -> &[manifest::Fusion] {
        &self.fusions
    }

    /// Declared fusions that the target does without.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The texts, in source order.
    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// The text that holds `kernel`; on the CPU, one text holds all.
    pub fn text_of(&self, kernel: &manifest::Kernel) -> Option<&Text> {
        match &self.object {
            Some(_) => self.texts.first(),
            None => self.texts.iter().find(|text| text.loaded() == kernel.file),
        }
    }

    /// The texts as their printer made them, for the vendors' compilers; none where the target has machine code instead.
    pub fn sources(&self) -> Vec<emit::Source> {
        if self.object.is_some() {
            return Vec::new();
        }
        let with_text = self.kernels.iter().filter_map(|kernel| Some((kernel, self.text_of(kernel)?)));
        with_text
            .map(|(kernel, text)| emit::Source {
                file: text.file.clone(),
                text: text.text.clone(),
                binary: text.binary.clone(),
                parts: text.parts.clone(),
                kernel: kernel.clone(),
            })
            .collect()
    }

    /// All texts, one after the other.
    pub fn source(&self) -> String {
        let texts: Vec<&str> = self.texts.iter().map(|text| text.text.as_str()).collect();
        texts.join("\n")
    }

    /// Files that build the texts, or start what is built.
    pub fn companions(&self) -> &[Companion] {
        &self.companions
    }

    /// The relocatable object, where the target has one.
    pub fn object_bytes(&self) -> Option<&[u8]> {
        self.object.as_ref().map(|object| object.bytes.as_slice())
    }

    /// The candidate of `module` that became `kernel`.
    pub fn chosen<'a>(&self, module: &'a Module, kernel: &manifest::Kernel) -> Option<&'a Kernel> {
        module.kernels.iter().find(|candidate| {
            candidate.family == kernel.name && candidate.tuning.iter().cloned().eq(tuning(candidate, kernel))
        })
    }
}

/// The manifest's tuning in the candidate's order.
fn tuning<'a>(candidate: &'a Kernel, kernel: &'a manifest::Kernel) -> impl Iterator<Item = (String, u64)> + 'a {
    candidate.tuning.iter().filter_map(|(key, _)| kernel.tuning.get(key).map(|value| (key.clone(), *value)))
}

/// Compiles `module` for `target`; the CPU is the one this runs on.
///
/// # Errors
/// What the target lacks, at the user's lines.
pub fn compile(target: Target, module: &Module) -> anyhow::Result<Compiled> {
    match target {
        Target::Cpu => cpu::compile(module),
        Target::Msl | Target::Cuda | Target::Musa | Target::Spirv => simt::compile(target, module),
        Target::Ascendc | Target::Pto | Target::Bang | Target::Gaudi | Target::Nki | Target::Aie => {
            Ok(alone::compiled(target, alone::sources(target, module)?))
        }
    }
}

/// [`compile_fused`] for every target at the same time; results in the order of `targets`.
///
/// # Errors
/// That of the first target, in this order, that refuses it.
pub fn compile_all(
    targets: &[Target],
    module: &Module,
    declarations: &[fuse::Declaration],
) -> anyhow::Result<Vec<Compiled>> {
    let compile = |&target: &Target| compile_fused(target, module, declarations);
    let results: Vec<anyhow::Result<Compiled>> = targets.par_iter().map(compile).collect();
    results.into_iter().collect()
}
