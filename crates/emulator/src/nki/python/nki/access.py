"""Reads and writes of instructions: places of operands, bounds, values that nobody wrote, overlap."""

import numpy as np

from .faults import APS, ARCH, ISA, Fault, require
from .registers import value_of
from .tensor import CHECKED, PSUM, SBUF, STORED, STORED_DYNAMIC, UNWRITTEN, WRITTEN, product
from .views import NkiTensor, check_range, extent


def tensor(view, what):
    """Checks that an operand is a tensor."""
    require(isinstance(view, NkiTensor), "language", f"`{what}` is {view!r}, not a tensor", ISA + "operands")
    return view


def start(view):
    """First element of a view, with what the run adds."""
    if view._dynamic is None:
        return view._offset
    offset, size = view._dynamic
    value = value_of(offset)
    first = view._offset + value * size
    require(value >= 0, "bounds", f"run-time offset {value}", APS + "scalar_offset")
    check_range(view, first)
    return first


def strided(flat, view, first):
    """A NumPy view of the elements; bounds were checked."""
    size = flat.itemsize
    return np.ndarray(view.shape, flat.dtype, flat, first * size, [s * size for s in view._strides])


def merged(view):
    """Sizes and strides of free axes, with neighbours that are contiguous as one."""
    axes = []
    for size, stride in zip(view.shape[1:], view._strides[1:]):
        if size == 1:
            continue
        if axes and axes[-1][1] == size * stride:
            axes[-1] = (axes[-1][0] * size, stride)
        else:
            axes.append((size, stride))
    return axes


def on_chip(view, what, places=(SBUF, PSUM), free=3):
    """Checks an operand of a compute engine: its memory, first partition, and pattern."""
    tensor(view, what)
    require(
        view.buffer in places,
        "space",
        f"`{what}` is in {view.buffer!r}; it may be in {' or '.join(map(repr, places))}",
        ISA + "memory types",
    )
    partitions, first = view.shape[0], view._offset // view._storage.row
    allowed = (0,) if partitions > 64 else (0, 64) if partitions > 32 else (0, 32, 64, 96)
    require(
        first in allowed,
        "limit",
        f"`{what}` begins at partition {first} and has {partitions}; it may begin at {allowed}",
        ARCH + "start partition of an operand",
    )
    axes = merged(view)
    require(
        len(axes) <= free,
        "limit",
        f"`{what}` has a pattern of {len(axes)} free axes; {free} are the most",
        APS + "access patterns",
    )
    for size, stride in axes:
        require(
            size < 2**16 and stride < 2**15,
            "limit",
            f"`{what}` has an axis of {size} elements with step {stride}",
            APS + "sizes are 16 bits, steps 16 bits with a sign",
        )
    return view


def read(view, what):
    """Elements of an operand, in the type they are held in."""
    storage, first = view._storage, start(view)
    require(
        not (storage.dynamic and not storage.buffer.on_chip),
        "order",
        f"`{what}` reads {storage}, which this kernel wrote at a run-time address; what order they have is not documented",
        APS + "dynamic access",
    )
    if CHECKED and (strided(storage.shadow, view, first) == UNWRITTEN).any():
        raise Fault(
            "uninitialised",
            f"`{what}` reads elements of {storage} that nobody wrote",
            ISA + "nl.ndarray is not initialised",
        )
    values = strided(storage.values, view, first)
    return storage.dtype.of_bits(values) if storage.raw else values.copy()


def write(view, values, what="dst", state=WRITTEN):
    """Casts and writes a result whose elements are in the order of the view's."""
    storage, first = view._storage, start(view)
    require(storage.writable, "constant", f"`{what}` writes {storage}, which the kernel may only read", ISA + "dst")
    require(unique(view), "overlap", f"`{what}` has elements that lie on one another", APS + "patterns of destinations")
    if CHECKED:
        mark(view, first, what, state)
    values = storage.dtype.cast(values).reshape(view.shape)
    strided(storage.values, view, first)[...] = storage.dtype.to_bits(values) if storage.raw else values
    storage.touched = True
    storage.dynamic |= view._dynamic is not None


def mark(view, first, what, state):
    """Notes a write; in HBM its order with others of the kernel must be known."""
    storage = view._storage
    if not storage.buffer.on_chip:
        state = STORED if view._dynamic is None else STORED_DYNAMIC
        earlier = strided(storage.shadow, view, first).max()
        require(
            earlier < STORED or (state, earlier) == (STORED, STORED),
            "order",
            f"`{what}` writes elements of {storage} again, once at a run-time address; what order they have is not documented",
            APS + "dynamic access",
        )
    strided(storage.shadow, view, first)[...] = state


def unique(view):
    """Whether no two elements of a view are one."""
    reach = 0
    for stride, size in sorted(zip(view._strides, view.shape)):
        if size == 1:
            continue
        if stride <= reach:
            return len(np.unique(indices(view, 0))) == product(view.shape)
        reach += stride * (size - 1)
    return True


def indices(view, first):
    """Places of the elements of a view."""
    places = np.array(first)
    for axis, (size, stride) in enumerate(zip(view.shape, view._strides)):
        steps = np.arange(size) * stride
        places = places[..., None] + steps if axis else places + steps
    return places


def apart(dst, sources, same=True):
    """Faults if a destination shares elements with a source; with `same`, it may be exactly the source."""
    for name, source in sources:
        if not isinstance(source, NkiTensor) or source._storage is not dst._storage:
            continue
        first, other = start(dst), start(source)
        if same and (first, dst.shape, dst._strides) == (other, source.shape, source._strides):
            continue
        if first > other + extent(source) or other > first + extent(dst):
            continue
        shared = np.intersect1d(indices(dst, first), indices(source, other))
        require(
            shared.size == 0,
            "overlap",
            f"`dst` shares elements with `{name}`, in another order",
            ISA + "destinations are streams",
        )


def floats(view, what):
    """Elements as f32, with one axis of free elements."""
    return read(view, what).astype(np.float32).reshape(view.shape[0], -1)


def same_sizes(dst, *others):
    """Faults unless operands have the same partitions and as many elements in each."""
    for name, other in others:
        require(
            dst.shape[0] == other.shape[0] and product(dst.shape) == product(other.shape),
            "shape",
            f"`dst` is {list(dst.shape)}, `{name}` {list(other.shape)}",
            ISA + "layout: same partitions and elements per partition",
        )


def scalar_or_column(value, what, partitions, dtypes=("float32",), rule="operands"):
    """A number of the compiler, or a column `[P, 1]`, as f32 that broadcast over a partition's elements."""
    if isinstance(value, NkiTensor):
        on_chip(value, what)
        require(
            value.shape == (partitions, 1),
            "shape",
            f"`{what}` is {list(value.shape)}, not [{partitions}, 1]",
            ISA + rule,
        )
        require(
            dtypes is None or value.dtype.name in dtypes,
            "dtype",
            f"`{what}` is {value.dtype}; it must be f32",
            ISA + rule,
        )
        return floats(value, what)
    require(
        isinstance(value, (int, float)) and not isinstance(value, bool),
        "language",
        f"`{what}` is {value!r}",
        ISA + rule,
    )
    return np.float32(value)


def engine_of(engine, allowed, views):
    """Checks which engine is asked for; GpSimd does not reach PSUM."""
    from .isa.engines import engine as Engine

    require(isinstance(engine, Engine), "language", f"`engine` is {engine!r}", ISA + "engine")
    require(
        engine is Engine.unknown or engine.name in allowed, "limit", f"{engine} does not carry this out", ISA + "engine"
    )
    if engine is Engine.gpsimd:
        psum = [view for view in views if isinstance(view, NkiTensor) and view.buffer is PSUM]
        require(not psum, "space", "GpSimd does not reach PSUM", ARCH + "engines")
    return engine
