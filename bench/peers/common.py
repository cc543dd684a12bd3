"""The protocol that all peers share: greedy decoding of one sequence, EOS ignored, every token brought to the host.

A peer gives `reset(prompt) -> token` (prefill, not timed) and `step(token) -> token`. A token's time runs from having
the previous token on the host to having this one. `tenfold-decode bench --ahead 0` follows the same protocol and writes
the same keys; without `--ahead 0` it sends steps before it has seen the tokens of earlier ones. Nothing here needs torch
until a peer is made.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))

import synthetic

ELEMENT_BYTES = {"bf16": 2, "f32": 4}


def numbers(text: str) -> list[int]:
    """`128,1024` as a list, ascending, each once."""
    found = sorted({int(word) for word in text.split(",")})
    if found[0] < 1:
        raise argparse.ArgumentTypeError("a context has at least one token")
    return found


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def protocol(parser: argparse.ArgumentParser) -> None:
    """The options that fix what is measured."""
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b")
    parser.add_argument("--contexts", "--context", type=numbers, default=[128], metavar="N,N", help="prompt tokens")
    parser.add_argument("--tokens", type=positive, default=64, help="tokens of a run")
    parser.add_argument("--runs", type=positive, default=5, help="runs timed")
    parser.add_argument("--warmup", type=int, default=2, help="runs before those, not timed")
    parser.add_argument("--seed", type=int, default=0, help="of the prompt")
    parser.add_argument("--device", default="cuda")


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    protocol(parser)
    parser.add_argument("--dtype", choices=list(ELEMENT_BYTES), default="bf16")
    parser.add_argument("--json", type=Path, help="write the JSON object here too")
    return parser


def dtype(args):
    import torch

    return {"bf16": torch.bfloat16, "f32": torch.float32}[args.dtype]


def prompt(count: int, vocab: int, seed: int = 0) -> list[int]:
    """A prompt that is the same for all peers."""
    return [(index * 7919 + 13 + seed) % vocab for index in range(count)]


def bytes_per_token(config: synthetic.Config, context: int, tokens: int, element: int) -> dict:
    """What a token must read, on average over a run: every weight once (norms and head, one row of the embedding), and
    keys and values of the context so far, all in elements of this size."""
    shapes = synthetic.shapes(config)
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    table = sizes.pop("model.embed_tokens.weight")
    weights = sum(sizes.values()) + config.hidden + (table if config.tied else 0)
    row = 2 * config.layers * config.kv_heads * config.head_dim
    cache = sum(row * (context + index + 1) for index in range(tokens)) // tokens
    return dict(weights=weights * element, cache=cache * element, total=(weights + cache) * element)


def percentile(values: list[float], share: float) -> float:
    """The value of the nearest rank."""
    ordered = sorted(values)
    return ordered[math.floor(share * (len(ordered) - 1) + 0.5)]


def summary(samples_ms: list[float], rates: list[float], total_bytes: int) -> dict:
    """The figures of the times of single tokens, and of the rates of whole runs."""
    median = statistics.median(samples_ms)
    return dict(
        ms_per_token=dict(median=median, p10=percentile(samples_ms, 0.1), p90=percentile(samples_ms, 0.9)),
        tok_s_of_median=1e3 / median,
        tok_s=statistics.median(rates),
        gb_per_s=total_bytes / median / 1e6,
    )


def on_device(samples_ms: list[float]) -> dict:
    """The figures of the times per token of whole runs by the device's own clock."""
    if not samples_ms:
        return dict(device_ms_per_token=None, device_samples_ms=[])
    times = dict(median=statistics.median(samples_ms), p10=percentile(samples_ms, 0.1), p90=percentile(samples_ms, 0.9))
    return dict(device_ms_per_token=times, device_samples_ms=samples_ms)


def cuda_mark():
    """A point in the order of what the GPU does."""
    import torch

    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def between(start, end) -> float:
    """Milliseconds between two marks."""
    end.synchronize()
    return start.elapsed_time(end)


def measure(peer, args, config: synthetic.Config, context: int, clock=time.perf_counter, mark=None) -> dict:
    """Times one context: by the host's clock, and between `mark()` around every run where the device has a clock."""
    samples, rates, text, same, device = [], [], None, True, []
    for run in range(args.warmup + args.runs):
        token = peer.reset(prompt(context, config.vocab, args.seed))
        made, times = [token], []
        begin = mark() if mark else None
        before = clock()
        for _ in range(args.tokens):
            token = peer.step(token)
            now = clock()
            times.append(now - before)
            before = now
            made.append(token)
        if text is not None and made != text:
            same = False
            print("note: two runs wrote different tokens", file=sys.stderr)
        text = made
        if run >= args.warmup:
            samples += [seconds * 1e3 for seconds in times]
            rates.append(args.tokens / sum(times))
            if mark:
                device.append(between(begin, mark()) / args.tokens)
    bytes_read = bytes_per_token(config, context, args.tokens, ELEMENT_BYTES[args.dtype])
    return dict(
        context=context,
        tokens=args.tokens,
        runs=args.runs,
        **summary(samples, rates, bytes_read["total"]),
        **on_device(device),
        first_tokens=text[:8],
        same_tokens=same,
        bytes_per_token=bytes_read,
        samples_ms=samples,
        rates=rates,
    )


def emit(result: dict, args) -> None:
    """Prints the JSON object, and writes it where the user wants it."""
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


def skip(name: str, args, reason: str) -> None:
    """Says that a peer is not measured, and why."""
    print(f"SKIPPED: {name}: {reason}", file=sys.stderr)
    emit(dict(peer=name, model=args.model, skipped=reason), args)


def report(name: str, args, make) -> None:
    """Measures every context with the peer that `make(config, capacity)` returns, and prints one JSON object."""
    import torch

    if args.device.startswith("cuda") and not torch.cuda.is_available():
        skip(name, args, "torch finds no CUDA GPU")
        return
    config = synthetic.config(args.model)
    peer = make(config, max(args.contexts) + args.tokens + 1)
    mark = cuda_mark if args.device.startswith("cuda") else None
    result = dict(
        peer=name,
        model=args.model,
        dtype=args.dtype,
        device=torch.cuda.get_device_name() if args.device.startswith("cuda") else args.device,
        versions=dict(python=sys.version.split()[0], torch=torch.__version__, cuda=torch.version.cuda),
        fill="run",
        seed=args.seed,
        warmup=args.warmup,
        time=int(time.time()),
        command=sys.argv,
        results=[measure(peer, args, config, context, mark=mark) for context in args.contexts],
    )
    if "transformers" in sys.modules:
        result["versions"]["transformers"] = sys.modules["transformers"].__version__
    emit(result, args)
