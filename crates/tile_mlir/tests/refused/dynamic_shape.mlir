func.func @k(%x: memref<?x4xf32>) {
  return
}
