"""Enumerations of `nki.isa`: numbers in their place are refused."""

from enum import Enum


class engine(Enum):
    """Engines of a core."""

    tensor = 1
    vector = 2
    scalar = 3
    gpsimd = 4
    dma = 5
    sync = 6
    unknown = 0


class reduce_cmd(Enum):
    """What an instruction does with the registers of sums."""

    idle = 0
    reset = 1
    reduce = 2
    reset_reduce = 3
    load_reduce = 4


class dge_mode(Enum):
    """Who makes the descriptors of a copy."""

    unknown = 0
    swdge = 1
    hwdge = 2
    none = 3


class oob_mode(Enum):
    """What a run-time address outside does."""

    error = 0
    skip = 1


class matmul_perf_mode(Enum):
    """Modes of products."""

    none = 0
