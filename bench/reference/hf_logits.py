"""Logits of Hugging Face's model with the synthetic weights, and how ours compare.

    python3 hf_logits.py --model synthetic:deepseek-r1-distill-qwen-1.5b --tokens-file tokens.json \
        --out reference.f32 --ours ours.f32

`ours.f32` is what `tenfold-decode logits` wrote: little-endian f32, one row of the vocabulary's size per token. Prints
one JSON object. Exits with 1 if any step fails:

- its cosine with the reference is below `--min-cosine` (0.9999; 0.999 if the reference itself runs in bf16), or
- its most likely token is another one, and the reference puts its own choice ahead of ours by more than the noise of
  bf16, taken as 2^-5 (eight roundings of 2^-8) times the standard deviation of the step's reference logits.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

import synthetic

NOISE = 2.0**-5


def read_tokens(path: Path) -> list[int]:
    """A JSON array, or numbers between blanks."""
    text = path.read_text()
    return json.loads(text) if text.lstrip().startswith("[") else [int(word) for word in text.split()]


def hf_config(config: synthetic.Config):
    """The model's class and Hugging Face's configuration of the same sizes."""
    import transformers

    classes = {
        "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
        "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    }
    config_class, model_class = classes[config.model_type]
    sizes = dict(
        vocab_size=config.vocab,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.kv_heads,
        head_dim=config.head_dim,
        max_position_embeddings=config.context,
        rms_norm_eps=config.rms_eps,
        tie_word_embeddings=config.tied,
        hidden_act="silu",
        attention_dropout=0.0,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    if int(transformers.__version__.split(".")[0]) >= 5:
        sizes["rope_parameters"] = {"rope_type": "default", "rope_theta": config.rope_theta}
    else:
        sizes["rope_theta"] = config.rope_theta
    return model_class, config_class(**sizes)


def build(config: synthetic.Config, device, dtype, attention: str = "eager"):
    """Hugging Face's model with the synthetic weights, in evaluation mode."""
    import torch

    model_class, sizes = hf_config(config)
    sizes._attn_implementation = attention
    # Made on the device in the type wanted: a cast later would round the rotary frequencies too.
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = model_class(sizes)
    finally:
        torch.set_default_dtype(before)
    model.eval().requires_grad_(False)
    expected = synthetic.shapes(config)
    filled = set()
    for name, parameter in model.named_parameters():
        synthetic.torch_fill(config, name, parameter.data)
        filled.add(name)
    assert filled == set(expected), f"other tensors than expected: {sorted(filled ^ set(expected))}"
    # Rotary pairs (i, i + head_dim / 2) turn by position * theta^(-2i / head_dim).
    angles = model.model.rotary_emb.inv_freq.double().cpu()
    wanted = config.rope_theta ** -(torch.arange(0, config.head_dim, 2).double() / config.head_dim)
    assert angles.shape == wanted.shape and torch.allclose(angles, wanted, rtol=1e-6, atol=0.0), "rotary frequencies"
    return model


def logits(model, tokens: list[int], device) -> np.ndarray:
    """Logits after each token, `[steps, vocab]` f32; one pass with a causal mask."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    with torch.inference_mode():
        ids = torch.tensor([tokens], dtype=torch.int64, device=device)
        return model(input_ids=ids, use_cache=False).logits[0].float().cpu().numpy()


def compare(reference: np.ndarray, ours: np.ndarray, min_cosine: float) -> dict:
    """Compares `[steps, vocab]` with the rule above."""
    steps = []
    for index, (theirs, mine) in enumerate(zip(reference.astype(np.float64), ours.astype(np.float64), strict=True)):
        norms = np.linalg.norm(theirs) * np.linalg.norm(mine)
        cosine = float(theirs @ mine / norms) if norms > 0.0 else 0.0
        best, chosen = int(theirs.argmax()), int(mine.argmax())
        second, first = np.partition(theirs, -2)[-2:]
        lead, noise = float(theirs[best] - theirs[chosen]), float(NOISE * theirs.std())
        finite = bool(np.isfinite(mine).all() and np.isfinite(theirs).all())
        steps.append(
            dict(
                step=index,
                cosine=cosine,
                reference_token=best,
                our_token=chosen,
                same_token=best == chosen,
                margin=float(first - second),
                lead=lead,
                noise=noise,
                max_abs_difference=float(np.abs(theirs - mine).max()),
                passed=finite and cosine >= min_cosine and lead <= noise,
            )
        )
    return dict(
        steps=len(steps),
        passed=bool(steps) and all(step["passed"] for step in steps),
        failed_steps=[step["step"] for step in steps if not step["passed"]],
        min_cosine=min(step["cosine"] for step in steps),
        required_cosine=min_cosine,
        same_tokens=sum(step["same_token"] for step in steps),
        max_abs_difference=max(step["max_abs_difference"] for step in steps),
        reference_deviation=float(reference.std()),
        per_step=steps,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b")
    parser.add_argument("--tokens-file", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="write the reference's logits")
    parser.add_argument("--ours", type=Path, help="logits to compare")
    parser.add_argument("--json", type=Path, help="write the JSON object here too")
    parser.add_argument("--bf16", action="store_true", help="run the reference in bf16 instead of f32")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--min-cosine", type=float)
    args = parser.parse_args()

    import torch
    import transformers

    tokens = read_tokens(args.tokens_file)
    config = synthetic.config(args.model)
    start = time.perf_counter()
    model = build(config, args.device, torch.bfloat16 if args.bf16 else torch.float32)
    built = time.perf_counter()
    reference = logits(model, tokens, args.device)
    result = dict(
        model=args.model,
        reference_dtype="bf16" if args.bf16 else "f32",
        device=torch.cuda.get_device_name() if args.device.startswith("cuda") else args.device,
        torch=torch.__version__,
        transformers=transformers.__version__,
        build_seconds=round(built - start, 2),
        forward_seconds=round(time.perf_counter() - built, 2),
        tokens=len(tokens),
    )
    if args.out:
        reference.astype("<f4").tofile(args.out)
    passed = True
    if args.ours:
        ours = np.fromfile(args.ours, dtype="<f4")
        if ours.size != reference.size:
            sys.exit(f"{args.ours} has {ours.size} numbers, {len(tokens)} x {config.vocab} are needed")
        default = 0.999 if args.bf16 else 0.9999
        minimum = default if args.min_cosine is None else args.min_cosine
        result["comparison"] = compare(reference, ours.reshape(reference.shape), minimum)
        passed = result["comparison"]["passed"]
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
