"""What ends of FIFOs are: rings in a core's memory and memory tiles."""

import numpy as np

from . import patterns
from .faults import fail
from .scheduler import WORLD
from .types import Memory


class Ring:
    """Buffers of a FIFO in the memory of a core, used in turn."""

    place = patterns.CORE

    def __init__(self, handle):
        self.name, self.producing, self.depth = handle.fifo.name, handle.producing, handle.depth
        self.fifo, self.elements = handle.fifo, Memory(handle.kind, handle.depth).elements
        # Objects that came in and that went out, and how many of those between the core holds.
        self.came, self.went, self.held = 0, 0, 0

    def _slot(self, number):
        return self.elements[number % self.depth]

    def acquire(self, count):
        """At least `count` objects: those that are held already count."""
        if not 1 <= count <= self.depth:
            fail("limit", f"acquire({count}) of `{self.name}`, whose depth is {self.depth}")
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
        for _ in range(count):
            if self.producing:
                self._slot(self.came).held = False
                self.came += 1
            else:
                self._slot(self.went).held = False
                self.went += 1
        self.held -= count
        WORLD.pump(self.fifo)

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
