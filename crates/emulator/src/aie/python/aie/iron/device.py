"""Devices (source: mlir-aie, AIETargetModel.h)."""


class Tile:
    """Coordinates, column first."""

    def __init__(self, col, row):
        self.col, self.row = col, row


class _Device:
    columns = 8


def _device(columns):
    return type(f"NPU2Col{columns}", (_Device,), {"columns": columns})


class NPU2(_Device):
    """Strix: 8 columns of 4 cores, a memory tile and a shim tile."""


NPU2Col1, NPU2Col2, NPU2Col3, NPU2Col4, NPU2Col5, NPU2Col6, NPU2Col7 = (_device(n) for n in range(1, 8))
