//! The peers' scripts: their own tests, and the model file they write for llama.cpp read by our reader.

use std::process::Command;

use bundle::manifest::Dtype;
use decode::gguf::{Header, TensorType};
use decode::{LayerTensor, Model, Tensor};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/peers");

/// Whether `python3` has what `import` wants; says so if not.
fn python_has(import: &str) -> bool {
    let found = Command::new("python3").args(["-c", import]).output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: python3 that can `{import}` is not here; bench/peers is not tested");
    }
    found
}

fn python() -> Command {
    python_in(FOLDER)
}

fn python_in(folder: &str) -> Command {
    let mut command = Command::new("python3");
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[test]
fn scripts_pass_their_own_tests() {
    if !python_has("import sys; assert sys.version_info >= (3, 11)") {
        return;
    }
    let output = python().args(["-m", "unittest", "test_peers"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The command that verifies a GPU, with a program in the place of ours.
#[test]
fn the_verifier_passes_its_own_tests() {
    if !python_has("import sys; assert sys.version_info >= (3, 11)") {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench");
    let output = python_in(folder).args(["-m", "unittest", "test_verify_gpu"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn model_file_for_llama_cpp() {
    if !python_has("import numpy") {
        return;
    }
    let name = "synthetic:qwen2-reduced";
    let model = Model::synthetic(name).unwrap();
    let config = model.config();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.gguf");
    let output = python().args(["gguf_file.py", "--model", name, "--out"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let bytes = std::fs::read(&path).unwrap();
    let header = Header::parse(&bytes).unwrap();
    assert_eq!(header.string("general.architecture"), Some("qwen2"));
    assert_eq!(header.unsigned("qwen2.vocab_size"), Some(config.vocab));
    assert_eq!(header.unsigned("qwen2.attention.head_count_kv"), Some(config.kv_heads));
    assert_eq!(header.float("qwen2.rope.freq_base"), Some(config.rope_theta));
    for (tensor, name) in [
        (Tensor::Embedding, "token_embd.weight"),
        (Tensor::FinalNorm, "output_norm.weight"),
        (Tensor::LmHead, "output.weight"),
        (Tensor::Layer(1, LayerTensor::Down), "blk.1.ffn_down.weight"),
        (Tensor::Layer(1, LayerTensor::Q), "blk.1.attn_q.weight"),
        (Tensor::Layer(0, LayerTensor::QBias), "blk.0.attn_q.bias"),
    ] {
        let found = &header.tensors[name];
        assert_eq!(found.shape, tensor.shape(config), "{name}");
        // The formula rounds norms and biases to bf16 too: as f32 they are the same numbers.
        let bf16 = model.load_encoded(tensor, Dtype::Bf16).unwrap();
        let wide = || bf16.as_chunks::<2>().0.iter().flat_map(|pair| [0, 0, pair[0], pair[1]]).collect();
        let is_matrix = found.shape.len() == 2;
        assert_eq!(found.kind, if is_matrix { TensorType::Bf16 } else { TensorType::F32 }, "{name}");
        let expected: Vec<u8> = if is_matrix { bf16.clone() } else { wide() };
        assert!(bytes[found.range.clone()] == expected[..], "{name}");
    }
    assert_eq!(header.tensors.len(), Tensor::all(config).len());
}
