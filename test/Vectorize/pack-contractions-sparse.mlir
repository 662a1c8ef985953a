// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// One list for each tile of channels: two blocks, none, and one.
// CHECK-DAG: #[[START:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0)>
// CHECK-DAG: #[[END:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 1)>
// CHECK-DAG: #[[STEP:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d4)>
// CHECK-DAG: #[[BLOCK:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d4, 0, d2, d3)>
// CHECK-LABEL: @lists
// CHECK: %[[BOUNDS:.+]] = arith.constant dense_resource<fc_blocks_bounds> : tensor<3x2xi32>
// CHECK: %[[STEPS:.+]] = arith.constant dense_resource<fc_blocks_steps> : tensor<3xi8>
// CHECK: %[[BLOCKS:.+]] = arith.constant dense_resource<fc_blocks> : tensor<3x1x8x4xi8>
// CHECK: linalg.fill ins(%{{.+}} : i8) outs(%{{.+}} : tensor<3x4x8x4xi8>)
// CHECK: %[[W:.+]] = linalg.generic {indexing_maps = [#[[START]], #[[END]], #[[STEP]], #[[BLOCK]], #{{.+}}]{{.*}}ins(%[[BOUNDS]], %[[BOUNDS]], %[[STEPS]], %[[BLOCKS]]
// CHECK: linalg.index 1
// CHECK: linalg.index 4
// CHECK: -> tensor<3x4x8x4xi8>
// CHECK: linalg.generic {{.*}}ins(%{{.+}}, %[[W]] : tensor<4x16xi8>, tensor<3x4x8x4xi8>)
func.func @lists(%x: tensor<4x16xi8>, %f: tensor<4x24xi32>) -> tensor<4x24xi32> {
  %w = arith.constant dense<"0x0000000001010101000000000202020200000000010101010000000002020202000000000101010100000000020202020000000001010101000000000202020200000000010101010000000002020202000000000101010100000000020202020000000001010101000000000202020200000000010101010000000002020202000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FD000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<24x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<24x16xi8>) outs(%f : tensor<4x24xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 4, blocks = 1, sparse = block>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x24xi32>
  return %0 : tensor<4x24xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Tiles of two blocks of lanes have common lists, and pairs of entries end in a
// block of zeros.
// CHECK-DAG: #[[START:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0 floordiv 2, 0)>
// CHECK-DAG: #[[END:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0 floordiv 2, 1)>
// CHECK-DAG: #[[BLOCK:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d5, d0 mod 2, d3, d4)>
// CHECK-LABEL: @pairs
// CHECK: arith.constant dense_resource<fc_blocks_bounds> : tensor<2x2xi32>
// CHECK: arith.constant dense_resource<fc_blocks_steps> : tensor<4xi8>
// CHECK: arith.constant dense_resource<fc_blocks> : tensor<4x2x8x4xi8>
// CHECK: linalg.generic {indexing_maps = [#[[START]], #[[END]], #{{.+}}, #[[BLOCK]],
// CHECK: arith.muli
// CHECK: -> tensor<3x2x2x8x4xi8>
func.func @pairs(%x: tensor<4x16xi8>, %f: tensor<4x24xi32>) -> tensor<4x24xi32> {
  %w = arith.constant dense<"0x0000000001010101000000000202020200000000010101010000000002020202000000000101010100000000020202020000000001010101000000000202020200000000010101010000000002020202000000000101010100000000020202020000000001010101000000000202020200000000010101010000000002020202000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000FD000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<24x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<24x16xi8>) outs(%f : tensor<4x24xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 4, blocks = 2, sparse = block>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x24xi32>
  return %0 : tensor<4x24xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Nothing but zeros.
// CHECK-LABEL: @zeros
// CHECK: arith.constant dense_resource<fc_blocks_bounds> : tensor<2x2xi32>
// CHECK: arith.constant dense_resource<fc_blocks_steps> : tensor<1xi8>
// CHECK: arith.constant dense_resource<fc_blocks> : tensor<1x1x8x1xf32>
func.func @zeros(%x: tensor<4x16xf32>, %f: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense<-0.0> : tensor<16x16xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xf32>, tensor<16x16xf32>) outs(%f : tensor<4x16xf32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 4, blocks = 1, sparse = block>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Single blocks fit in 16 bits, neighbours in the list do not.
// CHECK-LABEL: @sums
// CHECK-NOT: _blocks
func.func @sums(%x: tensor<4x16xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<"0x2121000000000000000000002121000021210000000000000000000021210000212100000000000000000000212100002121000000000000000000002121000021210000000000000000000021210000212100000000000000000000212100002121000000000000000000002121000021210000000000000000000021210000"> : tensor<8x16xi8>
  // expected-remark @below {{16 bits do not hold the sums of its groups}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x16xi8>, tensor<8x16xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 4, blocks = 1, sparse = block>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

#gx = affine_map<(n, c, k) -> (n, c floordiv 8, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @groups
// CHECK-NOT: _blocks
func.func @groups(%x: tensor<4x2x16xf32>, %f: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %w = arith.constant dense<0.0> : tensor<16x16xf32>
  // expected-remark @below {{zeros are not skipped in a convolution over groups}}
  %0 = linalg.generic {indexing_maps = [#gx, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x2x16xf32>, tensor<16x16xf32>) outs(%f : tensor<4x16xf32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 4, blocks = 1, sparse = block>} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}
