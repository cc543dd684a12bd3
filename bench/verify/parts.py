"""The parts of verify_gpu.py: what each finds out, and with which commands."""

from __future__ import annotations

import filecmp
import json
import sys
from pathlib import Path

from base import Bench, Check, Fail, Skip, needs, suites, tokens_file, with_cases
from sanitize import sanitize_checks
from timing import bench_checks, peers_checks

BENCH = Path(__file__).resolve().parent.parent
GOLDEN = BENCH.parent / "crates/decode/tests/data/smollm2-135m.json"


# judge


def judge(suite: str):
    def run(bench: Bench):
        file = bench.folder / f"judge-{suite}.json"
        file.unlink(missing_ok=True)
        place = ("--bundle", with_cases(bench, suite), "--device", bench.args.device)
        done = bench.tenfold("judge", *place, "--json", file)
        if not file.exists():
            raise Fail(done.last())
        result = json.loads(file.read_text())
        said = f"{result['passed']} passed, {result['failed']} failed, {result['skipped']} skipped"
        bad = [kernel for kernel in result["kernels"] if kernel["outcome"] != "passed"]
        if bad or done.code != 0 or not result["passed"]:
            reasons = "; ".join(f"{kernel['kernel']}: {kernel['reason']}" for kernel in bad)
            raise Fail(f"{said}: {reasons or done.last()}")
        fused = sum(kernel["fused"] for kernel in result["kernels"])
        cases = sum(len(kernel["cases"]) for kernel in result["kernels"])
        worst = max(kernel["relative_error"] for kernel in result["kernels"])
        return f"{said}, {fused} of them fused, {cases} cases, largest relative error {worst:.1e}", dict(result=result)

    return run


def judge_checks(bench: Bench):
    return [Check("judge", suite, 400, judge(suite)) for suite in suites(bench)]


# golden


def golden(bench: Bench):
    weights = bench.args.smollm2
    if weights is None or not weights.exists():
        raise Skip("SmolLM2's weights are not here; give --smollm2 FILE.gguf")
    done = bench.decode("check", "--golden", GOLDEN, group="smollm2-135m", model=str(weights))
    return done.last(1), dict(output=done.out)


def golden_checks(_):
    return [Check("golden", "SmolLM2-135M", 200, golden)]


# logits, repeat, fused: files of logits of the same forced tokens


def logits_file(bench: Bench, name: str, *options: str, fresh: bool = False) -> Path:
    """Logits of the forced tokens with these options; made once."""
    file = bench.folder / f"logits-{name}.f32"
    if fresh or not file.exists():
        part = file.with_suffix(".part")
        bench.decode("logits", "--tokens-file", tokens_file(bench, bench.args.steps), "--out", part, *options)
        part.replace(file)
    return file


def against_reference(bench: Bench):
    needs("torch", "transformers", "numpy")
    ours, result = logits_file(bench, "ours", fresh=True), bench.folder / "hf.json"
    result.unlink(missing_ok=True)
    tokens = tokens_file(bench, bench.args.steps)
    script = [sys.executable, BENCH / "reference/hf_logits.py", "--model", bench.args.model, "--tokens-file", tokens]
    done = bench.command([*script, "--ours", ours, "--device", bench.args.device, "--json", result])
    if not result.exists():
        raise Fail(done.last())
    return compared(json.loads(result.read_text())["comparison"])


def compared(comparison: dict):
    same, steps = comparison["same_tokens"], comparison["steps"]
    said = (
        f"{steps} steps, lowest cosine {comparison['min_cosine']:.7f}, same token in {same}, "
        f"largest difference {comparison['max_abs_difference']:.2e}"
    )
    if not comparison["passed"]:
        raise Fail(f"{said}; failed steps: {comparison['failed_steps']}")
    return said, dict(comparison=comparison)


def logits_checks(_):
    return [Check("logits", "against Hugging Face, f32", 500, against_reference)]


def same_bits(name: str, *options: str):
    def run(bench: Bench):
        first, second = logits_file(bench, "ours"), logits_file(bench, name, *options, fresh=True)
        if not filecmp.cmp(first, second, shallow=False):
            raise Fail(f"{first.name} and {second.name} differ")
        return f"{bench.args.steps} steps, {first.stat().st_size} bytes of logits, all equal", {}

    return run


def same_text(bench: Bench):
    """Tokens that the device feeds itself, and tokens that go through the host."""
    texts = {}
    for ahead in (0, 2):
        file = bench.folder / f"ahead-{ahead}.json"
        bench.decode("bench", "--contexts", "16", "--tokens", "8", "--runs", "2", "--ahead", str(ahead), "--json", file)
        result = json.loads(file.read_text())["results"][0]
        if not result["same_tokens"]:
            raise Fail(f"two runs wrote different tokens, {ahead} steps ahead")
        texts[ahead] = result["first_tokens"]
    if texts[0] != texts[2]:
        raise Fail(f"waited for: {texts[0]}; running ahead: {texts[2]}")
    return f"{len(texts[0])} tokens, the same", dict(tokens=texts[0])


def repeat_checks(_):
    return [
        Check("repeat", "two runs, to the bit", 250, same_bits("again")),
        Check("repeat", "one graph and single launches, to the bit", 250, same_bits("no-graph", "--no-graph")),
        Check("repeat", "steps that run ahead", 250, same_text),
    ]


def fused(bench: Bench):
    needs("numpy")
    import numpy as np
    from hf_logits import compare

    read = lambda file: np.fromfile(file, dtype="<f4").reshape(bench.args.steps, -1)  # noqa: E731
    plain = read(logits_file(bench, "unfused", "--unfused", fresh=True))
    return compared(compare(plain, read(logits_file(bench, "ours")), 0.9999))


def fused_checks(_):
    return [Check("fused", "against unfused launches", 250, fused)]


PARTS = {
    "judge": judge_checks,
    "golden": golden_checks,
    "logits": logits_checks,
    "repeat": repeat_checks,
    "fused": fused_checks,
    "sanitize": sanitize_checks,
    "bench": bench_checks,
    "peers": peers_checks,
}


def checks(bench: Bench, wanted: list[str]) -> list[Check]:
    """All checks of the parts wanted, in the order of the parts."""
    return [check for part, make in PARTS.items() if part in wanted for check in make(bench)]
