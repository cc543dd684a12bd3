"""Storage of tensors with a shadow of what was written, and the room in the memories."""

import sys
import weakref

import numpy as np

from .faults import ARCH, line_of_text, require

# Whether launches are checked, or only computed.
CHECKED = "unchecked" not in sys.argv

PARTITIONS = 128
# What aws-nki's own kernels leave of 224 KiB, rounded down (source: nki-library, core/mlp/mlp_cte/mlp_cte_constants.py).
SBUF_BYTES = 207 * 1024
BANK_BYTES = 2048
BANKS = 8

# Shadow: nothing was written, something was, a product was summed there; in HBM, this launch wrote, or did so at a run-time address.
UNWRITTEN, WRITTEN, SUMMED, STORED, STORED_DYNAMIC = 0, 1, 2, 3, 4


class Buffer:
    """A memory."""

    def __init__(self, name, on_chip):
        self.name, self.on_chip = name, on_chip

    def __repr__(self):
        return f"nl.{self.name}"


SBUF, PSUM = Buffer("sbuf", True), Buffer("psum", True)
HBM, PRIVATE_HBM, SHARED_HBM = Buffer("hbm", False), Buffer("private_hbm", False), Buffer("shared_hbm", False)


class Memory:
    """What live tiles take of each partition: SBUF in bytes, PSUM in banks. A tile lives as long as a name of the text holds it."""

    def __init__(self):
        self.sbuf, self.banks = 0, 0

    def take(self, storage):
        """Counts a new tile."""
        if storage.buffer is SBUF:
            # Rows begin on 4 bytes at least.
            size = -(-storage.row * storage.dtype.bytes // 4) * 4
            require(
                self.sbuf + size <= SBUF_BYTES,
                "capacity",
                f"{size} bytes per partition beside {self.sbuf} in live tiles; SBUF has {SBUF_BYTES}",
                ARCH + "SBUF: 224 KiB per partition, of which the compiler keeps a part",
            )
            self.sbuf += size
            weakref.finalize(storage, self.give_sbuf, size)
        elif storage.buffer is PSUM:
            banks = -(-storage.row * storage.dtype.bytes // BANK_BYTES)
            require(
                self.banks + banks <= BANKS,
                "capacity",
                f"{banks} banks of PSUM beside {self.banks} of live tiles; there are {BANKS}",
                ARCH + "PSUM: 8 banks of 2 KiB per partition",
            )
            self.banks += banks
            weakref.finalize(storage, self.give_banks, banks)

    def give_sbuf(self, size):
        self.sbuf -= size

    def give_banks(self, banks):
        self.banks -= banks


MEMORY = Memory()


def take(storage):
    """Counts a new tile of the launch."""
    MEMORY.take(storage)


def fresh():
    """Begins a launch, with nothing in the memories."""
    global MEMORY
    MEMORY = Memory()


def product(sizes):
    """Product of sizes."""
    result = 1
    for size in sizes:
        result *= size
    return result


class Storage:
    """Elements of one tensor as it was declared."""

    def __init__(self, shape, dtype, buffer, values=None, name=None, writable=True):
        self.shape, self.dtype, self.buffer = shape, dtype, buffer
        self.count = product(shape)
        # Elements of a partition.
        self.row = product(shape[1:])
        self.values = np.full(self.count, dtype.poison(), dtype.held) if values is None else values
        # Tensors of unchecked launches may be the memory itself, with bf16 as its bits.
        self.raw = self.values.dtype != dtype.held
        if CHECKED:
            self.shadow = np.full(self.count, UNWRITTEN if values is None else WRITTEN, np.uint8)
        self.line, self.name, self.writable = line_of_text(), name, writable
        self.input = values is not None
        # Whether it was written at all, and at an address that only the run knows.
        self.touched, self.dynamic = False, False

    def __str__(self):
        return self.name or f"the tensor of line {self.line}"


def is_int(value):
    """Whether a value is an integer of the compiler."""
    return isinstance(value, int) and not isinstance(value, bool)


def rows(shape):
    """Strides of elements one after another."""
    return tuple(product(shape[axis + 1 :]) for axis in range(len(shape)))
