func.func @k(%x: f32) {
  %y = arith.addf %x, %z : f32
  return
}
