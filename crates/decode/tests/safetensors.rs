//! Hugging Face folders: right ones give the right numbers, wrong ones an error that names the trouble.
mod common;

use std::fs;
use std::path::Path;

use common::tiny;
use decode::{Architecture, Model, Tensor};
use safetensors::Dtype;
use serde_json::{Value, json};

#[test]
fn every_tensor_comes_back() {
    let cases = [
        (Architecture::Llama, true, Dtype::F32, 1),
        (Architecture::Qwen2, false, Dtype::BF16, 3),
        (Architecture::Llama, false, Dtype::F16, 2),
    ];
    for (architecture, tied, dtype, shards) in cases {
        let dir = tempfile::tempdir().unwrap();
        let config = tiny::config(architecture, tied);
        tiny::write_folder(dir.path(), &config, dtype, shards);
        let model = Model::open(dir.path()).unwrap();
        assert_eq!(model.config().hidden, config.hidden);
        assert_eq!(model.config().qkv_bias, config.qkv_bias);
        for tensor in Tensor::all(&config) {
            assert_eq!(model.load(tensor).unwrap(), tiny::values(&config, tensor), "{tensor:?}");
        }
        assert!(model.tokenizer().is_stop(tiny::STOP));
        assert_eq!(model.tokenizer().encode("hello").unwrap().len(), 1);
    }
}

/// Writes a folder, spoils it, and returns the message of opening and reading all of it.
fn refusal(shards: usize, spoil: impl FnOnce(&Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let config = tiny::config(Architecture::Qwen2, false);
    tiny::write_folder(dir.path(), &config, Dtype::BF16, shards);
    spoil(dir.path());
    let result = Model::open(dir.path())
        .and_then(|model| Tensor::all(model.config()).into_iter().try_for_each(|tensor| model.load(tensor).map(drop)));
    result.expect_err("the folder is wrong").to_string()
}

fn edit_json(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    edit(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

/// Edits the header's text, and fixes its length.
fn edit_header(dir: &Path, edit: impl FnOnce(String) -> String) {
    let path = dir.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header = edit(String::from_utf8(header.to_vec()).unwrap());
    fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()).unwrap();
}

/// Edits the header as JSON.
fn edit_header_json(dir: &Path, edit: impl FnOnce(&mut Value)) {
    edit_header(dir, |text| {
        let mut json = serde_json::from_str(&text).unwrap();
        edit(&mut json);
        json.to_string()
    });
}

#[test]
fn hostile_tensor_files() {
    type Case = (&'static str, fn(&Path));
    const NORM: &str = "model.norm.weight";
    let cases: &[Case] = &[
        ("truncated", |dir| fs::write(dir.join("model.safetensors"), b"1234567").unwrap()),
        ("truncated: the header should have 18446744073709551615 bytes", |dir| {
            fs::write(dir.join("model.safetensors"), u64::MAX.to_le_bytes()).unwrap();
        }),
        ("bad header", |dir| edit_header(dir, |text| text.replace('{', "["))),
        ("bad header", |dir| edit_header(dir, |_| "[".repeat(100_000))),
        ("`model.norm.weight` is there twice", |dir| {
            edit_header(dir, |text| text.replace("model.layers.0.input_layernorm.weight", NORM));
        }),
        ("`model.norm.weight` has no offsets", |dir| edit_header_json(dir, |json| json[NORM] = json!({}))),
        ("`model.norm.weight` has no offsets", |dir| {
            edit_header_json(dir, |json| json[NORM]["data_offsets"] = json!([-1, 5]));
        }),
        ("`model.norm.weight` lies at bytes", |dir| {
            edit_header_json(dir, |json| json[NORM]["data_offsets"] = json!([0, u64::MAX]));
        }),
        ("`model.norm.weight` lies at bytes 9 to 8", |dir| {
            edit_header_json(dir, |json| json[NORM]["data_offsets"] = json!([9, 8]));
        }),
        ("model.safetensors", |dir| edit_header_json(dir, |json| json[NORM]["data_offsets"] = json!([0, 128]))),
        ("model.safetensors", |dir| edit_header_json(dir, |json| json[NORM]["shape"] = json!([65]))),
        ("model.safetensors", |dir| {
            edit_header_json(dir, |json| json[NORM]["shape"] = json!([1u64 << 63, 1u64 << 63]))
        }),
        ("model.safetensors", |dir| edit_header_json(dir, |json| json[NORM]["dtype"] = json!("F7"))),
        ("`model.norm.weight` has element type I16; BF16, F16 and F32 are read", |dir| {
            edit_header_json(dir, |json| json[NORM]["dtype"] = json!("I16"));
        }),
        ("`model.norm.weight` has shape [8, 8], the model needs [64]", |dir| {
            edit_header_json(dir, |json| json[NORM]["shape"] = json!([8, 8]));
        }),
        ("`model.norm.weight` is missing", |dir| {
            edit_header(dir, |text| text.replace(NORM, "model.morn.weight"));
        }),
        ("`model.layers.0.self_attn.q_norm.weight` is not one this model has", |dir| {
            edit_header_json(dir, |json| {
                let end = json.as_object().unwrap().values().map(|t| t["data_offsets"][1].as_u64().unwrap()).max();
                json["model.layers.0.self_attn.q_norm.weight"] =
                    json!({ "dtype": "BF16", "shape": [0], "data_offsets": [end, end] });
            });
        }),
        ("is not finite at element", |dir| {
            let path = dir.join("model.safetensors");
            let mut bytes = fs::read(&path).unwrap();
            let end = bytes.len();
            bytes[end - 2..].copy_from_slice(&[0xC0, 0x7F]);
            fs::write(&path, bytes).unwrap();
        }),
        ("cannot read", |dir| fs::remove_file(dir.join("model.safetensors")).unwrap()),
    ];
    for (words, spoil) in cases {
        let message = refusal(1, spoil);
        assert!(message.contains(words), "expected `{words}` in `{message}`");
    }
}

#[test]
fn every_truncation_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    tiny::write_folder(dir.path(), &tiny::config(Architecture::Llama, true), Dtype::BF16, 1);
    let path = dir.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    for end in (0..bytes.len()).step_by(1009).chain(bytes.len() - 4..bytes.len()) {
        fs::write(&path, &bytes[..end]).unwrap();
        assert!(Model::open(dir.path()).is_err(), "cut at {end}");
    }
}

#[test]
fn hostile_indexes() {
    type Case = (&'static str, fn(&mut Value));
    let cases: &[Case] = &[
        ("is not the name of a file", |json| json["weight_map"]["model.norm.weight"] = json!("../model-0.safetensors")),
        ("is not the name of a file", |json| json["weight_map"]["model.norm.weight"] = json!("/etc/passwd")),
        ("is not the name of a file", |json| json["weight_map"]["model.norm.weight"] = json!("")),
        ("other.safetensors", |json| json["weight_map"]["model.norm.weight"] = json!("other.safetensors")),
        ("which lacks it", |json| {
            let other = json["weight_map"]["lm_head.weight"].clone();
            assert_eq!(json["weight_map"]["model.layers.1.mlp.down_proj.weight"], "model-2.safetensors");
            json["weight_map"]["model.layers.1.mlp.down_proj.weight"] = other;
        }),
        ("index.json", |json| json["weight_map"] = json!(5)),
        ("index.json", |json| *json = json!([])),
    ];
    for (words, edit) in cases {
        let message = refusal(3, |dir| edit_json(&dir.join("model.safetensors.index.json"), edit));
        assert!(message.contains(words), "expected `{words}` in `{message}`");
    }
    let twice = r#"{"weight_map": {"a": "model-0.safetensors", "a": "model-1.safetensors"}}"#;
    let message = refusal(3, |dir| fs::write(dir.join("model.safetensors.index.json"), twice).unwrap());
    assert!(message.contains("`a` is there twice"), "{message}");
    let message = refusal(3, |dir| {
        fs::copy(dir.join("model-0.safetensors"), dir.join("model-1.safetensors")).unwrap();
    });
    assert!(message.contains("is also in"), "{message}");
}

#[test]
fn configurations_that_do_not_fit() {
    type Case = (&'static str, fn(&mut Value));
    let cases: &[Case] = &[
        ("model type `mamba` is not supported", |json| json["model_type"] = json!("mamba")),
        ("`hidden_size`", |json| {
            json.as_object_mut().unwrap().remove("hidden_size");
        }),
        ("hidden size 0", |json| json["hidden_size"] = json!(0)),
        ("hidden size 18446744073709551615", |json| json["hidden_size"] = json!(u64::MAX)),
        ("config.json", |json| json["hidden_size"] = json!(-1)),
        ("config.json", |json| json["hidden_size"] = json!("64")),
        ("number of heads 0", |json| json["num_attention_heads"] = json!(0)),
        ("layers", |json| json["num_hidden_layers"] = json!(1 << 20)),
        ("head size 15 is odd", |json| json["head_dim"] = json!(15)),
        ("activation `gelu` is not supported", |json| json["hidden_act"] = json!("gelu")),
        ("RoPE scaling `linear` is not supported", |json| {
            json["rope_scaling"] = json!({"type": "linear", "factor": 2.0})
        }),
        ("RoPE scaling `yarn` is not supported", |json| json["rope_parameters"] = json!({"rope_type": "yarn"})),
        ("sliding windows", |json| json["use_sliding_window"] = json!(true)),
        ("`attention_bias` false", |json| json["attention_bias"] = json!(false)),
        ("tensor `model.layers.2.input_layernorm.weight` is missing", |json| json["num_hidden_layers"] = json!(3)),
        ("is not one this model has", |json| json["num_hidden_layers"] = json!(1)),
        ("RoPE base 0", |json| json["rope_theta"] = json!(0.0)),
    ];
    for (words, edit) in cases {
        let message = refusal(1, |dir| edit_json(&dir.join("config.json"), edit));
        assert!(message.contains(words), "expected `{words}` in `{message}`");
    }
    let message = refusal(1, |dir| fs::write(dir.join("config.json"), "{").unwrap());
    assert!(message.contains("config.json"), "{message}");
    let message = refusal(1, |dir| fs::write(dir.join("tokenizer.json"), "{}").unwrap());
    assert!(message.contains("tokenizer.json"), "{message}");
    let message = refusal(1, |dir| fs::remove_file(dir.join("tokenizer.json")).unwrap());
    assert!(message.contains("tokenizer.json"), "{message}");
}
