func.func @k(%n: i32) {
  "tosa.abs"(%n) : (i32) -> ()
  return
}
