func.func @k(%x: memref<4x4xf32>, %o: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %at = arith.constant dense<[0, 1, 2, 3]> : vector<4xi32>
  %all = arith.constant dense<true> : vector<4xi1>
  %no = arith.constant dense<0.0> : vector<4xf32>
  %t = vector.gather %x[%c0, %c0] [%at], %all, %no : memref<4x4xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  vector.transfer_write %t, %o[%c0] : vector<4xf32>, memref<4xf32>
  return
}
