//! Text generation: prefill, then one token at a time.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::engine::{AHEAD, Engine};
use crate::error::Error;
use crate::sample::{Penalty, largest};
use crate::tokenizer::{TextStream, Tokenizer};

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

    let mut text = Text {
        tokenizer,
        stream: tokenizer.stream(),
        made: Generation {
            tokens: Vec::new(),
            text: String::new(),
            steps: Vec::new(),
            prefill_seconds: 0.0,
            decode_seconds: 0.0,
            prompt_tokens: prompt.len(),
            bytes_per_token: 0,
        },
        start: Instant::now(),
        first: Duration::ZERO,
        show,
    };
    for &token in prefix {
        engine.feed(token)?;
    }
    let chosen_here = options.top > 0 || options.repetition_penalty.is_some_and(|factor| factor != 1.0);
    match &options.forced {
        None if !chosen_here => engine.greedy(last, count as u64, AHEAD, &mut |token| text.take(token, true))?,
        forced => step_by_step(engine, prompt, count, options, forced.as_deref(), &mut text)?,
    }
    Ok(text.finish(engine))
}

/// Every token is waited for, since the host has a say in what comes next or wants logits.
fn step_by_step(
    engine: &mut Engine,
    prompt: &[u32],
    count: usize,
    options: &Options,
    forced: Option<&[u32]>,
    text: &mut Text<'_>,
) -> Result<(), Error> {
    let mut penalty = options.repetition_penalty.filter(|&factor| factor != 1.0).map(Penalty::new).transpose()?;
    if let Some(penalty) = &mut penalty {
        prompt.iter().for_each(|&token| penalty.saw(token));
    }
    let mut input = prompt.last().copied().unwrap_or_default();
    for index in 0..count {
        let token = choose(engine, input, options.top, penalty.as_ref(), &mut text.made.steps)?;
        let fed = forced.map_or(token, |forced| forced[index]);
        if let Some(penalty) = &mut penalty {
            penalty.saw(fed);
        }
        if text.take(token, forced.is_none()).is_break() {
            break;
        }
        input = fed;
    }
    Ok(())
}

/// A text in the making.
struct Text<'a> {
    tokenizer: &'a Tokenizer,
    stream: TextStream<'a>,
    made: Generation,
    start: Instant,
    /// From the start to the first token.
    first: Duration,
    show: &'a mut dyn FnMut(&str),
}

impl Text<'_> {
    /// Takes the model's next choice; the text ends at a stop token if `may_stop`.
    fn take(&mut self, token: u32, may_stop: bool) -> ControlFlow<()> {
        if self.made.tokens.is_empty() {
            self.first = self.start.elapsed();
        }
        self.made.tokens.push(token);
        let stop = may_stop && self.tokenizer.is_stop(token);
        let piece = if stop { String::new() } else { self.stream.push(token) };
        (self.show)(&piece);
        self.made.text += &piece;
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn finish(mut self, engine: &Engine) -> Generation {
        self.made.prefill_seconds = self.first.as_secs_f64();
        self.made.decode_seconds = (self.start.elapsed() - self.first).as_secs_f64();
        let rest = self.stream.finish();
        (self.show)(&rest);
        self.made.text += &rest;
        // The first token is the prompt's.
        let bytes = |index: usize| engine.plan().bytes_per_token((self.made.prompt_tokens - 1 + index) as u64);
        let count = self.made.tokens.len();
        let average = match count {
            0 | 1 => bytes(0),
            _ => (1..count).map(bytes).sum::<u64>() / (count as u64 - 1),
        };
        self.made.bytes_per_token = average;
        self.made
    }
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
