"""`nki.language`: dtypes, operators, memories, tensors, loops."""

from .faults import LANGUAGE, MIGRATION, Fault
from .numbers import DTYPES, OPS
from .registers import fori_loop, while_loop
from .tensor import HBM as hbm
from .tensor import PRIVATE_HBM as private_hbm
from .tensor import PSUM as psum
from .tensor import SBUF as sbuf
from .tensor import SHARED_HBM as shared_hbm
from .views import DynamicSlice as ds
from .views import array as ndarray

globals().update(DTYPES)
globals().update(OPS)

# Aliases of `range` (source: aws-neuron-sdk, nki/get-started/nki-language-guide.rst).
affine_range = sequential_range = static_range = range


class tile_size:
    """Sizes that the documentation names."""

    pmax = 128
    psum_fmax = 512
    gemm_stationary_fmax = 128
    gemm_moving_fmax = 512


REMOVED = {"arange", "mgrid", "par_dim", "mask", "load_transpose2d", "block_dim"}


def __getattr__(name):
    if name in REMOVED:
        raise Fault("language", f"`nl.{name}` is not there any more", MIGRATION + "removed APIs")
    raise Fault("unsupported", f"`nl.{name}` is not modelled", LANGUAGE + "nki.language")
