func.func @k(%x: memref<4xf32> {tenfold.access = "write", tenfold.own = ["block(x)"]}) {
  return
}
