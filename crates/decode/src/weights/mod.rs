//! Weights: a model's tensors, whatever file they come from.
mod gguf_file;
mod gguf_model;
mod hf_config;
mod safetensors_folder;
mod synthetic;
mod tensor;

use std::path::Path;

use bundle::manifest::Dtype;

use crate::config::Config;
use crate::error::{Error, TensorProblem};
use crate::tokenizer::Tokenizer;
use safetensors_folder::SafetensorsFolder;
use synthetic::Synthetic;

pub(crate) use gguf_file::GgufFile;
pub(crate) use hf_config::{MAX_JSON, json, read_bounded};
pub(crate) use synthetic::{NAMES as SYNTHETIC_MODELS, PREFIX as SYNTHETIC, hash};
pub use tensor::{LayerTensor, Tensor, encode};

/// A model on disk or made by a formula: sizes, tokenizer and a way to read each tensor.
pub struct Model {
    config: Config,
    tokenizer: Tokenizer,
    source: Source,
}

enum Source {
    Gguf(GgufFile),
    Safetensors(SafetensorsFolder),
    Synthetic(Synthetic),
}

impl Model {
    /// Opens a `.gguf` file, or a folder in Hugging Face's form (`config.json`, `tokenizer.json`, safetensors).
    ///
    /// # Errors
    /// Whatever is wrong with the files: see [`Error`]. Every tensor's presence and shape is checked here, its numbers
    /// when it is read.
    pub fn open(path: &Path) -> Result<Model, Error> {
        let model = if path.is_dir() {
            let config = hf_config::read(path)?;
            let tokenizer = Tokenizer::from_folder(path)?;
            Model { config, tokenizer, source: Source::Safetensors(SafetensorsFolder::open(path)?) }
        } else {
            let file = GgufFile::open(path)?;
            let config = gguf_model::config(&file)?;
            let tokenizer = Tokenizer::from_gguf(&file)?;
            Model { config, tokenizer, source: Source::Gguf(file) }
        };
        model.check_tensors()?;
        let largest = model.tokenizer.largest_token();
        if u64::from(largest) >= model.config.vocab {
            let vocab = model.config.vocab;
            let message = format!("the tokenizer has tokens up to {largest}, the model's vocabulary has {vocab}");
            return Err(Error::file(path, message));
        }
        Ok(model)
    }

    /// The built-in synthetic model of this name (`synthetic:deepseek-r1-distill-qwen-1.5b`), which needs no files.
    /// Its weights come from a formula, its tokens 0 to 255 stand for the bytes, and no token ends a text.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    pub fn synthetic(name: &str) -> Result<Model, Error> {
        let config = synthetic::config(name).ok_or_else(|| Error::UnknownModel {
            name: name.to_owned(),
            nearest: diagnostics::nearest(name, SYNTHETIC_MODELS.iter().copied()),
        })?;
        Model::synthetic_of(config)
    }

    /// A synthetic model of any sizes; messages call it by the configuration's name.
    ///
    /// # Errors
    /// Impossible sizes, or a vocabulary of fewer than 256 tokens.
    pub fn synthetic_of(config: Config) -> Result<Model, Error> {
        let source = Synthetic::new(&config);
        let config = config.check(source.path())?;
        if config.vocab < 256 {
            let message = format!("{} tokens cannot stand for the 256 bytes", config.vocab);
            return Err(Error::file(source.path(), message));
        }
        Ok(Model { config, tokenizer: Tokenizer::bytes()?, source: Source::Synthetic(source) })
    }

    /// Sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// A tensor's numbers, row-major, in the form the kernels want (query and key rows in rotate-half order).
    ///
    /// # Errors
    /// A tensor this model lacks, or a number that is not finite.
    pub fn load(&self, tensor: Tensor) -> Result<Vec<f32>, Error> {
        let shape = tensor.shape(&self.config);
        match &self.source {
            Source::Gguf(file) => gguf_model::load(file, &self.config, tensor, &shape),
            Source::Safetensors(folder) => folder.load(&tensor.hf_name(), &shape),
            Source::Synthetic(synthetic) => synthetic.load(&self.config, tensor),
        }
    }

    /// A tensor as [`Model::load`] gives it, encoded for a device as by [`encode`]. Faster than the two where the
    /// source can make that type itself.
    ///
    /// # Errors
    /// As [`Model::load`] and [`encode`].
    pub fn load_encoded(&self, tensor: Tensor, dtype: Dtype) -> Result<Vec<u8>, Error> {
        if let (Source::Synthetic(synthetic), Dtype::Bf16) = (&self.source, dtype) {
            return synthetic.load_bf16(&self.config, tensor);
        }
        encode(&self.load(tensor)?, dtype).map_err(|problem| {
            let (path, name) = self.origin(tensor);
            Error::tensor(path, name, problem)
        })
    }

    /// Path of the file that holds the tensor, and its name there; for messages.
    pub fn origin(&self, tensor: Tensor) -> (&Path, String) {
        match &self.source {
            Source::Gguf(file) => (file.path(), tensor.gguf_name()),
            Source::Safetensors(folder) => {
                let name = tensor.hf_name();
                (folder.path_of(&name), name)
            }
            Source::Synthetic(synthetic) => (synthetic.path(), tensor.hf_name()),
        }
    }

    /// Every tensor is there with its shape, and nothing else is: an extra one means another architecture.
    fn check_tensors(&self) -> Result<(), Error> {
        let needed = Tensor::all(&self.config);
        match &self.source {
            Source::Gguf(file) => {
                for tensor in &needed {
                    file.check(&tensor.gguf_name(), &tensor.shape(&self.config))?;
                }
                let mut known: Vec<String> = needed.iter().map(|tensor| tensor.gguf_name()).collect();
                known.sort_unstable();
                unexpected(file.names(), &known, |_| file.path())
            }
            Source::Safetensors(folder) => {
                for tensor in &needed {
                    folder.check(&tensor.hf_name(), &tensor.shape(&self.config))?;
                }
                let mut known: Vec<String> = needed.iter().map(|tensor| tensor.hf_name()).collect();
                if self.config.tied {
                    // Some writers store the tied matrix twice.
                    known.push(Tensor::LmHead.hf_name());
                }
                known.sort_unstable();
                // Tables that can be computed from the configuration.
                let names = folder.names().filter(|name| !name.ends_with(".rotary_emb.inv_freq"));
                unexpected(names, &known, |name| folder.path_of(name))
            }
            // Has every tensor that is asked for.
            Source::Synthetic(_) => Ok(()),
        }
    }
}

/// Refuses the first name that is not in `known` (sorted).
fn unexpected<'a>(
    mut names: impl Iterator<Item = &'a str>,
    known: &[String],
    path: impl FnOnce(&str) -> &'a Path,
) -> Result<(), Error> {
    match names.find(|name| known.binary_search_by(|known| known.as_str().cmp(name)).is_err()) {
        Some(name) => Err(Error::tensor(path(name), name, TensorProblem::Unexpected)),
        None => Ok(()),
    }
}
