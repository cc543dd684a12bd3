func.func @scale(%x: memref<4x4xf32>, %y: memref<4x4xf32> {tenfold.access = "write", tenfold.own = ["whole", "whole"]}) {
  linalg.copy ins(%x : memref<4x4xf32>) outs(%y : memref<4x4xf32>)
  return
}
