// RUN: nnq-opt %s --nnq-pack-contractions | FileCheck %s
// RUN: nnq-opt %s --nnq-pack-contractions --nnq-pack-contractions | FileCheck %s

#x = affine_map<(b, m, n, k) -> (m, b, k)>
#y = affine_map<(b, m, n, k) -> (n, b, k)>
#o = affine_map<(b, m, n, k) -> (b, m, n)>
// CHECK-DAG: #[[FROM:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1 * 8 + d3, d0, d2 * 2 + d4)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d0, d3 * 2 + d4)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2 floordiv 8, d3, d2 mod 8, d4)>

// The transposed operand is copied as it is; the other one is read in place.
// CHECK-LABEL: @transposed
// CHECK-SAME: %[[A:.+]]: tensor<24x3x16xi16>, %[[B:.+]]: tensor<32x3x16xi16>
// CHECK: %[[P:.+]] = linalg.generic {indexing_maps = [#[[FROM]], #[[ID]]], {{.*}}} ins(%[[B]] : tensor<32x3x16xi16>)
// CHECK-SAME: outs({{.*}} : tensor<3x4x8x8x2xi16>) attrs = {nnq.layer = "scores"}
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[Y]], {{.*}}], {{.*}}} ins(%[[A]], %[[P]] :
func.func @transposed(%x: tensor<24x3x16xi16>, %y: tensor<32x3x16xi16>) -> tensor<3x24x32xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3x24x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<3x24x32xi32>) -> tensor<3x24x32xi32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<24x3x16xi16>, tensor<32x3x16xi16>) outs(%f : tensor<3x24x32xi32>)
      attrs = {nnq.layer = "scores", nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 6, blocks = 2>} {
  ^bb0(%a: i16, %b: i16, %acc: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x24x32xi32>
  return %0 : tensor<3x24x32xi32>
}

// Zeros make whole pairs and blocks.
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
// CHECK-LABEL: @padded
// CHECK: %[[A:.+]] = tensor.pad %{{.+}} low[0, 0] high[0, 1]
// CHECK: : tensor<4x5xi16> to tensor<4x6xi16>
// CHECK: %[[B1:.+]] = tensor.pad %{{.+}} low[0, 0] high[1, 0]
// CHECK: %[[B2:.+]] = tensor.pad %[[B1]] low[0, 0] high[0, 5]
// CHECK: : tensor<6x3xi16> to tensor<6x8xi16>
// CHECK: %[[P:.+]] = linalg.generic {{.*}} ins(%[[B2]] : {{.*}} outs({{.*}} : tensor<1x3x8x2xi16>)
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[P]] : {{.*}} outs({{.*}} : tensor<4x3xi32>)
func.func @padded(%x: tensor<4x5xi16>, %y: tensor<5x3xi16>) -> tensor<4x3xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<4x3xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<4x3xi32>) -> tensor<4x3xi32>
  %0 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<4x5xi16>, tensor<5x3xi16>) outs(%f : tensor<4x3xi32>)
      attrs = {nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1>} {
  ^bb0(%i: i16, %j: i16, %acc: i32):
    %ea = arith.extsi %i : i16 to i32
    %eb = arith.extsi %j : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<4x3xi32>
  return %0 : tensor<4x3xi32>
}
