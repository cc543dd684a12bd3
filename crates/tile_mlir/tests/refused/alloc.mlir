func.func @k() {
  %t = memref.alloc() : memref<4xf32>
  return
}
