//! Printed text in the emulator.

use bundle::manifest;
use emit::Source;
use emulator::{Arg, Checks, Language, Launch};
use judge::{ArgValue, Case, Outputs};
use tile_ir::{Access, Elem};

/// A text, compiled by the emulator with all checks.
#[derive(Debug)]
pub(super) struct Emulated(emulator::Program);

impl Emulated {
    /// Compiles a text.
    ///
    /// # Errors
    /// The compiler's messages.
    ///
    /// # Panics
    /// If there is no compiler.
    pub(super) fn new(language: Language, source: &Source) -> Result<Emulated, String> {
        match emulator::Program::compile(language, &source.text, &source.kernel.entry, Checks::Memory) {
            Ok(program) => Ok(Emulated(program)),
            Err(error @ (emulator::Error::Missing { .. } | emulator::Error::Io { .. })) => panic!("{error}"),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Executes it; what it wrote.
    ///
    /// # Errors
    /// The fault.
    pub(super) fn run(&self, manifest: &manifest::Kernel, case: &Case) -> Result<Outputs, String> {
        let mut inputs: Vec<(Words, usize)> = Vec::new();
        for arg in &case.args {
            if let ArgValue::View { buffer, .. } = &arg.value {
                inputs.push((Words::new(&buffer.bytes), buffer.bytes.len()));
            }
        }
        let mut buffers = inputs.iter_mut();
        let args = case.args.iter().map(|arg| match &arg.value {
            ArgValue::View { access, .. } => {
                let (words, bytes) = buffers.next().ok_or("a view without a buffer")?;
                Ok(Arg::Buffer {
                    address: words.0.as_mut_ptr().cast(),
                    bytes: *bytes as u64,
                    writable: *access == Access::Write,
                })
            }
            ArgValue::Float(value) => Ok(Arg::F32(*value)),
            ArgValue::Int { elem: Elem::I64, value } => Ok(Arg::U64(*value)),
            ArgValue::Int { value, .. } => Ok(Arg::U32(*value as u32)),
        });
        let args = args.collect::<Result<Vec<_>, String>>()?;
        let launch = Launch {
            grid: manifest.grid,
            threads: manifest.block[0] as u32,
            dynamic_shared: manifest.budgets.get("dynamic_shared").copied().unwrap_or(0),
            args: &args,
            workers: 1,
            seed: case.seed,
        };
        self.0.launch(&launch).map_err(|fault| fault.to_string())?;
        let mut found = case.outputs();
        let views = case.args.iter().filter(|arg| matches!(arg.value, ArgValue::View { .. }));
        for (arg, (words, _)) in views.zip(&inputs) {
            if let Some(buffer) = found.get_mut(&arg.name) {
                words.copy_to(&mut buffer.bytes);
            }
        }
        Ok(found)
    }
}

/// Bytes at a multiple of 16, as buffers are given to kernels.
struct Words(Vec<u128>);

impl Words {
    fn new(bytes: &[u8]) -> Words {
        let word = |chunk: &[u8]| {
            let mut word = [0; 16];
            word[..chunk.len()].copy_from_slice(chunk);
            u128::from_ne_bytes(word)
        };
        Words(bytes.chunks(16).map(word).collect())
    }

    fn copy_to(&self, bytes: &mut [u8]) {
        for (chunk, word) in bytes.chunks_mut(16).zip(&self.0) {
            chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
        }
    }
}
