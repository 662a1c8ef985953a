// RUN: nnq-opt %s --nnq-select-sparsity="ratio=0.5" --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-select-sparsity="ratio=0.5 scope=global" | FileCheck %s --check-prefix=GLOBAL
// RUN: nnq-opt %s --nnq-select-sparsity="pattern=2:4" --remarks-filter=nnq 2>%t.24.txt | FileCheck %s --check-prefix=NM
// RUN: FileCheck %s --input-file=%t.24.txt --check-prefix=NM-REMARK
// RUN: nnq-opt %s --nnq-select-sparsity="pattern=2x1 ratio=0.5" --remarks-filter-missed=nnq 2>%t.block.txt | FileCheck %s --check-prefix=BLOCK
// RUN: FileCheck %s --input-file=%t.block.txt --check-prefix=BLOCK-REMARK
// RUN: nnq-opt %s --nnq-select-sparsity="ratio=0.9" | FileCheck %s --check-prefix=MOST
// RUN: nnq-opt %s --nnq-select-sparsity="ratio=0.5 exclude=fc1,gate.*" | FileCheck %s --check-prefix=EXCLUDE
// RUN: nnq-opt %s --nnq-select-sparsity="ratio=0.5 criterion=wanda" --remarks-filter-missed=nnq 2>%t.wanda.txt | FileCheck %s --check-prefix=WANDA
// RUN: FileCheck %s --input-file=%t.wanda.txt --check-prefix=WANDA-REMARK

// Both readers of %g count as one layer, which is pruned once.
// CHECK-LABEL: @net
// CHECK: linalg.matmul {nnq.input_stats = {{.*}}, nnq.layer = "fc1", nnq.sparsity = {pattern = "unstructured", zeros = 4 : i64}}
// CHECK: linalg.matmul {nnq.layer = "gate1", nnq.sparsity = {pattern = "unstructured", zeros = 2 : i64}}
// CHECK: linalg.matmul {nnq.layer = "gate2", nnq.sparsity = {pattern = "unstructured", zeros = 2 : i64}}
// CHECK: linalg.matmul {nnq.layer = "tied"}
// CHECK: linalg.matmul indexing_maps = {{.*}} {nnq.layer = "tied_b"}

// REMARK-DAG: [Passed] nnq-select-sparsity | Category:nnq | Layer=fc1, Remark="4 of 8 weights go"
// REMARK-DAG: [Passed] nnq-select-sparsity | Category:nnq | Layer=gate1, Remark="2 of 4 weights go"
// REMARK-DAG: [Missed] nnq-select-sparsity | Category:nnq | Layer=tied, Reason="its weights are read in another way, too"

// The seven least of fourteen are all of fc1.
// GLOBAL: nnq.layer = "fc1", nnq.sparsity = {pattern = "unstructured", zeros = 7 : i64}
// GLOBAL: linalg.matmul {nnq.layer = "gate1"}

// NM: nnq.layer = "fc1", nnq.sparsity = {pattern = "2:4", zeros = 4 : i64}
// NM: linalg.matmul {nnq.layer = "gate1"}
// NM-REMARK: Layer=gate1, Reason="its 2 input channels are no multiple of 4"

// BLOCK: nnq.layer = "fc1", nnq.sparsity = {pattern = "2x1", zeros = 4 : i64}
// BLOCK: nnq.layer = "gate1", nnq.sparsity = {pattern = "2x1", zeros = 2 : i64}
// BLOCK: linalg.matmul {nnq.layer = "odd"}
// BLOCK-REMARK: Layer=odd, Reason="its 1 output channels are not made of 2 each"

// 3.6 of four weights would be all.
// MOST: nnq.layer = "fc1", nnq.sparsity = {pattern = "unstructured", zeros = 7 : i64}
// MOST: nnq.layer = "gate1", nnq.sparsity = {pattern = "unstructured", zeros = 3 : i64}

// EXCLUDE: nnq.layer = "fc1"}
// EXCLUDE: nnq.layer = "gate1"}
// EXCLUDE: nnq.layer = "odd", nnq.sparsity

// WANDA: nnq.layer = "fc1", nnq.sparsity = {pattern = "unstructured", zeros = 4 : i64}
// WANDA: nnq.layer = "gate1"}
// WANDA-REMARK: Layer=gate1, Reason="there are no statistics of what it multiplies"

func.func @net(%x: tensor<1x4xf32>, %y: tensor<2x2xf32>) -> (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>, tensor<1x1xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 9.0]]> : tensor<4x2xf32>
  %g = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %t = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %o = arith.constant dense<[[10.0], [11.0]]> : tensor<2x1xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e1 = tensor.empty() : tensor<1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1", nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x4xf32>, max = dense<1.0> : tensor<1x4xf32>, mean = dense<0.5> : tensor<1x4xf32>, second_moment = dense<1.0> : tensor<1x4xf32>, count = 8, output_mean = dense<0.0> : tensor<2xf32>>}
    ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.matmul {nnq.layer = "gate1"} ins(%0, %g : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "gate2"} ins(%1, %g : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = linalg.matmul {nnq.layer = "tied"} ins(%2, %t : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] {nnq.layer = "tied_b"} ins(%3, %t : tensor<1x2xf32>, tensor<2x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %5 = linalg.matmul {nnq.layer = "odd"} ins(%4, %o : tensor<1x2xf32>, tensor<2x1xf32>) outs(%f1 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1, %y, %4, %5 : tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>, tensor<1x1xf32>
}
