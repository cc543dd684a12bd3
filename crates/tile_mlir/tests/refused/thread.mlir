func.func @k(%x: memref<4xf32>) {
  %t = gpu.thread_id x
  return
}
