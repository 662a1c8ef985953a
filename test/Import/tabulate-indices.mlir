// RUN: nnq-opt %s --nnq-tabulate-indices --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-tabulate-indices --nnq-tabulate-indices --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-tabulate-indices=max-bytes=12 --split-input-file | FileCheck %s --check-prefix=SMALL

// The number of rows in a window of 3 at stride 1, without the padding: 2 at
// both ends, 3 in between.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @count
// CHECK-SAME: %[[X:.+]]: tensor<4x2xf32>
// CHECK: %[[TABLE:.+]] = arith.constant dense_resource<indices> : tensor<4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]]
// CHECK-SAME: ins(%[[X]], %[[TABLE]] : tensor<4x2xf32>, tensor<4xf32>)
// CHECK-SAME: nnq.layer = "mean"
// CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %[[N:.+]]: f32, %{{.+}}: f32):
// CHECK-NEXT: %[[R:.+]] = arith.divf %[[IN]], %[[N]]
// CHECK-NEXT: linalg.yield %[[R]]
// CHECK: indices: "0x4000000000000040000040400000404000000040"
// Four numbers take 16 bytes.
// SMALL-LABEL: @count
// SMALL: linalg.index
func.func @count(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c2 = arith.constant 2 : index
  %c0 = arith.constant 0 : index
  %e = tensor.empty() : tensor<4x2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) attrs = {nnq.layer = "mean"} {
    ^bb0(%in: f32, %out: f32):
      %i = linalg.index 0 : index
      %low = arith.subi %i, %c1 : index
      %high = arith.addi %i, %c2 : index
      %first = arith.maxsi %low, %c0 : index
      %last = arith.minsi %high, %c4 : index
      %rows = arith.subi %last, %first : index
      %cast = arith.index_cast %rows : index to i64
      %n = arith.sitofp %cast : i64 to f32
      %r = arith.divf %in, %n : f32
      linalg.yield %r : f32
  } -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

// Where elements are read is no number, and what depends on an element is no
// function of the indices.
#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @kept
// CHECK-NOT: dense_resource
// CHECK: linalg.index
// CHECK: tensor.extract
func.func @kept(%x: tensor<4xf32>, %t: tensor<7xi64>) -> tensor<4xf32> {
  %c3 = arith.constant 3 : index
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %i = linalg.index 0 : index
      %at = arith.addi %i, %c3 : index
      %k = tensor.extract %t[%at] : tensor<7xi64>
      %n = arith.sitofp %k : i64 to f32
      %r = arith.divf %in, %n : f32
      linalg.yield %r : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
