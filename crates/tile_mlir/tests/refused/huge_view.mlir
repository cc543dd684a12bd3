func.func @k(%x: memref<4294967296x4294967296xf32>) {
  return
}
