"""What the checks of verify_gpu.py share."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import common
import synthetic


class Skip(Exception):
    """A check that cannot be made here, and why."""


class Fail(Exception):
    """A check that did not hold, and why."""


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def last(self, count: int = 3) -> str:
        lines = [line for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        return " | ".join(lines[-count:]) or "no message"


@dataclass
class Check:
    """One thing to find out. `run` returns what to say in the table and what to keep in the JSON object."""

    part: str
    name: str
    limit: float
    run: Callable[["Bench"], tuple[str, dict]]

    @property
    def key(self) -> str:
        return f"{self.part}: {self.name}"


class Bench:
    """What the checks share: options, bundles, a folder for files, and the time that a command has."""

    def __init__(self, args, folder: Path):
        self.args, self.folder = args, folder
        self.deadline = float("inf")
        self.bundles = bundles(args.bundles)
        if not args.resume:  # of an earlier run, maybe of another program
            for file in folder.glob("logits-*.f32"):
                file.unlink()

    def bundle(self, group: str) -> Path:
        if group not in self.bundles:
            raise Skip(f"no bundle of `{group}` in {self.args.bundles}")
        return self.bundles[group]

    def group(self) -> str:
        return self.args.model.removeprefix("synthetic:")

    def command(self, words: list, cwd: Path | None = None) -> Done:
        """Runs a command and all that it starts until the check's time is over."""
        words = [str(word) for word in words]
        try:
            process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", cwd=cwd,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Fail(f"{words[0]} does not start: {error}") from error
        try:
            out, err = process.communicate(timeout=max(self.deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired as late:
            # The process is the leader of a group of its own.
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            said = Done(-1, out, err).last(1)
            raise Fail(f"it took too long and was ended; it said last: {said}") from late
        return Done(process.returncode, out, err)

    def tenfold(self, *words, before: tuple = ()) -> Done:
        """Runs `tenfold-decode`, behind the words of a tool that watches it."""
        done = self.command([*before, self.args.tenfold, *words])
        # Its own words for a machine without the device.
        absent = [line for line in done.err.splitlines() if "cannot open device" in line]
        if done.code != 0 and absent:
            raise Skip(absent[0].removeprefix("error: "))
        return done

    def decode(self, command: str, *words, group: str | None = None, model: str | None = None, before: tuple = ()) -> Done:
        """A command of `tenfold-decode` that runs the model."""
        model = model or self.args.model
        place = ("--bundle", self.bundle(group or self.group()), "--device", self.args.device, "--model", model)
        done = self.tenfold(command, *place, *words, before=before)
        if done.code != 0 and not before:
            raise Fail(done.last())
        return done


def bundles(folder: Path) -> dict[str, Path]:
    """The bundles in a folder or right below it, by their group."""
    found = {}
    for manifest in sorted([*folder.glob("manifest.json"), *folder.glob("*/manifest.json")]):
        found[json.loads(manifest.read_text())["group"]] = manifest.parent
    return found


def needs(*modules: str) -> None:
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    if absent:
        raise Skip(f"Python has no {', '.join(absent)}")


def suites(bench: Bench) -> list[str]:
    return bench.args.suites.split(",") if bench.args.suites else list(bench.bundles)


def with_cases(bench: Bench, suite: str) -> Path:
    bundle = bench.bundle(suite)
    if not (bundle / "cases.zip").exists():
        raise Skip(f"{bundle} has no cases.zip; write it with `./x emit {suite} --target cuda --out DIR --cases`")
    return bundle


def tokens_file(bench: Bench, count: int) -> Path:
    file = bench.folder / f"tokens-{count}.json"
    file.write_text(json.dumps(common.prompt(count, synthetic.config(bench.args.model).vocab)))
    return file
