func.func @k(%x: memref<4xf32> {tenfold.name = "x", tenfold.access = "weights"}, %v: f32) {
  %c0 = arith.constant 0 : index
  memref.store %v, %x[%c0] : memref<4xf32> loc("kernels/bad.rs":7:5)
  return
}
