func.func @k(%x: f32) {
  %y = arith.extf %x : f32 to f64
  return
}
