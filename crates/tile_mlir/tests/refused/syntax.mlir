func.func @k(%x: f32) {
  %y = arith.addf %x %x : f32
  return
}
