// RUN: nnq-opt %s --nnq-pack-contractions --split-input-file --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Two weights to a byte, the first half of a group of 32 in the low bits; what
// scales them is packed by blocks of lanes, too.
#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#y = affine_map<(r, c, g) -> (r, c)>

// CHECK-DAG: #[[HALF:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3 mod 4, d4, d5)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2 floordiv 8, d1, d3, d4, d2 mod 8, d5)>
// CHECK-DAG: #[[SCALE:.+]] = affine_map<(d0, d1, d2) -> (d1 floordiv 8, d2, d1 mod 8)>
// CHECK-LABEL: @groups
// CHECK: %[[P:.+]] = arith.constant dense_resource<fc_weights> : tensor<2x2x2x4x8x4xi8>
// CHECK: %[[U:.+]] = linalg.generic {indexing_maps = [#[[HALF]], #{{.+}}]{{.*}}ins(%[[P]]
// CHECK: linalg.index 3
// CHECK: arith.shrui
// CHECK: arith.andi
// CHECK: -> tensor<2x2x2x8x8x4xi8>
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[W]], #{{.+}}]{{.*}}ins(%{{.+}}, %[[U]]
// CHECK: %[[S:.+]] = arith.constant dense_resource<fc_group> : tensor<2x2x8xf32>
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[SCALE]], #{{.+}}]{{.*}}%[[S]]
func.func @groups(%x: tensor<1x128xi8>) -> tensor<1x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x2x16xi32>) -> tensor<1x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<1x2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = 1, blocks = 1, bits = 4>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x2x16xi32>
  %e = tensor.empty() : tensor<1x16xf32>
  %zf = arith.constant 0.0 : f32
  %g = linalg.fill ins(%zf : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %1 = linalg.generic {indexing_maps = [#sums, #scale, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %scales : tensor<1x2x16xi32>, tensor<2x16xf32>) outs(%g : tensor<1x16xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: i32, %b: f32, %o: f32):
    %v = arith.sitofp %a : i32 to f32
    %m = arith.mulf %v, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x16xf32>
  return %1 : tensor<1x16xf32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// CHECK-LABEL: @too_large
// CHECK: arith.constant dense<8> : tensor<8x32xi8>
func.func @too_large(%x: tensor<4x32xi8>, %f: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %w = arith.constant dense<8> : tensor<8x32xi8>
  // expected-remark @below {{its weights do not fit in 4 bits}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x32xi8>, tensor<8x32xi8>) outs(%f : tensor<4x8xi32>) attrs = {nnq.layer = "fc",
        nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 8, rows = 2, blocks = 1, bits = 4>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}
