func.func @k(%x: f32, %o: memref<1xi1>) {
  %c0 = arith.constant 0 : index
  %u = arith.cmpf uno, %x, %x : f32
  memref.store %u, %o[%c0] : memref<1xi1>
  return
}
