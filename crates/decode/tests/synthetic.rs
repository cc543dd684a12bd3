//! Synthetic weights: fixed vectors, and the Python generator's bits.

use std::collections::BTreeMap;
use std::process::Command;

use bundle::manifest::Dtype;
use decode::{Model, Tensor, encode};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/reference/synthetic.py");

/// A tensor's bit patterns as bf16.
fn bits(model: &Model, tensor: Tensor) -> Vec<u16> {
    let bytes = model.load_encoded(tensor, Dtype::Bf16).unwrap();
    bytes.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

/// The table of `docs/synthetic-weights.md`.
#[test]
fn documented_vectors() {
    let document = include_str!("../../../docs/synthetic-weights.md");
    let model = Model::synthetic("synthetic:deepseek-r1-distill-qwen-1.5b").unwrap();
    let tensors: BTreeMap<String, Tensor> =
        Tensor::all(model.config()).into_iter().map(|tensor| (tensor.hf_name(), tensor)).collect();
    let mut rows = 0;
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (tensor, first) = (tensors[cells[1]], cells[2].parse::<usize>().unwrap());
        let expected: Vec<u16> = cells[3].split(' ').map(|word| u16::from_str_radix(word, 16).unwrap()).collect();
        assert_eq!(bits(&model, tensor)[first..][..expected.len()], expected, "{line}");
        rows += 1;
    }
    assert!(rows >= 5, "the document has {rows} vectors");
}

#[test]
fn every_way_to_load_agrees() {
    let model = Model::synthetic("synthetic:qwen2-reduced").unwrap();
    for tensor in Tensor::all(model.config()) {
        let values = model.load(tensor).unwrap();
        assert_eq!(values.len() as u64, tensor.shape(model.config()).iter().product::<u64>());
        for dtype in [Dtype::Bf16, Dtype::F32, Dtype::F16] {
            assert_eq!(model.load_encoded(tensor, dtype).unwrap(), encode(&values, dtype).unwrap(), "{tensor:?}");
        }
    }
}

#[test]
fn same_bits_as_python() {
    let numpy = Command::new("python3").args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: python3 with numpy is not here; the Python generator is not compared");
        return;
    }
    // Every tensor of the small model in full, the start of every tensor of the others.
    for (name, count) in [
        ("synthetic:qwen2-reduced", 1 << 20),
        ("synthetic:smollm2-135m", 40),
        ("synthetic:deepseek-r1-distill-qwen-1.5b", 40),
    ] {
        let model = Model::synthetic(name).unwrap();
        let output =
            Command::new("python3").args([SCRIPT, "--model", name, "--count", &count.to_string()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: BTreeMap<&str, &str> = text.lines().map(|line| line.split_once(' ').unwrap()).collect();
        let tensors = Tensor::all(model.config());
        assert_eq!(lines.len(), tensors.len());
        for tensor in tensors {
            let tensor_name = tensor.hf_name();
            // Whole matrices are made for 40 elements: some layers stand for the others.
            if let Tensor::Layer(layer, _) = tensor
                && count < 1000
                && layer % 9 != 0
            {
                continue;
            }
            let ours = bits(&model, tensor);
            let theirs: Vec<u16> =
                lines[tensor_name.as_str()].split(' ').map(|word| u16::from_str_radix(word, 16).unwrap()).collect();
            assert_eq!(theirs.len(), ours.len().min(count), "{name} {tensor_name}");
            assert_eq!(ours[..theirs.len()], theirs, "{name} {tensor_name}");
        }
    }
}
