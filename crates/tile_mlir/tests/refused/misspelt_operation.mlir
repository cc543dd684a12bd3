func.func @k(%x: f32) {
  %y = arith.adf %x, %x : f32
  return
}
