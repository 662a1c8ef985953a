// RUN: nnq-opt %s --nnq-fuse-elementwise | FileCheck %s
// RUN: nnq-opt %s --nnq-fuse-elementwise --nnq-fuse-elementwise | FileCheck %s

// CHECK-DAG: #[[READ:.+]] = affine_map<(d0, d1, d2, d3) -> (d2, d0, d3)>
// CHECK-DAG: #[[SWAP:.+]] = affine_map<(d0, d1, d2) -> (d1, d0, d2)>
// CHECK-DAG: #[[ID3:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#bmk = affine_map<(b, m, n, k) -> (b, m, k)>
#bkn = affine_map<(b, m, n, k) -> (b, k, n)>
#bmn = affine_map<(b, m, n, k) -> (b, m, n)>
#id3 = affine_map<(a, b, c) -> (a, b, c)>
#swap = affine_map<(a, b, c) -> (b, a, c)>
#turn = affine_map<(a, b, c) -> (c, a, b)>

// The second factor of an integer product is packed later and may be read in any
// order; the epilogue runs along the product and stores to transposed rows.
// CHECK-LABEL: @product_of_activations
// CHECK-SAME: %[[X:.+]]: tensor<3x4x6xi16>, %[[Y:.+]]: tensor<5x3x6xi16>
// CHECK-NOT: linalg.generic {{.*}} -> tensor<3x6x5xi16>
// CHECK: %[[ACC:.+]] = linalg.generic {indexing_maps = [#{{.+}}, #[[READ]], #{{.+}}], {{.*}}} ins(%[[X]], %[[Y]] :
// CHECK: linalg.generic {indexing_maps = [#[[ID3]], #[[SWAP]]], {{.*}}} ins(%[[ACC]] : tensor<3x4x5xi32>) outs({{.*}} : tensor<4x3x5xf32>)
// CHECK: arith.sitofp
func.func @product_of_activations(%x: tensor<3x4x6xi16>, %y: tensor<5x3x6xi16>) -> tensor<4x3x5xf32> {
  %c0 = arith.constant 0 : i32
  %te = tensor.empty() : tensor<3x6x5xi16>
  %t = linalg.generic {indexing_maps = [#turn, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y : tensor<5x3x6xi16>) outs(%te : tensor<3x6x5xi16>) {
  ^bb0(%a: i16, %o: i16):
    linalg.yield %a : i16
  } -> tensor<3x6x5xi16>
  %e = tensor.empty() : tensor<3x4x5xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<3x4x5xi32>) -> tensor<3x4x5xi32>
  %0 = linalg.generic {indexing_maps = [#bmk, #bkn, #bmn], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %t : tensor<3x4x6xi16>, tensor<3x6x5xi16>) outs(%f : tensor<3x4x5xi32>) {
  ^bb0(%a: i16, %b: i16, %acc: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x4x5xi32>
  %fe = tensor.empty() : tensor<3x4x5xf32>
  %1 = linalg.generic {indexing_maps = [#id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0 : tensor<3x4x5xi32>) outs(%fe : tensor<3x4x5xf32>) {
  ^bb0(%a: i32, %o: f32):
    %s = arith.sitofp %a : i32 to f32
    linalg.yield %s : f32
  } -> tensor<3x4x5xf32>
  %oe = tensor.empty() : tensor<4x3x5xf32>
  %2 = linalg.generic {indexing_maps = [#swap, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<3x4x5xf32>) outs(%oe : tensor<4x3x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<4x3x5xf32>
  return %2 : tensor<4x3x5xf32>
}
