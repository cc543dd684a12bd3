"""What the ends of FIFOs are: rings in a core's memory, memory tiles, and transfers of the sequence."""

import numpy as np

from . import patterns
from .faults import fail, line
from .scheduler import WORLD
from .types import Memory

# Buffer descriptors of a shim tile: one for each transfer that has not been waited for (source: mlir-aie, AIETargetModel.h).
DESCRIPTORS = 16


class Ring:
    """Buffers of a FIFO in the memory of a core, used in turn."""

    place = patterns.CORE

    def __init__(self, handle):
        self.name, self.producing, self.depth = handle.fifo.name, handle.producing, handle.depth
        self.elements = Memory(handle.kind, handle.depth).elements
        # Objects that came in and that went out, and how many of those between the core holds.
        self.came, self.went, self.held = 0, 0, 0

    def _slot(self, number):
        return self.elements[number % self.depth]

    def acquire(self, count):
        """At least `count` objects: those that are held already count."""
        if not 1 <= count <= self.depth:
            fail("limit", f"acquire({count}) of `{self.name}`, whose depth is {self.depth}")
        with WORLD.condition:
            if self.producing:
                WORLD.wait(lambda: self.came + count - self.went <= self.depth, f"room in `{self.name}`")
                first = self.came
            else:
                WORLD.wait(lambda: self.came - self.went >= count, f"an object of `{self.name}`")
                first = self.went
            for number in range(first + self.held, first + count):
                element = self._slot(number)
                element.held = True
                if self.producing:
                    element.poison()
            self.held = max(self.held, count)
            return [self._slot(number) for number in range(first, first + count)]

    def release(self, count):
        """Gives the oldest of what is held back."""
        if not 1 <= count <= self.held:
            fail("balance", f"release({count}) of `{self.name}`, of which {self.held} are held")
        with WORLD.condition:
            for _ in range(count):
                if self.producing:
                    self._slot(self.came).held = False
                    self.came += 1
                else:
                    self._slot(self.went).held = False
                    self.went += 1
            self.held -= count
            WORLD.pump()

    def ready(self):
        """Whether there is an object to send."""
        return self.came > self.went

    def take(self):
        """The next object to send."""
        element = self._slot(self.went)
        self.went += 1
        return element.data.copy(), element.written.copy()

    def free(self):
        """Whether there is room to receive."""
        return self.came - self.went < self.depth

    def put(self, data, written):
        """Receives an object."""
        element = self._slot(self.came)
        element.data[:], element.written[:] = data, written
        self.came += 1

    def left(self):
        """What is wrong at the end of a run; None if nothing."""
        return f"{self.came - self.went} objects are left in `{self.name}`" if self.came > self.went else None


class Node:
    """Buffers of a FIFO in a memory tile."""

    place = patterns.MEMORY

    def __init__(self, name, kind, depth):
        self.name, self.kind, self.depth, self.parts, self.offsets = name, kind, depth, [], []

    def tile(self, ranges):
        """Checks that parts fill the object without gaps."""
        end = 0
        for start, size in sorted(ranges):
            if start != end:
                fail("type", f"parts of `{self.name}` leave a gap or overlap at byte {min(start, end)}")
            end = start + size
        if end != self.kind.bytes:
            fail("type", f"parts of `{self.name}` are {end} bytes of {self.kind.bytes}")
        self.offsets = ranges

    def part(self, index, depth):
        """The end of one part."""
        part = Part(self, *self.offsets[index])
        self.parts.append(part)
        return part

    def left(self):
        """What is wrong at the end of a run; None if nothing."""
        return f"parts of objects of `{self.name}` are left in a memory tile" if any(p.queue for p in self.parts) else None


class Part:
    """One part: what a split has to send, or what a join received."""

    place = patterns.MEMORY

    def __init__(self, node, start, size):
        self.node, self.start, self.end, self.queue = node, start, start + size, []

    def ready(self):
        """Whether there is a part to send."""
        return bool(self.queue)

    def take(self):
        """The next part to send."""
        return self.queue.pop(0)

    def free(self):
        """Whether there is room to receive."""
        return len(self.queue) < self.node.depth

    def put(self, data, written):
        """Receives a part."""
        self.queue.append((data, written))

    def left(self):
        """Told by its node."""
        return None


class Split(Node):
    """A consumer that hands parts on."""

    def free(self):
        """Whether there is room to receive."""
        return all(len(part.queue) < self.depth for part in self.parts)

    def put(self, data, written):
        """Receives an object."""
        for part in self.parts:
            part.queue.append((data[part.start:part.end].copy(), written[part.start:part.end].copy()))


class Join(Node):
    """A producer that puts parts together."""

    def ready(self):
        """Whether every part of the next object is there."""
        return all(part.queue for part in self.parts)

    def take(self):
        """The next object to send."""
        data, written = np.empty(self.kind.bytes, np.uint8), np.empty(self.kind.bytes, np.uint8)
        for part in self.parts:
            data[part.start:part.end], written[part.start:part.end] = part.queue.pop(0)
        return data, written


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
        self.name, self.kind, self.tasks, self.open = handle.fifo.name, handle.kind, [], []
        self.all = []

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
        with WORLD.condition:
            self.begin(host, where, wait)
            task = Task(host, where, wait)
            self.tasks.append(task)
            self.open.append(task)
            self.all.append(task)
            if len(self.open) > DESCRIPTORS:
                fail("limit", f"{len(self.open)} transfers of `{self.name}` that nothing waited for; a shim tile has {DESCRIPTORS} descriptors")
            if group is not None:
                group.add(self, task)
            WORLD.pump()

    def after(self, task):
        """Transfers that were started later."""
        return self.all[self.all.index(task) + 1:]

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
        data = np.concatenate(data)
        return data, np.ones(len(data), np.uint8)


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
