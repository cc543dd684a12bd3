"""Writes a model with synthetic weights as a GGUF file (version 3) that llama.cpp runs: matrices in bf16, vectors in f32.

    python3 gguf_file.py --model synthetic:deepseek-r1-distill-qwen-1.5b --out model.gguf

It has no tokenizer, which llama-bench does not need. Weights are made with torch if it is here (on the GPU, if there is
one), else with NumPy.
"""

from __future__ import annotations

import argparse
import math
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))

import synthetic

ALIGNMENT = 32
F32, BF16 = 0, 30  # element types
U32, FLOAT, STRING = 4, 6, 8  # types of values
MOSTLY_BF16 = 32

LAYER = {
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
    **{f"self_attn.{x}_proj.{kind}": f"attn_{x}.{kind}" for x in "qkv" for kind in ("weight", "bias")},
}
OUTER = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}


def tensor_name(name: str) -> str:
    """GGUF's name of a tensor."""
    if name in OUTER:
        return OUTER[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{LAYER[rest]}"


def metadata(config: synthetic.Config, name: str) -> list[tuple[str, int, object]]:
    """Key, type and value."""
    arch = config.model_type
    return [
        ("general.architecture", STRING, arch),
        ("general.name", STRING, name),
        ("general.file_type", U32, MOSTLY_BF16),
        (f"{arch}.block_count", U32, config.layers),
        (f"{arch}.context_length", U32, config.context),
        (f"{arch}.embedding_length", U32, config.hidden),
        (f"{arch}.feed_forward_length", U32, config.intermediate),
        (f"{arch}.attention.head_count", U32, config.heads),
        (f"{arch}.attention.head_count_kv", U32, config.kv_heads),
        (f"{arch}.attention.key_length", U32, config.head_dim),
        (f"{arch}.attention.value_length", U32, config.head_dim),
        (f"{arch}.rope.dimension_count", U32, config.head_dim),
        (f"{arch}.attention.layer_norm_rms_epsilon", FLOAT, config.rms_eps),
        (f"{arch}.rope.freq_base", FLOAT, config.rope_theta),
        (f"{arch}.vocab_size", U32, config.vocab),
        ("tokenizer.ggml.model", STRING, "no_vocab"),
    ]


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def header(config: synthetic.Config, name: str) -> tuple[bytes, list[tuple[str, int, int]]]:
    """Everything before the data, and for each tensor its name here, its type and its size in bytes."""
    shapes = synthetic.shapes(config)
    values = metadata(config, name)
    out = [struct.pack("<4sIQQ", b"GGUF", 3, len(shapes), len(values))]
    for key, kind, value in values:
        packed = string(value) if kind == STRING else struct.pack("<f" if kind == FLOAT else "<I", value)
        out.append(string(key) + struct.pack("<I", kind) + packed)
    tensors, offset = [], 0
    for tensor, shape in shapes.items():
        kind = BF16 if len(shape) == 2 else F32
        size = math.prod(shape) * (2 if kind == BF16 else 4)
        extents = struct.pack(f"<{len(shape)}Q", *reversed(shape))
        out.append(string(tensor_name(tensor)) + struct.pack("<I", len(shape)) + extents)
        out.append(struct.pack("<IQ", kind, offset))
        tensors.append((tensor, kind, size))
        offset += aligned(size)
    text = b"".join(out)
    return text.ljust(aligned(len(text)), b"\0"), tensors


def row_order(config: synthetic.Config, name: str) -> list[int] | None:
    """llama.cpp turns neighbouring pairs of a Llama's query and key rows, Hugging Face the two halves of a head: the
    rows of a head are dealt out in turn. `None` if the rows stay."""
    heads = {"q": config.heads, "k": config.kv_heads}
    part = name.rsplit("self_attn.", 1)[-1]
    if config.model_type != "llama" or part not in ("q_proj.weight", "k_proj.weight"):
        return None
    size, half = config.head_dim, config.head_dim // 2
    return [head * size + pair + side * half for head in range(heads[part[0]]) for pair in range(half) for side in (0, 1)]


def data(config: synthetic.Config, name: str, kind: int) -> bytes:
    """A tensor's bytes."""
    order = row_order(config, name)
    try:
        import torch
    except ImportError:
        return numpy_data(config, name, kind, order)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tensor = synthetic.torch_tensor(config, name, device)
    if order is not None:
        tensor = tensor[torch.tensor(order, device=device)]
    tensor = tensor.float() if kind == F32 else tensor
    return tensor.contiguous().view(torch.uint8).cpu().numpy().tobytes()


def numpy_data(config: synthetic.Config, name: str, kind: int, order: list[int] | None) -> bytes:
    import numpy as np

    shape = synthetic.shapes(config)[name]
    bits = np.empty(math.prod(shape), np.uint16)
    for start in range(0, bits.size, synthetic.CHUNK):
        stop = min(start + synthetic.CHUNK, bits.size)
        bits[start:stop] = synthetic.numpy_bits(config, name, start, stop)
    if order is not None:
        bits = bits.reshape(shape)[order]
    return ((bits.astype(np.uint32) << 16) if kind == F32 else bits).tobytes()


def write(config: synthetic.Config, name: str, path: Path) -> None:
    """Writes the file; a file that is there is complete."""
    start, tensors = header(config, name)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(start)
        for tensor, kind, size in tensors:
            content = data(config, tensor, kind)
            assert len(content) == size, (tensor, len(content), size)
            file.write(content.ljust(aligned(size), b"\0"))
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write(synthetic.config(args.model), args.model.removeprefix("synthetic:"), args.out)


if __name__ == "__main__":
    main()
