"""A strict stand-in of the package `nki` on NumPy: what the documentation does not allow is a fault."""

from .faults import LANGUAGE, Fault

# Kernels that run; more than one would be a kernel called by another.
RUNNING = []


class Kernel:
    """What `@nki.jit` makes of a function."""

    def __init__(self, function):
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *args, **kwargs):
        if RUNNING:
            raise Fault(
                "language",
                f"`{self.__name__}` has `@nki.jit` and is called by a kernel",
                LANGUAGE + "only the outermost function carries it",
            )
        RUNNING.append(self)
        try:
            return self.function(*args, **kwargs)
        finally:
            RUNNING.pop()


def jit(function):
    """Marks a kernel."""
    return Kernel(function)


def __getattr__(name):
    raise Fault(
        "language", f"`nki.{name}` is not there or not modelled", "source: aws-neuron-sdk, nki/api/nki/__init__.py"
    )
