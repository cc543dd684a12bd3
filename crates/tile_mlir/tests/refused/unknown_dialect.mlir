func.func @k(%n: i32) {
  affine.for %i = 0 to 10 {
  }
  return
}
