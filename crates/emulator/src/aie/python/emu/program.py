"""The sequence, its groups, and the whole design (source: mlir-aie, python/iron/{program,runtime}.py)."""

import threading
import typing

import numpy as np

from . import worker as workers_
from .ends import Join, Part, Split
from .faults import Fault, fail, line
from .fifo import Handle
from .scheduler import WORLD, Turn
from .transfers import Drain, Fill
from .types import Type, scalar_name

PROGRAMS, GROUPS = [], []

# Channels of a memory tile and of a shim tile each way, bytes of a memory tile, cores of a column (source: mlir-aie, AIETargetModel.h).
MEMORY_CHANNELS, SHIM_CHANNELS, MEMORY_BYTES, CORES = 6, 2, 524_288, 4


class Host:
    """A host buffer of the run. `pending` are elements that a drain writes which nothing waited for."""

    def __init__(self, kind, rows, writable):
        self.kind, self.rows, self.writable = kind, rows, writable
        self.pending = np.zeros(kind.count, bool)


class TaskGroup:
    """Transfers that end together."""

    def __init__(self):
        self.tasks, self.finished, self.line = [], False, line()
        GROUPS.append(self)

    def add(self, transfers, task):
        """Takes a transfer in."""
        if self.finished:
            fail("design", "a transfer is put into a group that is finished")
        self.tasks.append((transfers, task))

    def finish(self):
        """Waits for those with `wait=True`; the descriptors of all are free then."""
        if self.finished:
            fail("design", "a group is finished twice")
        self.finished = True
        settle(self.tasks)


def settle(tasks):
    """Waits for the transfers that are to be waited for."""
    waited = [task for _, task in tasks if task.wait]
    WORLD.wait(lambda: not any(task.left for task in waited), "transfers of the sequence")
    for transfers, task in tasks:
        # Those before one that was waited for use the same channel: they ended before it.
        ended = task.wait or any(other.wait and not other.left for other in transfers.after(task))
        if ended:
            transfers.finish(task)
        else:
            transfers.release(task)


class Runtime:
    """The sequence and its arguments: a type stands for a host buffer or a scalar."""

    def __init__(self, sequence, fn_args=()):
        self.sequence, self.args, self.line = sequence, list(fn_args), line()
        for handle in self.handles():
            end = Fill(handle) if handle.producing else Drain(handle)
            handle.bind(end, "the sequence")

    def handles(self):
        """The FIFO handles among the arguments, in lists too."""
        flat = [part for arg in self.args for part in (arg if isinstance(arg, (list, tuple)) else [arg])]
        return [arg for arg in flat if isinstance(arg, Handle)]

    def hosts(self):
        """Types of the host's arguments, in order."""
        return [arg for arg in self.args if scalar_name(arg) or typing.get_origin(arg) is np.ndarray]


class Program:
    """A whole design."""

    def __init__(self, device, rt, workers=()):
        self.device, self.rt, self.workers = device, rt, list(workers)

    def resolve_program(self):
        """Checks what the compiler checks when it places and routes."""
        if PROGRAMS:
            fail("design", "a design has one program")
        if not hasattr(self.device, "columns"):
            fail("design", "the device is not one of `aie.iron.device`")
        columns = self.device.columns
        if {*self.workers} != {*workers_.WORKERS}:
            fail("design", "a worker is not part of the program")
        if len(self.workers) > columns * CORES:
            fail("limit", f"{len(self.workers)} workers; the device has {columns * CORES} cores")
        for producing, way in ((True, "fills"), (False, "drains")):
            count = sum(handle.producing is producing for handle in self.rt.handles())
            if count > columns * SHIM_CHANNELS:
                fail("channels", f"the sequence {way} {count} FIFOs; the device has {columns * SHIM_CHANNELS} channels for that")
        self._memory(columns)
        for fifo in WORLD.fifos:
            fifo.close()
        self._beside()
        PROGRAMS.append(self)
        return "module {}"

    def _beside(self):
        """Which FIFOs meet in a memory tile."""
        meet = {}
        for fifo in WORLD.fifos:
            for handle in [fifo.producer, *fifo.consumers]:
                node = handle.end.node if isinstance(handle.end, Part) else handle.end
                if isinstance(node, (Split, Join)):
                    meet.setdefault(node, []).append(fifo)
        for fifos in meet.values():
            for fifo in fifos:
                fifo.beside.extend(other for other in fifos if other is not fifo)

    def _memory(self, columns):
        ends = [handle.end for fifo in WORLD.fifos for handle in [fifo.producer, *fifo.consumers] if handle]
        nodes = [end for end in ends if isinstance(end, (Split, Join))]
        for node in nodes:
            if len(node.parts) > MEMORY_CHANNELS:
                fail("channels", f"`{node.name}` has {len(node.parts)} parts; a memory tile has {MEMORY_CHANNELS} channels each way")
            size = node.kind.bytes * node.depth
            if size > MEMORY_BYTES:
                fail("memory", f"`{node.name}` needs {size} bytes; a memory tile has {MEMORY_BYTES}")
        parts = sum(isinstance(end, Part) for end in ends)
        if parts > columns * MEMORY_CHANNELS or sum(node.kind.bytes * node.depth for node in nodes) > columns * MEMORY_BYTES:
            fail("channels", "the splits and joins need more than the memory tiles of the device")

    def run(self, values):
        """Runs the design once."""
        main = threading.current_thread()
        main.turn = Turn()
        threads = [workers_._Thread(worker) for worker in self.workers]
        WORLD.turns = [main.turn, *(thread.turn for thread in threads)]
        for thread in threads:
            thread.start()
        values = iter(values)
        hosts = set(map(id, self.rt.hosts()))
        args = [next(values) if id(arg) in hosts else arg for arg in self.rt.args]
        self.rt.sequence(*args)
        for group in GROUPS:
            if not group.finished:
                raise Fault("design", "a group of transfers is never finished", group.line)
        transfers = [handle.end for handle in self.rt.handles()]
        for end in transfers:
            if isinstance(end, Drain) and end.all and not end.all[-1].wait:
                raise Fault("unwaited", f"nothing waits for the last drain of `{end.name}`: the host reads too early", end.all[-1].line)
        settle([(end, task) for end in transfers for task in end.all])
        WORLD.settling = True
        WORLD.wait(lambda: False, "the end")

    def left(self):
        """What the run leaves behind; the next one would find it."""
        ends = [handle.end for fifo in WORLD.fifos for handle in [fifo.producer, *fifo.consumers]]
        for owner in [*ends, *self.workers]:
            message = owner.left()
            if message:
                at = owner.line if isinstance(owner, workers_.Worker) else 0
                raise Fault("balance", message, at)
