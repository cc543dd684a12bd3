func.func @k(%x: f32 {tenfold.bound = 4 : i64}) {
  return
}
