"""Threads of workers and the sequence. Nothing is timed: when every thread waits, either the run is over or it is a deadlock."""

import threading

from .faults import Fault, fail, line


class Stop(BaseException):
    """The run is over; unwinds a worker."""


class World:
    """State of a run; all of it is touched under one lock."""

    def __init__(self):
        self.condition = threading.Condition()
        self.running, self.waiting = 0, {}
        self.fault, self.over, self.settling = None, False, False
        self.fifos = []

    def pump(self):
        """Lets DMAs move what they can."""
        while any([fifo.move() for fifo in self.fifos]):
            pass
        self.condition.notify_all()

    def wait(self, ready, what):
        """Waits until `ready()`; with the lock held."""
        me, at = threading.current_thread().name, line()
        while not ready():
            self.running -= 1
            self.waiting[me] = (ready, what, at)
            if self.running == 0:
                self.quiet()
            if self.fault is None and not self.over and not ready():
                self.condition.wait()
            del self.waiting[me]
            self.running += 1
            if self.fault is not None or self.over:
                raise Stop

    def quiet(self):
        """Every thread waits: somebody can go on, or the run is over, or it never will be."""
        if self.fault is not None or any(ready() for ready, _, _ in self.waiting.values()):
            self.condition.notify_all()
        elif self.settling:
            self.over = True
            self.condition.notify_all()
        else:
            stuck = [f"{name} waits for {what}" for name, (_, what, _) in sorted(self.waiting.items())]
            at = next((at for name, (_, _, at) in sorted(self.waiting.items(), reverse=True) if at), 0)
            self.report(Fault("deadlock", "; ".join(stuck), at))

    def report(self, fault):
        """Ends the run with a fault; the first counts."""
        if self.fault is None:
            self.fault = fault
        self.condition.notify_all()


WORLD = World()


class Index:
    """Index of a loop of the core: a value that is not known when the design is built."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        fail("design", "the index of a `range_` loop is used as a Python int")

    __int__ = __bool__ = __index__
    __hash__ = None

    def __eq__(self, _):
        fail("design", "the index of a `range_` loop is compared while the design is built")

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__

    def _with(self, other, compute):
        return Index(compute(self.value, other.value if isinstance(other, Index) else other))

    def __add__(self, other):
        return self._with(other, lambda a, b: a + b)

    def __mul__(self, other):
        return self._with(other, lambda a, b: a * b)

    def __sub__(self, other):
        return self._with(other, lambda a, b: a - b)

    __radd__, __rmul__ = __add__, __mul__
