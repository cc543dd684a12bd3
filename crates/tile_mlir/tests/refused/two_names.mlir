func.func @k(%x: f32 {tenfold.name = "a"}, %y: f32 {tenfold.name = "a"}) {
  return
}
