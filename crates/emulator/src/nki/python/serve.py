"""Serves one text: looks at it, then runs its kernels as asked over a pipe.

Requests and answers are lines of words; bytes of tensors follow their line. First the text: its size, the kernel's name, its bytes.
Answer `lint N` with N lines `line column message`, or `entry`, or `ready` and the parameters' names. Then launches: see `launch`.
"""

import sys

FILES, OUT = sys.stdin.buffer, sys.stdout.buffer
# What kernels print is not an answer.
sys.stdout = sys.stderr

import ast
import importlib.machinery
import inspect
import os
import urllib.parse

import numpy as np

# Functions that look at operands and compute nothing.
CHECKS = {
    "apart",
    "check_range",
    "check_sums",
    "eight",
    "engine_of",
    "on_chip",
    "one_bank",
    "require",
    "same_sizes",
    "searched",
    "take",
    "tensor",
}


class Unchecked(ast.NodeTransformer):
    """Leaves out statements that only check."""

    def visit_Expr(self, node):
        calls = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        checks = all(
            isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CHECKS for call in calls
        )
        return ast.copy_location(ast.Pass(), node) if checks else node


def unchecked(loader, data, path):
    """Code of a module of the package, without its checks."""
    tree = ast.parse(data)
    if os.path.join("", "nki", "") in path:
        tree = ast.fix_missing_locations(Unchecked().visit(tree))
    return compile(tree, path, "exec", dont_inherit=True)


if "unchecked" in sys.argv:
    importlib.machinery.SourceFileLoader.source_to_code = unchecked

import nki
from lint import CALLS, lint
from nki import faults, tensor, views
from nki.faults import LANGUAGE, Fault, require
from nki.isa import elementwise
from nki.numbers import DTYPES


def say(text, data=b""):
    """Answers."""
    OUT.write(text.encode() + b"\n" + data)
    OUT.flush()


def one_line(text):
    """A message without line breaks."""
    return " ".join(str(text).split())


def load(text, entry):
    """The kernel of a text."""
    builtins = {name: getattr(__builtins__, name) for name in CALLS}
    builtins["__import__"] = __import__
    space = {"__builtins__": builtins, "__name__": "kernel"}
    exec(compile(text, faults.TEXT, "exec"), space)
    kernel = space.get(entry)
    return kernel if isinstance(kernel, nki.Kernel) else None


# Files of memory that both processes have, by name.
MAPS = {}


def mapped(words):
    """The memory of a tensor that both processes have; None of another."""
    if words[4] == "-":
        return None
    if words[4] not in MAPS:
        for name in [name for name in MAPS if not os.path.exists(urllib.parse.unquote(name))]:
            del MAPS[name]
        MAPS[words[4]] = np.memmap(urllib.parse.unquote(words[4]), np.uint8, "r+")
    offset = int(words[5])
    return MAPS[words[4]][offset : offset + int(words[3])]


def operand(words, name):
    """Reads an argument: `tensor dtype writable bytes file offset sizes...`, `int value` or `float value`."""
    if words[0] == "int":
        return int(words[1])
    if words[0] == "float":
        return float(words[1])
    dtype, shape = DTYPES[words[1]], tuple(map(int, words[6:]))
    memory = mapped(words)
    if memory is None:
        values = dtype.decode(FILES.read(int(words[3])))
    elif tensor.CHECKED:
        values = dtype.decode(memory.tobytes())
    else:
        values = np.asarray(memory).view("<u2" if dtype.name == "bfloat16" else dtype.held)
    storage = tensor.Storage(shape, dtype, tensor.HBM, values, f"argument `{name}`", words[2] == "1")
    return views.NkiTensor(storage, 0, shape, tensor.rows(shape), whole=True)


def outputs(result, args, given, wanted):
    """Checks what a kernel returned, and encodes what is sent back."""
    results = result if isinstance(result, tuple) else () if result is None else (result,)
    require(
        len(results) == len(wanted),
        "launch",
        f"the kernel returns {len(results)} tensors, {len(wanted)} are wanted",
        "",
    )
    inputs = [a._storage for a in args if isinstance(a, views.NkiTensor)]
    for view, words in zip(results, wanted):
        require(
            isinstance(view, views.NkiTensor) and view._whole,
            "language",
            f"{view!r} is returned, not a tensor as it was declared",
            LANGUAGE + "outputs",
        )
        storage = view._storage
        if storage not in inputs:
            if storage.buffer is not tensor.SHARED_HBM:
                raise Fault(
                    "space",
                    f"an output is in {storage.buffer!r}, not nl.shared_hbm",
                    faults.MIGRATION + "outputs",
                    storage.line,
                )
            if tensor.CHECKED and (storage.shadow == tensor.UNWRITTEN).any():
                count = int((storage.shadow == tensor.UNWRITTEN).sum())
                raise Fault(
                    "uninitialised",
                    f"{count} elements of an output were not written",
                    faults.ISA + "nl.ndarray is not initialised",
                    storage.line,
                )
        shape = list(map(int, words[6:]))
        require(
            list(view.shape) == shape and view.dtype.name == words[1],
            "launch",
            f"an output is {view.dtype} {list(view.shape)}, wanted is {words[1]} {shape}",
            "",
        )
    returned = [view._storage for view in results]
    for storage in inputs:
        require(
            not storage.touched or storage in returned,
            "language",
            f"{storage} is written and not returned",
            LANGUAGE + "in-place updates",
        )
    tensors = [(a._storage, words) for a, words in zip(args, given) if isinstance(a, views.NkiTensor)]
    written = [pair for pair in tensors if pair[0].writable] + list(zip(returned, wanted))
    return [encoded for storage, words in written if (encoded := put(storage, words)) is not None]


def put(storage, words):
    """Writes a tensor into memory that both processes have; bytes of others are given back."""
    memory = mapped(words)
    if memory is None:
        return storage.dtype.encode(storage.values)
    if tensor.CHECKED or not np.may_share_memory(memory, storage.values):
        memory[:] = np.frombuffer(storage.dtype.encode(storage.values), np.uint8)
    return None


def launch(kernel, names, words):
    """`launch ARGUMENTS OUTPUTS`, a line for each argument with its bytes, a line for each output. Answers `ok` and the bytes of writable
    arguments, then of outputs; or `fault kind line` and two lines: message and rule."""
    count, results = int(words[1]), int(words[2])
    # The other side has compared the count with the names.
    given, args = [], []
    for name in names[:count]:
        given.append(FILES.readline().decode().split())
        args.append(operand(given[-1], name))
    wanted = [FILES.readline().decode().split() for _ in range(results)]
    tensor.fresh()
    elementwise.Sums.values = None
    nki.RUNNING.clear()
    try:
        say("ok", b"".join(outputs(kernel(*args), args, given, wanted)))
    except Fault as fault:
        line = fault.line or faults.line_of_traceback(fault.__traceback__)
        say(f"fault {fault.kind} {line}\n{one_line(fault.message)}\n{one_line(fault.rule)}")
    except Exception as error:
        # What Python itself refuses: names that are not there, arguments that a call does not have, assertions.
        line = faults.line_of_traceback(error.__traceback__)
        say(f"fault language {line}\n{one_line(f'{type(error).__name__}: {error}')}\n{LANGUAGE}values and calls")


def main():
    """Reads the text, then serves until the pipe ends."""
    words = FILES.readline().decode().split()
    text = FILES.read(int(words[0])).decode()
    found = lint(text)
    if found:
        return say(
            f"lint {len(found)}\n"
            + "\n".join(f"{line} {column} {one_line(message)}" for line, column, message in found)
        )
    if len(words) < 2:
        return say("ready")
    try:
        kernel = load(text, words[1])
    except Fault as fault:
        return say(f"lint 1\n{faults.line_of_traceback(fault.__traceback__)} 0 {one_line(fault.message)}")
    except Exception as error:
        return say(
            f"lint 1\n{faults.line_of_traceback(error.__traceback__)} 0 {one_line(f'{type(error).__name__}: {error}')}"
        )
    if kernel is None:
        return say("entry")
    names = list(inspect.signature(kernel.function).parameters)
    say(" ".join(["ready", *names]))
    while line := FILES.readline():
        launch(kernel, names, line.decode().split())


main()
