"""Synthetic weights: the formula of docs/synthetic-weights.md with NumPy and with torch.

Both give the bits that the decode engine makes from `--model synthetic:NAME`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15
MIX1 = 0xBF58476D1CE4E5B9
MIX2 = 0x94D049BB133111EB
# Elements made at a time: bounds the memory of the 64-bit temporaries.
CHUNK = 1 << 24


@dataclass(frozen=True)
class Config:
    """Sizes and constants of a model; `model_type` is "qwen2" (biases on query, key, value) or "llama" (none)."""

    model_type: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    context: int
    rms_eps: float
    rope_theta: float
    tied: bool

    @property
    def qkv_bias(self) -> bool:
        return self.model_type == "qwen2"


CONFIGS = {
    "deepseek-r1-distill-qwen-1.5b": Config(
        "qwen2", 1536, 28, 12, 2, 128, 8960, 151936, 131072, 1e-6, 10000.0, False
    ),
    "smollm2-135m": Config("llama", 576, 30, 9, 3, 64, 1536, 49152, 8192, 1e-5, 100000.0, True),
    "qwen2-reduced": Config("qwen2", 93, 2, 12, 2, 10, 171, 1009, 75, 1e-6, 10000.0, False),
}


def config(name: str) -> Config:
    """The built-in configuration, with or without the prefix `synthetic:`."""
    return CONFIGS[name.removeprefix("synthetic:")]


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every tensor of the model: Hugging Face's name and shape, one row per output."""
    hidden, mlp = config.hidden, config.intermediate
    q, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
    out = {"model.embed_tokens.weight": (config.vocab, hidden), "model.norm.weight": (hidden,)}
    if not config.tied:
        out["lm_head.weight"] = (config.vocab, hidden)
    for layer in range(config.layers):
        part = {"input_layernorm.weight": (hidden,), "post_attention_layernorm.weight": (hidden,)}
        for name, rows in (("q", q), ("k", kv), ("v", kv)):
            part[f"self_attn.{name}_proj.weight"] = (rows, hidden)
            if config.qkv_bias:
                part[f"self_attn.{name}_proj.bias"] = (rows,)
        part["self_attn.o_proj.weight"] = (hidden, q)
        part["mlp.gate_proj.weight"] = (mlp, hidden)
        part["mlp.up_proj.weight"] = (mlp, hidden)
        part["mlp.down_proj.weight"] = (hidden, mlp)
        out.update({f"model.layers.{layer}.{name}": shape for name, shape in part.items()})
    return out


def seed(name: str) -> int:
    """FNV-1a with 64 bits."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def formula(config: Config, name: str) -> tuple[int, int, int]:
    """(offset, shift, exponent): an element is (offset + (drawn >> shift)) * 2**exponent, rounded to bf16."""
    if name.endswith("norm.weight"):
        return 1 << 23, 3, -23
    if name.endswith(".bias"):
        return 0, 0, -3 - 23
    if name == "model.embed_tokens.weight" and not config.tied:
        return 0, 0, -1 - 23
    inputs = config.hidden
    if name.endswith("o_proj.weight"):
        inputs = config.heads * config.head_dim
    elif name.endswith("down_proj.weight"):
        inputs = config.intermediate
    twice = name.endswith(("q_proj.weight", "k_proj.weight"))
    return 0, 0, int(twice) - (inputs.bit_length() - 1) // 2 - 23


def numpy_bits(config: Config, name: str, start: int, stop: int):
    """Elements `start` to `stop` of a tensor as bf16 bit patterns (uint16), with NumPy."""
    import numpy as np

    offset, shift, exponent = formula(config, name)
    u64 = np.uint64
    x = np.arange(start + 1, stop + 1, dtype=u64) * u64(STEP) + u64(seed(name))
    x = (x ^ x >> u64(30)) * u64(MIX1)
    x = (x ^ x >> u64(27)) * u64(MIX2)
    drawn = ((x ^ x >> u64(31)) >> u64(32)).astype(np.uint32).view(np.int32) >> 8
    value = (offset + (drawn >> shift)).astype(np.float32) * np.float32(2.0**exponent)
    bits = value.view(np.uint32)
    # To nearest, ties to even; no value is near the largest.
    return ((bits + (np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1)))) >> np.uint32(16)).astype(np.uint16)


def numpy_tensor(config: Config, name: str):
    """A whole tensor as float32, with NumPy."""
    import numpy as np

    shape = shapes(config)[name]
    count = int(np.prod(shape))
    out = np.empty(count, np.uint32)
    for start in range(0, count, CHUNK):
        stop = min(start + CHUNK, count)
        out[start:stop] = numpy_bits(config, name, start, stop).astype(np.uint32) << 16
    return out.view(np.float32).reshape(shape)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def torch_fill(config: Config, name: str, out) -> None:
    """Fills the torch tensor `out` (bf16 or f32, of the right shape) on its device."""
    import torch

    assert tuple(out.shape) == shapes(config)[name], (name, out.shape)
    assert out.is_contiguous() and out.dtype in (torch.bfloat16, torch.float32)
    offset, shift, exponent = formula(config, name)
    base, step, mix1, mix2 = (_signed(value) for value in (seed(name), STEP, MIX1, MIX2))

    def right(x, count):  # a logical shift; torch has signed integers only
        return (x >> count) & ((1 << (64 - count)) - 1)

    flat = out.view(-1)
    for start in range(0, flat.numel(), CHUNK):
        stop = min(start + CHUNK, flat.numel())
        x = torch.arange(start + 1, stop + 1, dtype=torch.int64, device=out.device)
        x = x.mul_(step).add_(base)
        x = x.bitwise_xor_(right(x, 30)).mul_(mix1)
        x = x.bitwise_xor_(right(x, 27)).mul_(mix2)
        x = x.bitwise_xor_(right(x, 31))
        drawn = x >> 40  # arithmetic: the upper 24 bits with their sign
        value = ((drawn >> shift) + offset).to(torch.float32) * 2.0**exponent
        flat[start:stop] = value.to(torch.bfloat16)


def torch_tensor(config: Config, name: str, device="cpu", dtype=None):
    """A whole tensor (bf16 unless told otherwise), with torch."""
    import torch

    out = torch.empty(shapes(config)[name], dtype=dtype or torch.bfloat16, device=device)
    torch_fill(config, name, out)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Print bf16 bit patterns of a tensor's elements, in hex.")
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b")
    parser.add_argument("--tensor", action="append", help="name; all tensors if left out")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--torch", action="store_true", help="with torch (whole tensor, on the CPU)")
    args = parser.parse_args()
    model = config(args.model)
    every = shapes(model)
    for name in args.tensor or every:
        total = 1
        for extent in every[name]:
            total *= extent
        stop = min(args.start + args.count, total)
        if args.torch:
            import torch

            flat = torch_tensor(model, name).view(-1)[args.start : stop]
            bits = [value & 0xFFFF for value in flat.view(torch.int16).tolist()]
        else:
            bits = numpy_bits(model, name, args.start, stop).tolist()
        print(name, *(f"{value:04x}" for value in bits))


if __name__ == "__main__":
    main()
