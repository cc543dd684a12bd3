//! The loader and the tokenizer against the golden file, with a plain forward pass.
mod common;

use std::path::PathBuf;

use common::reference::{Reference, top};
use decode::Model;

fn model() -> Model {
    let path = PathBuf::from(std::env::var_os("SMOL").unwrap());
    Model::open(&path).unwrap()
}

#[test]
fn weights_and_tokenizer_match_the_golden_file() {
    let model = model();
    let mut reference = Reference::new(&model);
    for result in common::golden().results {
        assert_eq!(
            model.tokenizer().encode(&result.prompt).unwrap(),
            result.prompt_ids,
            "{}",
            result.prompt
        );
        assert_eq!(model.tokenizer().decode(&result.tokens), result.text);
        let mut stream = model.tokenizer().stream();
        let mut text: String = result
            .tokens
            .iter()
            .map(|&token| stream.push(token))
            .collect();
        text += &stream.finish();
        assert_eq!(text, result.text);

        reference.reset();
        let (last, prefix) = result.prompt_ids.split_last().unwrap();
        for &token in prefix {
            reference.step(token);
        }
        let inputs = std::iter::once(last).chain(&result.tokens);
        for (index, (&token, step)) in inputs.zip(&result.steps).enumerate() {
            let logits = reference.step(token);
            for (&id, &expected) in step.top.iter().zip(&step.logits) {
                let found = logits[id as usize];
                assert!(
                    (found - expected).abs() <= 0.05,
                    "step {index}: token {id}: {found} instead of {expected}"
                );
            }
            if step.logits[0] - step.logits[1] > 0.1 {
                assert_eq!(top(&logits, 1)[0], step.top[0], "step {index}");
            }
        }
    }
}
