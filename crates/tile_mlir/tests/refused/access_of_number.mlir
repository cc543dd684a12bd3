func.func @k(%x: f32 {tenfold.access = "read"}) {
  return
}
