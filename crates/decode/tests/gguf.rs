//! GGUF files: right ones give the right numbers, wrong ones an error that names the trouble.
mod common;

use std::path::Path;

use common::gguf_file::{GgufWriter, text};
use common::tiny;
use decode::{Architecture, Config, Model, Tensor};

fn config() -> Config {
    tiny::config(Architecture::Llama, true)
}

fn open(dir: &Path, bytes: &[u8]) -> Result<Model, decode::Error> {
    let path = dir.join("tiny.gguf");
    std::fs::write(&path, bytes).unwrap();
    Model::open(&path)
}

#[test]
fn every_tensor_comes_back_in_rotate_half_order() {
    let dir = tempfile::tempdir().unwrap();
    for (tied, version) in [(true, 3), (false, 2)] {
        let config = tiny::config(Architecture::Llama, tied);
        let mut file = tiny::gguf(&config);
        file.version = version;
        let model = open(dir.path(), &file.finish()).unwrap();
        assert_eq!(model.config(), &config);
        for tensor in Tensor::all(&config) {
            assert_eq!(model.load(tensor).unwrap(), tiny::values(&config, tensor), "{tensor:?}");
        }
        if tied {
            assert_eq!(model.load(Tensor::LmHead).unwrap(), tiny::values(&config, Tensor::Embedding));
        }
    }
}

#[test]
fn tokenizer_from_metadata() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = tiny::gguf(&config());
    let model = open(dir.path(), &file.finish()).unwrap();
    let tokens = |text| model.tokenizer().encode(text).unwrap();
    let names = |text| -> Vec<String> {
        let vocabulary = tiny::vocabulary();
        tokens(text).iter().map(|&id| vocabulary[id as usize].clone()).collect()
    };
    assert_eq!(names("hello world"), ["hello", "Ġw", "o", "r", "l", "d"]);
    assert_eq!(names("12 he"), ["1", "2", "Ġ", "he"], "digits stay single");
    assert_eq!(tokens("a<stop>")[1], tiny::STOP);
    assert!(model.tokenizer().is_stop(tiny::STOP) && !model.tokenizer().is_stop(tiny::BOS));
    assert_eq!(model.tokenizer().decode(&tokens("hello <stop>wörld 🦀")), "hello wörld 🦀");

    file.raw("tokenizer.ggml.add_bos_token", 7, &[1]);
    file.u32("tokenizer.ggml.bos_token_id", tiny::BOS);
    let model = open(dir.path(), &file.finish()).unwrap();
    assert_eq!(model.tokenizer().encode("h").unwrap()[0], tiny::BOS);
}

#[test]
fn text_never_stops_inside_a_character() {
    let dir = tempfile::tempdir().unwrap();
    let model = open(dir.path(), &tiny::gguf(&config()).finish()).unwrap();
    let tokenizer = model.tokenizer();
    for text in ["🦀é漢字 hello 🦀", "\u{FFFD}", "a\u{FFFD}b", "é\u{FFFD}", "", "\n\n ", "👩‍👩‍👧"] {
        let mut stream = tokenizer.stream();
        let mut shown = String::new();
        for token in tokenizer.encode(text).unwrap() {
            shown += &stream.push(token);
            assert!(text.starts_with(&shown), "`{shown}` is no beginning of `{text}`");
        }
        assert_eq!(shown + &stream.finish(), text);
    }
    // Bytes that are no text at all come out as U+FFFD, in the end too, and what follows is not lost.
    let crab = tokenizer.encode("🦀").unwrap();
    let broken = [&crab[..2], &tokenizer.encode("a").unwrap(), &crab[..3]].concat();
    let mut stream = tokenizer.stream();
    let mut shown: String = broken.iter().map(|&token| stream.push(token)).collect();
    assert_eq!(shown, "\u{FFFD}a");
    shown += &stream.finish();
    assert_eq!(shown, tokenizer.decode(&broken));
}

/// Opens a spoiled file, reads all of it, and returns the message.
fn refusal(spoil: impl FnOnce(&mut GgufWriter)) -> String {
    let mut file = tiny::gguf(&config());
    spoil(&mut file);
    refusal_of(&file.finish())
}

fn refusal_of(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let result = open(dir.path(), bytes);
    let result = result
        .and_then(|model| Tensor::all(model.config()).into_iter().try_for_each(|tensor| model.load(tensor).map(drop)));
    let message = result.expect_err("the file is wrong").to_string();
    assert!(message.contains("tiny.gguf"), "names the file: {message}");
    message
}

#[test]
fn hostile_files() {
    type Case = (&'static str, fn(&mut GgufWriter));
    const EMBEDDING: &str = "token_embd.weight";
    let cases: &[Case] = &[
        ("does not start with `GGUF`", |f| f.magic = *b"GGML"),
        ("GGUF version 1", |f| f.version = 1),
        ("GGUF version 4", |f| f.version = 4),
        ("big-endian", |f| f.version = 3u32.swap_bytes()),
        ("tiny.gguf", |f| f.counts = Some((u64::MAX, f.metadata.len() as u64))),
        // What follows the last entry is read as one more.
        ("tiny.gguf", |f| f.counts = Some((f.tensors.len() as u64, u64::MAX))),
        ("`general.name` is there twice", |f| f.string("general.name", "again")),
        ("truncated: metadata `x`", |f| f.raw("x", 8, &u64::MAX.to_le_bytes())),
        ("truncated: metadata `x`", |f| f.raw("x", 8, &(1u64 << 62).to_le_bytes())),
        ("unknown value type 13", |f| f.raw("x", 13, &[])),
        ("truncated: array `x`", |f| f.raw("x", 9, &[&10u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat())),
        ("truncated: array `x`", |f| f.raw("x", 9, &[&8u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat())),
        ("nests arrays", |f| {
            let deeper = [&9u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat();
            f.raw("x", 9, &deeper.repeat(1000));
        }),
        ("`x` is not UTF-8", |f| f.raw("x", 8, &[&1u64.to_le_bytes()[..], &[0xFF]].concat())),
        ("metadata key has 70000 bytes", |f| f.u32(&"k".repeat(70_000), 1)),
        ("alignment 0", |f| f.u32("general.alignment", 0)),
        ("alignment 48", |f| f.u32("general.alignment", 48)),
        ("alignment 2147483648", |f| f.u32("general.alignment", 1 << 31)),
        ("no multiple of the alignment 65536", |f| f.u32("general.alignment", 65_536)),
        ("alignment 0", |f| f.string("general.alignment", "32")),
        ("`token_embd.weight` has 0 dimensions", |f| f.part(EMBEDDING).shape.clear()),
        ("has 5 dimensions", |f| f.part(EMBEDDING).shape = vec![1; 5]),
        ("has 100 dimensions", |f| f.part(EMBEDDING).shape = vec![1; 100]),
        ("empty or absurd shape", |f| f.part(EMBEDDING).shape[0] = 0),
        ("empty or absurd shape", |f| f.part(EMBEDDING).shape[0] = u64::MAX),
        ("leaves the file", |f| f.part(EMBEDDING).shape[0] = u64::MAX / 64),
        ("leaves the file", |f| f.part(EMBEDDING).shape[0] += 1 << 20),
        ("leaves the file", |f| f.part(EMBEDDING).offset = u64::MAX - 31),
        ("leaves the file", |f| f.part(EMBEDDING).offset = 1 << 40),
        ("no multiple of the alignment", |f| f.part(EMBEDDING).offset = 1),
        ("overlaps tensor", |f| f.part("output_norm.weight").offset = 0),
        ("has type Q6_K", |f| f.part(EMBEDDING).code = 14),
        ("has type number 4294967295", |f| f.part(EMBEDDING).code = u32::MAX),
        ("no multiple of its block", |f| {
            f.part(EMBEDDING).shape = vec![2, 33];
            f.part(EMBEDDING).code = 8;
        }),
        ("`token_embd.weight` is there twice", |f| f.part("output_norm.weight").name = EMBEDDING.to_owned()),
        ("tensor's name has 2000 bytes", |f| f.part(EMBEDDING).name = "n".repeat(2000)),
        ("`output_norm.weight` is missing", |f| f.part("output_norm.weight").name = "other.weight".to_owned()),
        ("`rope_freqs.weight` is not one this model has", |f| f.tensor("rope_freqs.weight", &[1], 0, &[0; 4])),
        ("the tokenizer has tokens up to 263, the model's vocabulary has 263", |f| f.part(EMBEDDING).shape[0] -= 1),
        ("`blk.1.attn_k.weight` has shape [64, 32], the model needs [32, 64]", |f| {
            f.part("blk.1.attn_k.weight").shape = vec![64, 32];
        }),
        ("`output_norm.weight` is not finite at element 1", |f| {
            let bytes: Vec<u8> = [1.0, f32::NAN].iter().flat_map(|x: &f32| x.to_le_bytes()).collect();
            f.part("output_norm.weight").code = 0;
            f.tensor("spare", &[64], 0, &[0; 256]);
            let offset = f.part("spare").offset;
            f.part("output_norm.weight").offset = offset;
            f.poke("output_norm.weight", &bytes);
            f.tensors.retain(|part| part.name != "spare");
        }),
        ("`token_embd.weight` is not finite", |f| f.poke(EMBEDDING, &f32::INFINITY.to_le_bytes())),
        ("`general.architecture` is missing", |f| f.remove("general.architecture")),
        ("architecture `gemma` is not supported; `llama` and `qwen2` are", |f| {
            f.remove("general.architecture");
            f.string("general.architecture", "gemma");
        }),
        ("`llama.block_count` is missing", |f| f.remove("llama.block_count")),
        ("number of layers 0", |f| replace(f, "llama.block_count", 0)),
        ("4294967295", |f| replace(f, "llama.block_count", u32::MAX)),
        ("5000 layers", |f| replace(f, "llama.block_count", 5000)),
        ("head", |f| replace(f, "llama.attention.head_count", 0)),
        ("4 heads cannot share 3", |f| replace(f, "llama.attention.head_count_kv", 3)),
        ("only the head size 16", |f| f.u32("llama.rope.dimension_count", 8)),
        ("RoPE scaling `yarn` is not supported", |f| f.string("llama.rope.scaling.type", "yarn")),
        ("epsilon", |f| {
            f.remove("llama.attention.layer_norm_rms_epsilon");
            f.f32("llama.attention.layer_norm_rms_epsilon", f32::NAN);
        }),
        ("tokenizer model `llama` is not supported", |f| {
            f.remove("tokenizer.ggml.model");
            f.string("tokenizer.ggml.model", "llama");
        }),
        ("pre-tokenizer `tekken` is not supported", |f| {
            f.remove("tokenizer.ggml.pre");
            f.string("tokenizer.ggml.pre", "tekken");
        }),
        ("`tokenizer.ggml.tokens` is missing", |f| f.remove("tokenizer.ggml.tokens")),
        ("token `a` is there twice", |f| {
            f.remove("tokenizer.ggml.tokens");
            f.strings("tokenizer.ggml.tokens", &["a".to_owned(), "a".to_owned()]);
        }),
        ("merge `ab` is no pair", |f| {
            f.remove("tokenizer.ggml.merges");
            f.strings("tokenizer.ggml.merges", &["ab".to_owned()]);
        }),
        ("bad tokenizer", |f| {
            f.remove("tokenizer.ggml.merges");
            f.strings("tokenizer.ggml.merges", &["no such".to_owned()]);
        }),
    ];
    for (words, spoil) in cases {
        let message = refusal(spoil);
        assert!(message.contains(words), "expected `{words}` in `{message}`");
    }
}

fn replace(file: &mut GgufWriter, key: &str, value: u32) {
    file.remove(key);
    file.u32(key, value);
}

#[test]
fn quantised_blocks_with_bad_scales() {
    // f16: NaN, infinity.
    for scale in [0x7E00u16, 0x7C00] {
        for (code, block_bytes) in [(2u32, 18), (3, 20), (8, 34)] {
            let message = refusal(|file| {
                let shape = file.part("token_embd.weight").shape.clone();
                let blocks = (shape[0] * shape[1] / 32) as usize;
                file.tensors.retain(|part| part.name != "token_embd.weight");
                let mut bytes = vec![0x11; blocks * block_bytes];
                bytes[block_bytes..block_bytes + 2].copy_from_slice(&scale.to_le_bytes());
                file.tensor("token_embd.weight", &shape, code, &bytes);
            });
            assert!(message.contains("`token_embd.weight` is not finite at element 32"), "{message}");
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = tiny::gguf(&config()).finish();
    let header = bytes.len() - 200_000.min(bytes.len() / 2);
    for end in (0..header).step_by(97).chain(bytes.len() - 40..bytes.len()) {
        refusal_of(&bytes[..end]);
    }
}

#[test]
fn not_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let error = Model::open(&dir.path().join("none.gguf")).err().unwrap().to_string();
    assert!(error.contains("none.gguf"), "{error}");
    assert!(refusal_of(&[]).contains("truncated"));
    assert!(refusal_of(&text("hello")).contains("does not start"));
}
