//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod reference;

use serde::Deserialize;

/// The golden file: prompts with the tokens and logits that an independent program computed.
#[derive(Deserialize)]
pub struct Golden {
    pub results: Vec<GoldenResult>,
}

#[derive(Deserialize)]
pub struct GoldenResult {
    pub prompt: String,
    pub prompt_ids: Vec<u32>,
    pub tokens: Vec<u32>,
    pub text: String,
    pub steps: Vec<GoldenStep>,
}

#[derive(Deserialize)]
pub struct GoldenStep {
    pub top: Vec<u32>,
    pub logits: Vec<f32>,
}

pub fn golden() -> Golden {
    serde_json::from_str(include_str!("../data/smollm2-135m.json")).unwrap()
}
