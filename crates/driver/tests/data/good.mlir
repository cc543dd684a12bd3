func.func @double(%x: memref<4x4xf32>, %y: memref<4x4xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %tile = vector.transfer_read %x[%c0, %c0], %zero : memref<4x4xf32>, vector<4x4xf32>
  %sum = arith.addf %tile, %tile : vector<4x4xf32>
  vector.transfer_write %sum, %y[%c0, %c0] : vector<4x4xf32>, memref<4x4xf32>
  return
}
