"""Elementwise instructions: tiles with tiles, tiles with columns or numbers, functions of the Scalar Engine."""

import numpy as np

from ..access import apart, engine_of, floats, on_chip, read, same_sizes, scalar_or_column, write
from ..faults import ISA, require
from ..numbers import activate, as_op
from ..tensor import PSUM, is_int
from ..views import NkiTensor
from .engines import engine as engines
from .engines import reduce_cmd as commands

WIDE = ("int32", "uint32")


def integers(dtype, exact):
    """32-bit integers with wrap-around."""
    return (exact.astype(np.int64) & 0xFFFFFFFF).astype(np.uint32).view(dtype.held)


def bits(dst, op, first, second, rule):
    """An operator on bit patterns: all operands have one integer type."""
    kinds = {view.dtype for view in (dst, first, second) if isinstance(view, NkiTensor)}
    require(
        len(kinds) == 1 and not dst.dtype.is_float,
        "dtype",
        f"{op!r} of {sorted(map(repr, kinds))}",
        ISA + rule + ", bitvec operators",
    )
    a = read(first, "data").reshape(first.shape[0], -1)
    if isinstance(second, NkiTensor):
        b = read(second, "data2").reshape(second.shape[0], -1)
    else:
        require(is_int(second), "language", f"operand {second!r} of {op!r}", ISA + rule + ", bitvec operators")
        info = np.iinfo(dst.dtype.held)
        require(
            info.min <= second <= info.max, "limit", f"{second} is no {dst.dtype}", ISA + rule + ", bitvec operators"
        )
        b = dst.dtype.held.type(second)
    if op.name in ("left_shift", "right_shift"):
        require(
            ((b >= 0) & (b < 8 * dst.dtype.bytes)).all(),
            "limit",
            f"{op!r} by more than the width",
            ISA + rule + ", bitvec operators",
        )
    return op.alu(a, b).astype(dst.dtype.held)


def tensor_tensor(dst, data1, data2, op, engine=engines.unknown, name=None):
    """`data1 op data2`."""
    as_op(op, "op")
    on_chip(dst, "dst"), on_chip(data1, "data1"), on_chip(data2, "data2")
    same_sizes(dst, ("data1", data1), ("data2", data2))
    require(
        not (data1.buffer is PSUM and data2.buffer is PSUM),
        "space",
        "`data1` and `data2` are both in PSUM",
        ISA + "tensor_tensor",
    )
    engine = engine_of(engine, ("vector", "gpsimd"), (dst, data1, data2))
    views = (dst, data1, data2)
    apart(dst, [("data1", data1), ("data2", data2)])
    if op.kind == "bits":
        return write(dst, bits(dst, op, data1, data2, "tensor_tensor"))
    require(
        op.kind == "arith" and op.arity == 2,
        "limit",
        f"{op!r} is no binary operator of the engine",
        ISA + "tensor_tensor",
    )
    in_psum = any(view.buffer is PSUM for view in views)
    require(
        op.name != "power" or not in_psum,
        "space",
        "`nl.power` runs on GpSimd, which does not reach PSUM",
        ISA + "tensor_tensor",
    )
    if all(view.dtype.name in WIDE for view in views) and not in_psum and engine is not engines.vector:
        a, b = (read(v, w).reshape(v.shape[0], -1).astype(np.int64) for v, w in ((data1, "data1"), (data2, "data2")))
        require(op.name != "power", "unsupported", "`nl.power` of integers", ISA + "tensor_tensor")
        return write(dst, integers(dst.dtype, op.alu(a, b)))
    write(dst, op.alu(floats(data1, "data1"), floats(data2, "data2")))


# Pairs that the Scalar Engine of trn2 has (source: ISA, tensor_scalar).
ON_SCALAR = {("multiply", "add"), ("multiply", None), ("add", None)}


def step(op, values, operand, reverse, what, partitions):
    """One operator of `tensor_scalar`."""
    if op.arity == 1:
        require(
            operand is None or (not isinstance(operand, NkiTensor) and operand == 0),
            "limit",
            f"`{what}` of {op!r} is not 0",
            ISA + "tensor_scalar, unary operators",
        )
        return op.alu(values)
    require(op.kind == "arith", "limit", f"{op!r} is no operator of the engine", ISA + "tensor_scalar")
    require(op.name != "power", "unsupported", "`nl.power` with a column or number", ISA + "tensor_scalar")
    other = scalar_or_column(operand, what, partitions, rule="tensor_scalar")
    return op.alu(*((other + np.zeros_like(values), values) if reverse else (values, other + np.zeros_like(values))))


def tensor_scalar(
    dst, data, op0, operand0, reverse0=False, op1=None, operand1=None, reverse1=False, engine=engines.unknown, name=None
):
    """`(data op0 operand0) op1 operand1`, with columns or numbers as operands."""
    as_op(op0, "op0")
    on_chip(dst, "dst"), on_chip(data, "data")
    same_sizes(dst, ("data", data))
    engine = engine_of(engine, ("vector", "scalar", "gpsimd"), (dst, data, operand0, operand1))
    require(
        isinstance(reverse0, bool) and isinstance(reverse1, bool),
        "language",
        "`reverse0` and `reverse1` are bool",
        ISA + "tensor_scalar",
    )
    require(
        (op1 is None) == (operand1 is None) or (op1 is not None and op1.arity == 1),
        "limit",
        "`op1` and `operand1` come together",
        ISA + "tensor_scalar",
    )
    apart(dst, [("data", data), ("operand0", operand0), ("operand1", operand1)])
    if op1 is not None:
        as_op(op1, "op1")
        require(
            (op0.kind == "bits") == (op1.kind == "bits"),
            "limit",
            f"{op0!r} and {op1!r} are of different types",
            ISA + "tensor_scalar",
        )
    if op0.kind == "bits":
        require(
            op1 is None and not reverse0,
            "unsupported",
            "two operators on bits, or reversed ones",
            ISA + "tensor_scalar",
        )
        require(
            engine in (engines.unknown, engines.vector),
            "limit",
            f"{op0!r} runs on the Vector Engine",
            ISA + "tensor_scalar",
        )
        return write(dst, bits(dst, op0, data, operand0, "tensor_scalar"))
    if engine is engines.gpsimd:
        require(op0.name == "rsqrt" and op1 is None, "limit", "GpSimd is for rsqrt alone", ISA + "tensor_scalar")
    else:
        require(
            op0.name != "rsqrt" and (op1 is None or op1.name != "rsqrt"),
            "limit",
            "`nl.rsqrt` here needs GpSimd",
            ISA + "tensor_scalar",
        )
    if engine is engines.scalar:
        pair = (op0.name, op1.name if op1 is not None else None)
        require(pair in ON_SCALAR, "limit", f"the Scalar Engine of trn2 has no {pair}", ISA + "tensor_scalar")
    values = step(op0, floats(data, "data"), operand0, reverse0, "operand0", data.shape[0])
    if op1 is not None:
        values = step(op1, values, operand1, reverse1, "operand1", data.shape[0])
    write(dst, values)


def scalar_tensor_tensor(dst, data, op0, operand0, op1, operand1, reverse0=False, reverse1=False, name=None):
    """`(data op0 operand0) op1 operand1`: a column or number first, then a tile."""
    for op, what in ((op0, "op0"), (op1, "op1")):
        as_op(op, what)
        require(
            op.kind == "arith" and op.arity == 2 and op.name != "power",
            "limit",
            f"{op!r} is no binary operator of the engine",
            ISA + "scalar_tensor_tensor",
        )
    on_chip(dst, "dst"), on_chip(data, "data"), on_chip(operand1, "operand1")
    same_sizes(dst, ("data", data), ("operand1", operand1))
    require(
        not (data.buffer is PSUM and operand1.buffer is PSUM),
        "space",
        "`data` and `operand1` are both in PSUM",
        ISA + "scalar_tensor_tensor",
    )
    apart(dst, [("data", data), ("operand0", operand0), ("operand1", operand1)])
    values = step(op0, floats(data, "data"), operand0, reverse0, "operand0", data.shape[0])
    other = floats(operand1, "operand1")
    write(dst, op1.alu(other, values) if reverse1 else op1.alu(values, other))


def reciprocal(dst, data, name=None):
    """`1 / data` on the Vector Engine."""
    on_chip(dst, "dst"), on_chip(data, "data")
    same_sizes(dst, ("data", data))
    apart(dst, [("data", data)])
    with np.errstate(all="ignore"):
        write(dst, np.float32(1.0) / floats(data, "data"))


class Sums:
    """Registers of sums of the Scalar Engine; nothing is in them at first."""

    values = None


def activation(
    dst, op, data, bias=None, scale=1.0, reduce_op=None, reduce_res=None, reduce_cmd=commands.idle, name=None
):
    """`op(data * scale + bias)` on the Scalar Engine, and sums of it along partitions."""
    as_op(op, "op")
    require(op.act is not None, "limit", f"{op!r} is no function of the Scalar Engine", ISA + "activation")
    require(
        isinstance(reduce_cmd, commands) and reduce_cmd is not commands.load_reduce,
        "language",
        f"`reduce_cmd` is {reduce_cmd!r}",
        ISA + "activation",
    )
    on_chip(dst, "dst"), on_chip(data, "data")
    same_sizes(dst, ("data", data))
    apart(dst, [("data", data), ("bias", bias), ("scale", scale)])
    partitions = data.shape[0]
    factor = scalar_or_column(scale, "scale", partitions, rule="activation")
    values = floats(data, "data") * factor
    if bias is not None:
        values = values + scalar_or_column(bias, "bias", partitions, None, rule="activation")
    values = activate(op, values.astype(np.float32))
    require(
        reduce_op is None or as_op(reduce_op, "reduce_op").name == "add",
        "limit",
        f"`reduce_op` is {reduce_op!r}, not nl.add",
        ISA + "activation",
    )
    require(
        reduce_op is not None or reduce_cmd is commands.idle,
        "limit",
        "`reduce_cmd` without `reduce_op`",
        ISA + "activation",
    )
    if reduce_cmd in (commands.reset, commands.reset_reduce):
        Sums.values = np.zeros((partitions, 1), np.float32)
    if reduce_cmd in (commands.reduce, commands.reset_reduce):
        require(
            Sums.values is not None and len(Sums.values) == partitions,
            "uninitialised",
            "registers of sums that nothing reset",
            ISA + "activation",
        )
        Sums.values = Sums.values + values.sum(axis=1, keepdims=True, dtype=np.float32)
    write(dst, values)
    if reduce_res is not None:
        on_chip(reduce_res, "reduce_res")
        apart(reduce_res, [("dst", dst)], same=False)
        require(
            reduce_res.shape == (partitions, 1),
            "shape",
            f"`reduce_res` is {list(reduce_res.shape)}",
            ISA + "activation",
        )
        require(
            Sums.values is not None and len(Sums.values) == partitions,
            "uninitialised",
            "registers of sums that nothing was put into",
            ISA + "activation",
        )
        write(reduce_res, Sums.values, "reduce_res")
