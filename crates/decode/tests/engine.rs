//! The engine on tiny models, with kernels in C, against the plain forward pass.
mod common;

use bundle::manifest::{ArgKind, Dtype, Kernel};
use common::reference::{Reference, top};
use common::suite::{self, Types};
use common::tiny;
use decode::{Architecture, Config, Engine, Error, Model, Options, Tensor, generate, open_device, plan};
use tempfile::TempDir;

const F32: Types = Types { norm: Dtype::F32, cache: Dtype::F32 };
const BF16: Types = Types { norm: Dtype::Bf16, cache: Dtype::Bf16 };

/// A tiny model in a folder.
fn model(architecture: Architecture, tied: bool) -> (TempDir, Model) {
    let dir = tempfile::tempdir().unwrap();
    let config = tiny::config(architecture, tied);
    tiny::write_folder(dir.path(), &config, safetensors::Dtype::BF16, 2);
    let model = Model::open(dir.path()).unwrap();
    (dir, model)
}

fn engine(dir: &TempDir, model: &Model, capacity: u64, types: Types, threads: usize) -> Engine {
    let bundle = suite::bundle(dir.path(), model.config(), capacity, types, |_| {});
    Engine::new(open_device("cpu", Some(threads)).unwrap(), &bundle, model).unwrap()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn logits_match_the_plain_forward_pass() {
    let tokens = [5u32, 17, 200, 3, 99, 42, 1, 0, 250];
    for (architecture, tied, types, tolerance) in [
        (Architecture::Llama, true, F32, 1e-4),
        (Architecture::Qwen2, false, F32, 1e-4),
        (Architecture::Qwen2, false, BF16, 3e-2),
    ] {
        let (dir, model) = model(architecture, tied);
        let mut reference = Reference::new(&model);
        let mut engine = engine(&dir, &model, 16, types, 3);
        for round in 0..2 {
            reference.reset();
            engine.reset();
            for &token in &tokens {
                let expected = reference.step(token);
                let found = engine.next_logits(token).unwrap();
                let scale = expected.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
                let difference = difference(&expected, &found) / scale;
                assert!(difference < tolerance, "{architecture:?}, round {round}: {difference}");
                assert_eq!(engine.argmax().unwrap(), top(&found, 1)[0]);
            }
        }
    }
}

#[test]
fn threads_and_ways_agree() {
    let (dir, model) = model(Architecture::Llama, true);
    let prompt = model.tokenizer().encode("hello world").unwrap();
    let mut runs = Vec::new();
    for threads in [1, 2, 5] {
        let mut engine = engine(&dir, &model, 32, F32, threads);
        for top in [0, 3] {
            let options = Options { max_tokens: 12, top, ..Options::default() };
            let made = generate(&mut engine, model.tokenizer(), &prompt, &options, &mut |_| {}).unwrap();
            assert_eq!(made.steps.len(), if top > 0 { made.tokens.len() } else { 0 });
            runs.push(made.tokens);
        }
    }
    assert!(runs.windows(2).all(|pair| pair[0] == pair[1]), "{runs:?}");
}

#[test]
fn forced_tokens_and_penalty() {
    let (dir, model) = model(Architecture::Llama, true);
    let mut engine = engine(&dir, &model, 32, F32, 2);
    let mut reference = Reference::new(&model);
    let prompt = [7u32, 8];
    let forced = vec![30u32, 30, 31, 1, 32];
    let penalty = 1.5;
    let options = Options { max_tokens: 99, top: 2, forced: Some(forced.clone()), repetition_penalty: Some(penalty) };
    let made = generate(&mut engine, model.tokenizer(), &prompt, &options, &mut |_| {}).unwrap();
    assert_eq!(made.tokens.len(), forced.len(), "a forced stop token does not stop");

    reference.step(prompt[0]);
    let mut context = prompt.to_vec();
    for (step, (&next, &chosen)) in forced.iter().zip(&made.tokens).enumerate() {
        let mut logits = reference.step(*context.last().unwrap());
        assert_eq!(made.steps[step].top, top(&logits, 2));
        let mut seen = context.clone();
        seen.sort_unstable();
        seen.dedup();
        for token in seen {
            let logit = &mut logits[token as usize];
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
        assert_eq!(chosen, top(&logits, 1)[0], "step {step}");
        context.push(next);
    }
}

#[test]
fn the_cache_ends() {
    let (dir, model) = model(Architecture::Llama, true);
    let mut engine = engine(&dir, &model, 8, F32, 1);
    let options = |max_tokens| Options { max_tokens, forced: Some(vec![2; 50]), ..Options::default() };
    let mut run = |prompt: usize, tokens| {
        generate(&mut engine, model.tokenizer(), &vec![3; prompt], &options(tokens), &mut |_| {}).map(drop)
    };
    // The last token made is never fed back, so 5 + 4 tokens need 8 rows.
    run(5, 4).unwrap();
    let error = run(5, 5).unwrap_err();
    assert!(matches!(error, Error::CacheFull { needed: 9, capacity: 8 }));
    assert!(error.to_string().contains("the context would have 9 tokens, the bundle's cache holds 8"));
    assert!(run(9, 1).is_err());
    assert!(run(0, 1).is_err(), "an empty prompt");
    assert!(run(1, 0).is_err(), "nothing to do");
    engine.reset();
    for _ in 0..8 {
        engine.feed(1).unwrap();
    }
    assert!(matches!(engine.feed(1), Err(Error::CacheFull { needed: 9, capacity: 8 })));
    engine.reset();
    let vocab = model.config().vocab as u32;
    let error = engine.feed(vocab).unwrap_err().to_string();
    assert!(error.contains(&format!("token {vocab} is outside the vocabulary")), "{error}");
}

#[test]
fn infinite_logits_are_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let config = tiny::config(Architecture::Llama, false);
    let mut file = tiny::gguf(&config);
    // The first row of the head, stored as bf16: 3e38 each.
    let huge: Vec<u8> = half::bf16::from_f32(3e38).to_le_bytes().repeat(config.hidden as usize);
    assert_eq!(file.part("output.weight").code, 30);
    file.poke("output.weight", &huge);
    let path = dir.path().join("tiny.gguf");
    std::fs::write(&path, file.finish()).unwrap();
    let model = Model::open(&path).unwrap();
    let mut engine = engine(&dir, &model, 8, F32, 1);
    let results: Vec<_> = (2..8).map(|token| engine.next_logits(token)).collect();
    assert!(results.iter().all(|result| matches!(result, Err(Error::NotFinite { .. }))));
    engine.reset();
    let failed = (2..8).filter(|&token| matches!(engine.next(token), Err(Error::NotFinite { .. }))).count();
    assert!(failed > 0, "an infinite logit wins at some step");
}

#[test]
fn the_plan_counts_launches_and_bytes() {
    let (dir, model) = model(Architecture::Qwen2, false);
    let config = model.config();
    let bundle = suite::bundle(dir.path(), config, 16, BF16, |_| {});
    let plan = plan::build(config, bundle.manifest()).unwrap();
    assert_eq!(plan.launches_per_token(), 10 * config.layers as usize + 4);
    assert_eq!(plan.capacity, 16);
    let elements: u64 = Tensor::all(config).iter().map(|tensor| tensor.shape(config).iter().product::<u64>()).sum();
    let table = config.vocab * config.hidden;
    // All but the embedding table, of which one row is read; keys and values of positions 0 to 6.
    let expected = 2 * (elements - table + config.hidden) + 2 * 2 * config.layers * config.kv_dim() * 7;
    assert_eq!(plan.bytes_per_token(6), expected);
}

/// The message when the kernels' descriptions are spoiled.
fn mismatch(architecture: Architecture, spoil: impl FnOnce(&mut Vec<Kernel>)) -> String {
    let (dir, model) = model(architecture, true);
    let bundle = suite::bundle(dir.path(), model.config(), 16, F32, spoil);
    let device = open_device("cpu", Some(1)).unwrap();
    Engine::new(device, &bundle, &model).err().expect("they do not fit").to_string()
}

fn find<'a>(kernels: &'a mut [Kernel], name: &str) -> &'a mut Kernel {
    kernels.iter_mut().find(|kernel| kernel.name == name).unwrap()
}

fn shape<'a>(kernels: &'a mut [Kernel], kernel: &str, arg: &str) -> (&'a mut Vec<u64>, &'a mut Dtype) {
    let arg = find(kernels, kernel).args.iter_mut().find(|candidate| candidate.name == arg).unwrap();
    match &mut arg.kind {
        ArgKind::View { shape, dtype, .. } => (shape, dtype),
        ArgKind::Scalar { .. } => panic!("a view"),
    }
}

#[test]
fn bundles_that_do_not_fit() {
    type Case = (&'static str, fn(&mut Vec<Kernel>));
    let cases: &[Case] = &[
        ("has no kernel `lm_head_matvec`; it has: embedding_lookup", |k| k.retain(|k| k.name != "lm_head_matvec")),
        ("has no kernel `rms_norm_64`", |k| find(k, "rms_norm_64").name = "rms_norm_576".to_owned()),
        ("kernel `rms_norm_64` has no argument `eps`; it has: input, gamma, output", |k| {
            find(k, "rms_norm_64").args.retain(|arg| arg.name != "eps");
        }),
        ("argument `surprise` of kernel `rms_norm_64` is unknown to the plan", |k| {
            let mut extra = find(k, "rms_norm_64").args[2].clone();
            extra.name = "surprise".to_owned();
            find(k, "rms_norm_64").args.push(extra);
        }),
        ("argument `weight` of kernel `q_proj_matvec` has shape [64, 128], model", |k| {
            shape(k, "q_proj_matvec", "weight").0[1] = 128;
        }),
        ("needs [64, 64]", |k| shape(k, "q_proj_matvec", "weight").0[1] = 128),
        ("needs 64 elements", |k| shape(k, "q_proj_matvec", "input").0[1] = 128),
        ("`k_cache` of kernel `attention_decode_gqa` is for 8 positions", |k| {
            shape(k, "attention_decode_gqa", "k_cache").0[0] = 8;
        }),
        ("32 elements per position", |k| shape(k, "attention_decode_gqa", "k_cache").0[1] = 64),
        ("takes the same buffer as", |k| *shape(k, "attention_decode_gqa", "k_cache").1 = Dtype::Bf16),
        ("`position` of kernel `attention_decode_gqa` has no bound", |k| {
            find(k, "attention_decode_gqa").args[4].kind = ArgKind::Scalar { dtype: Dtype::I32, bound: None };
        }),
        ("`position` of kernel `attention_decode_gqa` is for 9 positions", |k| {
            find(k, "attention_decode_gqa").args[4].kind = ArgKind::Scalar { dtype: Dtype::I32, bound: Some(9) };
        }),
        ("`position` of kernel `attention_decode_gqa` should be a 32-bit integer", |k| {
            find(k, "attention_decode_gqa").args[4].kind = ArgKind::Scalar { dtype: Dtype::F32, bound: None };
        }),
        ("`eps` of kernel `rms_norm_64` should be an f32 number", |k| {
            find(k, "rms_norm_64").args[2].kind = ArgKind::Scalar { dtype: Dtype::I64, bound: None };
        }),
        ("`logits` of kernel `argmax_greedy` has elements of bf16, it needs f32", |k| {
            *shape(k, "lm_head_matvec", "output").1 = Dtype::F32;
            *shape(k, "argmax_greedy", "logits").1 = Dtype::Bf16;
        }),
        ("`token` of kernel `embedding_lookup` has elements of f32, it needs 32-bit integers", |k| {
            *shape(k, "embedding_lookup", "token").1 = Dtype::F32;
        }),
        ("argument `gamma` of kernel `rms_norm_64` has elements of i32, it needs floats", |k| {
            *shape(k, "rms_norm_64", "gamma").1 = Dtype::I32;
        }),
    ];
    for (words, spoil) in cases {
        let message = mismatch(Architecture::Llama, spoil);
        assert!(message.contains(words), "expected `{words}` in `{message}`");
    }
    // A model without biases on kernels with biases, and the other way round.
    let with_bias = |qkv_bias| Config { qkv_bias, ..tiny::config(Architecture::Llama, true) };
    let dir = tempfile::tempdir().unwrap();
    let build = |kernels: bool, model: bool| {
        let bundle = suite::bundle(dir.path(), &with_bias(kernels), 16, F32, |_| {});
        plan::build(&with_bias(model), bundle.manifest()).map_err(|error| error.to_string())
    };
    assert!(build(true, false).unwrap_err().contains("argument `bias` of kernel `q_proj_matvec` is unknown"));
    assert!(build(false, true).unwrap_err().contains("kernel `q_proj_matvec` has no argument `bias`"));
    assert!(build(true, true).is_ok() && build(false, false).is_ok());
}
