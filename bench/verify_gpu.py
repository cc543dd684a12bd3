"""Everything that must hold on a GPU, in one command: kernels, texts, logits, races, and then the times.

    python3 verify_gpu.py --bundles DIR --tenfold ./tenfold-decode --json verify.json --markdown verify.md

DIR has one bundle per suite, each written with `./x emit SUITE --target cuda --out DIR/SUITE --cases`. Parts, in this order:

judge      every kernel, plain and fused, on recorded cases against the tile interpreter
golden     SmolLM2's golden tokens and logits (needs its weights: --smollm2 FILE)
logits     64 teacher-forced steps of the model against Hugging Face in f32
repeat     two runs, launches one by one, and tokens waited for one at a time: the same bits, the same tokens
fused      fused against unfused launches: the same tokens wherever the margin exceeds bf16's noise
sanitize   compute-sanitizer's memcheck, racecheck and synccheck over the cases and over one step of the model
bench      tokens per second of fused, unfused and single launches
peers      bench/peers/run_all.py

Each check has its own time limit. The JSON object is written anew after every check, so a run that is cut off leaves what
it has; `--resume` then goes on behind what has passed. Without an NVIDIA driver it says so and ends with 77; with a check
that failed it ends with 1. What is skipped is listed, and never counts as passed.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / folder) for folder in ("verify", "peers", "reference")]

import run_all
from base import Bench, Check, Fail, Skip
from parts import PARTS, checks

NOTHING_RAN = 77


def has_driver() -> bool:
    for name in ("libcuda.so.1", "libcuda.so", "nvcuda.dll"):
        try:
            ctypes.CDLL(name)
            return True
        except OSError:
            continue
    return False


def attempt(check: Check, bench: Bench) -> dict:
    """Makes one check."""
    start = time.monotonic()
    bench.deadline = min(start + bench.args.timeout.get(check.part, check.limit), bench.args.end)
    record = dict(part=check.part, name=check.name)
    try:
        if bench.args.end - start < 1:
            raise Skip("the time of the whole run is over")
        said, more = check.run(bench)
        record.update(outcome="passed", said=said, **more)
    except Skip as skip:
        record.update(outcome="skipped", said=str(skip))
    except Fail as fail:
        record.update(outcome="failed", said=str(fail))
    except Exception as error:  # a check that breaks has not passed, and the others still have their turn
        record.update(outcome="failed", said=f"{type(error).__name__}: {error}")
    record["seconds"] = round(time.monotonic() - start, 1)
    return record


def table(records: list[dict]) -> str:
    """The Markdown table."""
    lines = ["| part | check | outcome | seconds | |", "|---|---|---|---|---|"]
    for record in records:
        outcome = record["outcome"] if record["outcome"] == "passed" else record["outcome"].upper()
        said = re.sub(r"\s+", " ", record["said"]).replace("|", "/")
        lines.append(f"| {record['part']} | {record['name']} | {outcome} | {record['seconds']} | {said[:400]} |")
    counts = {word: sum(record["outcome"] == word for record in records) for word in ("passed", "failed", "skipped")}
    return "\n".join(lines) + "\n\n" + ", ".join(f"{count} {word}" for word, count in counts.items()) + "\n"


def limits(text: str) -> tuple[str, float]:
    part, _, seconds = text.partition("=")
    return part, float(seconds)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", "--bundle", type=Path, required=True, help="folder with the bundles")
    parser.add_argument("--tenfold", help="tenfold-decode [default: on PATH, or in target/]")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--model", default="synthetic:deepseek-r1-distill-qwen-1.5b", help="the model of all parts but golden")
    parser.add_argument("--only", help=f"these parts, between commas, of: {','.join(PARTS)}")
    parser.add_argument("--suites", help="only the cases of these suites, between commas")
    parser.add_argument("--smollm2", type=Path, help="SmolLM2's .gguf file")
    parser.add_argument("--steps", type=int, default=64, help="steps of the parts logits, repeat and fused")
    parser.add_argument("--contexts", default="128,512,1024,2048", help="of the parts bench and peers")
    parser.add_argument("--runs", type=int, default=20, help="runs timed")
    parser.add_argument("--warmup", type=int, default=5, help="runs before those")
    parser.add_argument("--rounds", type=int, default=2, help="of the peers")
    parser.add_argument("--seeds", type=int, default=1, help="seeds of the cases under compute-sanitizer")
    parser.add_argument("--llama-bench", help="llama.cpp's program")
    parser.add_argument("--gguf", type=Path, help="llama.cpp's model file; written if it is not there")
    parser.add_argument("--timeout", type=limits, action="append", default=[], metavar="PART=SECONDS", help="of each check of a part")
    parser.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS", help="of the whole run")
    parser.add_argument("--resume", action="store_true", help="leave out what has passed in the file of --json")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logits and other files here")
    parser.add_argument("--json", type=Path, help="write everything here, after every check")
    parser.add_argument("--markdown", type=Path, help="write the table here too")
    return parser


def find_tenfold(given: str | None) -> str | None:
    built = [ROOT / "target" / profile / "tenfold-decode" for profile in ("release", "debug")]
    program = given or shutil.which("tenfold-decode") or next((str(path) for path in built if path.exists()), None)
    found = program and shutil.which(program)
    return str(Path(found).resolve()) if found else None


def main(argv=None, driver=has_driver) -> int:
    args = arguments().parse_args(argv)
    if args.device == "cuda" and not driver():
        print("skipped: no NVIDIA driver (libcuda.so.1) is found; NOTHING WAS VERIFIED")
        return NOTHING_RAN
    args.tenfold = find_tenfold(args.tenfold)
    if args.tenfold is None:
        sys.exit("no tenfold-decode; build it, or give --tenfold PROGRAM")
    args.timeout, args.end = dict(args.timeout), time.monotonic() + args.budget
    wanted = args.only.split(",") if args.only else list(PARTS)
    unknown = [part for part in [*wanted, *args.timeout] if part not in PARTS]
    if unknown:
        sys.exit(f"there is no part `{unknown[0]}`; there are: {', '.join(PARTS)}")
    before = []
    if args.resume and args.json and args.json.exists():
        before = [record for record in json.loads(args.json.read_text())["checks"] if record["outcome"] == "passed"]
    known = {f"{record['part']}: {record['name']}" for record in before}
    with tempfile.TemporaryDirectory() as scratch:
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
        bench = Bench(args, (args.keep or Path(scratch)).resolve())
        if not bench.bundles:
            sys.exit(f"no bundle in {args.bundles}; write one with `./x emit SUITE --target cuda --out DIR/SUITE --cases`")
        records = list(before)
        head = dict(
            time=int(time.time()), command=sys.argv if argv is None else list(argv), device=args.device, model=args.model,
            gpu_before=run_all.gpu_state(), bundles={group: str(path) for group, path in bench.bundles.items()},
        )  # fmt: skip
        for check in checks(bench, wanted):
            if check.key in known:
                continue
            record = attempt(check, bench)
            records.append(record)
            print(f"{check.key}: {record['outcome']} ({record['seconds']} s): {record['said'][:300]}", file=sys.stderr, flush=True)
            if args.json:
                state = dict(head, gpu_after=run_all.gpu_state(), checks=records)
                part = args.json.with_name(args.json.name + ".part")
                part.write_text(json.dumps(state, indent=1) + "\n")
                part.replace(args.json)
    text = table(records)
    print(text, end="")
    if args.markdown:
        args.markdown.write_text(text)
    outcomes = {record["outcome"] for record in records}
    if "failed" in outcomes:
        return 1
    return 0 if "passed" in outcomes else NOTHING_RAN


if __name__ == "__main__":
    sys.exit(main())
