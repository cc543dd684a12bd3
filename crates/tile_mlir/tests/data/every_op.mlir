// Each operation of the subset at least once, in the forms MLIR prints.
#lhs = affine_map<(b, m, n, k) -> (b, m, k)>
#rhs = affine_map<(b, m, n, k) -> (b, k, n)>
#acc = affine_map<(b, m, n, k) -> (b, m, n)>
func.func @floats(%x: memref<4x8xf32>, %y: memref<4x8xf32>, %h: memref<4x8xf16>, %b: memref<4x8xbf16>) {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 1.5 : f32
  %t = vector.transfer_read %x[%c0, %c0], %pad : memref<4x8xf32>, vector<4x8xf32>
  %0 = arith.negf %t : vector<4x8xf32>
  %1 = math.absf %0 : vector<4x8xf32>
  %2 = math.exp %1 : vector<4x8xf32>
  %3 = math.log %2 : vector<4x8xf32>
  %4 = math.sqrt %3 : vector<4x8xf32>
  %5 = math.rsqrt %2 : vector<4x8xf32>
  %6 = math.tanh %4 : vector<4x8xf32>
  %7 = math.sin %6 : vector<4x8xf32>
  %8 = math.cos %7 : vector<4x8xf32>
  %9 = math.floor %3 : vector<4x8xf32>
  %10 = arith.addf %8, %9 : vector<4x8xf32>
  %11 = arith.subf %10, %5 : vector<4x8xf32>
  %12 = arith.mulf %11, %t : vector<4x8xf32>
  %13 = arith.divf %12, %2 : vector<4x8xf32>
  %14 = arith.minnumf %13, %t : vector<4x8xf32>
  %15 = arith.maxnumf %14, %0 : vector<4x8xf32>
  %16 = math.fma %15, %t, %1 : vector<4x8xf32>
  %17 = arith.cmpf ult, %16, %t : vector<4x8xf32>
  %18 = arith.cmpf une, %16, %t : vector<4x8xf32>
  %19 = arith.andi %17, %18 : vector<4x8xi1>
  %20 = arith.select %19, %16, %t : vector<4x8xi1>, vector<4x8xf32>
  %21 = arith.truncf %20 : vector<4x8xf32> to vector<4x8xf16>
  %22 = arith.truncf %20 : vector<4x8xf32> to vector<4x8xbf16>
  %23 = arith.extf %22 : vector<4x8xbf16> to vector<4x8xf32>
  %24 = arith.fptosi %23 : vector<4x8xf32> to vector<4x8xi32>
  %25 = arith.sitofp %24 : vector<4x8xi32> to vector<4x8xf32>
  %26 = arith.fptoui %1 : vector<4x8xf32> to vector<4x8xi32>
  %27 = arith.uitofp %26 : vector<4x8xi32> to vector<4x8xf32>
  %28 = arith.addf %25, %27 : vector<4x8xf32>
  %29 = arith.bitcast %28 : vector<4x8xf32> to vector<4x8xi32>
  %30 = arith.bitcast %29 : vector<4x8xi32> to vector<4x8xf32>
  vector.transfer_write %30, %y[%c0, %c0] : vector<4x8xf32>, memref<4x8xf32>
  vector.transfer_write %21, %h[%c0, %c0] : vector<4x8xf16>, memref<4x8xf16>
  vector.transfer_write %22, %b[%c0, %c0] : vector<4x8xbf16>, memref<4x8xbf16>
  return
}
func.func @ints(%x: memref<8xi32>, %bytes: memref<8xi8>, %long: memref<8xi64>, %flags: memref<8xi1>, %y: memref<8xi32>, %n: i32, %m: i64, %f: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i32
  %zero8 = arith.constant 0 : i8
  %odd = arith.constant dense<[1, 3, 5, 7, 9, 11, 13, 15]> : vector<8xi32>
  %three = arith.constant dense<3> : vector<8xi32>
  %t = vector.transfer_read %x[%c0], %zero : memref<8xi32>, vector<8xi32>
  %0 = arith.addi %t, %odd : vector<8xi32>
  %1 = arith.subi %0, %three : vector<8xi32>
  %2 = arith.muli %1, %t : vector<8xi32>
  %3 = arith.divsi %2, %odd : vector<8xi32>
  %4 = arith.divui %3, %odd : vector<8xi32>
  %5 = arith.remsi %4, %odd : vector<8xi32>
  %6 = arith.remui %t, %odd : vector<8xi32>
  %7 = arith.minsi %5, %6 : vector<8xi32>
  %8 = arith.maxsi %7, %1 : vector<8xi32>
  %9 = arith.minui %8, %t : vector<8xi32>
  %10 = arith.maxui %9, %odd : vector<8xi32>
  %11 = arith.andi %10, %t : vector<8xi32>
  %12 = arith.ori %11, %odd : vector<8xi32>
  %13 = arith.xori %12, %t : vector<8xi32>
  %14 = arith.shli %13, %three : vector<8xi32>
  %15 = arith.shrsi %14, %three : vector<8xi32>
  %16 = arith.shrui %15, %three : vector<8xi32>
  %17 = vector.transfer_read %bytes[%c0], %zero8 : memref<8xi8>, vector<8xi8>
  %18 = arith.extsi %17 : vector<8xi8> to vector<8xi32>
  %19 = arith.extui %17 : vector<8xi8> to vector<8xi64>
  %20 = arith.trunci %19 : vector<8xi64> to vector<8xi32>
  %21 = arith.cmpi slt, %18, %20 : vector<8xi32>
  %22 = arith.cmpi ne, %16, %20 : vector<8xi32>
  %23 = arith.ori %21, %22 : vector<8xi1>
  vector.transfer_write %23, %flags[%c0] : vector<8xi1>, memref<8xi1>
  vector.transfer_write %19, %long[%c0] : vector<8xi64>, memref<8xi64>
  %24 = arith.index_cast %n : i32 to index
  %25 = arith.index_cast %m : i64 to index
  %26 = arith.maxsi %24, %25 : index
  %27 = arith.cmpi sge, %26, %c1 : index
  %28 = arith.fptosi %f : f32 to i32
  %29 = arith.select %27, %28, %n : i32
  %30 = gpu.block_id y
  %31 = gpu.grid_dim z
  %32 = arith.addi %30, %31 : index
  %33 = arith.index_castui %32 : index to i32
  %34 = arith.addi %33, %29 : i32
  %35 = memref.load %x[%c1] : memref<8xi32>
  %36 = arith.addi %34, %35 : i32
  %37 = vector.insertelement %36, %16[%24 : index] : vector<8xi32>
  %38 = vector.extractelement %37[%n : i32] : vector<8xi32>
  %39 = vector.splat %38 : vector<8xi32>
  %40 = arith.addi %39, %37 : vector<8xi32>
  vector.transfer_write %40, %y[%c0] : vector<8xi32>, memref<8xi32>
  memref.store %38, %y[%c1] : memref<8xi32>
  return
}
func.func @shapes(%x: memref<2x4x8xf32>, %y: memref<2x4x4xf32>, %n: i32 {tenfold.bound = 2 : i64}) {
  %c0 = arith.constant 0 : index
  %pad = arith.constant 0.0 : f32
  %i = arith.index_castui %n : i32 to index
  %zeros = arith.constant dense<0.0> : vector<2x4x4xf32>
  %t = vector.transfer_read %x[%c0, %c0, %c0], %pad : memref<2x4x8xf32>, vector<2x4x8xf32>
  %tt = vector.transpose %t, [0, 2, 1] : vector<2x4x8xf32> to vector<2x8x4xf32>
  %p = vector.contract {indexing_maps = [#lhs, #rhs, #acc], iterator_types = ["parallel", "parallel", "parallel", "reduction"], kind = #vector.kind<add>}
    %t, %tt, %zeros : vector<2x4x8xf32>, vector<2x8x4xf32> into vector<2x4x4xf32>
  %half = vector.extract_strided_slice %p {offsets = [0, 2], sizes = [1, 2], strides = [1, 1]} : vector<2x4x4xf32> to vector<1x2x4xf32>
  %put = vector.insert_strided_slice %half, %zeros {offsets = [1, 0, 0], strides = [1, 1, 1]} : vector<1x2x4xf32> into vector<2x4x4xf32>
  %row = vector.extract %put[1, 2] : vector<4xf32> from vector<2x4x4xf32>
  %dyn = vector.extract %put[%i, 1] : vector<4xf32> from vector<2x4x4xf32>
  %one = vector.extract %row[3] : f32 from vector<4xf32>
  %set = vector.insert %one, %dyn [2] : f32 into vector<4xf32>
  %put2 = vector.insert %set, %put [0, 1] : vector<4xf32> into vector<2x4x4xf32>
  %low = vector.insert_strided_slice %row, %put2 {offsets = [1, 1, 0], strides = [1]} : vector<4xf32> into vector<2x4x4xf32>
  %flat = vector.shape_cast %low : vector<2x4x4xf32> to vector<32xf32>
  %sum = vector.reduction <add>, %flat : vector<32xf32> into f32
  %all = vector.multi_reduction <minnumf>, %low, %sum [0, 1, 2] : vector<2x4x4xf32> to f32
  %some = vector.broadcast %all : f32 to vector<2x4x4xf32>
  %mask = vector.constant_mask [2, 3, 4] : vector<2x4x4xi1>
  %r = vector.create_mask %i, %i, %i : vector<2x4x4xi1>
  %both = arith.andi %mask, %r : vector<2x4x4xi1>
  vector.transfer_write %some, %y[%c0, %c0, %c0], %both : vector<2x4x4xf32>, memref<2x4x4xf32>
  return
}
