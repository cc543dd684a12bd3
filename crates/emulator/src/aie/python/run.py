"""Executes designs. A job is a line of fields between tabs: folder of the design, folder of the arguments, seconds, `check` or `run`, arguments.
The answer is a line too: `done`, `timeout`, `crash ...`, or a fault's kind, line of the design, offset in the library, message."""

import contextlib
import io
import os
import runpy
import shutil
import signal
import sys
import threading

import numpy as np

from emu import program, types, worker
from emu.cores import Library
from emu.faults import Fault
from emu.scheduler import WORLD, Stop
from emu.types import Type, scalar_name


def argument(index, kind, text):
    """A host argument: `buffer:0`, `buffer:1` (writable) or `scalar:VALUE`."""
    what, value = text.split(":")
    if scalar_name(kind):
        if what != "scalar":
            raise Fault("launch", f"argument {index} is a buffer; the sequence takes a scalar")
        if kind is np.float32:
            return float(np.float32(value))
        limits = np.iinfo(kind)
        if not limits.min <= int(value) <= limits.max:
            raise Fault("launch", f"argument {index} is {value}; the sequence takes {scalar_name(kind)}")
        return int(value)
    kind = Type(kind)
    if what != "buffer":
        raise Fault("launch", f"argument {index} is a scalar; the sequence takes {kind}")
    path = f"argument-{index}"
    if os.path.getsize(path) != kind.bytes:
        raise Fault("launch", f"argument {index} has {os.path.getsize(path)} bytes; the sequence takes {kind}")
    # What is written is in the file at once: the mapping is shared.
    rows = np.memmap(path, np.uint8, "r+" if value == "1" else "r", shape=(kind.count, kind.element)).view(np.ndarray)
    return program.Host(kind, rows, value == "1")


def main(folder, mode, texts):
    """The design, then its run."""
    threading.current_thread().name = "the sequence"
    library = os.path.join(folder, "kernels.so")
    if os.path.exists(os.path.join(folder, "unchecked")):
        types.UNCHECKED.append(True)
    with open(os.path.join(folder, "kernels.cc"), encoding="utf-8") as file:
        worker.LIBRARY.append(Library(file.read(), library if os.path.exists(library) else None))
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(os.path.join(folder, "design.py"), run_name="__main__")
    if not program.PROGRAMS:
        raise Fault("design", "the design resolves no program")
    if mode == "check":
        return
    design = program.PROGRAMS[0]
    kinds = design.rt.hosts()
    if len(kinds) != len(texts):
        raise Fault("launch", f"{len(texts)} arguments; the sequence takes {len(kinds)}")
    values = [argument(i, kind, text) for i, (kind, text) in enumerate(zip(kinds, texts))]
    try:
        design.run(values)
    except Stop:
        pass
    if WORLD.fault is not None:
        raise WORLD.fault
    design.left()


def tell(fault):
    """The last line."""
    message = fault.message.replace("\t", " ").replace("\n", " ")
    return f"fault\t{fault.kind}\t{fault.line}\t{fault.site}\t{message}"


def job(folder, here, seconds, mode, *texts):
    """One design in a process of its own, which a signal ends when its time is over."""
    signal.alarm(int(seconds))
    os.chdir(here)
    try:
        main(folder, mode, texts)
    except Fault as error:
        return tell(error)
    except SyntaxError as error:
        return tell(Fault("design", f"SyntaxError: {error.msg}", error.lineno or 0))
    except Exception as error:  # whatever the design does wrong
        return tell(Fault("design", f"{type(error).__name__}: {error}", worker.where(error)))
    return "done"


def serve():
    """Jobs, one a line, in forks: starting an interpreter and importing NumPy takes most of the time of a small run."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answer = job(*line.rstrip("\n").split("\t"))
            os.write(1, (answer + "\n").encode())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            answer = "timeout" if number == signal.SIGALRM else f"crash by signal {number}"
            os.write(1, (answer + "\n").encode())
        elif os.WEXITSTATUS(status):
            os.write(1, b"crash\n")
    # Whoever started this has ended; nobody else knows of the folder.
    shutil.rmtree(os.path.dirname(os.path.abspath(__file__)), ignore_errors=True)


serve()
