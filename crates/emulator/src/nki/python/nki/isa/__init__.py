"""`nki.isa`: instructions of one NeuronCore-v3."""

from ..faults import ISA, Fault
from ..registers import VirtualRegister, register_alloc, register_load, register_move
from .contract import nc_matmul, nc_transpose
from .copies import dma_copy, memset, tensor_copy, tensor_copy_predicated
from .elementwise import activation, reciprocal, scalar_tensor_tensor, tensor_scalar, tensor_tensor
from .engines import dge_mode, engine, matmul_perf_mode, oob_mode, reduce_cmd
from .reduce import max8, nc_find_index8, tensor_partition_reduce, tensor_reduce
from .select import affine_select, iota, nc_stream_shuffle, range_select


def __getattr__(name):
    raise Fault("unsupported", f"`nisa.{name}` is not there or not modelled", ISA + "instructions")
