func.func @k(%x: memref<1x2x3x4x5xf32>) {
  return
}
