"""Registers of run-time integers, and loops over them."""

from .faults import ISA, LOOPS, Fault, require
from .tensor import SBUF, is_int
from .views import NkiTensor


class VirtualRegister:
    """An integer that only the run knows. The compiler cannot compute with it."""

    def __init__(self, value=None, frozen=False):
        self._value, self._frozen = value, frozen

    def _refuse(self, *_):
        raise Fault(
            "language", "a register is not a value of the compiler; it is only an offset of `.ap`", LOOPS + "registers"
        )

    __bool__ = __index__ = __int__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __floordiv__ = __mod__ = __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __float__ = _refuse

    def __eq__(self, other):
        return self._refuse()

    __hash__ = None


def value_of(offset):
    """What a run-time offset is now: a register or a 1x1 tile of integers."""
    if isinstance(offset, VirtualRegister):
        require(
            offset._value is not None,
            "uninitialised",
            "a register that nothing was loaded into",
            ISA + "register_alloc",
        )
        return offset._value
    require(
        isinstance(offset, NkiTensor),
        "language",
        f"offset {offset!r} is neither a register nor a tile",
        ISA + "scalar indirection",
    )
    from .access import read

    require(
        offset.buffer is SBUF and offset.shape == (1, 1),
        "space",
        "a run-time offset is a 1x1 tile in SBUF",
        ISA + "scalar indirection",
    )
    require(
        offset.dtype.name in ("int32", "uint32"),
        "dtype",
        f"a run-time offset of {offset.dtype}",
        ISA + "scalar indirection",
    )
    return int(read(offset, "scalar_offset")[0, 0])


def register_alloc(value=None):
    """A register, with a value of the compiler if one is given."""
    require(value is None or is_int(value), "unsupported", "`register_alloc` from a tensor", ISA + "register_alloc")
    return VirtualRegister(value)


def writable(register):
    """Checks the destination of a register instruction."""
    require(isinstance(register, VirtualRegister), "language", f"{register!r} is no register", ISA + "registers")
    require(not register._frozen, "language", "a loop's register is read-only", LOOPS + "fori_loop")
    return register


def register_load(dst, src):
    """Loads a 1x1 tile of integers."""
    writable(dst)._value = value_of(src)


def register_move(dst, src):
    """Copies a register, or sets a value of the compiler."""
    writable(dst)._value = src if is_int(src) else value_of(src)


def bound(value):
    """A bound of a loop."""
    return value if is_int(value) else value_of(value)


def fori_loop(lower, upper, body, step=1):
    """Runs `body` with a read-only register from `lower` to before `upper`."""
    require(
        is_int(step) and step > 0,
        "limit",
        f"step {step!r}",
        LOOPS + "fori_loop: the step is a positive integer of the compiler",
    )
    require(
        not isinstance(lower, NkiTensor) and not isinstance(upper, NkiTensor),
        "language",
        "a bound is an integer or a register",
        LOOPS + "fori_loop",
    )
    for value in range(bound(lower), bound(upper), step):
        result = body(VirtualRegister(value, frozen=True))
        require(result is None, "language", "the body of a loop returns nothing", LOOPS + "fori_loop")


def while_loop(register, body):
    """Runs `body` with a register while it is not 0; the body returns the next one."""
    require(
        isinstance(register, VirtualRegister), "language", f"{register!r} is no register", LOOPS + "while_loop"
    )
    while value_of(register) != 0:
        register = body(VirtualRegister(value_of(register), frozen=True))
        require(
            isinstance(register, VirtualRegister),
            "language",
            f"the body of a loop returns {register!r}, no register",
            LOOPS + "while_loop",
        )
