"""Masks, patterns of integers, and moves across partitions."""

import numpy as np

from ..access import apart, floats, on_chip, read, same_sizes, scalar_or_column, write
from ..faults import ISA, require
from ..numbers import as_op
from ..tensor import SBUF, is_int, product
from .engines import reduce_cmd as commands

# What masked elements become (source: ISA, range_select).
FP32_MIN = float(np.finfo(np.float32).min)
COMPARISONS = ("equal", "greater", "greater_equal", "less", "less_equal")


def affine(pattern, offset, channel_multiplier, dst, rule):
    """Values of an affine pattern: a row per partition."""
    pairs = [tuple(pair) for pair in pattern]
    require(
        1 <= len(pairs) <= 4 and all(len(p) == 2 and is_int(p[0]) and is_int(p[1]) and p[1] > 0 for p in pairs),
        "limit",
        f"pattern {pattern}",
        rule,
    )
    require(
        is_int(offset) and is_int(channel_multiplier),
        "language",
        "`offset` and `channel_multiplier` are integers of the compiler",
        rule,
    )
    count = product(p[1] for p in pairs)
    require(
        count == product(dst.shape[1:]), "shape", f"a pattern of {count} elements for `dst` {list(dst.shape)}", rule
    )
    values = np.int64(offset) + np.arange(dst.shape[0], dtype=np.int64)[:, None] * channel_multiplier
    for step, size in pairs:
        values = (values[..., None] + np.arange(size, dtype=np.int64) * step).reshape(dst.shape[0], -1)
    require((np.abs(values) < 2**31).all(), "limit", "a pattern leaves 32-bit integers", rule)
    return values


def iota(dst, pattern, offset=0, channel_multiplier=0, name=None):
    """Writes an affine pattern, computed in integers."""
    on_chip(dst, "dst", (SBUF,), free=4)
    write(dst, affine(pattern, offset, channel_multiplier, dst, ISA + "iota"))


def affine_select(dst, pattern, channel_multiplier, on_true_tile, on_false_value, cmp_op=None, offset=0, name=None):
    """Elements where an affine value compares with 0, else a number."""
    from .. import language

    rule = ISA + "affine_select"
    compare = as_op(language.equal if cmp_op is None else cmp_op, "cmp_op")
    require(compare.name in COMPARISONS + ("not_equal",), "limit", f"{compare!r} is no comparison", rule)
    on_chip(dst, "dst", (SBUF,)), on_chip(on_true_tile, "on_true_tile", (SBUF,))
    same_sizes(dst, ("on_true_tile", on_true_tile))
    require(isinstance(on_false_value, float), "dtype", f"`on_false_value` is {on_false_value!r}, not a float", rule)
    apart(dst, [("on_true_tile", on_true_tile)])
    values = affine(pattern, offset, channel_multiplier, dst, rule)
    chosen = compare.alu(values, np.zeros_like(values)) != 0
    write(dst, np.where(chosen, floats(on_true_tile, "on_true_tile"), np.float32(on_false_value)))


def range_select(
    dst,
    on_true_tile,
    comp_op0,
    comp_op1,
    bound0,
    bound1,
    reduce_cmd=commands.reset_reduce,
    reduce_res=None,
    reduce_op=None,
    range_start=0,
    on_false_value=FP32_MIN,
    name=None,
):
    """Elements whose number in the partition passes both bounds, others the least f32; and the largest of each partition."""
    rule = ISA + "range_select"
    for op, what in ((comp_op0, "comp_op0"), (comp_op1, "comp_op1")):
        require(as_op(op, what).name in COMPARISONS, "limit", f"{op!r} is no comparison", rule)
    on_chip(dst, "dst"), on_chip(on_true_tile, "on_true_tile")
    same_sizes(dst, ("on_true_tile", on_true_tile))
    require(
        isinstance(on_false_value, float) and on_false_value == FP32_MIN,
        "limit",
        f"`on_false_value` is {on_false_value!r}; only the least f32 is allowed",
        rule,
    )
    require(
        reduce_op is None or as_op(reduce_op, "reduce_op").name == "maximum",
        "limit",
        f"`reduce_op` is {reduce_op!r}, not nl.maximum",
        rule,
    )
    require(reduce_cmd is commands.reset_reduce, "unsupported", f"{reduce_cmd!r} here", rule)
    require(on_true_tile.dtype.is_float, "dtype", f"`on_true_tile` is {on_true_tile.dtype}", rule)
    require(is_int(range_start), "language", f"`range_start` is {range_start!r}, no integer of the compiler", rule)
    require(
        0 <= range_start and range_start + product(dst.shape[1:]) <= 2**24,
        "limit",
        f"numbers from {range_start} leave what f32 counts",
        rule,
    )
    partitions = dst.shape[0]
    for bound, what in ((bound0, "bound0"), (bound1, "bound1")):
        require(not isinstance(bound, (int, float)), "dtype", f"`{what}` is a number, not a column of f32", rule)
    low = scalar_or_column(bound0, "bound0", partitions, rule="range_select")
    high = scalar_or_column(bound1, "bound1", partitions, rule="range_select")
    apart(dst, [("on_true_tile", on_true_tile), ("bound0", bound0), ("bound1", bound1)])
    values = floats(on_true_tile, "on_true_tile")
    places = np.broadcast_to(np.arange(values.shape[1], dtype=np.float32) + np.float32(range_start), values.shape)
    chosen = (comp_op0.alu(places, low) != 0) & (comp_op1.alu(places, high) != 0)
    result = np.where(chosen, values, np.float32(FP32_MIN))
    write(dst, result)
    if reduce_res is not None:
        on_chip(reduce_res, "reduce_res")
        require(reduce_res.shape == (partitions, 1), "shape", f"`reduce_res` is {list(reduce_res.shape)}", rule)
        apart(reduce_res, [("dst", dst)], same=False)
        write(reduce_res, result.max(axis=1, keepdims=True), "reduce_res")


def nc_stream_shuffle(dst, src, shuffle_mask, name=None):
    """Moves partitions within each group of 32."""
    rule = ISA + "nc_stream_shuffle"
    on_chip(dst, "dst"), on_chip(src, "src")
    require(
        isinstance(shuffle_mask, (list, tuple)) and len(shuffle_mask) == 32 and all(is_int(m) for m in shuffle_mask),
        "limit",
        "`shuffle_mask` has 32 integers",
        rule,
    )
    require(all(0 <= m < 32 for m in shuffle_mask), "limit", "an entry of `shuffle_mask` is not 0 to 31", rule)
    require(dst.dtype is src.dtype, "dtype", f"`dst` is {dst.dtype}, `src` {src.dtype}", rule)
    require(
        dst.shape[0] == src.shape[0] and dst.shape[0] % 32 == 0,
        "unsupported",
        "other partitions than whole groups of 32",
        rule,
    )
    same_sizes(dst, ("src", src))
    apart(dst, [("src", src)])
    values = read(src, "src").reshape(src.shape[0], -1)
    order = [part - part % 32 + shuffle_mask[part % 32] for part in range(dst.shape[0])]
    write(dst, values[order])
