func.func @k(%v: memref<4x8xf32>, %o: memref<8x4xf32>) {
  %c0 = arith.constant 0 : index
  %p = arith.constant 0.0 : f32
  %t = vector.transfer_read %v[%c0, %c0], %p {permutation_map = affine_map<(a, b) -> (b, a)>} : memref<4x8xf32>, vector<8x4xf32>
  vector.transfer_write %t, %o[%c0, %c0] : vector<8x4xf32>, memref<8x4xf32>
  return
}
