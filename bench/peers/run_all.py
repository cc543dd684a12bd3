"""Runs Tenfold and every peer in turn on one GPU, and writes one JSON object and one Markdown table.

    python3 run_all.py --contexts 128,512,1024,2048 --json peers.json --markdown peers.md

Each round starts every program once, one at a time; every other round in reverse order, so that a drift of the machine
meets all alike. The samples of the rounds are put together. What is not here is skipped, and the table says why.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import common

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Ways to run Tenfold, each with its options.
OWN = (
    "tenfold",
    "tenfold unfused=--unfused",
    "tenfold no graph=--no-graph",
    "tenfold, every token waited for=--ahead 0",
)


@dataclass
class Arm:
    """Something to measure: a command that writes a JSON object of the protocol to the file after `--json`."""

    name: str
    command: list[str]
    needs: tuple[str, ...] = ()
    # Why it cannot run, if that is known beforehand.
    missing: str | None = None
    outcomes: list[dict] = field(default_factory=list)


def tenfold_arms(args) -> list[Arm]:
    """Tenfold itself, once for each `--arm`."""
    built = [ROOT / "target" / profile / "tenfold-decode" for profile in ("release", "debug")]
    program = args.tenfold or shutil.which("tenfold-decode") or next((str(path) for path in built if path.exists()), None)
    missing = None
    if program is None or shutil.which(program) is None:
        missing = "no tenfold-decode; build it, or give --tenfold PROGRAM"
    elif args.bundle is None or not (args.bundle / "manifest.json").exists():
        missing = "no bundle of kernels; write one with `./x emit --target cuda --out DIR`, and give --bundle DIR"
    arms = []
    for arm in args.arm or OWN:
        name, _, options = arm.partition("=")
        command = [program or "", "bench", "--bundle", str(args.bundle), "--fill", args.fill, *shlex.split(options)]
        arms.append(Arm(name, command, missing=missing))
    return arms


def peer_arms(args) -> list[Arm]:
    def script(name: str, file: str, *options: str, needs=("torch", "transformers", "numpy")) -> Arm:
        return Arm(name, [sys.executable, str(HERE / file), *options], needs)

    llama = ["--llama-bench", args.llama_bench] if args.llama_bench else []
    llama += ["--gguf", str(args.gguf)] if args.gguf else []
    return [
        script("hf eager", "hf_eager.py"),
        script("hf static + compile", "hf_static.py"),
        script("torch, one graph", "graph_model.py", needs=("torch", "numpy")),
        script("torch, one graph, compiled", "graph_model.py", "--compile", needs=("torch", "numpy")),
        script("llama.cpp", "llama_cpp.py", *llama, needs=()),
    ]


def run(arm: Arm, args, environment=None) -> dict:
    """Runs it once: its JSON object, or one with `skipped` or `failed`."""
    reason = arm.missing
    absent = [name for name in arm.needs if importlib.util.find_spec(name) is None]
    if reason is None and absent:
        reason = f"Python has no {', '.join(absent)}"
    if reason is not None:
        return dict(peer=arm.name, skipped=reason)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        command = [*arm.command, "--json", str(file), "--model", args.model, "--device", args.device]
        for option in ("tokens", "runs", "warmup", "seed"):
            command += [f"--{option}", str(getattr(args, option))]
        command += ["--contexts", ",".join(map(str, args.contexts))]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=args.timeout, env=environment)
        except subprocess.TimeoutExpired:
            return dict(peer=arm.name, failed=f"it ran longer than {args.timeout} s")
        except OSError as error:
            return dict(peer=arm.name, failed=f"it does not start: {error}")
        if done.returncode != 0:
            lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
            errors = [line for line in lines if line.startswith("error: ")] or lines[-1:] or ["no message"]
            # Tenfold's own words for a machine without the device.
            outcome = "skipped" if "cannot open device" in errors[0] else "failed"
            return {"peer": arm.name, outcome: errors[0].removeprefix("error: "), "stderr": lines[-20:]}
        try:
            return dict(json.loads(file.read_text()), peer=arm.name)
        except (OSError, ValueError) as error:
            return dict(peer=arm.name, failed=f"it wrote no result: {error}")


def order(count: int, turn: int) -> list[int]:
    """Every other round backwards."""
    return list(range(count)) if turn % 2 == 0 else list(reversed(range(count)))


def merge(outcomes: list[dict]) -> dict:
    """The rounds of one arm as one: all samples together. The first round that gave nothing speaks for all."""
    for outcome in outcomes:
        if "results" not in outcome:
            return outcome
    merged = {key: value for key, value in outcomes[0].items() if key != "results"}
    ceilings = [outcome["read_ceiling"] for outcome in outcomes if outcome.get("read_ceiling")]
    if ceilings:
        merged["read_ceiling"] = max(ceilings, key=lambda ceiling: ceiling["gb_per_s"])
    merged["results"] = []
    for same in zip(*(outcome["results"] for outcome in outcomes), strict=True):
        assert len({result["context"] for result in same}) == 1
        samples = [sample for result in same for sample in result["samples_ms"]]
        rates = [rate for result in same for rate in result.get("rates") or [result["tok_s"]]]
        figures = common.summary(samples, rates, same[0]["bytes_per_token"]["total"])
        figures.update(common.on_device([sample for result in same for sample in result.get("device_samples_ms") or []]))
        merged["results"].append({**same[0], **figures, "samples_ms": samples, "rounds": len(same)})
    return merged


def table(peers: list[dict], device: str) -> str:
    """The Markdown table, fastest first at each context, then what was not measured."""
    measured = [peer for peer in peers if "results" in peer]
    ours = [peer for peer in measured if peer.get("tenfold")]
    ceiling = max((peer["read_ceiling"]["gb_per_s"] for peer in measured if peer.get("read_ceiling")), default=None)
    lines = [
        f"Device: {device}." + (f" Read ceiling of the same run: {ceiling:.0f} GB/s." if ceiling else ""),
        "",
        "| context | program | ms per token | p10 | p90 | device's ms | tok/s | GB/s | of ceiling | Tenfold is |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = []
    for peer in measured:
        for result in peer["results"]:
            context, rate = result["context"], result["tok_s_of_median"]
            best = [row["tok_s_of_median"] for own in ours for row in own["results"] if row["context"] == context]
            times = result["ms_per_token"]
            share = f"{result['gb_per_s'] / ceiling:.1%}" if ceiling else ""
            ratio = f"{max(best) / rate:.2f}x" if best and not peer.get("tenfold") else ""
            cells = [
                str(context),
                peer["peer"],
                *(f"{times[key]:.4f}" for key in ("median", "p10", "p90")),
                f"{result['device_ms_per_token']['median']:.4f}" if result.get("device_ms_per_token") else "",
                f"{rate:.1f}",
                f"{result['gb_per_s']:.1f}",
                share,
                ratio,
            ]
            rows.append((context, -rate, f"| {' | '.join(cells)} |"))
    lines += [row for _, _, row in sorted(rows)]
    for peer in peers:
        for outcome in ("skipped", "failed"):
            if outcome in peer:
                lines += ["", f"{outcome}: {peer['peer']}: {peer[outcome]}"]
    return "\n".join(lines) + "\n"


def gpu_state() -> dict:
    """What nvidia-smi says about the first visible GPU; empty without it."""
    keys = ["name", "driver_version", "clocks.sm", "clocks.mem", "power.draw", "power.limit", "temperature.gpu"]
    command = ["nvidia-smi", f"--query-gpu={','.join(keys)}", "--format=csv,noheader"]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0] or "0"
    try:
        done = subprocess.run([*command, "-i", visible], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    values = done.stdout.strip().splitlines()
    return dict(zip(keys, map(str.strip, values[0].split(",")))) if done.returncode == 0 and values else {}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common.protocol(parser)
    parser.add_argument("--rounds", type=common.positive, default=2, help="times that every program is started")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one program")
    parser.add_argument("--only", action="append", metavar="TEXT", help="only programs whose name has TEXT; repeatable")
    parser.add_argument("--tenfold", metavar="PROGRAM", help="tenfold-decode [default: on PATH, or in target/]")
    parser.add_argument("--bundle", type=Path, help="folder with the compiled kernels")
    parser.add_argument("--fill", choices=["run", "synthetic"], default="run", help="of Tenfold's cache")
    parser.add_argument(
        "--arm", action="append", metavar="NAME=OPTIONS",
        help="a way to run Tenfold, with these options; repeatable [default: fused, unfused, no graph, every token waited for]",
    )
    parser.add_argument("--llama-bench", metavar="PROGRAM", help="[default: on PATH]")
    parser.add_argument("--gguf", type=Path, help="llama.cpp's model file; written if it is not there")
    parser.add_argument("--json", type=Path, help="write everything here")
    parser.add_argument("--markdown", type=Path, help="write the table here too")
    return parser


def main(argv=None) -> int:
    args = arguments().parse_args(argv)
    ours, peers = tenfold_arms(args), peer_arms(args)
    arms = [arm for arm in ours + peers if not args.only or any(text in arm.name for text in args.only)]
    own_names = {arm.name for arm in ours}
    before = gpu_state()
    record = dict(
        time=int(time.time()),
        command=sys.argv if argv is None else list(argv),
        protocol={key: getattr(args, key) for key in ("model", "contexts", "tokens", "runs", "warmup", "rounds", "seed")},
        gpu_before=before,
    )
    for turn in range(args.rounds):
        for index in order(len(arms), turn):
            arm = arms[index]
            if any("results" not in outcome for outcome in arm.outcomes):
                continue  # it would fail again
            start = time.monotonic()
            outcome = run(arm, args)
            outcome["tenfold"] = arm.name in own_names
            arm.outcomes.append(outcome)
            reason = next((f"{key.upper()}: {outcome[key]}" for key in ("skipped", "failed") if key in outcome), "done")
            print(f"round {turn + 1}: {arm.name}: {reason} ({time.monotonic() - start:.0f} s)", file=sys.stderr, flush=True)
            merged = [merge(arm.outcomes) for arm in arms if arm.outcomes]
            record.update(peers=merged, gpu_after=gpu_state())
            if args.json:  # after every step: a run that is cut off leaves what it has
                args.json.write_text(json.dumps(record, indent=1) + "\n")
    text = table(record.get("peers", []), before.get("name", args.device))
    print(text, end="")
    if args.markdown:
        args.markdown.write_text(text)
    return 1 if any("failed" in peer for peer in record.get("peers", [])) else 0


if __name__ == "__main__":
    sys.exit(main())
