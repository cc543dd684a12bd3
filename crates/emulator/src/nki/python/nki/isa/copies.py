"""Copies: DMA between HBM and SBUF, engines between SBUF and PSUM, constants."""

import numpy as np

from ..access import apart, engine_of, on_chip, read, same_sizes, tensor, write
from ..faults import ARCH, ISA, require
from ..tensor import PSUM, is_int
from .engines import dge_mode as dge
from .engines import engine as engines
from .engines import oob_mode as oob


def dma_copy(dst, src, priority=None, oob_mode=oob.error, dge_mode=dge.unknown, engine=engines.unknown, name=None):
    """Copies between HBM and SBUF, with a cast through f32 if dtypes differ."""
    for what, view in (("dst", dst), ("src", src)):
        require(
            tensor(view, what).buffer is not PSUM,
            "space",
            f"`{what}` of a DMA is in PSUM",
            ARCH + "DMA engines do not reach PSUM",
        )
    require(
        dst.shape == src.shape,
        "shape",
        f"`dst` is {list(dst.shape)}, `src` {list(src.shape)}",
        "source: aws-neuron-sdk, issue 1281",
    )
    require(priority is None, "unsupported", "`priority` is of NeuronCore-v4", ISA + "dma_copy")
    require(
        isinstance(oob_mode, oob) and isinstance(dge_mode, dge) and isinstance(engine, engines),
        "language",
        "an enumeration is not one of nki.isa",
        ISA + "dma_copy",
    )
    require(oob_mode is oob.error, "unsupported", "`oob_mode.skip` is not modelled", ISA + "dma_copy")
    require(
        dge_mode is not dge.hwdge or dst.dtype is src.dtype,
        "dtype",
        f"hwdge does not cast {src.dtype} to {dst.dtype}",
        ISA + "dma_copy",
    )
    require(
        dge_mode is not dge.none or (dst._dynamic is None and src._dynamic is None),
        "limit",
        "a run-time address without DGE",
        ISA + "dma_copy",
    )
    require(
        engine is engines.unknown or (dge_mode is dge.hwdge and engine in (engines.sync, engines.scalar)),
        "limit",
        f"{engine} does not start this copy",
        ISA + "dma_copy",
    )
    apart(dst, [("src", src)], same=False)
    values = read(src, "src")
    write(dst, values if dst.dtype is src.dtype else values.astype(np.float32))


def tensor_copy(dst, src, engine=engines.unknown, name=None):
    """Copies within the chip; bits are kept if dtypes are the same."""
    on_chip(dst, "dst"), on_chip(src, "src")
    same_sizes(dst, ("src", src))
    engine = engine_of(engine, ("vector", "scalar", "gpsimd"), (dst, src))
    apart(dst, [("src", src)])
    values = read(src, "src")
    exact = dst.dtype is src.dtype and engine is not engines.scalar
    # Scalar casts to f32; which engine the compiler takes is not known, so that only values that f32 has are sure to arrive.
    if exact and engine is engines.unknown and src.dtype.bytes == 4 and not src.dtype.is_float:
        require(
            (values.astype(np.float32).astype(np.int64) == values).all(),
            "limit",
            "integers that f32 does not have, on an engine that the compiler chooses",
            ISA + "tensor_copy",
        )
    write(dst, values if exact else values.astype(np.float32))


def memset(dst, value, engine=engines.unknown, name=None):
    """Writes a constant, whose Python type is that of the dtype."""
    on_chip(dst, "dst")
    engine_of(engine, ("vector", "gpsimd"), (dst,))
    fits = isinstance(value, float) if dst.dtype.is_float else is_int(value)
    require(
        fits,
        "dtype",
        f"`value` is {value!r} for {dst.dtype}",
        "source: aws-neuron-sdk, release-notes/components/nki.rst, memset",
    )
    if not dst.dtype.is_float:
        info = np.iinfo(dst.dtype.held)
        require(info.min <= value <= info.max, "limit", f"{value} is no {dst.dtype}", ISA + "memset")
    write(dst, np.full(dst.shape, value, np.float32 if dst.dtype.is_float else np.int64))


def tensor_copy_predicated(dst, src, predicate, reverse_pred=False, name=None):
    """Copies the elements where the predicate is not 0; others stay."""
    on_chip(dst, "dst"), on_chip(src, "src"), on_chip(predicate, "predicate")
    same_sizes(dst, ("src", src), ("predicate", predicate))
    require(
        predicate.dtype.name in ("uint8", "uint16", "uint32"),
        "dtype",
        f"a predicate of {predicate.dtype}",
        ISA + "tensor_copy_predicated",
    )
    require(dst.dtype is src.dtype, "dtype", f"`dst` is {dst.dtype}, `src` {src.dtype}", ISA + "tensor_copy_predicated")
    require(
        not (src.buffer is PSUM and predicate.buffer is PSUM),
        "space",
        "`src` and `predicate` are both in PSUM",
        ISA + "tensor_copy_predicated",
    )
    apart(dst, [("src", src), ("predicate", predicate)])
    chosen = (read(predicate, "predicate") != 0).reshape(dst.shape) != bool(reverse_pred)
    # What stays is read as well: elements that nobody wrote would come out of it as they were.
    write(dst, np.where(chosen, read(src, "src").reshape(dst.shape), read(dst, "dst")))
