//! A tokenizer without a vocabulary to learn: each byte is a token.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use super::Tokenizer;
use crate::error::Error;

/// Makes it. Tokens 0 to 255 are the characters that byte-level tokenizers write bytes with, in Unicode order.
pub(super) fn make() -> Result<Tokenizer, Error> {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let vocab: Vocab = alphabet.iter().map(char::to_string).zip(0..).collect();
    let bpe = BPE::builder().vocab_and_merges(vocab, vec![]).build();
    let mut inner =
        tokenizers::Tokenizer::new(bpe.map_err(|error| Error::input(format!("bad byte tokenizer: {error}")))?);
    inner.with_pre_tokenizer(Some(ByteLevel::new(false, true, false)));
    inner.with_decoder(Some(ByteLevel::default()));
    Ok(Tokenizer { inner, bos: None, stops: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let tokenizer = make().unwrap();
        for text in ["Hello, world\n", "äöü €", " ", ""] {
            let tokens = tokenizer.encode(text).unwrap();
            assert_eq!(tokens.len(), text.len());
            assert_eq!(tokenizer.decode(&tokens), text);
        }
        assert_eq!(tokenizer.largest_token(), 255);
        assert!((0..=255).all(|token| !tokenizer.is_stop(token)));
    }
}
