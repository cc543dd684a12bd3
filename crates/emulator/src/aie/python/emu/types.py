"""Types of objects and the memory that they lie in."""

import math
import typing

import ml_dtypes
import numpy as np

from .faults import fail

_NAMES = {
    ml_dtypes.bfloat16: "bfloat16", np.float32: "float", np.int8: "int8_t", np.uint8: "uint8_t", np.int16: "int16_t",
    np.uint16: "uint16_t", np.int32: "int32_t", np.uint32: "uint32_t",
}


def scalar_name(dtype):
    """The C++ name of a scalar type; None for others."""
    return _NAMES.get(dtype) if isinstance(dtype, type) else None


def scalar_bytes(dtype):
    """Bytes of an element."""
    return 2 if dtype is ml_dtypes.bfloat16 else np.dtype(dtype).itemsize


class Type:
    """Type of an object: shape and element."""

    def __init__(self, annotation):
        parts = typing.get_args(annotation)
        if typing.get_origin(annotation) is not np.ndarray or len(parts) != 2:
            fail("type", f"`{annotation}` is not a type np.ndarray[shape, np.dtype[element]]")
        self.shape, element = tuple(parts[0]), typing.get_args(parts[1])
        if len(element) != 1 or scalar_name(element[0]) is None:
            fail("type", f"elements of `{annotation}` are wider than 32 bits or not numbers")
        self.dtype, self.element = element[0], scalar_bytes(element[0])
        self.count = math.prod(self.shape)
        self.bytes = self.count * self.element
        if self.bytes == 0 or self.bytes % 4:
            fail("limit", f"an object of {self.bytes} bytes: transfers are whole words of 4 bytes")

    def __str__(self):
        return f"{scalar_name(self.dtype)}{list(self.shape)}"

    def same(self, other):
        """Whether the element and the count are the same."""
        return self.dtype is other.dtype and self.count == other.count


# Nobody asks who wrote what where this is so.
UNCHECKED = []


class Memory:
    """Objects behind each other from an address that 64 divides: the second is as aligned as the size of the first lets it be."""

    def __init__(self, kind, count):
        size = kind.bytes * count
        raw = np.full(size + 64, 0xFF, np.uint8)
        first = -raw.ctypes.data % 64
        self.raw, self.data = raw, raw[first:first + size]
        self.written = np.full(size, 1 if UNCHECKED else 0, np.uint8)
        self.elements = [Element(self, kind, i * kind.bytes) for i in range(count)]


class Element:
    """One object in memory of a core. `held` says whether the core may touch it."""

    def __init__(self, memory, kind, start):
        self.kind, self.held = kind, False
        self.data = memory.data[start:start + kind.bytes]
        self.written = memory.written[start:start + kind.bytes]
        self.address, self.shadow = self.data.ctypes.data, self.written.ctypes.data

    def poison(self):
        """Forgets what was in it: NaN, and no byte written."""
        if not UNCHECKED:
            self.data[:] = 0xFF
            self.written[:] = 0
