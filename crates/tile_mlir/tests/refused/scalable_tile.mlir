func.func @k() {
  %t = arith.constant dense<0.0> : vector<[4]xf32>
  return
}
