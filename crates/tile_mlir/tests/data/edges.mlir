// Large tiles over every edge of their views: shifted copies of rank 3, with and without masks.
module @edges {
  func.func @shift(
      %x: memref<5x10x20xf32> {tenfold.name = "x"},
      %y: memref<5x10x20xf32> {tenfold.name = "y", tenfold.access = "write"},
      %z: memref<10x20xbf16> {tenfold.name = "z", tenfold.access = "write"},
      %n: i32 {tenfold.name = "n", tenfold.bound = 12 : i64}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %pad = arith.constant -2.5 : f32
    %at = arith.index_cast %n : i32 to index
    // Inside.
    %a = vector.transfer_read %x[%c1, %c0, %c0], %pad {in_bounds = [true, true, true]} : memref<5x10x20xf32>, vector<3x8x16xf32>
    // Over the edges of the last two dimensions, depending on n.
    %b = vector.transfer_read %x[%c3, %at, %at], %pad : memref<5x10x20xf32>, vector<3x8x16xf32>
    %c = arith.addf %a, %b : vector<3x8x16xf32>
    vector.transfer_write %c, %y[%c3, %c3, %at] : vector<3x8x16xf32>, memref<5x10x20xf32>
    // A tile of two dimensions in a view of three, masked.
    %mask = vector.create_mask %at, %at : vector<8x16xi1>
    %d = vector.transfer_read %x[%c1, %at, %c3], %pad, %mask : memref<5x10x20xf32>, vector<8x16xf32>
    %e = arith.truncf %d : vector<8x16xf32> to vector<8x16xbf16>
    vector.transfer_write %e, %z[%c3, %at], %mask : vector<8x16xbf16>, memref<10x20xbf16>
    return
  }
}
