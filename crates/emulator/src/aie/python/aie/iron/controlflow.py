"""Loops of a core body (source: mlir-aie, python/iron/controlflow.py)."""

from emu.scheduler import Index


def range_(start, stop=None, step=1):
    """A loop of the core. Its index is a value of the core, not a Python int."""
    if stop is None:
        start, stop = 0, start
    for value in range(start, stop, step):
        yield Index(value)
