func.func @k(%x: memref<4xf32> {tenfold.access = "readonly"}) {
  return
}
