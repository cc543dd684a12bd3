// Online softmax over the first `count` of 80 columns, one row per program; scf.while, scf.if, runtime scalar.
module @softmax {
  func.func @softmax(
      %x: memref<4x80xf32> {tenfold.name = "x"},
      %y: memref<4x80xf32> {tenfold.name = "y", tenfold.own = ["block(x, 1)", "whole"]},
      %count: i32 {tenfold.name = "count", tenfold.bound = 81 : i64})
      attributes {tenfold.grid = array<i64: 4, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    %zero = arith.constant 0.0 : f32
    %lowest = arith.constant 0xFF800000 : f32
    %row = gpu.block_id x
    %n = arith.index_castui %count : i32 to index
    %found:3 = scf.while (%at = %c0, %max = %lowest, %sum = %zero) : (index, f32, f32) -> (f32, f32, index) {
      %more = arith.cmpi ult, %at, %n : index
      scf.condition(%more) %max, %sum, %at : f32, f32, index
    } do {
    ^bb0(%max: f32, %sum: f32, %at: index):
      %left = arith.subi %n, %at : index
      %mask = vector.create_mask %left : vector<32xi1>
      %part = vector.transfer_read %x[%row, %at], %lowest, %mask : memref<4x80xf32>, vector<32xf32>
      %top = vector.reduction <maxnumf>, %part : vector<32xf32> into f32
      %bigger = arith.cmpf ogt, %top, %max : f32
      %scaled:2 = scf.if %bigger -> (f32, f32) {
        %d = arith.subf %max, %top : f32
        %e = math.exp %d : f32
        %s = arith.mulf %sum, %e : f32
        scf.yield %top, %s : f32, f32
      } else {
        scf.yield %max, %sum : f32, f32
      }
      %maxes = vector.splat %scaled#0 : vector<32xf32>
      %shifted = arith.subf %part, %maxes : vector<32xf32>
      %exps = math.exp %shifted : vector<32xf32>
      %total = vector.reduction <add>, %exps, %scaled#1 : vector<32xf32> into f32
      %next = arith.addi %at, %c32 : index
      scf.yield %next, %scaled#0, %total : index, f32, f32
    }
    %some = arith.cmpi ugt, %n, %c0 : index
    scf.if %some {
      %max = vector.broadcast %found#0 : f32 to vector<80xf32>
      %sum = vector.broadcast %found#1 : f32 to vector<80xf32>
      %mask = vector.create_mask %n : vector<80xi1>
      %part = vector.transfer_read %x[%row, %c0], %zero, %mask : memref<4x80xf32>, vector<80xf32>
      %shifted = arith.subf %part, %max : vector<80xf32>
      %exps = math.exp %shifted : vector<80xf32>
      %out = arith.divf %exps, %sum : vector<80xf32>
      vector.transfer_write %out, %y[%row, %c0], %mask : vector<80xf32>, memref<4x80xf32>
    }
    return
  }
}
