func.func @k(%x: memref<4x4xf32> {tenfold.access = "write", tenfold.own = ["whole"]}) {
  return
}
