//! Text to tokens and back.
mod bytes;
mod gguf_vocab;
mod stream;

use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::weights::{GgufFile, MAX_JSON, json, read_bounded};
pub use stream::TextStream;

/// A model's tokenizer and the tokens that end a text.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Put before every prompt, for models whose file says so.
    bos: Option<u32>,
    stops: Vec<u32>,
}

impl Tokenizer {
    /// Reads `tokenizer.json` of a folder; stop tokens come from `generation_config.json` or `config.json`.
    ///
    /// # Errors
    /// A missing or bad file.
    pub(crate) fn from_folder(dir: &Path) -> Result<Tokenizer, Error> {
        let path = dir.join("tokenizer.json");
        let bytes = read_bounded(&path, MAX_JSON)?;
        let inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| Error::file(&path, error.to_string()))?;
        let mut stops = Vec::new();
        for name in ["generation_config.json", "config.json"] {
            let path = dir.join(name);
            if path.exists() && stops.is_empty() {
                stops = ids(&json(&path)?["eos_token_id"]);
            }
        }
        // The file's own post-processor adds what goes before a prompt.
        Ok(Tokenizer { inner, bos: None, stops })
    }

    /// Makes the tokenizer that a GGUF file's metadata describes.
    ///
    /// # Errors
    /// Metadata that is missing or contradicts itself, or a kind of tokenizer that is not supported.
    pub(crate) fn from_gguf(file: &GgufFile) -> Result<Tokenizer, Error> {
        gguf_vocab::read(file)
    }

    /// Token by byte, none of which ends a text.
    ///
    /// # Errors
    /// Never, unless the tokenizer library refuses its own alphabet.
    pub(crate) fn bytes() -> Result<Tokenizer, Error> {
        bytes::make()
    }

    /// Tokens of a prompt. Names of special tokens in the text become those tokens.
    ///
    /// # Errors
    /// Text that the tokenizer refuses.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.inner.encode_fast(text, true);
        let encoding = encoding.map_err(|error| Error::input(format!("cannot tokenise the prompt: {error}")))?;
        Ok(self.bos.iter().chain(encoding.get_ids()).copied().collect())
    }

    /// Text of tokens, special ones left out. Bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, tokens: &[u32]) -> String {
        // Decoding fails for decoders with templates only, which no supported model has; unknown tokens are skipped.
        self.inner.decode(tokens, true).unwrap_or_default()
    }

    /// Turns tokens into text as they come.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream::new(self)
    }

    /// The largest token it knows.
    pub(crate) fn largest_token(&self) -> u32 {
        self.inner.get_vocab(true).into_values().max().unwrap_or(0)
    }

    /// Whether this token ends the text.
    pub fn is_stop(&self, token: u32) -> bool {
        self.stops.contains(&token)
    }
}

/// A token, or a list of them.
fn ids(value: &Value) -> Vec<u32> {
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Value::Array(values) => values.iter().filter_map(id).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            id(value).into_iter().collect()
        }
    }
}
