"""Access patterns (source: mlir-aie, python/helpers/taplib)."""

from emu.faults import fail


class TensorAccessPattern:
    """Sizes and strides of a transfer, outermost first, in elements."""

    def __init__(self, tensor_dims, offset, sizes, strides):
        if len(sizes) != len(strides) or not 1 <= len(sizes) <= 4:
            fail("limit", f"an access pattern has {len(sizes)} sizes and {len(strides)} strides; at most 4 of each")
        self.tensor_dims, self.offset = tuple(tensor_dims), offset
        self.sizes, self.strides = list(sizes), list(strides)
