"""Threads of workers and the sequence, of which one runs at a time, until it waits. Nothing is timed: when every thread waits, either the
run is over or it is a deadlock."""

import threading

from .faults import Fault, fail, line


class Stop(BaseException):
    """The run is over; unwinds the sequence."""


class Turn:
    """A thread's right to run, and what it waits for."""

    def __init__(self):
        self.name, self.gate, self.ready, self.what, self.line = threading.current_thread().name, threading.Lock(), None, "", 0
        self.gate.acquire()


class World:
    """State of a run."""

    def __init__(self):
        # The sequence's turn is the first one.
        self.turns = []
        self.fault, self.over, self.settling = None, False, False
        self.fifos = []

    def pump(self, fifo):
        """Lets DMAs move what they can after something happened at an end of `fifo`."""
        work = [fifo]
        while work:
            fifo = work.pop()
            moved = False
            while fifo.move():
                moved = True
            if moved:
                work.extend(fifo.beside)

    def join(self, turn):
        """A thread begins: it waits for its turn."""
        turn.name = threading.current_thread().name
        turn.gate.acquire()

    def wait(self, ready, what):
        """Waits until `ready()`, and lets others run meanwhile."""
        if ready():
            return
        turn = threading.current_thread().turn
        turn.ready, turn.what, turn.line = ready, what, line()
        self.give(turn)
        turn.ready = None
        if turn is self.turns[0] and (self.fault is not None or self.over):
            raise Stop

    def give(self, turn):
        """Hands the right to run on; returns when it comes back, unless `turn` is None."""
        other = self.next()
        if other is turn:
            return
        other.gate.release()
        if turn is not None:
            turn.gate.acquire()

    def next(self):
        """Who can run: the sequence if all is over."""
        if self.fault is None:
            for turn in self.turns:
                if turn.ready is not None and turn.ready():
                    return turn
            if self.settling:
                self.over = True
            else:
                stuck = sorted((turn for turn in self.turns if turn.ready is not None), key=lambda turn: turn.name)
                at = next((turn.line for turn in reversed(stuck) if turn.line), 0)
                self.fault = Fault("deadlock", "; ".join(f"{turn.name} waits for {turn.what}" for turn in stuck), at)
        return self.turns[0]

    def report(self, fault):
        """Ends the run with a fault; the first counts."""
        if self.fault is None:
            self.fault = fault


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
