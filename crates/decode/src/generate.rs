//! Text generation: prefill, then one token at a time.

use std::time::Instant;

use serde::Serialize;

use crate::engine::Engine;
use crate::error::Error;
use crate::sample::{Penalty, largest};
use crate::tokenizer::Tokenizer;

/// How to generate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Most tokens to generate.
    pub max_tokens: usize,
    /// Divides (if positive) or multiplies the logits of tokens that the context has; 1 or `None` changes nothing.
    pub repetition_penalty: Option<f32>,
    /// Records this many of the largest logits of each step.
    pub top: usize,
    /// Feeds these tokens instead of the model's own choices (teacher forcing), which are still recorded.
    pub forced: Option<Vec<u32>>,
}

/// What was generated, and how fast.
#[derive(Clone, Debug)]
pub struct Generation {
    /// The model's choices; the last one may be a stop token.
    pub tokens: Vec<u32>,
    /// Their text.
    pub text: String,
    /// The largest logits of each step, if asked for.
    pub steps: Vec<Step>,
    /// Seconds for the prompt, up to and with the first token.
    pub prefill_seconds: f64,
    /// Seconds for all tokens after the first.
    pub decode_seconds: f64,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Bytes read per token, on average over the tokens after the first: see [`crate::Plan::bytes_per_token`].
    pub bytes_per_token: u64,
}

/// The largest logits of one step, largest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Tokens.
    pub top: Vec<u32>,
    /// Their logits, before any penalty.
    pub logits: Vec<f32>,
}

impl Generation {
    /// Prompt tokens per second.
    pub fn prefill_rate(&self) -> f64 {
        self.prompt_tokens as f64 / self.prefill_seconds
    }

    /// Tokens per second, counting those after the first (prefill makes the first); `None` if there are none.
    pub fn decode_rate(&self) -> Option<f64> {
        (self.tokens.len() > 1).then(|| (self.tokens.len() - 1) as f64 / self.decode_seconds)
    }
}

/// Continues a prompt. `show` gets the text as it comes.
///
/// # Errors
/// An empty prompt, a context that the cache cannot hold, or whatever [`Engine`] refuses.
pub fn generate(
    engine: &mut Engine,
    tokenizer: &Tokenizer,
    prompt: &[u32],
    options: &Options,
    show: &mut dyn FnMut(&str),
) -> Result<Generation, Error> {
    let Some((&last, prefix)) = prompt.split_last() else {
        return Err(Error::input("the prompt has no tokens"));
    };
    let count = options.forced.as_ref().map_or(options.max_tokens, |forced| forced.len().min(options.max_tokens));
    if count == 0 {
        return Err(Error::input("no tokens are to be generated"));
    }
    // The last token generated is never fed back.
    engine.reset();
    engine.check_room((prompt.len() + count - 1) as u64)?;

    let mut penalty = options.repetition_penalty.filter(|&factor| factor != 1.0).map(Penalty::new).transpose()?;
    if let Some(penalty) = &mut penalty {
        prompt.iter().for_each(|&token| penalty.saw(token));
    }
    let mut stream = tokenizer.stream();
    let mut made = Generation {
        tokens: Vec::new(),
        text: String::new(),
        steps: Vec::new(),
        prefill_seconds: 0.0,
        decode_seconds: 0.0,
        prompt_tokens: prompt.len(),
        bytes_per_token: 0,
    };
    let mut bytes = 0;
    let start = Instant::now();
    let mut first_done = start;
    for &token in prefix {
        engine.feed(token)?;
    }
    let mut input = last;
    for index in 0..count {
        let token = choose(engine, input, options.top, penalty.as_ref(), &mut made.steps)?;
        made.tokens.push(token);
        let fed = options.forced.as_ref().map_or(token, |forced| forced[index]);
        if let Some(penalty) = &mut penalty {
            penalty.saw(fed);
        }
        if index == 0 {
            first_done = Instant::now();
            made.prefill_seconds = (first_done - start).as_secs_f64();
        } else {
            bytes += engine.plan().bytes_per_token(engine.position() - 1);
        }
        let stop = options.forced.is_none() && tokenizer.is_stop(token);
        let piece = if stop { String::new() } else { stream.push(token) };
        show(&piece);
        made.text += &piece;
        if stop {
            break;
        }
        input = fed;
    }
    made.decode_seconds = first_done.elapsed().as_secs_f64();
    let rest = stream.finish();
    show(&rest);
    made.text += &rest;
    let measured = (made.tokens.len() as u64 - 1).max(1);
    made.bytes_per_token =
        if made.tokens.len() > 1 { bytes / measured } else { engine.plan().bytes_per_token(engine.position() - 1) };
    Ok(made)
}

/// The next token after `input`. Logits leave the device only if someone wants them.
fn choose(
    engine: &mut Engine,
    input: u32,
    top: usize,
    penalty: Option<&Penalty>,
    steps: &mut Vec<Step>,
) -> Result<u32, Error> {
    if top == 0 && penalty.is_none() {
        return engine.next(input);
    }
    let mut logits = engine.next_logits(input)?;
    if top > 0 {
        steps.push(largest(&logits, top));
    }
    match penalty {
        None => engine.argmax(),
        Some(penalty) => {
            penalty.apply(&mut logits);
            largest(&logits, 1).top.first().copied().ok_or_else(|| Error::input("the vocabulary is empty"))
        }
    }
}
