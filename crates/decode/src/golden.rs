//! Comparing with a golden file: tokens and logits that an independent program computed.

use std::path::Path;

use serde::Deserialize;

use crate::engine::Engine;
use crate::error::Error;
use crate::tokenizer::Tokenizer;
use crate::weights::{MAX_JSON, read_bounded};

/// Largest difference of a logit that passes.
pub const LOGIT_TOLERANCE: f32 = 0.05;
/// A choice must be the same wherever the golden top-1 logit leads by more than this.
pub const TOKEN_MARGIN: f32 = 0.1;

/// A golden file.
#[derive(Clone, Debug, Deserialize)]
pub struct Golden {
    /// One per prompt.
    pub results: Vec<GoldenResult>,
}

/// One prompt and its continuation.
#[derive(Clone, Debug, Deserialize)]
pub struct GoldenResult {
    /// The prompt.
    pub prompt: String,
    /// Its tokens.
    pub prompt_ids: Vec<u32>,
    /// Greedy tokens.
    pub tokens: Vec<u32>,
    /// Their text; `None` if there are fewer tokens than it was made from.
    pub text: Option<String>,
    /// The largest logits of each step.
    pub steps: Vec<GoldenStep>,
}

/// One step.
#[derive(Clone, Debug, Deserialize)]
pub struct GoldenStep {
    /// Tokens with the largest logits, largest first.
    pub top: Vec<u32>,
    /// Their logits.
    pub logits: Vec<f32>,
}

/// How one prompt compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The prompt.
    pub prompt: String,
    /// Whether the tokenizer gave the golden tokens.
    pub prompt_ids_match: bool,
    /// Whether the golden tokens gave the golden text, where there is one.
    pub text_matches: bool,
    /// Steps compared.
    pub steps: usize,
    /// Largest difference of a logit.
    pub largest_difference: f32,
    /// Steps where the choice was the same.
    pub same_tokens: usize,
    /// Steps where the choice differed although the margin forbids it.
    pub wrong_tokens: usize,
}

impl Comparison {
    /// Whether the rule holds for this prompt.
    pub fn passed(&self) -> bool {
        // NaN fails.
        let close = self.largest_difference <= LOGIT_TOLERANCE;
        self.prompt_ids_match && self.text_matches && close && self.wrong_tokens == 0 && self.steps > 0
    }
}

/// Reads a golden file.
///
/// # Errors
/// A file that cannot be read or has another form.
pub fn read(path: &Path) -> Result<Golden, Error> {
    let bytes = read_bounded(path, MAX_JSON)?;
    let golden: Golden = serde_json::from_slice(&bytes).map_err(|error| Error::file(path, error.to_string()))?;
    for result in &golden.results {
        let complete = |step: &GoldenStep| step.top.len() >= 2 && step.top.len() == step.logits.len();
        if result.tokens.len() != result.steps.len() || !result.steps.iter().all(complete) {
            let message = format!("prompt `{}` needs two or more logits for each token", result.prompt);
            return Err(Error::file(path, message));
        }
    }
    if golden.results.is_empty() {
        return Err(Error::file(path, "no results"));
    }
    Ok(golden)
}

impl Golden {
    /// Only the first `tokens` tokens of each continuation; its text is then not compared.
    #[must_use]
    pub fn truncated(mut self, tokens: usize) -> Golden {
        for result in &mut self.results {
            if result.tokens.len() > tokens {
                result.tokens.truncate(tokens);
                result.steps.truncate(tokens);
                result.text = None;
            }
        }
        self
    }
}

/// Runs every prompt. The golden tokens are fed at every step, so that one legal difference does not end the comparison.
///
/// # Errors
/// Whatever [`Engine`] refuses.
pub fn check(engine: &mut Engine, tokenizer: &Tokenizer, golden: &Golden) -> Result<Vec<Comparison>, Error> {
    golden.results.iter().map(|result| compare(engine, tokenizer, result)).collect()
}

fn compare(engine: &mut Engine, tokenizer: &Tokenizer, result: &GoldenResult) -> Result<Comparison, Error> {
    let Some((&last, prefix)) = result.prompt_ids.split_last() else {
        return Err(Error::input("the golden prompt has no tokens"));
    };
    let mut comparison = Comparison {
        prompt: result.prompt.clone(),
        prompt_ids_match: tokenizer.encode(&result.prompt)? == result.prompt_ids,
        text_matches: result.text.as_ref().is_none_or(|text| tokenizer.decode(&result.tokens) == *text),
        steps: 0,
        largest_difference: 0.0,
        same_tokens: 0,
        wrong_tokens: 0,
    };
    engine.reset();
    for &token in prefix {
        engine.feed(token)?;
    }
    let inputs = std::iter::once(&last).chain(&result.tokens);
    for ((&input, &expected), step) in inputs.zip(&result.tokens).zip(&result.steps) {
        let logits = engine.next_logits(input)?;
        let choice = engine.argmax()?;
        for (&token, &expected) in step.top.iter().zip(&step.logits) {
            let found = logits.get(token as usize).copied().unwrap_or(f32::NAN);
            let difference = (found - expected).abs();
            // Not `max`, which would drop NaN.
            if difference.is_nan() || difference > comparison.largest_difference {
                comparison.largest_difference = difference;
            }
        }
        comparison.steps += 1;
        if choice == expected {
            comparison.same_tokens += 1;
        } else if step.logits[0] - step.logits[1] > TOKEN_MARGIN {
            comparison.wrong_tokens += 1;
        }
    }
    Ok(comparison)
}
