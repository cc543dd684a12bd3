func.func @k(%x: memref<4xf32, 3>) {
  return
}
