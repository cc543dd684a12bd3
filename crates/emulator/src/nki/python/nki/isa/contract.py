"""Products and transposes."""

import numpy as np

from ..access import apart, engine_of, floats, on_chip, read, start, strided, write
from ..faults import ISA, require
from ..tensor import BANK_BYTES, PSUM, SBUF, SUMMED, UNWRITTEN, product
from ..views import extent
from .engines import engine as engines
from .engines import matmul_perf_mode

FLOATS = ("float32", "bfloat16", "float16")


def one_bank(dst, rule):
    """Faults if a destination in PSUM spans banks; tiles begin with a bank."""
    size = dst.dtype.bytes
    first = dst._offset % dst._storage.row
    last = first + extent(dst) - (dst.shape[0] - 1) * dst._strides[0]
    require(
        first * size // BANK_BYTES == last * size // BANK_BYTES,
        "limit",
        f"`dst` spans banks of PSUM: elements {first} to {last} of a partition",
        rule,
    )


def check_sums(dst, rule):
    """Faults unless products were summed in a destination."""
    shadow = strided(dst._storage.shadow, dst, start(dst))
    require(
        (shadow != UNWRITTEN).all(),
        "uninitialised",
        "a product is added to PSUM that nobody wrote",
        rule + ", accumulate",
    )
    require(
        (shadow == SUMMED).all(),
        "order",
        "a product is added to what no product wrote; on trn2 that is not defined",
        rule + ", accumulate",
    )


def nc_matmul(
    dst,
    stationary,
    moving,
    is_stationary_onezero=False,
    is_moving_onezero=False,
    is_transpose=False,
    accumulate=None,
    tile_position=(),
    tile_size=(),
    perf_mode=matmul_perf_mode.none,
    name=None,
):
    """`dst = stationary.T @ moving`, or added to what products left there."""
    rule = ISA + "nc_matmul"
    require(
        not is_transpose and tile_position == () and tile_size == () and perf_mode is matmul_perf_mode.none,
        "unsupported",
        "transpose mode, tiling mode or a performance mode",
        rule,
    )
    on_chip(stationary, "stationary", (SBUF,)), on_chip(moving, "moving", (SBUF,)), on_chip(dst, "dst", (PSUM,))
    rows, columns, count = stationary.shape[0], product(stationary.shape[1:]), product(moving.shape[1:])
    require(moving.shape[0] == rows, "shape", f"`stationary` has {rows} partitions, `moving` {moving.shape[0]}", rule)
    first, second = (view._offset // view._storage.row for view in (stationary, moving))
    require(
        first == second,
        "limit",
        f"`stationary` begins at partition {first}, `moving` at {second}",
        rule + ", rows of the array",
    )
    require(columns <= 128, "limit", f"`stationary` has {columns} free elements; 128 are the most", rule)
    require(count <= 512, "limit", f"`moving` has {count} free elements; 512 are the most", rule)
    require(
        dst.shape[0] == columns and product(dst.shape[1:]) == count,
        "shape",
        f"`dst` is {list(dst.shape)}, the product [{columns}, {count}]",
        rule,
    )
    require(dst.dtype.name == "float32", "dtype", f"`dst` is {dst.dtype}; on trn2 it is f32", rule)
    kinds = [stationary.dtype.name, moving.dtype.name]
    require(all(kind in FLOATS for kind in kinds), "dtype", f"a product of {kinds}", rule)
    require(("float32" in kinds) == (kinds == ["float32", "float32"]), "dtype", f"f32 only with f32, not {kinds}", rule)
    one_bank(dst, rule)
    require(
        isinstance(accumulate, bool),
        "unsupported",
        "`accumulate` must be said: what None finds out is not modelled",
        rule,
    )
    a, b = floats(stationary, "stationary"), floats(moving, "moving")
    for hint, values, what in ((is_stationary_onezero, a, "stationary"), (is_moving_onezero, b, "moving")):
        require(
            not hint or np.isin(values, (0.0, 1.0)).all(), "limit", f"`{what}` has other numbers than 0 and 1", rule
        )
    with np.errstate(all="ignore"):
        result = a.T @ b
    if accumulate:
        check_sums(dst, rule)
        result = read(dst, "dst").reshape(columns, count) + result
    write(dst, result, state=SUMMED)


def nc_transpose(dst, data, engine=engines.unknown, name=None):
    """Exchanges partitions and free elements, to the bit."""
    rule = ISA + "nc_transpose"
    on_chip(dst, "dst"), on_chip(data, "data")
    engine = engine_of(engine, ("tensor", "vector"), (dst, data))
    rows, columns = data.shape[0], product(data.shape[1:])
    require(
        dst.shape[0] == columns and product(dst.shape[1:]) == rows,
        "shape",
        f"`dst` is {list(dst.shape)}, `data` {list(data.shape)}",
        rule,
    )
    require(dst.dtype is data.dtype, "dtype", f"`dst` is {dst.dtype}, `data` {data.dtype}", rule)
    on_array = data.buffer is SBUF and dst.buffer is PSUM
    require(engine is not engines.tensor or on_array, "space", "the Tensor Engine transposes from SBUF to PSUM", rule)
    limit = 128 if on_array and engine is not engines.vector else 32
    require(
        rows <= limit and columns <= limit,
        "limit",
        f"[{rows}, {columns}] exceeds [{limit}, {limit}] of this engine",
        rule,
    )
    if limit == 128:
        require(data.dtype.is_float, "unsupported", f"the Tensor Engine with {data.dtype}", rule)
        one_bank(dst, rule)
    apart(dst, [("data", data)], same=False)
    write(dst, read(data, "data").reshape(rows, columns).T)
