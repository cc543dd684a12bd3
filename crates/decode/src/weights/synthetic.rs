//! Weights from a formula: a model of any size without files, the same bit for bit in Rust, CUDA and Python.
//!
//! `docs/synthetic-weights.md` states the formula.

use std::path::{Path, PathBuf};
use std::thread::{available_parallelism, scope};

use half::bf16;

use crate::config::{Architecture, Config};
use crate::error::{Error, TensorProblem};
use crate::weights::tensor::{LayerTensor, Tensor};

/// What comes before the name of a synthetic model.
pub(crate) const PREFIX: &str = "synthetic:";

/// The built-in models, by full name.
pub(crate) const NAMES: &[&str] =
    &["synthetic:deepseek-r1-distill-qwen-1.5b", "synthetic:smollm2-135m", "synthetic:qwen2-reduced"];

/// Odd number that spreads neighbouring indices.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Elements that one thread makes at a time, at least.
const CHUNK: usize = 1 << 16;

/// The sizes of a built-in model, `name` with its prefix.
pub(super) fn config(name: &str) -> Option<Config> {
    let short = name.strip_prefix(PREFIX)?;
    let qwen2 = |hidden, layers, heads, kv_heads, head_dim, intermediate, vocab, context| Config {
        name: name.to_owned(),
        architecture: Architecture::Qwen2,
        hidden,
        layers,
        heads,
        kv_heads,
        head_dim,
        intermediate,
        vocab,
        context,
        rms_eps: 1e-6,
        rope_theta: 10_000.0,
        qkv_bias: true,
        tied: false,
    };
    match short {
        "deepseek-r1-distill-qwen-1.5b" => Some(qwen2(1536, 28, 12, 2, 128, 8960, 151_936, 131_072)),
        "qwen2-reduced" => Some(qwen2(93, 2, 12, 2, 10, 171, 1009, 75)),
        "smollm2-135m" => Some(Config {
            architecture: Architecture::Llama,
            rms_eps: 1e-5,
            rope_theta: 100_000.0,
            qkv_bias: false,
            tied: true,
            ..qwen2(576, 30, 9, 3, 64, 1536, 49_152, 8192)
        }),
        _ => None,
    }
}

/// A model whose numbers are computed when they are asked for.
pub(super) struct Synthetic {
    /// What messages say instead of a path.
    path: PathBuf,
}

impl Synthetic {
    pub(super) fn new(config: &Config) -> Synthetic {
        Synthetic { path: PathBuf::from(&config.name) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A tensor's numbers, all of them exact in bf16.
    pub(super) fn load(&self, config: &Config, tensor: Tensor) -> Result<Vec<f32>, Error> {
        let formula = Formula::of(config, tensor);
        let mut values = self.reserve(config, tensor, 1)?;
        fill(&mut values, 1, |index, out: &mut [f32]| out[0] = formula.value(index).to_f32());
        Ok(values)
    }

    /// A tensor as bf16, little-endian.
    pub(super) fn load_bf16(&self, config: &Config, tensor: Tensor) -> Result<Vec<u8>, Error> {
        let formula = Formula::of(config, tensor);
        let mut bytes = self.reserve(config, tensor, 2)?;
        fill(&mut bytes, 2, |index, out: &mut [u8]| out.copy_from_slice(&formula.value(index).to_le_bytes()));
        Ok(bytes)
    }

    /// Zeroes for a tensor, `units` of them per element.
    fn reserve<T: Clone + Default>(&self, config: &Config, tensor: Tensor, units: u64) -> Result<Vec<T>, Error> {
        let elements: u64 = tensor.shape(config).iter().product();
        let memory = || Error::tensor(&self.path, tensor.hf_name(), TensorProblem::Memory { elements });
        let count = usize::try_from(elements * units).map_err(|_| memory())?;
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| memory())?;
        values.resize(count, T::default());
        Ok(values)
    }
}

/// How the elements of one tensor come from their indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Formula {
    /// FNV-1a of the tensor's name.
    seed: u64,
    /// Added to the number drawn, which has 24 bits with its sign.
    offset: i32,
    /// Bits of the number drawn that are dropped.
    shift: u32,
    /// Power of two that everything is multiplied with last.
    exponent: i32,
}

impl Formula {
    fn of(config: &Config, tensor: Tensor) -> Formula {
        // Weights are drawn from [-2^e, 2^e).
        let drawn = |e: i32| (0, 0, e - 23);
        // About 1 / sqrt(inputs): the power of two within [1, 2) times that.
        let matrix = |inputs: u64| -(inputs.max(1).ilog2() as i32 / 2);
        // 1 and up to an eighth more or less.
        let norm = (1 << 23, 3, -23);
        let (offset, shift, exponent) = match tensor {
            Tensor::Embedding if !config.tied => drawn(-1),
            Tensor::Embedding | Tensor::LmHead => drawn(matrix(config.hidden)),
            Tensor::FinalNorm => norm,
            Tensor::Layer(_, part) => match part {
                LayerTensor::AttentionNorm | LayerTensor::MlpNorm => norm,
                LayerTensor::QBias | LayerTensor::KBias | LayerTensor::VBias => drawn(-3),
                // Twice the others, so that attention prefers some positions.
                LayerTensor::Q | LayerTensor::K => drawn(matrix(config.hidden) + 1),
                LayerTensor::V | LayerTensor::Gate | LayerTensor::Up => drawn(matrix(config.hidden)),
                LayerTensor::O => drawn(matrix(config.q_dim())),
                LayerTensor::Down => drawn(matrix(config.intermediate)),
            },
        };
        Formula { seed: fnv1a(tensor.hf_name().as_bytes()), offset, shift, exponent }
    }

    fn value(self, index: u64) -> bf16 {
        let drawn = (hash(self.seed, index) as i32) >> 8;
        let number = self.offset + (drawn >> self.shift);
        // Both factors and the product are exact: 24 bits, and a power of two far from the ends of the range.
        bf16::from_f32(number as f32 * f32::from_bits(((127 + self.exponent) as u32) << 23))
    }
}

/// FNV-1a with 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// 32 well-mixed bits for an element: the upper half of SplitMix64's output for counter `index`.
pub(crate) fn hash(seed: u64, index: u64) -> u32 {
    let mut x = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(STEP));
    x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ x >> 31) >> 32) as u32
}

/// Fills `out`, `unit` items per element, on all cores.
fn fill<T: Send>(out: &mut [T], unit: usize, element: impl Fn(u64, &mut [T]) + Sync) {
    let threads = available_parallelism().map_or(1, usize::from);
    let share = (out.len() / unit).div_ceil(threads).max(CHUNK);
    scope(|scope| {
        for (number, part) in out.chunks_mut(share * unit).enumerate() {
            let element = &element;
            scope.spawn(move || {
                for (index, item) in part.chunks_exact_mut(unit).enumerate() {
                    element((number * share + index) as u64, item);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deepseek() -> Config {
        config(NAMES[0]).unwrap()
    }

    /// The vectors of `docs/synthetic-weights.md`.
    #[test]
    fn fixed_vectors() {
        assert_eq!(fnv1a(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xAF63_DC4C_8601_EC8C);
        // SplitMix64's first outputs for seed 0, as published.
        assert_eq!([hash(0, 0), hash(0, 1), hash(0, 2)], [0xE220_A839, 0x6E78_9E6A, 0x06C4_5D18]);
    }

    #[test]
    fn chunks_join_without_a_seam() {
        let config = deepseek();
        let synthetic = Synthetic::new(&config);
        let tensor = Tensor::Layer(3, LayerTensor::K);
        let (values, bytes) = (synthetic.load(&config, tensor).unwrap(), synthetic.load_bf16(&config, tensor).unwrap());
        let formula = Formula::of(&config, tensor);
        assert_eq!(values.len(), 256 * 1536);
        for (index, (value, pair)) in values.iter().zip(bytes.as_chunks().0).enumerate() {
            let expected = formula.value(index as u64);
            assert_eq!((value.to_bits(), *pair), (expected.to_f32().to_bits(), expected.to_le_bytes()), "{index}");
        }
    }

    #[test]
    fn numbers_have_the_promised_range_and_spread() {
        let config = deepseek();
        let spread = |tensor| {
            let formula = Formula::of(&config, tensor);
            let values: Vec<f64> = (0..100_000).map(|index| f64::from(formula.value(index).to_f32())).collect();
            let mean = values.iter().sum::<f64>() / 1e5;
            let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 1e5).sqrt();
            let largest = values.iter().fold(0.0, |largest: f64, value| largest.max((value - mean).abs()));
            (mean, deviation, largest)
        };
        for (tensor, centre, range) in [
            (Tensor::Embedding, 0.0, 0.5),
            (Tensor::LmHead, 0.0, 1.0 / 32.0),
            (Tensor::FinalNorm, 1.0, 0.125),
            (Tensor::Layer(0, LayerTensor::Q), 0.0, 1.0 / 16.0),
            (Tensor::Layer(27, LayerTensor::Down), 0.0, 1.0 / 64.0),
            (Tensor::Layer(27, LayerTensor::VBias), 0.0, 0.125),
        ] {
            let (mean, deviation, largest) = spread(tensor);
            assert!((mean - centre).abs() < range * 0.01, "{tensor:?}: mean {mean}");
            assert!((deviation / range - 3f64.sqrt().recip()).abs() < 0.01, "{tensor:?}: deviation {deviation}");
            assert!(largest <= range * 1.01 && largest > range * 0.98, "{tensor:?}: largest {largest}");
        }
    }

    #[test]
    fn built_in_sizes_are_possible() {
        for name in NAMES {
            let config = config(name).unwrap();
            assert_eq!(&config.name, name);
            config.check(Path::new(name)).unwrap();
        }
        assert_eq!(config("synthetic:"), None);
        assert_eq!(config("smollm2-135m"), None);
    }
}
