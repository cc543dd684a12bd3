func.func @k(%x: f32) {
  %t = vector.broadcast %x : f32 to vector<4xf32>
  %d = vector.contract {kind = #vector.kind<add>} %t, %t, %x : vector<4xf32>, vector<4xf32> into f32
  return
}
