"""compute-sanitizer over the cases and over one step of the model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from base import Bench, Check, Fail, Skip, suites, tokens_file, with_cases

TOOLS = ("memcheck", "racecheck", "synccheck")
# What compute-sanitizer ends with if it found something; no program of ours does.
FOUND = 99


def sanitizer(tool: str) -> tuple:
    program = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
    if program is None:
        raise Skip("compute-sanitizer is not on PATH")
    return (program, "--tool", tool, "--error-exitcode", str(FOUND))


def findings(text: str) -> list[str]:
    """What the tool's lines say of kernels, each once."""
    said = re.findall(r"^=+ +(.*(?:Race reported|Invalid|Barrier error| at .*\w\().*)$", text, re.M)
    return list(dict.fromkeys(line.strip() for line in said))


def sane(done, wanted: str, log: Path) -> tuple[str, dict]:
    """The summary, if it is clean; all that the tool said is in `log`, which `--keep` keeps."""
    text = done.out + done.err
    log.write_text(text)
    summaries = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: .*", text)
    clean = [summary for summary in summaries if re.search(r"SUMMARY: 0 (errors|hazards)", summary)]
    if done.code != 0 or not summaries or clean != summaries or not re.search(wanted, done.out):
        found = "; ".join(findings(text)[:4]) or done.last()
        raise Fail(f"ended with {done.code}; {summaries[-1] if summaries else 'no summary'}; {found}; all of it in {log.name}, see --keep")
    return summaries[-1], dict(output=text[-4000:])


def sanitized_cases(tool: str, suite: str):
    def run(bench: Bench):
        if bench.args.device != "cuda":
            raise Skip(f"device `{bench.args.device}` is no GPU")
        bundle = with_cases(bench, suite)
        words = ("--bundle", bundle, "--device", "cuda", "--exact", "--seeds", str(bench.args.seeds))
        done = bench.tenfold("judge", *words, before=sanitizer(tool))
        return sane(done, r"[1-9]\d* passed, 0 failed", bench.folder / f"{tool}-{suite}.log")

    return run


def sanitized_step(tool: str):
    def run(bench: Bench):
        if bench.args.device != "cuda":
            raise Skip(f"device `{bench.args.device}` is no GPU")
        words = ("--tokens-file", tokens_file(bench, 1), "--out", bench.folder / "sanitized.f32")
        done = bench.decode("logits", *words, before=sanitizer(tool))
        return sane(done, r"1 x \d+ logits", bench.folder / f"{tool}-step.log")

    return run


def sanitize_checks(bench: Bench):
    # The small suites first: what a limit cuts off is the largest.
    ordered = sorted(suites(bench), key=lambda suite: (suite == bench.group(), suite))
    cases = [Check("sanitize", f"{tool}, cases of {suite}", 280, sanitized_cases(tool, suite)) for suite in ordered for tool in TOOLS]
    return cases + [Check("sanitize", f"{tool}, one step", 280, sanitized_step(tool)) for tool in TOOLS]
