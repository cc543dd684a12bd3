"""Tokens per second: Tenfold's own benchmark, and its peers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from base import Bench, Check, Fail, Skip

BENCH = Path(__file__).resolve().parent.parent

ARMS = {"fused": (), "unfused": ("--unfused",), "no graph": ("--no-graph",), "every token waited for": ("--ahead", "0")}


def bench_arm(options: tuple):
    def run(bench: Bench):
        file = bench.folder / f"bench{''.join(options)}.json"
        runs = ("--runs", str(bench.args.runs), "--warmup", str(bench.args.warmup))
        done = bench.decode("bench", "--contexts", bench.args.contexts, *runs, "--json", file, *options)
        record = json.loads(file.read_text())
        rows = []
        for row in record["results"]:
            if not row["same_tokens"]:
                raise Fail(f"runs wrote different tokens at a context of {row['context']}")
            share = f" ({row['share_of_ceiling']:.1%})" if row.get("share_of_ceiling") else ""
            clock = row.get("device_ms_per_token")
            clock = f", {clock['median']:.4f} ms by the device" if clock else ""
            rows.append(f"{row['context']}: {row['tok_s_of_median']:.1f} tok/s{share}{clock}")
        return "; ".join(rows), dict(record=record, output=done.out)

    return run


def bench_checks(_):
    return [Check("bench", name, 400, bench_arm(options)) for name, options in ARMS.items()]


def peers(bench: Bench):
    file = bench.folder / "peers.json"
    # Only Tenfold's own benchmark knows `max`.
    contexts = ",".join(context for context in bench.args.contexts.split(",") if context.isdecimal())
    if not contexts:
        raise Skip("no context is given as a number")
    words = ["--model", bench.args.model, "--contexts", contexts, "--device", bench.args.device]
    words += ["--runs", bench.args.runs, "--warmup", bench.args.warmup, "--rounds", bench.args.rounds, "--json", file]
    words += ["--bundle", bench.bundle(bench.group()), "--tenfold", bench.args.tenfold]
    words += ["--llama-bench", bench.args.llama_bench] if bench.args.llama_bench else []
    words += ["--gguf", bench.args.gguf] if bench.args.gguf else []
    done = bench.command([sys.executable, BENCH / "peers/run_all.py", *words])
    if done.code != 0 or not file.exists():
        raise Fail(done.last())
    record = json.loads(file.read_text())
    measured = [peer["peer"] for peer in record["peers"] if "results" in peer]
    skipped = [peer["peer"] for peer in record["peers"] if "skipped" in peer]
    said = f"measured: {', '.join(measured)}" + (f"; skipped: {', '.join(skipped)}" if skipped else "")
    return said, dict(record=record, table=done.out)


def peers_checks(_):
    return [Check("peers", "all in turn", 3600, peers)]
