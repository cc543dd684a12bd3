"""Views of storage: slices, reshapes, explicit patterns."""

from .faults import APS, ARCH, INDEXING, ISA, LANGUAGE, Fault, require
from .numbers import Dtype
from .tensor import BANK_BYTES, BANKS, PARTITIONS, PSUM, SBUF, Buffer, Storage, is_int, product, rows, take


class DynamicSlice:
    """`nl.ds(start, size)`."""

    def __init__(self, start, size):
        self.start, self.size = start, size


class NkiTensor:
    """A view of a storage."""

    def __init__(self, storage, offset, shape, strides, whole=False):
        self._storage, self._offset, self._strides, self._whole = storage, offset, tuple(strides), whole
        self.shape, self.dtype, self.buffer = tuple(shape), storage.dtype, storage.buffer
        # (offset, dimension) that the run adds.
        self._dynamic = None

    @property
    def ndim(self):
        return len(self.shape)

    def __repr__(self):
        return f"a view {list(self.shape)} of {self._storage}"

    def _refuse(self, *_):
        raise Fault(
            "language",
            "a tensor is not a value of the compiler: no arithmetic, comparison or `if` on it",
            LANGUAGE + "values",
        )

    __bool__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __iter__ = __len__ = __setitem__ = _refuse

    def __eq__(self, other):
        return self._refuse()

    __hash__ = None

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        require(self._dynamic is None, "language", "a slice of a view with a run-time offset", INDEXING + "slicing")
        require(len(index) <= self.ndim, "shape", f"{len(index)} indices into {self!r}", INDEXING + "slicing")
        offset, shape, strides, dropped = self._offset, [], [], []
        for axis, size in enumerate(self.shape):
            item = index[axis] if axis < len(index) else slice(None)
            stride = self._strides[axis]
            drop = False
            if is_int(item):
                start, count, step, drop = item, 1, 1, True
            elif isinstance(item, DynamicSlice):
                start, count, step = item.start, item.size, 1
            elif isinstance(item, slice):
                start = 0 if item.start is None else item.start
                stop = size if item.stop is None else item.stop
                step = 1 if item.step is None else item.step
                require(
                    all(is_int(v) for v in (start, stop, step)) and step > 0,
                    "language",
                    f"bounds of a slice are {start}, {stop}, {step}",
                    INDEXING + "slicing",
                )
                count = -(-(stop - start) // step)
                require(
                    stop <= size,
                    "bounds",
                    f"a slice ends at {stop} of {size} in axis {axis} of {self!r}",
                    INDEXING + "slices out of range",
                )
            else:
                raise Fault("language", f"{item!r} is no index", INDEXING + "slicing")
            require(
                is_int(start) and is_int(count),
                "language",
                f"index {start!r} is not an integer of the compiler",
                INDEXING + "slicing",
            )
            require(count > 0, "shape", f"an empty slice in axis {axis} of {self!r}", INDEXING + "slicing")
            require(
                0 <= start and start + (count - 1) * step < size,
                "bounds",
                f"{start} to {start + (count - 1) * step} of {size} in axis {axis} of {self!r}",
                INDEXING + "slices out of range",
            )
            require(
                not (axis == 0 and self.buffer.on_chip and step != 1),
                "limit",
                "a step over partitions",
                ARCH + "partitions have no stride",
            )
            offset += start * stride
            shape.append(count)
            strides.append(stride * step)
            dropped.append(drop)
        keep = list(range(len(shape)))
        for axis in reversed(range(len(shape))):
            # On chip the partition axis stays, and at least two axes do.
            if dropped[axis] and not (self.buffer.on_chip and (axis == 0 or len(keep) <= 2)):
                keep.remove(axis)
        whole = self._whole and tuple(shape) == self.shape and len(keep) == len(shape)
        return NkiTensor(self._storage, offset, [shape[a] for a in keep], [strides[a] for a in keep], whole)

    def reshape(self, shape):
        """The same elements, in order, with other sizes."""
        shape = tuple(shape)
        require(all(is_int(size) and size > 0 for size in shape), "shape", f"sizes {shape}", INDEXING + "reshape")
        require(
            product(shape) == product(self.shape),
            "shape",
            f"{list(shape)} has not as many elements as {self!r}",
            INDEXING + "reshape",
        )
        require(
            self._dynamic is None and self._strides == rows(self.shape),
            "shape",
            f"{self!r} is not contiguous",
            INDEXING + "reshape",
        )
        require(
            not self.buffer.on_chip or (len(shape) >= 2 and shape[0] == self.shape[0]),
            "shape",
            "a tile keeps its partitions",
            INDEXING + "reshape",
        )
        return NkiTensor(self._storage, self._offset, shape, rows(shape), self._whole)

    def ap(self, pattern, offset=None, scalar_offset=None, vector_offset=None, indirect_dim=0, dtype=None):
        """Elements of the storage at explicit steps, wherever the view that it is called on lies."""
        storage = self._storage
        require(
            vector_offset is None and dtype is None,
            "unsupported",
            "`vector_offset` or `dtype` of `.ap`",
            APS + "parameters",
        )
        pairs = [tuple(pair) for pair in pattern]
        good = pairs and all(len(p) == 2 and is_int(p[0]) and is_int(p[1]) and p[1] > 0 and p[0] >= 0 for p in pairs)
        require(good, "limit", f"pattern {pattern}", APS + "pattern: [step, count] pairs, counts positive")
        require(
            offset is None or is_int(offset),
            "language",
            f"offset {offset!r}",
            APS + "offset is an integer of the compiler",
        )
        start = offset or 0
        require(0 <= start < 2**31, "limit", f"offset {start}", APS + "offset")
        if storage.buffer.on_chip:
            require(
                scalar_offset is None,
                "unsupported",
                "a run-time offset on the chip's side: it belongs on the HBM side",
                "source: aws-neuron-sdk, issue 1373",
            )
            require(
                len(pairs) >= 2 and pairs[0][0] == storage.row,
                "limit",
                f"the first step is {pairs[0][0]}, a partition of {storage} has {storage.row} elements",
                APS + "SBUF and PSUM: the first pair",
            )
        view = NkiTensor(storage, start, [p[1] for p in pairs], [p[0] for p in pairs])
        if scalar_offset is not None:
            repeated = any(step == 0 and count > 1 for step, count in pairs)
            require(
                not repeated,
                "unsupported",
                "a step of 0 together with a run-time offset is not documented",
                APS + "scalar_offset",
            )
            require(
                is_int(indirect_dim) and 0 <= indirect_dim < len(storage.shape),
                "limit",
                f"indirect_dim {indirect_dim}",
                APS + "indirect_dim",
            )
            view._dynamic = (scalar_offset, product(storage.shape[indirect_dim + 1 :]))
        check_range(view, view._offset)
        return view


def extent(view):
    """Distance of the first element of a view to its last."""
    return sum((size - 1) * stride for size, stride in zip(view.shape, view._strides))


def check_range(view, offset):
    """Faults unless every element of a view lies in its storage, on chip also in its partitions."""
    storage = view._storage
    last = offset + extent(view)
    require(
        0 <= offset and last < storage.count,
        "bounds",
        f"elements {offset} to {last} of the {storage.count} of {storage}",
        APS + "out-of-bounds access",
    )
    if storage.buffer.on_chip:
        free = extent(view) - (view.shape[0] - 1) * view._strides[0]
        require(
            offset % storage.row + free < storage.row,
            "bounds",
            f"a pattern leaves its partition of {storage.row} elements in {storage}",
            APS + "SBUF and PSUM: the first pair",
        )


def array(shape, dtype, buffer=SBUF, name="", address=None):
    """`nl.ndarray`: memory that nobody has written."""
    require(isinstance(dtype, Dtype), "dtype", f"{dtype!r} is not a dtype of nki.language", ISA + "dtypes")
    require(
        isinstance(buffer, Buffer),
        "language",
        f"{buffer!r} is not a buffer of nki.language",
        "source: aws-neuron-sdk, nki/migration/index.rst, buffers",
    )
    require(address is None and isinstance(name, str), "unsupported", "`address` of `nl.ndarray`", LANGUAGE + "tensors")
    require(isinstance(shape, (tuple, list)), "language", f"shape {shape!r}", LANGUAGE + "tensors")
    shape = tuple(shape)
    require(shape and all(is_int(size) and size > 0 for size in shape), "shape", f"sizes {shape}", LANGUAGE + "tensors")
    require(product(shape) < 2**31, "limit", f"{product(shape)} elements", LANGUAGE + "32-bit integers")
    if buffer.on_chip:
        require(
            len(shape) >= 2, "shape", f"a tile has at least two axes, this one is {list(shape)}", INDEXING + "tiles"
        )
        require(shape[0] <= PARTITIONS, "limit", f"{shape[0]} partitions exceed {PARTITIONS}", ARCH + "partitions")
        if buffer is PSUM:
            size = product(shape[1:]) * dtype.bytes
            require(
                size <= BANKS * BANK_BYTES,
                "capacity",
                f"{size} bytes per partition; PSUM has {BANKS * BANK_BYTES}",
                ARCH + "PSUM",
            )
    storage = Storage(shape, dtype, buffer)
    take(storage)
    return NkiTensor(storage, 0, shape, rows(shape), whole=True)
