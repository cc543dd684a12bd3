"""Object FIFOs (source: mlir-aie, python/iron/dataflow/objectfifo.py)."""

import threading

import numpy as np

from . import patterns
from .ends import Join, Ring, Split
from .faults import fail, line
from .scheduler import WORLD
from .transfers import Drain, Fill
from .types import Type


class ObjectFifo:
    """Objects of one type from one producer to each of its consumers, which all see every object."""

    def __init__(self, obj_type, depth=2, name=None, dims_to_stream=None, dims_from_stream_per_cons=None):
        if threading.current_thread() is not threading.main_thread():
            fail("design", "an ObjectFifo is made inside the body of a core")
        if not isinstance(depth, int) or depth < 1:
            fail("limit", f"a depth of {depth}")
        self.kind, self.depth, self.line = Type(obj_type), depth, line()
        self.name = name or f"fifo{len(WORLD.fifos)}"
        if any(fifo.name == self.name for fifo in WORLD.fifos):
            fail("design", f"two ObjectFifos are called `{self.name}`")
        self.to, self.from_ = dims_to_stream, dims_from_stream_per_cons
        self.producer, self.consumers = None, []
        # FIFOs on the other side of memory tiles that this one ends at.
        self.beside = []
        WORLD.fifos.append(self)

    def prod(self):
        """The handle of the producer."""
        if self.producer is None:
            self.producer = Handle(self, True, self.depth)
        return self.producer

    def cons(self, depth=None, dims_from_stream=None):
        """The handle of a new consumer."""
        self.consumers.append(Handle(self, False, depth or self.depth))
        self.consumers[-1].order = dims_from_stream or self.from_
        return self.consumers[-1]

    def close(self):
        """Checks that both ends are used, and prepares what the DMAs do."""
        for handle in [self.producer, *self.consumers]:
            if handle is None or handle.end is None:
                fail("design", f"`{self.name}` has an end that no worker, memory tile or sequence uses")
        if not self.consumers:
            fail("design", f"`{self.name}` has no consumer")
        self.order = patterns.stream(self.to, self.kind, self.producer.end.place)
        self.orders = [patterns.stream(handle.order, self.kind, handle.end.place) for handle in self.consumers]

    def move(self):
        """Moves one object if there is one and every consumer has room; whether it did."""
        source = self.producer.end
        if not source.ready() or not all(handle.end.free() for handle in self.consumers):
            return False
        data, written = source.take()
        if self.order is not None:
            data, written = self._reorder(data, self.order, False), self._reorder(written, self.order, False)
        for handle, order in zip(self.consumers, self.orders):
            pair = (data, written)
            if order is not None:
                pair = tuple(self._reorder(part, order, True) for part in pair)
            handle.end.put(*pair)
        return True

    def _reorder(self, data, order, scatter):
        rows = data.reshape(-1, self.kind.element)
        if not scatter:
            return rows[order].reshape(-1)
        result = np.empty_like(rows)
        result[order] = rows
        return result.reshape(-1)


class Handle:
    """One end of a FIFO. What it is bound to decides which of its calls may be made."""

    def __init__(self, fifo, producing, depth):
        self.fifo, self.producing, self.depth = fifo, producing, depth
        self.kind, self.end, self.owner, self.order = fifo.kind, None, None, None

    def bind(self, end, owner):
        """Gives the handle to a worker, a memory tile or the sequence."""
        if self.end is not None:
            fail("design", f"a handle of `{self.fifo.name}` is used twice, by {self.owner} and by {owner}")
        self.end, self.owner = end, owner

    def _ring(self, call):
        worker = threading.current_thread().name
        if not isinstance(self.end, Ring) or self.owner != worker:
            fail("design", f"`{call}` of `{self.fifo.name}`, which is not an argument of this worker")
        return self.end

    def acquire(self, count):
        """Objects that the core may use: one, or a list if there are several."""
        elements = self._ring("acquire").acquire(count)
        return elements[0] if count == 1 else elements

    def release(self, count):
        """Gives the oldest objects back."""
        self._ring("release").release(count)

    def fill(self, buffer, tap=None, sizes=None, strides=None, offset=0, group=None, wait=False):
        """Reads a host buffer into the FIFO."""
        self._transfer(Fill, "fill", buffer, tap, sizes, strides, offset, group, wait)

    def drain(self, buffer, tap=None, sizes=None, strides=None, offset=0, group=None, wait=False):
        """Writes what comes out of the FIFO to a host buffer."""
        self._transfer(Drain, "drain", buffer, tap, sizes, strides, offset, group, wait)

    def _transfer(self, end, call, buffer, tap, sizes, strides, offset, group, wait):
        if type(self.end) is not end:
            fail("design", f"`{call}` of `{self.fifo.name}`, whose handle is not an argument of the sequence for that")
        if tap is not None:
            sizes, strides, offset = tap.sizes, tap.strides, tap.offset
        self.end.task(buffer, sizes, strides, offset, group, wait)

    def _through(self, producing, what):
        if self.producing is not producing:
            fail("design", f"`{what}` of the wrong end of `{self.fifo.name}`")

    def forward(self, obj_type=None, depth=None, name=None, **_):
        """Objects through a memory tile."""
        shape = np.ndarray[self.kind.shape, np.dtype[self.kind.dtype]] if obj_type is None else obj_type
        return self.split([0], [shape], [name], [depth])[0]

    def _parts(self, offsets, obj_types, names, depths, node):
        count = len(offsets)
        fifos = []
        for i in range(count):
            name = names[i] if names else None
            fifos.append(ObjectFifo(obj_types[i], (depths and depths[i]) or self.depth, name))
        node.tile([(offset * self.kind.element, fifo.kind.bytes) for offset, fifo in zip(offsets, fifos)])
        return fifos

    def split(self, offsets, obj_types=None, names=None, depths=None, tile=None, **_):
        """Parts of each object through a memory tile to FIFOs of their own; offsets in elements."""
        self._through(False, "split")
        node = Split(self.fifo.name, self.kind, self.depth)
        fifos = self._parts(offsets, obj_types, names, depths, node)
        self.bind(node, "a memory tile")
        for i, fifo in enumerate(fifos):
            fifo.prod().bind(node.part(i, fifo.depth), "a memory tile")
        return fifos

    def join(self, offsets, obj_types=None, names=None, depths=None, tile=None, **_):
        """Objects put together in a memory tile from those of FIFOs of their own; offsets in elements."""
        self._through(True, "join")
        node = Join(self.fifo.name, self.kind, self.depth)
        fifos = self._parts(offsets, obj_types, names, depths, node)
        self.bind(node, "a memory tile")
        for i, fifo in enumerate(fifos):
            fifo.cons().bind(node.part(i, fifo.depth), "a memory tile")
        return fifos
