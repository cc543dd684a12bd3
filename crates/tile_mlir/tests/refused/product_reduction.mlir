func.func @k(%o: memref<1xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %t = vector.broadcast %x : f32 to vector<4xf32>
  %d = vector.reduction <mul>, %t : vector<4xf32> into f32
  memref.store %d, %o[%c0] : memref<1xf32>
  return
}
