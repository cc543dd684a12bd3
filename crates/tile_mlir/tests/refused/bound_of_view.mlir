func.func @k(%x: memref<4xf32> {tenfold.bound = 4 : i64}) {
  return
}
