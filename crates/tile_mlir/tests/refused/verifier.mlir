func.func @k(%v: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %p = arith.constant 0.0 : f32
  %t = vector.transfer_read %v[%c0, %c0], %p : memref<4xf32>, vector<4xf32>
  return
}
