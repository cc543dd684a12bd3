// One decode step of attention: 2 heads of 16, one program per head, cache of 24 positions of which `position + 1` count.
#q = affine_map<(m, n, k) -> (m, k)>
#kt = affine_map<(m, n, k) -> (n, k)>
#v = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
func.func @attention(
    %query: memref<2x16xf32> {tenfold.name = "query"},
    %keys: memref<24x32xf16> {tenfold.name = "keys"},
    %vals: memref<24x32xf16> {tenfold.name = "values"},
    %out: memref<2x16xf32> {tenfold.name = "out", tenfold.access = "write", tenfold.own = ["block(x, 1)", "whole"]},
    %position: i32 {tenfold.name = "position", tenfold.bound = 24 : i64})
    attributes {tenfold.grid = array<i64: 2, 1, 1>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %zero16 = arith.constant 0.0 : f16
  %scale = arith.constant dense<0.25> : vector<1x8xf32>
  %lowest = arith.constant dense<0xFF800000> : vector<1x8xf32>
  %first_max = arith.constant dense<-1.0e30> : vector<1xf32>
  %first_sum = arith.constant dense<0.0> : vector<1xf32>
  %first_acc = arith.constant dense<0.0> : vector<1x16xf32>
  %no_scores = arith.constant dense<0.0> : vector<1x8xf32>
  %head = gpu.block_id x
  %column = arith.muli %head, %c16 : index
  %last = arith.index_cast %position : i32 to index
  %length = arith.addi %last, %c1 : index
  %q = vector.transfer_read %query[%head, %c0], %zero : memref<2x16xf32>, vector<1x16xf32>
  %r:3 = scf.for %t = %c0 to %length step %c8 iter_args(%max = %first_max, %sum = %first_sum, %acc = %first_acc)
      -> (vector<1xf32>, vector<1xf32>, vector<1x16xf32>) {
    %left = arith.subi %length, %t : index
    %rows = vector.create_mask %left, %c16 : vector<8x16xi1>
    %k16 = vector.transfer_read %keys[%t, %column], %zero16, %rows : memref<24x32xf16>, vector<8x16xf16>
    %v16 = vector.transfer_read %vals[%t, %column], %zero16, %rows : memref<24x32xf16>, vector<8x16xf16>
    %k = arith.extf %k16 : vector<8x16xf16> to vector<8x16xf32>
    %v = arith.extf %v16 : vector<8x16xf16> to vector<8x16xf32>
    %dots = vector.contract {indexing_maps = [#q, #kt, #o], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
      %q, %k, %no_scores : vector<1x16xf32>, vector<8x16xf32> into vector<1x8xf32>
    %scaled = arith.mulf %dots, %scale : vector<1x8xf32>
    %valid = vector.create_mask %c1, %left : vector<1x8xi1>
    %scores = arith.select %valid, %scaled, %lowest : vector<1x8xi1>, vector<1x8xf32>
    %new_max = vector.multi_reduction <maxnumf>, %scores, %max [1] : vector<1x8xf32> to vector<1xf32>
    %d = arith.subf %max, %new_max : vector<1xf32>
    %shrink = math.exp %d : vector<1xf32>
    %max2 = vector.shape_cast %new_max : vector<1xf32> to vector<1x1xf32>
    %max8 = vector.broadcast %max2 : vector<1x1xf32> to vector<1x8xf32>
    %shifted = arith.subf %scores, %max8 : vector<1x8xf32>
    %weights = math.exp %shifted : vector<1x8xf32>
    %old_sum = arith.mulf %sum, %shrink : vector<1xf32>
    %new_sum = vector.multi_reduction <add>, %weights, %old_sum [1] : vector<1x8xf32> to vector<1xf32>
    %shrink2 = vector.shape_cast %shrink : vector<1xf32> to vector<1x1xf32>
    %shrink16 = vector.broadcast %shrink2 : vector<1x1xf32> to vector<1x16xf32>
    %old_acc = arith.mulf %acc, %shrink16 : vector<1x16xf32>
    %new_acc = vector.contract {indexing_maps = [#q, #v, #o], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
      %weights, %v, %old_acc : vector<1x8xf32>, vector<8x16xf32> into vector<1x16xf32>
    scf.yield %new_max, %new_sum, %new_acc : vector<1xf32>, vector<1xf32>, vector<1x16xf32>
  }
  %sum2 = vector.shape_cast %r#1 : vector<1xf32> to vector<1x1xf32>
  %sum16 = vector.broadcast %sum2 : vector<1x1xf32> to vector<1x16xf32>
  %result = arith.divf %r#2, %sum16 : vector<1x16xf32>
  vector.transfer_write %result, %out[%head, %c0] : vector<1x16xf32>, memref<2x16xf32>
  return
}
