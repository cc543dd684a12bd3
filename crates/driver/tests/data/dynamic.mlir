func.func @copy(%x: memref<?x4xf32>) {
  return
}
