func.func @k(%x: memref<4xf32> {tenfold.access = "write", tenfold.own = ["at(positon)"]}, %p: i32 {tenfold.name = "position", tenfold.bound = 4 : i64}) {
  return
}
