//! The vendor's tools as judges of the printed texts: Peano for the core functions, and `aiecc` for the whole design, where they are
//! installed. `PEANO_INSTALL_DIR` and `MLIR_AIE_INSTALL_DIR` say where (source: mlir-aie, tools/aiecc/README.md).

use std::path::{Path, PathBuf};

use bundle::manifest::LineOrigin;
use emit::{Binary, Source};
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

/// Options of Peano for a core of AIE2P (source: mlir-aie, python/iron/utils/compile.py). Pointers into the core's memory are to several
/// types.
pub const PEANO: [&str; 8] = [
    "--target=aie2p-none-unknown-elf",
    "-std=c++20",
    "-O2",
    "-DNDEBUG",
    "-fno-strict-aliasing",
    "-Wno-parentheses",
    "-Wno-attributes",
    "-D__AIE_API_AIE_ADF_HPP__",
];

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// Peano's `clang++`.
    pub peano: Result<Tool, Absent>,
    /// A shell that runs Peano, Python and `aiecc`, where all of them are there.
    pub aiecc: Result<Tool, Absent>,
    folders: [Option<PathBuf>; 2],
}

impl Judges {
    /// Looks for the tools.
    #[must_use]
    pub fn find(tools: &Tools) -> Judges {
        Judges::find_at(
            tools,
            ["PEANO_INSTALL_DIR", "MLIR_AIE_INSTALL_DIR"].map(|name| std::env::var_os(name).map(PathBuf::from)),
        )
    }

    /// As [`Judges::find`], with Peano and mlir-aie in these folders.
    #[must_use]
    pub fn find_at(tools: &Tools, folders: [Option<PathBuf>; 2]) -> Judges {
        let absent = |tool, variable: &str| Absent::new(tool, format!("{variable} is not set"));
        let [peano, mlir_aie] = &folders;
        let compiler = match peano {
            Some(folder) => Tools { path: folder.join("bin").into(), ..tools.clone() }.find("clang++"),
            None => Err(absent("peano", "PEANO_INSTALL_DIR")),
        };
        let aiecc = compiler.as_ref().map_err(Clone::clone).and_then(|_| {
            mlir_aie.as_ref().ok_or_else(|| absent("aiecc", "MLIR_AIE_INSTALL_DIR"))?;
            tools.find("aiecc")?;
            tools.find("sh")
        });
        Judges { peano: compiler, aiecc, folders }
    }

    /// What they say of a design.
    #[must_use]
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![verdict("peano", self.by_peano(source)), verdict("aiecc", self.by_aiecc(source))]
    }

    fn include(&self) -> Option<String> {
        self.folders[1].as_ref().map(|folder| format!("-I{}", folder.join("include").display()))
    }

    /// What Peano says of the core functions.
    fn by_peano(&self, source: &Source) -> Outcome {
        let (tool, functions) = match (&self.peano, functions(source)) {
            (Err(absent), _) => return Outcome::Skipped(absent.clone()),
            (Ok(_), None) => return Outcome::Skipped(Absent::new("peano", "there are no core functions")),
            (Ok(tool), Some(functions)) => (tool, functions),
        };
        let name = file_name(&functions.file).to_owned();
        let mut args: Vec<String> = PEANO.map(str::to_owned).to_vec();
        args.extend(self.include());
        args.extend(["-c", &name, "-o", "core.o"].map(str::to_owned));
        tool.judge(&functions, &args)
    }

    /// What `aiecc` says of the design with its core functions.
    fn by_aiecc(&self, source: &Source) -> Outcome {
        let (shell, functions) = match (&self.aiecc, functions(source)) {
            (Err(absent), _) => return Outcome::Skipped(absent.clone()),
            (Ok(_), None) => return Outcome::Skipped(Absent::new("aiecc", "there are no core functions")),
            (Ok(shell), Some(functions)) => (shell, functions),
        };
        let folder = self.folders[0].clone().unwrap_or_default();
        let (core, design) = (file_name(&functions.file).to_owned(), file_name(&source.file).to_owned());
        let object = Path::new(&core).with_extension("o");
        let include = self.include().unwrap_or_default();
        let script = format!(
            "set -e; '{peano}/bin/clang++' {options} {include} -c {core} -o {object}; python3 {design} > design.mlir; \
             aiecc --peano='{peano}' --get-npu-insts --npu-insts-name=insts.bin --get-xclbin --xclbin-name=final.xclbin design.mlir",
            peano = folder.display(),
            options = PEANO.join(" "),
            object = object.display(),
        );
        let both = Source {
            binary: Some(Binary { file: functions.file, bytes: functions.text.into_bytes() }),
            ..source.clone()
        };
        shell.judge(&both, &["-c", &script])
    }
}

fn file_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The core functions as a source of their own, whose comments say which lines of the user's they come from.
fn functions(source: &Source) -> Option<Source> {
    let part = source.parts.first()?;
    let origins = part.text.lines().enumerate().filter_map(|(at, line)| {
        let (file, number) = line.trim_start().strip_prefix("// ")?.rsplit_once(':')?;
        let line = number.parse().ok()?;
        Some(LineOrigin { emitted: u32::try_from(at).ok()? + 2, file: file.to_owned(), line })
    });
    let mut kernel = source.kernel.clone();
    (kernel.file, kernel.lines) = (part.file.clone(), origins.collect());
    Some(Source { file: part.file.clone(), text: part.text.clone(), binary: None, parts: vec![], kernel })
}
