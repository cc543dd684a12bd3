//! What the emulated devices run.

use emulator::Language;

/// Texts that an emulated device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Those of a language whose programs are groups of threads, or cores with pipes.
    Language(Language),
    /// BANG C, which has an emulator of its own.
    Bang,
    /// TPC-C, which has an emulator of its own.
    Gaudi,
    /// NKI, which has one as well.
    Nki,
    /// Designs of IRON with their core functions, which have another.
    Aie,
}

impl Target {
    /// The device.
    pub(super) const fn device(self) -> &'static str {
        match self {
            Target::Language(Language::Msl) => "msl-emu",
            Target::Language(Language::Cuda) => "cuda-emu",
            Target::Language(Language::Musa) => "musa-emu",
            Target::Language(Language::AscendC) => "ascendc-emu",
            Target::Language(Language::Pto) => "pto-emu",
            Target::Bang => "bang-emu",
            Target::Gaudi => "gaudi-emu",
            Target::Nki => "nki-emu",
            Target::Aie => "aie-emu",
        }
    }

    /// The target whose bundles it runs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Target::Language(Language::Msl) => "msl",
            Target::Language(Language::Cuda) => "cuda",
            Target::Language(Language::Musa) => "musa",
            Target::Language(Language::AscendC) => "ascendc",
            Target::Language(Language::Pto) => "pto",
            Target::Bang => "bang",
            Target::Gaudi => "gaudi",
            Target::Nki => "nki",
            Target::Aie => "aie",
        }
    }

    /// What the device `name` runs.
    pub(super) fn of_device(name: &str) -> Option<Target> {
        let languages = [Language::Msl, Language::Cuda, Language::Musa, Language::AscendC, Language::Pto];
        let own = [Target::Bang, Target::Gaudi, Target::Nki, Target::Aie];
        let all = languages.into_iter().map(Target::Language).chain(own);
        all.into_iter().find(|target| target.device() == name)
    }
}
