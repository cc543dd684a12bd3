// out[n] = sum_k x[k] * w[n][k], blocks of 16 outputs per program; 70 outputs, so the last block hangs over.
#vec = affine_map<(m, n, k) -> (m, k)>
#mat = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>
module @matvec {
  func.func @matvec_bn16(
      %x: memref<1x96xf32> {tenfold.name = "x"},
      %w: memref<70x96xbf16> {tenfold.name = "w", tenfold.access = "weights"},
      %out: memref<1x70xf32> {tenfold.name = "out", tenfold.access = "write", tenfold.own = ["whole", "block(x, 16)"]})
      attributes {tenfold.family = "matvec", tenfold.tuning = {BN = 16 : i64}, tenfold.grid = array<i64: 5, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c16 = arith.constant 16 : index
    %c32 = arith.constant 32 : index
    %c96 = arith.constant 96 : index
    %zero = arith.constant 0.0 : f32
    %zero16 = arith.constant 0.0 : bf16
    %start = arith.constant dense<0.0> : vector<1x16xf32>
    %id = gpu.block_id x
    %first = arith.muli %id, %c16 : index
    %sum = scf.for %k = %c0 to %c96 step %c32 iter_args(%acc = %start) -> (vector<1x16xf32>) {
      %xs = vector.transfer_read %x[%c0, %k], %zero : memref<1x96xf32>, vector<1x32xf32>
      %ws16 = vector.transfer_read %w[%first, %k], %zero16 : memref<70x96xbf16>, vector<16x32xbf16>
      %ws = arith.extf %ws16 : vector<16x32xbf16> to vector<16x32xf32>
      %next = vector.contract {indexing_maps = [#vec, #mat, #out], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
        %xs, %ws, %acc : vector<1x32xf32>, vector<16x32xf32> into vector<1x16xf32>
      scf.yield %next : vector<1x16xf32>
    }
    vector.transfer_write %sum, %out[%c0, %first] : vector<1x16xf32>, memref<1x70xf32>
    return
  }
}
