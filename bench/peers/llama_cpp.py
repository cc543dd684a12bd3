"""llama.cpp, by its own llama-bench, on a GGUF file with the same synthetic weights.

llama-bench times whole runs, so percentiles are over the runs' mean times, not over single tokens; it feeds tokens of its
own choice, since it does not pick the most likely one: that work is not in its time. Everything else is the protocol.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common
import gguf_file
import synthetic

NAME = "llama.cpp"


def flash_attention(program: str) -> str:
    """How this build spells that flash attention is on: its help names the words, older ones take a number."""
    done = subprocess.run([program, "--help"], capture_output=True, text=True)
    return "on" if "<on|off" in done.stdout + done.stderr else "1"


def command(program: str, model: Path, args, attention: str) -> list[str]:
    """The command line; a depth is a context."""
    return [
        program,
        *("-m", str(model), "-o", "json"),
        *("-p", "0", "-n", str(args.tokens), "-d", ",".join(map(str, args.contexts))),
        *("-r", str(args.runs), "-b", "2048", "-fa", attention),
        *("-ngl", "99" if args.device.startswith("cuda") else "0"),
    ]


def results(text: str, args, config: synthetic.Config) -> list[dict]:
    """llama-bench's JSON in the form of the other peers, ordered by context."""
    found = []
    for test in json.loads(text):
        if test["n_prompt"] != 0 or test["n_gen"] != args.tokens:
            continue
        context = test.get("n_depth", 0)
        samples = [nanoseconds / 1e6 / args.tokens for nanoseconds in test["samples_ns"]]
        rates = [1e3 / sample for sample in samples]
        bytes_read = common.bytes_per_token(config, context, args.tokens, 2)
        figures = common.summary(samples, rates, bytes_read["total"])
        found.append(
            dict(
                context=context,
                tokens=args.tokens,
                runs=len(samples),
                **figures,
                bytes_per_token=bytes_read,
                samples_ms=samples,
                rates=rates,
            )
        )
    missing = set(args.contexts) - {result["context"] for result in found}
    if missing:
        raise ValueError(f"llama-bench says nothing about the contexts {sorted(missing)}")
    return sorted(found, key=lambda result: result["context"])


def main() -> int:
    parser = common.arguments(__doc__)
    parser.add_argument("--llama-bench", help="the program [default: the one on PATH]")
    parser.add_argument("--gguf", type=Path, help="the model's file; written if it is not there [default: a temporary one]")
    args = parser.parse_args()
    program = shutil.which(args.llama_bench or "llama-bench")
    if program is None:
        where = f"{args.llama_bench} does not run" if args.llama_bench else "llama-bench is not on PATH"
        common.skip(NAME, args, f"{where}; build llama.cpp and give --llama-bench")
        return 0
    if args.dtype != "bf16":
        common.skip(NAME, args, "its file is written in bf16 only")
        return 0
    if not any(importlib.util.find_spec(name) for name in ("torch", "numpy")):
        common.skip(NAME, args, "its file needs torch or NumPy to be written")
        return 0
    config = synthetic.config(args.model)
    with tempfile.TemporaryDirectory() as folder:
        model = args.gguf or Path(folder) / "model.gguf"
        if not model.exists():
            gguf_file.write(config, args.model.removeprefix("synthetic:"), model)
        words = command(program, model, args, flash_attention(program))
        run = subprocess.run(words, capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr[-4000:], file=sys.stderr)
        print(f"error: llama-bench ended with {run.returncode}", file=sys.stderr)
        return 1
    first = json.loads(run.stdout)[0]
    common.emit(
        dict(
            peer=NAME,
            model=args.model,
            dtype="bf16",
            device=first.get("gpu_info") or first.get("cpu_info"),
            versions={"llama.cpp": f"{first.get('build_number')} ({first.get('build_commit')})"},
            fill="run",
            percentiles="of the mean times of runs",
            time=int(time.time()),
            command=words,
            results=results(run.stdout, args, config),
        ),
        args,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
