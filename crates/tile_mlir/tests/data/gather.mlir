// Rows of a bf16 table at runtime indices, widened; indices past the end give zeros.
func.func @embedding(
    %table: memref<20x8xbf16> {tenfold.name = "table", tenfold.access = "weights"},
    %ids: memref<4xi32> {tenfold.name = "ids"},
    %out: memref<4x8xf32> {tenfold.name = "out"}) {
  %c0 = arith.constant 0 : index
  %zero_id = arith.constant 0 : i32
  %eight = arith.constant dense<8> : vector<4x8xi32>
  %columns1 = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : vector<8xi32>
  %columns = vector.broadcast %columns1 : vector<8xi32> to vector<4x8xi32>
  %end = arith.constant dense<160> : vector<4x8xindex>
  %nothing = arith.constant dense<0.0> : vector<4x8xbf16>
  %rows1 = vector.transfer_read %ids[%c0], %zero_id : memref<4xi32>, vector<4xi32>
  %rows2 = vector.shape_cast %rows1 : vector<4xi32> to vector<4x1xi32>
  %rows = vector.broadcast %rows2 : vector<4x1xi32> to vector<4x8xi32>
  %starts = arith.muli %rows, %eight : vector<4x8xi32>
  %offsets = arith.addi %starts, %columns : vector<4x8xi32>
  %at = arith.index_castui %offsets : vector<4x8xi32> to vector<4x8xindex>
  %inside = arith.cmpi ult, %at, %end : vector<4x8xindex>
  %flat = memref.collapse_shape %table [[0, 1]] : memref<20x8xbf16> into memref<160xbf16>
  %found = vector.gather %flat[%c0] [%at], %inside, %nothing : memref<160xbf16>, vector<4x8xindex>, vector<4x8xi1>, vector<4x8xbf16> into vector<4x8xbf16>
  %wide = arith.extf %found : vector<4x8xbf16> to vector<4x8xf32>
  vector.transfer_write %wide, %out[%c0, %c0] : vector<4x8xf32>, memref<4x8xf32>
  return
}
