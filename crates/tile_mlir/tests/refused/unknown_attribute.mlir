func.func @k(%x: memref<4xf32> {tenfold.acess = "read"}) {
  return
}
