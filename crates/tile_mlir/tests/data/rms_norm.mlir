// y = x / sqrt(mean(x^2) + eps) * weight, one program.
module @norms {
  func.func @rms_norm(
      %x: memref<1x64xf32> {tenfold.name = "x", tenfold.access = "read"},
      %weight: memref<1x64xbf16> {tenfold.name = "weight", tenfold.access = "weights"},
      %y: memref<1x64xf32> {tenfold.name = "y", tenfold.access = "write", tenfold.own = ["whole", "whole"]},
      %eps: f32 {tenfold.name = "eps"}) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %zero16 = arith.constant 0.0 : bf16
    %n = arith.constant 64.0 : f32
    %row = vector.transfer_read %x[%c0, %c0], %zero {in_bounds = [false, false]} : memref<1x64xf32>, vector<1x64xf32> loc("norms.rs":10:13)
    %square = arith.mulf %row, %row : vector<1x64xf32> loc("norms.rs":11:13)
    %start = arith.constant dense<0.0> : vector<1xf32>
    %sum = vector.multi_reduction <add>, %square, %start [1] : vector<1x64xf32> to vector<1xf32> loc("sum"("norms.rs":11:20))
    %sum0 = vector.extract %sum[0] : f32 from vector<1xf32>
    %mean = arith.divf %sum0, %n : f32
    %shifted = arith.addf %mean, %eps : f32
    %scale = math.rsqrt %shifted : f32
    %scales = vector.broadcast %scale : f32 to vector<1x64xf32>
    %w16 = vector.transfer_read %weight[%c0, %c0], %zero16 {in_bounds = [false, false]} : memref<1x64xbf16>, vector<1x64xbf16>
    %w = arith.extf %w16 : vector<1x64xbf16> to vector<1x64xf32>
    %normed = arith.mulf %row, %scales : vector<1x64xf32>
    %out = arith.mulf %normed, %w : vector<1x64xf32>
    vector.transfer_write %out, %y[%c0, %c0] {in_bounds = [false, false]} : vector<1x64xf32>, memref<1x64xf32> loc("norms.rs":14:5)
    return loc("norms.rs":15:1)
  } loc("norms.rs":8:1)
}
