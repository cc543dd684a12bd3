"""Workers, and what their bodies use (source: mlir-aie, python/iron/{worker,kernel,buffer}.py)."""

import threading
import traceback

import numpy as np

from .ends import Ring
from .faults import DESIGN, Fault, fail, line
from .fifo import Handle
from .scheduler import WORLD, Index, Turn
from .types import Element, Memory, Type, scalar_name

LIBRARY = []
WORKERS = []

# Data memory of a core, and its DMA's channels in and out (source: mlir-aie, AIETargetModel.h).
MEMORY, CHANNELS = 65_536, 2


class Kernel:
    """A core function in an object file. Its types are compared with the text's and with every call."""

    def __init__(self, name, object_file, arg_types=()):
        self.name, self.line = name, line()
        self.arguments = [Type(kind) if scalar_name(kind) is None else kind for kind in arg_types]
        LIBRARY[0].check(name, self.arguments)

    def __call__(self, *values):
        if not isinstance(threading.current_thread(), _Thread):
            fail("design", f"`{self.name}` is called outside the body of a core")
        if self not in threading.current_thread().worker.args:
            fail("design", f"`{self.name}` is not an argument of this worker")
        if len(values) != len(self.arguments):
            fail("type", f"`{self.name}` has {len(self.arguments)} arguments; this call has {len(values)}")
        values = [value.element if isinstance(value, Buffer) else value for value in values]
        for number, (argument, value) in enumerate(zip(self.arguments, values), 1):
            self._argument(number, argument, value)
        LIBRARY[0].call(self.name, self.arguments, values)

    def _argument(self, number, argument, value):
        what = f"argument {number} of `{self.name}`"
        if isinstance(argument, Type):
            if not isinstance(value, Element) or not argument.same(value.kind):
                fail("type", f"{what} is {value.kind if isinstance(value, Element) else value!r}; it is declared as {argument}")
            if not value.held:
                fail("lifetime", f"{what} is an object that the core has released")
        elif argument is np.float32:
            if not isinstance(value, (int, float)):
                fail("type", f"{what} is {value!r}; it is declared as float")
        elif isinstance(value, bool) or not isinstance(value, (int, Index, np.integer)):
            fail("type", f"{what} is {value!r}; it is declared as {scalar_name(argument)}")


class ExternalFunction(Kernel):
    """A core function that the design builds itself."""

    def __init__(self, name, source_file=None, source_string=None, arg_types=(), include_dirs=(), compile_flags=()):
        super().__init__(name, source_file, arg_types)


class Buffer:
    """Memory of a core that stays, or a parameter that the sequence writes."""

    def __init__(self, obj_type, initial_value=None, name=None, use_write_rtp=False):
        self.kind, self.rtp = Type(obj_type), use_write_rtp
        self.element = Memory(self.kind, 1).elements[0]
        self.element.held = True
        self.values = self.element.data
        if initial_value is not None:
            data = np.ascontiguousarray(initial_value).view(np.uint8).reshape(-1)
            if len(data) != self.kind.bytes:
                fail("type", f"an initial value of {len(data)} bytes for {self.kind}")
            self.element.data[:], self.element.written[:] = data, 1

    def _typed(self):
        if self.kind.dtype not in (np.int32, np.uint32, np.float32):
            fail("design", f"elements of {self.kind} are read or written by the design")
        return self.element.data.view(self.kind.dtype)

    def __getitem__(self, index):
        if not self.element.written[index * 4]:
            fail("uninitialised", "a buffer is read before anybody wrote it")
        return self._typed()[index].item()

    def __setitem__(self, index, value):
        if not self.rtp and not isinstance(threading.current_thread(), _Thread):
            fail("design", "the sequence writes a buffer that was made without `use_write_rtp`")
        self._typed()[index] = value
        self.element.written[index * 4:index * 4 + 4] = 1


class WorkerRuntimeBarrier:
    """A value that the sequence sets and workers wait for: a lock in the tile of each worker, which acquiring it takes the value from
    (source: mlir-aie, python/iron/worker.py; AMD AM020, locks)."""

    def __init__(self, initial_value=0):
        self.value, self.taken = initial_value, {}

    def set(self, value):
        """Sets it."""
        self.value = value
        self.taken.clear()

    def wait_for_value(self, value):
        """Waits for it, and takes it: the next wait needs another one."""
        worker = threading.current_thread().worker
        worker.waited = True
        WORLD.wait(lambda: self.value - self.taken.get(worker, 0) == value, f"a barrier to be {value}")
        self.taken[worker] = self.taken.get(worker, 0) + value

    def release_with_value(self, value):
        """Adds to it from a worker."""
        worker = threading.current_thread().worker
        self.taken[worker] = self.taken.get(worker, 0) - value


class _Thread(threading.Thread):
    def __init__(self, worker):
        super().__init__(target=worker.run, name=worker.name, daemon=True)
        self.worker, self.turn = worker, Turn()
        self.turn.ready = lambda: True


class Worker:
    """The program of one core: its body, again and again."""

    def __init__(self, core_fn, fn_args=(), tile=None, while_true=True, stack_size=1024, allocation_scheme=None):
        self.body, self.args, self.forever, self.line = core_fn, list(fn_args), while_true, line()
        self.name, self.stack, self.ended = f"worker {len(WORKERS)}", stack_size, False
        self.waited, self.began = False, []
        WORKERS.append(self)
        for handle in self.handles():
            handle.bind(Ring(handle), self.name)
        self.limits()

    def handles(self):
        """The FIFO handles among the arguments, in lists too."""
        flat = [part for arg in self.args for part in (arg if isinstance(arg, (list, tuple)) else [arg])]
        return [arg for arg in flat if isinstance(arg, Handle)]

    def limits(self):
        """Channels and memory of the core."""
        for producing, way in ((False, "in"), (True, "out")):
            count = len({handle.fifo for handle in self.handles() if handle.producing is producing})
            if count > CHANNELS:
                fail("channels", f"{self.name} has {count} FIFOs {way}; the DMA of a core has {CHANNELS} channels {way}")
        buffers = sum(arg.kind.bytes for arg in self.args if isinstance(arg, Buffer))
        rings = sum(handle.kind.bytes * handle.depth for handle in self.handles())
        total = self.stack + rings + buffers + LIBRARY[0].statics
        if total > MEMORY:
            fail("memory", f"{self.name} needs {total} bytes ({rings} of FIFOs, {buffers} of buffers, {self.stack} of stack, "
                 f"{LIBRARY[0].statics} of static variables); a core has {MEMORY}")

    def released(self):
        """Objects that the core has given back, of each FIFO."""
        return [handle.end.came if handle.producing else handle.end.went for handle in self.handles()]

    def run(self):
        """The thread."""
        turn = threading.current_thread().turn
        WORLD.join(turn)
        turn.ready = None
        try:
            while True:
                self.waited, self.began = False, self.released()
                self.body(*self.args)
                for handle in self.handles():
                    if handle.end.held:
                        message = f"{handle.end.held} objects of `{handle.fifo.name}` are held at the end of the body"
                        raise Fault("balance", message, self.line)
                if not self.forever:
                    break
                if self.began == self.released() and not self.waited:
                    message = f"the body of {self.name} waits for nothing and is repeated for ever"
                    raise Fault("deadlock", message, self.line)
            self.ended = True
        except Fault as fault:
            WORLD.report(fault)
        except Exception as error:  # whatever the design does wrong
            WORLD.report(Fault("design", f"{type(error).__name__}: {error}", where(error)))
        WORLD.give(None)

    def left(self):
        """What is wrong at the end of a run; None if nothing: the core waits at the start of its body."""
        if self.ended:
            return None
        held = [handle.fifo.name for handle in self.handles() if handle.end.held]
        if held or self.began != self.released():
            return f"{self.name} stops inside its body" + (f", holding objects of {', '.join(held)}" if held else "")
        return None


def where(error):
    """Line of the design at which an exception arose."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(DESIGN)]
    return lines[-1] if lines else 0
