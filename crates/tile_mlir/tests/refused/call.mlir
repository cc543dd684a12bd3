func.func @f(%x: f32) {
  return
}
func.func @k(%x: f32) {
  func.call @f(%x) : (f32) -> ()
  return
}
