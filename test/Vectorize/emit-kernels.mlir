// RUN: nnq-opt %s --nnq-emit-kernels --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-emit-kernels --nnq-emit-kernels --split-input-file | FileCheck %s

#x = affine_map<(h, c, r, v) -> (h, r * 4 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// A prime number of reduction steps keeps their loop.

// No epilogue: seven rows are three tiles of two and one of one; six channels
// are one block of four and two lanes of a second. The accumulators start from
// the fill and are carried by the reduction loop.
// CHECK-LABEL: @tails
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<7x212xi8>, %[[W:[a-z0-9]+]]: memref<2x53x4x4xi8>, %[[Y:[a-z0-9]+]]: memref<7x6xi32>
// CHECK: %[[START:.+]] = arith.constant 3 : i32
// CHECK-NOT: linalg
// CHECK: %[[FLAT:.+]] = memref.collapse_shape %[[W]] {{\[}}[0], [1], [2, 3]]
// The full block.
// CHECK: scf.for %[[ROW:.+]] = %c0{{.*}} to %c6{{.*}} step %c2
// CHECK: %[[INIT:.+]] = vector.broadcast %[[START]] : i32 to vector<4xi32>
// CHECK: %[[ACC:.+]]:2 = scf.for {{.*}} iter_args(%[[A0:.+]] = %[[INIT]], %[[A1:.+]] = %[[INIT]]) -> (vector<4xi32>, vector<4xi32>)
// CHECK: vector.load %[[FLAT]]{{.*}} vector<16xi8>
// CHECK: vector.load %[[X]]{{.*}} vector<4xi8>
// CHECK: arith.extui {{.*}} : vector<4xi8> to vector<4xi32>
// CHECK: arith.extsi {{.*}} : vector<4x4xi8> to vector<4x4xi32>
// CHECK: vector.contract {{.*}}%[[A0]] : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
// CHECK: vector.load %[[X]]{{.*}} vector<4xi8>
// CHECK: vector.contract {{.*}}%[[A1]] : vector<4xi32>, vector<4x4xi32> into vector<4xi32>
// CHECK: scf.yield
// CHECK: vector.store %[[ACC]]#0, %[[Y]]{{.*}} vector<4xi32>
// CHECK: vector.store %[[ACC]]#1, %[[Y]]{{.*}} vector<4xi32>
// Its last row.
// CHECK: %[[LAST:.+]] = scf.for {{.*}} -> (vector<4xi32>)
// CHECK: vector.store %[[LAST]], %[[Y]][%c6{{.*}}, %c0{{.*}}] {{.*}} vector<4xi32>
// The partial block stores two lanes.
// CHECK: scf.for
// CHECK: %[[PART:.+]]:2 = scf.for
// CHECK: %[[LANES:.+]] = vector.extract_strided_slice %[[PART]]#0 {offsets = [0], sizes = [2], strides = [1]}
// CHECK: vector.store %[[LANES]], %[[Y]][%{{.+}}, %c4{{.*}}] {{.*}} vector<2xi32>
// CHECK-NOT: linalg
func.func @tails(%x: memref<7x212xi8>, %w: memref<2x53x4x4xi8>, %y: memref<7x6xi32>) {
  %start = arith.constant 3 : i32
  linalg.fill ins(%start : i32) outs(%y : memref<7x6xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<7x212xi8>, memref<2x53x4x4xi8>) outs(%y : memref<7x6xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 4, group = 4, rows = 2, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r * 4 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>
#channel = affine_map<(h, c) -> (c)>

// The epilogue reads its operands by rows of channels, for the lanes that
// exist, and works on the accumulators in registers; their buffer is gone. They
// start from the bias, that of the first block and of the two lanes of the second.
// CHECK-LABEL: @epilogue
// CHECK-SAME: %[[B:[a-z0-9]+]]: memref<6xi32>, %[[Y:[a-z0-9]+]]: memref<2x6xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[B0:.+]] = vector.load %[[B]][%c0{{.*}}] : memref<6xi32>, vector<4xi32>
// CHECK: %[[B1:.+]] = vector.load %[[B]][%c4{{.*}}] : memref<6xi32>, vector<2xi32>
// CHECK: %[[S1:.+]] = vector.shuffle %[[B1]], %[[B1]] [0, 1, 1, 1]
// CHECK: %[[ACC:.+]]:4 = scf.for {{.*}} iter_args(%{{.+}} = %[[B0]], %{{.+}} = %[[S1]],
// CHECK: %[[ZERO:.+]] = arith.constant dense<0> : vector<4xi32>
// CHECK: %[[S0:.+]] = arith.addi %[[ACC]]#0, %[[ZERO]]
// CHECK: %[[F0:.+]] = arith.sitofp %[[S0]]
// CHECK: vector.store %[[F0]], %[[Y]][%c0{{.*}}, %c0{{.*}}] : memref<2x6xf32>, vector<4xf32>
// CHECK: vector.store %{{.+}}, %[[Y]][%c0{{.*}}, %c4{{.*}}] : memref<2x6xf32>, vector<2xf32>
// CHECK-NOT: linalg
func.func @epilogue(%x: memref<2x212xi8>, %w: memref<2x53x4x4xi8>, %b: memref<6xi32>, %y: memref<2x6xf32>) {
  %zero = arith.constant 0 : i32
  %acc = memref.alloc() : memref<2x6xi32>
  linalg.fill ins(%zero : i32) outs(%acc : memref<2x6xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<2x212xi8>, memref<2x53x4x4xi8>) outs(%acc : memref<2x6xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = sdot, lanes = 4, group = 4, rows = 2, blocks = 2>} {
  ^bb0(%a: i8, %c: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %c : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %b : memref<2x6xi32>, memref<6xi32>) outs(%y : memref<2x6xf32>) {
  ^bb0(%a: i32, %c: i32, %o: f32):
    %s = arith.addi %a, %c : i32
    %t = arith.sitofp %s : i32 to f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>
#in = affine_map<(h, c, i) -> (h * 2 + i, c)>
#window = affine_map<(h, c, i) -> (i)>
#out = affine_map<(h, c, i) -> (h, c)>
#id = affine_map<(h, c) -> (h, c)>

// A pool and the epilogue behind it stay in registers too: the two rows of each
// window are accumulators of the same tile. The strategy of the pool is void.
// CHECK-LABEL: @pool_and_epilogue
// CHECK-SAME: %[[Y:[a-z0-9]+]]: memref<2x4xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[ACC:.+]]:4 = scf.for
// CHECK: vector.fma
// CHECK: %[[M0:.+]] = arith.maximumf %[[ACC]]#1, %[[ACC]]#0 : vector<4xf32>
// CHECK: %[[M1:.+]] = arith.maximumf %[[ACC]]#3, %[[ACC]]#2 : vector<4xf32>
// CHECK: %[[E0:.+]] = math.absf %[[M0]]
// CHECK: vector.store %[[E0]], %[[Y]][%c0{{.*}}, %c0{{.*}}]
// CHECK: %[[E1:.+]] = math.absf %[[M1]]
// CHECK: vector.store %[[E1]], %[[Y]][%c1{{.*}}, %c0{{.*}}]
// CHECK-NOT: linalg
func.func @pool_and_epilogue(%x: memref<4x53xf32>, %w: memref<1x53x4x1xf32>, %ew: memref<2xf32>, %y: memref<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %acc = memref.alloc() : memref<4x4xf32>
  %max = memref.alloc() : memref<2x4xf32>
  linalg.fill ins(%zero : f32) outs(%acc : memref<4x4xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<4x53xf32>, memref<1x53x4x1xf32>) outs(%acc : memref<4x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = fma, lanes = 4, group = 1, rows = 2, blocks = 1>} {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %m = arith.mulf %a, %c : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  }
  linalg.fill ins(%lowest : f32) outs(%max : memref<2x4xf32>)
  linalg.generic {indexing_maps = [#in, #window, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%acc, %ew : memref<4x4xf32>, memref<2xf32>) outs(%max : memref<2x4xf32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 4, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%max : memref<2x4xf32>) outs(%y : memref<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = math.absf %a : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#x = affine_map<(h, c, r, v) -> (h, r * 8 + v)>
#w = affine_map<(h, c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(h, c, r, v) -> (h, c)>

// smmla takes rows in pairs, the odd last one with itself, and channels in
// pairs; rows of four channels are put together at the end.
// CHECK-LABEL: @pairs_of_rows
// CHECK: %[[ACC:.+]]:4 = scf.for {{.*}} -> (vector<2x2xi32>, vector<2x2xi32>, vector<2x2xi32>, vector<2x2xi32>)
// CHECK: %[[R0:.+]] = vector.load %{{.+}} : memref<3x424xi8>, vector<8xi8>
// CHECK: %[[R1:.+]] = vector.load %{{.+}} : memref<3x424xi8>, vector<8xi8>
// CHECK: vector.shuffle %[[R0]], %[[R1]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK: %[[R2:.+]] = vector.load %{{.+}} : memref<3x424xi8>, vector<8xi8>
// CHECK: vector.shuffle %[[R2]], %[[R2]]
// CHECK-COUNT-4: vector.contract {{.*}} : vector<2x8xi32>, vector<2x8xi32> into vector<2x2xi32>
// CHECK: %[[A:.+]] = vector.extract %[[ACC]]#0[0]
// CHECK: %[[B:.+]] = vector.extract %[[ACC]]#1[0]
// CHECK: vector.shuffle %[[A]], %[[B]] [0, 1, 2, 3]
// CHECK: vector.extract %[[ACC]]#0[1]
// CHECK-COUNT-3: vector.store {{.*}} : memref<3x4xi32>, vector<4xi32>
func.func @pairs_of_rows(%x: memref<3x424xi8>, %w: memref<1x53x4x8xi8>, %y: memref<3x4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<3x4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<3x424xi8>, memref<1x53x4x8xi8>) outs(%y : memref<3x4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = smmla, lanes = 4, group = 8, rows = 3, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}

// -----

#x = affine_map<(c, r, v) -> (r + v)>
#w = affine_map<(c, r, v) -> (c floordiv 4, r, c mod 4, v)>
#y = affine_map<(c, r, v) -> (c)>

// Without a dot instruction products are formed lane by lane; a vector times a
// matrix has no loop over rows.
// CHECK-LABEL: @lane_by_lane
// CHECK-COUNT-1: scf.for
// CHECK: %[[V:.+]] = memref.load
// CHECK: %[[EXT:.+]] = arith.extsi %[[V]] : i8 to i32
// CHECK: %[[SPLAT:.+]] = vector.broadcast %[[EXT]] : i32 to vector<4xi32>
// CHECK: %[[PRODUCT:.+]] = arith.muli %[[SPLAT]], %{{.+}} : vector<4xi32>
// CHECK: arith.addi %{{.+}}, %[[PRODUCT]]
// CHECK-NOT: scf.for
func.func @lane_by_lane(%x: memref<53xi8>, %w: memref<1x53x4x1xi8>, %y: memref<4xi32>) {
  %zero = arith.constant 0 : i32
  linalg.fill ins(%zero : i32) outs(%y : memref<4xi32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<53xi8>, memref<1x53x4x1xi8>) outs(%y : memref<4xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = none, lanes = 4, group = 1, rows = 1, blocks = 1>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  }
  return
}
