//! Contexts to measure at, and how the cache comes to hold them.

use serde::Serialize;

use crate::engine::Engine;
use crate::error::Error;
use crate::plan::Content;
use crate::weights::{encode, hash};

/// A context to measure at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// So many tokens before the first one measured.
    Tokens(u64),
    /// As many as the cache has room for.
    Max,
}

impl std::str::FromStr for Context {
    type Err = String;

    fn from_str(text: &str) -> Result<Context, String> {
        match text {
            "max" => Ok(Context::Max),
            _ => match text.parse() {
                Ok(tokens) if tokens > 0 => Ok(Context::Tokens(tokens)),
                Ok(_) | Err(_) => Err("a number of tokens from 1, or `max`".to_owned()),
            },
        }
    }
}

impl std::fmt::Display for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Context::Tokens(tokens) => write!(f, "{tokens}"),
            Context::Max => f.write_str("max"),
        }
    }
}

/// How the cache comes to hold the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Keys and values from a formula, uploaded: the time of a token is that of any context of that length, its text is
    /// that of none.
    Synthetic,
    /// The prompt is run, token by token.
    Run,
}

/// Contexts measured if the user names none and they fit, beside [`Context::Max`].
const USUAL: [u64; 4] = [128, 512, 1024, 2048];

/// The contexts in tokens, ascending, each once; the usual ones that fit if none is given. All must leave room for
/// `tokens` more.
pub(super) fn resolve(contexts: &[Context], tokens: u64, engine: &Engine) -> Result<Vec<u64>, Error> {
    let room = engine.plan().capacity.saturating_sub(tokens);
    let mut found: Vec<u64> = contexts
        .iter()
        .map(|context| match context {
            Context::Tokens(context) => *context,
            Context::Max => room.max(1),
        })
        .collect();
    if found.is_empty() {
        found.extend(USUAL.into_iter().filter(|&usual| usual < room).chain([room.max(1)]));
    }
    found.sort_unstable();
    found.dedup();
    found.iter().try_for_each(|context| engine.check_room(context.saturating_add(tokens)))?;
    Ok(found)
}

/// A token of the prompt; `bench/peers` has the same ones.
fn prompt(index: u64, seed: u64, vocab: u64) -> u32 {
    let value = (u128::from(index) * 7919 + 13 + u128::from(seed)) % u128::from(vocab.max(1));
    // Below the vocabulary, whose tokens have 32 bits.
    value as u32
}

/// A number in [-1, 1) that 24 bits hold, the same everywhere.
fn noise(seed: u64, index: u64) -> f32 {
    (hash(seed, index) >> 8) as f32 / (1u64 << 23) as f32 - 1.0
}

/// Fills every row of every cache with numbers from a formula: finite, without a pattern, the same in each run.
pub(super) fn fill_synthetic(engine: &mut Engine, seed: u64) -> Result<(), Error> {
    let caches: Vec<(usize, u64, bundle::manifest::Dtype)> = engine
        .plan()
        .buffers
        .iter()
        .enumerate()
        .filter(|(_, buffer)| buffer.content == Content::Cache)
        .map(|(index, buffer)| (index, buffer.elements, buffer.dtype))
        .collect();
    for (buffer, elements, dtype) in caches {
        let seed = seed.wrapping_add((buffer as u64) << 40);
        let values: Vec<f32> = (0..elements).map(|index| noise(seed, index)).collect();
        let bytes = encode(&values, dtype).map_err(|problem| Error::plan(format!("the cache {problem}")))?;
        engine.upload(buffer, &bytes)?;
    }
    Ok(())
}

/// Makes the context `context` tokens long and returns the token after it. Rows that earlier calls filled are kept if
/// `known` of them hold this prompt.
pub(super) fn begin(engine: &mut Engine, fill: Fill, context: u64, known: u64, seed: u64) -> Result<u32, Error> {
    let vocab = engine.config().vocab;
    match fill {
        Fill::Synthetic => {
            engine.set_position(context)?;
            Ok(prompt(context, seed, vocab))
        }
        Fill::Run => {
            engine.set_position(known)?;
            for index in known..context - 1 {
                engine.feed(prompt(index, seed, vocab))?;
            }
            engine.next(prompt(context - 1, seed, vocab))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_read() {
        assert_eq!("128".parse(), Ok(Context::Tokens(128)));
        assert_eq!("max".parse(), Ok(Context::Max));
        for bad in ["0", "-1", "many", ""] {
            assert!(bad.parse::<Context>().unwrap_err().contains("`max`"), "{bad}");
        }
    }

    #[test]
    fn prompts_are_those_of_the_peers() {
        let tokens: Vec<u32> = (0..4).map(|index| prompt(index, 0, 1009)).collect();
        assert_eq!(tokens, [13, 869, 716, 563]);
        assert_eq!(prompt(0, u64::MAX, 1009), ((u128::from(u64::MAX) + 13) % 1009) as u32);
    }

    #[test]
    fn noise_is_spread() {
        let values: Vec<f32> = (0..4096).map(|index| noise(3, index)).collect();
        assert!(values.iter().all(|value| (-1.0..1.0).contains(value)));
        let mean = values.iter().sum::<f32>() / 4096.0;
        assert!(mean.abs() < 0.05, "{mean}");
        assert_ne!(noise(3, 0), noise(4, 0));
    }
}
