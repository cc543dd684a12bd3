func.func @k(%x: memref<0x4xf32>) {
  return
}
