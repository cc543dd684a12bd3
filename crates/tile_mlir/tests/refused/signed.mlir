func.func @k(%x: memref<4xui8>) {
  return
}
