func.func @k(%x: f32, %n: i32) {
  %y = arith.addf %x, %n : f32
  return
}
