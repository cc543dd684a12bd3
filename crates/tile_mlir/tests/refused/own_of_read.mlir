func.func @k(%x: memref<4xf32> {tenfold.access = "read", tenfold.own = ["whole"]}) {
  return
}
