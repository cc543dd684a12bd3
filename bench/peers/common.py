"""The protocol that all peers share: greedy decoding of one sequence, EOS ignored, every token brought to the host.

A peer gives `reset(prompt) -> token` (prefill, not timed) and `step(token) -> token`. A token's time runs from having
the previous token on the host to having this one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))

import synthetic


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b")
    parser.add_argument("--context", type=int, nargs="+", default=[32], help="prompt tokens; one result for each")
    parser.add_argument("--tokens", type=int, default=128, help="tokens timed in a run")
    parser.add_argument("--runs", type=int, default=5, help="runs timed")
    parser.add_argument("--warmup", type=int, default=2, help="runs before those")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", choices=["bf16", "f32"], default="bf16")
    parser.add_argument("--json", type=Path, help="write the JSON object here too")
    return parser


def dtype(args):
    import torch

    return {"bf16": torch.bfloat16, "f32": torch.float32}[args.dtype]


def prompt(count: int, vocab: int) -> list[int]:
    """A prompt that is the same for all peers."""
    return [(index * 7919 + 13) % vocab for index in range(count)]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def measure(peer, args, vocab: int, context: int) -> dict:
    """Times one context."""
    times, rates, text = [], [], None
    for run in range(args.warmup + args.runs):
        token = peer.reset(prompt(context, vocab))
        made, run_times = [token], []
        before = time.perf_counter()
        for _ in range(args.tokens):
            token = peer.step(token)
            now = time.perf_counter()
            run_times.append(now - before)
            before = now
            made.append(token)
        if text is not None and made != text:
            print("note: two runs wrote different tokens", file=sys.stderr)
        text = made
        if run >= args.warmup:
            times += run_times
            rates.append(args.tokens / sum(run_times))
    median = statistics.median(times)
    return dict(
        context=context,
        tokens=args.tokens,
        runs=args.runs,
        ms_per_token=dict(
            median=median * 1e3, p10=percentile(times, 0.1) * 1e3, p90=percentile(times, 0.9) * 1e3
        ),
        tok_s_of_median=1.0 / median,
        tok_s=statistics.median(rates),
        first_tokens=text[:8],
    )


def report(name: str, args, make) -> None:
    """Measures every context with the peer that `make(config, capacity)` returns, and prints one JSON object."""
    import torch

    config = synthetic.config(args.model)
    peer = make(config, max(args.context) + args.tokens + 1)
    result = dict(
        peer=name,
        model=args.model,
        dtype=args.dtype,
        device=torch.cuda.get_device_name() if args.device.startswith("cuda") else args.device,
        versions=dict(python=sys.version.split()[0], torch=torch.__version__, cuda=torch.version.cuda),
        results=[measure(peer, args, config.vocab, context) for context in args.context],
    )
    if "transformers" in sys.modules:
        result["versions"]["transformers"] = sys.modules["transformers"].__version__
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")
