"""Sums and largest elements, along partitions and across them."""

import numpy as np

from ..access import apart, floats, on_chip, write
from ..faults import ISA, require
from ..numbers import as_op
from ..tensor import SBUF, is_int, product


def tensor_reduce(dst, op, data, axis, negate=False, keepdims=False, name=None):
    """Reduces the last axes of a tile."""
    rule = ISA + "tensor_reduce"
    as_op(op, "op")
    require(op.kind == "arith" and op.fold is not None, "unsupported", f"{op!r} as a reduction", rule)
    on_chip(dst, "dst"), on_chip(data, "data")
    axes = (axis,) if is_int(axis) else tuple(axis) if isinstance(axis, (tuple, list)) else ()
    rank = len(data.shape)
    require(axes and all(is_int(a) for a in axes), "language", f"`axis` is {axis!r}", rule)
    require(
        sorted(axes) == list(range(rank - len(axes), rank)) and min(axes) > 0,
        "limit",
        f"axes {list(axes)} of {list(data.shape)} are not the last free ones",
        rule,
    )
    left = product(data.shape[1 : min(axes)])
    require(
        dst.shape[0] == data.shape[0] and product(dst.shape[1:]) == left,
        "shape",
        f"`dst` is {list(dst.shape)}, of {left} elements per partition",
        rule,
    )
    if keepdims:
        kept = tuple(1 if a in axes else size for a, size in enumerate(data.shape))
        require(dst.shape == kept, "shape", f"`dst` is {list(dst.shape)}, not {list(kept)}", rule)
    apart(dst, [("data", data)], same=left == product(data.shape[1:]))
    values = floats(data, "data").reshape(data.shape[0], left, -1)
    with np.errstate(all="ignore"):
        result = op.fold(values, axis=2)
    write(dst, -result if negate else result)


def tensor_partition_reduce(dst, op, data, name=None):
    """Reduces over partitions on GpSimd."""
    rule = ISA + "tensor_partition_reduce"
    require(as_op(op, "op").name in ("add", "maximum"), "limit", f"{op!r} across partitions", rule)
    on_chip(dst, "dst", (SBUF,)), on_chip(data, "data", (SBUF,))
    require(
        dst.shape[0] == 1 and product(dst.shape) == product(data.shape[1:]),
        "shape",
        f"`dst` is {list(dst.shape)}, `data` {list(data.shape)}",
        rule,
    )
    apart(dst, [("data", data)], same=False)
    write(dst, op.fold(floats(data, "data"), axis=0))


def eight(view, what, rule):
    """Checks a tile of 8 elements per partition."""
    require(
        len(view.shape) == 2 and view.shape[1] == 8,
        "shape",
        f"`{what}` is {list(view.shape)}, not [{view.shape[0]}, 8]",
        rule,
    )


def searched(view, what, rule):
    """Checks a tile that is searched."""
    count = product(view.shape[1:])
    require(8 <= count <= 16384, "limit", f"`{what}` has {count} elements per partition; 8 to 16384 are allowed", rule)


def max8(dst, src, name=None):
    """The 8 largest elements of each partition, the largest first."""
    rule = ISA + "max8"
    on_chip(dst, "dst"), on_chip(src, "src", free=2)
    eight(dst, "dst", rule), searched(src, "src", rule)
    require(dst.shape[0] == src.shape[0], "shape", f"`dst` is {list(dst.shape)}, `src` {list(src.shape)}", rule)
    apart(dst, [("src", src)], same=False)
    values = floats(src, "src")
    require(not np.isnan(values).any(), "limit", "the order of NaN is not documented", rule)
    write(dst, -np.sort(-values, axis=1)[:, :8])


def nc_find_index8(dst, data, vals, name=None):
    """Where each of 8 values is first; a value that stands twice in `vals` takes the next place."""
    rule = ISA + "nc_find_index8"
    on_chip(dst, "dst"), on_chip(data, "data"), on_chip(vals, "vals")
    eight(dst, "dst", rule), eight(vals, "vals", rule), searched(data, "data", rule)
    require(dst.dtype.name in ("uint16", "uint32"), "dtype", f"indices as {dst.dtype}", rule)
    require(
        dst.shape[0] == data.shape[0] == vals.shape[0],
        "shape",
        "`dst`, `data` and `vals` have different partitions",
        rule,
    )
    apart(dst, [("data", data), ("vals", vals)], same=False)
    values, wanted = floats(data, "data"), floats(vals, "vals")
    none = np.iinfo(dst.dtype.held).max
    result = np.full(dst.shape, none, np.int64)
    for row in range(values.shape[0]):
        taken = {}
        for place in range(8):
            value = float(wanted[row, place])
            found = np.flatnonzero(values[row] == wanted[row, place])
            turn = taken.get(value, 0)
            taken[value] = turn + 1
            if turn < len(found):
                result[row, place] = found[turn]
    write(dst, result)
