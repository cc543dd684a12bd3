#v = affine_map<(k) -> (k)>
#s = affine_map<(k) -> ()>
func.func @k(%v: memref<4xbf16>, %o: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %p = arith.constant 0.0 : bf16
  %z = arith.constant 0.0 : f32
  %t = vector.transfer_read %v[%c0], %p : memref<4xbf16>, vector<4xbf16>
  %d = vector.contract {indexing_maps = [#v, #v, #s], iterator_types = ["reduction"], kind = #vector.kind<add>} %t, %t, %z : vector<4xbf16>, vector<4xbf16> into f32
  memref.store %d, %o[%c0] : memref<1xf32>
  return
}
