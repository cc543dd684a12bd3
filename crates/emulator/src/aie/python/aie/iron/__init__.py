"""The part of IRON 1.4 that printed designs use (source: mlir-aie, python/iron), executed instead of compiled."""

from emu.fifo import ObjectFifo
from emu.program import Program, Runtime, TaskGroup
from emu.worker import Buffer, ExternalFunction, Kernel, Worker, WorkerRuntimeBarrier

__all__ = [
    "Buffer", "ExternalFunction", "Kernel", "ObjectFifo", "Program", "Runtime", "TaskGroup", "Worker",
    "WorkerRuntimeBarrier",
]
