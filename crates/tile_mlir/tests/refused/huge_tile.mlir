func.func @k() {
  %t = arith.constant dense<0.0> : vector<65536x65536xf32>
  return
}
