"""Ends of FIFOs at shim tiles: transfers of the sequence."""

import numpy as np

from . import patterns
from .faults import fail, line
from .scheduler import WORLD

# Buffer descriptors of a shim tile: one for each transfer that has not been waited for (source: mlir-aie, AIETargetModel.h).
DESCRIPTORS = 16


class Task:
    """One transfer between a host buffer and a stream of bytes."""

    def __init__(self, host, where, wait):
        self.host, self.where, self.wait, self.done, self.line = host, where, wait, 0, line()
        self.count = where.stop - where.start if isinstance(where, slice) else len(where)
        self.left = self.count * host.kind.element

    def part(self, size):
        """Moves on by bytes; the elements that they are."""
        start, end = self.done // self.host.kind.element, (self.done + size) // self.host.kind.element
        self.done, self.left = self.done + size, self.left - size
        if isinstance(self.where, slice):
            return slice(self.where.start + start, self.where.start + end)
        return self.where[start:end]


class Transfers:
    """Transfers of one FIFO, one after another."""

    place = patterns.SHIM

    def __init__(self, handle):
        self.fifo, self.name, self.kind, self.tasks, self.open = handle.fifo, handle.fifo.name, handle.kind, [], []
        self.all, self.whole = [], np.ones(self.kind.bytes, np.uint8)

    def task(self, host, sizes, strides, offset, group, wait):
        """Starts a transfer."""
        if not hasattr(host, "rows"):
            fail("design", f"a transfer of `{self.name}` needs a host buffer that is an argument of the sequence")
        if host.kind.dtype is not self.kind.dtype:
            fail("type", f"`{self.name}` holds {self.kind}, the host buffer {host.kind}")
        if sizes is None:
            sizes, strides = [1, 1, 1, host.kind.count], [0, 0, 0, 1]
        if strides is None or len(sizes) != 4 or len(strides) != 4:
            fail("limit", f"sizes {sizes} and strides {strides} are not four of each")
        patterns.limits(list(sizes), list(strides), offset, host.kind.element, patterns.SHIM)
        last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides))
        if last >= host.kind.count:
            fail("host bounds", f"a transfer reaches element {last} of a host buffer of {host.kind.count}")
        linear = list(sizes[:3]) == [1, 1, 1] and strides[3] == 1
        where = slice(offset, last + 1) if linear else patterns.indices(sizes, strides, offset)
        self.begin(host, where, wait)
        task = Task(host, where, wait)
        task.number = len(self.all)
        self.tasks.append(task)
        self.open.append(task)
        self.all.append(task)
        if len(self.open) > DESCRIPTORS:
            fail("limit", f"{len(self.open)} transfers of `{self.name}` that nothing waited for; a shim tile has {DESCRIPTORS} descriptors")
        if group is not None:
            group.add(self, task)
        WORLD.pump(self.fifo)

    def after(self, task):
        """Transfers that were started later."""
        return self.all[task.number + 1:]

    def release(self, task):
        """Frees the descriptor."""
        self.open = [other for other in self.open if other is not task]

    def finish(self, task):
        """The transfer has ended and is known to have."""
        self.release(task)

    def left(self):
        """What is wrong at the end of a run; None if nothing."""
        rest = sum(task.left for task in self.all)
        return f"{rest} bytes of transfers of `{self.name}` are left" if rest else None


class Fill(Transfers):
    """From host buffers."""

    def begin(self, host, where, wait):
        """Checks that nothing is still written there."""
        if host.pending[where].any():
            fail("race", f"`{self.name}` is filled from elements that a drain writes which nothing waited for")

    def ready(self):
        """Whether there are bytes for an object."""
        return sum(task.left for task in self.tasks) >= self.kind.bytes

    def take(self):
        """The next bytes."""
        data, size = [], self.kind.bytes
        while size:
            task = self.tasks[0]
            step = min(size, task.left)
            data.append(task.host.rows[task.part(step)].reshape(-1))
            size -= step
            if not task.left:
                self.tasks.pop(0)
        return data[0] if len(data) == 1 else np.concatenate(data), self.whole


class Drain(Transfers):
    """To host buffers."""

    def begin(self, host, where, wait):
        """Checks that the host lets it, and that nothing else is written there."""
        if not host.writable:
            fail("constant", f"`{self.name}` is drained to a host buffer that may only be read")
        if host.pending[where].any():
            fail("race", f"`{self.name}` is drained to elements that another drain writes which nothing waited for")
        host.pending[where] = True

    def finish(self, task):
        """The bytes have arrived."""
        super().finish(task)
        task.host.pending[task.where] = False

    def free(self):
        """Whether a transfer takes an object."""
        return sum(task.left for task in self.tasks) >= self.kind.bytes

    def put(self, data, written):
        """Writes an object to the host."""
        if not written.all():
            at = int(np.argmin(written))
            fail("uninitialised", f"byte {at} of an object of `{self.name}` reaches the host, and no core wrote it")
        while len(data):
            task = next(task for task in self.tasks if task.left)
            step = min(len(data), task.left)
            task.host.rows[task.part(step)] = data[:step].reshape(-1, task.host.kind.element)
            data = data[step:]
