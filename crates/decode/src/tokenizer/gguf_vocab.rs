//! Byte-level BPE from a GGUF file's metadata.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior};

use super::Tokenizer;
use crate::error::Error;
use crate::weights::GgufFile;

/// How text is cut before merging, by `tokenizer.ggml.pre`.
#[derive(Clone, Copy)]
enum Pre {
    /// GPT-2's words.
    Gpt2,
    /// Digits one by one, then GPT-2's words.
    Smollm,
    /// Qwen2's words, of text in normal form C.
    Qwen2,
}

/// Words of Qwen2: contractions, letters with one sign before, single digits, signs, line ends, spaces.
const QWEN2_WORDS: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Pre {
    fn from_name(name: &str) -> Option<Pre> {
        match name {
            "gpt-2" | "gpt2" => Some(Pre::Gpt2),
            "smollm" => Some(Pre::Smollm),
            "qwen2" | "deepseek-r1-qwen" => Some(Pre::Qwen2),
            _ => None,
        }
    }
}

/// `tokenizer.ggml.token_type` of special tokens.
const CONTROL: i64 = 3;
/// `tokenizer.ggml.token_type` of tokens that are matched as whole words.
const USER_DEFINED: i64 = 4;

/// Reads the tokenizer.
pub(super) fn read(file: &GgufFile) -> Result<Tokenizer, Error> {
    let (path, header) = (file.path(), file.header());
    let text = |key: &str| {
        header.string(key).ok_or_else(|| Error::file(path, format!("metadata `{key}` is missing or not text")))
    };
    let strings = |key: &str| {
        let array = header.array(key).and_then(|array| array.strings(file.bytes()));
        array.ok_or_else(|| Error::file(path, format!("metadata `{key}` is missing or not a list of texts")))
    };
    let model = text("tokenizer.ggml.model")?;
    if model != "gpt2" {
        return Err(Error::unsupported(path, format!("tokenizer model `{model}` is not supported; `gpt2` is")));
    }
    let pre = text("tokenizer.ggml.pre")?;
    let pre = Pre::from_name(pre).ok_or_else(|| {
        let known = "gpt-2, smollm, qwen2 and deepseek-r1-qwen are";
        Error::unsupported(path, format!("pre-tokenizer `{pre}` is not supported; {known}"))
    })?;

    let tokens = strings("tokenizer.ggml.tokens")?;
    let mut vocab = Vocab::default();
    for (id, token) in tokens.iter().enumerate() {
        let id = u32::try_from(id).map_err(|_| Error::file(path, "more tokens than 32 bits can number"))?;
        if vocab.insert((*token).to_owned(), id).is_some() {
            return Err(Error::file(path, format!("token `{token}` is there twice")));
        }
    }
    let mut merges = Vec::new();
    for merge in strings("tokenizer.ggml.merges")? {
        let pair = merge.split_once(' ').filter(|(left, right)| !left.is_empty() && !right.is_empty());
        let (left, right) = pair.ok_or_else(|| Error::file(path, format!("merge `{merge}` is no pair")))?;
        merges.push((left.to_owned(), right.to_owned()));
    }
    let bpe = BPE::builder().vocab_and_merges(vocab, merges).build();
    let bpe = bpe.map_err(|error| Error::file(path, format!("bad tokenizer: {error}")))?;

    let mut inner = tokenizers::Tokenizer::new(bpe);
    let words = |regex| ByteLevel::new(false, true, regex);
    let pre: PreTokenizerWrapper = match pre {
        Pre::Gpt2 => words(true).into(),
        Pre::Smollm => Sequence::new(vec![Digits::new(true).into(), words(true).into()]).into(),
        Pre::Qwen2 => {
            let normalised = inner.with_normalizer(Some(NFC)).map(drop);
            normalised.map_err(|error| Error::file(path, format!("bad tokenizer: {error}")))?;
            let pattern = SplitPattern::Regex(QWEN2_WORDS.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
            let split = split.map_err(|error| Error::file(path, format!("bad tokenizer: {error}")))?;
            Sequence::new(vec![split.into(), words(false).into()]).into()
        }
    };
    inner.with_pre_tokenizer(Some(pre));
    inner.with_decoder(Some(ByteLevel::default()));

    let kinds = header.array("tokenizer.ggml.token_type").and_then(|array| array.integers(file.bytes()));
    let of_kind = |wanted: i64, special: bool| {
        let kinds = kinds.iter().flatten();
        let chosen = tokens.iter().zip(kinds).filter(move |(_, kind)| **kind == wanted);
        chosen.map(move |(token, _)| AddedToken::from(*token, special).normalized(false)).collect::<Vec<_>>()
    };
    let added = inner.add_special_tokens(of_kind(CONTROL, true)).and_then(|_| {
        // Tokens matched as whole words stay in the text.
        inner.add_tokens(of_kind(USER_DEFINED, false))
    });
    added.map_err(|error| Error::file(path, format!("bad tokenizer: {error}")))?;

    let id = |key: &str| header.unsigned(key).and_then(|id| u32::try_from(id).ok());
    let adds_bos = header.bool("tokenizer.ggml.add_bos_token").unwrap_or(false);
    let bos = if adds_bos { id("tokenizer.ggml.bos_token_id") } else { None };
    let stops = ["eos_token_id", "eot_token_id"].iter().filter_map(|key| id(&format!("tokenizer.ggml.{key}")));
    Ok(Tokenizer { inner, bos, stops: stops.collect() })
}
