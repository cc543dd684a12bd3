func.func @k(%n: i32, %o: memref<4xi32>) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  scf.for %i = %c0 to %n step %c1 : i32 {
    %at = arith.index_cast %i : i32 to index
    memref.store %i, %o[%at] : memref<4xi32>
  }
  return
}
