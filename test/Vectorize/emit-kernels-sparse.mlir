// RUN: nnq-opt %s --nnq-pack-contractions --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   --buffer-results-to-out-params="hoist-static-allocs modify-public-functions" --canonicalize --cse --nnq-emit-kernels --split-input-file | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// A loop over the blocks of a list, which says where the activation is read.
// CHECK-DAG: #[[TILE:.+]] = affine_map<(d0) -> (d0 floordiv 8)>
// CHECK-LABEL: @list
// CHECK-NOT: memref.alloc
// CHECK: %[[T:.+]] = affine.apply #[[TILE]]
// CHECK: %[[B:.+]] = memref.load %{{.+}}[%[[T]], %c0{{.*}}] : memref<2x2xi32
// CHECK: %[[BEGIN:.+]] = arith.index_castui %[[B]]
// CHECK: %[[END:.+]] = arith.index_castui
// CHECK: scf.for %[[K:.+]] = %[[BEGIN]] to %[[END]] step %c1{{.*}} iter_args(%{{.+}}, %{{.+}}) -> (vector<8xi32>, vector<8xi32>)
// CHECK: %[[S:.+]] = memref.load %{{.+}}[%[[K]]] : memref<3xi8
// CHECK: %[[STEP:.+]] = arith.index_castui %[[S]]
// CHECK: %[[W:.+]] = vector.load %{{.+}}[%[[K]], %c0{{.*}}] : memref<3x32xi8{{.*}}vector<32xi8>
// CHECK: %[[AT:.+]] = affine.apply #{{.+}}(%[[STEP]])
// CHECK: vector.load %{{.+}}[%{{.+}}, %[[AT]]] : memref<2x16xi8
// CHECK-COUNT-2: vector.contract {{.*}}vector<8xi32>
// CHECK: scf.yield
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @list(%x: tensor<2x16xi8>) -> tensor<2x16xi32> {
  %w = arith.constant dense<"0x00000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010101010100000000000000000000000001010101000000000000000000000000010101010000000000000000000000000101010100000000000000000000000001010101000000000000000000000000010101010000000000000000000000000101010100000000000000000000000001010101000000000000000000000000"> : tensor<16x16xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<2x16xi32>) -> tensor<2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x16xi8>, tensor<16x16xi8>) outs(%f : tensor<2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 4, rows = 2, blocks = 1, sparse = block>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x16xi32>
  return %0 : tensor<2x16xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Neighbours in the list are added up in 16 bits, wherever they multiply.
// CHECK-LABEL: @pairs
// CHECK: scf.for %[[K:.+]] = %{{.+}} to %{{.+}} step %c2
// CHECK-COUNT-2: memref.load {{.*}}xi8
// CHECK-COUNT-2: vector.load {{.*}}vector<32xi8>
// CHECK-COUNT-2: vector.load {{.*}}vector<4xi8>
// CHECK: vector.contract {{.*}}nnq.fits_i16{{.*}} : vector<2x4xi32>, vector<2x8x4xi32> into vector<8xi32>
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @pairs(%x: tensor<1x16xi8>) -> tensor<1x16xi32> {
  %w = arith.constant dense<"0x00000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010000000001010101000000000101010100000000010101010101010100000000000000000000000001010101000000000000000000000000010101010000000000000000000000000101010100000000000000000000000001010101000000000000000000000000010101010000000000000000000000000101010100000000000000000000000001010101000000000000000000000000"> : tensor<16x16xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x16xi32>) -> tensor<1x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xi8>, tensor<16x16xi8>) outs(%f : tensor<1x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 1, blocks = 1, sparse = block>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x16xi32>
  return %0 : tensor<1x16xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Eight chains hide the latency of a multiply-add, and end in one; what is left of
// the list follows.
// CHECK-LABEL: @chains
// CHECK: %[[REST:.+]] = arith.remui
// CHECK: %[[MIDDLE:.+]] = arith.subi %[[END:.+]], %[[REST]]
// CHECK: scf.for %{{.+}} = %{{.+}} to %[[MIDDLE]] step %c4{{.*}}
// CHECK-COUNT-8: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-6: arith.addf
// CHECK: scf.for %{{.+}} = %[[MIDDLE]] to %[[END]] step %c1
// CHECK-COUNT-2: vector.fma
// CHECK: scf.yield
func.func @chains(%x: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %w = arith.constant dense<"0x00000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003F00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<16x16xf32>
  %z = arith.constant 0.0 : f32
  %i = tensor.empty() : tensor<1x16xf32>
  %f = linalg.fill ins(%z : f32) outs(%i : tensor<1x16xf32>) -> tensor<1x16xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xf32>, tensor<16x16xf32>) outs(%f : tensor<1x16xf32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 1, blocks = 2, sparse = block>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}
