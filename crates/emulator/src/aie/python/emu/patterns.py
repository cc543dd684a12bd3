"""Limits and elements of access patterns (source: mlir-aie, AIETargetModel.h and AIEXDialect.cpp)."""

import numpy as np

from .faults import fail

# Dimensions, largest size of one, largest stride in words of 4 bytes.
CORE, MEMORY, SHIM = (3, 255, 1 << 13), (4, 1023, 1 << 17), (4, 1023, 1 << 20)
# Largest size of the outermost of four: a shim tile repeats.
ITERATIONS = 64


def words(count, element, what):
    """`count` elements in words of 4 bytes."""
    if count * element % 4:
        fail("limit", f"{what} of {count * element} bytes is not a whole number of words of 4 bytes")
    return count * element // 4


def limits(sizes, strides, offset, element, place):
    """Checks a pattern, outermost first, in elements."""
    dims, wrap, reach = place
    if any(size < 1 for size in sizes) or any(stride < 0 for stride in strides) or offset < 0:
        fail("limit", f"sizes {sizes}, strides {strides} and offset {offset}: sizes are positive, the others not negative")
    used = [i for i, size in enumerate(sizes) if size > 1]
    first = used[0] if used else len(sizes) - 1
    if len(sizes) - first > dims:
        fail("limit", f"an access pattern of {len(sizes) - first} dimensions; this tile's DMA has {dims}")
    words(offset, element, "an offset")
    inner = len(sizes) - 1
    linear = all(size == 1 for size in sizes[:-1]) and strides[inner] == 1
    if sizes[inner] > 1 and strides[inner] != 1:
        words(strides[inner], element, "a stride")
        if element < 4:
            fail("limit", f"single elements of {element} bytes; a DMA moves words of 4 bytes")
    else:
        run = words(sizes[inner], element, "an innermost run")
        if not linear and run > wrap:
            fail("limit", f"an innermost size of {run} words; the limit is {wrap}")
    for i in used:
        shim_repeat = place is SHIM and len(sizes) == 4 and i == 0
        most = ITERATIONS if shim_repeat else wrap
        if (i != inner or strides[i] != 1) and sizes[i] > most:
            fail("limit", f"size {sizes[i]}; the limit of this dimension is {most}")
        if strides[i] == 0 and not shim_repeat:
            fail("limit", "a stride of 0; only the outermost of four dimensions repeats")
        if (i != inner or strides[i] != 1) and words(strides[i], element, "a stride") > reach:
            fail("limit", f"a stride of {strides[i] * element} bytes; the limit is {reach * 4}")


def indices(sizes, strides, offset):
    """The elements of a pattern in order."""
    result = np.array([offset], np.int64)
    for size, stride in zip(sizes, strides):
        result = (result[:, None] + np.arange(size, dtype=np.int64) * stride).reshape(-1)
    return result


def stream(dims, kind, place):
    """Elements of an object in the order of `dims_to_stream`, pairs of size and stride; None if there are none."""
    if not dims:
        return None
    sizes, strides = [size for size, _ in dims], [stride for _, stride in dims]
    limits(sizes, strides, 0, kind.element, place)
    order = indices(sizes, strides, 0)
    if len(order) != kind.count or order.max() >= kind.count:
        fail("limit", f"dimensions {list(dims)} do not cover the {kind.count} elements of an object")
    return order
